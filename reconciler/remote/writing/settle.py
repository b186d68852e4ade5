"""Settle what was sent by reading it back: verified, accepted, rejected, a mismatch, or in doubt (laws 3 and 6).

`weigh` decides; this module reads, waits and repeats. What no clear answer came for, and reading shows as it was before, may still
land: it is read again for as long as the account's `timeout_seconds`, since whoever gave up in between had a timeout like that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.model.live import Present, Unknown
from reconciler.model.outcome import Outcome
from reconciler.model.resource_type import ResourceType
from reconciler.remote.wire.client import Patience
from reconciler.remote.writing.run import Run
from reconciler.remote.writing.send import Attempt, Ready, Withheld, send_apart
from reconciler.remote.writing.weigh import (
    Finding,
    conclude,
    examine,
    is_expected,
    list_places,
    may_repeat,
    may_still_land,
)

_FIRST_LATE_SECONDS = 2.0


async def settle(attempts: Sequence[Attempt], run: Run) -> tuple[Outcome, ...]:
    """Read back all attempts together; send again what was found undone and may be repeated; conclude the rest.

    All are of one resource type, as the updates of a wave are.
    """
    outcomes: list[Outcome] = []
    pending = tuple(attempts)
    while pending:
        kind = run.type_of(pending[0].ready.update)
        findings = await _read_back(kind, pending, run)
        again = [] if run.blocked else [one for one in pending if _may_repeat(kind, one, findings, run)]
        ended = [one for one in pending if one not in again]
        late = [one for one in ended if may_still_land(kind, one, findings[_name(one)])]
        findings = {**findings, **await _wait_out(kind, late, run)}
        outcomes += [conclude(kind, one, findings[_name(one)], now=run.clock()) for one in ended]
        pending = await _repeat([_prepare(one, findings[_name(one)]) for one in again], run)
    return tuple(outcomes)


def _name(attempt: Attempt) -> str:
    return attempt.ready.update.address


def _may_repeat(kind: ResourceType, attempt: Attempt, findings: Mapping[str, Finding], run: Run) -> bool:
    return may_repeat(kind, attempt, findings[_name(attempt)], patience=run.patience)


async def _wait_out(kind: ResourceType, attempts: Sequence[Attempt], run: Run) -> Mapping[str, Finding]:
    """Read on while a write may still land; return what was found last of each that could be read."""
    findings: dict[str, Finding] = {}
    open_ones = list(attempts)
    for wait in _late_waits(run.account.timeout_seconds):
        if not open_ones or run.stop.reason:
            break
        await run.patience.sleep(wait)
        found = await _read_once(kind, open_ones, run)
        findings |= {address: one for address, one in found.items() if isinstance(one.reading, Present)}
        open_ones = [attempt for attempt in open_ones if found[_name(attempt)].undone]
    return findings


def _late_waits(seconds: float) -> Iterator[float]:
    """Yield waits that double and come to some seconds together."""
    left, wait = seconds, _FIRST_LATE_SECONDS
    while left > 0:
        yield min(wait, left)
        left, wait = left - wait, wait * 2


async def _read_back(kind: ResourceType, attempts: Sequence[Attempt], run: Run) -> Mapping[str, Finding]:
    """Read until every attempt shows what it should, or patience ends: reads may lag behind a write."""
    findings: dict[str, Finding] = {}
    open_ones = list(attempts)
    for wait in _wait_times(run.patience):
        if not open_ones:
            break
        await run.patience.sleep(wait)
        round_findings = await _read_once(kind, open_ones, run)
        stuck = {
            address
            for address, finding in round_findings.items()
            if isinstance(finding.reading, Unknown) and address in findings
        }
        findings |= round_findings
        open_ones = [
            attempt
            for attempt in open_ones
            if _name(attempt) not in stuck and not is_expected(attempt, findings[_name(attempt)])
        ]
    return findings


def _wait_times(patience: Patience) -> Iterator[float]:
    yield 0.0
    for number in range(patience.attempts - 1):
        yield min(patience.first_wait_seconds * 2**number, patience.longest_wait_seconds)


async def _read_once(kind: ResourceType, attempts: Sequence[Attempt], run: Run) -> Mapping[str, Finding]:
    places = {_name(attempt): list_places(kind, attempt) for attempt in attempts}
    wanted = tuple(dict.fromkeys(place for listed in places.values() for place in listed))
    readings = await run.read(kind, wanted)
    return {
        _name(attempt): examine(kind, attempt, [readings[place] for place in places[_name(attempt)]])
        for attempt in attempts
    }


def _prepare(attempt: Attempt, finding: Finding) -> Ready:
    assert isinstance(finding.reading, Present)  # noqa: S101 - `may_repeat` has looked
    return replace(attempt.ready, seen=finding.reading, last=attempt.reply)


async def _repeat(again: Sequence[Ready], run: Run) -> tuple[Attempt, ...]:
    """Send updates again, each alone, after the wait that fits the number of tries."""
    if not again:
        return ()
    longest = max(ready.tries for ready in again)
    await run.patience.sleep(min(run.patience.first_wait_seconds * 2**longest, run.patience.longest_wait_seconds))
    parts = await asyncio.gather(*(send_apart((ready,), run) for ready in again))
    return tuple(part for several in parts for part in several if not isinstance(part, Withheld))
