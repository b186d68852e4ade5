"""Turn the fields of a schema document into frozen values, down to any depth.

Every keyword is honoured where it stands, or refused there: a keyword that is quietly ignored costs somebody's prompt or secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Final

from reconciler.model.field import Derivation, Field, Form, Merging, Options, Reference, Union
from reconciler.model.paths import Json, parse_pointer
from reconciler.vendors.plain_schema import show_schema

FIELD_KEYWORDS: Final = frozenset(
    {
        "x-advice",
        "x-derived-from",
        "x-form",
        "x-immutable",
        "x-known",
        "x-language",
        "x-merge",
        "x-null",
        "x-options",
        "x-read-as",
        "x-reference",
        "x-risk",
        "x-secret",
        "x-union",
        "x-unwritable",
    }
)
"""The closed vocabulary. `schemas/meta/` says what each means; a test holds the two lists equal."""

_TOP_ONLY: Final = frozenset({"x-derived-from", "x-immutable", "x-language", "x-options"})
_NOT_IN_LISTS: Final = frozenset(
    {*_TOP_ONLY, "x-merge", "x-read-as", "x-risk", "x-secret", "x-union", "x-unwritable", "writeOnly"}
)
_BELOW: Final[Mapping[Merging, Merging]] = {
    "merge": "merge",
    "shallow": "replace",
    "replace": "replace",
    "unknown": "unknown",
}


class SchemaError(Exception):
    """A schema file breaks the vocabulary: our bug, or that of whoever adds a resource type."""


@dataclass(frozen=True, slots=True)
class Above:
    """What a field takes from what holds it. `place` names it for errors; `moves` are identity parts by field."""

    place: str
    moves: Mapping[str, str]
    top: bool = True
    in_list: bool = False
    merging: Merging = "replace"
    readable: bool = True
    secret: bool = False


def compile_fields(properties: Json, union: Json, *, above: Above) -> tuple[dict[str, Field], Union | None]:
    """Compile the fields of an object: those it always has, and those of all branches of its union."""
    known = {name: compile_field(name, schema, above=above) for name, schema in properties.items()}
    if not union:
        return known, None
    by, branches = union["by"], union["branches"]
    if by not in known:
        message = f"{above.place}: x-union is chosen by {by!r}, which is not among the properties"
        raise SchemaError(message)
    compiled = {
        value: {name: compile_field(name, schema, above=above) for name, schema in branch["properties"].items()}
        for value, branch in branches.items()
    }
    known[by] = replace(known[by], schema={**known[by].schema, "enum": list(branches)}, open_enum=True)
    for branch in compiled.values():
        for name, one in branch.items():
            known[name] = _merge(known[name], one, above.place) if name in known else one
    return known, Union(by, compiled)


def compile_field(name: str, schema: Json, *, above: Above) -> Field:
    """Compile one field and what lies below it."""
    place = f"{above.place}.{name}" if name else f"{above.place}[]"
    _check_keywords(schema, place, above)
    null, reference, risk = schema.get("x-null", {}), schema.get("x-reference"), schema.get("x-risk", "")
    read_only, immutable = bool(schema.get("readOnly")), bool(schema.get("x-immutable"))
    secret = above.secret or bool(schema.get("x-secret"))
    readable = above.readable and not schema.get("writeOnly", False) and not secret
    merging: Merging = schema.get("x-merge", "replace" if above.top else _BELOW[above.merging])
    inner = Above(place, {}, top=False, in_list=above.in_list, merging=merging, readable=readable, secret=secret)
    below, union = compile_fields(schema.get("properties", {}), schema.get("x-union"), above=inner)
    types, read_as = list_types(schema), schema.get("x-read-as", {})
    if secret and types - {"string", "object", "null"}:
        message = f"{place}: a secret is text, or an object of texts"
        raise SchemaError(message)
    if "list" in read_as and (not types or types & {"object", "array"}):
        # The rest of an object in a list would not travel with its change, and of two lists nobody knows the outer one.
        message = f"{place}: x-read-as.list is for a text, a number or a boolean"
        raise SchemaError(message)
    return Field(
        name=name,
        schema=show_schema(schema),
        description=schema.get("description", ""),
        types=types,
        readable=readable,
        writable=not read_only and not immutable,
        immutable=immutable,
        unwritable=tuple((each["value"], each["why"]) for each in schema.get("x-unwritable", ())),
        clearing=null.get("clear", "refuse"),
        equals_null=tuple(null.get("equals", ())),
        absence=null.get("absent", "null"),
        merging=merging,
        unordered=bool(schema.get("uniqueItems")),
        reference=_compile_reference(reference) if reference else None,
        secret=secret,
        risk=risk if isinstance(risk, str) else "",
        risk_when_empty=null.get("risk", ""),
        moves=above.moves.get(name),
        derived_from=_read_derivations(schema.get("x-derived-from", ())),
        options=_compile_options(schema.get("x-options")),
        open_enum="x-known" in schema,
        tells_language=schema.get("x-language", False),
        form=Form(**schema["x-form"]) if "x-form" in schema else None,
        advice=schema.get("x-advice", ""),
        read_name=read_as.get("name", ""),
        read_as_list=read_as.get("list", False),
        read_as_text=read_as.get("text", False),
        fields=below,
        rest=_compile_rest(schema, inner) if "object" in types else None,
        entries=_compile_entries(schema, inner),
        union=union,
    )


def _compile_reference(reference: Json) -> Reference:
    parts, uuid = reference.get("parts", {}), reference.get("format") == "uuid"
    return Reference(reference["kind"], reference["field"], parts, uuid)


def list_types(schema: Json) -> frozenset[str]:
    """Collect the JSON types a declared value may have; null is among them wherever it can be cleared."""
    named = schema.get("type", ())
    types = {named} if isinstance(named, str) else set(named)
    if types and schema.get("x-null", {}).get("clear", "refuse") != "refuse":
        types.add("null")
    return frozenset(types)


def _check_keywords(schema: Json, place: str, above: Above) -> None:
    check_keywords(schema, FIELD_KEYWORDS, place)
    refused = {key for key in schema if key in (_NOT_IN_LISTS if above.in_list else _TOP_ONLY if not above.top else ())}
    null, read_as = schema.get("x-null", {}), schema.get("x-read-as", {})
    if above.in_list and "clear" in null:
        refused.add("x-null.clear")
    if not above.top:
        refused |= {"x-null.absent"} if "absent" in null else set()
        refused |= {"x-read-as.name"} if "name" in read_as else set()
        refused |= {"x-risk by live value"} if isinstance(schema.get("x-risk"), Mapping) else set()
    if refused:
        where = "in the elements of a list" if above.in_list else "below the top level"
        message = f"{place}: {', '.join(sorted(refused))} cannot be honoured {where}"
        raise SchemaError(message)


def check_keywords(schema: Json, allowed: frozenset[str], place: str) -> None:
    """Raise SchemaError for a keyword of ours that the vocabulary does not have."""
    unknown = {key for key in schema if key.startswith("x-")} - allowed
    if unknown:
        message = f"{place}: unknown keywords {', '.join(sorted(unknown))}; known are {', '.join(sorted(allowed))}"
        raise SchemaError(message)


def _compile_rest(schema: Json, inner: Above) -> Field:
    """Compile what is known of the keys that have no name: their schema, and what they take from the object."""
    extra = schema.get("additionalProperties")
    if isinstance(extra, Mapping) and extra:
        return replace(compile_field("", extra, above=inner), name="")
    types = frozenset({"string"}) if inner.secret else frozenset[str]()
    merging = _BELOW[inner.merging]
    return Field("", {}, types=types, merging=merging, readable=inner.readable, secret=inner.secret)


def _compile_entries(schema: Json, inner: Above) -> Field | None:
    entries = schema.get("items")
    return compile_field("", entries, above=replace(inner, in_list=True)) if isinstance(entries, Mapping) else None


def _compile_options(options: Json) -> Options | None:
    if not options:
        return None
    return Options(
        path=options["path"],
        items=parse_pointer(options["items"]),
        value=options["value"],
        query=read_query(options.get("query", {})),
        complete=options.get("complete", True),
    )


def read_query(query: Mapping[str, Json]) -> tuple[tuple[str, str], ...]:
    """Write out a query: a list of values repeats its name, in order."""
    return tuple(
        (name, value) for name, values in query.items() for value in ([values] if isinstance(values, str) else values)
    )


def _read_derivations(written: Json) -> Mapping[str, Derivation]:
    return dict(written) if isinstance(written, Mapping) else dict.fromkeys(written, "unknown")


def _merge(one: Field, other: Field, place: str) -> Field:
    """Make one field of those that branches of a union have under one name; all but their form must agree."""
    if one.fields or other.fields:
        names = dict.fromkeys((*one.fields, *other.fields))
        below = {
            name: _merge(one.fields[name], other.fields[name], place)
            if name in one.fields and name in other.fields
            else one.fields.get(name) or other.fields[name]
            for name in names
        }
        one, other = replace(one, fields=below), replace(other, fields=below)
    free = ("schema", "description", "types", "advice", "open_enum", "form", "rest", "union")
    for part in fields(Field):
        if part.name not in free and getattr(one, part.name) != getattr(other, part.name):
            message = f"{place}: the branches disagree about {part.name} of {one.name}"
            raise SchemaError(message)
    return replace(one, types=one.types | other.types if one.types and other.types else frozenset())
