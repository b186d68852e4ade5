"""Compose a file into nodes that know their exact span: offsets of characters, the end exclusive, anchors left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from reconciler.config.text.events import FASTEST_PARSER

BLOCKS: Final = ("|", ">")
_ANCHOR: Final = re.compile(r"[&!]\S*[ \t]*")
_BLANK: Final = re.compile(r"(?:[ \t\r\n]+|(?:(?<=[ \t\r\n])|^)#[^\r\n]*)*", re.MULTILINE)
_FRAME: Final = (StreamStartEvent, DocumentStartEvent, DocumentEndEvent, StreamEndEvent)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text. `style` is "" for plain; of a block the span ends with its last line of content, line feed included."""

    start: int
    end: int
    value: str
    style: str = ""
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Alias:
    """A place that repeats what an anchor names."""

    start: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class Entries:
    """A mapping: keys with their values, in order. `flow` tells `{}` from lines."""

    start: int
    end: int
    entries: tuple[tuple[Scalar, Node], ...]
    flow: bool
    anchor: str = ""

    def find(self, key: str) -> Node | None:
        """Return the value of a key."""
        return next((value for known, value in self.entries if known.value == key), None)


@dataclass(frozen=True, slots=True)
class Items:
    """A list: `dashes` are the offsets of the dashes before its elements, none where it is written as `[]`."""

    start: int
    end: int
    elements: tuple[Node, ...]
    flow: bool
    dashes: tuple[int, ...] = ()
    anchor: str = ""


Node: TypeAlias = Scalar | Alias | Entries | Items


def compose(text: str) -> Node | None:
    """Return the root of a file that reads without a mistake; None for an empty one. Raises `yaml.YAMLError`."""
    events = _list_events(text)
    first = next(events, None)
    return _Composer(text, events).compose(first) if first is not None else None


def count_aliases(node: Node | None) -> dict[str, int]:
    """Count how many aliases repeat each anchor."""
    counts: dict[str, int] = {}
    stack = [node]
    while stack:
        each = stack.pop()
        if isinstance(each, Alias):
            counts[each.name] = counts.get(each.name, 0) + 1
        elif isinstance(each, Entries):
            stack += [value for _, value in each.entries]
        elif isinstance(each, Items):
            stack += each.elements
    return counts


def skip_blank(text: str, position: int) -> int:
    """Return the offset of the next character that is neither white space nor comment."""
    found = _BLANK.match(text, position)
    return found.end() if found else position


def end_line(text: str, position: int) -> int:
    """Return the offset behind the line end that closes the line of a position; the length of a text that lacks one."""
    found = text.find("\n", position)
    return len(text) if found < 0 else found + 1


def start_line(text: str, position: int) -> int:
    """Return the offset where the line of a position starts."""
    return text.rfind("\n", 0, position) + 1


def _list_events(text: str) -> Iterator[Any]:
    parser: Any = FASTEST_PARSER(text)
    while parser.check_event():
        event = parser.get_event()
        if not isinstance(event, _FRAME):
            yield event


class _Composer:
    def __init__(self, text: str, events: Iterator[Any]) -> None:
        self._text = text
        self._events = events

    def compose(self, event: Any) -> Node:
        """Return the node that an event begins, taking the events that belong to it."""
        match event:
            case ScalarEvent():
                return self._compose_scalar(event)
            case AliasEvent():
                return self._compose_alias(event)
            case MappingStartEvent():
                return self._compose_mapping(event)
            case SequenceStartEvent():
                return self._compose_sequence(event)
        message = f"{type(event).__name__} begins no value"
        raise yaml.YAMLError(message)

    def _compose_alias(self, event: Any) -> Alias:
        return Alias(event.start_mark.index, event.end_mark.index, str(event.anchor))

    def _compose_scalar(self, event: Any) -> Scalar:
        start, end = self._skip_anchor(event), event.end_mark.index
        style = event.style or ""
        if style in BLOCKS:
            end = self._end_block(start, end)
        return Scalar(min(start, end), end, event.value, style, event.anchor or "")

    def _end_block(self, start: int, end: int) -> int:
        """Leave out the empty lines below a block that are none of its content."""
        header, _, _ = self._text[start:end].partition("\n")
        body = start + len(header) + 1
        if "+" in header.partition("#")[0]:
            return end
        content = self._text[body:end].rstrip()
        return min(end, end_line(self._text, body + len(content))) if content else min(end, body)

    def _compose_mapping(self, event: Any) -> Entries:
        entries: list[tuple[Scalar, Node]] = []
        for key in iter(self._events.__next__, None):
            if isinstance(key, MappingEndEvent):
                return self._close(event, key, tuple(entries))
            name = self.compose(key)
            value = self.compose(next(self._events))
            if not isinstance(name, Scalar):
                message = "a key is not text"
                raise yaml.YAMLError(message)
            entries.append((name, value))
        raise AssertionError("unreachable")

    def _close(self, event: Any, last: Any, entries: tuple[tuple[Scalar, Node], ...]) -> Entries:
        flow = bool(event.flow_style)
        start = self._skip_anchor(event)
        end = last.end_mark.index if flow else entries[-1][1].end
        return Entries(start, end, entries, flow, event.anchor or "")

    def _compose_sequence(self, event: Any) -> Items:
        elements: list[Node] = []
        dashes: list[int] = []
        start, flow = self._skip_anchor(event), bool(event.flow_style)
        before = start
        for each in iter(self._events.__next__, None):
            if isinstance(each, SequenceEndEvent):
                end = self._end_of(each) if flow else before
                return Items(start, end, tuple(elements), flow, tuple(dashes), event.anchor or "")
            if not flow:
                dashes.append(skip_blank(self._text, before))
            elements.append(self.compose(each))
            before = max(elements[-1].end, dashes[-1] + 1) if dashes else elements[-1].end
        raise AssertionError("unreachable")

    @staticmethod
    def _end_of(event: Any) -> int:
        end: int = event.end_mark.index
        return end

    def _skip_anchor(self, event: Any) -> int:
        start: int = event.start_mark.index
        if event.anchor is None and getattr(event, "tag", None) is None:
            return start
        while found := _ANCHOR.match(self._text, start):
            start = found.end()
        collection = not isinstance(event, ScalarEvent)
        return skip_blank(self._text, start) if collection or self._text[start : start + 1] in "\r\n" else start
