"""Put the values of references into a template: a lone one takes the type of its place, within a text all become text."""

from __future__ import annotations

import json
from collections.abc import Mapping

from reconciler.config.values.scalars import WrongTypeError, convert_scalar, name_types
from reconciler.model.paths import MISSING, Json, Missing, pick
from reconciler.model.project import Declared
from reconciler.model.reference import Reference, Template
from reconciler.model.resource_type import ResourceType
from reconciler.model.secret import Secret


def take_declared(declared: Declared, reference: Reference, *, known: ResourceType) -> Json | Missing:
    """Return what a resource declares for a reference to it; MISSING where only what is live tells it."""
    if reference.part:
        return _take_part(declared, reference.part, known)
    value = pick(declared.spec, reference.path)
    return MISSING if holds_template(value) else value


def _take_part(declared: Declared, part: str, known: ResourceType) -> Json | Missing:
    """Return a part of the declared id; a field that moves the object decides where it is declared."""
    for name, field in known.fields.items():
        if field.moves == part and isinstance(declared.spec.get(name), str):
            return declared.spec[name]
    if declared.identity is not None:
        return declared.identity[part]
    return declared.match.get(part, MISSING)


def holds_template(value: Json) -> bool:
    """Tell whether a value is not yet known, wholly or in part."""
    if isinstance(value, Mapping):
        return any(map(holds_template, value.values()))
    if isinstance(value, list):
        return any(map(holds_template, value))
    return isinstance(value, Template)


def replace_templates(value: Json, values: Mapping[Template, Json]) -> Json:
    """Return a copy of a value with its templates replaced by what they stand for."""
    if isinstance(value, Mapping):
        return {key: replace_templates(inner, values) for key, inner in value.items()}
    if isinstance(value, list):
        return [replace_templates(inner, values) for inner in value]
    return values.get(value, value) if isinstance(value, Template) else value


def fill(template: Template, values: Mapping[Reference, Json]) -> Json:
    """Return the value of a template; raise WrongTypeError where it cannot stand in its place."""
    if template.lone:
        (reference,) = template.references
        return fit_value(values[reference], template.types)
    return "".join(part if isinstance(part, str) else _write_text(part, values[part]) for part in template.parts)


def _write_text(reference: Reference, value: Json) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    message = f"{reference} is {_name(value)}, which cannot stand within a text"
    raise WrongTypeError(message, "Refer to a text or a number, or to nothing else in this value.")


def fit_value(value: Json, types: frozenset[str]) -> Json:
    """Return the value as one of the types: text becomes what an unquoted scalar would, a scalar becomes text."""
    wanted = types - {"null"}
    if not wanted or isinstance(value, Secret) or _list_types(value) & wanted:
        return value
    if isinstance(value, str) and wanted - {"object", "array"}:
        return convert_scalar(value, wanted)
    if isinstance(value, bool | int | float) and "string" in wanted:
        return json.dumps(value)
    message = f"takes {name_types(wanted)}, and what it refers to is {_name(value)}"
    raise WrongTypeError(message, "Refer to a field of that type.")


def _list_types(value: Json) -> frozenset[str]:
    if isinstance(value, bool):
        return frozenset({"boolean"})
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return frozenset({"integer", "number"})
    names = {float: "number", str: "string", dict: "object", list: "array", type(None): "null"}
    return frozenset({names[type(value)]}) if type(value) in names else frozenset()


def _name(value: Json) -> str:
    return name_types(_list_types(value)) or "of no known type"
