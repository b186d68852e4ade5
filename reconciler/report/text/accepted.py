"""Show which live values were written into which files, an update a block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.model.plan import Update
from reconciler.report.escape import escape_terminal
from reconciler.report.text.fields import View, render_changes
from reconciler.report.text.paint import Line, indent, paint, spread


def render_accepted(updates: Sequence[Update], *, colour: bool, width: int) -> str:
    """Return the updates as they were written into git: `before` is what git had, `after` what is live."""
    view = View(width, colour)
    return paint((line for update in updates for line in _render(update, view)), colour=colour)


def _render(update: Update, view: View) -> Iterator[Line]:
    address: Line = (("", "✓ "), ("address", escape_terminal(update.address)))
    place: Line = (("dim", escape_terminal(f"{update.location.file}:{update.location.line}")),)
    yield from spread(address, place, width=view.width)
    yield from indent(render_changes(update, view.narrow(4)), (("", "    "),))
    yield ()
