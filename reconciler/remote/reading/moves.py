"""Look for an object where a declared field has moved it (PolyAI's `projectId` is part of the path)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from reconciler.model.live import Absent, Reading
from reconciler.model.project import Declared
from reconciler.model.resource_type import Identity, ResourceType


async def follow_moves(
    resources: Sequence[Declared],
    readings: Mapping[str, Reading],
    *,
    resource_type: ResourceType,
    read: Callable[[Iterable[Identity]], Awaitable[Mapping[Identity, Reading]]],
    match: Callable[[Sequence[Declared]], Awaitable[Mapping[str, Reading]]],
) -> Mapping[str, Reading]:
    """Read each absent object again where its own spec says that it belongs now.

    What is found there has its new identity. What is absent there too keeps the proof of its absence at the declared place.
    """
    absent = [declared for declared in resources if isinstance(readings[declared.address], Absent)]
    moved = [target for target in (_relocate(declared, resource_type) for declared in absent) if target is not None]
    if not moved:
        return readings
    known = {target.address: target.identity for target in moved if target.identity is not None}
    by_id = await read(known.values())
    matched = await match([target for target in moved if target.identity is None])
    found = {**{address: by_id[identity] for address, identity in known.items()}, **matched}
    return {**readings, **{address: there for address, there in found.items() if not isinstance(there, Absent)}}


def _relocate(declared: Declared, resource_type: ResourceType) -> Declared | None:
    """Return the declaration with the identity (or match) that its own moving field gives it; None where that changes nothing."""
    for name, known in resource_type.fields.items():
        value = declared.spec.get(name)
        if known.moves is None or not isinstance(value, str):
            continue
        target = _put_part(declared, known.moves, value)
        if target != declared:
            return target
    return None


def _put_part(declared: Declared, part: str, value: str) -> Declared:
    if declared.identity is not None:
        return replace(declared, identity=declared.identity.replace(part, value))
    return replace(declared, match={**declared.match, part: value}) if part in declared.match else declared
