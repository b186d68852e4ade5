"""`unlock`: remove the lock of a run that is certainly dead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.app.context import Context
from reconciler.app.deploy.locking import describe_ledger
from reconciler.app.problem import Exit, Problem
from reconciler.app.workspace import open_workspace
from reconciler.model.diagnostic import Diagnostic

if TYPE_CHECKING:
    from reconciler.ledger import LockHolder, Store


@dataclass(frozen=True, slots=True)
class HeldLock:
    """A lock that somebody named in order to remove it."""

    store: Store
    holder: LockHolder

    def describe(self) -> str:
        """Say who holds it, where, over which accounts and until when."""
        return self.holder.describe()

    def remove(self) -> bool:
        """Remove it; return whether it was still there, and still that run's."""
        from reconciler.ledger import LedgerProblem

        try:
            return self.store.unlock(self.holder)
        except LedgerProblem as error:
            raise Problem(describe_ledger(error), exit_code=Exit.FAILED) from error


def find_lock(context: Context, run: str | None) -> HeldLock | None:
    """Return the lock that a run holds, None where nobody holds any.

    Raise Problem where no run is named or only others hold it, and where its process lives on this machine: then the
    lock is not left behind, and somebody would write beside it.
    """
    from reconciler.ledger import LedgerProblem

    store = open_workspace(context).open_store()
    try:
        holders = store.read_locks()
    except LedgerProblem as error:
        raise Problem(describe_ledger(error), exit_code=Exit.UNREADABLE) from error
    if not holders:
        return None
    holder = _find_named(holders, run)
    if holder.is_local and holder.is_running(context.now()):
        message = f"the lock is not left behind: its process lives on this machine: {holder.describe()}"
        advice = f"End process {holder.pid} first (Ctrl-C, or `kill {holder.pid}`): it gives the lock back itself."
        raise Problem(Diagnostic("ledger-locked", message, advice=advice), exit_code=Exit.REFUSED)
    return HeldLock(store, holder)


def _find_named(holders: Sequence[LockHolder], run: str | None) -> LockHolder:
    found = next((each for each in holders if each.name == run), None)
    if found is not None:
        return found
    what = "no run was named" if run is None else f"run {run} does not hold the lock"
    raise Problem(*(_describe_other(each, what) for each in holders), exit_code=Exit.USAGE)


def _describe_other(holder: LockHolder, what: str) -> Diagnostic:
    message = f"{what}; it is held by {holder.describe()}"
    advice = f"If that run is certainly dead: reconciler unlock {holder.name}"
    return Diagnostic("ledger-locked", message, advice=advice)
