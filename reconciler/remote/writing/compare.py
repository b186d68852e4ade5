"""Compare and set: decide by a fresh reading whether an update may still be sent (law 7)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.engine.encode import reads_back
from reconciler.engine.verify import find_moved, find_unusable, find_wrong, live_value
from reconciler.model.live import Absent, Present, Reading, Unknown
from reconciler.model.outcome import Result
from reconciler.model.paths import MISSING, FieldPath, Json, Missing, format_pointer
from reconciler.model.plan import Change, Update
from reconciler.model.resource_type import ResourceType
from reconciler.model.secret import HIDDEN

_LONGEST_QUOTE = 60


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why an update is not sent."""

    result: Result
    message: str
    wrong_fields: tuple[FieldPath, ...] = ()


def judge(resource_type: ResourceType, update: Update, reading: Reading) -> Present | Verdict:
    """Return the reading where the update may be sent by it, else why not.

    A touched field that is neither as planned before nor as planned after was moved by somebody: it is not overwritten.
    Where all is as planned after already, nothing needs to be sent.
    """
    if isinstance(reading, Present):
        reading = find_unusable(resource_type, reading, [change.path[0] for change in update.changes]) or reading
    if isinstance(reading, Unknown):
        return Verdict(
            Result.REFUSED, f"nothing was sent: it could not be read right before the write: {reading.reason}"
        )
    if isinstance(reading, Absent):
        return Verdict(Result.STALE, f"nothing was sent: the object is gone: {reading.proof}")
    mark = resource_type.tombstone
    if mark and resource_type.look_up(mark, reading.value):
        return Verdict(Result.STALE, f"nothing was sent: the object was deleted ({mark} is set)")
    moved = find_moved(resource_type, update, reading.value)
    if moved:
        words = describe_moves(resource_type, update, moved=moved, live=reading.value)
        return Verdict(Result.STALE, f"nothing was sent: {words}", moved)
    if reads_back(resource_type, update) and not find_wrong(resource_type, update, reading.value):
        return Verdict(Result.VERIFIED, "already so, nothing was sent")
    return reading


def is_comparable(resource_type: ResourceType, update: Update) -> bool:
    """Tell whether any touched field can be read, so that somebody's edit to it can be noticed."""
    return any(resource_type.find_field(change.path).readable for change in update.changes)


def describe_moves(
    resource_type: ResourceType, update: Update, *, moved: tuple[FieldPath, ...], live: Mapping[str, Json]
) -> str:
    """Name each moved field, the value it was planned from and the value found now; never a secret."""
    changes = {change.path: change for change in update.changes}
    return "; ".join(_describe_move(path, changes.get(path), live_value(resource_type, path, live)) for path in moved)


def _describe_move(path: FieldPath, change: Change | None, value: Json | Missing) -> str:
    where = format_pointer(path)
    if change is None:
        return f"the rest of {where}, which travels with it, moved since it was planned"
    before = quote(change.before, secret=change.secret)
    now = quote(value, secret=change.secret)
    return f"{where} was {before} when planned and is {now} now"


def quote(value: Json | Missing, *, secret: bool = False) -> str:
    """Write a value for a person, shortened; a secret stays hidden."""
    if secret:
        return HIDDEN
    if value is MISSING:
        return "(none)"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[: _LONGEST_QUOTE - 1]}…"
