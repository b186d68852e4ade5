"""What we know of one vendor's API objects, as frozen values. `vendors` compiles them from `schemas/`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from reconciler.model.endpoints import BatchEndpoint, Endpoint, ListEndpoint, NumbersEndpoint
from reconciler.model.field import ANY, Field, Union
from reconciler.model.paths import FieldPath, Json
from reconciler.model.uuids import fold_uuid


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
    unwritable: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Value -> why an object with it cannot be written, though it can be read."""
    uuid: bool = False
    """Whether the vendor keeps it as a UUID, so that capitals mean nothing."""

    def spell(self, text: str) -> str:
        """Return the one spelling of a value of this part."""
        return fold_uuid(text) if self.uuid else text


@dataclass(frozen=True, slots=True)
class GenerationShape:
    """How to recognise another generation of the same kind by its list, and the name that `api` chooses it by."""

    api: str
    items: FieldPath
    identity: tuple[str, ...]
    """The live fields that tell which object a row is."""
    shown: frozenset[str]
    """The fields that a row may show; empty where it may show any."""
    served: frozenset[str]
    """The fields that may be declared."""


@dataclass(frozen=True, slots=True, repr=False)
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
    """Fields the vendor demands with every update, which must come from git."""
    fallback: tuple[str, ...]
    """Fields that documentation calls required: filled from the live object once, where a 400 answers without them."""
    list: ListEndpoint
    get: Endpoint | None
    update: Endpoint
    batch: BatchEndpoint | None
    numbers: NumbersEndpoint | None
    spec_schema: Mapping[str, Json]
    """Plain JSON Schema of what `spec` may hold."""
    carried: tuple[str, ...] = ()
    """Fields that must travel with every update, and take their live value where git does not declare them."""
    generation: str = ""
    union: Union | None = None
    api: str = ""
    """The setting `api` of an account that chooses this generation; empty for the one the others differ from."""
    others: tuple[GenerationShape, ...] = ()
    """Other generations of this kind."""
    live_risk: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Field -> live value -> why any change to such an object is high risk."""
    unique: tuple[str, ...] = ()
    """Fields and identity parts that no two objects may have all alike, e.g. a product and the name in it."""
    label: str = ""
    """The field a person knows the object by."""
    tombstone: str = ""
    """The field that is set on an object that was deleted softly: such an object counts as absent."""
    stamp: str = ""
    """The live field that moves with each write and with nothing else."""
    phone_number: str = ""
    """The field that holds an E.164 number, for the picture of the calls."""
    digest: str = ""
    """Fingerprint of the schema file: a saved plan is bound to it."""

    def __repr__(self) -> str:
        return f"ResourceType({self.name})"

    @property
    def name(self) -> str:
        """Name the resource type as `provider/kind`, or `provider/generation/kind`."""
        return "/".join(filter(None, (self.provider, self.api, self.kind)))

    @property
    def is_number(self) -> bool:
        """Tell whether an object of this type is a phone number itself, and not something that has one."""
        return bool(self.phone_number) and any(part.field == self.phone_number for part in self.identity)

    @property
    def key(self) -> tuple[str, str, str]:
        """Return provider, kind and generation."""
        return (self.provider, self.kind, self.api)

    @property
    def owned_fields(self) -> tuple[str, ...]:
        """List the fields that `spec` may hold."""
        return tuple(name for name, known in self.fields.items() if known.writable or known.immutable)

    def live_name(self, name: str) -> str:
        """Return the key of a live object that holds a field; a name that is no field's is the key itself."""
        known = self.fields.get(name)
        return known.live_name if known else name

    def look_up(self, name: str, live: Mapping[str, Json]) -> Json:
        """Return what a live object holds of a field, as the vendor answered it; None where it holds nothing."""
        return live.get(self.live_name(name))

    def read_label(self, live: Mapping[str, Json]) -> str:
        """Return the name that people know a live object by; empty where it has none."""
        held = self.look_up(self.label, live) if self.label else None
        return held if isinstance(held, str) else ""

    def choose_branch(self, live: Mapping[str, Json]) -> Mapping[str, Field] | None:
        """Return the fields that the union adds to a live object; None where it adds none, or nobody knows which."""
        return self.union.choose({self.union.by: self.look_up(self.union.by, live)}) if self.union else None

    def find_field(self, path: FieldPath) -> Field:
        """Return what is known of the field at a path, at any depth; nothing is known of what the schema does not name."""
        known = self.fields.get(path[0], ANY)
        for key in path[1:]:
            known = known.child(key)
        return known


@dataclass(frozen=True, slots=True)
class GroupList:
    """A GET that lists the values of an identity part: the pointer to the rows, the key of the value in each."""

    path: str
    items: FieldPath
    value: str


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
    generations: tuple[str, ...] = ()
    """All generations that the setting `api` of an account may name, the default one first; empty where there is only one."""
    probe: str = ""
    """A cheap GET that any accepted key may do, for `doctor`."""
    groups: Mapping[str, GroupList] = field(default_factory=dict)
    """Identity part -> where the vendor lists its values, for kinds that are listed for one value at a time."""
    description: str = ""
    digest: str = ""


class Typed(Protocol):
    """Something that is of one resource type: a declared resource, or an update of one."""

    @property
    def provider(self) -> str:
        """The vendor."""

    @property
    def kind(self) -> str:
        """The kind."""

    @property
    def generation(self) -> str:
        """The setting `api` of its account, empty for the default."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """All providers and resource types we know, by name and by (provider, kind).

    `generations` holds those of another generation than the default one, by (provider, kind, setting `api`).
    """

    providers: Mapping[str, Provider]
    resource_types: Mapping[tuple[str, str], ResourceType]
    generations: Mapping[tuple[str, str, str], ResourceType] = field(default_factory=dict)

    @property
    def kinds(self) -> tuple[str, ...]:
        """List the kinds in the order they were compiled, each once."""
        return tuple(dict.fromkeys(known.kind for known in self.all_types))

    @property
    def all_types(self) -> tuple[ResourceType, ...]:
        """List the resource types of all generations, those of the default one first."""
        return (*self.resource_types.values(), *self.generations.values())

    def of(self, typed: Typed) -> ResourceType:
        """Return the resource type of a declared resource or an update."""
        return (
            self.generations.get((typed.provider, typed.kind, typed.generation))
            or self.resource_types[typed.provider, typed.kind]
        )

    def find(self, provider: str, kind: str, generation: str = "") -> ResourceType | None:
        """Return what a generation of a vendor's API offers under a kind; None where it has no such kind."""
        return self.generations.get((provider, kind, generation)) or self.resource_types.get((provider, kind))

    def offered(self, provider: str, generation: str = "") -> tuple[ResourceType, ...]:
        """List the resource types that a generation of a vendor's API offers."""
        own = {
            kind: known
            for (name, kind, api), known in self.generations.items()
            if (name, api) == (provider, generation)
        }
        rest = {kind: known for (name, kind), known in self.resource_types.items() if name == provider}
        return tuple({**rest, **own}.values())
