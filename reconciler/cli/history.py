"""`reconciler history`."""

from __future__ import annotations

import click

from reconciler.cli.options import Globals, command

EXAMPLE = """
reconciler history
reconciler history 20261121-083000-4f3a1c
"""


@command("history", example=EXAMPLE)
@click.argument("run", required=False)
@click.option(
    "--format", "style", type=click.Choice(("text", "json")), default="text", show_default=True, help="How to show it."
)
def history(options: Globals, run: str | None, style: str) -> int:
    """List the applies, newest first; or show what RUN changed, field by field."""
    from reconciler.app.look_back.past import list_runs, read_run
    from reconciler.cli.terminal import measure_width, wants_colour, write
    from reconciler.report.text import history as report

    context = options.build_context()
    shown = list_runs(context) if run is None else read_run(context, run)
    if style == "json":
        write(report.render_history_json(shown))
    else:
        import sys

        write(report.render_history(shown, width=measure_width(), colour=wants_colour(sys.stdout)))
    return 0
