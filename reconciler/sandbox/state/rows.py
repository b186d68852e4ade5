"""Check the rows of a seed, and let grow what they do not say."""

import json
from collections.abc import Collection, Hashable, Mapping
from types import MappingProxyType
from typing import Any

from reconciler.sandbox.state.shapes import fluents, galtea, opencopilot, polyai
from reconciler.sandbox.state.shapes.shape import Shape
from reconciler.sandbox.state.world import Document
from reconciler.sandbox.vendors.kinds import fits

SHAPES: Mapping[str, Mapping[str, Shape]] = MappingProxyType(
    {
        "galtea": galtea.SHAPES,
        "fluents": fluents.SHAPES,
        "opencopilot": opencopilot.SHAPES,
        "polyai": polyai.SHAPES,
    }
)


class SeedError(ValueError):
    """A seed that cannot be planted; the message starts with the path of the offending key."""


def read_rows(rows: object, shape: Shape, *, path: str) -> list[Document]:
    """Return the rows of a collection, checked and grown; none where the seed has none."""
    if rows is None:
        return []
    if not isinstance(rows, list):
        msg = f"{path}: must be a list"
        raise SeedError(msg)
    read = [_read_row(row, shape, place, path=f"{path}[{place}]") for place, row in enumerate(rows)]
    _refuse_twins(read, shape, path=path)
    return read


def read_section(parent: Mapping[str, Any], name: str, *, path: str) -> Mapping[str, Any]:
    """Return a mapping of a seed, an empty one where it is not there."""
    section = parent.get(name)
    if section is None:
        return {}
    if not isinstance(section, Mapping):
        msg = f"{path}: must be a mapping"
        raise SeedError(msg)
    return section


def refuse_unknown(found: Mapping[str, Any], known: Collection[str], *, path: str) -> None:
    """Refuse a key that is not known here."""
    for name in found:
        if name not in known:
            where = f"{path}.{name}" if path else str(name)
            msg = f"{where}: is not known here; there are {', '.join(known)}"
            raise SeedError(msg)


def grow_row(provider: str, collection: str, row: Mapping[str, Any], *, place: int = 0) -> Document:
    """Return a row with all that it does not say, unchecked."""
    return _grow(row, SHAPES[provider][collection], place)


def _grow(row: Mapping[str, Any], shape: Shape, place: int) -> Document:
    key = row[shape.key]
    grown = {name: make(key, place) for name, make in shape.defaults.items()}
    # A copy: what grows is shared by all rows otherwise.
    document: Document = json.loads(json.dumps({**grown, **shape.by_type.get(str(row.get("type")), {}), **row}))
    return document


def _read_row(row: object, shape: Shape, place: int, *, path: str) -> Document:
    if not isinstance(row, dict):
        msg = f"{path}: must be a mapping"
        raise SeedError(msg)
    kinds = {**shape.optional, **shape.required}
    if shape.closed:
        refuse_unknown(row, list(kinds), path=path)
    for name in shape.required:
        if name not in row:
            msg = f"{path}.{name}: is missing"
            raise SeedError(msg)
    for name, kind in kinds.items():
        if name in row and not fits(row[name], kind):
            msg = f"{path}.{name}: must be {_describe(kind)}, not {row[name]!r}"
            raise SeedError(msg)
    return _grow(row, shape, place)


def _refuse_twins(rows: list[Document], shape: Shape, *, path: str) -> None:
    seen: dict[Hashable, int] = {}
    for place, row in enumerate(rows):
        first = seen.setdefault(row[shape.key], place)
        if first != place:
            msg = f"{path}[{place}].{shape.key}: {row[shape.key]!r} is at {path}[{first}] already"
            raise SeedError(msg)


def _describe(kind: str) -> str:
    words = kind.removesuffix("?").replace("phone", "a phone number like +14155552671")
    return words.replace("|", " or ") + (" or null" if kind.endswith("?") else "")
