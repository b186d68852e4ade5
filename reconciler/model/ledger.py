"""What we last applied, as values. How they are kept is the business of `ledger`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.paths import MISSING, FieldPath, Json, Missing, format_pointer, pick


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo took back: the run that did, and the value that it took away."""

    run: str
    value: Json


@dataclass(frozen=True, slots=True)
class Applied:
    """The last apply of one address. `fields` maps the JSON pointer of each owned field of `spec` to its normal form.

    A secret field holds a keyed fingerprint instead.

    `when` is ISO 8601 in UTC, `commit` the git commit that was applied ("" where unknown), `run` the run's id.
    """

    address: str
    account: str
    provider: str
    kind: str
    identity: Json
    fields: Mapping[str, Json]
    when: str
    commit: str
    run: str
    undone: Mapping[str, Undone] = field(default_factory=dict)
    """By JSON pointer of the field: what was taken back and not applied again since."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """All that was last applied, by address. `version` names the stored state it was read from ("" for none)."""

    entries: Mapping[str, Applied] = field(default_factory=dict)
    version: str = ""

    def last_applied(self, address: str, *, identity: Json, path: FieldPath) -> Json | Missing:
        """Return the value last applied to a field of this very live object, or MISSING."""
        entry = self.entries.get(address)
        if entry is None or entry.identity != identity:
            return MISSING
        return pick(entry.fields.get(format_pointer(path[:1]), MISSING), path[1:])

    def find_undo(self, address: str, *, identity: Json, path: FieldPath, value: Json) -> str:
        """Return the run that took this very value back from a field; "" where none did."""
        entry = self.entries.get(address)
        undone = entry.undone.get(format_pointer(path)) if entry and entry.identity == identity else None
        return undone.run if undone is not None and undone.value == value else ""
