"""The rules of the lock in a place that a test holds in its hand: whose turn it is, and what is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, replace

import pytest

from reconciler.ledger.contention import ATTEMPTS
from reconciler.ledger.errors import LedgerUnavailable, LockedError, LockLost
from reconciler.ledger.holder import LockHolder, create_holder
from reconciler.ledger.lock import Lock, advise, break_lock, change_holders, hold_lock, list_holders
from reconciler.ledger.lock_text import Stored, format_holders
from reconciler.model.diagnostic import Diagnostic, Severity
from tests.ledger.samples import Clock

TTL = 60
Accounts = tuple[str, ...] | None


class Shelf:
    """One text that is swapped in one step; `meddle` is called before each swap, with how many came before."""

    def __init__(self, *holders: LockHolder, text: str | None = None, when: str = "") -> None:
        self.text = format_holders(holders) or text
        self.when, self.swaps = when, 0
        self.hide_by: LockHolder | None = None
        """Who takes a lock right after the next swap, whose answer is lost."""
        self.meddle: Callable[[int], None] = lambda _: None

    def read(self) -> Stored | None:
        return None if self.text is None else Stored(self.text, f"v:{self.text}", self.when)

    def swap(self, text: str | None, *, expected: str | None) -> str | None:
        self.meddle(self.swaps)
        self.swaps += 1
        if expected != (None if self.text is None else f"v:{self.text}"):
            return None
        self.text = text
        if self.hide_by is not None:
            self.text, self.hide_by = format_holders([*self.read_holders(), self.hide_by]), None
            return None
        return "" if text is None else f"v:{text}"

    def read_holders(self) -> tuple[LockHolder, ...]:
        return list_holders(self, ttl_seconds=TTL)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def hold(shelf: Shelf, clock: Clock, *accounts: str) -> ExitStack:
    return take(shelf, clock, *accounts)[0]


def take(shelf: Shelf, clock: Clock, *accounts: str) -> tuple[ExitStack, Lock]:
    """Take the lock of some accounts; of all where none are named."""
    stack, chosen = ExitStack(), accounts or None
    holding = hold_lock(shelf, owner="alice", run="r1", ttl_seconds=TTL, clock=clock, accounts=chosen)
    return stack, stack.enter_context(holding)


def other(clock: Clock, *accounts: str, run: str = "r0") -> LockHolder:
    chosen = accounts or None
    holder = create_holder("bob", run=run, ttl_seconds=TTL, now=clock(), accounts=chosen)
    return replace(holder, machine="another machine")


def test_who_holds_it_is_read_back(clock: Clock) -> None:
    shelf = Shelf()
    assert shelf.read_holders() == ()
    stack, lock = take(shelf, clock, "b", "a")
    with stack:
        assert shelf.read_holders() == (lock.holder,)
        assert (lock.holder.owner, lock.holder.run, lock.holder.ttl_seconds) == ("alice", "r1", TTL)
        assert lock.holder.accounts == ("a", "b")
        assert lock.now() == clock()
    assert shelf.text is None
    assert lock.notes == ()


@pytest.mark.parametrize(
    ("theirs", "ours", "meet"),
    [
        (("a",), ("a",), True),
        (("a", "b"), ("b", "c"), True),
        (("a", "b"), ("c",), False),
        (None, ("a",), True),
        (("a",), None, True),
        (None, None, True),
        ((), ("a",), False),
        ((), None, False),
        (None, (), False),
        ((), (), False),
    ],
)
def test_runs_meet_where_their_accounts_do(clock: Clock, theirs: Accounts, ours: Accounts, meet: bool) -> None:
    first = create_holder("bob", run="r0", ttl_seconds=TTL, now=clock(), accounts=theirs)
    shelf = Shelf(first)
    assert first.meets(ours) is meet
    holding = hold_lock(shelf, owner="alice", run="r1", ttl_seconds=TTL, clock=clock, accounts=ours)
    if meet:
        with pytest.raises(LockedError):
            holding.__enter__()
        assert (shelf.read_holders(), shelf.swaps) == ((first,), 0)
        return
    with holding as lock:
        assert shelf.read_holders() == (first, lock.holder)
    assert shelf.read_holders() == (first,)


def test_the_refused_learns_who_holds_it_and_the_way_out(clock: Clock) -> None:
    holder = other(clock, "galtea")
    shelf = Shelf(holder)
    with pytest.raises(LockedError) as caught:
        hold(shelf, clock)
    assert caught.value.message == f"another apply holds the lock: {holder.describe()}"
    assert caught.value.advice == advise([holder])
    assert advise([holder]) == "Wait for it to end. If it is certainly dead, `reconciler unlock r0` removes the lock."
    assert ", run r0, account galtea) since 2026-11-21T08:30:00Z" in caught.value.message
    assert shelf.swaps == 0


def test_the_refused_learns_of_all_that_stand_in_its_way_and_of_no_others(clock: Clock) -> None:
    holders = [other(clock, name, run=f"r-{name}") for name in ("a", "b", "c")]
    with pytest.raises(LockedError) as caught:
        hold(Shelf(*holders), clock, "a", "c")
    told = f"{holders[0].describe()}; {holders[2].describe()}"
    assert caught.value.message == f"other applies hold the lock: {told}"
    assert caught.value.holders == (holders[0], holders[2])
    advice = "Wait for them to end. For one that is certainly dead, `reconciler unlock r-a` or `reconciler unlock r-c` removes its lock."  # fmt: skip
    assert caught.value.advice == advice


def test_of_many_accounts_those_that_stand_in_the_way_are_named(clock: Clock) -> None:
    many = other(clock, *(f"n{number}" for number in range(9)))
    assert "accounts n0, n1, n2 and 6 more)" in many.describe()
    assert "accounts n7, n0, n1 and 6 more)" in many.describe(first=("n7", "z"))
    assert ", all accounts)" in other(clock).describe()
    assert ", accounts none)" in replace(many, accounts=()).describe()


def test_of_many_accounts_ours_come_first_in_what_we_are_told(clock: Clock) -> None:
    many = other(clock, *(f"n{number}" for number in range(9)))
    shelf = Shelf(many)
    with pytest.raises(LockedError, match=r"accounts n7, n0, n1 and 6 more"):
        hold(shelf, clock, "n7")
    clock.advance(TTL)
    stack, lock = take(shelf, clock, "n7")
    with stack:
        assert "accounts n7, n0, n1 and 6 more" in lock.notes[0].message


def test_a_lock_that_names_no_accounts_covers_all(clock: Clock) -> None:
    row = asdict(other(clock))
    del row["accounts"]
    shelf = Shelf(text=json.dumps(row, indent=1, sort_keys=True) + "\n")
    with pytest.raises(LockedError, match=r"bob .*, all accounts\)"):
        hold(shelf, clock, "a")
    clock.advance(TTL)
    with hold(shelf, clock, "a"):
        assert [each.owner for each in shelf.read_holders()] == ["alice"]


def test_an_earlier_build_can_read_a_lock_that_one_run_holds(clock: Clock) -> None:
    holder = other(clock, "a")
    row = json.loads(format_holders([holder]) or "")
    assert {name: row[name] for name in ("owner", "run", "token", "expires")} == {
        "owner": "bob",
        "run": "r0",
        "token": holder.token,
        "expires": holder.expires,
    }
    assert "accounts" not in json.loads(format_holders([other(clock)]) or "")


def test_a_damaged_holder_among_others_holds_all_accounts_for_a_while(clock: Clock) -> None:
    rows = [json.loads(format_holders([other(clock, name)]) or "") for name in ("a", "b")]
    rows[1]["accounts"] = "b"
    shelf = Shelf(text=json.dumps({"holders": rows}), when="2026-11-21T08:30:00Z")
    assert [holder.accounts for holder in shelf.read_holders()] == [("a",), None]
    with pytest.raises(LockedError, match="somebody unknown"):
        hold(shelf, clock, "c")
    clock.advance(TTL)
    stack, lock = take(shelf, clock, "c")
    with stack:
        assert [note.code for note in lock.notes] == ["lock-expired"]
        assert [holder.accounts for holder in shelf.read_holders()] == [("a",), ("c",)]


def test_a_race_that_is_lost_again_and_again_is_no_refusal_and_has_an_end(clock: Clock) -> None:
    shelf, mine = Shelf(), other(clock, "a")
    shelf.meddle = lambda count: setattr(shelf, "text", format_holders([other(clock, f"n{count}")]))
    with pytest.raises(LedgerUnavailable) as caught:
        change_holders(shelf, lambda before: (*before, mine), ttl_seconds=TTL, turns=lambda: range(ATTEMPTS))
    assert caught.value.message == f"other runs changed the lock {ATTEMPTS} times while this one tried to"
    assert (shelf.swaps, caught.value.advice) == (ATTEMPTS, "Try again.")


def test_whoever_was_faster_over_the_same_account_is_respected(clock: Clock) -> None:
    shelf, faster = Shelf(), other(clock, "a")
    shelf.meddle = lambda _: setattr(shelf, "text", format_holders([faster]))
    with pytest.raises(LockedError, match="bob"):
        hold(shelf, clock, "a")
    assert shelf.read_holders() == (faster,)


def test_whoever_was_faster_over_another_account_is_kept(clock: Clock) -> None:
    shelf, faster = Shelf(), other(clock, "b")
    shelf.meddle = lambda count: setattr(shelf, "text", format_holders([faster]) if count == 0 else shelf.text)
    stack, lock = take(shelf, clock, "a")
    with stack:
        assert shelf.read_holders() == (faster, lock.holder)
    assert shelf.read_holders() == (faster,)


def test_a_swap_that_was_done_and_then_hidden_by_another_is_recognised(clock: Clock) -> None:
    """The answer is lost, and by the time of the next look somebody else has swapped on top."""
    shelf, rest = Shelf(), [other(clock, name) for name in ("b", "c", "d")]
    shelf.hide_by = rest[0]
    stack, lock = take(shelf, clock, "a")
    assert shelf.read_holders() == (lock.holder, rest[0])
    clock.advance(10)
    shelf.hide_by = rest[1]
    lock.refresh()
    assert shelf.read_holders() == (lock.holder, rest[0], rest[1])
    shelf.hide_by = rest[2]
    stack.close()
    assert shelf.read_holders() == tuple(rest)
    assert lock.notes == ()


def test_what_is_taken_over_is_told(clock: Clock) -> None:
    before = other(clock)
    shelf = Shelf(before)
    clock.advance(TTL)
    stack, lock = take(shelf, clock)
    with stack:
        told = f"took over the expired lock of {before.describe()}; what that run sent last may be in doubt"
        advice = "`reconciler history` shows how far it came."
        assert lock.notes == (Diagnostic("lock-expired", told, Severity.WARNING, advice=advice),)


def test_what_died_over_other_accounts_is_left_for_who_comes_for_them(clock: Clock) -> None:
    died = other(clock, "a", "b")
    shelf = Shelf(died)
    with hold(shelf, clock, "c"):
        pass
    clock.advance(TTL)
    stack, lock = take(shelf, clock, "c")
    with stack:
        assert lock.notes == ()
        assert shelf.read_holders() == (died, lock.holder)
        next_stack, next_lock = take(shelf, clock, "b", "d")
        assert len(next_lock.notes) == 1
        assert shelf.read_holders() == (lock.holder, next_lock.holder)
        next_stack.close()


def test_a_lock_whose_process_is_gone_is_taken_over_at_once(clock: Clock) -> None:
    gone = replace(create_holder("bob", run="r0", ttl_seconds=TTL, now=clock()), pid=2**22 + 1)
    stack, lock = take(Shelf(gone), clock)
    with stack:
        told = (
            f"took over the lock, whose process is gone, of {gone.describe()}; what that run sent last may be in doubt"
        )
        assert [note.message for note in lock.notes] == [told]


def test_a_lost_lock_is_told_at_the_next_refresh_and_at_the_end(clock: Clock) -> None:
    shelf = Shelf()
    stack, lock = take(shelf, clock, "a")
    advice = "Another apply may have run at the same time. Run `reconciler plan` to see what is live."
    thief = other(clock, "a")
    with stack:
        shelf.text = format_holders([other(clock, "b"), thief])
        told = f"the lock of this run was lost: now held by {thief.describe()}"
        for act in (lock.refresh, lambda: lock.narrow(["a"])):
            with pytest.raises(LockLost) as caught:
                act()
            assert (caught.value.message, caught.value.advice) == (told, advice)
        shelf.text = format_holders([other(clock, "b")])
    told = "the lock of this run was lost: removed by somebody"
    assert lock.notes == (Diagnostic("lock-expired", told, Severity.WARNING, advice=advice),)


def test_a_refreshed_lock_lives_on_beside_others(clock: Clock) -> None:
    shelf = Shelf()
    stack, lock = take(shelf, clock, "a")
    with stack:
        for name in ("b", "c"):
            clock.advance(50)
            neighbour = other(clock, name)
            shelf.text = format_holders([*shelf.read_holders(), neighbour])
            lock.refresh()
            assert lock.holder in shelf.read_holders()
            assert neighbour in shelf.read_holders()
            assert not lock.holder.has_expired(clock())
    assert [each.accounts for each in shelf.read_holders()] == [("b",), ("c",)]
    assert lock.notes == ()


def test_a_narrowed_lock_lets_others_in(clock: Clock) -> None:
    shelf = Shelf()
    stack, lock = take(shelf, clock, "a", "b")
    with stack:
        clock.advance(10)
        lock.narrow(["b"])
        assert (lock.holder.accounts, lock.holder.expires) == (("b",), "2026-11-21T08:31:10Z")
        with hold(shelf, clock, "a"):
            pass
        with pytest.raises(LockedError):
            hold(shelf, clock, "b")
    assert shelf.text is None


def test_a_lock_that_cannot_be_removed_ends_by_itself_and_says_so(clock: Clock) -> None:
    shelf = Shelf()
    stack, lock = take(shelf, clock)

    def fail(_: int) -> None:
        raise LedgerUnavailable("the disk is full", advice="Make room.")

    with stack:
        shelf.meddle = fail
    told = f"the lock could not be removed: the disk is full; it ends by itself at {lock.holder.expires}"
    assert lock.notes == (Diagnostic("ledger-unavailable", told, Severity.WARNING, advice=advise([lock.holder])),)


@pytest.mark.parametrize("text", ["{", '{"holders": []}', '{"holders": 1}', "{}", "[]", '{"holders": [[]]}'])
@pytest.mark.parametrize(
    ("when", "running"), [("2026-11-21T08:29:30Z", True), ("2026-11-21T08:28:59Z", False), ("", False)]
)
def test_of_a_damaged_lock_only_its_age_counts(clock: Clock, text: str, when: str, running: bool) -> None:
    (holder,) = Shelf(text=text, when=when).read_holders()
    assert (holder.owner, holder.host, holder.pid, holder.run) == ("somebody unknown", "an unknown host", 0, "")
    assert (holder.created, holder.ttl_seconds, holder.token, holder.accounts) == (when, TTL, "", None)
    assert holder.is_running(clock()) is running


def test_removing_by_force_takes_out_one_and_leaves_the_others(clock: Clock) -> None:
    one, two = other(clock, "a"), other(clock, "b")
    shelf = Shelf(one, two)
    assert break_lock(shelf, one, ttl_seconds=TTL)
    assert shelf.read_holders() == (two,)
    assert not break_lock(shelf, one, ttl_seconds=TTL)
    assert break_lock(shelf, two, ttl_seconds=TTL)
    assert shelf.text is None
    assert not break_lock(shelf, two, ttl_seconds=TTL)


def test_removing_by_force_tries_again_on_what_stands_there_now(clock: Clock) -> None:
    dead, new = other(clock, "a"), other(clock, "b")
    shelf = Shelf(dead)
    shelf.meddle = lambda count: setattr(shelf, "text", format_holders([dead, new]) if count == 0 else shelf.text)
    assert break_lock(shelf, dead, ttl_seconds=TTL)
    assert (shelf.read_holders(), shelf.swaps) == ((new,), 2)


def test_a_removal_whose_answer_is_lost_is_a_removal(clock: Clock) -> None:
    dead, new = other(clock, "a"), other(clock, "b")
    shelf = Shelf(dead)
    shelf.hide_by = new
    assert break_lock(shelf, dead, ttl_seconds=TTL)
    assert shelf.read_holders() == (new,)
