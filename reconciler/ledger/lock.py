"""One run at a time over an account: the rules of the lock, for any place that can compare and swap a text.

The lock of an environment is one text that names who holds it, each with the accounts that it may write to. Runs over
different accounts hold it side by side. A holder is added, renewed and taken out by one swap of the whole text, so a run
has all its accounts or none: nobody ever waits for a second one while it holds a first.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Final, Protocol

from reconciler.ledger.contention import ATTEMPTS, take_turns
from reconciler.ledger.errors import LedgerProblem, LedgerUnavailable, LockedError, LockLost
from reconciler.ledger.holder import LockHolder, create_holder
from reconciler.ledger.lock_text import Stored, format_holders, read_holders
from reconciler.ledger.times import Clock
from reconciler.model.diagnostic import Diagnostic, Severity

DEFAULT_TTL_SECONDS: Final = 900.0
"""How long a lock lives whose own time to live cannot be read."""

Holders = tuple[LockHolder, ...]


class LockPlace(Protocol):
    """Where a lock is kept. Every method raises LedgerUnavailable where the place cannot be reached."""

    def read(self) -> Stored | None:
        """Return what is stored, or None."""

    def swap(self, text: str | None, *, expected: str | None) -> str | None:
        """Replace the version `expected` (None: nothing) by a text (None: nothing) in one step.

        Returns the new version ("" after removal), or None where something else was stored. It may have been done all the
        same: an answer can be lost, and the next swap of somebody else hides what was stored.
        """


def change_holders(
    place: LockPlace,
    change: Callable[[Holders], Holders],
    *,
    ttl_seconds: float,
    turns: Callable[[], Iterable[int]] = take_turns,
) -> Holders:
    """Swap who holds a lock for what `change` makes of it, of the newest where somebody was faster; return who held it.

    Raises what `change` raises, and LedgerUnavailable where others are faster again and again.
    """
    for _ in turns():
        stored = place.read()
        before = read_holders(stored, ttl_seconds=ttl_seconds)
        after = change(before)
        expected = stored.version if stored else None
        if after == before or place.swap(format_holders(after), expected=expected) is not None:
            return before
    message = f"other runs changed the lock {ATTEMPTS} times while this one tried to"
    raise LedgerUnavailable(message, advice="Try again.")


class Lock:
    """A lock that is held. Call `refresh` well within the time to live while a long apply runs."""

    def __init__(self, place: LockPlace, *, holder: LockHolder, clock: Clock) -> None:
        self._place = place
        self._clock = clock
        self._notes: list[Diagnostic] = []
        self.holder = holder

    @property
    def notes(self) -> tuple[Diagnostic, ...]:
        """Say what was taken over, and after the end, whether the lock could not be removed."""
        return tuple(self._notes)

    def now(self) -> datetime:
        """Tell the time by the lock's clock."""
        return self._clock()

    def refresh(self) -> None:
        """Start the time to live anew; raise LockLost where the lock is no longer ours."""
        self._become(self.holder.extend(self._clock()))

    def narrow(self, accounts: Collection[str]) -> None:
        """Give back all accounts but some of ours; raise LockLost where the lock is no longer ours."""
        self._become(replace(self.holder.extend(self._clock()), accounts=tuple(sorted(accounts))))

    def _become(self, holder: LockHolder) -> None:
        def renew(before: Holders) -> Holders:
            if not self._is_in(before):
                raise self._report_loss(before)
            return tuple(holder if each.token == holder.token else each for each in before)

        change_holders(self._place, renew, ttl_seconds=holder.ttl_seconds)
        self.holder = holder

    def release(self) -> None:
        """Give the lock back if it is still ours; a failure becomes a note, because the lock ends by itself anyway."""
        looks = 0

        def leave(before: Holders) -> Holders:
            nonlocal looks
            looks += 1
            if looks == 1 and not self._is_in(before):
                raise self._report_loss(before)
            return tuple(each for each in before if each.token != self.holder.token)

        try:
            change_holders(self._place, leave, ttl_seconds=self.holder.ttl_seconds)
        except LockLost as problem:
            self.note("lock-expired", problem.message, advice=problem.advice)
        except LedgerProblem as problem:
            message = f"the lock could not be removed: {problem.message}; it ends by itself at {self.holder.expires}"
            self.note("ledger-unavailable", message, advice=advise([self.holder]))

    def note(self, code: str, message: str, *, advice: str) -> None:
        """Add a warning to what the person who runs this should see."""
        self._notes.append(Diagnostic(code, message, Severity.WARNING, advice=advice))

    def _is_in(self, holders: Holders) -> bool:
        return any(each.token == self.holder.token for each in holders)

    def _report_loss(self, holders: Holders) -> LockLost:
        mine = self.holder.accounts
        others = [each for each in holders if each.meets(mine)]
        now = f"now held by {others[0].describe(first=mine)}" if others else "removed by somebody"
        advice = "Another apply may have run at the same time. Run `reconciler plan` to see what is live."
        return LockLost(f"the lock of this run was lost: {now}", advice=advice)


@contextmanager
def hold_lock(
    place: LockPlace, *, owner: str, run: str, ttl_seconds: float, clock: Clock, accounts: Collection[str] | None = None
) -> Iterator[Lock]:
    """Take the lock for some accounts (None: for all), or raise LockedError; give it back at the end.

    A lock over any of them that expired, or whose process on this machine is gone, is taken over, with a note.
    """
    lock = _acquire(place, owner=owner, run=run, ttl_seconds=ttl_seconds, clock=clock, accounts=accounts)
    try:
        yield lock
    finally:
        lock.release()


def _acquire(
    place: LockPlace, *, owner: str, run: str, ttl_seconds: float, clock: Clock, accounts: Collection[str] | None
) -> Lock:
    holder = create_holder(owner, run=run, ttl_seconds=ttl_seconds, now=clock(), accounts=accounts)
    left_behind: Holders = ()

    def join(before: Holders) -> Holders:
        nonlocal left_behind
        if holder in before:
            return before
        met = tuple(each for each in before if each.meets(holder.accounts))
        running = [each for each in met if each.is_running(clock())]
        if running:
            raise _refuse(running, accounts=holder.accounts)
        left_behind = met
        return (*(each for each in before if each not in met), holder)

    try:
        change_holders(place, join, ttl_seconds=ttl_seconds)
    except LedgerUnavailable:
        # The swap may have been done all the same, and then nobody would give this lock back.
        with contextlib.suppress(LedgerUnavailable):
            break_lock(place, holder, ttl_seconds=ttl_seconds)
        raise
    return _start_lock(Lock(place, holder=holder, clock=clock), left_behind)


def _start_lock(lock: Lock, left_behind: Holders) -> Lock:
    for before in left_behind:
        why = "expired lock" if before.has_expired(lock.now()) else "lock, whose process is gone,"
        whose = before.describe(first=lock.holder.accounts)
        message = f"took over the {why} of {whose}; what that run sent last may be in doubt"
        lock.note("lock-expired", message, advice="`reconciler history` shows how far it came.")
    return lock


def _refuse(holders: Sequence[LockHolder], *, accounts: Collection[str] | None) -> LockedError:
    told = "; ".join(each.describe(first=accounts) for each in holders)
    who = "another apply holds the lock" if len(holders) == 1 else "other applies hold the lock"
    return LockedError(f"{who}: {told}", holders=tuple(holders), advice=advise(holders))


def advise(holders: Sequence[LockHolder]) -> str:
    """Say what can be done about the lock of others."""
    commands = " or ".join(f"`reconciler unlock {each.name}`" for each in holders)
    if len(holders) == 1:
        return f"Wait for it to end. If it is certainly dead, {commands} removes the lock."
    return f"Wait for them to end. For one that is certainly dead, {commands} removes its lock."


def list_holders(place: LockPlace, *, ttl_seconds: float) -> Holders:
    """Return who holds the lock, expired or not."""
    return read_holders(place.read(), ttl_seconds=ttl_seconds)


def break_lock(place: LockPlace, holder: LockHolder, *, ttl_seconds: float) -> bool:
    """Take a holder out of the lock by force; tell whether it was still in it."""
    found = False

    def evict(before: Holders) -> Holders:
        nonlocal found
        after = tuple(each for each in before if each.token != holder.token)
        found = found or after != before
        return after

    change_holders(place, evict, ttl_seconds=ttl_seconds)
    return found
