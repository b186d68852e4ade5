"""Runs side by side, in each store: over different accounts none waits, over the same one none overlaps, and nothing is lost."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.ledger import Lock, LockedError, LockLost, RunEnd, RunHeader, Store
from reconciler.model.ledger import Applied

from .samples import make_entry, make_outcome, make_update
from .shared import ACCOUNTS, Shared, list_owners, race
from .storage import Storage

TTL = 60


def make_entries(accounts: Any, run: str) -> list[Applied]:
    """Return an entry that every run over an account writes, and one that only this run does."""
    return [
        replace(make_entry(name, run=run, label=run), account=account)
        for account in sorted(accounts)
        for name in (account, f"{account}-{run}")
    ]


def write_journal(store: Store, run: str) -> None:
    journal = store.journal(run)
    journal.begin(RunHeader("alice", "abc"))
    journal.intend(make_update(run))
    journal.conclude(make_outcome(make_update(run)))
    journal.end(RunEnd())
    journal.close()


@dataclass
class Machine:
    """Where one run at a time goes on; `stack` holds its lock."""

    name: str
    run: str = ""
    accounts: frozenset[str] = frozenset()
    store: Store | None = None
    lock: Lock | None = None
    stack: ExitStack = field(default_factory=ExitStack)


class Schedule:
    """Do what was drawn, one after the other, and hold each answer to what a list of who holds what says."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.machines = [Machine(f"m{number}") for number in range(3)]
        self.held: dict[str, tuple[frozenset[str], float]] = {}
        """Run -> its accounts, and when its lock ends by itself."""
        self.known: dict[str, str] = {}
        """Address -> the run that stored it last."""
        self.now = 0.0
        self.count = 0
        self.graves: list[ExitStack] = []

    def start(self, machine: Machine, accounts: frozenset[str]) -> None:
        if machine.run:
            return
        self.count += 1
        run = f"r{self.count}"
        met = {name for name, (theirs, _) in self.held.items() if theirs & accounts}
        store = self.shared.open(machine.name)
        holding = store.lock(machine.name, ttl_seconds=TTL, run=run, accounts=accounts)
        if any(self.held[name][1] > self.now for name in met):
            with pytest.raises(LockedError) as caught:
                holding.__enter__()
            assert {holder.run for holder in caught.value.holders} <= met
            return
        machine.run, machine.accounts, machine.store = run, accounts, store
        machine.lock = machine.stack.enter_context(holding)
        assert len(machine.lock.notes) == len(met)
        for name in met:
            del self.held[name]
        self.held[run] = (accounts, self.now + TTL)
        store.load()

    def save(self, machine: Machine) -> None:
        if machine.store is None or machine.run not in self.held:
            return
        entries = make_entries(machine.accounts, machine.run)
        machine.store.save(entries, run=machine.run)
        self.known |= {entry.address: machine.run for entry in entries}

    def refresh(self, machine: Machine) -> None:
        if machine.lock is None:
            return
        if machine.run in self.held:
            machine.lock.refresh()
            self.held[machine.run] = (machine.accounts, self.now + TTL)
        else:
            with pytest.raises(LockLost):
                machine.lock.refresh()

    def end(self, machine: Machine) -> None:
        if machine.lock is None:
            return
        lock, known, before = machine.lock, machine.run in self.held, len(machine.lock.notes)
        machine.stack.close()
        assert len(lock.notes) - before == (0 if known else 1)
        self.held.pop(machine.run, None)
        self._forget(machine)

    def crash(self, machine: Machine) -> None:
        """Leave the lock behind: what nobody refers to would be given back."""
        self.graves.append(machine.stack.pop_all())
        self._forget(machine)

    def wait(self, _machine: Machine) -> None:
        self.now += 35
        self.shared.clock.advance(35)

    def check(self) -> None:
        entries = self.shared.open("last").load().ledger.entries
        assert {address: entry.run for address, entry in entries.items()} == self.known
        assert {holder.run for holder in self.shared.open("last").read_locks()} == set(self.held)

    def _forget(self, machine: Machine) -> None:
        machine.run, machine.store, machine.lock = "", None, None


deeds = st.tuples(
    st.sampled_from(["start", "start", "save", "refresh", "end", "crash", "wait"]),
    st.integers(0, 2),
    st.frozensets(st.sampled_from(ACCOUNTS[:3]), min_size=1, max_size=2),
)


def follow(shared: Shared, drawn: list[tuple[str, int, frozenset[str]]]) -> None:
    schedule = Schedule(shared)
    for what, number, accounts in drawn:
        machine = schedule.machines[number]
        if what == "start":
            schedule.start(machine, accounts)
        else:
            getattr(schedule, what)(machine)
    schedule.check()


@given(st.lists(deeds, max_size=14))
@settings(max_examples=60, deadline=None)
def test_any_schedule_in_memory(tmp_path_factory: pytest.TempPathFactory, drawn: Any) -> None:
    follow(Shared("memory", tmp_path_factory.mktemp("memory")), drawn)


@given(st.lists(deeds, max_size=14))
@settings(max_examples=20, deadline=None)
def test_any_schedule_in_files(tmp_path_factory: pytest.TempPathFactory, drawn: Any) -> None:
    follow(Shared("files", tmp_path_factory.mktemp("files")), drawn)


@given(st.lists(deeds, min_size=5, max_size=8))
@settings(max_examples=4, deadline=None)
def test_any_schedule_in_git(tmp_path_factory: pytest.TempPathFactory, drawn: Any) -> None:
    follow(Shared("git", tmp_path_factory.mktemp("git")), drawn)


def test_disjoint_runs_at_the_same_moment_all_proceed_and_nothing_is_lost(shared: Shared) -> None:
    count = len(ACCOUNTS)
    stores = [shared.open(f"m{number}") for number in range(count)]
    inside = threading.Barrier(count)

    def work(number: int) -> None:
        run, accounts = f"r{number}", (ACCOUNTS[number],)
        with stores[number].lock(f"m{number}", ttl_seconds=TTL, run=run, accounts=accounts) as lock:
            inside.wait(60)
            stores[number].load()
            write_journal(stores[number], run)
            stores[number].save(make_entries(accounts, run), run=run)
            lock.refresh()
        assert lock.notes == ()

    race(count, work)
    last = shared.open("last")
    expected = {entry.address for number in range(count) for entry in make_entries((ACCOUNTS[number],), f"r{number}")}
    assert set(last.load().ledger.entries) == expected
    assert {run.run for run in last.runs()} == {f"r{number}" for number in range(count)}
    assert (last.unsettled(), last.read_locks()) == ((), ())


class Road:
    """Tell when two runs are on one account at the same time."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._on: Counter[str] = Counter()
        self.met: list[str] = []
        self.last: dict[str, str] = {}

    @contextmanager
    def enter(self, accounts: frozenset[str], run: str) -> Iterator[None]:
        with self._mutex:
            self._on.update(accounts)
            self.met += [name for name in accounts if self._on[name] > 1]
        yield
        with self._mutex:
            self._on.subtract(accounts)
            self.last |= dict.fromkeys(accounts, run)


def test_runs_over_any_accounts_never_overlap_and_lose_nothing(shared: Shared) -> None:
    count, rounds = (3, 2) if shared.kind == "git" else (6, 3)
    stores = [shared.open(f"m{number}") for number in range(count)]
    road, expected = Road(), set[str]()

    def work(number: int) -> None:
        lots = Random(number)  # noqa: S311 -- each thread draws its own
        for turn in range(rounds):
            run, accounts = f"r{number}-{turn}", frozenset(lots.sample(ACCOUNTS, lots.randint(1, 2)))
            expected.update(entry.address for entry in make_entries(accounts, run))
            with hold_at_last(stores[number], run, accounts), road.enter(accounts, run):
                stores[number].load()
                stores[number].save(make_entries(accounts, run), run=run)

    race(count, work)
    assert road.met == []
    entries = shared.open("last").load().ledger.entries
    assert set(entries) == expected
    assert {name: entries[f"connectors.{name}"].run for name in road.last} == road.last


def hold_at_last(store: Store, run: str, accounts: frozenset[str]) -> ExitStack:
    """Take the lock as soon as it is free."""
    stack = ExitStack()
    pause = threading.Event()
    while True:
        try:
            stack.enter_context(store.lock(run, ttl_seconds=TTL, run=run, accounts=accounts))
        except LockedError:
            pause.wait(0.01)
        else:
            return stack


def test_of_32_that_want_one_account_exactly_one_gets_it(shared: Shared) -> None:
    machines = 4 if shared.kind == "git" else 32
    stores = [shared.open(f"m{number % machines}") for number in range(32)]
    done = threading.Barrier(32)
    winners: list[int] = []

    def work(number: int) -> None:
        try:
            with stores[number].lock(f"m{number}", ttl_seconds=TTL, accounts=("a", ACCOUNTS[1 + number % 3])):
                winners.append(number)
                done.wait(60)
        except LockedError:
            done.wait(60)

    race(32, work)
    assert len(winners) == 1
    assert list_owners(stores[0]) == []


def test_a_crashed_run_keeps_its_accounts_for_a_while_and_no_others(shared: Shared) -> None:
    store = shared.open()
    died = store.lock("dead", ttl_seconds=TTL, run="r1", accounts=("a", "b"))
    died.__enter__()
    with shared.open("two").lock("alive", ttl_seconds=TTL, run="r2", accounts=("c",)):
        with pytest.raises(LockedError, match=r"dead .*, run r1, accounts b, a\)"):
            shared.open("three").lock("refused", ttl_seconds=TTL, accounts=("b", "d")).__enter__()
        shared.clock.advance(TTL - 1)
        with pytest.raises(LockedError):
            shared.open("three").lock("refused", ttl_seconds=TTL, accounts=("b",)).__enter__()
        shared.clock.advance(1)
        with shared.open("three").lock("heir", ttl_seconds=TTL, run="r3", accounts=("b",)) as lock:
            assert ["dead" in note.message for note in lock.notes] == [True]
            assert set(list_owners(store)) == {"alive", "heir"}
    assert list_owners(store) == []


def test_unlock_takes_out_one_run_and_leaves_the_others(shared: Shared) -> None:
    stack = ExitStack()
    for name in ("a", "b"):
        stack.enter_context(shared.open().lock(f"over {name}", ttl_seconds=TTL, run=f"r-{name}", accounts=(name,)))
    other = shared.open("two")
    holder = next(holder for holder in other.read_locks() if holder.run == "r-a")
    assert other.unlock(holder)
    assert not other.unlock(holder)
    assert list_owners(other) == ["over b"]
    with other.lock("heir", ttl_seconds=TTL, accounts=("a",)), pytest.raises(LockedError):
        other.lock("refused", ttl_seconds=TTL, accounts=("b",)).__enter__()
    stack.close()
    assert list_owners(other) == []


def test_what_a_run_beside_this_one_left_in_doubt_is_told_only_when_it_is_over(shared: Shared) -> None:
    store, other = shared.open(), shared.open()
    with other.lock("alice", ttl_seconds=TTL, run="r1", accounts=("a",)):
        with store.lock("bob", ttl_seconds=TTL, run="r2", accounts=("b",)):
            for run in ("r1", "r2"):
                journal = store.journal(run)
                journal.begin(RunHeader("alice"))
                journal.intend(make_update(run))
                journal.close()
            assert store.unsettled() == ()
        assert [doubt.run for doubt in store.unsettled()] == ["r2"]
    assert [doubt.run for doubt in store.unsettled()] == ["r1", "r2"]


def test_an_environment_is_apart_whatever_the_accounts(shared: Shared) -> None:
    plain, staging = shared.open(), shared.open(environment="staging")
    with plain.lock("alice", ttl_seconds=TTL, accounts=("a",)), staging.lock("bob", ttl_seconds=TTL, accounts=("a",)):
        assert (list_owners(plain), list_owners(staging)) == (["alice"], ["bob"])


def test_an_answer_that_is_lost_while_others_swap_too_is_no_defeat(cloud: Storage, tmp_path: Path) -> None:
    """Each swap is done and answered by an error, and its repeat is refused, while three runs share a lock and a ledger."""
    shared = Shared("s3", tmp_path / f"{tmp_path.name}-lossy")
    stores = [shared.open(f"m{number}") for number in range(3)]
    stores[0].fingerprint_key()
    cloud.lose_first = True

    def work(number: int) -> None:
        with stores[number].lock(f"m{number}", ttl_seconds=TTL, accounts=(ACCOUNTS[number],)) as lock:
            stores[number].load()
            stores[number].save(make_entries((ACCOUNTS[number],), f"r{number}"), run=f"r{number}")
        assert lock.notes == ()

    race(3, work)
    cloud.lose_first = False
    assert len(shared.open("last").load().ledger.entries) == 6
    assert shared.open("last").read_locks() == ()
