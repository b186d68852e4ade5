"""Build the JSON Schema of `environments/<name>.yaml` from the catalog, for editors. Law: it refuses nothing that the tool accepts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from reconciler.model.paths import Json
from reconciler.model.resource_type import Catalog, ResourceType
from reconciler.vendors.editor_values import DEFINITIONS
from reconciler.vendors.settings_schema import NAME, build_account_definitions, build_settings
from reconciler.vendors.users_schema import build_resource, name_type

ABOUT: Final = (
    "environments/<name>.yaml: what one world of the project says otherwise. Generated from the resource types;"
    " `reconciler schema environment` prints it."
)
_WHOLE: Final = frozenset({"not", "anyOf", "if", "then", "required"})
"""Words that say what a whole resource needs: what is laid over one need not have it."""


def build_environment_schema(catalog: Catalog) -> dict[str, Json]:
    """Build the schema (2020-12). It is the same for the same catalog, in the order of the catalog."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:reconciler:environment:1",
        "title": "reconciler environment",
        "description": ABOUT,
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": {
            "vars": _VARIABLES,
            "accounts": _build_accounts(),
            "guards": build_settings(catalog)["guards"],
            "resources": _build_resources(catalog),
        },
        "$defs": {
            **DEFINITIONS,
            **build_account_definitions(catalog),
            **{name_type(known): _build_overlay(known) for known in catalog.all_types},
        },
    }


_VARIABLES: Final[Json] = {
    "description": "Variables: ${var.NAME} in values becomes the text.",
    "type": ["object", "null"],
    "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"},
    "additionalProperties": {"$ref": "#/$defs/text"},
}


def _build_accounts() -> dict[str, Json]:
    return {
        "description": "Laid over the accounts of reconciler.yaml, key by key.",
        "type": ["object", "null"],
        "propertyNames": {"pattern": NAME},
        "additionalProperties": {"$ref": "#/$defs/account"},
    }


def _build_resources(catalog: Catalog) -> dict[str, Json]:
    return {
        "description": "What is different in this world, by address (`numbers.front-desk`): laid over the resource, or `absent`.",
        "type": ["object", "null"],
        "additionalProperties": False,
        "patternProperties": {
            f"^{kind}\\.[A-Za-z0-9][A-Za-z0-9_.-]*$": _build_kind(kind, catalog) for kind in catalog.kinds
        },
    }


def _build_kind(kind: str, catalog: Catalog) -> dict[str, Json]:
    forms = [{"$ref": f"#/$defs/{name_type(known)}"} for known in catalog.all_types if known.kind == kind]
    return {"anyOf": [{"enum": ["absent", None]}, *forms]}


def _build_overlay(resource_type: ResourceType) -> dict[str, Json]:
    built = {word: value for word, value in build_resource(resource_type).items() if word not in _WHOLE}
    properties = built["properties"]
    named = {key: {"anyOf": [properties[key], {"type": "null"}]} for key in ("id", "match")}
    return {**built, "properties": {**properties, **named, "spec": _loosen(properties["spec"])}}


def _loosen(schema: Json) -> Json:
    """Drop at every depth what a nested object must hold: what is left out comes from below."""
    if isinstance(schema, list):
        return [_loosen(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        word: _loosen_word(word, value) for word, value in schema.items() if word not in {"required", "minProperties"}
    }


def _loosen_word(word: str, value: Json) -> Json:
    """Names of fields are no words, and a condition must hold as it is."""
    if word == "properties":
        return {name: _loosen(below) for name, below in value.items()}
    return value if word == "if" else _loosen(value)
