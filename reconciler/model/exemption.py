"""A field that is left different on purpose, for a while and for a reason."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.diagnostic import Location
from reconciler.model.paths import MISSING, FieldPath, Json, Missing


@dataclass(frozen=True, slots=True)
class Exemption:
    """One entry of `ignore`: until that day, which is included, the field is shown and not sent.

    `value` is what git declares; MISSING until it was taken out of `spec`.
    """

    path: FieldPath
    reason: str
    until: str
    """ISO 8601."""
    location: Location
    value: Json | Missing = MISSING


@dataclass(frozen=True, slots=True)
class Ignored:
    """A difference that an exemption covers: what git declares, and what is live (MISSING where it cannot be read)."""

    address: str
    account: str
    path: FieldPath
    declared: Json
    live: Json | Missing
    reason: str
    until: str
    """ISO 8601."""
    location: Location
    secret: bool = False
