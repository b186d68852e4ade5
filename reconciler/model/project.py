"""What git declares: a project, its accounts, its resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from reconciler.model.diagnostic import Location
from reconciler.model.exemption import Exemption
from reconciler.model.paths import FieldPath, Json
from reconciler.model.reference import Sought, Use
from reconciler.model.resource_type import Identity

ClearSetting = Literal["refuse", "send-null", "send-empty"]


@dataclass(frozen=True, slots=True)
class Account:
    """One configured key at one provider. `credential` is the NAME of an environment variable."""

    name: str
    provider: str
    base_url: str
    credential: str
    region: str = ""
    generation: str = ""
    concurrency: int = 10
    requests_per_minute: int | None = None
    timeout_seconds: float = 30.0
    clear: ClearSetting = "refuse"
    clear_fields: Mapping[str, ClearSetting] = field(default_factory=dict)
    """The same for single fields, by name."""
    workspace: str = ""
    """The id that the vendor lists groups under, where it cannot be found out (PolyAI)."""
    widen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Field -> values that its closed list does not have and the vendor is said to take."""
    location: Location | None = None

    def clear_of(self, name: str) -> ClearSetting:
        """Return how null reaches a field."""
        return self.clear_fields.get(name, self.clear)


@dataclass(frozen=True, slots=True)
class Guards:
    """Bounds on what one apply may change; `max_percent` counts per kind, from ten resources of it on."""

    max_updates: int | None = None
    max_percent: int = 30


@dataclass(frozen=True, slots=True)
class Declared:
    """One resource as git declares it. `spec` holds the owned fields only.

    Either `identity` or `match` is given, or `sought` where only what is live elsewhere tells them.
    """

    address: str
    kind: str
    account: str
    provider: str
    identity: Identity | None
    match: Mapping[str, str]
    spec: Mapping[str, Json]
    location: Location
    protect: bool = False
    generation: str = ""
    """The setting `api` of its account, empty for the default."""
    positions: Mapping[FieldPath, Location] = field(default_factory=dict)
    """Where each value of `spec` stands, by path; what an environment lays over it stands in another file."""
    uses: tuple[Use, ...] = ()
    """The values that hold references; those that are open have a `Template` in their place of `spec`."""
    sought: Sought | None = None

    @property
    def refers_to(self) -> tuple[str, ...]:
        """List the addresses of the resources it takes values from, in the order of their first use."""
        return tuple(dict.fromkeys(one.address for use in self.uses for one in use.template.references))

    @property
    def open(self) -> bool:
        """Tell whether any value of it is known only when what it refers to has been read."""
        return any(use.open for use in self.uses)

    exemptions: tuple[Exemption, ...] = ()
    """Fields that are left different for a while; `spec` holds them until they are taken out (`engine.exempt`)."""

    def locate(self, path: FieldPath) -> Location:
        """Return where a field, or what holds it, stands in the file."""
        for end in range(len(path), 0, -1):
            place = self.positions.get(path[:end])
            if place:
                return place
        return self.location


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with `reconciler.yaml` and all that is declared below it, in order of file and line."""

    root: Path
    accounts: Mapping[str, Account]
    resources: tuple[Declared, ...]
    guards: Guards = Guards()
    ledger: str = "files"
    """`files`, `git`, or the URL of a prefix in object storage."""
    environment: str | None = None
