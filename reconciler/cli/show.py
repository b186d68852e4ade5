"""`reconciler show`."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.formats import PLAN_FORMATS
from reconciler.cli.options import Globals, command

EXAMPLE = """
reconciler show plan.json
reconciler show plan.json --format html > plan.html
reconciler show plan-*.json --format markdown
"""


@command("show", example=EXAMPLE)
@click.argument(
    "planfiles", nargs=-1, required=True, type=click.Path(dir_okay=False, path_type=Path), metavar="PLANFILE..."
)
@click.option(
    "--format", "style", type=click.Choice(PLAN_FORMATS), default="text", show_default=True, help="How to show it."
)
@click.option(
    "--detailed-exitcode", is_flag=True, help="Exit as `plan --detailed-exitcode` did: 2 when there are changes."
)
def show(options: Globals, planfiles: tuple[Path, ...], style: str, *, detailed_exitcode: bool) -> int:
    """Show saved plans in any format; needs neither a project nor a network.

    Several are one report. Those of one project and environment, made from the same files, are put together, as where each
    looked at an account of its own; others stand beside each other. Its exit code is the worst that `plan` ended with.
    """
    from reconciler.app.review.review import judge_plan
    from reconciler.app.review.saved import load_report
    from reconciler.cli.formats import render_plan_as, render_report_as
    from reconciler.cli.terminal import tell_diagnostics, write

    report, folder = load_report(planfiles), Path(options.folder)
    several = len(planfiles) > 1
    if style == "text":
        tell_diagnostics((*report.notes, *dict.fromkeys(report.whole.diagnostics)))
    if several:
        write(render_report_as(report, style=style, verbose=options.verbose, folder=folder), style=style)
    else:
        write(render_plan_as(report.whole, style=style, verbose=options.verbose, folder=folder), style=style)
    return int(judge_plan(report.whole, detailed=detailed_exitcode)) if several or detailed_exitcode else 0
