"""Find the changes between declared and live values, leaf by leaf.

Equality on normal forms comes first (microseconds); DeepDiff, the only user of which is this module, is imported and
asked only about nested objects that differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from reconciler.engine.forms import adopt_form
from reconciler.engine.normal_form import SCALARS, keep_readable, normalise, read_field, same
from reconciler.model.field import ANY, Field
from reconciler.model.paths import MISSING, FieldPath, Json, Missing, pick
from reconciler.model.resource_type import ResourceType

Difference: TypeAlias = tuple[FieldPath, "Json | Missing", Json]
"""Path, before, after; before is MISSING where the live value is not known or the key is not there."""


def find_differences(
    resource_type: ResourceType, *, declared: Mapping[str, Json], live: Mapping[str, Json]
) -> Iterator[Difference]:
    """Yield what differs among the owned fields, in the order in which they are declared."""
    fields = resource_type.fields
    for name, value in declared.items():
        known = fields.get(name, ANY)
        if not _is_plainly_equal(known, value, live):
            yield from compare_field(known, before=read_field(known, live), after=normalise(known, value))


def _is_plainly_equal(known: Field, value: Json, live: Mapping[str, Json]) -> bool:
    """Tell whether a scalar is declared just as it is live: then both have the same normal form, whatever that is."""
    if type(value) not in SCALARS or not known.readable:
        return False
    held = live.get(known.live_name, MISSING)
    return type(held) is type(value) and bool(held == value)


def compare_field(known: Field, *, before: Json | Missing, after: Json) -> Iterator[Difference]:
    """Yield the differences of one field, both sides in normal form.

    Of a nested object only the declared keys are compared: the others are not ours (law 1). What cannot be read back in it
    is a difference of its own, from a value that is not known.
    """
    path = (known.name,)
    if isinstance(after, Mapping) and known.readable and not known.tells_all:
        yield from _list_unread(known, after, path)
        after = keep_readable(known, after)
    if before is None and isinstance(after, Mapping):
        before = {}
    before = adopt_form(known, before, after)
    if before is MISSING:
        yield path, MISSING, after
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        owned = restrict(before, after)
        if not same(owned, after):
            yield from _compare_objects(path, before=owned, after=after)
    elif not same(before, after):
        yield path, before, after


def _list_unread(known: Field, value: Mapping[str, Json], path: FieldPath) -> Iterator[Difference]:
    for key, inner in value.items():
        below, there = known.child(key), (*path, key)
        if isinstance(inner, Mapping) and inner:
            yield from _list_unread(below, inner, there)
        elif not below.readable:
            yield there, MISSING, inner


def restrict(live: Json, declared: Json) -> Json:
    """Keep of a live object what the declared one owns, at every depth; a declared null matches a key not there."""
    if not isinstance(live, Mapping) or not isinstance(declared, Mapping):
        return live
    owned = {key: restrict(live[key], declared[key]) for key in declared if key in live}
    return owned | {key: None for key in declared if declared[key] is None and key not in live}


def _compare_objects(path: FieldPath, *, before: Json, after: Json) -> Iterator[Difference]:
    """List the leaves that differ, sorted by path for a stable plan.

    Unless told otherwise DeepDiff reports objects that share less than a third of their keys as one change of the whole,
    which would replace what is not ours.
    """
    from deepdiff import DeepDiff

    tree = DeepDiff(
        before,
        after,
        view="tree",
        ignore_private_variables=False,
        zip_ordered_iterables=True,
        threshold_to_diff_deeper=0,
    )
    leaves = {tuple(map(str, _key_path(level))) for levels in tree.values() for level in levels}
    for leaf in sorted(leaves) or [()]:
        yield (*path, *leaf), _or_null(pick(before, leaf)), pick(after, leaf)


def _key_path(level: Json) -> list[Json]:
    """Cut the path of a DeepDiff level at the first list: lists are compared whole."""
    keys: list[Json] = []
    for key in level.path(output_format="list"):
        if not isinstance(key, str):
            break
        keys.append(key)
    return keys


def _or_null(value: Json | Missing) -> Json:
    """Show a key that is not in the live object as null, which is what it means inside an object."""
    return None if value is MISSING else value
