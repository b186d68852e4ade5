"""How much disk space a run may need for what it must record, so that it can be held back before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from reconciler.model.ledger import Applied
from reconciler.model.paths import Json
from reconciler.model.plan import Update
from reconciler.model.project import Declared

_START: Final = 64 * 1024
_LINE: Final = 2 * 1024
"""An outcome without its values: who, when, what the vendor said."""
_PLAIN: Final = 24
"""A number, a fingerprint's share, or the quotes and blanks around a value."""
_WIDEST: Final = 3
"""Octets of JSON for one octet of text: an emoji of four may be written as two escapes of six."""


def estimate_room(updates: Iterable[Update], declared: Iterable[Declared], stored: Iterable[Applied]) -> int:
    """Return the octets that the journal's outcomes and a whole new ledger take at most, roughly and rather too many."""
    lines = sum(_LINE + _weigh([(change.before, change.after) for change in update.changes]) for update in updates)
    entries = sum(_LINE + _weigh(resource.spec) for resource in declared)
    return _START + lines + entries + sum(_LINE + _weigh(entry.fields) for entry in stored)


def _weigh(value: Json) -> int:
    if isinstance(value, str):
        return _PLAIN + _WIDEST * len(value.encode("utf-8", "surrogatepass"))
    if isinstance(value, Mapping):
        return _PLAIN + sum(_weigh(name) + _weigh(part) for name, part in value.items())
    if isinstance(value, (list, tuple)):
        return _PLAIN + sum(map(_weigh, value))
    return _PLAIN
