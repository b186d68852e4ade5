"""`apply` and `undo`: carry a deployment out, journal it, and record what was settled."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.app.deploy.deployment import Deployment
from reconciler.app.deploy.interrupts import Interrupts
from reconciler.app.deploy.locking import describe_ledger
from reconciler.app.deploy.origin import describe_origin
from reconciler.app.deploy.recording import collect_applied
from reconciler.app.deploy.room import estimate_room
from reconciler.app.deploy.sending import Sent, Watch, send_updates
from reconciler.app.problem import Exit, Problem
from reconciler.app.review.doubts import tell_doubt
from reconciler.app.review.review import judge_plan
from reconciler.engine.renames import find_old_addresses
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.outcome import SETTLED, Outcome, Result
from reconciler.model.plan import Plan

if TYPE_CHECKING:
    from reconciler.ledger import Journal, LedgerProblem


@dataclass(frozen=True, slots=True)
class Deployed:
    """How a deployment ended."""

    run: str
    outcomes: tuple[Outcome, ...]
    diagnostics: tuple[Diagnostic, ...]
    exit_code: Exit
    longest_window: float = 0.0
    """Seconds between the last look at an object and the end of its write: no ETag guards that time."""


def carry_out(deployment: Deployment, *, watch: Watch) -> Deployed:
    """Send the plan's updates, prove each, journal and record what was applied.

    From the first line of the journal to the saved ledger nothing tears the run: neither a signal nor a stream, disk or
    report that fails (law 11). Only a second interrupt ends it at once, and even then what is known is recorded.
    """
    from reconciler.ledger import note_distrust
    from reconciler.remote.writing.run import Stop

    workspace, sent = deployment.workspace, Sent(Stop())

    def on_first() -> None:
        sent.stop.request("interrupted before its turn")
        sent.show(watch.on_interrupt)

    with Interrupts(on_first) as interrupts, contextlib.closing(deployment.store.journal(deployment.run)) as journal:
        commit = _begin(deployment, journal)
        try:
            outcomes = send_updates(deployment, journal, sent=sent, watch=watch, interrupts=interrupts)
        except BaseException:
            _record(deployment, tuple(sent.outcomes.values()), commit=commit)
            raise
        exit_code = judge_run(deployment.plan, outcomes, interrupted=interrupts.received)
        if exit_code is Exit.DONE and deployment.left:
            exit_code = Exit.REFUSED
        cut = _end(journal, exit_code, interrupted=interrupts.received) or sent.unwritten
        troubles = (*_note_trouble(cut, journal.filled, outcomes), *_record(deployment, outcomes, commit=commit))
    if sent.unshown is not None:
        raise sent.unshown
    return Deployed(
        run=deployment.run,
        outcomes=outcomes,
        diagnostics=(*troubles, *note_distrust(workspace.project.root, environ=workspace.context.environ)),
        exit_code=Exit.FAILED if troubles and exit_code is Exit.DONE else exit_code,
        longest_window=sent.longest_window,
    )


def _begin(deployment: Deployment, journal: Journal) -> str:
    """Open the journal and return the commit of the run; raise Problem where it cannot be written: then nothing is sent."""
    from reconciler.ledger import LedgerProblem

    try:
        return _write_beginning(deployment, journal)
    except LedgerProblem as error:
        raise Problem(describe_ledger(error), exit_code=Exit.FAILED) from error


def _write_beginning(deployment: Deployment, journal: Journal) -> str:
    if deployment.plan.updates:
        stored = deployment.ledger.entries.values()
        journal.hold_back(estimate_room(deployment.plan.updates, deployment.resources, stored))
    workspace, plan = deployment.workspace, deployment.plan
    header = describe_origin(workspace, command=deployment.command, undoes=deployment.undoes, plan=plan)
    journal.begin(header)
    for intention in deployment.store.unsettled():
        if intention.run != deployment.run and intention.address in deployment.live.readings:
            words = tell_doubt(intention, deployment.live, catalog=deployment.workspace.catalog)
            journal.settle(intention.address, message=f"read again before this run: {words}".rstrip(": "))
    return header.commit


def _end(journal: Journal, exit_code: Exit, *, interrupted: bool) -> LedgerProblem | None:
    """Write the journal's last line; return what stands against it."""
    from reconciler.ledger import LedgerProblem, RunEnd

    try:
        journal.end(RunEnd(interrupted=interrupted, exit_code=int(exit_code)))
    except LedgerProblem as error:
        return error
    return None


def _note_trouble(
    cut: LedgerProblem | None, filled: LedgerProblem | None, outcomes: Sequence[Outcome]
) -> tuple[Diagnostic, ...]:
    """Say that the journal has holes, or else that the run ended early to have none; the ledger is saved all the same."""
    if cut is not None:
        return (describe_ledger(cut, code="journal-cut"),)
    ended_early = any(outcome.result is Result.NOT_ATTEMPTED for outcome in outcomes)
    return (describe_ledger(filled, code="state-disk-full"),) if filled and ended_early else ()


def _record(deployment: Deployment, outcomes: Sequence[Outcome], *, commit: str) -> tuple[Diagnostic, ...]:
    """Save what was settled to the ledger; a failure costs attribution only, and is said (law 10)."""
    from reconciler.ledger import LedgerProblem

    applied = collect_applied(deployment, outcomes, commit=commit)
    moved = find_old_addresses(deployment.ledger, applied)
    try:
        if applied or moved:
            deployment.store.save(applied, run=deployment.run, removed=moved)
        else:
            deployment.store.keep_journal(deployment.run)
    except LedgerProblem as error:
        return (describe_ledger(error, code="ledger-not-saved"),)
    return ()


def judge_run(plan: Plan, outcomes: Sequence[Outcome], *, interrupted: bool) -> Exit:
    """Return the exit code of a run: interrupted, then failures, then refusals, then what could not be read."""
    results = {outcome.result for outcome in outcomes}
    if interrupted:
        return Exit.INTERRUPTED
    failed = results & {Result.REJECTED, Result.MISMATCH, Result.IN_DOUBT, Result.NOT_ATTEMPTED}
    if failed:
        return Exit.PARTLY if results & SETTLED else Exit.FAILED
    if results & {Result.STALE, Result.REFUSED}:
        return Exit.REFUSED
    return judge_plan(plan, detailed=False)
