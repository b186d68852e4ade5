"""How long journals are kept: the newest runs of each environment, whatever is young, and whatever an open question needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from reconciler.ledger.journals.history import RunRecord, find_unsettled, list_open_sightings
from reconciler.ledger.journals.index import Digest
from reconciler.ledger.times import parse_time

KEPT_RUNS: Final = 1_000
"""Runs of an environment that are kept however old they are."""
KEPT_DAYS: Final = 90
"""How long a run is kept however many follow it."""


def choose_expired(digests: Sequence[Digest], *, now: datetime, kept_runs: int = KEPT_RUNS) -> frozenset[str]:
    """Choose the journals that may go: what is unsettled, and who saw a console edit that is still there, is told as before."""
    if len(digests) <= kept_runs:
        return frozenset()
    records = {digest.name: digest.read() for digest in digests}
    worlds = {record.summary.environment for record in records.values()}
    return frozenset(name for world in worlds for name in _choose(records, world, now=now, kept_runs=kept_runs))


def _choose(records: dict[str, RunRecord], world: str | None, *, now: datetime, kept_runs: int) -> Iterable[str]:
    own = {name: record for name, record in records.items() if record.summary.environment == world}
    newest_first = sorted(own, key=lambda name: own[name].summary.run, reverse=True)
    old = {name: own[name] for name in newest_first[kept_runs:] if _is_old(own[name], now=now)}
    needed = _find_needed(old.values(), open_addresses=_list_open(own.values()))
    return (name for name, record in old.items() if not _list_addresses(record) & needed)


def _is_old(record: RunRecord, *, now: datetime) -> bool:
    """Tell whether a run is old; one whose beginning is lost is of an unknown environment, and is kept."""
    when = parse_time(record.summary.when)
    return bool(record.summary.command) and when is not None and now - when > timedelta(days=KEPT_DAYS)


def _list_open(records: Iterable[RunRecord]) -> frozenset[str]:
    kept = tuple(records)
    doubts = find_unsettled(kept)
    sightings = list_open_sightings(record.summary for record in kept)
    return frozenset([*(doubt.address for doubt in doubts), *(address for address, _ in sightings)])


def _find_needed(records: Iterable[RunRecord], *, open_addresses: frozenset[str]) -> frozenset[str]:
    """Add the addresses of questions that a kept run raised and a later one settled: the answer must stay with them."""
    needed, before, old = open_addresses, frozenset[str](), tuple(records)
    while needed != before:
        before = needed
        kept = [record for record in old if _list_addresses(record) & needed]
        needed = needed.union(*(_list_raised(record) for record in kept))
    return needed


def _list_raised(record: RunRecord) -> frozenset[str]:
    doubtful = (step.address for step in record.steps if step.is_in_doubt)
    return frozenset([*doubtful, *(sighting.address for sighting in record.summary.sightings)])


def _list_addresses(record: RunRecord) -> frozenset[str]:
    seen = (sighting.address for sighting in record.summary.sightings)
    return frozenset([*record.summary.addresses, *record.settled, *seen])
