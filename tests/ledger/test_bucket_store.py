"""The ledger below a prefix, part by part, in storage that a test holds in its hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import obstore
import pytest
from obstore.store import MemoryStore

from reconciler.ledger import LedgerConflict, LedgerUnavailable, RunHeader
from reconciler.ledger.journals.index import digest_journal, format_index, parse_index
from reconciler.ledger.journals.retention import KEPT_RUNS
from reconciler.ledger.stores.bucket import Bucket
from reconciler.ledger.stores.objects import BucketJournals, LockObject, ObjectStore
from reconciler.model.diagnostic import Severity

from .samples import Clock, make_entry, make_outcome, make_project, make_update

URL = "s3://ledgers/voice"
NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
def backend() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def bucket(backend: MemoryStore) -> Bucket:
    return Bucket(URL, environ={}, backend=backend)


def open_one(backend: MemoryStore, root: Path, environment: str | None = None) -> ObjectStore:
    root.mkdir(exist_ok=True)
    project = make_project(root, ledger=URL, environment=environment)
    return ObjectStore(project, clock=Clock(), environ={}, backend=backend)


def test_a_lock_is_one_object_that_is_empty_while_nobody_holds_it(bucket: Bucket) -> None:
    place = LockObject(bucket, "lock.json")
    assert place.read() is None
    first = place.swap("held", expected=None)
    assert first
    stored = place.read()
    assert stored is not None
    assert (stored.text, stored.version) == ("held", first)
    assert datetime.fromisoformat(stored.when).tzinfo is not None
    assert place.swap("mine", expected=None) is None
    assert place.swap(None, expected="other") is None
    assert place.swap(None, expected=first) == ""
    found = bucket.read("lock.json")
    assert found is not None
    assert found.content == b""
    assert place.read() is None
    again = place.swap("again", expected=None)
    assert again not in {None, "", first}
    stored = place.read()
    assert stored is not None
    assert stored.version == again


def test_what_is_no_text_is_read_as_a_damaged_lock(bucket: Bucket) -> None:
    bucket.put("lock.json", b"\xffheld")
    stored = LockObject(bucket, "lock.json").read()
    assert stored is not None
    assert stored.text == "\ufffdheld"


@pytest.mark.parametrize(
    ("environment", "lock", "page"),
    [(None, "lock.json", "ledger"), ("Up", "lock@%55p.json", "ledger/@%55p")],
)
def test_each_environment_has_objects_of_its_own(
    backend: MemoryStore, bucket: Bucket, tmp_path: Path, environment: str | None, lock: str, page: str
) -> None:
    store = open_one(backend, tmp_path, environment)
    store.save([make_entry("a")], run="r1")
    with store.lock("alice", ttl_seconds=60):
        found = bucket.read(lock)
        assert found is not None
        assert b"alice" in found.content
    assert bucket.list_sizes(page).keys() == {"connectors.json"}


def write_run(store: ObjectStore, run: str, *, end: bool = True) -> None:
    journal = store.journal(run)
    journal.begin(RunHeader("alice"))
    journal.conclude(make_outcome(make_update()))
    if end:
        journal.end()
    journal.close()


def test_a_run_is_read_where_it_is(backend: MemoryStore, tmp_path: Path) -> None:
    store = open_one(backend, tmp_path)
    write_run(store, "r1", end=False)
    local = store.run("r1")
    assert local is not None
    assert not local.summary.ended
    write_run(store, "r2")
    store.keep_journal("r2")
    kept = store.run("r2")
    assert kept is not None
    assert kept.summary.ended
    assert store.run("r9") is None
    store.keep_journal("r1")
    assert [path.name for path in (tmp_path / ".reconciler" / "journal").iterdir()] == ["r1.jsonl"]


def test_a_journal_that_is_kept_is_indexed(backend: MemoryStore, bucket: Bucket, tmp_path: Path) -> None:
    store = open_one(backend, tmp_path)
    for run in ("r1", "r2"):
        write_run(store, run)
        store.keep_journal(run)
    index = bucket.read("journal-index.jsonl")
    assert index is not None
    contents = {name: bucket.read(f"journal/{name}") for name in ("r1.jsonl", "r2.jsonl")}
    assert index.content == format_index(digest_journal(name, one.content) for name, one in contents.items() if one)


BEGIN = b'{"event": "begin", "run": "RUN", "command": "apply", "when": "2025-11-20T00:00:00Z"}\n'


def test_an_index_that_somebody_else_wrote_meanwhile_is_made_anew(bucket: Bucket) -> None:
    journals = BucketJournals(bucket)
    assert journals.read_index() == b""
    bucket.put("journal/a.jsonl", BEGIN)
    bucket.put("journal-index.jsonl", b"somebody's")
    assert journals.read_index() == b"somebody's"
    journals.tidy(NOW)
    found = bucket.read("journal-index.jsonl")
    assert found is not None
    assert found.content == format_index([digest_journal("a.jsonl", BEGIN)])


def test_what_has_expired_is_removed_from_the_bucket_and_its_index(
    backend: MemoryStore, bucket: Bucket, tmp_path: Path
) -> None:
    names = [f"r{number:04}" for number in range(KEPT_RUNS + 1)]
    digests = []
    for name in names:
        content = BEGIN.replace(b"RUN", name.encode())
        bucket.put(f"journal/{name}.jsonl", content)
        digests.append(digest_journal(f"{name}.jsonl", content))
    bucket.put("journal-index.jsonl", format_index(digests))
    journals = BucketJournals(bucket)
    journals.tidy(NOW - timedelta(days=350))
    assert len(journals.list_sizes()) == KEPT_RUNS + 1
    store = open_one(backend, tmp_path)
    write_run(store, "s1")
    store.keep_journal("s1")
    kept = {f"{name}.jsonl" for name in (*names[2:], "s1")}
    assert journals.list_sizes().keys() == kept
    found = bucket.read("journal-index.jsonl")
    assert found is not None
    assert found.content.count(b"\n") == KEPT_RUNS
    assert list(parse_index(found.content)) == sorted(kept)


def test_the_key_is_made_once_and_a_damaged_one_is_told(backend: MemoryStore, bucket: Bucket, tmp_path: Path) -> None:
    one, other = open_one(backend, tmp_path / "a"), open_one(backend, tmp_path / "b")
    assert one.fingerprint_key() == other.fingerprint_key()
    stored = bucket.read("ledger.key")
    assert stored is not None
    assert stored.content.strip().decode() == one.fingerprint_key().hex()
    bucket.put("ledger.key", b"not a key")
    with pytest.raises(LedgerUnavailable) as caught:
        open_one(backend, tmp_path / "c").fingerprint_key()
    assert caught.value.message == "the key of the ledger's fingerprints (ledger.key) is damaged"
    assert caught.value.advice == "Remove that object; secrets are then sent once more."


def test_what_a_run_stored_itself_is_no_conflict_and_what_another_did_is(backend: MemoryStore, tmp_path: Path) -> None:
    one, other = open_one(backend, tmp_path / "a"), open_one(backend, tmp_path / "b")
    one.load()
    other.load()
    one.save([make_entry("a")], run="r1")
    one.save([make_entry("a", run="r2", voiceName="B"), make_entry("n", kind="numbers")], run="r2")
    one.save([make_entry("n", run="r3", kind="numbers", label="C")], run="r3")
    with pytest.raises(LedgerConflict):
        other.save([make_entry("a", run="r4", voiceName="D")], run="r4")
    fresh = open_one(backend, tmp_path / "d")
    fresh.save([make_entry("a", run="r6", voiceName="E")], run="r6")
    with pytest.raises(LedgerConflict):
        one.save([make_entry("a", run="r7", voiceName="F")], run="r7")
    other.save([make_entry("b")], run="r5")
    assert open_one(backend, tmp_path / "c").load().ledger.entries.keys() == {
        "connectors.a",
        "connectors.b",
        "numbers.n",
    }


def test_what_is_no_page_beside_the_pages_is_left_alone(backend: MemoryStore, tmp_path: Path) -> None:
    obstore.put(backend, "ledger/notes.txt", b"not ours")
    store = open_one(backend, tmp_path)
    store.save([make_entry("a")], run="r1")
    assert bytes(obstore.get(backend, "ledger/notes.txt").bytes()) == b"not ours"


def test_a_storage_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    project = make_project(tmp_path, ledger="s3://no bucket/voice")
    (note,) = ObjectStore(project, clock=Clock(), environ={}).load().notes
    assert (note.code, note.severity) == ("ledger-unavailable", Severity.WARNING)
    assert note.message.startswith("the ledger at s3://no bucket/voice cannot be used: ")
    assert note.message.endswith("; nothing is known of earlier applies")
    assert note.advice.startswith("Check the name of the bucket")
