"""Read which phone numbers reach the objects of a group, where the vendor lists them apart (PolyAI), for the picture of the calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from reconciler.model.endpoints import NumbersEndpoint
from reconciler.model.live import Present, Reading
from reconciler.model.paths import pick
from reconciler.model.project import Declared
from reconciler.model.resource_type import Identity, ResourceType
from reconciler.model.spoiled import find_spoiled
from reconciler.remote.reading.source import Source, run_all
from reconciler.remote.wire.answers import NoAnswer
from reconciler.remote.wire.routes import fill_path

Reached = Mapping[tuple[str, ...], Mapping[str, Sequence[str]]]
"""Group values -> object key -> phone numbers in E.164."""


async def read_numbers(
    resources: Sequence[Declared], readings: Mapping[str, Reading], *, resource_type: ResourceType, source: Source
) -> Mapping[str, tuple[str, ...]]:
    """Return the numbers that reach each present resource, by address: one GET for each group.

    The picture is an extra: where its list cannot be read, nothing is drawn and nothing else suffers.
    """
    endpoint = resource_type.numbers
    if endpoint is None:
        return {}
    present = {
        declared.address: reading.identity
        for declared in resources
        if isinstance(reading := readings[declared.address], Present)
    }
    groups = tuple(dict.fromkeys(_group_of(endpoint, identity) for identity in present.values()))
    lists = await run_all(_read_group(source, endpoint, group) for group in groups)
    reached: Reached = dict(zip(groups, lists, strict=True))
    return {
        address: tuple(reached[_group_of(endpoint, identity)].get(identity[endpoint.key], ()))
        for address, identity in present.items()
    }


def _group_of(endpoint: NumbersEndpoint, identity: Identity) -> tuple[str, ...]:
    return tuple(identity[part] for part in endpoint.group)


async def _read_group(source: Source, endpoint: NumbersEndpoint, group: tuple[str, ...]) -> Mapping[str, Sequence[str]]:
    told = await source.get(fill_path(endpoint.path, dict(zip(endpoint.group, group, strict=True))))
    if isinstance(told.answer, NoAnswer) or not told.answer.whole:
        return {}
    rows = pick(told.answer.value, endpoint.items)
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows if isinstance(rows, list) else []:
        key, number = pick(row, (endpoint.key,)), pick(row, (endpoint.number,))
        if isinstance(key, str) and isinstance(number, str) and not find_spoiled([key, number]):
            found[key].append(number)
    return found
