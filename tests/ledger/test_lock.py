"""One apply at a time over an account, in files: refusal, expiry, take-over, loss, removal by force."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from reconciler.ledger import LockedError, LockLost, Store, open_store

from .samples import Clock, make_project


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Store:
    return open_store(make_project(tmp_path), clock=clock)


def list_owners(store: Store) -> list[str]:
    return [holder.owner for holder in store.read_locks()]


def test_a_second_apply_is_refused_with_owner_times_and_the_way_out(store: Store, tmp_path: Path) -> None:
    with store.lock("alice", ttl_seconds=60, run="r1") as lock, pytest.raises(LockedError) as caught:
        store.lock("bob", ttl_seconds=60).__enter__()
    problem, (holder,) = caught.value, caught.value.holders
    assert (holder.owner, holder.created, holder.expires) == ("alice", "2026-11-21T08:30:00Z", "2026-11-21T08:31:00Z")
    assert "alice" in problem.message
    assert "r1" in problem.message
    assert "reconciler unlock" in problem.advice
    assert lock.notes == ()
    assert not (tmp_path / ".reconciler/lock.json").exists()


def test_the_lock_ends_with_its_block_even_on_an_error(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.lock("alice", ttl_seconds=60):
        raise ZeroDivisionError
    assert store.read_locks() == ()


def test_an_expired_lock_is_taken_over_visibly_and_its_owner_learns_of_it(store: Store, clock: Clock) -> None:
    with store.lock("alice", ttl_seconds=60) as first:
        clock.advance(60)
        with store.lock("bob", ttl_seconds=60) as second:
            assert [note.code for note in second.notes] == ["lock-expired"]
            assert "alice" in second.notes[0].message
            with pytest.raises(LockLost, match="bob"):
                first.refresh()
            assert list_owners(store) == ["bob"]
    assert [note.code for note in first.notes] == ["lock-expired"]


def test_a_refreshed_lock_does_not_expire(store: Store, clock: Clock) -> None:
    with store.lock("alice", ttl_seconds=60) as lock:
        clock.advance(50)
        lock.refresh()
        clock.advance(50)
        with pytest.raises(LockedError), store.lock("bob", ttl_seconds=60):
            pass
        assert lock.holder.expires == "2026-11-21T08:31:50Z"


def test_unlock_removes_a_lock_by_force(store: Store) -> None:
    with store.lock("alice", ttl_seconds=60) as lock:
        assert store.unlock(lock.holder)
        assert not store.unlock(lock.holder)
        assert store.read_locks() == ()
        with pytest.raises(LockLost, match="removed"):
            lock.refresh()


@pytest.mark.parametrize("content", ["", "{", '{"owner": 1}', "null"])
def test_a_damaged_lock_holds_for_one_time_to_live_after_it_was_written(
    store: Store, tmp_path: Path, clock: Clock, content: str
) -> None:
    path = tmp_path / ".reconciler/lock.json"
    path.parent.mkdir()
    path.write_text(content)
    os.utime(path, (clock.now.timestamp(), clock.now.timestamp()))
    with pytest.raises(LockedError, match="somebody unknown"), store.lock("bob", ttl_seconds=60):
        pass
    clock.advance(61)
    with store.lock("bob", ttl_seconds=60) as lock:
        assert [note.code for note in lock.notes] == ["lock-expired"]


def test_of_many_that_want_an_expired_lock_exactly_one_gets_it(store: Store, clock: Clock) -> None:
    dead = store.lock("dead", ttl_seconds=60)
    dead.__enter__()
    clock.advance(100)
    assert list_owners(store) == ["dead"], "what nobody refers to would have been given back"
    gate, done = threading.Barrier(8), threading.Barrier(8)
    results: list[str] = []

    def compete() -> None:
        gate.wait()
        try:
            with store.lock("racer", ttl_seconds=60):
                results.append("got it")
                done.wait()
        except LockedError:
            results.append("refused")
            done.wait()

    threads = [threading.Thread(target=compete) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(results) == ["got it"] + ["refused"] * 7
