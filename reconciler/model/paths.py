"""JSON values and the paths that lead to one of them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import NoneType
from typing import Any, Final, Literal, TypeAlias

Json: TypeAlias = Any
"""A value that JSON can hold: None, bool, int, float, str, list of Json, dict of str to Json."""

FieldPath: TypeAlias = tuple[str, ...]
"""The keys that lead from a resource's `spec` to a field. Lists are compared whole, so no index occurs."""


class Missing(Enum):
    """Mark a value that is not there, which is not the same as null."""

    MISSING = "missing"

    def __bool__(self) -> Literal[False]:
        return False


MISSING: Final = Missing.MISSING

_SCALARS: Final = frozenset({str, int, float, bool, NoneType})


def format_pointer(path: FieldPath) -> str:
    """Write a path as a JSON pointer (RFC 6901)."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in path)


def parse_pointer(pointer: str) -> FieldPath:
    """Read a JSON pointer (RFC 6901); raise ValueError where it does not start with `/`."""
    if not pointer:
        return ()
    if not pointer.startswith("/"):
        message = f"a JSON pointer starts with '/': {pointer!r}"
        raise ValueError(message)
    return tuple(key.replace("~1", "/").replace("~0", "~") for key in pointer[1:].split("/"))


def pick(value: Json, path: FieldPath) -> Json:
    """Return what stands at a path of a JSON value, or MISSING."""
    for key in path:
        if not isinstance(value, Mapping) or key not in value:
            return MISSING
        value = value[key]
    return value


def is_same_json(left: Json, right: Json) -> bool:
    """Tell whether two values are equal to JSON: to Python 1, 1.0 and True are one. A secret equals nothing."""
    if type(left) in _SCALARS:
        return type(left) is type(right) and bool(left == right)
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(is_same_json(left[name], right[name]) for name in left)
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(is_same_json, left, right))
    return False
