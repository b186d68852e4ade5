"""One apply at a time for a project: the rules of the lock, for any place that can compare and swap a text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from reconciler.ledger.errors import LedgerProblem, LedgerUnavailable, LockedError, LockLost
from reconciler.ledger.holder import LockHolder, create_holder, format_holder, parse_holder
from reconciler.ledger.times import Clock, parse_time
from reconciler.model.diagnostic import Diagnostic, Severity

DEFAULT_TTL_SECONDS: Final = 900.0
"""How long a lock lives whose own time to live cannot be read."""
_ATTEMPTS = 5
_ADVICE = "Wait for it to end. If it is certainly dead, `reconciler unlock {run}` removes the lock."


@dataclass(frozen=True, slots=True)
class Stored:
    """The text in a lock's place, the version to swap it by, and when it was put there if the place can tell."""

    text: str
    version: str
    when: str = ""


class LockPlace(Protocol):
    """Where a lock is kept. Every method raises LedgerUnavailable where the place cannot be reached."""

    def read(self) -> Stored | None:
        """Return what is stored, or None."""

    def swap(self, text: str | None, *, expected: str | None) -> str | None:
        """Replace the version `expected` (None: nothing) by a text (None: nothing) in one step.

        Returns the new version ("" after removal), or None where something else was stored.
        """


class Lock:
    """A lock that is held. Call `refresh` well within the time to live while a long apply runs."""

    def __init__(self, place: LockPlace, *, holder: LockHolder, version: str, clock: Clock) -> None:
        self._place = place
        self._version = version
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
        holder = self.holder.extend(self._clock())
        version = self._place.swap(format_holder(holder), expected=self._version)
        if version is None:
            raise self._report_loss()
        self.holder, self._version = holder, version

    def release(self) -> None:
        """Remove the lock if it is still ours; a failure becomes a note, because the lock ends by itself anyway."""
        try:
            if self._place.swap(None, expected=self._version) is None:
                problem = self._report_loss()
                self.note("lock-expired", problem.message, advice=problem.advice)
        except LedgerProblem as problem:
            message = f"the lock could not be removed: {problem.message}; it ends by itself at {self.holder.expires}"
            self.note("ledger-unavailable", message, advice=advise(self.holder))

    def note(self, code: str, message: str, *, advice: str) -> None:
        """Add a warning to what the person who runs this should see."""
        self._notes.append(Diagnostic(code, message, Severity.WARNING, advice=advice))

    def _report_loss(self) -> LockLost:
        stored = self._place.read()
        holder = parse_holder(stored.text) if stored else None
        now = f"now held by {holder.describe()}" if holder else "removed by somebody"
        advice = "Another apply may have run at the same time. Run `reconciler plan` to see what is live."
        return LockLost(f"the lock of this run was lost: {now}", advice=advice)


@contextmanager
def hold_lock(place: LockPlace, *, owner: str, run: str, ttl_seconds: float, clock: Clock) -> Iterator[Lock]:
    """Take the lock, or raise LockedError; release it at the end.

    A lock that expired, or whose process on this machine is gone, is taken over, with a note.
    """
    lock = _acquire(place, owner=owner, run=run, ttl_seconds=ttl_seconds, clock=clock)
    try:
        yield lock
    finally:
        lock.release()


def _acquire(place: LockPlace, *, owner: str, run: str, ttl_seconds: float, clock: Clock) -> Lock:
    for _ in range(_ATTEMPTS):
        stored = place.read()
        before = _read_stored(stored, ttl_seconds) if stored else None
        if before and before.is_running(clock()):
            break
        holder = create_holder(owner, run=run, ttl_seconds=ttl_seconds, now=clock())
        version = place.swap(format_holder(holder), expected=stored.version if stored else None)
        if version is not None:
            return _start_lock(Lock(place, holder=holder, version=version, clock=clock), before)
    raise _refuse(before or create_holder("another run", run="", ttl_seconds=ttl_seconds, now=clock()))


def _start_lock(lock: Lock, before: LockHolder | None) -> Lock:
    if before:
        why = "expired lock" if before.has_expired(lock.now()) else "lock, whose process is gone,"
        message = f"took over the {why} of {before.describe()}; what that run sent last may be in doubt"
        lock.note("lock-expired", message, advice="`reconciler history` shows how far it came.")
    return lock


def _refuse(holder: LockHolder) -> LockedError:
    return LockedError(f"another apply holds the lock: {holder.describe()}", holder=holder, advice=advise(holder))


def advise(holder: LockHolder) -> str:
    """Say what can be done about somebody's lock."""
    return _ADVICE.format(run=holder.name)


def _read_stored(stored: Stored, ttl_seconds: float) -> LockHolder:
    """Read who holds the lock; of a damaged one only its age is known, so it ends one time to live after it."""
    holder = parse_holder(stored.text)
    if holder:
        return holder
    unknown = LockHolder("somebody unknown", "an unknown host", 0, "", stored.when, stored.when, ttl_seconds, "")
    since = parse_time(stored.when)
    return unknown.extend(since) if since else unknown


def read_holder(place: LockPlace, *, ttl_seconds: float) -> LockHolder | None:
    """Return who holds the lock, expired or not."""
    stored = place.read()
    return _read_stored(stored, ttl_seconds) if stored else None


def break_lock(place: LockPlace, *, ttl_seconds: float) -> LockHolder | None:
    """Remove the lock by force, whoever holds it; return who did, or None where nobody."""
    for _ in range(_ATTEMPTS):
        stored = place.read()
        if stored is None:
            return None
        if place.swap(None, expected=stored.version) is not None:
            return _read_stored(stored, ttl_seconds)
    raise LedgerUnavailable("the lock changed hands again and again while it was to be removed", advice="Try again.")
