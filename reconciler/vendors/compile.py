"""Turn one schema document into a frozen provider or resource type."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from reconciler.model.endpoints import BatchEndpoint, Endpoint, ListEndpoint, NumbersEndpoint, Paging
from reconciler.model.paths import Json, parse_pointer
from reconciler.model.resource_type import GroupList, IdentityPart, Provider, ResourceType
from reconciler.vendors.compile_fields import (
    FIELD_KEYWORDS,
    Above,
    SchemaError,
    check_keywords,
    compile_fields,
    read_query,
)
from reconciler.vendors.plain_schema import build_spec_schema

__all__ = ["FIELD_KEYWORDS", "RESOURCE_KEYWORDS", "SchemaError", "compile_provider", "compile_resource_type"]

RESOURCE_KEYWORDS = frozenset({"x-endpoints", "x-generation", "x-identity", "x-union"})


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
            groups={part: _compile_groups(groups) for part, groups in document.get("groups", {}).items()},
            digest=_digest(document),
        )
    except KeyError as error:
        raise _missing(error, source) from error


def _compile_groups(groups: Json) -> GroupList:
    return GroupList(path=groups["path"], items=parse_pointer(groups["items"]), value=groups["value"])


def compile_resource_type(document: Json, *, provider: str, kind: str, source: Path) -> ResourceType:
    """Compile a `<kind>.json`; raise SchemaError for a missing key or one outside the vocabulary."""
    check_keywords(document, RESOURCE_KEYWORDS, str(source))
    try:
        return _compile(document, provider=provider, kind=kind, source=source)
    except KeyError as error:
        raise _missing(error, source) from error


def _compile(document: Json, *, provider: str, kind: str, source: Path) -> ResourceType:
    identity, endpoints = document["x-identity"], document["x-endpoints"]
    moves = {part["moved_by"]: part["name"] for part in identity["parts"] if "moved_by" in part}
    union = document.get("x-union")
    fields, branches = compile_fields(document["properties"], union, above=Above(str(source), moves))
    update, get = endpoints["update"], endpoints.get("get")
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
        carried=tuple(update.get("carries", ())),
        list=_compile_list(endpoints["list"]) if "list" in endpoints else _list_only_one(get, identity["parts"]),
        get=_compile_endpoint(get) if get else None,
        update=_compile_endpoint(update),
        batch=_compile_batch(endpoints["batch"]) if "batch" in endpoints else None,
        numbers=_compile_numbers(endpoints["numbers"]) if "numbers" in endpoints else None,
        spec_schema=build_spec_schema(document["properties"], union, fields),
        union=branches,
        generation=document.get("x-generation", ""),
        live_risk=_live_risk(document["properties"]),
        unique=tuple(identity.get("unique", ())),
        label=identity.get("label", ""),
        tombstone=identity.get("tombstone", ""),
        stamp=identity.get("stamp", ""),
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
        unwritable=part.get("unwritable", {}),
        uuid=part.get("format") == "uuid",
    )


def _compile_endpoint(endpoint: Json) -> Endpoint:
    return Endpoint(
        method=endpoint["method"],
        path=endpoint["path"],
        query=read_query(endpoint.get("query", {})),
        answer=parse_pointer(endpoint.get("answer", "")),
    )


def _compile_list(endpoint: Json) -> ListEndpoint:
    paging = endpoint["paging"]
    return ListEndpoint(
        method=endpoint["method"],
        path=endpoint["path"],
        query=read_query(endpoint.get("query", {})),
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
        narrowed_by=endpoint.get("narrowed_by", {}),
        group=tuple(endpoint.get("group", ())),
        complete=endpoint.get("complete", True),
        closed=endpoint.get("closed", False),
    )


def _list_only_one(get: Json, parts: Json) -> ListEndpoint:
    """List an object that is the only one of its group: the answer to its GET is the one row."""
    return ListEndpoint(
        method=get["method"],
        path=get["path"],
        query=read_query(get.get("query", {})),
        items=parse_pointer(get.get("answer", "")),
        paging=Paging(),
        group=tuple(part["name"] for part in parts),
        single=True,
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


def _live_risk(properties: Json) -> dict[str, Mapping[str, str]]:
    return {name: schema["x-risk"] for name, schema in properties.items() if isinstance(schema.get("x-risk"), dict)}


def _missing(error: KeyError, source: Path) -> SchemaError:
    return SchemaError(f"{source}: {error.args[0]!r} is missing; schemas/meta/ describes the vocabulary")


def _digest(document: Json) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
