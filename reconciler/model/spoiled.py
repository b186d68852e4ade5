"""Text of an answer that is not what the vendor holds any more: it was changed at the door, because it may not be kept."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType
from typing import Final, Self

from reconciler.model.paths import Json

HOLDS_KEY: Final = "holds a key of ours"
NOT_TEXT: Final = "is not valid Unicode text"

_SOUND: Final = frozenset({str, int, float, bool, NoneType})
"""Types whose values are never spoiled: nearly all that is answered."""


class Spoiled(str):
    """Stand where an answer held what may not be kept: safe to show, never to compare, to plan from or to send.

    `why` says what was wrong with the original.
    """

    __slots__ = ("why",)
    why: str

    def __new__(cls, text: str, *, why: str) -> Self:
        """Mark a text that was made safe."""
        made = super().__new__(cls, text)
        made.why = why
        return made


def find_spoiled(value: Json) -> str:
    """Say why a value cannot be used, at whatever depth, in keys and values; empty where it can."""
    if type(value) in _SOUND:
        return ""
    if isinstance(value, Spoiled):
        return value.why
    if isinstance(value, Mapping):
        return next((why for pair in value.items() for part in pair if (why := find_spoiled(part))), "")
    if isinstance(value, list | tuple):
        return next((why for part in value if (why := find_spoiled(part))), "")
    return ""


def list_spoiled(value: Mapping[str, Json]) -> dict[str, str]:
    """Name the fields of an object that cannot be used, each with the reason."""
    return {
        str(name): why
        for name, held in value.items()
        if not (type(held) in _SOUND and type(name) is str) and (why := find_spoiled(name) or find_spoiled(held))
    }
