"""`compare`: read two environments and put them side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reconciler.app.context import Context
from reconciler.app.problem import Exit
from reconciler.app.review.review import read
from reconciler.app.workspace import Workspace, open_workspace
from reconciler.engine.compare import World, compare_worlds
from reconciler.engine.references import close, resolve
from reconciler.model.comparison import Comparison
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.project import Declared


def compare(
    context: Context,
    left: str,
    right: str,
    *,
    targets: Sequence[str] = (),
    accounts: Sequence[str] = (),
    excluded: Sequence[str] = (),
) -> Comparison:
    """Read both environments with GET requests and compare what git declares and what is live; nothing is written."""
    spaces = [open_workspace(replace(context, environment=name)) for name in (left, right)]
    worlds = [
        _read_world(space, space.select(targets=targets, accounts=accounts, excluded=excluded)) for space in spaces
    ]
    found: dict[Diagnostic, None] = dict.fromkeys(each for space in spaces for each in space.diagnostics)
    return Comparison((left, right), compare_worlds(*worlds, catalog=spaces[0].catalog), tuple(found))


def _read_world(workspace: Workspace, resources: Sequence[Declared]) -> World:
    involved = close(resources, workspace.project.resources)
    live = read(workspace, involved)
    resolved = resolve(involved, catalog=workspace.catalog, readings=live.readings).resources
    return World(tuple(resolved[declared.address] for declared in resources), live.readings)


def judge_comparison(comparison: Comparison, *, detailed: bool) -> Exit:
    """Return the exit code: 6 where something could not be read, 2 where something is live that git does not say."""
    if any(place.unknown for pair in comparison.pairs for place in pair.places):
        return Exit.UNREADABLE
    stray = comparison.count(intended=False) or comparison.astray
    return Exit.CHANGES if detailed and stray else Exit.DONE
