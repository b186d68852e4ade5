"""Find live objects by natural keys: each `match` must fit exactly one.

Keys go to the vendor as exact filters where its list has them, and are compared exactly here in any case. Resources that differ in
one key only share requests. `match-none` is absence as the list tells it: it cannot say more than that no object the key may list fits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from reconciler.model.live import Absent, Present, Reading, Unknown
from reconciler.model.project import Declared
from reconciler.model.resource_type import ResourceType
from reconciler.model.spoiled import find_spoiled
from reconciler.remote.reading.classify import judge, tell_torn
from reconciler.remote.reading.paging import Listing, read_list
from reconciler.remote.reading.source import Source, run_all

Keys: TypeAlias = tuple[tuple[str, str | None], ...]


async def find_matches(
    resources: Sequence[Declared], *, resource_type: ResourceType, source: Source
) -> Mapping[str, Reading]:
    """Find the live object of each resource that is declared with `match`, by address."""
    batches = [
        chunk
        for alike in _group_alike(resources, resource_type)
        for chunk in _split(
            alike, size=max(1, resource_type.list.filter_size) if resource_type.list.filters else len(alike)
        )
    ]
    found = await run_all(_find_batch(batch, resource_type=resource_type, source=source) for batch in batches)
    return {address: reading for part in found for address, reading in part.items()}


def _group_alike(resources: Sequence[Declared], resource_type: ResourceType) -> list[list[Declared]]:
    """Put resources together that one list can answer: same group, same keys, and no more than one filter that differs."""
    alike: dict[tuple[object, ...], list[Declared]] = defaultdict(list)
    varying = _find_varying_filter(resources, resource_type)
    for declared in resources:
        fixed = {
            name: value for name, value in declared.match.items() if name not in {varying, *_unfiltered(resource_type)}
        }
        alike[tuple(sorted(fixed.items())), varying in declared.match].append(declared)
    return list(alike.values())


def _unfiltered(resource_type: ResourceType) -> frozenset[str]:
    """Name the match keys that the list cannot filter by and that do not select a list."""
    return frozenset(resource_type.match) - resource_type.list.filters.keys() - set(resource_type.list.group)


def _find_varying_filter(resources: Sequence[Declared], resource_type: ResourceType) -> str:
    """Choose the filter with the most different values: that one is sent with many values at once."""
    counts = {
        name: len({declared.match.get(name) for declared in resources})
        for name in resource_type.match
        if name in resource_type.list.filters
    }
    return max(counts, key=lambda name: counts[name]) if counts else ""


def _split(resources: Sequence[Declared], *, size: int) -> list[Sequence[Declared]]:
    return [resources[start : start + size] for start in range(0, len(resources), size)]


async def _find_batch(
    resources: Sequence[Declared], *, resource_type: ResourceType, source: Source
) -> Mapping[str, Reading]:
    endpoint = resource_type.list
    group = {part: resources[0].match[part] for part in endpoint.group}
    values = dict.fromkeys(
        (endpoint.filters[name], value)
        for declared in resources
        for name, value in declared.match.items()
        if name in endpoint.filters
    )
    listing = await read_list(source, resource_type, group=group, filters=tuple(values))
    keys = {declared.address: _pick_keys(declared, resource_type) for declared in resources}
    shapes = {tuple(name for name, _ in key) for key in keys.values()}
    index, doubt = _index(listing, shapes, resource_type), _find_doubt(listing, shapes, resource_type)
    return {
        address: Unknown(doubt, code="answer-spoiled")
        if doubt
        else _choose(key, index.get(key, []), listing, path=endpoint.path)
        for address, key in keys.items()
    }


def _pick_keys(declared: Declared, resource_type: ResourceType) -> Keys:
    """Return the keys that an object itself must fit; those that select the list are not among its fields."""
    return tuple(
        sorted((name, value) for name, value in declared.match.items() if name not in resource_type.list.group)
    )


def _index(listing: Listing, shapes: set[tuple[str, ...]], resource_type: ResourceType) -> Mapping[Keys, list[Present]]:
    """Index live objects by each combination of keys that is asked for; those deleted softly do not count."""
    index: dict[Keys, list[Present]] = defaultdict(list)
    for row in (*listing.rows.values(), *listing.torn.values()):
        if not isinstance(judge(row, resource_type=resource_type), Absent):
            for names in shapes:
                index[tuple((name, _read_key(row, name, resource_type)) for name in names)].append(row)
    return index


def _find_doubt(listing: Listing, shapes: set[tuple[str, ...]], resource_type: ResourceType) -> str:
    """Say which row has a key that cannot be compared: then nobody can tell which object fits, or that only one does."""
    names = sorted({name for shape in shapes for name in shape})
    for row in (*listing.rows.values(), *listing.torn.values()):
        for name in names:
            why = find_spoiled(resource_type.look_up(name, row.value))
            if why:
                return (
                    f"what was answered as {name} of {str(row.identity)!r} {why}, so nobody can tell which object fits"
                )
    return ""


def _read_key(row: Present, name: str, resource_type: ResourceType) -> str | None:
    """Return a key as a file would hold it; None where what is live is no text, which fits nothing."""
    value = resource_type.look_up(name, row.value)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None


def _choose(keys: Keys, found: Sequence[Present], listing: Listing, *, path: str) -> Reading:
    """Choose the one object that fits. A list that was not read to its end cannot rule out a second one."""
    words = ", ".join(f"{name} {value!r}" for name, value in keys)
    if listing.failure is not None or listing.odd:
        return listing.failure or Unknown(f"GET {path}: {listing.odd}")
    if listing.nowhere:
        return Absent(listing.nowhere, code="match-none")
    if not found:
        return Absent(f"no object that GET {path} lists for this key has {words}", code="match-none")
    torn = next((row.identity for row in found if row.identity in listing.torn), None)
    if torn is not None:
        return tell_torn(torn, path=path)
    if len(found) > 1:
        named = ", ".join(str(row.identity) for row in found)
        advice = "Use `id` with one of them, or add a key that tells them apart."
        return Unknown(f"{len(found)} objects have {words}: {named}", code="match-ambiguous", advice=advice)
    return found[0]
