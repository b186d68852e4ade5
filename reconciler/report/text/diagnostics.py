"""Show diagnostics as compilers do: place, code, the offending line with a caret below, what to do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from reconciler.model.diagnostic import Diagnostic, Location, Severity
from reconciler.report.escape import escape_terminal
from reconciler.report.folding import fold
from reconciler.report.phrases import count_noun
from reconciler.report.text.explanation import tell_more
from reconciler.report.text.paint import Line, fit, indent, measure, paint, wrap

_TOKEN: Final = re.compile(r"[\w.+/-]+")
_MARGIN: Final = 24
"""Cells that stay before the caret when a long line has to be cut at its left."""


def render_diagnostics(diagnostics: Sequence[Diagnostic], *, colour: bool, width: int) -> str:
    """Return all diagnostics in order of file and line, and a line that counts them; nothing where there are none.

    Many that say the same are one, with the others named. Where there are errors, a last line names the command that
    tells more of them.
    """
    lines: list[Line] = []
    for folded in fold(diagnostics):
        lines.extend(_render_diagnostic(folded.told, max(24, width)))
        lines.append(())
    lines += [_count(diagnostics)] if diagnostics else []
    for words in tell_more(_list_errors(diagnostics)):
        lines += wrap((("dim", words),), width=max(24, width), hang=2)
    return paint(lines, colour=colour)


def _render_diagnostic(diagnostic: Diagnostic, width: int) -> Iterator[Line]:
    severity = diagnostic.severity.value
    place = _name_place(diagnostic)
    head: Line = (
        ("strong", f"{place}: " if place else ""),
        (severity, f"{severity}[{diagnostic.code}]"),
        ("strong", f": {escape_terminal(diagnostic.message)}"),
    )
    yield from wrap(head, width=width, hang=2)
    if diagnostic.location and diagnostic.excerpt:
        yield from _render_excerpt(diagnostic.excerpt, diagnostic.location, width)
    if diagnostic.advice:
        advice: Line = (("help", "help: "), ("", escape_terminal(diagnostic.advice)))
        yield from indent(wrap(advice, width=width - 2, hang=6), (("", "  "),))


def _name_place(diagnostic: Diagnostic) -> str:
    return escape_terminal(str(diagnostic.location) if diagnostic.location else diagnostic.address or "")


def _render_excerpt(excerpt: str, location: Location, width: int) -> Iterator[Line]:
    """Show the line and put the caret below its column, whatever escapes and wide characters stand before it."""
    text = excerpt.rstrip("\r\n").replace("\t", " ")
    column = min(location.column - 1, len(text))
    number = str(location.line)
    room = max(8, width - len(number) - 5)
    start = _choose_start(text, column, room)
    before = ("…" if start else "") + escape_terminal(text[start:column])
    token = _TOKEN.match(text, column)
    marked = escape_terminal(token.group() if token else text[column : column + 1])
    carets = "^" * max(1, min(measure(marked), room - measure(before)))
    yield ("dim", f"  {number} │ "), ("", fit(before + escape_terminal(text[column:]), room))
    yield ("dim", f"  {' ' * len(number)} │ "), ("", " " * measure(before)), ("caret", carets)


def _choose_start(text: str, column: int, room: int) -> int:
    """Return how many characters to cut at the left, so that the caret's column can be seen."""
    if measure(escape_terminal(text[:column])) < room - 1:
        return 0
    start = column
    while start and measure(escape_terminal(text[start - 1 : column])) <= min(_MARGIN, room // 2):
        start -= 1
    return start


def _count(diagnostics: Sequence[Diagnostic]) -> Line:
    counts = Counter(diagnostic.severity for diagnostic in diagnostics)
    words = ", ".join(count_noun(counts[severity], severity.value) for severity in Severity if counts[severity])
    worst = next(severity for severity in Severity if counts[severity])
    return ((worst.value, f"{words}."),)


def _list_errors(diagnostics: Sequence[Diagnostic]) -> list[str]:
    """List the codes of errors; warnings and notes explain themselves, and a plan has many."""
    return [one.code for one in diagnostics if one.severity is Severity.ERROR]
