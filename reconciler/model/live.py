"""What a read found out about a live object: three outcomes (law 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from reconciler.model.paths import Json
from reconciler.model.resource_type import Identity


@dataclass(frozen=True, slots=True)
class Present:
    """The object as the vendor answered it. `read_at` is the monotonic clock, in seconds."""

    identity: Identity
    value: Mapping[str, Json]
    read_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Absent:
    """Proved not to exist: by a 404 on a known id or a complete list. `proof` says which, for a person."""

    proof: str
    code: str = "absent-object"


@dataclass(frozen=True, slots=True)
class Unknown:
    """Could not be read; never treated as absent. `reason` names the request and what it got."""

    reason: str
    code: str = "read-failed"
    advice: str = ""


Reading: TypeAlias = Present | Absent | Unknown


@dataclass(frozen=True, slots=True)
class LiveState:
    """What was read for a project: a reading for each address, and the values each options list offered."""

    readings: Mapping[str, Reading]
    options: Mapping[tuple[str, str], frozenset[str]]
    """(account, options path) -> values offered; missing where the list could not be read."""
    requests: int = 0
    missing: Mapping[tuple[str, str, str], str] = field(default_factory=dict, kw_only=True)
    """(account, kind, value of a reference) -> the proof that it names nothing."""
    numbers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Address -> phone numbers (E.164) that reach the object, where the vendor lists them apart from it."""
