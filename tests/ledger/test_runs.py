"""What all stores do alike, over plain files: the lock, the journal of a run, the list of runs and what they left open."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.ledger import RunHeader, Store, open_store
from reconciler.ledger.lock import DEFAULT_TTL_SECONDS

from .samples import Clock, make_outcome, make_project, make_update


def open_one(root: Path, environment: str | None = None) -> Store:
    return open_store(make_project(root, environment=environment), clock=Clock())


def leave_doubt(store: Store, run: str, environment: str | None) -> None:
    journal = store.journal(run)
    journal.begin(RunHeader("alice", environment=environment))
    journal.intend(make_update(run))
    journal.close()


def test_a_lock_names_the_accounts_and_the_run(tmp_path: Path) -> None:
    store = open_one(tmp_path)
    with store.lock("alice", ttl_seconds=60, run="r1", accounts=["b", "a"]):
        (holder,) = store.read_locks()
        assert (holder.owner, holder.run, holder.accounts, holder.ttl_seconds) == ("alice", "r1", ("a", "b"), 60)
    with store.lock("alice", ttl_seconds=60):
        (holder,) = store.read_locks()
        assert (holder.run, holder.accounts) == ("", None)
    assert store.read_locks() == ()


def test_a_lock_is_taken_away_once(tmp_path: Path) -> None:
    store = open_one(tmp_path)
    with store.lock("alice", ttl_seconds=60):
        (holder,) = store.read_locks()
        assert store.unlock(holder)
        assert not store.unlock(holder)
        assert store.read_locks() == ()


def test_a_lock_whose_time_to_live_cannot_be_read_lives_as_long_as_most(tmp_path: Path) -> None:
    store = open_one(tmp_path)
    (tmp_path / ".reconciler").mkdir()
    (tmp_path / ".reconciler" / "lock.json").write_text("{")
    (holder,) = store.read_locks()
    assert holder.ttl_seconds == DEFAULT_TTL_SECONDS
    assert store.unlock(holder)


def test_a_journal_is_a_file_beside_the_ledger(tmp_path: Path) -> None:
    journal = open_one(tmp_path).journal("r/1")
    assert (journal.path, journal.run) == (tmp_path / ".reconciler" / "journal" / "r%2F1.jsonl", "r/1")


def test_each_environment_sees_its_own_runs(tmp_path: Path) -> None:
    for environment in ("staging", "live"):
        leave_doubt(open_one(tmp_path, environment), f"run-{environment}", environment)
    store = open_one(tmp_path, "staging")
    assert [run.run for run in store.runs()] == ["run-staging"]
    assert [doubt.run for doubt in store.unsettled()] == ["run-staging"]


def test_what_a_run_that_goes_on_has_sent_is_no_doubt_yet(tmp_path: Path) -> None:
    store = open_one(tmp_path)
    leave_doubt(store, "r1", None)
    leave_doubt(store, "r2", None)
    with store.lock("alice", ttl_seconds=60, run="r1"):
        assert [doubt.run for doubt in store.unsettled()] == ["r2"]
    assert [doubt.run for doubt in store.unsettled()] == ["r1", "r2"]


def test_a_lock_that_has_expired_hides_no_doubt(tmp_path: Path) -> None:
    clock = Clock()
    store = open_store(make_project(tmp_path), clock=clock)
    leave_doubt(store, "r1", None)
    with store.lock("alice", ttl_seconds=60, run="r1"):
        clock.advance(61)
        assert [doubt.run for doubt in store.unsettled()] == ["r1"]


@pytest.mark.parametrize("open_question", [True, False])
def test_a_lock_that_cannot_be_read_hides_no_doubt(tmp_path: Path, open_question: bool) -> None:
    store = open_one(tmp_path)
    leave_doubt(store, "r1", None)
    if not open_question:
        journal = store.journal("r1")
        journal.conclude(make_outcome(make_update("r1")))
        journal.end()
    (tmp_path / ".reconciler" / "lock.json").mkdir()
    assert [doubt.run for doubt in store.unsettled()] == (["r1"] if open_question else [])
