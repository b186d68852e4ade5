"""Plan the way back: the reverse of changes that a run made, as declarations that planning understands.

What moved since is left alone and named: only where the live value is still what the run left there does the old value
come back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from reconciler.engine.normal_form import same
from reconciler.engine.verify import live_value
from reconciler.model.paths import MISSING, FieldPath, Json, Missing, format_pointer, pick
from reconciler.model.project import Declared
from reconciler.model.resource_type import ResourceType


@dataclass(frozen=True, slots=True)
class Reversal:
    """One change of a run: what was there before, what the run left. Either is MISSING where nobody knows."""

    path: FieldPath
    before: Json | Missing
    after: Json | Missing


@dataclass(frozen=True, slots=True)
class Left:
    """A field that is not taken back, and why."""

    path: FieldPath
    reason: str


def reverse_changes(
    declared: Declared,
    reversals: Iterable[Reversal],
    *,
    resource_type: ResourceType,
    live: Mapping[str, Json],
    last: Mapping[str, Json],
) -> tuple[Declared, tuple[Left, ...]]:
    """Return a declaration of the old values, and what is left alone.

    `last` is what the ledger says was applied last, by JSON pointer of the field: it stands in for fields that cannot
    be read. Companions of the vendor stay declared as they are.
    """
    spec: dict[str, Json] = {}
    left: list[Left] = []
    for reversal in reversals:
        reason = _find_obstacle(reversal, resource_type=resource_type, live=live, last=last)
        if reason:
            left.append(Left(reversal.path, reason))
        else:
            spec = _put(spec, reversal.path, reversal.before)
    companions = {
        name: declared.spec[name]
        for name in resource_type.companions
        if spec and name not in spec and name in declared.spec
    }
    return replace(declared, spec={**spec, **companions}), tuple(left)


def _find_obstacle(
    reversal: Reversal, *, resource_type: ResourceType, live: Mapping[str, Json], last: Mapping[str, Json]
) -> str:
    name = reversal.path[0]
    known = resource_type.find_field(reversal.path)
    if name not in resource_type.fields and resource_type.union is None:
        return "it is no longer known"
    if reversal.before is MISSING:
        return "what it was before is not known: the API cannot be read back"
    if known.secret:
        return "it is a secret, and only its fingerprint was kept"
    if not known.readable:
        now = pick(last.get(format_pointer((name,)), MISSING), reversal.path[1:])
        return "" if now is MISSING or same(now, reversal.after) else "another apply changed it since"
    return _find_move(reversal, now=live_value(resource_type, reversal.path, live))


def _find_move(reversal: Reversal, *, now: Json | Missing) -> str:
    if reversal.after is MISSING or now is MISSING:
        return "its live value is not known"
    if same(now, reversal.before):
        return "it already is what it was before"
    return "" if same(now, reversal.after) else f"it moved since: it is {now!r} now"


def _put(spec: Mapping[str, Json], path: FieldPath, value: Json) -> dict[str, Json]:
    if len(path) == 1:
        return {**spec, path[0]: value}
    inner = spec.get(path[0])
    return {**spec, path[0]: _put(inner if isinstance(inner, Mapping) else {}, path[1:], value)}
