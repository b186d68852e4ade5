"""What became of one update."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.paths import FieldPath, Json
from reconciler.model.plan import Update


class Result(StrEnum):
    """The end of an update (law 6). The wording a person sees stands in `report`."""

    VERIFIED = "verified"
    """Read back and equal."""
    ACCEPTED = "accepted"
    """The vendor said yes and cannot be read back."""
    REJECTED = "rejected"
    """The vendor said no, and reading found nothing changed."""
    MISMATCH = "mismatch"
    """The vendor said yes, but what was read back is not what was sent, or something else changed too."""
    IN_DOUBT = "in_doubt"
    """Sent, no clear answer, and reading again, for as long as it may still land, did not settle it."""
    STALE = "stale"
    """A touched field moved since it was planned; nothing was sent."""
    REFUSED = "refused"
    """A guard or a protection; nothing was sent."""
    NOT_ATTEMPTED = "not_attempted"
    """Interrupted before its turn, or its account failed before."""


SETTLED = frozenset({Result.VERIFIED, Result.ACCEPTED})


@dataclass(frozen=True, slots=True)
class Collateral:
    """A field that was not sent but changed during the write."""

    path: FieldPath
    before: Json
    after: Json


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A field that was written and reads back otherwise. `reason` says what the vendor likely did to it; empty where nothing explains it."""

    path: FieldPath
    planned: Json
    live: Json
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one update, with what a person needs to act on it.

    `status` is the HTTP status (0 where none came), `seconds` the time from sending to the end of verification.
    """

    update: Update
    result: Result
    message: str = ""
    status: int = 0
    request_id: str = ""
    seconds: float = 0.0
    wrong_fields: tuple[FieldPath, ...] = ()
    collateral: tuple[Collateral, ...] = ()
    mismatches: tuple[Mismatch, ...] = ()
    """Each wrong field with its live value beside the planned one, where both can be compared."""
