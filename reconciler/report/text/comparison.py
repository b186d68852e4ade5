"""Show on a terminal how two environments differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.model.comparison import Comparison, Difference, Pair
from reconciler.report.comparison_words import (
    list_notes,
    list_shown,
    name_places,
    name_verdict,
    sum_up,
    tell_difference,
)
from reconciler.report.escape import escape_terminal
from reconciler.report.phrases import name_field
from reconciler.report.text.paint import Line, indent, paint, wrap

_WIDEST = 120


def render_comparison(comparison: Comparison, *, width: int, colour: bool) -> str:
    """Return what differs, a resource a block, and one line that counts."""
    width = max(24, min(width, _WIDEST))
    lines = [line for pair in list_shown(comparison) for line in _render_pair(pair, comparison.environments, width)]
    lines += wrap((("strong", escape_terminal(f"{sum_up(comparison)}.")),), width=width)
    return paint(lines, colour=colour)


def _render_pair(pair: Pair, environments: Sequence[str], width: int) -> Iterator[Line]:
    yield (("address", escape_terminal(pair.address)),)
    places = (("dim", escape_terminal(name_places(pair, environments))),)
    yield from indent(wrap(places, width=width - 2), (("", "  "),))
    for note in list_notes(pair, environments):
        yield from indent(wrap((("doubt", escape_terminal(note)),), width=width - 4), (("", "    "),))
    for difference in pair.differences:
        yield from _render_difference(difference, environments, width)
    yield ()


def _render_difference(difference: Difference, environments: Sequence[str], width: int) -> Iterator[Line]:
    style, word = "dim" if difference.intended and not difference.astray else "bad", name_verdict(difference)
    yield (("", "    "), ("field", escape_terminal(name_field(difference.path))), (style, f"  {word}"))
    for line in tell_difference(difference, environments):
        yield from indent(wrap((("", escape_terminal(line)),), width=width - 6, hang=6), (("", "      "),))
