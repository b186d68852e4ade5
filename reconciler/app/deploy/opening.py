"""Open an apply: lock the accounts that it may write to, then read and plan, or check a saved plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import TypeAlias

from reconciler.app.deploy.approval import Allowances
from reconciler.app.deploy.deployment import Deployment, prepare, prepare_saved
from reconciler.app.deploy.locking import describe_ledger, open_store_locked
from reconciler.app.deploy.recording import list_saved, list_written
from reconciler.app.problem import Exit, Problem
from reconciler.app.review.review import review
from reconciler.app.workspace import Workspace
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.plan import EVERYTHING, Plan, Scope

Counter: TypeAlias = Callable[[], None] | None
"""Told of each request that reads; None where nobody counts."""


def _count_nothing() -> AbstractContextManager[Counter]:
    return nullcontext(None)


@contextmanager
def open_apply(
    workspace: Workspace,
    allowances: Allowances,
    *,
    saved: Plan | None = None,
    scope: Scope = EVERYTHING,
    on_notes: Callable[[Sequence[Diagnostic]], None] = lambda _: None,
    wait: float = 0.0,
    reading: Callable[[], AbstractContextManager[Counter]] = _count_nothing,
) -> Iterator[Deployment]:
    """Yield what would be applied, of a saved plan or of what a scope chooses, with the lock held.

    `on_notes` and `wait` are those of `open_store_locked`; `reading` is entered while the live state is read.
    """
    accounts = _list_accounts(workspace, saved, scope)
    with open_store_locked(workspace, accounts=accounts, on_notes=on_notes, wait=wait) as (store, lock, run):
        if saved is not None:
            yield prepare_saved(saved, workspace, allowances, store=store, lock=lock, run=run)
            return
        with reading() as on_request:
            seen = replace(workspace, context=replace(workspace.context, on_request=on_request))
            found = review(
                seen.context,
                targets=scope.targets,
                accounts=scope.accounts,
                excluded=scope.excluded,
                workspace=seen,
                store=store,
            )
        prepared = prepare(found, allowances, store=store, lock=lock, run=run)
        narrow_lock(prepared)
        yield prepared


def _list_accounts(workspace: Workspace, saved: Plan | None, scope: Scope) -> frozenset[str]:
    """List the accounts that an apply may write to; raise Problem where its scope names nothing.

    Without a saved plan nobody knows yet what differs, so it is all of the resources in its scope.
    """
    if saved is not None:
        return list_saved(workspace, saved, ledger=workspace.open_store().load().ledger)
    chosen = workspace.select(targets=scope.targets, accounts=scope.accounts, excluded=scope.excluded)
    return frozenset(declared.account for declared in chosen)


def narrow_lock(deployment: Deployment) -> None:
    """Give back the lock of accounts that nothing will be written to, so that nobody waits for them meanwhile."""
    from reconciler.ledger import LedgerProblem, LockLost

    held = deployment.lock.holder.accounts or ()
    if len(held) == 1 or not deployment.plan.updates or deployment.refusals:
        return
    written = list_written(deployment)
    if written < set(held):
        try:
            deployment.lock.narrow(written)
        except LedgerProblem as error:
            refused = isinstance(error, LockLost)
            raise Problem(describe_ledger(error), exit_code=Exit.REFUSED if refused else Exit.FAILED) from error
