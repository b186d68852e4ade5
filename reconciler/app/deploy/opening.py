"""Open an apply: lock the accounts that it may write to, then read and plan, or check a saved plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import TypeAlias

from reconciler.app.deploy.approval import Allowances
from reconciler.app.deploy.deployment import Deployment, prepare, prepare_saved
from reconciler.app.deploy.locking import open_store_locked
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
    accounts = list_accounts(workspace, saved, scope=scope)
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
        yield prepare(found, allowances, store=store, lock=lock, run=run)


def list_accounts(workspace: Workspace, saved: Plan | None = None, *, scope: Scope = EVERYTHING) -> frozenset[str]:
    """List the accounts that an apply may write to: of a saved plan's resources, else of those that a scope chooses.

    It goes by what git declares: what a plan file says of accounts is not believed. Raise Problem where the scope names
    nothing.
    """
    if saved is None:
        chosen = workspace.select(targets=scope.targets, accounts=scope.accounts, excluded=scope.excluded)
        return frozenset(declared.account for declared in chosen)
    planned = {each.address for each in saved.resources}
    return frozenset(declared.account for declared in workspace.project.resources if declared.address in planned)
