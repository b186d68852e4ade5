"""Weigh what reading after a try found: send it again, read on, or say what became of it (laws 3 and 6). Nothing is sent here.

The vendor's no is held to the reading too: vendors have refused what they did. What no clear answer came for and is unchanged is
in doubt, and never called rejected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reconciler.engine.encode import identity_after, reads_back
from reconciler.engine.verify import (
    find_collateral,
    find_moved,
    find_unusable,
    find_wrong,
    list_mismatches,
    was_written,
)
from reconciler.model.live import Absent, Present, Reading, Unknown
from reconciler.model.outcome import Collateral, Outcome, Result
from reconciler.model.paths import FieldPath, format_pointer
from reconciler.model.resource_type import Identity, ResourceType
from reconciler.remote.wire.client import Patience
from reconciler.remote.writing.reply import Reply, Word
from reconciler.remote.writing.send import Attempt

DOUBTFUL_TRIES = 3
"""How often one patch is sent at most where earlier tries got no clear answer and reading found them undone."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What reading after a try found. `undone`: every touched field is as it was before the try."""

    reading: Reading
    wrong: tuple[FieldPath, ...] = ()
    moved: tuple[FieldPath, ...] = ()
    """What is neither as it was nor as planned (law 7): never a field that somebody else set to what is planned."""
    undone: bool = False
    collateral: tuple[Collateral, ...] = ()
    written: str = ""
    """The vendor's stamp, where it shows that the object was written since the first try."""

    @property
    def right(self) -> bool:
        """Tell whether all touched fields that can be read are as planned."""
        return isinstance(self.reading, Present) and not self.wrong


def list_places(kind: ResourceType, attempt: Attempt) -> tuple[Identity, ...]:
    """List where to look: the new place first, and after a move the old one too, since nobody knows yet whether it was made."""
    update = attempt.ready.update
    return tuple(dict.fromkeys((identity_after(kind, update), update.identity)))


def examine(kind: ResourceType, attempt: Attempt, found: Sequence[Reading]) -> Finding:
    """Compare what was read at each place with what was planned and with what was there before."""
    reading = next((one for one in found if isinstance(one, Present)), None)
    if reading is None:
        return Finding(next((one for one in found if isinstance(one, Unknown)), found[0]))
    update, before = attempt.ready.update, attempt.ready.before.value
    unusable = find_unusable(kind, reading, [change.path[0] for change in update.changes])
    if unusable is not None:
        return Finding(unusable)
    wrong = find_wrong(kind, update, reading.value)
    moved = find_moved(kind, update, reading.value)
    undone = wrong == find_wrong(kind, update, before) and not moved
    # A list may show fewer fields of an object than a read by id: what was not shown before cannot be compared.
    damage = find_collateral(kind, update, before=before, after=reading.value)
    written = kind.stamp if was_written(kind, before=before, after=reading.value) else ""
    return Finding(reading, wrong, moved, undone, tuple(one for one in damage if one.path[0] in before), written)


def is_expected(attempt: Attempt, finding: Finding) -> bool:
    """Tell whether reading shows what the reply promises, so that nobody needs to look again."""
    refused = attempt.reply.word is Word.NO and finding.undone
    return finding.right or refused or _is_due(attempt.reply, finding)


def _is_due(reply: Reply, finding: Finding) -> bool:
    """Tell whether what was turned away is still to be done as planned: somebody may have done a part of it meanwhile."""
    return reply.word is Word.UNTOUCHED and not finding.right and not finding.moved


def may_still_land(kind: ResourceType, attempt: Attempt, finding: Finding) -> bool:
    """Tell whether a write without a clear answer, of which reading shows nothing, may be carried out yet."""
    return attempt.reply.word is Word.DOUBT and finding.undone and reads_back(kind, attempt.ready.update)


def may_repeat(kind: ResourceType, attempt: Attempt, finding: Finding, *, patience: Patience) -> bool:
    """Tell whether the same patch may go out again: it is idempotent, and nobody else moved what it touches.

    Where the vendor stamps each write the stamp must stand still too: what was carried out and taken back looks undone, and
    sending it again would overwrite somebody's work.
    """
    ready, reply = attempt.ready, attempt.reply
    limit = patience.attempts if reply.word is Word.UNTOUCHED else min(DOUBTFUL_TRIES, patience.attempts)
    if not reply.again or ready.tries >= limit or (reply.word is Word.DOUBT and finding.written):
        return False
    if reply.wait_seconds > patience.longest_wait_seconds or not isinstance(finding.reading, Present):
        return False
    if finding.right:
        return not reads_back(kind, ready.update)
    return finding.undone or _is_due(reply, finding)


def conclude(kind: ResourceType, attempt: Attempt, finding: Finding, *, now: float) -> Outcome:
    """Say what became of an update, by the last reply and the last reading."""
    ready, reply = attempt.ready, attempt.reply
    seconds = now - ready.started
    blind = not reads_back(kind, ready.update)
    result, words = _weigh(attempt, finding, blind=blind, seconds=seconds)
    outcome = Outcome(
        ready.update,
        result,
        "; ".join(part for part in (words, *ready.notes) if part),
        status=reply.status,
        request_id=reply.request_id,
        seconds=seconds,
        wrong_fields={Result.MISMATCH: finding.wrong, Result.STALE: finding.moved}.get(result, ()),
    )
    if result is not Result.MISMATCH or not isinstance(finding.reading, Present):
        return outcome
    wrong = list_mismatches(kind, ready.update, finding.reading.value, wrong=finding.wrong)
    return replace(outcome, collateral=finding.collateral, mismatches=wrong)


def _weigh(attempt: Attempt, finding: Finding, *, blind: bool, seconds: float) -> tuple[Result, str]:
    reply = attempt.reply
    if not isinstance(finding.reading, Present):
        return _weigh_unread(reply, finding.reading, blind=blind)
    if reply.word is Word.YES:
        return _weigh_yes(finding, blind=blind)
    if reply.word is Word.UNTOUCHED:
        return _weigh_untouched(attempt, finding)
    if reply.word is Word.NO and blind:
        return Result.REJECTED, f"{reply.message}; that is the vendor's word: the API cannot be read back"
    return _weigh_doubt(attempt, finding, blind=blind, seconds=seconds)


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
    if not finding.moved:
        return Result.REJECTED, f"{words}; nothing was done, and {_list(finding.wrong)} is not as planned yet"
    return Result.STALE, f"{words}; nothing was done, and {_list(finding.moved)} moved since it was planned"


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
    return Result.IN_DOUBT, f"{words}; {_tell_open_end(finding, seconds)}"


def _tell_open_end(finding: Finding, seconds: float) -> str:
    if finding.written:
        told = f"read back as it was, but {finding.written} moved"
        return f"{told}: the write may have been taken back, or others were made; it is not sent again over that"
    return f"read back unchanged so far, last {seconds:.1f} s after it was sent; it may still take effect"


def _count_tries(attempt: Attempt) -> str:
    tries = attempt.ready.tries
    return attempt.reply.message if tries == 1 else f"{attempt.reply.message} (try {tries})"


def _list(paths: tuple[FieldPath, ...]) -> str:
    return ", ".join(format_pointer(path) for path in paths)


def _blame(finding: Finding) -> str:
    """Name what else changed. Without an ETag nobody can tell a side effect from somebody's edit in the same moment."""
    paths = _list(tuple(damage.path for damage in finding.collateral))
    return f"{paths} changed too, which was not sent (a side effect of the write, or an edit at the same moment)"
