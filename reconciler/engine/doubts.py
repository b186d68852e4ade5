"""Settle in words what an earlier run left in doubt: compare what it was to write with what is live now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.engine.diff import restrict
from reconciler.engine.normal_form import same
from reconciler.engine.verify import find_unusable, live_value
from reconciler.model.live import Absent, Reading, Unknown
from reconciler.model.paths import MISSING, FieldPath, Json, Missing, format_pointer
from reconciler.model.resource_type import ResourceType


@dataclass(frozen=True, slots=True)
class DoubtfulChange:
    """One field as a run was to change it; MISSING where the value is not known, as it is of a secret."""

    path: FieldPath
    before: Json | Missing
    after: Json | Missing


def settle_doubt(resource_type: ResourceType, changes: Iterable[DoubtfulChange], reading: Reading) -> str:
    """Say what became of a write that was in doubt, as far as the live object tells now."""
    if isinstance(reading, Absent):
        return f"nobody can tell what it did: the object is gone ({reading.proof})"
    unread = (
        reading
        if isinstance(reading, Unknown)
        else find_unusable(resource_type, reading, [one.path[0] for one in changes])
    )
    if isinstance(reading, Unknown) or unread is not None:
        return f"it is still in doubt: {unread.reason if unread else ''}"
    found: dict[str, list[str]] = {}
    for change in changes:
        found.setdefault(_weigh(resource_type, change, reading.value), []).append(format_pointer(change.path))
    return "; ".join(f"{', '.join(paths)} {verdict}" for verdict, paths in found.items()) or "it named no field"


def _weigh(resource_type: ResourceType, change: DoubtfulChange, live: Mapping[str, Json]) -> str:
    known = resource_type.fields.get(change.path[0]) if change.path else None
    if known is None or not known.readable or change.after is MISSING:
        return "cannot be compared, so nobody can tell"
    now = live_value(resource_type, change.path, live)
    if same(restrict(now, change.after), change.after):
        return "has landed"
    if change.before is not MISSING and same(restrict(now, change.before), change.before):
        return "has not landed: it is as it was before"
    return "is something else now, neither as before nor as sent"
