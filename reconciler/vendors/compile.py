"""Turn one schema document into a frozen provider or resource type."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from reconciler.model.paths import Json, parse_pointer
from reconciler.model.resource_type import (
    BatchEndpoint,
    Endpoint,
    Field,
    IdentityPart,
    ListEndpoint,
    NumbersEndpoint,
    Options,
    Paging,
    Provider,
    ResourceType,
)

RESOURCE_KEYWORDS = frozenset({"x-endpoints", "x-generation", "x-identity"})
FIELD_KEYWORDS = frozenset(
    {
        "x-advice",
        "x-derived-from",
        "x-immutable",
        "x-known",
        "x-merge",
        "x-null",
        "x-options",
        "x-reference",
        "x-risk",
        "x-secret",
    }
)
"""The closed vocabulary. `schemas/meta/` says what each means; a test holds the two lists equal."""


class SchemaError(Exception):
    """A schema file breaks the vocabulary: our bug, or that of whoever adds a resource type."""


def compile_provider(document: Json, *, source: Path) -> Provider:
    """Compile a `provider.json`; raise SchemaError where a key is missing."""
    try:
        return Provider(
            name=document["name"],
            title=document["title"],
            description=document["description"],
            base_urls=document["base_urls"],
            default_region=document.get("default_region", ""),
            hosts=tuple(document["hosts"]),
            credential=document["credential"],
            auth_header=document["authentication"]["header"],
            auth_prefix=document["authentication"]["prefix"],
            error_messages=tuple(parse_pointer(pointer) for pointer in document["errors"]["messages"]),
            error_form=frozenset(document["errors"]["form"]),
            request_id_header=document["errors"]["request_id_header"],
            generation=document.get("generation", ""),
            timeout_seconds=document["limits"]["timeout_seconds"],
            concurrency=document["limits"]["concurrency"],
            requests_per_minute=document["limits"].get("requests_per_minute"),
            probe=document.get("probe", ""),
            digest=_digest(document),
        )
    except KeyError as error:
        raise _missing(error, source) from error


def compile_resource_type(document: Json, *, provider: str, kind: str, source: Path) -> ResourceType:
    """Compile a `<kind>.json`; raise SchemaError for a missing key or one outside the vocabulary."""
    _check_keywords(document, RESOURCE_KEYWORDS, source)
    try:
        return _compile(document, provider=provider, kind=kind, source=source)
    except KeyError as error:
        raise _missing(error, source) from error


def _compile(document: Json, *, provider: str, kind: str, source: Path) -> ResourceType:
    identity, endpoints = document["x-identity"], document["x-endpoints"]
    moves = {part["moved_by"]: part["name"] for part in identity["parts"] if "moved_by" in part}
    fields = {
        name: _compile_field(name, schema, moves=moves, source=source)
        for name, schema in document["properties"].items()
    }
    update = endpoints["update"]
    return ResourceType(
        provider=provider,
        kind=kind,
        title=document["title"],
        description=document["description"],
        identity=tuple(_compile_part(part) for part in identity["parts"]),
        match=tuple(identity.get("match", ())),
        fields=fields,
        companions=tuple(update.get("companions", ())),
        fallback=tuple(update.get("fallback", ())),
        list=_compile_list(endpoints["list"]),
        get=_compile_endpoint(endpoints["get"]) if "get" in endpoints else None,
        update=_compile_endpoint(update),
        batch=_compile_batch(endpoints["batch"]) if "batch" in endpoints else None,
        numbers=_compile_numbers(endpoints["numbers"]) if "numbers" in endpoints else None,
        spec_schema=_spec_schema(document["properties"], fields),
        generation=document.get("x-generation", ""),
        live_risk=_live_risk(document["properties"]),
        label=identity.get("label", ""),
        tombstone=identity.get("tombstone", ""),
        phone_number=next((name for name, known in fields.items() if known.schema.get("format") == "e164"), ""),
        digest=_digest(document),
    )


def _compile_part(part: Json) -> IdentityPart:
    return IdentityPart(
        name=part["name"],
        field=part["field"],
        pattern=part["pattern"],
        reserved=frozenset(part.get("reserved", ())),
        description=part["description"],
    )


def _compile_endpoint(endpoint: Json) -> Endpoint:
    return Endpoint(
        method=endpoint["method"],
        path=endpoint["path"],
        query=endpoint.get("query", {}),
        answer=parse_pointer(endpoint.get("answer", "")),
    )


def _compile_list(endpoint: Json) -> ListEndpoint:
    paging = endpoint["paging"]
    return ListEndpoint(
        method=endpoint["method"],
        path=endpoint["path"],
        query=endpoint.get("query", {}),
        items=parse_pointer(endpoint["items"]),
        paging=Paging(
            style=paging["style"],
            size=paging.get("size", 0),
            size_parameter=paging.get("size_parameter", ""),
            position_parameter=paging.get("position_parameter", ""),
            more=parse_pointer(paging.get("more", "")),
            next=parse_pointer(paging.get("next", "")),
            total=parse_pointer(paging.get("total", "")),
        ),
        filters=endpoint.get("filters", {}),
        filter_size=endpoint.get("filter_size", 50),
        group=tuple(endpoint.get("group", ())),
        complete=endpoint.get("complete", True),
        closed=endpoint.get("closed", False),
    )


def _compile_batch(endpoint: Json) -> BatchEndpoint:
    return BatchEndpoint(
        method=endpoint["method"],
        path=endpoint["path"],
        updates=endpoint["updates"],
        key=endpoint["key"],
        results=parse_pointer(endpoint["results"]),
        success=endpoint["success"],
        answer=endpoint.get("answer", ""),
        error=endpoint.get("error", ""),
        size=endpoint["size"],
        group=tuple(endpoint["group"]),
    )


def _compile_numbers(endpoint: Json) -> NumbersEndpoint:
    return NumbersEndpoint(
        path=endpoint["path"],
        items=parse_pointer(endpoint["items"]),
        number=endpoint["number"],
        key=endpoint["key"],
        group=tuple(endpoint["group"]),
    )


def _compile_field(name: str, schema: Json, *, moves: Mapping[str, str], source: Path) -> Field:
    _check_keywords(schema, FIELD_KEYWORDS, source)
    null = schema.get("x-null", {})
    read_only, immutable = bool(schema.get("readOnly")), bool(schema.get("x-immutable"))
    reference, risk, options = schema.get("x-reference"), schema.get("x-risk", ""), schema.get("x-options")
    nested = schema.get("properties", {})
    return Field(
        name=name,
        schema=_plain_schema(schema, known=True),
        description=schema["description"],
        types=_types(schema),
        readable=not schema.get("writeOnly", False),
        writable=not read_only and not immutable,
        immutable=immutable,
        clearing=null.get("clear", "refuse"),
        equals_null=tuple(null.get("equals", ())),
        absence=null.get("absent", "null"),
        merging=schema.get("x-merge", "replace"),
        unordered=bool(schema.get("uniqueItems")),
        reference=f"{reference['kind']}.{reference['field']}" if reference else None,
        secret=bool(schema.get("x-secret")),
        risk=risk if isinstance(risk, str) else "",
        moves=moves.get(name),
        derived_from=tuple(schema.get("x-derived-from", ())),
        options=Options(options["path"], parse_pointer(options["items"]), options["value"]) if options else None,
        open_enum="x-known" in schema,
        advice=schema.get("x-advice", ""),
        fields={key: _compile_field(key, value, moves={}, source=source) for key, value in nested.items()},
    )


def _types(schema: Json) -> frozenset[str]:
    """Collect the JSON types a declared value may have; null is among them wherever it can be cleared."""
    named = schema.get("type", ())
    types = {named} if isinstance(named, str) else set(named)
    if types and schema.get("x-null", {}).get("clear", "refuse") != "refuse":
        types.add("null")
    return frozenset(types)


def _plain_schema(schema: Json, *, known: bool) -> dict[str, Json]:
    """Strip our keywords; with `known`, show the known values of an open set as its enum (for people only)."""
    plain = {key: value for key, value in schema.items() if not key.startswith("x-")}
    if "properties" in plain:
        plain["properties"] = {key: _plain_schema(value, known=known) for key, value in plain["properties"].items()}
    if known and "x-known" in schema:
        plain["enum"] = schema["x-known"]
    return plain


def _spec_schema(properties: Json, fields: Mapping[str, Field]) -> dict[str, Json]:
    """Build the JSON Schema of `spec`: what may be declared and nothing else; null where it clears."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            name: _clearable(_plain_schema(properties[name], known=False), known)
            for name, known in fields.items()
            if known.writable or known.immutable
        },
    }


def _clearable(schema: dict[str, Json], known: Field) -> dict[str, Json]:
    return {**schema, "type": sorted(known.types)} if "null" in known.types else schema


def _live_risk(properties: Json) -> dict[str, Mapping[str, str]]:
    return {name: schema["x-risk"] for name, schema in properties.items() if isinstance(schema.get("x-risk"), dict)}


def _check_keywords(schema: Json, allowed: frozenset[str], source: Path) -> None:
    unknown = {key for key in schema if key.startswith("x-")} - allowed
    if unknown:
        message = f"{source}: unknown keywords {', '.join(sorted(unknown))}; known are {', '.join(sorted(allowed))}"
        raise SchemaError(message)


def _missing(error: KeyError, source: Path) -> SchemaError:
    return SchemaError(f"{source}: {error.args[0]!r} is missing; schemas/meta/ describes the vocabulary")


def _digest(document: Json) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
