"""Find resources that turn out to be one live object: with `match:` that shows only after reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.model.diagnostic import Diagnostic
from reconciler.model.live import LiveState, Present
from reconciler.model.project import Account, Declared


def find_collisions(
    resources: Sequence[Declared], *, live: LiveState, accounts: Mapping[str, Account]
) -> dict[str, Diagnostic]:
    """Return a diagnostic for the address of each resource that shares its live object with another.

    None of them is planned: two owners of one object would undo each other's changes without end.
    """
    owners: dict[object, list[Declared]] = {}
    for declared in resources:
        reading = live.readings[declared.address]
        if isinstance(reading, Present):
            host = accounts[declared.account].base_url
            owners.setdefault((declared.provider, declared.kind, host, reading.identity), []).append(declared)
    return {
        declared.address: _collide(declared, [other for other in group if other is not declared])
        for group in owners.values()
        if len(group) > 1
        for declared in group
    }


def _collide(declared: Declared, others: Sequence[Declared]) -> Diagnostic:
    named = ", ".join(f"{other.address} ({other.location})" for other in others)
    return Diagnostic(
        code="collision",
        message=f"{declared.address} is the same live object as {named}",
        advice="Keep one of them.",
        location=declared.location,
        address=declared.address,
    )
