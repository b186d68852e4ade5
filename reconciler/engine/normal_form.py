"""Bring declared and live values to one form, in which equal means equal.

Laws: normalising twice changes nothing; a value never changes its JSON type except to null; text is never trimmed,
folded or reformatted, since a prompt's last space may matter.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import NoneType
from typing import Final

from reconciler.model.field import ANY, Field
from reconciler.model.paths import MISSING, Json, Missing
from reconciler.model.resource_type import ResourceType
from reconciler.model.secret import Secret, reveal_within, seal
from reconciler.model.uuids import fold_uuid

SCALARS: Final = frozenset({str, int, bool, NoneType})
"""Types of which most values are their own normal form; a float may be a whole number."""
_ALIKE: Final = frozenset({str, int, bool, float, NoneType})


def normalise(known: Field, value: Json) -> Json:
    """Return the normal form of one field's value.

    Values equal to null become None, an expanded reference becomes the id it names, a set is sorted, a whole number is
    an integer (1.0 and 1 are one JSON number), a secret is sealed, and nested objects are normalised field by field. The
    elements of a list keep what is ours of them: not what the vendor sets.
    """
    if (type(value) in SCALARS and _takes_as_is(known)) or value is MISSING:
        return value
    value = _reduce_reference(known, _unpack(known, value))
    if value is None or any(same(value, null) for null in known.equals_null):
        return None
    if isinstance(value, Mapping):
        return {key: normalise(known.child(key), inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return _normalise_list(known, value)
    return seal(value) if known.secret else _normalise_leaf(known, value)


def normalise_live(resource_type: ResourceType, value: Mapping[str, Json]) -> dict[str, Json]:
    """Return the normal form of all known readable fields that a live object contains; nothing of it is a secret."""
    return {
        name: normalise(known, keep_readable(known, value[known.live_name]))
        for name, known in resource_type.fields.items()
        if known.readable and known.live_name in value
    }


def same(left: Json, right: Json) -> bool:
    """Tell whether two values are equal, without Python's `True == 1`."""
    if type(left) is type(right) and type(left) in _ALIKE:
        return bool(left == right)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, Secret):
        return left.matches(right)
    return right.matches(left) if isinstance(right, Secret) else bool(left == right)


def read_field(known: Field, live: Mapping[str, Json]) -> Json | Missing:
    """Return the normal form of a field of a live object.

    MISSING where it cannot be told: the field is write-only or secret, or this generation of the API does not serve it.
    What is so below the field is left out.
    """
    if not known.readable:
        return MISSING
    if known.live_name in live:
        return normalise(known, keep_readable(known, live[known.live_name]))
    return MISSING if known.absence == "unsupported" else None


def keep_readable(known: Field, value: Json) -> Json:
    """Drop what a read does not tell at any depth: secrets, which a vendor may mask, and what is only ever sent."""
    if not isinstance(value, Mapping) or known.tells_all:
        return value
    return {key: keep_readable(known.child(key), inner) for key, inner in value.items() if known.child(key).readable}


def _takes_as_is(known: Field) -> bool:
    """Tell whether a plain scalar is its own normal form in a field: what is so of most of them."""
    return not (known.equals_null or known.secret or known.read_as_list or known.reference is not None)


def _reduce_reference(known: Field, value: Json) -> Json:
    if known.reference is None or not isinstance(value, Mapping):
        return value
    return value.get(known.reference.target, value)


def _unpack(known: Field, value: Json) -> Json:
    """Take the one value out of the list that the vendor may answer in its place; several are no value of the field."""
    if not known.read_as_list or not isinstance(value, (list, tuple)):
        return value
    return None if not value else value[0] if len(value) == 1 else value


def _normalise_list(known: Field, value: list[Json] | tuple[Json, ...]) -> list[Json]:
    entries = known.entries or ANY
    inner = [normalise(entries, _keep_ours(entries, entry)) for entry in value]
    return (
        sorted(inner, key=lambda entry: json.dumps(reveal_within(entry), sort_keys=True)) if known.unordered else inner
    )


def _keep_ours(known: Field, value: Json) -> Json:
    """Drop what the vendor sets in an element of a list, at any depth: nobody declares it, and a list is compared whole."""
    if not isinstance(value, Mapping) or known.reference is not None:
        return value
    return {key: _keep_ours(known.child(key), inner) for key, inner in value.items() if known.child(key).writable}


def _normalise_leaf(known: Field, value: Json) -> Json:
    if isinstance(value, str):
        return fold_uuid(value) if known.reference is not None and known.reference.uuid else value
    return int(value) if isinstance(value, float) and value.is_integer() else value
