"""What we know of one field of a vendor's object, and of what lies below it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from reconciler.model.endpoints import Query
from reconciler.model.paths import FieldPath, Json

Clearing = Literal["null", "refuse", "account"]
"""How `null` clears a field: sent as null, not at all, or as the account's `clear` setting says (mark U fields)."""

Merging = Literal["merge", "shallow", "replace", "unknown"]
"""What the vendor does with a nested object in a patch. `shallow` merges its keys and replaces what lies below them; what is
neither merged is sent whole, with the live rest."""

Absence = Literal["null", "unsupported"]
"""What it means when a live object lacks a readable field: not set, or not served by this generation of the API."""

Derivation = Literal["unknown", "null", "language"]
"""What the vendor makes of a field when another one changes: nobody can tell, nothing, or the language (the first two parts) of
the new value."""


@dataclass(frozen=True, slots=True)
class Options:
    """Where the vendor lists the values a field accepts now: a GET, the pointer to the list, the key of a value."""

    path: str
    items: FieldPath
    value: str
    query: Query = ()
    complete: bool = True
    """Whether a value that is not in the list is refused by the vendor; otherwise it is only doubtful."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Kind and field of the object that a value names; `parts` are identity parts of it that the value does not tell."""

    kind: str
    target: str
    parts: Mapping[str, str] = field(default_factory=dict, hash=False)
    uuid: bool = False
    """Whether the value is a UUID to the vendor, so that capitals mean nothing."""

    def __str__(self) -> str:
        return f"{self.kind}.{self.target}"


@dataclass(frozen=True, slots=True)
class Form:
    """What the known values of an open field look like: another one is a warning."""

    means: str
    """The form in words, for a person: "a language such as en-US"."""
    pattern: str = ""
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class Union:
    """An object whose fields depend on the value of one of them (`by`): value -> the fields that only then exist."""

    by: str
    branches: Mapping[str, Mapping[str, Field]]

    def choose(self, values: Mapping[str, Json]) -> Mapping[str, Field] | None:
        """Return the fields of the branch that values choose; None where they choose none, or one that is not known."""
        chosen = values.get(self.by)
        return self.branches.get(chosen) if isinstance(chosen, str) else None

    def list_branches(self, path: FieldPath) -> tuple[str, ...]:
        """List the values that a field at a path depends on; empty where it is in every branch, or in none."""
        found = tuple(value for value, fields in self.branches.items() if _leads(fields, path))
        return () if len(found) == len(self.branches) else found

    def own_names(self) -> frozenset[str]:
        """List the fields that depend on the branch."""
        return frozenset(name for fields in self.branches.values() for name in fields)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a resource type."""

    name: str
    schema: Mapping[str, Json]
    description: str = ""
    types: frozenset[str] = frozenset()
    """JSON types a declared value may have; empty for any."""
    readable: bool = True
    """Whether what is read tells the value: not for what no endpoint returns, nor for secrets, which may be masked."""
    writable: bool = True
    immutable: bool = False
    """Declared to select or document; a difference from the live value is refused."""
    unwritable: tuple[tuple[Json, str], ...] = ()
    """Values that the field can have and nobody can give it, each with the reason."""
    clearing: Clearing = "refuse"
    equals_null: tuple[Json, ...] = ()
    """Values that mean the same as null; None is the normal form of them all."""
    absence: Absence = "null"
    merging: Merging = "replace"
    unordered: bool = False
    """A list whose order means nothing: sorted in normal form."""
    reference: Reference | None = None
    """What the value points at; an expanded object is reduced to that field of it."""
    secret: bool = False
    risk: str = ""
    """Why a change of this field is high risk; empty where it is not."""
    risk_when_empty: str = ""
    """Why emptying this field is high risk, where other changes of it are not."""
    moves: str | None = None
    """The identity part that takes this field's new value: a change moves the object and travels alone."""
    derived_from: Mapping[str, Derivation] = field(default_factory=dict)
    """Fields whose change may change this one (`*`: any change), and into what: then it is no collateral damage."""
    options: Options | None = None
    open_enum: bool = False
    tells_language: bool = False
    """Whether the value begins with the code of the language that a call is in."""
    form: Form | None = None
    advice: str = ""
    """What to do when a declared value of this field is wrong."""
    read_name: str = ""
    """The live key that holds the field, where that is not its name."""
    read_as_list: bool = False
    """Whether the vendor may answer a list of the one value that is written."""
    read_as_text: bool = False
    """Whether the vendor may answer a text of the number that is written, or the number of a text."""
    fields: Mapping[str, Field] = field(default_factory=dict)
    """Known fields of a nested object, of all branches of a union."""
    rest: Field | None = None
    """What is known of the keys of a nested object that are not among `fields`."""
    entries: Field | None = None
    """What is known of each element of a list."""
    union: Union | None = None

    @property
    def live_name(self) -> str:
        """Return the key of a live object that holds the field."""
        return self.read_name or self.name

    def child(self, key: str) -> Field:
        """Return what is known of a key below: the field of that name, or what its siblings have in common."""
        return self.fields.get(key) or self.rest or (self if not self.name else ANY)

    @property
    def tells_all(self) -> bool:
        """Tell whether what is read tells all of the value, at every depth."""
        below = (*self.fields.values(), *((self.rest,) if self.rest else ()))
        return self.readable and all(known.tells_all for known in below)

    @property
    def holds_secret(self) -> bool:
        """Tell whether the field is a secret, or holds one at any depth."""
        below = (*self.fields.values(), *((self.rest,) if self.rest else ()))
        return self.secret or any(known.holds_secret for known in below)

    def list_referred(self) -> Iterator[Reference]:
        """Yield what the field refers to, itself or by what lies below it at any depth, in the elements of lists too."""
        if self.reference:
            yield self.reference
        for below in (*self.fields.values(), *filter(None, (self.rest, self.entries))):
            yield from below.list_referred()

    def list_references(self, value: Json) -> Iterator[tuple[Reference, str]]:
        """Yield each reference that a value in normal form holds, at any depth, with what it names."""
        if self.reference is not None:
            yield from [(self.reference, value)] if isinstance(value, str) else ()
        elif isinstance(value, Mapping):
            for key, inner in value.items():
                yield from self.child(key).list_references(inner)
        elif isinstance(value, list | tuple) and self.entries is not None:
            for inner in value:
                yield from self.entries.list_references(inner)

    def walk(self, path: FieldPath = ()) -> Iterator[tuple[FieldPath, Field]]:
        """Yield this field and all named fields below it, with the paths that lead there; list elements excluded."""
        yield path, self
        for name, known in self.fields.items():
            yield from known.walk((*path, name))


def _leads(fields: Mapping[str, Field], path: FieldPath) -> bool:
    known = fields.get(path[0])
    return known is not None and (len(path) == 1 or _leads(known.fields, path[1:]))


ANY = Field(name="", schema={})
"""A value of which nothing is known."""
