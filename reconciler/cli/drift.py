"""`reconciler drift`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.formats import PLAN_FORMATS
from reconciler.cli.options import Globals, command, complete_addresses, selection

if TYPE_CHECKING:
    from reconciler.model.plan import Scope

EXAMPLE = """
reconciler drift
reconciler drift --format markdown
reconciler drift --record --out drift.json
reconciler drift --accept
reconciler drift --accept numbers.front-desk/label 'agents.*'
"""


@command("drift", example=EXAMPLE)
@click.argument("wanted", metavar="[ADDRESS[/FIELD]]...", nargs=-1, shell_complete=complete_addresses)
@click.option("--accept", is_flag=True, help="Write the live values into the files: of all, or of what is named.")
@click.option("--conflicts", is_flag=True, help="With --accept: also fields that git changed since the last apply.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Save it as a plan.")
@click.option(
    "--format", "style", type=click.Choice(PLAN_FORMATS), default="text", show_default=True, help="How to show it."
)
@selection
@click.option("--record", is_flag=True, help="Leave in the ledger what is seen for the first time: see `history`.")
def drift(
    options: Globals,
    wanted: tuple[str, ...],
    out: Path | None,
    style: str,
    chosen: Scope,
    *,
    accept: bool,
    conflicts: bool,
    record: bool,
) -> int:
    """Show what moved outside git since the last apply; exit 2 when something did.

    Compares the live state with the files and with the ledger. Changes that only git made are left out: they wait for
    an apply. Without a whole ledger nobody can tell what moved: that is said, and the exit code is 6. What --out saves
    is a plan of putting these fields back as git declares them: for `show`, `ci issue`, or `apply`.

    --accept goes the other way: it writes the live values into the files, each where it comes from, and touches nothing
    else there. What cannot be written alone is named and left, and the exit code stays 2.
    """
    if accept and (out or record or style != "text"):
        raise click.UsageError("--accept writes into the files: it goes with neither --out nor --record nor --format.")
    if accept:
        from reconciler.cli.accepting import accept_drift

        return accept_drift(options, wanted, chosen=chosen, conflicts=conflicts)
    if wanted or conflicts:
        raise click.UsageError("Addresses and --conflicts belong to --accept; --target narrows what is looked at.")
    from reconciler.app.look_back.sightings import record_sightings
    from reconciler.app.review.drift import judge_drift, keep_drift
    from reconciler.app.review.review import review
    from reconciler.cli.formats import render_plan_as
    from reconciler.cli.saving import name_apply, save_plan
    from reconciler.cli.terminal import show_reading, tell, tell_diagnostics, write
    from reconciler.model.plan import Cause

    with show_reading() as on_request:
        context, pictured = options.build_context(on_request=on_request), out is not None or style != "text"
        found = review(
            context, targets=chosen.targets, accounts=chosen.accounts, excluded=chosen.excluded, with_numbers=pictured
        )
    moved = keep_drift(found.plan)
    if style == "text":
        tell_diagnostics(moved.diagnostics)
    write(render_plan_as(moved, style=style, verbose=options.verbose, folder=Path(options.folder)), style=style)
    if unattributed := found.plan.count_cause(Cause.UNATTRIBUTED):
        tell(f"{unattributed} more differ, but were never applied from here: whether they moved is not known.")
    if record:
        tell_diagnostics(record_sightings(found.workspace, moved))
    if out is not None:
        save_plan(moved, out)
        tell(f"Saved to {out}. Put it back as git says with: {name_apply(options, out)}")
    return judge_drift(moved)
