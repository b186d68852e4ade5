"""Build values from the events of a YAML parser, with the place of every key and value.

PyYAML speaks YAML 1.1 and would turn `+14155552671` into a number and `no` into false. Here nothing is decided while
parsing: a plain scalar becomes `Plain`, and the schema of its field decides later what it is. Refused rather than
guessed: duplicate keys, tags, merge keys, several documents, keys that are not text, and aliases that explode.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import yaml
from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
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

from reconciler.config.findings import Findings
from reconciler.config.text.aliases import MAX_DEPTH, Expander, ExpansionError, refuse_depth
from reconciler.config.text.odd_spaces import SPACE_ADVICE, find_odd_space, name_space
from reconciler.config.text.positions import Document, Node, Places, Plain
from reconciler.config.text.problems import report_leftover, report_line_separator, report_yaml_error
from reconciler.config.text.source import Place, Source, pack_place, quote

MAX_PROBLEMS: Final = 200
"""After so many mistakes in one file the rest of it is not read."""

_Parser: TypeAlias = Callable[[str], Any]
FASTEST_PARSER: Final[_Parser] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Used for its events only. The C parser; the pure one only where the extension was not built."""


class _StopError(Exception):
    """End the reading of a file that cannot be understood any further; the finding is already reported."""


def parse_document(source: Source, *, findings: Findings, parser: _Parser = FASTEST_PARSER) -> Document | None:
    """Parse a file that holds one YAML document; an empty one has the root None.

    Mistakes that leave the rest readable are reported and left out. None is returned where there is nothing to go on.
    """
    if report_leftover(source, findings=findings) or report_line_separator(source, findings=findings):
        return None
    builder = _Builder(source, findings)
    try:
        reader = parser(source.text)
        get_event, add_scalar, steps = reader.get_event, builder.add_scalar, builder.list_steps()
        event = get_event()
        while type(event) is not StreamEndEvent:
            kind = type(event)
            if kind is ScalarEvent:
                add_scalar(event)
            else:
                steps[kind](event)
            event = builder.take_pairs(get_event)
    except _StopError:
        return None
    except yaml.YAMLError as error:
        report_yaml_error(error, source=source, findings=findings)
        return None
    return Document(source, builder.root, builder.places)


class _Builder:
    """Put events together. `key` is None where a mapping waits for a key; `node` is None outside of any collection."""

    __slots__ = (
        "_anchors",
        "_documents",
        "_dropping",
        "_expander",
        "_findings",
        "_key",
        "_key_place",
        "_marks",
        "_node",
        "_problems",
        "_source",
        "_stack",
        "_texts",
        "places",
        "root",
    )

    def __init__(self, source: Source, findings: Findings) -> None:
        self._source, self._findings = source, findings
        self._anchors: dict[str, Node] = {}
        self._stack: list[tuple[Node, list[Place], str | None, Place, bool, str | None]] = []
        self._node: Node = None
        self._marks: list[Place] = []
        self._key: str | None = None
        self._key_place: Place = 0
        self._dropping = False
        self._documents = self._problems = 0
        self.root: Node = None
        self.places = Places({}, array("Q"))
        self._expander = Expander(self.places)
        self._texts: dict[str, str] = {}
        """Keys that occur again and again, each once."""

    def list_steps(self) -> dict[type, Callable[[Any], None]]:
        """List what to do at each event but a scalar. Not kept here: a circle would outlive the reading."""
        return {
            MappingStartEvent: self._start_mapping,
            MappingEndEvent: self._end_collection,
            SequenceStartEvent: self._start_sequence,
            SequenceEndEvent: self._end_collection,
            AliasEvent: self._add_alias,
            DocumentStartEvent: self._start_document,
            DocumentEndEvent: _ignore,
            StreamStartEvent: _ignore,
        }

    def take_pairs(self, get_event: Callable[[], Any]) -> Any:
        """Add keys with their values for as long as nothing is special about them, and return the next event.

        That is nine of ten events, so this is written for speed. Whatever else there is goes through `add_scalar` and `steps`.
        """
        node = self._node
        if type(node) is not dict or self._key is not None or self._dropping:
            return get_event()
        add_marks, texts = self._marks.extend, self._texts
        while True:
            event = get_event()
            if type(event) is not ScalarEvent or event.tag is not None or event.anchor is not None:
                return event
            key = event.value
            if key in node or key == "<<" or not key.isascii():
                return event
            mark: Any = event.start_mark
            key, key_place = texts.setdefault(key, key), mark.line << 32 | mark.column
            event = get_event()
            if (
                type(event) is not ScalarEvent
                or event.tag is not None
                or event.anchor is not None
                or not event.value.isascii()
            ):
                self._key, self._key_place = key, key_place
                return event
            mark = event.start_mark
            node[key] = event.value if event.style else Plain(event.value)
            add_marks((key_place, mark.line << 32 | mark.column))

    def add_scalar(self, event: ScalarEvent) -> None:
        """Add a key or a value."""
        mark: Any = event.start_mark
        place = mark.line << 32 | mark.column
        text, style = event.value, event.style
        if event.tag is not None:
            self._refuse_tag(event, place)
        if style == '"' and not text.isascii():
            self._check_escapes(text, place)
        node, key = self._node, self._key
        if key is None and type(node) is dict:
            self._open_key(event, place)
            return
        value = text if style else Plain(text)
        if event.anchor is not None:
            self._anchors[event.anchor] = value
        if key is None or self._dropping:
            self._place_value(value, place)
        else:
            node[key] = value
            self._marks += (self._key_place, place)
            self._key = None

    def _place_value(self, value: Node, place: Place) -> None:
        node = self._node
        if type(node) is dict:
            if not self._dropping:
                node[self._key] = value
                self._marks += (self._key_place, place)
            self._key, self._dropping = None, False
        elif type(node) is list:
            node.append(value)
            self._marks.append(place)
        else:
            self.root = value

    def _open_key(self, event: ScalarEvent, place: Place) -> None:
        self._key = key = self._texts.setdefault(event.value, event.value)
        self._key_place = place
        if event.anchor is not None:
            self._anchors[event.anchor] = key
        if key == "<<" and not event.style:
            self._drop(
                "unknown-key",
                "merge keys (`<<`) are not supported",
                place,
                "Write the keys out, or alias whole values.",
            )
        elif key in self._node:
            self._refuse_duplicate(key, place)
        elif not (event.style or key.isascii()) and find_odd_space(key) == 0:
            self._drop("yaml-syntax", f"the key begins with {name_space(key[0])}", place, SPACE_ADVICE)

    def _refuse_duplicate(self, key: str, place: Place) -> None:
        first = self._marks[2 * list(self._node).index(key)]
        line = self._source.locate(first).line
        self._drop(
            "duplicate-key", f"the key {quote(key)} occurs twice; first in line {line}", place, "Keep one of the two."
        )

    def _refuse_tag(self, event: ScalarEvent | CollectionStartEvent, place: Place) -> None:
        tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
        message = f"the tag {quote(tag)} is not supported"
        self._report("unknown-tag", message, place, "Remove the tag: the schema decides the type. Quotes make text.")

    def _check_escapes(self, text: str, place: Place) -> None:
        """Refuse half a character, which only the pure parser lets through: no UTF-8 can hold it."""
        try:
            text.encode()
        except UnicodeEncodeError:
            message, advice = "an escape stands for half a character", r"Write one escape such as \U0001f600."
            self._report("yaml-syntax", message, place, advice)
            raise _StopError from None

    def _drop(self, code: str, message: str, place: Place, advice: str) -> None:
        self._report(code, message, place, advice)
        self._dropping = True

    def _start_mapping(self, event: MappingStartEvent) -> None:
        self._start_collection({}, event)

    def _start_sequence(self, event: SequenceStartEvent) -> None:
        self._start_collection([], event)

    def _start_collection(self, node: Node, event: CollectionStartEvent) -> None:
        mark: Any = event.start_mark
        place = mark.line << 32 | mark.column
        if event.tag is not None:
            self._refuse_tag(event, place)
        if len(self._stack) >= MAX_DEPTH:
            raise self._stop(refuse_depth(), place)
        if self._key is None and type(self._node) is dict:
            self._refuse_key(place)
        elif not self._dropping:
            self._place_mark(place)
        self._stack.append((self._node, self._marks, self._key, self._key_place, self._dropping, event.anchor))
        self._node, self._marks, self._key, self._dropping = node, [], None, False

    def _place_mark(self, place: Place) -> None:
        """Note where a collection begins before it is entered: its end stands somewhere else."""
        if type(self._node) is dict:
            self._marks += (self._key_place, place)
        elif type(self._node) is list:
            self._marks.append(place)

    def _refuse_key(self, place: Place) -> None:
        self._drop(
            "non-string-key",
            "a key must be text, not a mapping, a list or an alias",
            place,
            "Write a plain word as the key.",
        )

    def _end_collection(self, _event: object) -> None:
        ended, marks = self._node, self._marks
        self.places.keep(ended, marks)
        self._node, self._marks, self._key, self._key_place, self._dropping, anchor = self._stack.pop()
        if anchor is not None:
            self._anchors[anchor] = ended
        self._attach(ended)

    def _attach(self, ended: Node) -> None:
        node = self._node
        if type(node) is dict:
            if self._key is None:
                self._key = ""  # an impossible key has ended: its value comes next and is dropped with it
                return
            if not self._dropping:
                node[self._key] = ended
            self._key, self._dropping = None, False
        elif type(node) is list:
            node.append(ended)
        else:
            self.root = ended

    def _add_alias(self, event: AliasEvent) -> None:
        mark: Any = event.start_mark
        place = pack_place(mark.line, mark.column)
        name = str(event.anchor)
        if self._key is None and type(self._node) is dict:
            self._refuse_key(place)
            self._key = ""
            return
        value = self._expand(name, place) if self._know(name, place) else None
        self._place_value(value, place)

    def _know(self, name: str, place: Place) -> bool:
        if name in self._anchors:
            return True
        inside = any(frame[-1] == name for frame in self._stack)
        problem = "stands inside the value that it names" if inside else "has no anchor before it"
        advice = f'Define `&{name}` earlier in this file, or put text that starts with `*` in quotes: "*{name}".'
        self._report(
            "yaml-alias-unknown",
            f"the alias {quote('*' + name)} {problem}",
            place,
            "Write the value out." if inside else advice,
        )
        return False

    def _expand(self, name: str, place: Place) -> Node:
        try:
            return self._expander.copy(self._anchors[name], depth=len(self._stack))
        except ExpansionError as error:
            raise self._stop(error, place) from None

    def _stop(self, error: ExpansionError, place: Place) -> _StopError:
        self._report(error.code, str(error), place, error.advice)
        return _StopError()

    def _start_document(self, event: DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            mark: Any = event.start_mark
            message = "the file holds more than one YAML document"
            self._report(
                "multiple-documents",
                message,
                pack_place(mark.line, mark.column),
                "Put each document in a file of its own. A Kubernetes manifest? Leave it out with `exclude` in reconciler.yaml.",
            )
            raise _StopError

    def _report(self, code: str, message: str, place: Place, advice: str) -> None:
        self._findings.report(code, message, source=self._source, place=place, advice=advice)
        self._problems += 1
        if self._problems > MAX_PROBLEMS:
            raise _StopError


def _ignore(_event: object) -> None:
    """Pass over an event that carries nothing."""
