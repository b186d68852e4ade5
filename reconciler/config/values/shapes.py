"""Compile what conversion must know of a schema: the types of each place, down to any depth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from reconciler.model.field import Field
from reconciler.model.paths import Json


@dataclass(frozen=True, slots=True)
class Shape:
    """The types of one place and of what lies below it; no types mean that anything goes."""

    types: frozenset[str] = frozenset()
    fields: Mapping[str, Shape] = field(default_factory=dict)
    extra: Shape | None = None
    """The shape of keys that are not among `fields`; None for any."""
    items: Shape | None = None
    text: bool = False
    """Text or null: by far the most common, so that conversion need not look at `types`."""
    secret: bool = False
    """Whether only a secret may stand here."""


ANY: Final = Shape()
SECRET: Final = Shape(secret=True)


def compile_shape(schema: Json) -> Shape:
    """Compile a plain JSON Schema; unions are merged, since types and names below them are all that counts here."""
    if not isinstance(schema, Mapping):
        return ANY
    branches = [branch for word in ("anyOf", "oneOf", "allOf") for branch in schema.get(word, ())]
    branches += [schema[word] for word in ("then", "else") if word in schema]
    merged = [compile_shape(branch) for branch in branches]
    types = _collect_types(schema) or frozenset().union(*(branch.types for branch in merged))
    below: dict[str, Shape] = {}
    own = {name: compile_shape(known) for name, known in schema.get("properties", {}).items()}
    for name, known in (pair for fields in (*(branch.fields for branch in merged), own) for pair in fields.items()):
        below[name] = _merge(below[name], known) if name in below else known
    extra = schema.get("additionalProperties")
    items = schema.get("items")
    return Shape(
        types=types,
        fields=below,
        extra=compile_shape(extra) if isinstance(extra, Mapping) else None,
        items=compile_shape(items) if items else next((branch.items for branch in merged if branch.items), None),
        text=types - {"null"} == {"string"},
    )


def _merge(one: Shape, other: Shape) -> Shape:
    """Make one shape of those that the branches of a union have in one place."""
    if other in (one, ANY):
        return one
    names = dict.fromkeys((*one.fields, *other.fields))
    types = one.types | other.types if one.types and other.types else one.types or other.types
    return Shape(
        types=types,
        fields={
            name: _merge(one.fields[name], other.fields[name])
            if name in one.fields and name in other.fields
            else one.fields.get(name) or other.fields[name]
            for name in names
        },
        extra=one.extra or other.extra,
        items=one.items or other.items,
        text=types - {"null"} == {"string"},
    )


def mark_secrets(shape: Shape, fields: Mapping[str, Field], rest: Field | None = None) -> Shape:
    """Return the shape with the fields that the vendor's schema marks as secret, at any depth, taking secrets only."""
    below = {
        name: _mark_field(known, fields[name]) if name in fields else known for name, known in shape.fields.items()
    }
    extra = _mark_field(shape.extra or ANY, rest) if rest and rest.holds_secret else shape.extra
    return replace(shape, fields=below, extra=extra)


def _mark_field(shape: Shape, known: Field) -> Shape:
    if known.secret:
        return _close(shape)
    marked = mark_secrets(shape, known.fields, known.rest)
    if known.entries is None or not known.entries.holds_secret:
        return marked
    return replace(marked, items=_mark_field(shape.items or ANY, known.entries))


def _close(shape: Shape) -> Shape:
    """Make a place and all that lies below it secret."""
    return replace(
        shape,
        fields={name: _close(known) for name, known in shape.fields.items()},
        extra=_close(shape.extra) if shape.extra else SECRET,
        items=_close(shape.items) if shape.items else SECRET,
        text=False,
        secret=True,
    )


def _collect_types(schema: Mapping[str, Json]) -> frozenset[str]:
    named = schema.get("type")
    if named is not None:
        return frozenset({named} if isinstance(named, str) else named)
    values = schema.get("enum", [schema["const"]] if "const" in schema else ())
    return _name_types(values)


def _name_types(values: Iterable[Json]) -> frozenset[str]:
    names = {
        str: "string",
        bool: "boolean",
        int: "integer",
        float: "number",
        dict: "object",
        list: "array",
        type(None): "null",
    }
    return frozenset(names[type(value)] for value in values)
