"""Show, ask, send and report: what `apply` and `undo` have in common at the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from reconciler.app.deploy.approval import Allowances, note_lifted
from reconciler.app.deploy.carry_out import Deployed, carry_out
from reconciler.app.deploy.deployment import Deployment
from reconciler.app.deploy.sending import Watch
from reconciler.app.problem import Exit
from reconciler.cli.formats import render_plan_as
from reconciler.cli.terminal import (
    ask,
    find_loss,
    measure_width,
    show_progress,
    tell,
    tell_diagnostics,
    wants_colour,
    write,
)
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.outcome import SETTLED, Outcome, Result
from reconciler.report.machine.events import write_end, write_ended, write_found, write_sending, write_start
from reconciler.report.phrases import count_noun
from reconciler.report.text.outcomes import render_outcome_line, render_run_summary


class Report(Protocol):
    """Who is told how a deployment goes. What returns a text says why it is lost, "" where it is not."""

    def find(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Tell what was found."""

    def begin(self, deployment: Deployment) -> str:
        """Show the plan."""

    def send(self, address: str) -> None:
        """Tell that a request is about to be sent."""

    def conclude(self, outcome: Outcome) -> str:
        """Tell how an update ended."""

    def end(self, deployment: Deployment, done: Deployed) -> str:
        """Tell how the run ended."""

    def refuse(self, deployment: Deployment | None, exit_code: Exit) -> None:
        """Tell that nothing was sent."""


class TextReport:
    """Write for people: results to stdout."""

    def __init__(self, *, verbose: bool) -> None:
        self._verbose = verbose

    def find(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Write what was found to stderr."""
        tell_diagnostics(diagnostics)

    def begin(self, deployment: Deployment) -> str:
        """Write the plan."""
        return write(render_plan_as(deployment.plan, style="text", verbose=self._verbose))

    def send(self, address: str) -> None:
        """Leave it to the line of progress."""

    def conclude(self, outcome: Outcome) -> str:
        """Write one line; what was not attempted is told at the end, many at once."""
        if outcome.result is Result.NOT_ATTEMPTED:
            return find_loss()
        return write(render_outcome_line(outcome, colour=wants_colour(sys.stdout), width=measure_width()))

    def end(self, deployment: Deployment, done: Deployed) -> str:
        """Write the summary."""
        tell_diagnostics(done.diagnostics)
        if not deployment.plan.updates:
            return ""
        colour, width = wants_colour(sys.stdout), measure_width()
        lost = write(render_run_summary(done.outcomes, plan=deployment.plan, colour=colour, width=width, run=done.run))
        tell(f"Longest time between the last look at an object and the end of its write: {done.longest_window:.1f} s.")
        return lost

    def refuse(self, deployment: Deployment | None, exit_code: Exit) -> None:
        """Leave it to what was told already."""


class EventReport:
    """Write events for programs to stdout, and the plan for whoever reads the log to stderr."""

    def __init__(self, *, now: Callable[[], datetime], verbose: bool) -> None:
        self._now = now
        self._verbose = verbose

    def find(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Write an event for each diagnostic, and all of them to stderr."""
        tell_diagnostics(diagnostics)
        for diagnostic in diagnostics:
            write(write_found(diagnostic), style="json")

    def begin(self, deployment: Deployment) -> str:
        """Write the first event."""
        plan, run, requests = deployment.plan, deployment.run, deployment.forecast.requests
        tell(render_plan_as(plan, style="text", verbose=self._verbose))
        text = write_start(plan, run=run, command=deployment.command, time=self._time, requests=requests)
        return write(text, style="json")

    def send(self, address: str) -> None:
        """Write an event."""
        write(write_sending(address), style="json")

    def conclude(self, outcome: Outcome) -> str:
        """Write an event, and a line for the log."""
        if outcome.result is not Result.NOT_ATTEMPTED:
            tell(render_outcome_line(outcome, colour=wants_colour(sys.stderr), width=measure_width()))
        return write(write_ended(outcome), style="json")

    def end(self, deployment: Deployment, done: Deployed) -> str:
        """Write the last event, and the summary for the log."""
        self.find(done.diagnostics)
        plan, colour = deployment.plan, wants_colour(sys.stderr)
        if plan.updates:
            tell(render_run_summary(done.outcomes, plan=plan, colour=colour, width=measure_width(), run=done.run))
        updates = len(plan.updates)
        text = write_end(
            run=done.run, exit_code=int(done.exit_code), time=self._time, outcomes=done.outcomes, updates=updates
        )
        return write(text, style="json")

    def refuse(self, deployment: Deployment | None, exit_code: Exit) -> None:
        """Write the last event of a run that sent nothing."""
        run, updates = (deployment.run, len(deployment.plan.updates)) if deployment else ("", 0)
        write(write_end(run=run, exit_code=int(exit_code), time=self._time, updates=updates), style="json")

    @property
    def _time(self) -> str:
        return self._now().isoformat(timespec="seconds")


def deploy(deployment: Deployment, allowances: Allowances, *, auto_approve: bool, report: Report) -> Exit:
    """Show the plan, ask, carry it out and report; return the exit code."""
    report.find((*note_lifted(allowances), *deployment.plan.diagnostics))
    lost = report.begin(deployment)
    exit_code = _judge(deployment, auto_approve=auto_approve, lost=lost, report=report)
    if exit_code is not None:
        report.refuse(deployment, exit_code)
        return exit_code
    return _send(deployment, report)


def _judge(deployment: Deployment, *, auto_approve: bool, lost: str, report: Report) -> Exit | None:
    """Return the exit code of a deployment that is not to be sent; None where it is."""
    if deployment.refusals:
        report.find(deployment.refusals)
        tell("Refused. Nothing was sent.")
        return Exit.REFUSED
    if not deployment.plan.updates:
        return None
    if lost := lost or find_loss():
        tell(f"The output cannot be written ({lost}): nobody would be told what became of it. Nothing was sent.")
        return Exit.FAILED
    return None if _is_approved(deployment, auto_approve=auto_approve) else Exit.REFUSED


def _is_approved(deployment: Deployment, *, auto_approve: bool) -> bool:
    forecast = deployment.forecast
    seconds = max(1, round(forecast.seconds))
    tell(f"With the reads that prove them this takes {forecast.requests} requests, about {seconds} s.")
    return auto_approve or ask("Apply these changes?", what_not="Nothing was sent.")


def _tell_undone(deployment: Deployment, done: Deployed) -> None:
    """Say after an undo what git still says, and how much was left alone."""
    if deployment.undoes and any(outcome.result in SETTLED for outcome in done.outcomes):
        tell("Git still declares what it did: revert the commit too, or the next apply brings it back.")
    if deployment.left:
        changes = count_noun(deployment.left, "change")
        tell(f"{changes} of run {deployment.undoes} could not be taken back, as named above.")


def _tell_interrupt() -> None:
    tell("Interrupted: the requests in flight finish, nothing new is sent. Again to stop at once.")


def _send(deployment: Deployment, report: Report) -> Exit:
    with show_progress(len(deployment.plan.updates)) as show_sent:

        def on_send(address: str) -> str:
            show_sent(address)
            report.send(address)
            return find_loss()

        done = carry_out(deployment, watch=Watch(on_send, report.conclude, _tell_interrupt))
    if lost := report.end(deployment, done):
        tell(f"The output could not be written ({lost}). `reconciler history {done.run}` shows what was done.")
    _tell_undone(deployment, done)
    return done.exit_code
