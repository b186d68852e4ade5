"""Follow live objects through the ledger: one that git calls by another name now keeps its entry."""

from __future__ import annotations

import json
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace

from reconciler.model.ledger import Applied, Ledger
from reconciler.model.live import Present, Reading
from reconciler.model.paths import Json
from reconciler.model.project import Declared

Key = tuple[str, str, Hashable]
"""Account, kind and id of a live object."""


def follow_renames(ledger: Ledger, resources: Sequence[Declared], *, readings: Mapping[str, Reading]) -> Ledger:
    """Return the ledger with the entry of each declared object under the address that it is declared by.

    An entry is of an object, by account, kind and id; its address is only what git called it at the time. `readings` tell
    the id where a resource is found by `match`.
    """
    if not ledger.entries:
        return ledger
    by_object = {_name_object(entry): entry for entry in ledger.entries.values()}
    found = {
        declared.address: by_object.get((declared.account, declared.kind, _write_key(identity)))
        for declared in resources
        if (identity := _find_identity(declared, readings)) is not None
    }
    followed = {
        address: entry if entry.address == address else replace(entry, address=address)
        for address, entry in found.items()
        if entry is not None
    }
    taken = {_name_object(entry) for entry in followed.values()}
    rest = {
        address: entry
        for address, entry in ledger.entries.items()
        if address not in found and _name_object(entry) not in taken
    }
    return replace(ledger, entries={**rest, **followed})


def find_undeclared(ledger: Ledger, declared: Iterable[Declared]) -> tuple[str, ...]:
    """List the addresses that the followed ledger knows and git no longer declares, in order."""
    if not ledger.entries:
        return ()
    known = tuple(declared)
    addresses = {each.address for each in known}
    objects = {
        (each.account, each.kind, _write_key(each.identity.as_json())) for each in known if each.identity is not None
    }
    return tuple(
        sorted(
            address
            for address, entry in ledger.entries.items()
            if address not in addresses and _name_object(entry) not in objects
        )
    )


def find_old_addresses(ledger: Ledger, applied: Collection[Applied]) -> tuple[str, ...]:
    """List the stored addresses whose objects were applied under other ones: their entries have moved."""
    if not applied:
        return ()
    new = {entry.address for entry in applied}
    objects = {_name_object(entry) for entry in applied}
    return tuple(
        address for address, entry in ledger.entries.items() if address not in new and _name_object(entry) in objects
    )


def _find_identity(declared: Declared, readings: Mapping[str, Reading]) -> Json:
    reading = readings.get(declared.address)
    identity = reading.identity if isinstance(reading, Present) else declared.identity
    return identity.as_json() if identity is not None else None


def _name_object(entry: Applied) -> Key:
    return (entry.account, entry.kind, _write_key(entry.identity))


def _write_key(identity: Json) -> Hashable:
    """Return what tells one identity from another: of the usual one, a text, that is the text."""
    return identity if isinstance(identity, str) else (json.dumps(identity, sort_keys=True),)
