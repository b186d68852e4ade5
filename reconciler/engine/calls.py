"""Draw which number reaches which agent, over all vendors; numbers are matched by E.164."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from reconciler.engine.normal_form import normalise, read_field
from reconciler.model.live import LiveState, Present
from reconciler.model.paths import MISSING, Json
from reconciler.model.plan import DIALS, CallEdge, CallGraph, CallNode
from reconciler.model.project import Declared
from reconciler.model.reference import Template
from reconciler.model.resource_type import Catalog, ResourceType

_ANSWERING: Final = frozenset({"agents", "connectors"})
"""The kinds that a call is handed to; what is of another kind is used by them."""


def draw_calls(
    resources: Sequence[Declared], *, catalog: Catalog, live: LiveState, touched: Collection[str]
) -> CallGraph:
    """Return the ways of calls through the resources that were read, as they are after the plan, and those that it ends.

    How an object stands to its phone number follows from the schema: where the number is its identity, the object is
    the number; where the number can be written, the object dials it; where it is read-only, the number reaches it. An id
    that is that of another of the resources leads to its stop.
    """
    ways = {known.key: _Ways.of(known) for known in catalog.all_types}
    stops: Iterable[_Stop] = (
        _Stop(declared, reading, ways[catalog.of(declared).key], touched=declared.address in touched)
        for declared in resources
        if isinstance(reading := live.readings[declared.address], Present)
    )
    declared_keys: dict[str, str] = {}
    if any(ways[key].lead_on for key in {catalog.of(declared).key for declared in resources}):
        stops = list(stops)
        declared_keys = {stop.name: stop.key for stop in stops}
    nodes: dict[str, CallNode] = {}
    edges: dict[tuple[str, str], CallEdge] = {}
    for stop in stops:
        for node in stop.nodes(live):
            if node.key not in declared_keys:
                nodes[node.key] = _prefer(nodes.get(node.key), node)
        for edge in stop.edges(live):
            target = declared_keys.get(edge.target, edge.target)
            edges.setdefault((edge.source, target), edge if target == edge.target else replace(edge, target=target))
    return CallGraph(tuple(nodes.values()), tuple(edges.values()))


def _prefer(known: CallNode | None, node: CallNode) -> CallNode:
    """Keep the node that says more: a declared one over one that is known by its number or id only."""
    return known if known is not None and known.provider else node


@dataclass(frozen=True, slots=True)
class _Ways:
    """Where calls can go on from the objects of one resource type, worked out once."""

    resource_type: ResourceType
    is_number: bool
    dials: bool
    references: tuple[tuple[str, str], ...]
    """The fields that lead on, each with the kind that it refers to."""
    parents: tuple[str, ...]
    """The identity parts that no answer contains: the object belongs to what they name."""

    @property
    def lead_on(self) -> bool:
        """Tell whether a call can go on from here to what others declare."""
        return bool(self.references or self.parents)

    @classmethod
    def of(cls, known: ResourceType) -> _Ways:
        """Work out the ways of one resource type."""
        leading = (
            (name, each.reference.kind) for name, each in known.fields.items() if each.reference and each.writable
        )
        phone = known.phone_number
        return cls(
            known,
            is_number=known.is_number,
            dials=bool(phone) and known.fields[phone].writable,
            references=tuple(leading),
            parents=tuple(part.name for part in known.identity if part.field is None),
        )


class _Stop:
    """One declared object as a stop on a call's way."""

    __slots__ = (
        "declared",
        "is_number",
        "key",
        "number",
        "number_key",
        "reading",
        "resource_type",
        "touched",
        "ways",
    )

    def __init__(self, declared: Declared, reading: Present, ways: _Ways, *, touched: bool) -> None:
        self.declared, self.reading, self.ways, self.touched = declared, reading, ways, touched
        self.resource_type, self.is_number = ways.resource_type, ways.is_number
        phone = self.resource_type.phone_number
        self.number = self._value(phone) if phone else ""
        self.number_key = f"number:{self.number}"
        self.key = self.number_key if self.is_number else declared.address

    @property
    def name(self) -> str:
        """What others call it, by its id."""
        return f"{self.declared.provider}:{self.declared.kind}:{self.reading.identity}"

    def _value(self, name: str) -> str:
        known = self.resource_type.fields[name]
        value: Json = self.declared.spec.get(name, MISSING)
        untold = value is MISSING or isinstance(value, Template)
        value = read_field(known, self.reading.value) if untold else normalise(known, value)
        return "" if value in (None, MISSING) else str(value)

    def numbers(self, live: LiveState) -> Iterable[tuple[str, str]]:
        """List the keys of the numbers that belong to it, and the numbers."""
        if self.number:
            return ((self.number_key, self.number),)
        return [(f"number:{number}", number) for number in live.numbers.get(self.declared.address, ())]

    def nodes(self, live: LiveState) -> Iterator[CallNode]:
        label = self._value(self.resource_type.label) if self.resource_type.label else ""
        yield CallNode(
            key=self.key,
            kind=self.declared.kind,
            provider=self.declared.provider,
            label=label or self.declared.address,
            phone_number=self.number,
            touched=self.touched,
            address=self.declared.address,
        )
        for key, number in self.numbers(live):
            yield CallNode(key, "numbers", "", number, phone_number=number)
        for key, kind, label in (*self._further(), *self._former()):
            yield CallNode(key, kind, "", label)

    def edges(self, live: LiveState) -> Iterator[CallEdge]:
        for number, _ in () if self.is_number else self.numbers(live):
            if self.ways.dials:
                yield CallEdge(self.key, number, DIALS)
            else:
                yield CallEdge(number, self.key, "reaches")
        for key, kind, _ in self._further():
            yield CallEdge(self.key, key, _name_way(kind))
        for key, kind, _ in self._former():
            yield CallEdge(self.key, key, _name_way(kind), gone=True)

    def _further(self) -> Iterator[tuple[str, str, str]]:
        """Yield where the call goes on: what references name, and the parent in the identity (PolyAI's agent)."""
        for name, kind in self.ways.references:
            if value := self._value(name):
                yield f"{self.declared.provider}:{kind}:{value}", kind, self._name_of(name) or value
        for part in self.ways.parents:
            value = self.reading.identity[part]
            yield f"{self.declared.provider}:agents:{value}", "agents", value

    def _former(self) -> Iterator[tuple[str, str, str]]:
        """Yield where the call goes on until now, where the plan changes that."""
        for name, kind in self.ways.references:
            if (before := self._live_value(name)) and before != self._value(name):
                yield f"{self.declared.provider}:{kind}:{before}", kind, self._derived_name(name) or before

    def _live_value(self, name: str) -> str:
        value = read_field(self.resource_type.fields[name], self.reading.value)
        return "" if value in (None, MISSING) else str(value)

    def _name_of(self, reference: str) -> str:
        """Return the name that the vendor derives for a reference, where the reference is not about to change."""
        return self._derived_name(reference) if self._live_value(reference) == self._value(reference) else ""

    def _derived_name(self, reference: str) -> str:
        for name, known in self.resource_type.fields.items():
            if reference in known.derived_from:
                return str(self.resource_type.look_up(name, self.reading.value) or "")
        return ""


def _name_way(kind: str) -> str:
    return "answered by" if kind in _ANSWERING else "uses"
