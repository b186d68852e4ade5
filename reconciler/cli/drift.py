"""`reconciler drift`."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.formats import PLAN_FORMATS
from reconciler.cli.options import Globals, command, selection

EXAMPLE = """
reconciler drift
reconciler drift --format markdown
reconciler drift --out drift.json
reconciler ci issue drift.json
"""


@command("drift", example=EXAMPLE)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Save it as a plan.")
@click.option(
    "--format", "style", type=click.Choice(PLAN_FORMATS), default="text", show_default=True, help="How to show it."
)
@selection
def drift(options: Globals, out: Path | None, style: str, targets: tuple[str, ...], accounts: tuple[str, ...]) -> int:
    """Show what moved outside git since the last apply; exit 2 when something did.

    Compares the live state with the files and with the ledger. Changes that only git made are left out: they wait for
    an apply. What --out saves is a plan of putting these fields back as git declares them: for `show`, `ci issue`, or
    `apply`.
    """
    from reconciler.app.review.review import judge_drift, keep_drift, review
    from reconciler.cli.formats import render_plan_as
    from reconciler.cli.saving import save_plan
    from reconciler.cli.terminal import show_reading, tell, tell_diagnostics, write
    from reconciler.model.plan import Cause

    with show_reading() as on_request:
        found = review(options.build_context(on_request=on_request), targets=targets, accounts=accounts).plan
    moved = keep_drift(found)
    if style == "text":
        tell_diagnostics(moved.diagnostics)
    write(render_plan_as(moved, style=style, verbose=options.verbose, folder=Path(options.folder)), style=style)
    if unattributed := found.count_cause(Cause.UNATTRIBUTED):
        tell(f"{unattributed} more differ, but were never applied from here: whether they moved is not known.")
    if out is not None:
        save_plan(moved, out)
        tell(f"Saved to {out}.")
    return judge_drift(moved)
