"""Plain JSON Schema without our keywords: what `spec` may hold, and how a field is shown to people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from reconciler.model.field import Field
from reconciler.model.paths import Json

_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"


def show_schema(schema: Json) -> dict[str, Json]:
    """Strip our keywords and show the known values of an open set as its enum: for people, not for checking."""
    plain = {key: value for key, value in schema.items() if not key.startswith("x-")}
    if "properties" in plain:
        plain["properties"] = {key: show_schema(value) for key, value in plain["properties"].items()}
    if "x-known" in schema:
        plain["enum"] = schema["x-known"]
    return plain


def build_spec_schema(properties: Json, union: Json, fields: Mapping[str, Field]) -> dict[str, Json]:
    """Build the JSON Schema of `spec`: what may be declared and nothing else; null where it clears."""
    return {"$schema": _DRAFT, **_build_object(properties, union, fields, closed=True)}


def _build_object(properties: Json, union: Json, fields: Mapping[str, Field], *, closed: bool) -> dict[str, Json]:
    """Build an object. Of a union the chosen branch alone counts, and a branch that is not known may hold anything."""
    fixed = {name: _build_value(schema, fields[name]) for name, schema in properties.items() if _is_ours(fields[name])}
    if not union:
        return {"type": "object", **({"additionalProperties": False} if closed else {}), "properties": fixed}
    by, branches = union["by"], union["branches"]
    chosen = [
        {
            "if": {"required": [by], "properties": {by: {"const": value}}},
            "then": _build_branch(fixed, branch["properties"], fields, closed=closed),
        }
        for value, branch in branches.items()
    ]
    all_properties: dict[str, Json] = {}
    for branch in branches.values():
        for name, schema in branch["properties"].items():
            all_properties.setdefault(name, []).append(schema)
    unsaid = {
        name: built[0] if len(built) == 1 else {"anyOf": built}
        for name, schemas in all_properties.items()
        if _is_ours(fields[name]) and (built := _list_different(schemas, fields[name]))
    }
    rest = {"if": {"not": {"required": [by]}}, "then": _close(fixed | unsaid, closed=closed)}
    return {"type": "object", "properties": fixed, "allOf": [*chosen, rest]}


def _list_different(schemas: list[Json], known: Field) -> list[Json]:
    built: list[Json] = []
    for schema in schemas:
        one = _build_value(schema, known)
        told = {key: value for key, value in one.items() if key != "description"}
        known_already = [{key: value for key, value in each.items() if key != "description"} for each in built]
        built += [] if told in known_already else [one]
    return built


def _build_branch(
    fixed: Mapping[str, Json], properties: Json, fields: Mapping[str, Field], *, closed: bool
) -> dict[str, Json]:
    own = {name: _build_value(schema, fields[name]) for name, schema in properties.items() if _is_ours(fields[name])}
    return _close({**fixed, **own}, closed=closed)


def _close(properties: Mapping[str, Json], *, closed: bool) -> dict[str, Json]:
    return {"properties": dict(properties), **({"additionalProperties": False} if closed else {})}


def _is_ours(known: Field) -> bool:
    return known.writable or known.immutable


def _build_value(schema: Json, known: Field) -> dict[str, Json]:
    """Build the schema of one value and what lies below it."""
    plain = {key: value for key, value in schema.items() if not key.startswith("x-") and key != "properties"}
    if "properties" in schema or "x-union" in schema:
        closed = schema.get("additionalProperties") is False
        plain.pop("additionalProperties", None) if closed else None
        plain |= _build_object(schema.get("properties", {}), schema.get("x-union"), known.fields, closed=closed)
    extra = schema.get("additionalProperties")
    if isinstance(extra, Mapping):
        plain["additionalProperties"] = _build_value(extra, known.rest) if known.rest and extra else extra
    elif known.secret and "object" in known.types and extra is not False:
        plain["additionalProperties"] = {"type": "string"}
    if isinstance(schema.get("items"), Mapping) and known.entries:
        plain["items"] = _build_value(schema["items"], known.entries)
    if "type" in plain and schema.get("x-null", {}).get("clear", "refuse") != "refuse":
        plain["type"] = sorted({*([plain["type"]] if isinstance(plain["type"], str) else plain["type"]), "null"})
    return plain
