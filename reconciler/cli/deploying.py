"""Show, ask, send and report: what `apply` and `undo` have in common at the terminal."""

from __future__ import annotations

import sys

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
from reconciler.model.outcome import SETTLED, Outcome
from reconciler.report.phrases import count_noun
from reconciler.report.text.outcomes import render_outcome_line, render_run_summary


def deploy(deployment: Deployment, allowances: Allowances, *, auto_approve: bool, verbose: bool) -> Exit:
    """Show the plan, ask, carry it out and report; return the exit code."""
    plan = deployment.plan
    tell_diagnostics((*note_lifted(allowances), *plan.diagnostics))
    lost = write(render_plan_as(plan, style="text", verbose=verbose))
    if deployment.refusals:
        tell_diagnostics(deployment.refusals)
        tell("Refused. Nothing was sent.")
        return Exit.REFUSED
    if plan.updates and (lost := lost or find_loss()):
        tell(f"The output cannot be written ({lost}): nobody would be told what became of it. Nothing was sent.")
        return Exit.FAILED
    if plan.updates and not _is_approved(deployment, auto_approve=auto_approve):
        return Exit.REFUSED
    return _send(deployment)


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
        tell(f"{changes} of run {deployment.undoes} could not be taken back; they are named above.")


def _tell_interrupt() -> None:
    tell("Interrupted: the requests in flight finish, nothing new is sent. Again to stop at once.")


def _send(deployment: Deployment) -> Exit:
    colour, width = wants_colour(sys.stdout), measure_width()

    def on_outcome(outcome: Outcome) -> str:
        return write(render_outcome_line(outcome, colour=colour, width=width))

    with show_progress(len(deployment.plan.updates)) as show_sent:

        def on_send(address: str) -> str:
            show_sent(address)
            return find_loss()

        done = carry_out(deployment, watch=Watch(on_send, on_outcome, _tell_interrupt))
    tell_diagnostics(done.diagnostics)
    if deployment.plan.updates:
        lost = write(render_run_summary(done.outcomes, plan=deployment.plan, colour=colour, width=width, run=done.run))
        tell(f"Longest time between the last look at an object and the end of its write: {done.longest_window:.1f} s.")
        if lost:
            tell(f"The output could not be written ({lost}). `reconciler history {done.run}` shows what was done.")
    _tell_undone(deployment, done)
    return done.exit_code
