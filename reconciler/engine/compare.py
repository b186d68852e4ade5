"""Compare two worlds of one project: what git declares in each, and what is live there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.engine.normal_form import normalise, read_field, same
from reconciler.model.comparison import Difference, Pair, Place, Side
from reconciler.model.live import Absent, Present, Reading, Unknown
from reconciler.model.paths import MISSING, FieldPath, Json, Missing
from reconciler.model.project import Declared
from reconciler.model.resource_type import Catalog, ResourceType


@dataclass(frozen=True, slots=True)
class World:
    """What one environment declares, references filled in, and what was read of it."""

    resources: Sequence[Declared]
    readings: Mapping[str, Reading]


@dataclass(frozen=True, slots=True)
class _View:
    """One resource in one world."""

    declared: Declared
    reading: Reading | None
    resource_type: ResourceType

    @property
    def place(self) -> Place:
        reading, account = self.reading, self.declared.account
        if isinstance(reading, Present):
            return Place(account, str(reading.identity))
        identity = str(self.declared.identity or "")
        if isinstance(reading, Absent):
            return Place(account, identity, reading.proof)
        return Place(account, identity, reading.reason if isinstance(reading, Unknown) else "not read", unknown=True)

    def list_declared(self) -> dict[FieldPath, Json]:
        """List the leaves of what git declares; what is ignored for a while is declared all the same."""
        leaves: dict[FieldPath, Json] = {}
        for name, value in self.declared.spec.items():
            leaves |= _list_leaves(normalise(self.resource_type.find_field((name,)), value), (name,))
        for exemption in self.declared.exemptions:
            leaves |= _list_leaves(exemption.value, exemption.path)
        return leaves

    def list_live(self) -> dict[FieldPath, Json]:
        """List the leaves of the fields that are live and could be owned; which object it is, is no difference."""
        if not isinstance(self.reading, Present):
            return {}
        leaves: dict[FieldPath, Json] = {}
        parts = {part.field for part in self.resource_type.identity}
        for name in self.resource_type.owned_fields:
            if name in parts or self.resource_type.fields[name].moves:
                continue
            value = read_field(self.resource_type.fields[name], self.reading.value)
            leaves |= {} if value is MISSING else _list_leaves(value, (name,))
        return leaves


def compare_worlds(left: World, right: World, *, catalog: Catalog) -> tuple[Pair, ...]:
    """Return every resource that either world declares, in order of declaration."""
    sides = [
        {each.address: _View(each, world.readings.get(each.address), catalog.of(each)) for each in world.resources}
        for world in (left, right)
    ]
    addresses = dict.fromkeys([*sides[0], *sides[1]])
    return tuple(_compare(address, sides[0].get(address), sides[1].get(address)) for address in addresses)


def _compare(address: str, left: _View | None, right: _View | None) -> Pair:
    places = (left.place if left else None, right.place if right else None)
    return Pair(address, *places, tuple(_find_differences(left, right)) if left and right else ())


def _find_differences(left: _View, right: _View) -> Iterator[Difference]:
    declared, live = (left.list_declared(), right.list_declared()), (left.list_live(), right.list_live())
    both_read = all(isinstance(view.reading, Present) for view in (left, right))
    for path in dict.fromkeys(path for leaves in (*declared, *live) for path in leaves):
        sides = [
            Side(_pick(leaves, path), _pick(lives, path), view.declared.locate(path) if path in leaves else None)
            for view, leaves, lives in zip((left, right), declared, live, strict=True)
        ]
        intended = not same(sides[0].declared, sides[1].declared)
        if intended or not _fits(sides[0].live, sides[1].live, both_read=both_read):
            secret = left.resource_type.find_field(path).secret or right.resource_type.find_field(path).secret
            exempt = _is_exempt(path, left, right)
            astray = intended and not exempt and any(map(_strays, sides))
            yield Difference(path, sides[0], sides[1], intended or exempt, secret, astray)


def _fits(left: Json | Missing, right: Json | Missing, *, both_read: bool) -> bool:
    """Tell whether two live values are equal as far as they are known; a key that only one object has is null there."""
    if not both_read:
        return True
    return same(None if left is MISSING else left, None if right is MISSING else right)


def _strays(side: Side) -> bool:
    """Tell whether what is live, as far as it is known, is something else than git declares."""
    return MISSING not in (side.live, side.declared) and not same(side.live, side.declared)


def _is_exempt(path: FieldPath, *views: _View) -> bool:
    """Tell whether git leaves a field alone for a while in either world."""
    return any(path[: len(each.path)] == each.path for view in views for each in view.declared.exemptions)


def _pick(leaves: Mapping[FieldPath, Json], path: FieldPath) -> Json | Missing:
    return leaves.get(path, MISSING)


def _list_leaves(value: Json, path: FieldPath) -> dict[FieldPath, Json]:
    if not isinstance(value, Mapping) or not value:
        return {path: value}
    leaves: dict[FieldPath, Json] = {}
    for key, inner in value.items():
        leaves |= _list_leaves(inner, (*path, key))
    return leaves
