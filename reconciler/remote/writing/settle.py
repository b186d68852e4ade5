"""Settle what was sent by reading it back: verified, accepted, rejected, a mismatch, or in doubt (laws 3 and 6).

The vendor's no is read back too: vendors have refused what they did. What no clear answer came for, and reading shows as it was
before, may still land: it is read again for as long as the account's `timeout_seconds`, since whoever gave up in between had a
timeout like that. What is unchanged even then is in doubt, and never called rejected.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.engine.encode import identity_after, reads_back
from reconciler.engine.verify import find_collateral, find_moved, find_unusable, find_wrong, list_mismatches
from reconciler.model.live import Absent, Present, Reading, Unknown
from reconciler.model.outcome import Collateral, Mismatch, Outcome, Result
from reconciler.model.paths import FieldPath, format_pointer
from reconciler.model.resource_type import Identity, ResourceType
from reconciler.remote.wire.client import Patience
from reconciler.remote.writing.reply import Reply, Word
from reconciler.remote.writing.run import Run
from reconciler.remote.writing.send import Attempt, Ready, Withheld, send_apart

_FIRST_LATE_SECONDS = 2.0
DOUBTFUL_TRIES = 3
"""How often one patch is sent at most where earlier tries got no clear answer and reading found them undone."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What reading after a try found. `undone`: every touched field is as it was before the try."""

    reading: Reading
    wrong: tuple[FieldPath, ...] = ()
    undone: bool = False
    collateral: tuple[Collateral, ...] = ()

    @property
    def right(self) -> bool:
        """Tell whether all touched fields that can be read are as planned."""
        return isinstance(self.reading, Present) and not self.wrong


async def settle(attempts: Sequence[Attempt], run: Run) -> tuple[Outcome, ...]:
    """Read back all attempts together; send again what was found undone and may be repeated; conclude the rest."""
    outcomes: list[Outcome] = []
    pending = tuple(attempts)
    while pending:
        findings = await _read_back(pending, run)
        repeatable = {_name(one) for one in pending if _may_repeat(one, findings[_name(one)], run)}
        again = [attempt for attempt in pending if _name(attempt) in repeatable]
        ended = [attempt for attempt in pending if _name(attempt) not in repeatable]
        late = [attempt for attempt in ended if _may_still_land(attempt, findings[_name(attempt)], run)]
        findings = {**findings, **await _wait_out(late, run)}
        outcomes += [_conclude(attempt, findings[_name(attempt)], run) for attempt in ended]
        pending = await _repeat([_prepare(attempt, findings[_name(attempt)]) for attempt in again], run)
    return tuple(outcomes)


def _name(attempt: Attempt) -> str:
    return attempt.ready.update.address


def _may_still_land(attempt: Attempt, finding: Finding, run: Run) -> bool:
    """Tell whether a write without a clear answer, of which reading shows nothing, may be carried out yet."""
    update = attempt.ready.update
    return attempt.reply.word is Word.DOUBT and finding.undone and reads_back(run.type_of(update), update)


async def _wait_out(attempts: Sequence[Attempt], run: Run) -> Mapping[str, Finding]:
    """Read on while a write may still land; return what was found last of each that could be read."""
    findings: dict[str, Finding] = {}
    open_ones = list(attempts)
    for wait in _late_waits(run):
        if not open_ones or run.stop.reason:
            break
        await run.patience.sleep(wait)
        found = await _read_once(open_ones, run)
        findings |= {address: one for address, one in found.items() if isinstance(one.reading, Present)}
        open_ones = [attempt for attempt in open_ones if found[_name(attempt)].undone]
    return findings


def _late_waits(run: Run) -> Iterator[float]:
    """Yield waits that double and come to the account's timeout together."""
    left, wait = run.account.timeout_seconds, _FIRST_LATE_SECONDS
    while left > 0:
        yield min(wait, left)
        left, wait = left - wait, wait * 2


async def _read_back(attempts: Sequence[Attempt], run: Run) -> Mapping[str, Finding]:
    """Read until every attempt shows what it should, or patience ends: reads may lag behind a write."""
    findings: dict[str, Finding] = {}
    open_ones = list(attempts)
    for wait in _wait_times(run.patience):
        if not open_ones:
            break
        await run.patience.sleep(wait)
        round_findings = await _read_once(open_ones, run)
        stuck = {
            address
            for address, finding in round_findings.items()
            if isinstance(finding.reading, Unknown) and address in findings
        }
        findings |= round_findings
        open_ones = [
            attempt
            for attempt in open_ones
            if _name(attempt) not in stuck and not _is_expected(attempt, findings[_name(attempt)])
        ]
    return findings


def _wait_times(patience: Patience) -> Iterator[float]:
    yield 0.0
    for number in range(patience.attempts - 1):
        yield min(patience.first_wait_seconds * 2**number, patience.longest_wait_seconds)


def _is_expected(attempt: Attempt, finding: Finding) -> bool:
    untouched = attempt.reply.word in {Word.UNTOUCHED, Word.NO} and finding.undone
    return finding.right or untouched


async def _read_once(attempts: Sequence[Attempt], run: Run) -> Mapping[str, Finding]:
    by_type: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        by_type.setdefault(run.type_of(attempt.ready.update).name, []).append(attempt)
    findings: dict[str, Finding] = {}
    for several in by_type.values():
        kind = run.type_of(several[0].ready.update)
        places = {_name(attempt): _list_places(kind, attempt) for attempt in several}
        wanted = tuple(dict.fromkeys(place for listed in places.values() for place in listed))
        readings = await run.read(kind, wanted)
        for attempt in several:
            found = [readings.get(place, Unknown("it was not read")) for place in places[_name(attempt)]]
            findings[_name(attempt)] = _examine(kind, attempt, found)
    return findings


def _list_places(kind: ResourceType, attempt: Attempt) -> tuple[Identity, ...]:
    """List where to look: the new place first, and after a move whose answer is not a yes the old one too."""
    update = attempt.ready.update
    return tuple(dict.fromkeys((identity_after(kind, update), update.identity)))


def _examine(kind: ResourceType, attempt: Attempt, found: Sequence[Reading]) -> Finding:
    reading = next((one for one in found if isinstance(one, Present)), None)
    if reading is None:
        return Finding(next((one for one in found if isinstance(one, Unknown)), found[0]))
    update, before = attempt.ready.update, attempt.ready.before.value
    unusable = find_unusable(kind, reading, [change.path[0] for change in update.changes])
    if unusable is not None:
        return Finding(unusable)
    wrong = find_wrong(kind, update, reading.value)
    undone = wrong == find_wrong(kind, update, before) and not find_moved(kind, update, reading.value)
    # A list may show fewer fields of an object than a read by id: what was not shown before cannot be compared.
    damage = find_collateral(kind, update, before=before, after=reading.value)
    return Finding(reading, wrong, undone, tuple(one for one in damage if one.path[0] in before))


def _may_repeat(attempt: Attempt, finding: Finding, run: Run) -> bool:
    """Tell whether the same patch may go out again: it is idempotent, and nobody else moved what it touches."""
    ready, reply = attempt.ready, attempt.reply
    limit = run.patience.attempts if reply.word is Word.UNTOUCHED else min(DOUBTFUL_TRIES, run.patience.attempts)
    if reply.word is Word.YES or not reply.again or ready.tries >= limit or run.blocked:
        return False
    if reply.wait_seconds > run.patience.longest_wait_seconds or not isinstance(finding.reading, Present):
        return False
    blind = not reads_back(run.type_of(ready.update), ready.update)
    return finding.undone or (blind and finding.right)


def _prepare(attempt: Attempt, finding: Finding) -> Ready:
    assert isinstance(finding.reading, Present)  # noqa: S101 - `_may_repeat` has looked
    return replace(attempt.ready, seen=finding.reading, last=attempt.reply)


async def _repeat(again: Sequence[Ready], run: Run) -> tuple[Attempt, ...]:
    """Send updates again, each alone, after the wait that fits the number of tries."""
    if not again:
        return ()
    longest = max(ready.tries for ready in again)
    await run.patience.sleep(min(run.patience.first_wait_seconds * 2**longest, run.patience.longest_wait_seconds))
    parts = await asyncio.gather(*(send_apart((ready,), run) for ready in again))
    return tuple(part for several in parts for part in several if not isinstance(part, Withheld))


def _conclude(attempt: Attempt, finding: Finding, run: Run) -> Outcome:
    ready, reply = attempt.ready, attempt.reply
    result, words = _weigh(attempt, finding, run)
    return Outcome(
        ready.update,
        result,
        "; ".join(part for part in (words, *ready.notes) if part),
        status=reply.status,
        request_id=reply.request_id,
        seconds=run.clock() - ready.started,
        wrong_fields=finding.wrong if result in {Result.MISMATCH, Result.STALE} else (),
        collateral=finding.collateral if result is Result.MISMATCH else (),
        mismatches=_list_mismatches(ready, finding, run) if result is Result.MISMATCH else (),
    )


def _list_mismatches(ready: Ready, finding: Finding, run: Run) -> tuple[Mismatch, ...]:
    if not isinstance(finding.reading, Present):
        return ()
    return list_mismatches(run.type_of(ready.update), ready.update, finding.reading.value, wrong=finding.wrong)


def _weigh(attempt: Attempt, finding: Finding, run: Run) -> tuple[Result, str]:
    ready, reply = attempt.ready, attempt.reply
    blind = not reads_back(run.type_of(ready.update), ready.update)
    if not isinstance(finding.reading, Present):
        return _weigh_unread(reply, finding.reading, blind=blind)
    if reply.word is Word.YES:
        return _weigh_yes(finding, blind=blind)
    if reply.word is Word.UNTOUCHED:
        return _weigh_untouched(attempt, finding)
    if reply.word is Word.NO and blind:
        return Result.REJECTED, f"{reply.message}; that is the vendor's word: the API cannot be read back"
    return _weigh_doubt(attempt, finding, blind=blind, seconds=run.clock() - ready.started)


def _weigh_unread(reply: Reply, reading: Absent | Unknown, *, blind: bool) -> tuple[Result, str]:
    absent = isinstance(reading, Absent)
    found = f"the object is gone: {reading.proof}" if isinstance(reading, Absent) else reading.reason
    match reply.word:
        case Word.YES if absent:
            return Result.MISMATCH, f"the vendor said yes, but {found}"
        case Word.YES if blind:
            return Result.ACCEPTED, f"what can be read could not be: {found}"
        case Word.YES:
            return Result.IN_DOUBT, f"the vendor said yes, but it could not be read back: {found}"
        case Word.UNTOUCHED:
            return Result.REJECTED, f"{reply.message}; nothing was done"
        case Word.NO if absent or reply.refuses_key:
            return Result.REJECTED, f"{reply.message}; {found}"
    return Result.IN_DOUBT, f"{reply.message}; it could not be read back: {found}"


def _weigh_yes(finding: Finding, *, blind: bool) -> tuple[Result, str]:
    if finding.wrong:
        return Result.MISMATCH, f"the vendor said yes, but {_list(finding.wrong)} is not as planned"
    if finding.collateral:
        return Result.MISMATCH, _blame(finding)
    return (Result.ACCEPTED if blind else Result.VERIFIED), ""


def _weigh_untouched(attempt: Attempt, finding: Finding) -> tuple[Result, str]:
    words = _count_tries(attempt)
    if finding.undone:
        return Result.REJECTED, f"{words}; read back, nothing changed"
    if finding.right:
        return Result.VERIFIED, f"{words}; read back and equal all the same"
    return Result.STALE, f"{words}; nothing was done, and {_list(finding.wrong)} moved since it was planned"


def _weigh_doubt(attempt: Attempt, finding: Finding, *, blind: bool, seconds: float) -> tuple[Result, str]:
    words = _count_tries(attempt)
    if finding.collateral:
        return Result.MISMATCH, f"{words}; {_blame(finding)}"
    if blind:
        return Result.IN_DOUBT, f"{words}; the API cannot be read back, so nobody can tell"
    if finding.right:
        return Result.VERIFIED, f"{words}, but read back and equal"
    if not finding.undone:
        return Result.MISMATCH, f"{words}; read back, {_list(finding.wrong)} is not as planned"
    if attempt.reply.word is Word.NO:
        return Result.REJECTED, f"{words}; read back, nothing changed"
    seen = f"read back unchanged so far, last {seconds:.1f} s after it was sent"
    return Result.IN_DOUBT, f"{words}; {seen}; it may still take effect"


def _count_tries(attempt: Attempt) -> str:
    tries = attempt.ready.tries
    return attempt.reply.message if tries == 1 else f"{attempt.reply.message} (try {tries})"


def _list(paths: tuple[FieldPath, ...]) -> str:
    return ", ".join(format_pointer(path) for path in paths)


def _blame(finding: Finding) -> str:
    """Name what else changed. Without an ETag nobody can tell a side effect from somebody's edit in the same moment."""
    paths = _list(tuple(damage.path for damage in finding.collateral))
    return f"{paths} changed too, which was not sent (a side effect of the write, or an edit at the same moment)"
