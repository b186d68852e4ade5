"""Compare what was planned with what is read before and after a write."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from reconciler.engine.diff import restrict
from reconciler.engine.encode import keep_sendable, list_whole
from reconciler.engine.forms import adopt_form, explain_difference
from reconciler.engine.normal_form import keep_readable, normalise, normalise_live, read_field, same
from reconciler.model.field import Field
from reconciler.model.live import Present, Unknown
from reconciler.model.outcome import Collateral, Mismatch
from reconciler.model.paths import MISSING, FieldPath, Json, Missing, pick
from reconciler.model.plan import Change, Update
from reconciler.model.resource_type import ResourceType
from reconciler.model.spoiled import find_spoiled, list_spoiled


def find_unusable(resource_type: ResourceType, reading: Present, names: Iterable[str]) -> Unknown | None:
    """Say which of the named fields the answer does not truly tell: nothing is planned from it or compared with it.

    What stands where a secret belongs, or beside the id in what a reference names, is not read at all.
    """
    if not list_spoiled(reading.value):
        return None
    shown = {resource_type.live_name(name): _read_any(resource_type, name, reading.value) for name in names}
    spoiled = list_spoiled({name: held for name, held in shown.items() if name in reading.value})
    if not spoiled:
        return None
    told = "; ".join(f"what was answered as {name} {why}" for name, why in spoiled.items())
    advice = "Remove it at the vendor. If it was a key, replace that key: whoever can read this object can read it too."
    return Unknown(f"{reading.identity}: {told}", code="answer-spoiled", advice=advice)


def _read_any(resource_type: ResourceType, name: str, live: Mapping[str, Json]) -> Json | Missing:
    known = resource_type.fields.get(name)
    return read_field(known, live) if known else live.get(name)


def find_moved(resource_type: ResourceType, update: Update, live: Mapping[str, Json]) -> tuple[FieldPath, ...]:
    """List the touched fields that moved since they were planned (law 7).

    A field that already has the planned value has not moved; one that cannot be read never does. Where a nested object
    is sent whole, all of it is touched: its other keys must be what the plan was made from. So must what only
    accompanies the changes.
    """
    moved = [
        change.path
        for change in update.changes
        if change.before is not MISSING
        and not _is_either(resource_type.find_field(change.path), change, live_value(resource_type, change.path, live))
    ]
    return (
        *moved,
        *_find_moved_rest(resource_type, update, live),
        *_find_moved_companions(resource_type, update, live),
    )


def _find_moved_companions(
    resource_type: ResourceType, update: Update, live: Mapping[str, Json]
) -> Iterator[FieldPath]:
    for name in update.request.companions:
        known = resource_type.find_field((name,))
        now = read_field(known, live)
        if now is not MISSING and not _fits(known, normalise(known, update.request.body.get(name)), now):
            yield (name,)


def was_written(resource_type: ResourceType, *, before: Mapping[str, Json], after: Mapping[str, Json]) -> bool:
    """Tell whether the vendor's stamp shows a write between two readings, by whomever and to whichever field.

    It sees what comparing fields cannot: a write that was taken back. So it decides where one of ours may have been carried out.
    It does not spare the comparison before a first write: that costs no request, and how the stamp moves is not documented.
    """
    old, new = before.get(resource_type.stamp), after.get(resource_type.stamp)
    return old is not None and new is not None and not same(old, new)


def find_wrong(resource_type: ResourceType, update: Update, live: Mapping[str, Json]) -> tuple[FieldPath, ...]:
    """List the touched fields that can be read and are not what the plan wanted (law 3)."""
    return tuple(
        change.path
        for change in update.changes
        if (known := resource_type.find_field(change.path)).readable
        and not _fits(known, change.after, live_value(resource_type, change.path, live))
    )


def list_mismatches(
    resource_type: ResourceType, update: Update, live: Mapping[str, Json], *, wrong: Collection[FieldPath]
) -> tuple[Mismatch, ...]:
    """Put the live value of each wrong field beside the planned one, with the likely reason."""
    found = []
    for change in update.changes:
        if change.path in wrong:
            seen = restrict(live_value(resource_type, change.path, live), change.after)
            told = None if seen is MISSING else seen
            found.append(Mismatch(change.path, change.after, told, explain_difference(change.after, told)))
    return tuple(found)


def find_collateral(
    resource_type: ResourceType, update: Update, *, before: Mapping[str, Json], after: Mapping[str, Json]
) -> tuple[Collateral, ...]:
    """List the fields that were not sent but changed during the write.

    A field that the vendor derives from a touched one is none of them, unless it became something else than the plan
    told; nor is one that shows another object through a reference, whoever changed that object. Of a touched object the
    untouched keys count.
    """
    old, new = normalise_live(resource_type, before), normalise_live(resource_type, after)
    touched = {change.path[0] for change in update.changes} | {*update.request.companions, resource_type.stamp}
    derived = {name for name, known in resource_type.fields.items() if {*touched, "*"} & set(known.derived_from)}
    told = {consequence.path[0]: consequence.after for consequence in update.consequences}
    derived -= {name for name, after in told.items() if after is not MISSING and not same(after, new.get(name))}
    expected = touched | derived | _list_lent(resource_type)
    damage = [
        Collateral((name,), before=old.get(name), after=new.get(name))
        for name in (old | new)
        if name not in expected
        and not _is_still(resource_type.find_field((name,)), old.get(name), new.get(name))
        and not find_spoiled([old.get(name), new.get(name)])
    ]
    return (*damage, *_find_nested_damage(resource_type, update, old=old, new=new))


def _is_still(known: Field, before: Json, after: Json) -> bool:
    """Tell whether an untouched value is the one before, in whichever form the vendor keeps it."""
    return same(adopt_form(known, after, before), before)


def _list_lent(resource_type: ResourceType) -> set[str]:
    """List the fields that belong to an object that another field refers to, such as the name of a number's agent."""
    return {
        name
        for name, known in resource_type.fields.items()
        if any(resource_type.find_field((source,)).reference for source in known.derived_from)
    }


def live_value(resource_type: ResourceType, path: FieldPath, live: Mapping[str, Json]) -> Json | Missing:
    """Return the normal form of what a live object holds at a path; a key not in an object is null."""
    if not resource_type.find_field(path).readable:
        return MISSING
    top = read_field(resource_type.find_field(path[:1]), live)
    if len(path) == 1 or top is MISSING:
        return top
    inner = pick(top, path[1:])
    return None if inner is MISSING else inner


def _is_either(known: Field, change: Change, value: Json | Missing) -> bool:
    """Tell whether a value is the planned one or still the one before.

    Of an object only the keys of `before` count where an object is set over it; anything else replaces it whole.
    """
    owned = restrict(value, change.before) if isinstance(change.after, Mapping) else value
    return _fits(known, change.after, value) or same(adopt_form(known, owned, change.before), change.before)


def _fits(known: Field, wanted: Json, value: Json | Missing) -> bool:
    """Tell whether a live value is what was wanted; of an object only the declared keys count."""
    return value is not MISSING and same(adopt_form(known, restrict(value, wanted), wanted), wanted)


def _find_moved_rest(resource_type: ResourceType, update: Update, live: Mapping[str, Json]) -> tuple[FieldPath, ...]:
    moved: list[FieldPath] = []
    for name in dict.fromkeys(change.path[0] for change in update.changes):
        top = resource_type.find_field((name,))
        touched = _touched_keys(update, name)
        for path, known in list_whole(top, update.request.body.get(name)):
            sent = _drop_untold(known, pick(update.request.body[name], path))
            held = _drop_untold(known, keep_sendable(known, _pick_live(live, top, path)))
            below = frozenset(key[len(path) :] for key in touched if key[: len(path)] == path)
            if not same(_without(sent, below), _without(held, below)):
                moved.append((name, *path))
    return tuple(moved)


def _drop_untold(known: Field, value: Json) -> Json:
    return normalise(known, keep_readable(known, value))


def _pick_live(live: Mapping[str, Json], top: Field, path: FieldPath) -> Json:
    held = pick(live, (top.live_name, *path))
    return None if held is MISSING else held


def _find_nested_damage(
    resource_type: ResourceType, update: Update, *, old: Mapping[str, Json], new: Mapping[str, Json]
) -> tuple[Collateral, ...]:
    damage = []
    for name in dict.fromkeys(change.path[0] for change in update.changes):
        touched = _touched_keys(update, name)
        before, after = _without(old.get(name), touched), _without(new.get(name), touched)
        known = resource_type.find_field((name,))
        if isinstance(old.get(name), Mapping) and not _is_still(known, before, after):
            damage.append(Collateral((name,), before=before, after=after))
    return tuple(damage)


def _touched_keys(update: Update, name: str) -> frozenset[FieldPath]:
    """Collect the paths below one field that the update sets, as seen from that field."""
    paths: set[FieldPath] = set()
    for change in update.changes:
        if change.path[0] == name:
            paths |= {(*change.path[1:], *leaf) for leaf in _leaves(change.after)}
    return frozenset(paths)


def _leaves(value: Json) -> set[FieldPath]:
    if not isinstance(value, Mapping) or not value:
        return {()}
    return {(key, *leaf) for key, inner in value.items() for leaf in _leaves(inner)}


def _without(value: Json | Missing, paths: frozenset[FieldPath], at: FieldPath = ()) -> Json:
    """Drop the named leaves from an object, what stands in their way, and objects that are empty without them."""
    if at in paths or value is MISSING:
        return None
    if not isinstance(value, Mapping):
        return None if any(path[: len(at)] == at for path in paths) else value
    kept = {key: _without(inner, paths, (*at, key)) for key, inner in value.items()}
    return {key: inner for key, inner in kept.items() if inner is not None} or None
