"""Find resources that turn out to be one live object: with `match:` that shows only after reading."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from reconciler.model.diagnostic import Diagnostic
from reconciler.model.live import LiveState, Present
from reconciler.model.paths import Json
from reconciler.model.project import Account, Declared
from reconciler.model.resource_type import Catalog, ResourceType


def find_collisions(
    resources: Sequence[Declared],
    *,
    live: LiveState,
    accounts: Mapping[str, Account],
    known: Iterable[Declared] = (),
) -> dict[str, Diagnostic]:
    """Return a diagnostic for the address of each resource that shares its live object with another.

    None of them is planned: two owners of one object would undo each other's changes without end. `known` are all that
    are declared: of what was not read the declared id counts.
    """
    owners: dict[object, list[Declared]] = {}
    for declared in resources:
        reading = live.readings[declared.address]
        if isinstance(reading, Present):
            host = accounts[declared.account].base_url
            owners.setdefault((declared.provider, declared.kind, host, reading.identity), []).append(declared)
    for declared in known:
        if declared.address not in live.readings and declared.identity is not None:
            host = accounts[declared.account].base_url
            group = owners.get((declared.provider, declared.kind, host, declared.identity))
            if group:
                group.append(declared)
    return {
        declared.address: _collide(declared, [other for other in group if other is not declared])
        for group in owners.values()
        if len(group) > 1
        for declared in group
    }


def find_namesakes(
    resources: Sequence[Declared], *, live: LiveState, accounts: Mapping[str, Account], catalog: Catalog
) -> dict[str, Diagnostic]:
    """Return a diagnostic for the address of each resource that declares a name that must be its own, and is another's too."""
    named: dict[object, list[Declared]] = {}
    for declared in resources:
        known = catalog.of(declared)
        if known.unique and isinstance(reading := live.readings[declared.address], Present):
            values = tuple(str(_read_end(name, declared, reading, known)) for name in known.unique)
            named.setdefault((known.key, accounts[declared.account].base_url, values), []).append(declared)
    return {
        declared.address: _share(declared, [other for other in group if other is not declared], catalog.of(declared))
        for group in named.values()
        if len(group) > 1
        for declared in group
        if catalog.of(declared).unique[-1] in declared.spec
    }


def _read_end(name: str, declared: Declared, reading: Present, known: ResourceType) -> Json:
    """Return what a field will be after the plan, or a part of the identity."""
    held = next((value for part, value in reading.identity.parts if part == name), None)
    if held is not None:
        return held
    return declared.spec[name] if name in declared.spec else known.look_up(name, reading.value)


def _share(declared: Declared, others: Sequence[Declared], known: ResourceType) -> Diagnostic:
    named = ", ".join(f"{other.address} ({other.location})" for other in others)
    return Diagnostic(
        code="collision",
        message=f"{declared.address} would have the same {' and '.join(known.unique)} as {named}, which {known.title}s may not",
        advice="Give each its own name.",
        location=declared.locate((known.unique[-1],)),
        address=declared.address,
        path=f"/{known.unique[-1]}",
    )


def _collide(declared: Declared, others: Sequence[Declared]) -> Diagnostic:
    named = ", ".join(f"{other.address} ({other.location})" for other in others)
    return Diagnostic(
        code="collision",
        message=f"{declared.address} is the same live object as {named}",
        advice="Keep one of them.",
        location=declared.location,
        address=declared.address,
    )
