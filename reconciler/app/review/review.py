"""`plan`, `drift`, `show`: all that only reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reconciler.app.ci.place import find_prefix
from reconciler.app.context import Context
from reconciler.app.problem import Exit
from reconciler.app.review.notes import explain_sandbox, fold_missing_keys, note_doubts, note_undeclared
from reconciler.app.workspace import Workspace, fit_scope, open_workspace
from reconciler.engine.plan import make_plan
from reconciler.engine.references import resolve
from reconciler.engine.renames import find_undeclared, follow_renames
from reconciler.engine.rivals import involve
from reconciler.engine.sealed import recognise_secrets
from reconciler.engine.undo import mark_undone
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.ledger import Ledger
from reconciler.model.live import LiveState
from reconciler.model.plan import Plan, Scope, Status
from reconciler.model.project import Declared

if TYPE_CHECKING:
    from reconciler.ledger import Store


@dataclass(frozen=True, slots=True)
class Review:
    """A plan with what it was made from. What `resources` take from others is filled in, as far as it is known."""

    workspace: Workspace
    resources: tuple[Declared, ...]
    live: LiveState
    plan: Plan
    ledger: Ledger = field(default_factory=Ledger)
    """As it is stored, before renames in git are followed."""


def review(
    context: Context,
    *,
    targets: Sequence[str] = (),
    accounts: Sequence[str] = (),
    excluded: Sequence[str] = (),
    since: str | None = None,
    workspace: Workspace | None = None,
    store: Store | None = None,
    with_numbers: bool = False,
) -> Review:
    """Read the live state of the selected resources and plan; nothing is written anywhere.

    `since` names a commit: of the selected only those are looked at that come to something else than then. `store` is the
    ledger's, where it is open already. `with_numbers` completes the picture of the calls at the cost of a request or two.
    """
    from reconciler.app.running import begin

    workspace = workspace or open_workspace(context)
    scope = Scope(tuple(targets), tuple(accounts), tuple(excluded))
    resources, scope, compared = _select(workspace, scope, since)
    store = store or workspace.open_store()
    involved = involve(resources, workspace.project, catalog=workspace.catalog)
    # Side by side: a ledger in git or in a bucket is as far away as the vendors are.
    loading = begin(store.load)
    live = read(workspace, involved, with_numbers=with_numbers)
    loaded = loading.result()
    ledger = follow_renames(loaded.ledger, involved, readings=live.readings)
    notes = (*loaded.notes, *note_doubts(store, loaded.ledger, live=live, catalog=workspace.catalog, told=loaded.notes))
    if not scope.narrow:
        notes += note_undeclared(find_undeclared(ledger, workspace.project.resources))
    plan = make_plan(
        workspace.project,
        resources,
        catalog=workspace.catalog,
        live=live,
        ledger=recognise(workspace, store, ledger),
        created_at=context.now().isoformat(timespec="seconds"),
        binding=workspace.binding,
        diagnostics=(*workspace.diagnostics, *compared, *notes),
        scope=scope,
    )
    folder = find_prefix(context.folder, context.environ)
    plan = replace(plan, updates=mark_undone(plan.updates, ledger), project=folder)
    resolved = resolve(involved, catalog=workspace.catalog, readings=live.readings).resources
    filled = tuple(resolved[declared.address] for declared in resources)
    plan = explain_sandbox(plan) if context.sandbox else fold_missing_keys(plan, workspace.project.accounts)
    return Review(workspace, filled, live, plan, loaded.ledger)


def _select(
    workspace: Workspace, scope: Scope, since: str | None
) -> tuple[tuple[Declared, ...], Scope, tuple[Diagnostic, ...]]:
    """Return the resources to look at, the scope with what that leaves out, and what comparing them had to say."""
    from reconciler.app.review.since import find_changed, note_removed

    resources = workspace.select(targets=scope.targets, accounts=scope.accounts, excluded=scope.excluded)
    notes: tuple[Diagnostic, ...] = ()
    if since is not None:
        found = find_changed(workspace, since)
        resources = tuple(declared for declared in resources if declared.address in found.changed)
        removed = fit_scope(found.removed, scope)
        notes = (*found.notes, *note_removed(removed, revision=since))
        scope = replace(scope, since=since, since_commit=found.commit)
    return resources, replace(scope, left_out=len(workspace.project.resources) - len(resources)), notes


def recognise(workspace: Workspace, store: Store, ledger: Ledger) -> Ledger:
    """Return the ledger in a form that declared secrets can be compared with."""
    from reconciler.ledger import fingerprint_value

    types = {declared.kind: workspace.catalog.of(declared) for declared in workspace.project.resources}
    if not any(known.holds_secret for each in types.values() for known in each.fields.values()):
        return ledger
    key = store.fingerprint_key()
    return recognise_secrets(
        ledger,
        workspace.project.resources,
        catalog=workspace.catalog,
        fingerprint=lambda secret: fingerprint_value(secret, key=key),
    )


def read(workspace: Workspace, resources: Sequence[Declared], *, with_numbers: bool = False) -> LiveState:
    """Read the live state of resources, accounts and pages in parallel; what they take values from is among them."""
    from reconciler.app.running import run_to_end

    return run_to_end(lambda: _read(workspace, resources, with_numbers=with_numbers))


async def _read(workspace: Workspace, resources: Sequence[Declared], *, with_numbers: bool) -> LiveState:
    from reconciler.remote.reading.read import read_live

    used = {declared.account for declared in resources}
    accounts = {account.name: account for account in workspace.accounts if account.name in used}
    async with workspace.open_readers(accounts.values()) as readers:
        return await read_live(
            resources,
            catalog=workspace.catalog,
            readers=readers,
            accounts=accounts,
            with_numbers=with_numbers,
            lack=workspace.explain_lack,
        )


def judge_plan(plan: Plan, *, detailed: bool) -> Exit:
    """Return the exit code of a plan: unreadable before refused before absent before changes."""
    verdicts: tuple[tuple[Callable[[], bool], Exit], ...] = (
        (lambda: plan.count(Status.UNKNOWN) > 0, Exit.UNREADABLE),
        (lambda: plan.count(Status.REFUSED) > 0, Exit.REFUSED),
        (lambda: plan.count(Status.ABSENT) > 0, Exit.FAILED),
        (lambda: detailed and bool(plan.updates), Exit.CHANGES),
    )
    return next((exit_code for holds, exit_code in verdicts if holds()), Exit.DONE)
