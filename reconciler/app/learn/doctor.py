"""`doctor`: check accounts and ledger one by one, and say what to do. Reads only."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.app.learn.credentials import check_credential
from reconciler.app.learn.verdicts import judge_answer, judge_clock
from reconciler.app.problem import Exit, Problem
from reconciler.app.review.notes import SEED, UNSEEDED
from reconciler.app.running import run_to_end
from reconciler.app.workspace import Workspace
from reconciler.config.suggest import suggest
from reconciler.model.check import Check, Examination, Verdict
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.project import Account

if TYPE_CHECKING:
    from reconciler.ledger import LockHolder
    from reconciler.remote.wire.client import TransportFactory


def examine(workspace: Workspace, *, accounts: Sequence[str] = ()) -> tuple[Examination, ...]:
    """Examine the accounts that were named, or all, side by side, and then the ledger."""
    known = workspace.project.accounts
    strange = [name for name in accounts if name not in known]
    if strange:
        found = [Diagnostic(code="unknown-target", message=f"there is no account {name!r}", advice=suggest(name, known)) for name in strange]  # fmt: skip
        raise Problem(*found, exit_code=Exit.USAGE)
    chosen = [account for account in workspace.accounts if not accounts or account.name in accounts]
    with workspace.open_transport() as transport:
        examined = run_to_end(lambda: _examine_all(workspace, chosen, transport))
    return (*examined, Examination("ledger", tuple(_check_ledger(workspace))))


def judge_health(examinations: Sequence[Examination]) -> Exit:
    """Return 0 where nothing failed."""
    return Exit.DONE if all(each.well for each in examinations) else Exit.FAILED


async def _examine_all(
    workspace: Workspace, accounts: Sequence[Account], transport: TransportFactory | None
) -> list[Examination]:
    from reconciler.remote.reading.source import run_all

    return await run_all(_examine_apart(workspace, account, transport) for account in accounts)


async def _examine_apart(workspace: Workspace, account: Account, transport: TransportFactory | None) -> Examination:
    """Examine one account; what that raises is a failure of its own."""
    from reconciler.remote.apart import BUG_ADVICE, keep_apart

    def own_up(bug: str) -> Examination:
        return Examination(_name_account(account), (Check("doctor", Verdict.FAILED, bug, BUG_ADVICE),))

    return await keep_apart(_examine(workspace, account, transport), instead=own_up)


def _name_account(account: Account) -> str:
    return f"account {account.name} ({account.base_url})"


async def _examine(workspace: Workspace, account: Account, transport: TransportFactory | None) -> Examination:
    checks = [_check_key_variable(workspace, account)]
    sendable = checks[0].verdict is not Verdict.FAILED and account.name in workspace.find_keys()
    checks += await _check_way(workspace, account, transport)
    reachable = all(check.verdict is not Verdict.FAILED for check in checks[1:])
    if sendable and reachable:
        checks += await _check_service(workspace, account, transport)
    else:
        why = "the host cannot be reached" if sendable else "there is no key to try"
        checks += [Check(name, Verdict.SKIPPED, why) for name in ("key", "api", "clock")]
    return Examination(_name_account(account), tuple(checks))


def _check_key_variable(workspace: Workspace, account: Account) -> Check:
    if workspace.context.sandbox:
        if account.name not in workspace.find_keys():
            return Check("credential", Verdict.SKIPPED, workspace.explain_lack(account).reason)
        return Check("credential", Verdict.OK, "the built-in sandbox has its own key")
    used = any(declared.account == account.name for declared in workspace.project.resources)
    return check_credential(account, workspace.context.environ, used=used)


async def _check_way(workspace: Workspace, account: Account, transport: TransportFactory | None) -> list[Check]:
    """Check proxy, name, connection and TLS; there is nothing to check where requests do not use the network."""
    from reconciler.remote.reading.probe import describe_proxy, probe_host

    if transport is not None:
        return [Check("network", Verdict.SKIPPED, "requests do not leave this process")]
    environ = workspace.context.environ
    proxy = describe_proxy(account, environ=environ)
    if proxy.verdict is Verdict.FAILED:
        return [proxy]
    return [proxy, *await probe_host(account, environ=environ)]


async def _check_service(workspace: Workspace, account: Account, transport: TransportFactory | None) -> list[Check]:
    from reconciler.remote.reading.probe import ask, choose_question

    context = workspace.context
    question = choose_question(account, catalog=workspace.catalog, group=_find_group(workspace, account))
    if question is None:
        return list(_skip_question(workspace, account))
    keys = workspace.find_keys()
    reported = await ask(
        account,
        question,
        catalog=workspace.catalog,
        key=keys[account.name],
        secrets=(*keys.values(), *workspace.find_secrets()),
        transport=transport,
        environ=context.environ,
        on_request=context.on_request,
    )
    if context.sandbox and reported.absent:
        return [Check("answer", Verdict.WARNING, f"of what the project declares: {UNSEEDED}", SEED)]
    provider = workspace.catalog.providers[account.provider]
    return [*judge_answer(reported, question, account=account, provider=provider), judge_clock(reported, context.now())]


def _find_group(workspace: Workspace, account: Account) -> Mapping[str, str]:
    """Find the group of a list in which the project declares something."""
    declared = (each for each in workspace.project.resources if each.account == account.name)
    places = (dict(each.identity.parts) if each.identity else dict(each.match) for each in declared)
    return next(places, {})


def _skip_question(workspace: Workspace, account: Account) -> Iterator[Check]:
    types = workspace.catalog.offered(account.provider, account.generation)
    part = next((part for known in types for part in known.list.group), "id")
    kinds = ", ".join(known.kind for known in types)
    message = f"cannot be checked: {account.provider} answers nothing without one {part}, and the project declares none"
    yield Check("key", Verdict.SKIPPED, message, f"Declare one of {kinds}, and run doctor again.")
    yield from (Check(name, Verdict.SKIPPED, "nothing was asked") for name in ("api", "clock"))


def _check_ledger(workspace: Workspace) -> Iterator[Check]:
    """Check that the ledger can be read, that nobody holds the lock, and that files could be written."""
    from reconciler.ledger import LedgerProblem

    try:
        store = workspace.open_store()
        notes, _ = store.load().notes, store.runs()
        yield from _judge_notes(notes)
        holders = store.read_locks()
    except LedgerProblem as problem:
        yield Check("store", Verdict.FAILED, problem.message, problem.advice)
        return
    if not holders:
        yield Check("lock", Verdict.OK, "free")
    yield from (_judge_holder(holder, workspace.context.now()) for holder in holders)
    yield _check_folder(workspace.state_folder)


def _judge_holder(holder: LockHolder, now: datetime) -> Check:
    if not holder.is_running(now):
        return Check("lock", Verdict.WARNING, f"left behind by {holder.describe()}", "The next apply takes it over.")
    advice = f"Wait for it to end. If it is certainly dead, `reconciler unlock {holder.name}` removes the lock."
    return Check("lock", Verdict.FAILED, f"held by {holder.describe()}", advice)


def _judge_notes(notes: Sequence[Diagnostic]) -> Iterator[Check]:
    """Judge what loading said: that nothing was ever applied is no trouble, all else is."""
    troubles = [note for note in notes if note.code != "ledger-absent"]
    for note in troubles:
        verdict = Verdict.FAILED if note.code == "ledger-unavailable" else Verdict.WARNING
        yield Check("store", verdict, note.message, note.advice)
    if not troubles:
        yield Check("store", Verdict.OK, "nothing was applied from here yet" if notes else "can be read")


def _check_folder(folder: Path) -> Check:
    """Check, without writing, whether the state folder can be made and written."""
    place = next((each for each in (folder, *folder.parents) if os.path.lexists(each)), folder)
    if place.is_dir() and os.access(place, os.W_OK | os.X_OK):
        return Check("folder", Verdict.OK, f"{folder} can be written")
    message = f"{place} cannot be written" if place.is_dir() else f"{place} is not a folder"
    return Check("folder", Verdict.FAILED, message, "Journals are kept there: apply needs it.")
