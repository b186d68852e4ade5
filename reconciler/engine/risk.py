"""Say why a change is high risk, as the schema has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.model.field import Field
from reconciler.model.paths import FieldPath, Json, Missing
from reconciler.model.plan import Change
from reconciler.model.resource_type import ResourceType


def find_risk(resource_type: ResourceType, path: FieldPath, *, before: Json | Missing, after: Json) -> str:
    """Return why a change at a path is high risk: because of the field, what holds it, or what is set or lost below it."""
    holders = [resource_type.find_field(path[: place + 1]) for place in range(len(path))]
    known = holders[-1]
    emptied = [known.risk_when_empty] if after is None or after in ("", {}, []) else []
    found = [*emptied, *(holder.risk for holder in reversed(holders)), *_list_below(known, after)]
    if isinstance(before, Mapping) and not isinstance(after, Mapping):
        found += _list_lost(known, before)
    return next(filter(None, found), "")


def _list_below(known: Field, value: Json) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield known.child(key).risk
            yield from _list_below(known.child(key), inner)


def _list_lost(known: Field, value: Json) -> Iterator[str]:
    """Yield why it matters that what an object held is there no more."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            below = known.child(key)
            yield from (below.risk_when_empty, below.risk) if inner is not None else ()
            yield from _list_lost(below, inner)


def collect_risks(resource_type: ResourceType, changes: Sequence[Change], live: Mapping[str, Json]) -> tuple[str, ...]:
    """List what makes an update high risk, one sentence each: what the object is now, then what changes."""
    of_fields = [f"{'.'.join(change.path)}: {change.risk}" for change in changes if change.risk]
    of_object = [
        f"{field} is {held}: {reasons[held]}"
        for field, reasons in resource_type.live_risk.items()
        if isinstance(held := resource_type.look_up(field, live), str) and held in reasons
    ]
    return tuple(dict.fromkeys([*of_object, *of_fields]))
