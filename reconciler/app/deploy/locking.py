"""Hold the lock of the accounts that a run may write to, so that one runs at a time over each."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from reconciler.app.deploy.interrupts import hold_interrupts
from reconciler.app.problem import Exit, Problem
from reconciler.app.workspace import Workspace
from reconciler.model.diagnostic import Diagnostic, Severity

if TYPE_CHECKING:
    from reconciler.ledger import Lock, Store

LOCK_SECONDS = 300.0
"""How long a lock outlives a run that was killed; a living run renews it at a third of that."""
LOOK_SECONDS = 5.0
"""How long to wait before looking again whether a lock is free."""


@contextmanager
def open_store_locked(
    workspace: Workspace,
    *,
    accounts: Collection[str] | None = None,
    on_notes: Callable[[Sequence[Diagnostic]], None] = lambda _: None,
    wait: float = 0.0,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[tuple[Store, Lock, str]]:
    """Hold the lock of some accounts and yield store, lock and the new run's id; raise Problem where it cannot be had.

    Without `accounts` it is that of all. `on_notes` is told of an expired lock that was taken over, and of one that could not
    be given back. `wait` is how many seconds runs over the same accounts may still take.
    """
    from reconciler.ledger import current_author, new_run_id

    store, now = workspace.open_store(), workspace.context.now
    owner = current_author(workspace.context.environ, root=workspace.project.root)

    def hold() -> AbstractContextManager[Lock]:
        # A new name for each try: runs are told apart by time, and this one comes after those that it waited for.
        return store.lock(owner, ttl_seconds=LOCK_SECONDS, run=new_run_id(now), accounts=accounts)

    lock = None
    try:
        holding, lock = _take_in_time(hold, on_notes=on_notes, wait=wait, sleep=sleep)
        taken_over = lock.notes
        on_notes(taken_over)
        yield store, lock, lock.holder.run
    finally:
        if lock is not None:
            with hold_interrupts():
                holding.__exit__(None, None, None)
    on_notes(lock.notes[len(taken_over) :])


def _take_in_time(
    hold: Callable[[], AbstractContextManager[Lock]],
    *,
    on_notes: Callable[[Sequence[Diagnostic]], None],
    wait: float,
    sleep: Callable[[float], None],
) -> tuple[AbstractContextManager[Lock], Lock]:
    """Take the lock, and look again while another run holds it and time is left; say once that we wait."""
    left, told = wait, False
    while True:
        holding = hold()
        try:
            with hold_interrupts():
                return holding, _take(holding)
        except Problem as problem:
            if left <= 0 or problem.exit_code is not Exit.REFUSED:
                raise
            if not told:
                on_notes([_note_waiting(problem, wait)])
        told, pause = True, min(left, LOOK_SECONDS)
        sleep(pause)
        left -= pause


def _note_waiting(problem: Problem, wait: float) -> Diagnostic:
    held = problem.diagnostics[0]
    message = f"{held.message}; waiting for up to {wait:.0f} s"
    return Diagnostic(code=held.code, message=message, severity=Severity.NOTE)


def _take(holding: AbstractContextManager[Lock]) -> Lock:
    from reconciler.ledger import LedgerProblem, LockedError

    try:
        return holding.__enter__()
    except LockedError as error:
        raise Problem(describe_ledger(error, code="ledger-locked"), exit_code=Exit.REFUSED) from error
    except LedgerProblem as error:
        raise Problem(describe_ledger(error), exit_code=Exit.FAILED) from error


def describe_ledger(error: Exception, *, code: str = "ledger-unavailable") -> Diagnostic:
    """Turn a problem with the ledger's store into a diagnostic."""
    return Diagnostic(code=code, message=str(error), advice=getattr(error, "advice", ""))
