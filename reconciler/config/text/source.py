"""One file's text, and how a place in it is written down and shown."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias

from reconciler.model.diagnostic import Location

Place: TypeAlias = int
"""Line and column, both counted from 0, in one integer: ten thousand resources have half a million of them."""

START: Place = 0

_EXCERPT = 160
_QUOTE = 80
_LINE_END = re.compile(r"\r\n|\n|\r")


def pack_place(line: int, column: int) -> Place:
    """Put line and column, counted from 0, into one integer."""
    return line << 32 | column


def unpack_place(place: Place) -> tuple[int, int]:
    """Return line and column, counted from 1."""
    return (place >> 32) + 1, (place & 0xFFFFFFFF) + 1


def quote(text: str) -> str:
    """Quote what a user wrote for use in a message: short, and as it is. Reports show what cannot be seen as an escape."""
    shown = text if len(text) <= _QUOTE else text[: _QUOTE - 1] + "…"
    return f'"{shown}"'


@dataclass(slots=True, eq=False)
class Source:
    """A file: its path relative to the project folder, written with `/`, and its text."""

    file: str
    text: str = ""
    _lines: list[str] | None = field(default=None, repr=False)

    def locate(self, place: Place) -> Location:
        """Return the place as a location for people."""
        return Location(self.file, *unpack_place(place))

    def excerpt(self, place: Place) -> str:
        """Return the line at a place, cut to what fits around the column."""
        line, column = unpack_place(place)
        return _cut_line(self.line(line - 1), column)

    def forget_text(self) -> None:
        """Give up the text, when nothing will be shown of it any more."""
        self.text, self._lines = "", None

    def line(self, number: int) -> str:
        """Return a line, counted from 0, without its end; "" where there is none."""
        if self._lines is None:
            self._lines = _LINE_END.split(self.text)
        return self._lines[number] if number < len(self._lines) else ""

    def place_of_offset(self, offset: int) -> Place:
        """Return the place of a character, counted from 0."""
        before = self.text[:offset]
        ends = list(_LINE_END.finditer(before))
        return pack_place(len(ends), offset - (ends[-1].end() if ends else 0))


def _cut_line(line: str, column: int) -> str:
    if len(line) <= _EXCERPT:
        return line.rstrip()
    start = max(0, min(column - _EXCERPT // 2, len(line) - _EXCERPT))
    cut = line[start : start + _EXCERPT].rstrip()
    return ("…" if start else "") + cut + ("…" if start + _EXCERPT < len(line) else "")
