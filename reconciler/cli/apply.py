"""`reconciler apply`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import DURATION, Globals, allowance, command, selection

if TYPE_CHECKING:
    from reconciler.model.plan import Scope

EXAMPLE = """
reconciler apply
reconciler apply plan.json --auto-approve
reconciler apply --target numbers.front-desk
reconciler apply plan.json --auto-approve --format json --lock-timeout 10m > events.jsonl
"""


@command("apply", example=EXAMPLE, deed=True)
@click.argument("planfile", required=False, type=click.Path(dir_okay=False, path_type=Path))
@selection
@allowance
@click.option("--accept-conflicts", is_flag=True, help="Let git win where both sides changed.")
@click.option("--format", "style", type=click.Choice(("text", "json")), default="text", help="json: one event a line.")
@click.option(
    "--lock-timeout",
    "wait",
    type=DURATION,
    default=0.0,
    metavar="TIME",
    help="Wait so long for an apply over the same accounts: 90s, 10m.",
)
def apply(
    options: Globals,
    planfile: Path | None,
    chosen: Scope,
    max_updates: int | None,
    protected: tuple[str, ...],
    style: str,
    wait: float,
    *,
    auto_approve: bool,
    accept_conflicts: bool,
) -> int:
    """Make it so: send the smallest requests and prove each.

    Without PLANFILE: plan, show, ask, send. With it: exactly its updates, each checked once more right before it is
    sent; what moved since is left alone.
    """
    from reconciler.app.deploy.approval import Allowances
    from reconciler.app.deploy.opening import open_apply
    from reconciler.app.problem import Problem
    from reconciler.app.review.saved import load_plan
    from reconciler.app.workspace import open_workspace
    from reconciler.cli.deploying import EventReport, Report, TextReport, deploy
    from reconciler.cli.terminal import show_reading

    if planfile is not None and chosen.narrow:
        raise click.UsageError("A saved plan is applied whole: --target, --account and --exclude belong to plan.")
    allowances = Allowances(max_updates, protected, accept_conflicts)
    context = options.build_context()
    events = EventReport(now=context.now, verbose=options.verbose)
    report: Report = events if style == "json" else TextReport(verbose=options.verbose)
    try:
        saved = load_plan(planfile) if planfile is not None else None
        opened = open_apply(
            open_workspace(context),
            allowances,
            saved=saved,
            scope=chosen,
            on_notes=report.find,
            wait=wait,
            reading=show_reading,
        )
        with opened as prepared:
            return deploy(prepared, allowances, auto_approve=auto_approve, report=report)
    except Problem as problem:
        if style == "json":
            report.find(problem.diagnostics)
            report.refuse(None, problem.exit_code)
            return int(problem.exit_code)
        raise
