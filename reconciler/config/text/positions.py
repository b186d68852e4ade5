"""The values of one file as written, and a flat table with the place of every key and value."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from reconciler.config.text.source import Place, Source
from reconciler.model.diagnostic import Location
from reconciler.model.paths import FieldPath, Json

Node: TypeAlias = Any
"""dict[str, Node], list[Node], `Plain` (unquoted text), str (quoted text) or None (an empty file)."""


class Plain(str):
    """A scalar without quotes: the schema of its field decides what it is."""

    __slots__ = ()


_LARGE = 64
"""From how many keys on the place of a key is looked up in an order that is made once."""


class _Starts:
    """The starts of a file that was read to its end: a seventh of the memory that a dict takes."""

    __slots__ = ("_places", "_twins")

    def __init__(self, starts: Mapping[int, int]) -> None:
        ordered = sorted(starts.items())
        self._twins = array("Q", (identity for identity, _ in ordered))
        self._places = array("Q", (place for _, place in ordered))

    def __getitem__(self, identity: int) -> int:
        place = bisect_left(self._twins, identity)
        if place == len(self._twins) or self._twins[place] != identity:
            raise KeyError(identity)
        return self._places[place]


@dataclass(slots=True, eq=False)
class Places:
    """Where keys and values stand, in one array: for a mapping key, value, key, value...; for a list one each.

    `starts` leads from the identity of a collection to its first place; collections are converted in place. Nobody may ask for
    one that is gone: its identity may be that of another.
    """

    starts: dict[int, int]
    table: array[int]
    _kept: _Starts | None = field(default=None, repr=False)
    orders: dict[int, dict[str, int]] = field(default_factory=dict, repr=False)
    """The places of the keys of large mappings, for those in which somebody looked one up."""

    def keep(self, node: Node, marks: list[Place]) -> None:
        """Note the places of a collection that has ended."""
        self.starts[id(node)] = len(self.table)
        self.table.extend(marks)

    def share(self, node: Node, twin: Node) -> None:
        """Give the copy of an aliased collection the places of the original."""
        self.starts[id(twin)] = self.starts[id(node)]

    def close(self) -> None:
        """Keep what was noted in less memory: nothing more will be."""
        self._kept, self.starts, self.orders = _Starts(self.starts), {}, {}

    def start_of(self, node: Node) -> int:
        """Return where the places of a collection begin."""
        return self._kept[id(node)] if self._kept is not None else self.starts[id(node)]

    def of_mapping(self, node: Mapping[str, Node]) -> Sequence[Place]:
        """List key and value places of a mapping, in turn."""
        start = self.start_of(node)
        return self.table[start : start + 2 * len(node)]

    def of_key(self, node: Mapping[str, Node], key: str) -> Place:
        """Return where a key stands."""
        return self.table[self.start_of(node) + 2 * self._find(node, key)]

    def of_value(self, node: Node, key: str | int) -> Place:
        """Return where the value of a key, or an entry of a list, stands."""
        start = self.start_of(node)
        if isinstance(key, int):
            return self.table[start + key]
        return self.table[start + 2 * self._find(node, key) + 1]

    def _find(self, node: Mapping[str, Node], key: str) -> int:
        if len(node) < _LARGE:
            return list(node).index(key)
        order = self.orders.get(id(node))
        if order is None or len(order) != len(node):
            order = self.orders[id(node)] = {known: index for index, known in enumerate(node)}
        return order[key]

    def find(self, node: Node, path: Sequence[str | int], *, fallback: Place) -> Place:
        """Return the place of the deepest value on a path that was written down."""
        place = fallback
        for key in path:
            if not _holds(node, key):
                break
            place = self.of_value(node, key)
            node = node[key]
        return place


def _holds(node: Node, key: str | int) -> bool:
    if isinstance(node, dict):
        return key in node
    return isinstance(node, list) and isinstance(key, int) and key < len(node)


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file."""

    source: Source
    root: Node
    places: Places


class Positions(Mapping[FieldPath, Location]):
    """Where each value of a `spec` stands; looked up only when somebody asks."""

    __slots__ = ("_places", "_source", "_spec")

    def __init__(self, document: Document, spec: Mapping[str, Json]) -> None:
        # Not the document itself: it holds all that was written, of which only the spec lives on.
        self._source, self._places = document.source, document.places
        self._spec = spec

    def __getitem__(self, path: FieldPath) -> Location:
        node: Node = self._spec
        for key in path[:-1]:
            node = node[key] if isinstance(node, dict) and key in node else None
        if not path or not isinstance(node, dict) or path[-1] not in node:
            raise KeyError(path)
        return self._source.locate(self._places.of_value(node, path[-1]))

    def __iter__(self) -> Iterator[FieldPath]:
        return _walk_paths(self._spec, ())

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __reduce__(self) -> tuple[type[dict[FieldPath, Location]], tuple[dict[FieldPath, Location]]]:
        # The table knows collections by identity, which a copy or another process does not share.
        return (dict, (dict(self),))


def _walk_paths(node: Mapping[str, Json], above: FieldPath) -> Iterator[FieldPath]:
    for key, value in node.items():
        yield (*above, key)
        if isinstance(value, dict):
            yield from _walk_paths(value, (*above, key))
