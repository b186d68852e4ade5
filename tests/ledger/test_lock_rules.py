"""The rules of the lock in a place that a test holds in its hand: whose turn it is, and what is said."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

import pytest

from reconciler.ledger.errors import LedgerUnavailable, LockedError, LockLost
from reconciler.ledger.holder import LockHolder, create_holder, format_holder
from reconciler.ledger.lock import Lock, Stored, advise, break_lock, hold_lock, read_holder
from reconciler.model.diagnostic import Diagnostic, Severity
from tests.ledger.samples import Clock

TTL = 60


class Shelf:
    """One text that is swapped in one step; `meddle` is called before each swap, with how many came before."""

    def __init__(self, text: str | None = None, *, when: str = "") -> None:
        self.text, self.when, self.swaps = text, when, 0
        self.meddle: Callable[[int], None] = lambda _: None

    def read(self) -> Stored | None:
        return None if self.text is None else Stored(self.text, f"v:{self.text}", self.when)

    def swap(self, text: str | None, *, expected: str | None) -> str | None:
        self.meddle(self.swaps)
        self.swaps += 1
        if expected != (None if self.text is None else f"v:{self.text}"):
            return None
        self.text = text
        return "" if text is None else f"v:{text}"


@pytest.fixture
def clock() -> Clock:
    return Clock()


def hold(shelf: Shelf, clock: Clock) -> ExitStack:
    return take(shelf, clock)[0]


def take(shelf: Shelf, clock: Clock) -> tuple[ExitStack, Lock]:
    stack = ExitStack()
    return stack, stack.enter_context(hold_lock(shelf, owner="alice", run="r1", ttl_seconds=TTL, clock=clock))


def other(clock: Clock) -> LockHolder:
    return replace(create_holder("bob", run="r0", ttl_seconds=TTL, now=clock()), machine="another machine")


def test_who_holds_it_is_read_back(clock: Clock) -> None:
    shelf = Shelf()
    assert read_holder(shelf, ttl_seconds=TTL) is None
    stack, lock = take(shelf, clock)
    with stack:
        assert read_holder(shelf, ttl_seconds=TTL) == lock.holder
        assert (lock.holder.owner, lock.holder.run, lock.holder.ttl_seconds) == ("alice", "r1", TTL)
        assert lock.now() == clock()
    assert shelf.text is None
    assert lock.notes == ()


def test_the_refused_learns_who_holds_it_and_the_way_out(clock: Clock) -> None:
    shelf = Shelf(format_holder(other(clock)))
    with pytest.raises(LockedError) as caught:
        hold(shelf, clock)
    assert caught.value.message == f"another apply holds the lock: {other(clock).describe()}"
    assert caught.value.advice == advise(other(clock))
    assert (
        advise(other(clock)) == "Wait for it to end. If it is certainly dead, `reconciler unlock r0` removes the lock."
    )
    assert shelf.swaps == 0


def test_a_race_that_is_lost_again_and_again_is_refused(clock: Clock) -> None:
    expired = format_holder(other(clock))
    clock.advance(TTL)
    shelf = Shelf()
    shelf.meddle = lambda count: setattr(shelf, "text", expired + " " * count)
    with pytest.raises(LockedError, match="bob"):
        hold(shelf, clock)
    assert shelf.swaps == 5
    shelf = Shelf()
    shelf.meddle = lambda count: setattr(shelf, "text", expired if count % 2 == 0 else None)
    with pytest.raises(LockedError) as caught:
        hold(shelf, clock)
    holder = caught.value.holder
    assert (holder.owner, holder.run, holder.ttl_seconds) == ("another run", "", TTL)
    assert (caught.value.since, holder.has_expired(clock())) == ("2026-11-21T08:31:00Z", False)


def test_the_second_look_takes_what_the_first_could_not(clock: Clock) -> None:
    shelf = Shelf()
    shelf.meddle = lambda count: setattr(shelf, "text", "" if count == 0 else shelf.text)
    with hold(shelf, clock):
        assert shelf.swaps == 2


def test_what_is_taken_over_is_told(clock: Clock) -> None:
    before = other(clock)
    shelf = Shelf(format_holder(before))
    clock.advance(TTL)
    stack, lock = take(shelf, clock)
    with stack:
        told = f"took over the expired lock of {before.describe()}; what that run sent last may be in doubt"
        advice = "`reconciler history` shows how far it came."
        assert lock.notes == (Diagnostic("lock-expired", told, Severity.WARNING, advice=advice),)


def test_a_lock_whose_process_is_gone_is_taken_over_at_once(clock: Clock) -> None:
    gone = replace(create_holder("bob", run="r0", ttl_seconds=TTL, now=clock()), pid=2**22 + 1)
    stack, lock = take(Shelf(format_holder(gone)), clock)
    with stack:
        told = (
            f"took over the lock, whose process is gone, of {gone.describe()}; what that run sent last may be in doubt"
        )
        assert [note.message for note in lock.notes] == [told]


def test_a_lost_lock_is_told_at_the_next_refresh_and_at_the_end(clock: Clock) -> None:
    shelf = Shelf()
    stack, lock = take(shelf, clock)
    advice = "Another apply may have run at the same time. Run `reconciler plan` to see what is live."
    with stack:
        shelf.text = format_holder(other(clock))
        told = f"the lock of this run was lost: now held by {other(clock).describe()}"
        with pytest.raises(LockLost) as caught:
            lock.refresh()
        assert (caught.value.message, caught.value.advice) == (told, advice)
        shelf.text = None
    told = "the lock of this run was lost: removed by somebody"
    assert lock.notes == (Diagnostic("lock-expired", told, Severity.WARNING, advice=advice),)


def test_a_refreshed_lock_is_swapped_by_its_new_version(clock: Clock) -> None:
    shelf = Shelf()
    stack, lock = take(shelf, clock)
    with stack:
        for _ in range(2):
            clock.advance(50)
            lock.refresh()
            assert read_holder(shelf, ttl_seconds=TTL) == lock.holder
            assert not lock.holder.has_expired(clock())
    assert (shelf.text, lock.notes) == (None, ())


def test_a_lock_that_cannot_be_removed_ends_by_itself_and_says_so(clock: Clock) -> None:
    shelf = Shelf()
    stack, lock = take(shelf, clock)

    def fail(_: int) -> None:
        raise LedgerUnavailable("the disk is full", advice="Make room.")

    with stack:
        shelf.meddle = fail
    told = f"the lock could not be removed: the disk is full; it ends by itself at {lock.holder.expires}"
    assert lock.notes == (Diagnostic("ledger-unavailable", told, Severity.WARNING, advice=advise(lock.holder)),)


@pytest.mark.parametrize(
    ("when", "running"), [("2026-11-21T08:29:30Z", True), ("2026-11-21T08:28:59Z", False), ("", False)]
)
def test_of_a_damaged_lock_only_its_age_counts(clock: Clock, when: str, running: bool) -> None:
    holder = read_holder(Shelf("{", when=when), ttl_seconds=TTL)
    assert holder is not None
    assert (holder.owner, holder.host, holder.pid, holder.run) == ("somebody unknown", "an unknown host", 0, "")
    assert (holder.created, holder.ttl_seconds, holder.token) == (when, TTL, "")
    assert holder.is_running(clock()) is running


def test_removing_by_force_says_whose_it_was(clock: Clock) -> None:
    assert break_lock(Shelf(), ttl_seconds=TTL) is None
    holder = other(clock)
    shelf = Shelf(format_holder(holder))
    assert break_lock(shelf, ttl_seconds=TTL) == holder
    assert shelf.text is None


def test_removing_by_force_tries_again_but_not_for_ever(clock: Clock) -> None:
    shelf = Shelf(format_holder(other(clock)))
    shelf.meddle = lambda count: setattr(shelf, "text", "changed" if count == 0 else shelf.text)
    assert break_lock(shelf, ttl_seconds=TTL) is not None
    assert (shelf.text, shelf.swaps) == (None, 2)
    restless = Shelf("0")
    restless.meddle = lambda count: setattr(restless, "text", str(count + 1))
    with pytest.raises(LedgerUnavailable) as caught:
        break_lock(restless, ttl_seconds=TTL)
    assert caught.value.message == "the lock changed hands again and again while it was to be removed"
    assert caught.value.advice == "Try again."
    assert restless.swaps == 5
