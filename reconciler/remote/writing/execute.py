"""Carry out a plan: look again, send, read back, conclude; accounts side by side, waves of updates within each.

Updates are sent in the order of their references, across accounts: one that takes a value from another waits until that is settled,
is not attempted where it failed, and is stale where a live value that it takes moved since it was planned.

What is sent is the plan's own request or nothing, except that documented-required fields go along where the vendor turns out
to demand them, and the outcome says so. Before each write its touched fields are read again; a field that moved makes the update
stale. The vendors have no ETags, so an edit that falls between that reading and the vendor's handling of the write cannot be seen
and is overwritten. That window is kept below `fresh_seconds` where an object can be read by its id, is measured for every
write (`on_window`: from the last reading to the end of the request, an upper bound), and an outcome names it where it was longer.

Open the writers with `WRITE_PATIENCE`: a client that repeats a write by itself does not look again before it, while this
module does.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from reconciler.engine.encode import identity_after
from reconciler.engine.order import find_levels
from reconciler.model.live import Absent, LiveState, Present, Reading, Unknown
from reconciler.model.outcome import Outcome, Result
from reconciler.model.plan import Update
from reconciler.model.project import Account
from reconciler.model.resource_type import Catalog, ResourceType
from reconciler.remote.apart import keep_apart
from reconciler.remote.wire.client import Patience, ReadClient, WriteClient
from reconciler.remote.writing.compare import Verdict, judge
from reconciler.remote.writing.queue import Queue
from reconciler.remote.writing.run import Journal, Run, Stop
from reconciler.remote.writing.send import Attempt, Ready, Withheld, send_apart
from reconciler.remote.writing.settle import settle
from reconciler.remote.writing.sources import Sources
from reconciler.remote.writing.waves import WAVE_SIZE, Group, Wave, find_pace, plan_waves

__all__ = ["SETTLE_PATIENCE", "WRITE_PATIENCE", "Journal", "Stop", "carry_out"]

WRITE_PATIENCE = Patience(attempts=1)
"""For `open_writers`: every repeat is decided here, after another look."""

SETTLE_PATIENCE = Patience(attempts=4, first_wait_seconds=0.25)
"""How often an update is read back and how often it is sent at most while the vendor turns it away, and the waits between."""

_QUEUE_SECONDS = 2.0


async def carry_out(
    plan_updates: Sequence[Update],
    *,
    catalog: Catalog,
    accounts: Mapping[str, Account],
    readers: Mapping[str, ReadClient],
    writers: Mapping[str, WriteClient],
    state: LiveState,
    journal: Journal,
    clock: Callable[[], float] = time.monotonic,
    fresh_seconds: float = 5.0,
    stop: Stop | None = None,
    on_outcome: Callable[[Outcome], None] = lambda _: None,
    on_window: Callable[[Update, float], None] = lambda _update, _seconds: None,
    patience: Patience = SETTLE_PATIENCE,
) -> tuple[Outcome, ...]:
    """Send the updates of a plan and return what became of each, in plan order.

    `state` spares the second look at what was read so lately that it is still fresh when its turn comes.
    """
    stop = stop or Stop()
    queue = Queue(plan_updates, on_outcome)
    sources = Sources(catalog=catalog, readers=readers, state=state, fresh_seconds=fresh_seconds, clock=clock)
    levels = find_levels(plan_updates)
    async with asyncio.TaskGroup() as tasks:
        for name, updates in _split(plan_updates).items():
            if name not in writers or name not in readers:
                _give_up(updates, f"account {name} has no key", journal=journal, record=queue.record)
                continue
            pace = find_pace(accounts[name], catalog=catalog)
            places = _count_places(accounts[name], pace)
            turns = _count_turns(places)
            run = Run(
                account=accounts[name],
                catalog=catalog,
                reader=readers[name],
                writer=writers[name],
                journal=journal,
                stop=stop,
                clock=clock,
                fresh_seconds=fresh_seconds,
                patience=patience,
                turns=asyncio.Semaphore(turns),
                # Where a pace rather than the wire holds writes up, what is made ready early only grows old.
                slots=asyncio.Semaphore(places if pace else 2 * places),
                on_window=on_window,
            )
            waves = plan_waves(
                updates, catalog=catalog, requests_per_minute=pace, fresh_seconds=fresh_seconds, levels=levels
            )
            rest = iter(waves)
            for _ in range(2 * turns):
                tasks.create_task(_work(rest, run, state=state, queue=queue, sources=sources))
    return tuple(queue.outcomes[update.address] for update in plan_updates)


def _split(updates: Sequence[Update]) -> Mapping[str, list[Update]]:
    by_account: dict[str, list[Update]] = {}
    for update in updates:
        by_account.setdefault(update.account, []).append(update)
    return by_account


def _count_places(account: Account, pace: int | None) -> int:
    """Count the writes in flight: no more than a paced account lets through in a moment, so that none waits long."""
    wanted = account.concurrency if pace is None else min(account.concurrency, int(pace / 60 * _QUEUE_SECONDS))
    return max(1, wanted)


def _count_turns(places: int) -> int:
    """Count the waves that are looked at or sent side by side: one is read while the others keep all places busy."""
    return 2 + places // WAVE_SIZE


async def _work(waves: Iterator[Wave], run: Run, *, state: LiveState, queue: Queue, sources: Sources) -> None:
    """Take waves until none is left. There are twice as many workers as turns: what has been sent is read back without one.

    A wave waits for what its updates take values from, in whichever account that is.
    """
    for wave in waves:
        updates = tuple(update for group in wave for update in group)
        await queue.wait(updates)
        job = _carry_free(wave, run, state=state, queue=queue, sources=sources)
        for outcome in await keep_apart(job, instead=partial(_own_up, updates, run)):
            trouble = _conclude(outcome, run.journal)
            run.lane.halted = run.lane.halted or trouble
            queue.record(replace(outcome, message="; ".join(part for part in (outcome.message, trouble) if part)))


async def _carry_free(wave: Wave, run: Run, *, state: LiveState, queue: Queue, sources: Sources) -> tuple[Outcome, ...]:
    """Carry out what nothing holds back."""
    updates = tuple(update for group in wave for update in group)
    held = await _hold_back(updates, run, queue, sources)
    free = tuple(kept for group in wave if (kept := tuple(one for one in group if one.address not in held)))
    done = await _carry_wave(free, run, state) if free else ()
    return (*map(_describe, held.values()), *done)


def _own_up(updates: Sequence[Update], run: Run, bug: str) -> tuple[Outcome, ...]:
    """Conclude a wave that a bug of ours ended: what may have been sent is in doubt, and nothing more is sent there."""
    run.lane.halted = run.lane.halted or bug
    return tuple(
        Outcome(update, Result.IN_DOUBT if update.address in run.lane.intended else Result.NOT_ATTEMPTED, bug)
        for update in updates
    )


async def _hold_back(updates: Sequence[Update], run: Run, queue: Queue, sources: Sources) -> Mapping[str, Withheld]:
    """Find the updates that may not be written because of what they take values from."""
    held: dict[str, Withheld] = {}
    for update in updates:
        obstacle = queue.find_obstacle(update)
        if obstacle:
            held[update.address] = Withheld(update, obstacle)
    rest = [update for update in updates if update.address not in held and update.taken]
    if rest and not run.blocked:
        moved = await sources.check(rest, written=queue.holds)
        held.update({one.address: Withheld(one, moved[one.address]) for one in rest if one.address in moved})
    return held


def _conclude(outcome: Outcome, journal: Journal) -> str:
    """Write an outcome to the journal; return what went wrong there."""
    try:
        journal.conclude(outcome)
    except OSError as error:
        return f"the journal cannot be written: {error.strerror or error}"
    return ""


def _give_up(updates: Sequence[Update], reason: str, *, journal: Journal, record: Callable[[Outcome], None]) -> None:
    for update in updates:
        outcome = Outcome(update, Result.NOT_ATTEMPTED, reason)
        trouble = _conclude(outcome, journal)
        record(replace(outcome, message="; ".join(part for part in (reason, trouble) if part)))


async def _carry_wave(wave: Wave, run: Run, state: LiveState) -> tuple[Outcome, ...]:
    async with run.turns:
        sent = await _look_and_send(wave, run, state)
    settled = await settle([part for part in sent if isinstance(part, Attempt)], run)
    return (*(_describe(part) for part in sent if isinstance(part, Withheld)), *settled)


async def _look_and_send(wave: Wave, run: Run, state: LiveState) -> Sequence[Attempt | Withheld]:
    updates = tuple(update for group in wave for update in group)
    if run.blocked:
        return [Withheld(update, run.blocked) for update in updates]
    judged = await _look(updates, run, state)
    early = [found for found in judged.values() if isinstance(found, Withheld)]
    groups = [tuple(_keep_ready(group, judged)) for group in wave]
    parts = await asyncio.gather(*(send_apart(group, run) for group in groups if group))
    return [*early, *(part for several in parts for part in several)]


def _keep_ready(group: Group, judged: Mapping[str, Ready | Withheld]) -> Iterator[Ready]:
    for update in group:
        found = judged[update.address]
        if isinstance(found, Ready):
            yield found


async def _look(updates: Sequence[Update], run: Run, state: LiveState) -> Mapping[str, Ready | Withheld]:
    """Read a wave's objects again, except those read a moment ago, and judge each."""
    kind = run.type_of(updates[0])
    known = {update.address: _recall(update, run, state) for update in updates}
    old = tuple(update.identity for update in updates if known[update.address] is None)
    fresh = await run.read(kind, old) if old else {}
    gone = [update for update in updates if isinstance(fresh.get(update.identity), Absent)]
    moved = await _look_where_moved(gone, kind, run)
    judged: dict[str, Ready | Withheld] = {}
    for update in updates:
        reading = moved.get(update.address) or known[update.address] or fresh.get(update.identity)
        verdict = judge(kind, update, reading or Unknown("it was not read"))
        judged[update.address] = (
            Withheld(update, verdict) if isinstance(verdict, Verdict) else Ready(update, verdict, verdict)
        )
    return judged


def _recall(update: Update, run: Run, state: LiveState) -> Present | None:
    """Return the plan's reading where it is young enough to be fresh still when the write's turn comes.

    One that grows old in the queue is read again alone, while here it shares a request with the rest of its wave.
    """
    reading = state.readings.get(update.address)
    if isinstance(reading, Present) and reading.identity == update.identity and run.will_last(reading.read_at):
        return reading
    return None


async def _look_where_moved(gone: Sequence[Update], kind: ResourceType, run: Run) -> Mapping[str, Reading]:
    """Look for absent objects in the place their update moves them to: an earlier run may have done it."""
    targets = {update.address: identity_after(kind, update) for update in gone}
    targets = {update.address: targets[update.address] for update in gone if targets[update.address] != update.identity}
    readings = await run.read(kind, tuple(targets.values())) if targets else {}
    found = {address: readings.get(identity) for address, identity in targets.items()}
    return {address: reading for address, reading in found.items() if isinstance(reading, Present)}


def _describe(withheld: Withheld) -> Outcome:
    why = withheld.why
    verdict = why if isinstance(why, Verdict) else Verdict(Result.NOT_ATTEMPTED, why)
    return Outcome(withheld.update, verdict.result, verdict.message, wrong_fields=verdict.wrong_fields)
