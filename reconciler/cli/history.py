"""`reconciler history`."""

from __future__ import annotations

import sys

import click

from reconciler.cli.options import Globals, command, complete_lazily

EXAMPLE = """
reconciler history --since 24h
reconciler history 20261121-083000-4f3a1c
reconciler history numbers.front-desk
"""


@command("history", example=EXAMPLE)
@click.argument("run", metavar="[RUN or ADDRESS]", required=False, shell_complete=complete_lazily("complete_run"))
@click.option("--since", default="", metavar="AGE", help="Only from then on: 90m, 24h, 7d, or a date.")
@click.option(
    "--format", "style", type=click.Choice(("text", "json")), default="text", show_default=True, help="How to show it."
)
def history(options: Globals, run: str | None, since: str, style: str) -> int:
    """List the runs, newest first; or show what one changed, or all that happened to one ADDRESS.

    RUN is a run's name, a beginning of it that fits no other, or `latest`: the last one that changed something. A drift
    check that ran with --record is in the list too, with what it saw.
    """
    from reconciler.app.look_back.history import open_past
    from reconciler.app.problem import Exit
    from reconciler.cli.terminal import measure_width, tell_diagnostics, wants_colour, write
    from reconciler.report.text import history as report

    past = open_past(options.build_context())
    if run is None:
        shown: report.Shown = past.list_runs(since=since)
    elif "." in run:
        shown = past.find_touching(run, since=since)
    else:
        shown = past.read_run(run)
    tell_diagnostics(past.notes)
    if style == "json":
        write(report.render_history_json(shown), style=style)
    else:
        write(report.render_history(shown, width=measure_width(), colour=wants_colour(sys.stdout)))
    return Exit.UNREADABLE if past.notes else Exit.DONE
