"""Schemas of single values as an editor reads them: a YAML 1.2 language server, which does not know our field types.

It sees a number in `label: 007` and in `id: +14155552671`, a boolean in `name: true`; the tool takes the characters that
were written. So a place for text takes numbers and booleans here too, and any place takes a text with an interpolation
where the tool would expand one. The schema is never stricter than the tool; where an editor cannot know, it is wider.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from reconciler.model.field import Field
from reconciler.model.paths import Json

E164: Final = r"^\+[1-9][0-9]{6,14}$"

REFERENCE: Final = r"^\$\{\s*(?!(env|secret|var)\.)[A-Za-z_]\w*\.[^{}]+\}$"
"""One `${kind.name.field}` and nothing else: whether there is such a field only the tool can tell."""

DEFINITIONS: Final[Mapping[str, Json]] = {
    "text": {
        "$comment": "An editor reads an unquoted 007 or true as a number or boolean; the tool takes the characters.",
        "type": ["string", "number", "boolean"],
    },
    "optionalText": {"type": ["string", "number", "boolean", "null"]},
    "interpolated": {
        "title": "Interpolated text",
        "description": "Text with ${var.NAME}, ${file:PATH} or ${kind.name.field}; $${ stands for a literal ${.",
        "type": "string",
        "pattern": r"\$\{",
    },
    "secret": {
        "title": "Secret",
        "description": "Text with ${secret.NAME}, the environment variable RECONCILER_SECRET_NAME. Never the secret itself.",
        "type": "string",
        "pattern": r"^$|\$\{\s*secret\.[^{}]*\}|" + REFERENCE,
    },
    "variable": {
        "title": "Variable or reference",
        "description": "One ${var.NAME} or ${kind.name.field} and nothing else: it becomes what the field needs.",
        "type": "string",
        "pattern": r"^\$\{\s*var\.[^{}]*\}$|" + REFERENCE,
    },
    "e164": {
        "title": "Phone number in E.164",
        "$comment": "Unquoted, +14155552671 is a number to an editor, which loses the plus: the tool reads the characters and"
        " still demands it. That a number was written without its plus only the tool can tell.",
        "examples": ["+14155552671"],
        "anyOf": [
            {"type": "string", "pattern": E164},
            {"type": "integer", "minimum": 1_000_000, "maximum": 999_999_999_999_999},
            {"$ref": "#/$defs/interpolated"},
        ],
    },
}
_ABOUT: Final = ("title", "description", "default", "deprecated", "examples")
_BOOLEANS: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


def describe_field(known: Field, schema: Mapping[str, Json]) -> dict[str, Json]:
    """Build the schema of a field: its plain schema as an editor reads values, with all that is known for the hover."""
    allowed = _close_secrets(
        allow_value({**schema, "type": sorted(known.types - {"null"})} if known.types else schema), known
    )
    if known.clearing != "refuse" or "null" in known.types:
        allowed = _allow_null(allowed)
    examples = {"examples": list(known.schema["enum"])} if known.open_enum else {}
    return {**allowed, "description": describe(known), **examples}


def _close_secrets(allowed: Json, known: Field) -> dict[str, Json]:
    """Let the places of secrets take nothing but references to them, at every depth; below a secret mapping any place may."""
    if known.secret and not known.types & {"object", "array"}:
        return {"$ref": "#/$defs/secret"}
    inner = {name: below for name, below in known.fields.items() if name in allowed.get("properties", {})}
    if not inner:
        return dict(allowed)
    closed = {name: _close_secrets(allowed["properties"][name], below) for name, below in inner.items()}
    return {**allowed, "properties": {**allowed["properties"], **closed}}


def _allow_null(allowed: Mapping[str, Json]) -> dict[str, Json]:
    if "type" in allowed and "enum" not in allowed:
        named = allowed["type"]
        return {**allowed, "type": [*([named] if isinstance(named, str) else named), "null"]}
    return {**_pick_about(allowed), "anyOf": [_strip_about(allowed), {"type": "null", "title": "Clear it"}]}


def describe(known: Field) -> str:
    """Say in one paragraph what a person must know before touching a field."""
    facts = [known.description]
    facts += ["Cannot be read back."] if not known.readable else []
    facts += ["Cannot be changed: a difference is refused."] if known.immutable else []
    facts += [f"High risk: {known.risk}."] if known.risk else []
    facts += ["null clears it."] if known.clearing == "null" else []
    facts += ["null clears it where the account says how (`clear`)."] if known.clearing == "account" else []
    facts += [f"Refers to {known.reference}."] if known.reference else []
    return " ".join(facts)


def allow_value(schema: Json) -> Json:
    """Widen a plain JSON Schema to what an editor may read for a value that the tool accepts."""
    if not isinstance(schema, Mapping):
        return schema
    types = _list_types(schema)
    if "string" in types:
        return _allow_text(schema, types)
    if not types:
        return _allow_branches(schema)
    if types & {"object", "array"}:
        return _allow_collection(schema)
    return {**_pick_about(schema), "anyOf": [_strip_about(schema), {"$ref": "#/$defs/variable"}]}


def _allow_text(schema: Mapping[str, Json], types: frozenset[str]) -> dict[str, Json]:
    about, bounds = _pick_about(schema), _strip_about(schema)
    if "enum" in bounds:
        readings = list(_list_readings(bounds["enum"]))
        return {**about, "anyOf": [{"enum": readings}, {"$ref": "#/$defs/interpolated"}]}
    if bounds.get("pattern") == E164:
        return {**about, "$ref": "#/$defs/e164"}
    wide = {**bounds, "type": sorted(types | {"string", "number", "boolean"})}
    wide.pop("format", None)
    if not bounds.keys() - {"type", "minLength", "format"}:
        return {**about, **wide}
    return {**about, "anyOf": [wide, {"$ref": "#/$defs/interpolated"}]}


def _list_readings(values: Iterable[Json]) -> Iterable[Json]:
    """List allowed values and what an editor reads where they are written without quotes."""
    for value in values:
        yield value
        if isinstance(value, str):
            yield from _read_otherwise(value)


def _read_otherwise(text: str) -> Iterable[Json]:
    if text in _BOOLEANS:
        yield _BOOLEANS[text]
    try:
        number = float(text)
    except ValueError:
        return
    yield int(number) if number.is_integer() else number


def _allow_collection(schema: Mapping[str, Json]) -> dict[str, Json]:
    """Widen what lies below; a mapping or list itself may only be taken whole from another resource."""
    built = {**schema, "type": sorted(_list_types(schema) | {"string"}), "pattern": REFERENCE}
    for word in ("items", "additionalProperties"):
        if word in built:
            built[word] = allow_value(built[word])
    if "properties" in built:
        built["properties"] = {name: allow_value(below) for name, below in built["properties"].items()}
    return built


def _allow_branches(schema: Mapping[str, Json]) -> dict[str, Json]:
    words = ("anyOf", "oneOf", "allOf")
    return {**schema, **{word: [allow_value(branch) for branch in schema[word]] for word in words if word in schema}}


def _list_types(schema: Mapping[str, Json]) -> frozenset[str]:
    named = schema.get("type")
    if named is None:
        texts = all(isinstance(value, str) for value in schema.get("enum", ()))
        return frozenset({"string"}) if "enum" in schema and texts else frozenset()
    return frozenset({named} if isinstance(named, str) else named)


def _pick_about(schema: Mapping[str, Json]) -> dict[str, Json]:
    return {key: value for key, value in schema.items() if key in _ABOUT}


def _strip_about(schema: Mapping[str, Json]) -> dict[str, Json]:
    return {key: value for key, value in schema.items() if key not in _ABOUT}
