"""Cut an account's updates into waves: read again together, then written, then read back together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from reconciler.engine.batch import group_updates
from reconciler.engine.order import find_levels
from reconciler.model.plan import Update
from reconciler.model.project import Account
from reconciler.model.resource_type import Catalog, ResourceType

Group = tuple[Update, ...]
Wave = tuple[Group, ...]

WAVE_SIZE = 50
"""Updates in a wave where nothing asks for fewer: their writes take a fraction of a second at ten in flight."""


def find_pace(account: Account, *, catalog: Catalog) -> int | None:
    """Return how many requests a minute an account may send: its own setting, else the vendor's limit, if there is one."""
    return account.requests_per_minute or catalog.providers[account.provider].requests_per_minute


def plan_waves(
    updates: Sequence[Update],
    *,
    catalog: Catalog,
    requests_per_minute: int | None,
    fresh_seconds: float,
    levels: Mapping[str, int] | None = None,
) -> tuple[Wave, ...]:
    """Cut updates of one account into waves of one resource type each: in order of references, else in plan order.

    `levels` are those of the whole plan (`find_levels`). No wave holds updates of two levels, and later ones have no lower
    level than earlier ones: so a wave that waits for what its updates refer to never waits for one behind it.
    A paced account gets as many writes in a wave as its pace lets through while a reading is fresh. A type that can only
    be listed keeps large waves: a list for a few writes would cost more than it tells, and most of it is write-only.
    """
    waves: list[Wave] = []
    levels = find_levels(updates) if levels is None else levels
    groups = sorted(group_updates(updates, catalog=catalog, levels=levels), key=lambda group: levels[group[0].address])
    alike = groupby(groups, key=lambda group: (levels[group[0].address], group[0].provider, group[0].kind))
    for _, several in alike:
        wave = tuple(several)
        size = _size_wave(catalog.of(wave[0][0]), requests_per_minute, fresh_seconds)
        waves.extend(_cut(wave, size=size))
    return tuple(waves)


def _size_wave(resource_type: ResourceType, requests_per_minute: int | None, fresh_seconds: float) -> int:
    size = min(WAVE_SIZE, resource_type.list.filter_size) if resource_type.list.filters else WAVE_SIZE
    if requests_per_minute is None or resource_type.get is None:
        return size
    return max(1, min(size, int(requests_per_minute / 60 * fresh_seconds)))


def _cut(groups: tuple[Group, ...], *, size: int) -> list[Wave]:
    waves: list[Wave] = []
    current: list[Group] = []
    count = 0
    for group in groups:
        if current and count + len(group) > size:
            waves.append(tuple(current))
            current, count = [], 0
        current.append(group)
        count += len(group)
    return [*waves, tuple(current)] if current else waves
