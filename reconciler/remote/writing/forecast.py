"""Say before the first write how many requests a plan costs, and about how long it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconciler.engine.order import find_levels
from reconciler.model.plan import Update
from reconciler.model.project import Account
from reconciler.model.resource_type import Catalog, ResourceType
from reconciler.remote.writing.waves import Wave, find_pace, plan_waves

LATENCY_SECONDS = 0.3
"""How long a vendor takes to answer: a guess, in the middle of what web services do."""

_EDGES = 2
"""Readings of a level that nothing else goes on beside: the one before its first writes, and the one after its last. All others share
the account's places with writes.
"""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Requests and seconds of an apply where all goes well. Accounts work side by side, so the slowest one counts."""

    requests: int = 0
    seconds: float = 0.0


def forecast(
    updates: Sequence[Update],
    *,
    catalog: Catalog,
    accounts: Mapping[str, Account],
    fresh_seconds: float = 5.0,
    latency_seconds: float = LATENCY_SECONDS,
) -> Forecast:
    """Count the writes of a plan with the readings before and after them, and guess the time at each account's pace.

    A list of unknown length counts as one page; what the vendor refuses or delays is not foreseen.
    """
    total, longest = 0, 0.0
    levels = find_levels(updates)
    for name in dict.fromkeys(update.account for update in updates):
        account = accounts[name]
        pace = find_pace(account, catalog=catalog)
        own = [update for update in updates if update.account == name]
        waves = plan_waves(own, catalog=catalog, requests_per_minute=pace, fresh_seconds=fresh_seconds, levels=levels)
        requests = sum(_count_wave(wave, catalog) for wave in waves)
        rounds = -(-requests // account.concurrency) + _EDGES * len({levels[wave[0][0].address] for wave in waves})
        total += requests
        longest = max(longest, rounds * latency_seconds, _pace_seconds(requests, pace))
    return Forecast(total, longest)


def _pace_seconds(requests: int, pace: int | None) -> float:
    return requests / pace * 60 if pace else 0.0


def _count_wave(wave: Wave, catalog: Catalog) -> int:
    return len(wave) + 2 * _count_reads(wave, _find_type(wave, catalog))


def _find_type(wave: Wave, catalog: Catalog) -> ResourceType:
    return catalog.of(wave[0][0])


def _count_reads(wave: Wave, kind: ResourceType) -> int:
    """Count the requests that read a wave's objects: filtered lists, one list a group, single objects, or one list."""
    updates = [update for group in wave for update in group]
    if kind.list.filters:
        return -(-len(updates) // kind.list.filter_size)
    if kind.list.group:
        return len({tuple(update.identity[part] for part in kind.list.group) for update in updates})
    size = kind.list.paging.size or len(updates)
    return len(updates) if kind.get is not None and len(updates) <= 1 else -(-len(updates) // max(1, size))
