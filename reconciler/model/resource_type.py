"""What we know of one vendor's API objects, as frozen values. `vendors` compiles them from `schemas/`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from reconciler.model.paths import FieldPath, Json

Clearing = Literal["null", "refuse", "account"]
"""How `null` clears a field: sent as null, not at all, or as the account's `clear` setting says (mark U fields)."""

Merging = Literal["merge", "replace", "unknown"]
"""What the vendor does with a nested object in a patch. All but `merge` are sent whole, with the live rest."""

Absence = Literal["null", "unsupported"]
"""What it means when a live object lacks a readable field: not set, or not served by this generation of the API."""


@dataclass(frozen=True, slots=True)
class Options:
    """Where the vendor lists the values a field accepts now: a GET, the pointer to the list, the key of a value."""

    path: str
    items: FieldPath
    value: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a resource type."""

    name: str
    schema: Mapping[str, Json]
    description: str = ""
    types: frozenset[str] = frozenset()
    """JSON types a declared value may have; empty for any."""
    readable: bool = True
    writable: bool = True
    immutable: bool = False
    """Declared to select or document; a difference from the live value is refused."""
    clearing: Clearing = "refuse"
    equals_null: tuple[Json, ...] = ()
    """Values that mean the same as null; None is the normal form of them all."""
    absence: Absence = "null"
    merging: Merging = "replace"
    unordered: bool = False
    """A list whose order means nothing: sorted in normal form."""
    reference: str | None = None
    """`kind.field` that the value points at; an expanded object is reduced to that field of it."""
    secret: bool = False
    risk: str = ""
    """Why a change of this field is high risk; empty where it is not."""
    moves: str | None = None
    """The identity part that takes this field's new value: a change moves the object and travels alone."""
    derived_from: tuple[str, ...] = ()
    """Fields whose change may change this one: then it is no collateral damage."""
    options: Options | None = None
    open_enum: bool = False
    advice: str = ""
    """What to do when a declared value of this field is wrong."""
    fields: Mapping[str, Field] = field(default_factory=dict)
    """Known fields of a nested object."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A request: path and query hold `{part}` for identity parts, filled in percent-encoded."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    answer: FieldPath = ()
    """Where the object stands in the answer."""


PagingStyle = Literal["none", "offset", "page", "cursor"]


@dataclass(frozen=True, slots=True)
class Paging:
    """How a list is paged.

    `size` is what we ask for a page; `position_parameter` carries offset, page number (from 1) or cursor. `more` and
    `next` point at the vendor's own word on whether there is more; `total` is a hint only, never a reason to stop.
    """

    style: PagingStyle = "none"
    size: int = 0
    size_parameter: str = ""
    position_parameter: str = ""
    more: FieldPath = ()
    next: FieldPath = ()
    total: FieldPath = ()


@dataclass(frozen=True, slots=True)
class ListEndpoint:
    """A request that lists objects. `group` are identity parts the path needs (one list for each value of them)."""

    method: str
    path: str
    query: Mapping[str, str]
    items: FieldPath
    paging: Paging
    filters: Mapping[str, str] = field(default_factory=dict)
    """Field -> query parameter that filters exactly and may be repeated."""
    filter_size: int = 50
    """How many values of a filter fit in one request."""
    group: tuple[str, ...] = ()
    complete: bool = True
    """Whether a list that was read to its end proves the absence of what is not in it."""
    closed: bool = False
    """Whether an unknown field in a row means another generation of the API: then nothing is believed."""


@dataclass(frozen=True, slots=True)
class BatchEndpoint:
    """A request that carries several updates of one group; each has its own result, matched by `key`."""

    method: str
    path: str
    updates: str
    key: str
    """The identity part that stands in each entry."""
    results: FieldPath
    success: str
    answer: str
    error: str
    size: int
    group: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NumbersEndpoint:
    """A GET that lists the phone numbers of one group with the object that each reaches, named by `key`."""

    path: str
    items: FieldPath
    number: str
    key: str
    group: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """The parts that identify a live object, in order, e.g. (("agentId", "P-1"), ("connectorId", "c-1"))."""

    parts: tuple[tuple[str, str], ...]

    def __getitem__(self, name: str) -> str:
        return dict(self.parts)[name]

    def replace(self, name: str, value: str) -> Identity:
        """Return the identity with one part changed."""
        return Identity(tuple((key, value if key == name else old) for key, old in self.parts))

    def as_json(self) -> Json:
        """Return the only part's value, or the parts by name where there are several."""
        return self.parts[0][1] if len(self.parts) == 1 else dict(self.parts)

    def __str__(self) -> str:
        return "/".join(value for _, value in self.parts)


@dataclass(frozen=True, slots=True)
class IdentityPart:
    """One part of an identity: the live field that holds it, what it must look like, words that are routes instead."""

    name: str
    field: str | None
    """The live field, or None where the answer does not contain it (it is known from the path)."""
    pattern: str
    reserved: frozenset[str] = frozenset()
    description: str = ""


@dataclass(frozen=True, slots=True)
class ResourceType:
    """Provider and kind: all we know of one API object."""

    provider: str
    kind: str
    title: str
    description: str
    identity: tuple[IdentityPart, ...]
    match: tuple[str, ...]
    """Natural keys that `match:` accepts, e.g. productId and name; identity parts among them are always required."""
    fields: Mapping[str, Field]
    companions: tuple[str, ...]
    """Fields the vendor demands with every update."""
    fallback: tuple[str, ...]
    """Fields that documentation calls required: filled from the live object once, where a 400 answers without them."""
    list: ListEndpoint
    get: Endpoint | None
    update: Endpoint
    batch: BatchEndpoint | None
    numbers: NumbersEndpoint | None
    spec_schema: Mapping[str, Json]
    """Plain JSON Schema of what `spec` may hold."""
    generation: str = ""
    live_risk: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Field -> live value -> why any change to such an object is high risk."""
    label: str = ""
    """The live field a person knows the object by."""
    tombstone: str = ""
    """The live field that is set on an object that was deleted softly: such an object counts as absent."""
    phone_number: str = ""
    """The field that holds an E.164 number, for the picture of the calls."""
    digest: str = ""
    """Fingerprint of the schema file: a saved plan is bound to it."""

    @property
    def name(self) -> str:
        """Name the resource type as `provider/kind`."""
        return f"{self.provider}/{self.kind}"

    @property
    def owned_fields(self) -> tuple[str, ...]:
        """List the fields that `spec` may hold."""
        return tuple(name for name, known in self.fields.items() if known.writable or known.immutable)


@dataclass(frozen=True, slots=True)
class Provider:
    """What is common to all of one vendor's API."""

    name: str
    title: str
    base_urls: Mapping[str, str]
    """Region -> base URL; the only key is "" for a vendor without regions."""
    hosts: tuple[str, ...]
    """Hosts the vendor's key may be sent to."""
    credential: str
    """The environment variable with the key, unless the account names another."""
    auth_header: str
    auth_prefix: str
    error_messages: tuple[FieldPath, ...]
    error_form: frozenset[str]
    """The keys of an error answer, all of them and no others: who answers otherwise is not the vendor."""
    request_id_header: str
    generation: str
    timeout_seconds: float
    concurrency: int
    requests_per_minute: int | None
    absent_status: frozenset[int] = frozenset({404})
    default_region: str = ""
    probe: str = ""
    """A cheap GET that any accepted key may do, for `doctor`."""
    description: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Catalog:
    """All providers and resource types we know, by name and by (provider, kind)."""

    providers: Mapping[str, Provider]
    resource_types: Mapping[tuple[str, str], ResourceType]

    @property
    def kinds(self) -> tuple[str, ...]:
        """List the kinds in the order they were compiled, each once."""
        return tuple(dict.fromkeys(kind for _, kind in self.resource_types))
