"""Plan the way back: the reverse of changes that a run made, as declarations that planning understands.

What moved since is left alone and named: only where the live value is still what the run left there does the old value
come back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from reconciler.engine.normal_form import same
from reconciler.engine.verify import live_value
from reconciler.model.ledger import Ledger
from reconciler.model.paths import MISSING, FieldPath, Json, Missing, format_pointer, pick
from reconciler.model.plan import Cause, Change, Update
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
    moved: bool = False
    """Whether it could be taken back by overwriting what somebody did since."""
    done: bool = False
    """Whether there is nothing to take back: it is what it was."""


def reverse_changes(
    declared: Declared,
    reversals: Iterable[Reversal],
    *,
    resource_type: ResourceType,
    live: Mapping[str, Json],
    last: Mapping[str, Json],
    accept_moved: bool = False,
) -> tuple[Declared, tuple[Left, ...]]:
    """Return a declaration of the old values, and what is left alone; with `accept_moved` not what moved since.

    `last` is what the ledger says was applied last, by JSON pointer of the field: it stands in for fields that cannot
    be read. Companions of the vendor stay declared as they are.
    """
    spec: dict[str, Json] = {}
    left: list[Left] = []
    for reversal in reversals:
        obstacle = _find_obstacle(reversal, resource_type=resource_type, live=live, last=last)
        if obstacle and not (accept_moved and obstacle.moved):
            left.append(obstacle)
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
) -> Left | None:
    path = reversal.path
    known = resource_type.find_field(path)
    if path[0] not in resource_type.fields:
        return Left(path, "it is no longer known")
    if reversal.before is MISSING:
        return Left(path, "what it was before is not known: the API cannot be read back")
    if known.secret:
        return Left(path, "it is a secret, and only its fingerprint was kept")
    if not known.readable:
        now = pick(last.get(format_pointer(path[:1]), MISSING), path[1:])
        moved = now is not MISSING and not same(now, reversal.after)
        return Left(path, "another apply changed it since", moved=True) if moved else None
    return _find_move(reversal, now=live_value(resource_type, path, live))


def _find_move(reversal: Reversal, *, now: Json | Missing) -> Left | None:
    if reversal.after is MISSING or now is MISSING:
        return Left(reversal.path, "its live value is not known")
    if same(now, reversal.before):
        return Left(reversal.path, "it already is what it was before", done=True)
    if same(now, reversal.after):
        return None
    return Left(reversal.path, f"it moved since: it is {now!r} now", moved=True)


def mark_undone(updates: Iterable[Update], ledger: Ledger) -> tuple[Update, ...]:
    """Return updates in which each change that an undo took back, and git still declares, names that run."""
    return tuple(
        replace(update, changes=tuple(_mark(change, update, ledger) for change in update.changes)) for update in updates
    )


def _mark(change: Change, update: Update, ledger: Ledger) -> Change:
    if change.cause is not Cause.CONFIG or change.secret:
        return change
    identity = update.identity.as_json()
    run = ledger.find_undo(update.address, identity=identity, path=change.path, value=change.after)
    return replace(change, undone_by=run) if run else change


def _put(spec: Mapping[str, Json], path: FieldPath, value: Json) -> dict[str, Json]:
    if len(path) == 1:
        return {**spec, path[0]: value}
    inner = spec.get(path[0])
    return {**spec, path[0]: _put(inner if isinstance(inner, Mapping) else {}, path[1:], value)}
