"""Show what is known of a kind, a field, a provider, a resource or an error code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reconciler.report.escape import escape_terminal
from reconciler.report.text.paint import Line, paint, wrap

_WIDEST_LABEL = 36
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Facts:
    """Labelled facts below a heading; no heading for the first ones."""

    rows: tuple[tuple[str, str], ...]
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A sentence below a heading, and lines that stay as they are: each may be copied."""

    heading: str
    text: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known of one thing: a title, a paragraph, facts or listings."""

    title: str
    text: str = ""
    facts: tuple[Facts, ...] = ()
    listings: tuple[Listing, ...] = ()
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


def tell_more(codes: Iterable[str]) -> list[str]:
    """Return the one line that ends an output with errors: where more is told of their codes; none where there are none."""
    named = list(dict.fromkeys(codes))
    if not named[1:]:
        return [f"`reconciler explain {code}` tells more." for code in named]
    rest = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    return [f"`reconciler explain CODE` tells more: {', '.join(named[:_NAMED])}{rest}."]


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
    for listing in explanation.listings:
        yield from _render_listing(listing, width)


def _render_listing(listing: Listing, width: int) -> Iterator[Line]:
    yield ()
    yield (("", "  "), ("strong", listing.heading))
    if listing.text:
        yield from wrap((("", "    "), ("", escape_terminal(listing.text))), width=width, hang=4)
    for line in listing.lines:
        yield (("", "    "), ("dim" if line.startswith("# ") else "", escape_terminal(line))) if line else ()


def _render_rows(rows: Sequence[tuple[str, str]], width: int, *, indent: int) -> Iterator[Line]:
    labels = [escape_terminal(label) for label, _ in rows]
    column = min(max(map(len, labels)), _WIDEST_LABEL, max(8, width // 3)) + indent + 2
    for label, (_, text) in zip(labels, rows, strict=True):
        start = " " * indent + label
        gap = " " * max(2, column - len(start))
        yield from wrap((("field", start), ("", gap), ("", escape_terminal(text))), width=width, hang=column)
