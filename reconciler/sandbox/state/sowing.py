"""Write a seed from objects as git declares them or as a vendor shows them, and sow what a world does not hold yet."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from reconciler.sandbox.state.rows import SHAPES
from reconciler.sandbox.state.seed import REFERENCES, grow_seed
from reconciler.sandbox.state.shapes.shape import Shape, identify
from reconciler.sandbox.state.world import Document, World
from reconciler.sandbox.vendors.kinds import fits

_COLLECTIONS: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("galtea", "phone_connections"): "phoneConnections",
        ("opencopilot", "agents"): "phones",
        ("polyai", "numbers"): "phone_numbers",
    }
)
"""What a kind is called here, where that is not its own name."""

_OWNERS: Mapping[str, str] = MappingProxyType({"agentId": "projectId"})
"""How a path's part is called in a row, where that is not its own name."""

_TYPES: Mapping[str, str] = MappingProxyType({"account_connections": "account_connection_twilio"})
"""The branch of a union that an object gets of which only the id is known."""


_Rows = dict[tuple[str, str, str, str, str], Document]
"""Vendor, world, collection, owner and key of a row -> the row."""


@dataclass(frozen=True, slots=True)
class Described:
    """An object of which some fields are known: `parts` identify it, `match` finds it where they were made up."""

    provider: str
    kind: str
    parts: Mapping[str, str]
    values: Mapping[str, Any] = field(default_factory=dict)
    match: Mapping[str, str] = field(default_factory=dict)
    world: str = ""
    """Whose it is, where a vendor has several accounts."""

    @property
    def collection(self) -> str:
        """Name the collection that holds it; "" where the sandbox does not play it."""
        name = _COLLECTIONS.get((self.provider, self.kind), self.kind)
        return name if name in SHAPES.get(self.provider, {}) else ""


def invent(path: str, *, phone: bool = False) -> str:
    """Make up an id, or a phone number, that always belongs to a path."""
    if not phone:
        return identify(path)
    return f"+1202555{int(sha256(path.encode()).hexdigest()[:8], 16) % 10_000:04}"


def write_seed(objects: Iterable[Described]) -> dict[str, Any]:
    """Return a seed that holds the objects, and of what they point at the little that is known.

    What the sandbox does not play is left out, and so are values that it does not know or would not take.
    """
    rows: _Rows = {}
    for described in objects:
        if described.collection:
            _add(rows, described.provider, described.world, described.collection, _write_row(described))
    for (provider, world, collection, _, _), row in list(rows.items()):
        for name, target in REFERENCES.get(provider, {}).get(collection, {}).items():
            named = row.get(name)
            for wanted in named if isinstance(named, list) else [named]:
                if isinstance(wanted, str) and wanted:
                    _add(rows, provider, world, target, _write_stub(provider, target, wanted, row))
    return _arrange(rows)


def find_missing(world: World, objects: Iterable[Described]) -> tuple[Described, ...]:
    """Return the objects that a world plays and does not hold."""
    held: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    return tuple(
        described
        for described in objects
        if described.collection and not _has_key(world, described) and not _has_match(world, described, held)
    )


def sow(world: World, seed: Mapping[str, Any]) -> None:
    """Put into a world what it does not hold yet; what is there stays as it is."""
    entries = list(grow_seed(seed))
    new = [entry for entry in entries if world.find(entry[0], entry[2], entry[3], scope=entry[1]) is None]
    world.put_all(iter(new))


def _has_key(world: World, described: Described) -> bool:
    shape = SHAPES[described.provider][described.collection]
    row = _write_row(described)
    key = f"{row[shape.owner]}/{row[shape.key]}" if shape.owner else str(row[shape.key])
    return world.find(described.provider, described.collection, key, scope=described.world) is not None


def _has_match(world: World, described: Described, held: dict[tuple[str, ...], set[tuple[str, ...]]]) -> bool:
    """Tell whether some object has what is sought; `held` keeps what was looked up."""
    names = tuple(sorted(described.match))
    if not names:
        return False
    fields = [_OWNERS.get(name, name) for name in names]
    place = (described.provider, described.world, described.collection, *names)
    if place not in held:
        rows = world.rows(described.provider, described.collection, scope=described.world)
        held[place] = {tuple(str(row.get(name)) for name in fields) for row in rows}
    return tuple(described.match[name] for name in names) in held[place]


def _write_row(described: Described) -> Document:
    shape = SHAPES[described.provider][described.collection]
    kinds = {**shape.optional, **shape.required}
    targets = REFERENCES.get(described.provider, {}).get(described.collection, {})
    parts = {_OWNERS.get(name, name): value for name, value in described.parts.items()}
    told = {name: _reduce(value) if name in targets else value for name, value in described.values.items()}
    row = {name: value for name, value in {**told, **parts}.items() if _fits(name, value, kinds, shape)}
    for name, kind in shape.required.items():
        if name not in row:
            row[name] = invent(f"{described.collection}/{described.parts}/{name}", phone=kind == "phone")
    return row


def _fits(name: str, value: object, kinds: Mapping[str, str], shape: Shape) -> bool:
    if name == shape.owner:
        return True
    return fits(value, kinds[name]) if name in kinds else not shape.closed


def _reduce(value: object) -> object:
    """Return the id of an object that a vendor shows in place of its id."""
    if isinstance(value, list):
        return [_reduce(one) for one in value]
    return value["id"] if isinstance(value, dict) and "id" in value else value


def _write_stub(provider: str, collection: str, key: str, source: Mapping[str, Any]) -> Document:
    shape = SHAPES[provider][collection]
    types = next(iter(shape.by_type), _TYPES.get(collection, collection))
    made = {name: types if name == "type" else key for name in shape.required}
    owner = {shape.owner: source[shape.owner]} if shape.owner else {}
    shared = {name: source[name] for name in ("projectId",) if name in shape.required and name in source}
    return {**made, **shared, **owner, shape.key: key}


def _add(rows: _Rows, provider: str, world: str, collection: str, row: Document) -> None:
    """Add a row unless one with its key is there."""
    shape = SHAPES[provider][collection]
    owner = str(row[shape.owner]) if shape.owner else ""
    rows.setdefault((provider, world, collection, owner, str(row[shape.key])), row)


def _arrange(rows: _Rows) -> dict[str, Any]:
    """Return the rows as a seed has them: by vendor, by world, by collection, and below the id of their owner."""
    seed: dict[str, Any] = {}
    for (provider, world, collection, owner, _), row in rows.items():
        section = seed.setdefault(provider, {})
        section = section.setdefault("worlds", {}).setdefault(world, {}) if world else section
        if owner:
            told = {name: value for name, value in row.items() if name != SHAPES[provider][collection].owner}
            section.setdefault(collection, {}).setdefault(owner, []).append(told)
        else:
            section.setdefault(collection, []).append(row)
    return seed
