"""Show what is known of a kind, a field, a provider, a resource or an error code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reconciler.report.escape import escape_terminal
from reconciler.report.text.paint import Line, paint, wrap

_WIDEST_LABEL = 36


@dataclass(frozen=True, slots=True)
class Facts:
    """Labelled facts below a heading; no heading for the first ones."""

    rows: tuple[tuple[str, str], ...]
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known of one thing: a title, a paragraph, facts."""

    title: str
    text: str = ""
    facts: tuple[Facts, ...] = ()
    marked: bool = False
    """Whether marks such as (D) occur, so that they must be explained."""


MARKS = "(D) documented by the vendor, (I) inferred, (M) measured, (U) unknown: the safe reading was taken"


def render_explanations(explanations: Sequence[Explanation], *, width: int, colour: bool) -> str:
    """Render explanations one below the other; texts of users and vendors are escaped."""
    lines: list[Line] = []
    for explanation in explanations:
        lines += [(), *_render(explanation, width)] if lines else _render(explanation, width)
    if any(explanation.marked for explanation in explanations):
        lines += [(), *wrap((("dim", MARKS),), width=width)]
    return paint(lines, colour=colour)


def _render(explanation: Explanation, width: int) -> Iterator[Line]:
    yield (("address", escape_terminal(explanation.title)),)
    if explanation.text:
        yield from wrap((("", "  "), ("", escape_terminal(explanation.text))), width=width, hang=2)
    for facts in explanation.facts:
        if not facts.rows:
            continue
        yield ()
        if facts.heading:
            yield (("", "  "), ("strong", facts.heading))
        yield from _render_rows(facts.rows, width, indent=4 if facts.heading else 2)


def _render_rows(rows: Sequence[tuple[str, str]], width: int, *, indent: int) -> Iterator[Line]:
    labels = [escape_terminal(label) for label, _ in rows]
    column = min(max(map(len, labels)), _WIDEST_LABEL, max(8, width // 3)) + indent + 2
    for label, (_, text) in zip(labels, rows, strict=True):
        start = " " * indent + label
        gap = " " * max(2, column - len(start))
        yield from wrap((("field", start), ("", gap), ("", escape_terminal(text))), width=width, hang=column)
