"""Ask whether what declared fields refer to exists: a prompt, agent or connector that does not is found in the plan.

Only what differs from the live value is asked for, since what a live object refers to is the vendor's own word, and only objects that
were not read anyway. Absence needs the same proof as ever; what cannot be told refuses nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from reconciler.engine.normal_form import normalise, read_field
from reconciler.model.field import Reference
from reconciler.model.live import Absent, Present, Reading
from reconciler.model.project import Declared
from reconciler.model.resource_type import Catalog, Identity, ResourceType
from reconciler.remote.reading.source import Source, run_all

Missing: TypeAlias = Mapping[tuple[str, str, str], str]
"""(account, kind, value of a reference) -> the proof that no such object exists."""

Read: TypeAlias = Callable[[Source, ResourceType, Sequence[Identity]], Coroutine[Any, Any, Mapping[Identity, Reading]]]


async def find_missing(
    resources: Sequence[Declared],
    readings: Mapping[str, Reading],
    *,
    catalog: Catalog,
    sources: Mapping[str, Source],
    read: Read,
) -> Missing:
    """Return what is proved not to exist among that which declared references name anew."""
    referring = {known.key: _list_referring(known) for known in catalog.all_types}
    several = [each for each in resources if not referring[catalog.of(each).key].isdisjoint(each.spec)]
    if not several:
        return {}
    present = {
        (declared.account, declared.kind, reading.identity)
        for declared in resources
        if isinstance(reading := readings.get(declared.address), Present)
    }
    wanted: dict[tuple[str, str], dict[Identity, str]] = defaultdict(dict)
    types: dict[tuple[str, str], ResourceType] = {}
    for declared in several:
        reading = readings.get(declared.address)
        if isinstance(reading, Present) and declared.account in sources:
            for target, identity, value in _list_targets(declared, reading, catalog):
                key = (declared.account, target.kind)
                if (*key, identity) not in present:
                    wanted[key][identity], types[key] = value, target
    found = await run_all(read(sources[key[0]], types[key], tuple(asked)) for key, asked in wanted.items())
    return {
        (*key, asked[identity]): reading.proof
        for (key, asked), readings_of in zip(wanted.items(), found, strict=True)
        for identity, reading in readings_of.items()
        if isinstance(reading, Absent)
    }


def _list_referring(known: ResourceType) -> frozenset[str]:
    """List the fields that refer to other objects, themselves or by what lies in them."""
    return frozenset(name for name, each in known.fields.items() if any(each.list_referred()))


def _list_targets(
    declared: Declared, reading: Present, catalog: Catalog
) -> Iterator[tuple[ResourceType, Identity, str]]:
    resource_type = catalog.of(declared)
    for name, value in declared.spec.items():
        known = resource_type.find_field((name,))
        if not isinstance(value, Mapping | list | tuple) and known.reference is None:
            continue
        held = set(known.list_references(read_field(known, reading.value)))
        for reference, text in known.list_references(normalise(known, value)):
            target = catalog.find(declared.provider, reference.kind, declared.generation)
            identity = _identify(target, reference, text, reading.identity) if target else None
            if target and identity and (reference, text) not in held:
                yield target, identity, text


def _identify(target: ResourceType, reference: Reference, value: str, holder: Identity) -> Identity | None:
    """Return the identity of the object that a value names; None where a part of it is not told."""
    own = dict(holder.parts)
    parts = []
    for part in target.identity:
        text = value if part.field == reference.target else reference.parts.get(part.name) or own.get(part.name)
        if text is None:
            return None
        parts.append((part.name, text))
    return Identity(tuple(parts))
