"""Turn the change of one value into replacements of characters, as few as make it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from reconciler.config.edit.blocks import rewrite_block
from reconciler.config.edit.nodes import BLOCKS, Alias, Entries, Items, Node, Scalar, end_line, start_line
from reconciler.config.edit.scalars import Written, write_flow, write_in_style
from reconciler.config.edit.sources import is_interpolated
from reconciler.config.text.source import quote
from reconciler.config.text.writing import write_after, write_element, write_key
from reconciler.config.values.shapes import ANY, Shape
from reconciler.model.paths import Json

_ENDED_BLOCK: Final = re.compile(r"\|[0-9]?$")
"""The header of a block whose value ends with a line feed."""


class UnwritableError(Exception):
    """The value cannot be written in its place; the text says why."""


@dataclass(frozen=True, slots=True, order=True)
class Replacement:
    """Characters from `start` to `end` become `text`. `rank` orders what is put in at one offset."""

    start: int
    end: int
    rank: int
    text: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: the column of its key or dash, the offset behind that, and whether within `[]` or `{}`."""

    column: int
    lead: int
    flow: bool


def apply_replacements(text: str, replacements: Sequence[Replacement]) -> str:
    """Return the text with all replacements made; they must not overlap."""
    parts, done = [], 0
    for each in sorted(replacements):
        if each.start < done:
            message = "two changes would touch the same characters"
            raise UnwritableError(message)
        parts += [text[done : each.start], each.text]
        done = each.end
    return "".join((*parts, text[done:]))


def is_equal(left: Json, right: Json) -> bool:
    """Tell whether two JSON values are equal, without Python's `True == 1`."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


class Replacer:
    """Collect the replacements for changes of one file."""

    def __init__(self, text: str) -> None:
        self.named = False
        """Whether a reference may be replaced by what names another object."""
        self._text = text
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self.replacements: list[Replacement] = []

    def change(self, node: Node, place: Place, *, old: Json, new: Json, shape: Shape) -> None:
        """Write `new` where `old` stands; of a mapping or list only the parts that differ. Raises UnwritableError."""
        if is_equal(old, new):
            return
        if isinstance(node, Scalar) and is_interpolated(node.value) and not self.named:
            message = f"it is put together: {quote(node.value)}"
            raise UnwritableError(message)
        if isinstance(node, Alias):
            message = f"it stands there through the alias *{node.name}"
            raise UnwritableError(message)
        if isinstance(node, Entries) and isinstance(old, Mapping) and isinstance(new, Mapping) and new:
            self._change_entries(node, old=old, new=new, shape=shape)
        elif isinstance(node, Items) and isinstance(old, (list, tuple)) and isinstance(new, (list, tuple)) and new:
            self._change_elements(node, old=list(old), new=list(new), shape=shape.items or ANY)
        elif isinstance(node, Scalar):
            self._change_scalar(node, place, new=new, shape=shape)
        else:
            self._change_collection(node, place, new=new, shape=shape)

    def _put(self, start: int, end: int, text: str) -> None:
        self.replacements.append(Replacement(start, end, len(self.replacements), text))

    def _column(self, offset: int) -> int:
        return offset - start_line(self._text, offset)

    def _insert_lines(self, offset: int, lines: Sequence[str], *, header: str = "") -> None:
        """Put whole lines at the start of a line, or behind a last line that has no end.

        The file then still has none, unless the value of a block (its `header` may stand above) ends with a line feed.
        """
        text = self._newline.join(lines)
        torn = offset == len(self._text) and not self._text.endswith("\n")
        ended = self._newline if not torn or any(_ENDED_BLOCK.search(line) for line in (header, *lines)) else ""
        self._put(offset, offset, f"{self._newline if torn else ''}{text}{ended}")

    def _after(self, node: Node) -> int:
        """Return where the line behind a value starts."""
        closed = node.end > 0 and self._text[node.end - 1] == "\n"
        return node.end if closed else end_line(self._text, node.end)

    def _change_scalar(self, node: Scalar, place: Place, *, new: Json, shape: Shape) -> None:
        if node.style in BLOCKS and isinstance(new, str):
            block = rewrite_block(self._text[node.start : node.end], new, column=place.column, newline=self._newline)
            if block is not None:
                self._put(node.start, node.end, block)
                return
        written = self._write(new, place, style=node.style, shape=shape)
        if node.style in BLOCKS:
            self._put(node.start, node.end, self._flatten(node, written))
            return
        start = node.start
        if not written.inline:
            start -= len(self._text[:start]) - len(self._text[:start].rstrip(" "))
        glued = start == node.end and self._text[start - 1 : start] not in ("", " ", "\t", "\n")
        self._put(start, node.end, f" {written.inline}" if glued and written.inline else written.inline)
        if written.below:
            self._insert_lines(end_line(self._text, node.end), written.below, header=written.inline)

    def _write(self, new: Json, place: Place, *, style: str, shape: Shape) -> Written:
        """Write a value behind its key or dash; the lines below come indented."""
        if isinstance(new, (Mapping, list, tuple)):
            if place.flow or not new:
                return Written(write_flow(new, shape=shape))
            return Written("", tuple(write_after("", new, indent=place.column))[1:])
        written = write_in_style(new, style=style, shape=shape, flow=place.flow)
        indent = " " * (place.column + 2)
        return Written(written.inline, tuple(indent + line if line else "" for line in written.below))

    def _flatten(self, node: Scalar, written: Written) -> str:
        """Replace a block by what fits on its header's line, where a comment may stand."""
        whole = self._text[node.start : node.end]
        header = whole.partition("\n")[0].rstrip("\r")
        first = written.inline + header.lstrip("|>0123456789+-")
        ended = self._newline if whole.endswith("\n") else ""
        return self._newline.join((first, *written.below)) + ended

    def _change_collection(self, node: Entries | Items, place: Place, *, new: Json, shape: Shape) -> None:
        """Replace a whole mapping or list by a value of another kind, or by nothing."""
        if node.flow:
            self._put(node.start, node.end, write_flow(new, shape=shape))
            return
        written = self._write(new, place, style="", shape=shape)
        if self._text[place.lead : node.start].strip():
            deeper = "  " if self._column(node.start) <= place.column else ""
            self._spread(node.start, node, (deeper + written.inline, *written.below))
        else:
            first = f" {written.inline}" if written.inline else ""
            self._spread(place.lead, node, (first, *written.below))

    def _spread(self, start: int, node: Entries | Items, lines: Sequence[str]) -> None:
        """Put lines in place of a collection; a comment behind its last value stays behind the first of them."""
        if self._text[node.end - 1] == "\n":
            self._put(start, node.end, self._newline.join(lines) + self._newline)
            return
        self._put(start, node.end, lines[0])
        if lines[1:]:
            self._insert_lines(end_line(self._text, node.end), lines[1:], header=lines[0])

    def _rewrite(self, node: Entries | Items, new: Json, shape: Shape) -> None:
        """Write all of a mapping or list anew in its place."""
        if node.flow:
            self._put(node.start, node.end, write_flow(new, shape=shape))
            return
        first, *rest = list(write_after("", new, indent=self._column(node.start) - 2))[1:]
        self._spread(node.start, node, (first.lstrip(" "), *rest))

    def _change_entries(self, node: Entries, *, old: Mapping[str, Json], new: Mapping[str, Json], shape: Shape) -> None:
        gone = [place for place, (key, _) in enumerate(node.entries) if key.value not in new]
        if not node.entries or (gone and (node.flow or self._is_compact(node.entries[0][0].start))):
            self._rewrite(node, new, shape)
            return
        for place in gone:
            key, value = node.entries[place]
            self._put(start_line(self._text, key.start), self._after(value), "")
        for key, value in node.entries:
            if key.value in new:
                below = shape.fields.get(key.value, shape.extra or ANY)
                self.change(
                    value, self.place_of(key, flow=node.flow), old=old[key.value], new=new[key.value], shape=below
                )
        added = {key: value for key, value in new.items() if key not in old}
        if added:
            self._add_entries(node, added, shape)

    def place_of(self, key: Scalar, *, flow: bool) -> Place:
        """Return the place of a key's value; behind a last key that has none there need be no colon."""
        return Place(self._column(key.start), self._text.find(":", key.end) + 1, flow)

    def _add_entries(self, node: Entries, added: Mapping[str, Json], shape: Shape) -> None:
        if node.flow:
            pairs = write_flow(added, shape=shape)[1:-1]
            self._put(node.entries[-1][1].end, node.entries[-1][1].end, f", {pairs}")
            return
        column = self._column(node.entries[0][0].start)
        lines = [
            line
            for key, value in added.items()
            for line in write_after(f"{' ' * column}{write_key(key)}:", value, indent=column)
        ]
        self._insert_lines(self._after(node.entries[-1][1]), lines)

    def _is_compact(self, offset: int) -> bool:
        """Tell whether something other than blanks stands before an offset on its line."""
        return bool(self._text[start_line(self._text, offset) : offset].strip())

    def _change_elements(self, node: Items, *, old: list[Json], new: list[Json], shape: Shape) -> None:
        steps = list(_compare(old, new))
        removes = any(step.kept < step.before for step in steps)
        compact = bool(node.dashes) and self._is_compact(node.dashes[0])
        if not old or len(old) != len(node.elements) or (removes and (node.flow or compact)):
            self._rewrite(node, new, Shape(items=shape))
            return
        for step in steps:
            for number in range(step.kept):
                place = self._place_of_element(node, step.start + number)
                self.change(
                    node.elements[step.start + number],
                    place,
                    old=old[step.start + number],
                    new=new[step.into + number],
                    shape=shape,
                )
            for number in range(step.start + step.kept, step.start + step.before):
                self._put(start_line(self._text, node.dashes[number]), self._after(node.elements[number]), "")
            added = new[step.into + step.kept : step.into + step.after]
            if added:
                self._add_elements(node, step.start + step.kept, added, shape)

    def _place_of_element(self, node: Items, number: int) -> Place:
        if node.flow:
            return Place(0, node.elements[number].start, flow=True)
        return Place(self._column(node.dashes[number]), node.dashes[number] + 1, flow=False)

    def _add_elements(self, node: Items, number: int, added: Sequence[Json], shape: Shape) -> None:
        """Put elements before the one of a number, or behind the last one."""
        before = node.elements[number - 1] if number else None
        if node.flow:
            neighbour = before or node.elements[0]
            place = Place(0, 0, flow=True)
            listed = ", ".join(
                self._write(value, place, style=_style_of(neighbour), shape=shape).inline for value in added
            )
            offset = before.end if before else node.elements[0].start
            self._put(offset, offset, f", {listed}" if before else f"{listed}, ")
            return
        column = self._column(node.dashes[0])
        lines = [line for value in added for line in self._write_element(value, column, before, shape)]
        if before is not None:
            self._insert_lines(self._after(before), lines)
        else:
            first = self._newline.join(lines).lstrip(" ") + self._newline + " " * column
            self._put(node.dashes[0], node.dashes[0], first)

    def _write_element(self, value: Json, column: int, neighbour: Node | None, shape: Shape) -> Iterator[str]:
        """Write an element as lines, in the style of the one above it."""
        start = f"{' ' * column}-"
        if isinstance(value, (Mapping, list, tuple)):
            yield from write_element(value, indent=column)
            return
        written = self._write(value, Place(column, 0, flow=False), style=_style_of(neighbour), shape=shape)
        yield f"{start} {written.inline}"
        yield from written.below


def _style_of(neighbour: Node | None) -> str:
    """Return the quotes that an element takes after its neighbour."""
    return neighbour.style if isinstance(neighbour, Scalar) and neighbour.style not in BLOCKS else ""


@dataclass(frozen=True, slots=True)
class _Step:
    """A stretch of two lists: `before` elements from `start` on become `after` from `into` on; `kept` pair up."""

    start: int
    before: int
    into: int
    after: int

    @property
    def kept(self) -> int:
        return min(self.before, self.after)


def _compare(old: Sequence[Json], new: Sequence[Json]) -> Iterator[_Step]:
    left, right = ([json.dumps(value, sort_keys=True) for value in values] for values in (old, new))
    for word, start, stop, into, until in SequenceMatcher(a=left, b=right, autojunk=False).get_opcodes():
        if word != "equal":
            yield _Step(start, stop - start, into, until - into)
