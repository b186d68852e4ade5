"""`reconciler show`."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.formats import PLAN_FORMATS
from reconciler.cli.options import Globals, command

EXAMPLE = """
reconciler show plan.json
reconciler show plan.json --format html > plan.html
"""


@command("show", example=EXAMPLE)
@click.argument("planfile", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--format", "style", type=click.Choice(PLAN_FORMATS), default="text", show_default=True, help="How to show it."
)
def show(options: Globals, planfile: Path, style: str) -> int:
    """Show a saved plan in any format; needs neither a project nor a network."""
    from reconciler.app.review.review import load_plan
    from reconciler.cli.formats import render_plan_as
    from reconciler.cli.terminal import tell_diagnostics, write

    saved = load_plan(planfile)
    if style == "text":
        tell_diagnostics(saved.diagnostics)
    write(render_plan_as(saved, style=style, verbose=options.verbose, folder=Path(options.folder)), style=style)
    return 0
