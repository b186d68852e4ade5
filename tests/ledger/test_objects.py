"""The ledger in object storage: shared by machines, raced for by machines, and never taken for empty when it is away."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import obstore
import pytest
from obstore.store import LocalStore, MemoryStore

from reconciler.ledger import (
    LedgerConflict,
    LedgerUnavailable,
    LockedError,
    LockLost,
    RunHeader,
    Store,
    fingerprint_value,
    open_store,
)
from reconciler.ledger.journals.index import parse_index
from reconciler.ledger.stores.bucket import Bucket
from reconciler.ledger.stores.objects import ObjectStore
from reconciler.model.outcome import Result
from reconciler.model.secret import Secret

from .samples import Clock, make_entry, make_outcome, make_project, make_update
from .shared import race
from .storage import BUCKET, Storage

URL = f"s3://{BUCKET}/voice"
Join = Callable[..., Store]


@pytest.fixture(params=["memory", "s3"])
def join(request: pytest.FixtureRequest, tmp_path: Path) -> Join:
    """Return what opens the shared ledger from a machine of its own, by name."""
    memory = MemoryStore()
    if request.param == "s3":
        request.getfixturevalue("cloud")
    clock = Clock()

    def open_one(name: str, **settings: object) -> Store:
        root = tmp_path / name
        root.mkdir(exist_ok=True)
        project = make_project(root, **{"ledger": f"{URL}/{tmp_path.name}", **settings})
        if request.param == "memory":
            return ObjectStore(project, clock=clock, environ={}, backend=memory)
        return open_store(project, clock=clock)

    return open_one


def list_addresses(store: Store) -> set[str]:
    return set(store.load().ledger.entries)


def list_codes(store: Store) -> list[str]:
    return [note.code for note in store.load().notes]


def write_run(store: Store, run: str) -> None:
    journal = store.journal(run)
    journal.begin(RunHeader("alice", "abc123"))
    journal.intend(make_update())
    journal.conclude(make_outcome(make_update()))
    journal.end()


def test_what_one_machine_saves_another_loads(join: Join) -> None:
    one, other = join("one"), join("other")
    assert list_codes(other) == ["ledger-absent"]
    one.save([make_entry("a", greeting="Grüß Gott"), make_entry("n", kind="numbers")], run="r1")
    loaded = other.load()
    assert loaded.notes == ()
    assert loaded.ledger.entries["connectors.a"].fields == {"/greeting": "Grüß Gott"}
    other.save([], run="r2", removed=["connectors.a"])
    assert list_addresses(one) == {"numbers.n"}


def test_an_ended_journal_moves_beside_the_ledger(join: Join, tmp_path: Path) -> None:
    store = join("one")
    journal = store.journal("r1")
    journal.begin(RunHeader("alice"))
    journal.intend(make_update())
    store.save([make_entry("live-us")], run="r1")
    assert join("other").runs() == ()
    assert [doubt.address for doubt in store.unsettled()] == ["connectors.live-us"]
    journal.conclude(make_outcome(make_update()))
    journal.end()
    store.keep_journal("r1")
    store.keep_journal("r1")
    assert list((tmp_path / "one/.reconciler/journal").iterdir()) == []
    other = join("third")
    assert [run.run for run in other.runs()] == ["r1"]
    record = other.run("r1")
    assert record is not None
    assert record.summary.counts == {Result.VERIFIED: 1}
    assert other.run("r9") is None
    assert store.unsettled() == ()


def test_addresses_that_do_not_overlap_are_merged_and_others_are_a_conflict(join: Join) -> None:
    one, other = join("one"), join("other")
    one.load()
    other.load()
    one.save([make_entry("a")], run="r1")
    other.save([make_entry("b")], run="r2")
    assert list_addresses(one) == {"connectors.a", "connectors.b"}
    other.save([make_entry("a", run="r3", voiceName="B")], run="r3")
    with pytest.raises(LedgerConflict, match="r3") as caught:
        one.save([make_entry("a", run="r4", voiceName="C"), make_entry("c")], run="r4")
    assert caught.value.addresses == ("connectors.a",)
    assert list_addresses(other) == {"connectors.a", "connectors.b"}


def test_of_many_machines_that_save_at_once_none_is_lost(join: Join) -> None:
    stores = [join(f"machine{number}") for number in range(8)]
    race(len(stores), lambda number: stores[number].save([make_entry(f"c{number}")], run=f"r{number}"))
    assert list_addresses(join("last")) == {f"connectors.c{number}" for number in range(len(stores))}


def test_the_lock_names_its_owner_on_every_machine(join: Join) -> None:
    one, other = join("one"), join("other")
    with one.lock("alice", ttl_seconds=60, run="r1") as lock:
        with pytest.raises(LockedError, match=r"alice.*r1"):
            other.lock("bob", ttl_seconds=60).__enter__()
        lock.refresh()
        assert other.unlock(lock.holder)
        assert not other.unlock(lock.holder)
        with other.lock("bob", ttl_seconds=60), pytest.raises(LockLost, match="bob"):
            lock.refresh()
        with pytest.raises(LockLost, match="removed"):
            lock.refresh()
    assert one.read_locks() == ()
    with one.lock("alice", ttl_seconds=60):
        pass


def test_machines_share_the_key_of_the_fingerprints(join: Join) -> None:
    one, other = join("one"), join("other")
    one.save([make_entry("a", password=Secret("hunter2"))], run="r1")
    stored = other.load().ledger.entries["connectors.a"].fields["/password"]
    assert stored == fingerprint_value("hunter2", key=other.fingerprint_key())


def test_environments_of_one_prefix_do_not_meet(join: Join) -> None:
    plain, staging = join("one"), join("one", environment="staging")
    plain.save([make_entry("a", voiceName="P")], run="r1")
    staging.load()
    staging.save([make_entry("a", voiceName="S")], run="r2")
    found = [store.load().ledger.entries["connectors.a"].fields["/voiceName"] for store in (plain, staging)]
    assert found == ["P", "S"]


@pytest.mark.parametrize("lost", [1, 2])
def test_an_answer_that_is_lost_after_the_write_is_no_defeat(cloud: Storage, tmp_path: Path, lost: int) -> None:
    store = open_store(make_project(tmp_path, ledger=f"{URL}/{tmp_path.name}"), clock=Clock())
    store.load()
    cloud.lose = lost
    with store.lock("alice", ttl_seconds=60) as lock:
        cloud.lose = lost
        lock.refresh()
        cloud.lose = lost
        store.save([make_entry("a")], run="r1")
        cloud.lose = lost
        store.save([make_entry("a", run="r2", voiceName="B")], run="r2")
        cloud.lose = lost
    assert lock.notes == ()
    assert store.read_locks() == ()
    assert store.load().ledger.entries["connectors.a"].run == "r2"


def test_an_index_that_two_runs_write_in_one_moment_knows_both(cloud: Storage, tmp_path: Path) -> None:
    stores = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        project = make_project(tmp_path / name, ledger=f"{URL}/{tmp_path.name}")
        stores.append(open_store(project, clock=Clock()))
        write_run(stores[-1], name)
    written: list[str] = []

    def interfere(what: str, side: str) -> None:
        if side == "before" and what.endswith("journal-index.jsonl"):
            written.append(what)
            if len(written) == 1:
                stores[1].keep_journal("other")

    cloud.on_write = interfere
    stores[0].keep_journal("one")
    assert len(written) == 3, "one that was too late, that of the other, and the one that knows both"
    index = Bucket(f"{URL}/{tmp_path.name}", environ=os.environ).read("journal-index.jsonl")
    assert index is not None
    assert list(parse_index(index.content)) == ["one.jsonl", "other.jsonl"]


@pytest.mark.parametrize("trouble", ["no bucket", "away"])
def test_a_storage_that_cannot_be_read_is_not_empty(
    cloud: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    assert cloud.lose == 0
    ledger = URL if trouble == "away" else "s3://another/voice"
    if trouble == "away":
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    store = open_store(make_project(tmp_path, ledger=ledger), clock=Clock())
    assert list_codes(store) == ["ledger-unavailable"]
    for attempt in (
        lambda: store.lock("a", ttl_seconds=9).__enter__(),
        lambda: store.save([make_entry("b")], run="r"),
        store.read_locks,
    ):
        with pytest.raises(LedgerUnavailable, match="cannot be used") as caught:
            attempt()
        assert "\n" not in caught.value.message
        assert "hidden" not in caught.value.message


def test_a_storage_that_cannot_swap_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "bucket"
    folder.mkdir()
    project = make_project(tmp_path, ledger=URL)
    store = ObjectStore(project, clock=Clock(), environ={}, backend=LocalStore(folder))
    store.save([make_entry("a")], run="r1")
    with pytest.raises(LedgerUnavailable, match="cannot swap"):
        store.save([make_entry("b")], run="r2")


def test_a_damaged_file_is_told_and_replaced() -> None:
    backend = MemoryStore()
    obstore.put(backend, "ledger/connectors.json", b"not ours")
    project = replace(make_project(Path("nowhere")), ledger=URL)
    store = ObjectStore(project, clock=Clock(), environ={}, backend=backend)
    assert list_codes(store) == ["ledger-foreign"]
    store.save([make_entry("a")], run="r1")
    assert list_addresses(store) == {"connectors.a"}
