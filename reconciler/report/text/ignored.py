"""Show on a terminal what a plan leaves alone for a while: both values, until when, and why."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.exemption import Ignored
from reconciler.model.plan import Plan
from reconciler.report.escape import escape_terminal
from reconciler.report.phrases import name_field
from reconciler.report.text.fields import View, show_literal
from reconciler.report.text.paint import Line, indent, spread, wrap

_PAD: Line = (("", "    "),)


def render_ignored(plan: Plan, view: View) -> Iterator[Line]:
    """Return the lines of all ignored differences, an empty line after each."""
    for ignored in plan.ignored:
        yield from _render_each(ignored, view)
        yield ()


def _render_each(ignored: Ignored, view: View) -> Iterator[Line]:
    source = f"{escape_terminal(ignored.location.file)}:{ignored.location.line}"
    head: Line = (("dim", "○ "), ("address", escape_terminal(ignored.address)), ("dim", "  ignored"))
    yield from spread(head, (("dim", source),), width=view.width)
    live, declared = (show_literal(value, secret=ignored.secret) for value in (ignored.live, ignored.declared))
    name = escape_terminal(name_field(ignored.path))
    yield from indent(wrap((("", f"{name}  {live} stays, git says {declared}"),), width=view.width - 4), _PAD)
    why = f"until {ignored.until}: {escape_terminal(ignored.reason)}"
    yield from indent(wrap((("dim", why),), width=view.width - 4), _PAD)
