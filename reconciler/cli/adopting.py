"""Adopt live objects at the terminal: what was written where, and what was left out and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.app.problem import Exit
from reconciler.cli.options import Globals
from reconciler.cli.terminal import show_reading, tell, tell_diagnostics, write

if TYPE_CHECKING:
    from reconciler.app.adopt.into import Adopted
    from reconciler.app.adopt.lists import Wish
    from reconciler.app.adopt.pull import Haul


def adopt(options: Globals, folder: Path, wish: Wish) -> Exit:
    """Write live objects into the files of a project and say which; return the exit code."""
    from reconciler.app.adopt.into import choose_destination, pull_into

    with show_reading() as on_request:
        context = options.build_context(on_request=on_request)
        destination = choose_destination(context, folder, accounts=wish.accounts)
        adopted = pull_into(destination, wish)
    tell_diagnostics(adopted.haul.diagnostics)
    tell_left_out(adopted.haul)
    tell_diagnostics(adopted.left)
    for name in adopted.files:
        write(str(folder / name) if adopted.begun else str(adopted.root / name))
    _tell_next(adopted, all_fields=wish.all_fields)
    if adopted.files:
        tell(f"Check with: {_name_plan(options, adopted, folder)}")
    return adopted.haul.exit_code


def tell_left_out(haul: Haul, *, shown_by: str = "") -> None:
    """Say what was left out and why; `shown_by` says how to see what is declared already."""
    from reconciler.report.phrases import count_noun

    if haul.skipped:
        tell(f"Left out as declared already: {count_noun(haul.skipped, 'live object')}.{shown_by}")
    if haul.unmatched:
        tell(f"Left out as not fitting: {count_noun(haul.unmatched, 'live object')}.")
    if haul.blank:
        tell(f"Left out as nothing of them is set: {count_noun(haul.blank, 'live object')}.")
    if haul.wide:
        tell(f"Not read, as their lists have none of these filters: {', '.join(haul.wide)}.")


def _name_plan(options: Globals, adopted: Adopted, folder: Path) -> str:
    place = f" -C {folder}" if adopted.begun else ""
    world = f" --env {options.environment}" if options.environment and not adopted.begun else ""
    return f"reconciler{place}{world} plan"


def _tell_next(adopted: Adopted, *, all_fields: bool) -> None:
    from reconciler.report.phrases import count_noun

    if not adopted.files:
        tell("There is nothing new: nothing was written.")
        return
    tell(f"Wrote {count_noun(adopted.haul.count, 'resource')} into {count_noun(len(adopted.files), 'file')}.")
    if laid := adopted.laid:
        tell(
            "The common files count in every environment, so this one has its own: "
            f"{len(laid.counterparts)} laid over resources of the same name, {laid.own} more, {len(laid.absent)} absent here."
        )
    if not all_fields:
        tell("Fields that are not set are left out, and so not owned; --all-fields declares them as null.")
