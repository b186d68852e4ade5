"""Build the one JSON Schema of users' files from the catalog, for editors with a YAML language server.

It covers `reconciler.yaml` and the files that declare resources. Law: it refuses nothing that the tool accepts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from reconciler.model.field import Field
from reconciler.model.paths import Json
from reconciler.model.resource_type import Catalog, IdentityPart, ResourceType
from reconciler.vendors.editor_values import DEFINITIONS, E164, describe_field
from reconciler.vendors.settings_schema import NAME, build_account_definitions, build_settings

ABOUT: Final = (
    "reconciler.yaml and the files below it that declare resources. Generated from the resource types; `reconciler schema`"
    " prints it. Marks in descriptions: (D) documented by the vendor, (I) inferred, (M) measured, (U) unknown."
)
_SOMETHING: Final[Json] = {"type": "object", "minProperties": 1}
_SOMETHING_OWNED: Final[Json] = {"required": ["spec"], "properties": {"spec": _SOMETHING}}
IGNORE: Final[Json] = {
    "description": "Fields of `spec` that are left different for a while, by name; of nested ones `outer.inner`. Shown in plans, never sent.",
    "type": ["object", "null"],
    "additionalProperties": {
        "type": "object",
        "additionalProperties": False,
        "required": ["reason", "until"],
        "properties": {
            "reason": {"description": "Why.", "type": ["string", "number", "boolean"]},
            "until": {
                "description": "The last day; from the next one on the field is compared and sent again.",
                "type": "string",
                "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
            },
        },
    },
}
FILE_ACCOUNT: Final[Json] = {
    "description": "The account of every resource of this file that does not name its own.",
    "$ref": "#/$defs/optionalText",
}


def build_users_schema(catalog: Catalog) -> dict[str, Json]:
    """Build the schema (2020-12). It is the same for the same catalog, in the order of the catalog."""
    settings = build_settings(catalog)
    only_main = [key for key in settings if key != "version"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:reconciler:files:1",
        "title": "reconciler",
        "description": ABOUT,
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": {
            **settings,
            "account": FILE_ACCOUNT,
            **{kind: _build_kind(kind, catalog) for kind in catalog.kinds},
        },
        "dependentRequired": {key: ["version"] for key in only_main},
        "$defs": {
            **DEFINITIONS,
            **build_account_definitions(catalog),
            **{name_type(known): build_resource(known) for known in catalog.all_types},
        },
    }


def name_type(resource_type: ResourceType) -> str:
    """Name the definition of a resource type."""
    return ".".join(filter(None, (resource_type.provider, resource_type.api, resource_type.kind)))


def _build_kind(kind: str, catalog: Catalog) -> dict[str, Json]:
    """Build a mapping of names to resources.

    Where several providers offer a kind, an editor cannot know which one an account is at, so any of them will do.
    """
    known = [each for each in catalog.all_types if each.kind == kind]
    forms = [{"$ref": f"#/$defs/{name_type(each)}"} for each in known]
    about = " ".join(f"{each.title}: {each.description}" for each in known)
    return {
        "description": about,
        "type": ["object", "null"],
        "propertyNames": {"pattern": NAME},
        "additionalProperties": forms[0] if len(forms) == 1 else {"anyOf": forms},
    }


def build_resource(resource_type: ResourceType) -> dict[str, Json]:
    """Build the schema of one resource below its name. A resource may leave its id and fields to its environments."""
    return {
        "title": resource_type.title,
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "account": {
                "description": "The account it is in; without it the `account` of the file, else the only one that offers the kind.",
                "$ref": "#/$defs/optionalText",
            },
            "id": _build_id(resource_type.identity),
            **_build_match(resource_type),
            "spec": _build_spec(resource_type),
            "ignore": IGNORE,
            "protect": {
                "description": "true: plan shows changes, apply refuses them.",
                "type": ["boolean", "null"],
            },
        },
        "not": {"required": ["id", "match"]},
        "anyOf": [{"required": [key]} for key in ("id", "match", "account", "protect", "ignore")] + [_SOMETHING_OWNED],
        **_demand_companions(resource_type),
    }


def _demand_companions(resource_type: ResourceType) -> dict[str, Json]:
    """Demand what the vendor demands where a resource is whole; one without an id leaves more to its environments."""
    if not resource_type.companions:
        return {}
    owned = {"properties": {"spec": {"if": _SOMETHING, "then": {"required": list(resource_type.companions)}}}}
    return {"if": {"anyOf": [{"required": ["id"]}, {"required": ["match"]}]}, "then": owned}


def _build_id(parts: Iterable[IdentityPart]) -> dict[str, Json]:
    """Build the form of `id`: the text of the only part, or all parts by name."""
    known = tuple(parts)
    if len(known) == 1:
        return _build_part(known[0])
    return {
        "description": "Which live object it is.",
        "type": "object",
        "additionalProperties": False,
        "required": [part.name for part in known],
        "properties": {part.name: _build_part(part) for part in known},
    }


def _build_part(part: IdentityPart) -> dict[str, Json]:
    if part.pattern == E164:
        return {"description": part.description, "$ref": "#/$defs/e164"}
    text: dict[str, Json] = {"type": ["string", "number", "boolean"], "minLength": 1}
    text |= {"pattern": part.pattern} if part.pattern else {}
    text |= {"not": {"enum": sorted(part.reserved)}} if part.reserved else {}
    return {"description": part.description, "anyOf": [text, {"$ref": "#/$defs/interpolated"}]}


def _build_match(resource_type: ResourceType) -> dict[str, Json]:
    """Build the form of `match`; parts of the identity that a list needs are required with the natural keys."""
    parts = {part.name: part for part in resource_type.identity}
    required = [name for name in parts if name in (*resource_type.match, *resource_type.list.group)]
    keys = list(dict.fromkeys((*required, *resource_type.match)))
    if not keys:
        return {"match": False}
    return {
        "match": {
            "description": "Natural keys that must fit exactly one live object.",
            "type": "object",
            "minProperties": 1,
            "additionalProperties": False,
            "required": required,
            "properties": {name: _build_key(name, resource_type, parts.get(name)) for name in keys},
        }
    }


def _build_key(name: str, resource_type: ResourceType, part: IdentityPart | None) -> dict[str, Json]:
    if part is not None:
        return _build_part(part)
    known = resource_type.fields.get(name)
    return {"$ref": "#/$defs/text", **({"description": known.description} if known else {})}


def _build_spec(resource_type: ResourceType) -> dict[str, Json]:
    return {
        "description": "The fields that git owns. A field left out is not compared and never sent.",
        **_build_fields(resource_type.spec_schema, resource_type.fields),
        "type": ["object", "null"],
    }


def _build_fields(schema: Mapping[str, Json], fields: Mapping[str, Field]) -> dict[str, Json]:
    """Build the fields of an object; of a union the editor offers those of the chosen branch."""
    built = {word: schema[word] for word in ("additionalProperties", "if") if word in schema}
    if "properties" in schema:
        described = {name: describe_field(fields[name], below) for name, below in schema["properties"].items()}
        built["properties"] = described
    if "allOf" in schema:
        built["allOf"] = [_build_fields(branch, fields) for branch in schema["allOf"]]
    if "then" in schema:
        built["then"] = _build_fields(schema["then"], fields)
    return built
