"""Show in Markdown how two environments differ."""

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
from reconciler.report.markdown.escape import code, cut_line, prose
from reconciler.report.phrases import name_field

LIMIT = 60_000
"""Characters. GitHub refuses comments of more than 65,536."""
_VALUE = 300


def render_comparison_markdown(comparison: Comparison, *, limit: int = LIMIT) -> str:
    """Return the comparison, of at most `limit` characters: resources at the end are counted instead."""
    blocks = [f"<h3>{prose(sum_up(comparison))}</h3>"]
    shown = list_shown(comparison)
    room = limit - len(blocks[0]) - 100
    for index, pair in enumerate(shown):
        block = "\n".join(_write_pair(pair, comparison.environments))
        room -= len(block) + 2
        if room < 0:
            blocks.append(f"<p><i>and {len(shown) - index:,} more resources; the JSON format has everything</i></p>")
            break
        blocks.append(block)
    return "\n\n".join(blocks) + "\n"


def _write_pair(pair: Pair, environments: Sequence[str]) -> Iterator[str]:
    yield f"<p>{code(cut_line(pair.address, 200))} {prose(cut_line(name_places(pair, environments), _VALUE))}</p>"
    yield "<ul>"
    for note in list_notes(pair, environments):
        yield f"<li><i>{prose(cut_line(note, _VALUE))}</i></li>"
    for difference in pair.differences:
        yield _write_difference(difference, environments)
    yield "</ul>"


def _write_difference(difference: Difference, environments: Sequence[str]) -> str:
    word = name_verdict(difference) if difference.intended else f"<b>{name_verdict(difference)}</b>"
    lines = "; ".join(code(cut_line(line, _VALUE)) for line in tell_difference(difference, environments))
    return f"<li>{code(cut_line(name_field(difference.path), 80))} {word}: {lines}</li>"
