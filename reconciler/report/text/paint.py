"""Lay out styled text on a terminal: measure, wrap, align, colour.

A line is a tuple of spans, each a style name and a text that is already escaped. Widths count terminal cells, so that
wide characters align. Only sixteen-colour codes are used: they follow the reader's own theme, dark or light.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from reconciler.report.escape import disarm

Span: TypeAlias = tuple[str, str]
Line: TypeAlias = tuple[Span, ...]

STYLES: Final = {
    "": "",
    "dim": "2",
    "strong": "1",
    "update": "1;33",
    "address": "1",
    "field": "36",
    "before": "31",
    "after": "32",
    "before_word": "1;31;7",
    "after_word": "1;32;7",
    "drift": "33",
    "conflict": "1;31",
    "risk": "1;35",
    "method": "1;34",
    "good": "32",
    "bad": "1;31",
    "doubt": "1;33",
    "error": "1;31",
    "warning": "1;33",
    "note": "1;36",
    "caret": "1;31",
    "help": "1;32",
}
_GAP: Final = 2
"""Cells that part two texts on one line at least."""
_DISARMED: Final = 3
"""Cells that a command at the start of a line grows by."""

_TOKENS: Final = re.compile(r"\s+|[^\s/?&]*[/?&]+|[^\s/?&]+")


def measure(text: str) -> int:
    """Count the terminal cells that a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def measure_line(line: Line) -> int:
    """Count the terminal cells that a line takes."""
    return sum(measure(text) for _, text in line)


def fit(text: str, width: int) -> str:
    """Shorten a text to a width, with an ellipsis where something was cut off."""
    if measure(text) <= width:
        return text
    cut = ""
    for character in text:
        if measure(cut + character) > width - 1:
            break
        cut += character
    return cut + "…"


def paint(lines: Iterable[Line], *, colour: bool) -> str:
    """Return lines as text, each ended by a line feed; without colour nothing but the text itself.

    No CI system obeys one of them, wherever a text was wrapped.
    """
    return "".join(disarm(_paint_line(line, colour=colour)) + "\n" for line in lines)


def _paint_line(line: Line, *, colour: bool) -> str:
    if not colour:
        return "".join(text for _, text in line).rstrip()
    return "".join(_paint_span(style, text) for style, text in line)


def _paint_span(style: str, text: str) -> str:
    code = STYLES[style]
    return f"\x1b[{code}m{text}\x1b[0m" if code and text else text


def indent(lines: Iterable[Line], prefix: Line) -> list[Line]:
    """Put the same prefix before each line."""
    return [prefix + line for line in lines]


def wrap(line: Line, *, width: int, hang: int = 0) -> list[Line]:
    """Break a line at spaces, and at slashes of long words; lines after the first hang by so many spaces.

    No line is wider than `width`, unless a single character is; none begins with a CI system's command.
    """
    commands = "".join(text for _, text in line).lstrip().startswith("::")
    if measure_line(line) <= width and not commands:
        return [line]
    lines: list[Line] = []
    current: list[Span] = []
    used = 0
    for style, part in _cut_tokens(line, max(1, width - hang)):
        token = part if used > (hang if lines else 0) and used + measure(part) <= width else disarm(part)
        size = measure(token)
        if used + size > width and used > (hang if lines else 0):
            lines.append(tuple(current))
            current, used = ([("", " " * hang)] if hang else []), hang
            if token.isspace():
                continue
        current.append((style, token))
        used += size
    return [*lines, tuple(current)]


def _cut_tokens(line: Line, width: int) -> Iterator[Span]:
    for style, text in line:
        for token in _TOKENS.findall(text):
            room = max(1, width - _DISARMED) if token.startswith("::") else width
            yield from ((style, part) for part in _chop(token, room))


def _chop(token: str, width: int) -> Iterator[str]:
    part, used = "", 0
    if measure(token) <= width:
        yield token
        return
    for character in token:
        size = measure(character)
        if used + size > width and part:
            yield part
            part, used = "", 0
        part, used = part + character, used + size
    yield part


def spread(left: Line, right: Line, *, width: int) -> list[Line]:
    """Put two texts at both ends of one line, or below each other where they do not fit."""
    gap = width - measure_line(left) - measure_line(right)
    if gap >= _GAP:
        return [(*left, ("", " " * gap), *right)]
    return [*wrap(left, width=width, hang=2), *indent(wrap(right, width=max(1, width - 2)), (("", "  "),))]
