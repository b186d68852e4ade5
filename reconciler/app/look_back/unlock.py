"""`unlock`: remove the lock of a run that is certainly dead."""

from __future__ import annotations

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
        """Say who holds it, where and until when."""
        return self.holder.describe()

    def remove(self) -> bool:
        """Remove it; return whether it was still there, and still that run's."""
        from reconciler.ledger import LedgerProblem

        try:
            now = self.store.read_lock()
            if now is None or now.token != self.holder.token:
                return False
            return self.store.unlock() is not None
        except LedgerProblem as error:
            raise Problem(describe_ledger(error), exit_code=Exit.FAILED) from error


def find_lock(context: Context, run: str | None) -> HeldLock | None:
    """Return the lock that a run holds, None where there is none.

    Raise Problem where no run is named or another one holds it, and where its process lives on this machine: then the
    lock is not left behind, and somebody would write beside it.
    """
    from reconciler.ledger import LedgerProblem

    store = open_workspace(context).open_store()
    try:
        holder = store.read_lock()
    except LedgerProblem as error:
        raise Problem(describe_ledger(error), exit_code=Exit.UNREADABLE) from error
    if holder is None:
        return None
    _check_name(holder, run)
    if holder.is_local and holder.is_running(context.now()):
        message = f"the lock is not left behind: its process lives on this machine: {holder.describe()}"
        advice = f"End process {holder.pid} first (Ctrl-C, or `kill {holder.pid}`): it gives the lock back itself."
        raise Problem(Diagnostic("ledger-locked", message, advice=advice), exit_code=Exit.REFUSED)
    return HeldLock(store, holder)


def _check_name(holder: LockHolder, run: str | None) -> None:
    if run == holder.name:
        return
    what = "no run was named" if run is None else f"run {run} does not hold the lock"
    message = f"{what}; it is held by {holder.describe()}"
    advice = f"If that run is certainly dead: reconciler unlock {holder.name}"
    raise Problem(Diagnostic("ledger-locked", message, advice=advice), exit_code=Exit.USAGE)
