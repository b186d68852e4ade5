"""Put into words what the catalog knows of providers, kinds and fields."""

from __future__ import annotations

import json
from collections.abc import Iterator

from reconciler.model.endpoints import ListEndpoint, Query
from reconciler.model.field import Field, Union
from reconciler.model.paths import Json, format_pointer
from reconciler.model.reference import Template
from reconciler.model.resource_type import Catalog, IdentityPart, Provider, ResourceType
from reconciler.model.secret import HIDDEN, Secret
from reconciler.report.text.explanation import Explanation, Facts

_TYPES = {
    "string": "text",
    "boolean": "true or false",
    "integer": "whole number",
    "number": "number",
    "object": "mapping",
    "array": "list",
}
_BOUNDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "minLength": "at least {} character(s)",
    "maxLength": "at most {} character(s)",
    "pattern": "must match {}",
    "format": "{}",
}
_PAGING = {
    "none": "all at once",
    "offset": "by offset, {size} at a time, until an empty page",
    "page": "by page number, {size} at a time, until the vendor says that there is no more",
    "cursor": "by cursor, until the vendor gives no next one",
}
_MERGING = {
    "shallow": "the vendor merges its keys and replaces what lies below them: a changed key is sent whole, and none can be dropped",
    "merge": "the vendor merges it: only changed keys are sent",
    "replace": "the vendor replaces it: it is sent whole, with the live rest",
    "unknown": "nobody knows whether the vendor merges or replaces it: it is sent whole, with the live rest",
}


def explain_catalog(catalog: Catalog) -> Explanation:
    """Tell which kinds and providers there are."""
    kinds = tuple((known.kind, f"{known.title}: {known.description}") for known in catalog.all_types)
    providers = tuple((each.name, f"{each.title}: {each.description}") for each in catalog.providers.values())
    more = "explain connectors, explain connectors.voiceName, explain polyai, explain an address or an error code"
    facts = (Facts(kinds, "Kinds"), Facts(providers, "Providers"), Facts((("reconciler", more),), "More"))
    return Explanation("What can be declared", facts=facts, marked=True)


def explain_provider(provider: Provider, catalog: Catalog) -> Explanation:
    """Tell what is common to one vendor's API."""
    kinds = list(dict.fromkeys(known.kind for known in catalog.all_types if known.provider == provider.name))
    regions = [region for region in provider.base_urls if region]
    pace = f"{provider.requests_per_minute} a minute, " if provider.requests_per_minute else ""
    rows = [
        ("kinds", ", ".join(kinds)),
        ("address", ", ".join(provider.base_urls.values())),
        ("key", f"environment variable {provider.credential}, sent as {provider.auth_header} to {', '.join(provider.hosts)} only"),
        ("requests", f"{pace}{provider.concurrency} at once, each {provider.timeout_seconds:g} s at most"),
    ]  # fmt: skip
    rows += [("regions", f"{', '.join(regions)} (default {provider.default_region or 'none'})")] if regions else []
    rows += [("generation", provider.generation)] if provider.generation else []
    title = f"{provider.name}: {provider.title}"
    return Explanation(title, provider.description, (Facts(tuple(rows)),), marked=True)


def explain_kind(known: ResourceType, catalog: Catalog) -> Explanation:
    """Tell how objects of a kind are found, read and written, and list their fields."""
    provider = catalog.providers[known.provider]
    rows = [("provider", f"{provider.name} ({provider.title})"), *_tell_identity(known), *_tell_requests(known)]
    rows += [("generation", known.generation)] if known.generation else []
    own = known.union.own_names() if known.union else frozenset[str]()
    owned = tuple((name, sum_up_field(known.fields[name])) for name in known.owned_fields if name not in own)
    others = tuple((name, sum_up_field(each)) for name, each in known.fields.items() if name not in known.owned_fields)
    facts = (
        Facts(tuple(rows)),
        Facts(owned, "Fields that spec may hold"),
        *_tell_branches(known.union),
        Facts(others, "Fields that the vendor sets"),
    )
    return Explanation(f"{known.kind}: {known.title}", known.description, facts, marked=True)


def _tell_branches(union: Union | None) -> Iterator[Facts]:
    for value, fields in union.branches.items() if union else ():
        rows = tuple((name, sum_up_field(each)) for name, each in fields.items())
        yield Facts(rows, f"Only where {union.by if union else ''} is {value}")


def _tell_identity(known: ResourceType) -> Iterator[tuple[str, str]]:
    for part in known.identity:
        name = "id" if len(known.identity) == 1 else f"id.{part.name}"
        yield name, part.description
    required = [part.name for part in known.identity if part.name in (*known.match, *known.list.group)]
    if known.match:
        yield "match", ", ".join(dict.fromkeys((*required, *known.match)))


def _tell_requests(known: ResourceType) -> Iterator[tuple[str, str]]:
    yield "listed", f"{known.list.method} {known.list.path}, {_tell_paging(known.list)}"
    yield from (("narrowed by", f"{name}: {asks}") for name, asks in known.list.narrowed_by.items())
    if known.get is None:
        yield "read", "only through the list: there is no request for one object"
    else:
        yield "read", f"{known.get.method} {known.get.path}{_tell_query(known.get.query)}"
    yield (
        "written",
        f"{known.update.method} {known.update.path}{_tell_query(known.update.query)} with the changed fields",
    )
    if known.carried:
        yield "always sent too", f"{', '.join(known.carried)}: declared or as it is live, since it must travel"
    if known.companions:
        yield "always sent", f"{', '.join(known.companions)}: the vendor demands it with every change"
    if known.fallback:
        yield "sent on demand", f"{', '.join(known.fallback)}: only where the vendor answers 400 without them"
    if known.batch is not None:
        batch = known.batch
        yield "in batches", f"{batch.method} {batch.path}, up to {batch.size} of one {', '.join(batch.group)}"


def _tell_query(query: Query) -> str:
    pairs = [f"{name}={value}" for name, value in query]
    return f"?{'&'.join(pairs)}" if pairs else ""


def _tell_paging(endpoint: ListEndpoint) -> str:
    words = _PAGING[endpoint.paging.style].format(size=endpoint.paging.size)
    filters = f"; filters: {', '.join(endpoint.filters)}" if endpoint.filters else ""
    proof = "" if endpoint.complete else "; not listed does not mean absent"
    return words + filters + proof


def sum_up_field(known: Field) -> str:
    """Say on one line what a field takes and what can be done with it."""
    words = [name_types(known)]
    words += [] if known.readable else ["cannot be read back"]
    words += ["set by the vendor"] if not known.writable and not known.immutable else []
    words += ["cannot be changed"] if known.immutable else []
    words += ["null clears"] if known.clearing == "null" else []
    words += ["high risk"] if known.risk else []
    words += ["secret"] if known.secret else []
    return ", ".join(words)


def name_types(known: Field) -> str:
    """Name the types of a field's values for people."""
    return " or ".join(_TYPES[name] for name in _TYPES if name in known.types) or "any value"


def explain_part(known: ResourceType, part: IdentityPart) -> Explanation:
    """Tell what a part of an identity looks like."""
    rows = [("must match", part.pattern)] if part.pattern else []
    rows += [("not", f"{', '.join(sorted(part.reserved))}: routes of the API")] if part.reserved else []
    rows += [("live field", part.field or "none: it is known from the path")]
    name = "id" if len(known.identity) == 1 else f"id.{part.name}"
    return Explanation(f"{known.kind}.{name} ({known.provider})", part.description, (Facts(tuple(rows)),), marked=True)


def explain_field(known: ResourceType, path: tuple[str, ...], field: Field) -> Explanation:
    """Tell all that is known of one field."""
    nested = tuple((name, sum_up_field(below)) for name, below in field.fields.items())
    facts = (Facts(tuple(_tell_field(known, path, field))), Facts(nested, "Fields in it"))
    title = f"{known.kind}.{'.'.join(path)} ({known.provider})"
    return Explanation(title, field.description, facts, marked=True)


def _tell_field(known: ResourceType, path: tuple[str, ...], field: Field) -> Iterator[tuple[str, str]]:
    yield "type", name_types(field)
    branches = known.union.list_branches(path) if known.union else ()
    if branches and known.union:
        yield "only where", f"{known.union.by} is {', '.join(branches)}"
    if field.schema.get("enum"):
        title = "known values" if field.open_enum else "values"
        yield title, ", ".join(show_value(value) for value in field.schema["enum"])
    bounds = [words.format(field.schema[word]) for word, words in _BOUNDS.items() if word in field.schema]
    if bounds:
        yield "form", "; ".join(bounds)
    if field.options:
        yield "checked", f"plan asks GET {field.options.path} which values the vendor offers now"
    yield "read", _tell_reading(field)
    yield "written", _tell_writing(known, path, field)
    yield "null", _tell_clearing(field)
    if field.form:
        yield "usual form", f"{field.form.means}; another is a warning"
    yield from _tell_rest(known, field)


def _tell_reading(field: Field) -> str:
    if not field.readable:
        return "no: a change by somebody else cannot be seen, and what was applied is compared with the ledger"
    if field.absence == "unsupported":
        return "yes; a live object without it is of a generation of the API that does not serve it"
    return "yes"


def _tell_writing(known: ResourceType, path: tuple[str, ...], field: Field) -> str:
    if field.immutable:
        return "no: it may be declared to document it, and a difference is refused"
    if not field.writable:
        return "no: the vendor sets it"
    travels = path[0] in (*known.companions, *known.carried)
    demanded = " and with every other change: the vendor demands it" if travels else ""
    return f"yes, when it changed{demanded}"


def _tell_clearing(field: Field) -> str:
    if not field.writable:
        return "cannot be declared"
    equal = ", ".join(show_value(value) for value in field.equals_null)
    same = f"; {equal} means the same" if equal else ""
    words = {
        "null": "clears it: sent as null",
        "refuse": "refused: there is no known way to clear it",
        "account": "refused, unless the account says how this vendor clears (`clear: send-null` or `send-empty`)",
    }
    return words[field.clearing] + same


def _tell_reference(field: Field) -> Iterator[tuple[str, str]]:
    if field.reference:
        yield "refers to", f"{field.reference}: give that value, never the object itself"
    if field.entries and field.entries.reference:
        yield "refers to", f"{field.entries.reference}: give a list of these values, never the objects themselves"


def _tell_rest(known: ResourceType, field: Field) -> Iterator[tuple[str, str]]:
    if field.risk:
        yield "high risk", field.risk
    for value, why in known.live_risk.get(field.name, {}).items():
        yield "high risk", f"where it is {value}, any change of the object: {why}"
    yield from _tell_reference(field)
    if field.derived_from:
        yield "follows from", ", ".join(field.derived_from)
    if field.moves:
        yield "moves", f"its new value becomes {field.moves} of the id; such a change travels alone"
    if "object" in field.types:
        yield "nested", _MERGING[field.merging]
    if field.unordered:
        yield "order", "means nothing"
    if field.secret:
        yield "secret", "never shown, stored or compared in clear: write ${secret.NAME}, set RECONCILER_SECRET_NAME"
    if field.advice:
        yield "advice", field.advice


def show_value(value: Json, *, longest: int = 60) -> str:
    """Show a value as YAML would hold it, shortened."""
    if isinstance(value, Secret):
        return f"{HIDDEN} {value.name}".rstrip()
    if isinstance(value, Template):
        return f"{value}, from what is live there"
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= longest else f"{text[: longest - 1]}… ({len(text)} characters)"


def find_field(known: ResourceType, path: tuple[str, ...]) -> Field | None:
    """Find a field, also one within another, by the keys that lead to it."""
    fields, found = known.fields, None
    for key in path:
        found = fields.get(key)
        if found is None:
            return None
        fields = found.fields
    return found


def name_path(path: tuple[str, ...]) -> str:
    """Write a path as people do."""
    return format_pointer(path).lstrip("/").replace("/", ".")
