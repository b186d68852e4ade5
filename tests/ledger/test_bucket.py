"""A prefix in object storage, operation by operation: what is there, what is not, and what cannot be told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import obstore
import pytest
from obstore.store import LocalStore, MemoryStore

from reconciler.ledger.errors import LedgerUnavailable
from reconciler.ledger.stores.bucket import Bucket

URL = "s3://ledgers/voice"
ADVICE = (
    "Check the name of the bucket, the cloud's credentials in the environment, and that they may list, read and write below "
    "the prefix. `plan` goes on without a ledger; `apply` does not."
)


@pytest.fixture
def backend() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def bucket(backend: MemoryStore) -> Bucket:
    return Bucket(URL, environ={}, backend=backend)


def test_an_object_is_read_with_the_version_to_swap_it_by(bucket: Bucket, backend: MemoryStore) -> None:
    assert bucket.read("a.json") is None
    obstore.put(backend, "a.json", b"one")
    found = bucket.read("a.json")
    assert found is not None
    assert (found.content, bool(found.version)) == (b"one", True)
    assert datetime.fromisoformat(found.when).tzinfo is not None


def test_an_object_is_made_once_and_swapped_by_the_version_that_was_read(bucket: Bucket) -> None:
    first = bucket.swap("a.json", b"one", expected=None)
    assert first
    assert bucket.swap("a.json", b"two", expected=None) is None
    second = bucket.swap("a.json", b"two", expected=first)
    assert second
    assert second != first
    assert bucket.swap("a.json", b"three", expected=first) is None
    found = bucket.read("a.json")
    assert found is not None
    assert (found.content, found.version) == (b"two", second)


def test_our_own_content_counts_as_written(bucket: Bucket) -> None:
    """The answer to the first try may have been lost: the storage then says no to the repeat."""
    first = bucket.swap("a.json", b"one", expected=None)
    assert bucket.swap("a.json", b"one", expected=None) == first
    assert bucket.swap("gone.json", b"one", expected="7") is None


def test_what_has_one_writer_is_written_over(bucket: Bucket) -> None:
    for content in (b"one", b"two"):
        bucket.put("journal/r1.jsonl", content)
        found = bucket.read("journal/r1.jsonl")
        assert found is not None
        assert found.content == content


def test_a_folder_holds_what_is_right_in_it(bucket: Bucket) -> None:
    for name in ("ledger/a.json", "ledger/b.json", "ledger/@staging/c.json", "ledger.key", "ledgers/d.json"):
        bucket.put(name, name.encode())
    assert bucket.list_sizes("ledger") == {"a.json": 13, "b.json": 13}
    assert {name: each.content for name, each in bucket.read_folder("ledger").items()} == {
        "a.json": b"ledger/a.json",
        "b.json": b"ledger/b.json",
    }
    assert bucket.read_folder("ledger/@staging").keys() == {"c.json"}
    assert bucket.read_folder("none") == {}
    assert bucket.list_sizes("none") == {}
    bucket.remove("ledger/a.json")
    assert bucket.list_sizes("ledger") == {"b.json": 13}


def break_apart(tmp_path: Path) -> Bucket:
    """Return a bucket on a disk where a file stands in the way of each folder."""
    home = tmp_path / "bucket"
    home.mkdir()
    (home / "a").write_bytes(b"x")
    return Bucket(URL, environ={}, backend=LocalStore(home))


@pytest.mark.parametrize(
    "ask",
    [
        lambda bucket: bucket.put("a/b", b""),
        lambda bucket: bucket.swap("a/b", b"", expected=None),
        lambda bucket: bucket.read("../b"),
        lambda bucket: bucket.list_sizes("../b"),
        lambda bucket: bucket.remove("../b"),
    ],
)
def test_what_the_storage_raises_is_one_problem_on_one_line(tmp_path: Path, ask: Callable[[Bucket], object]) -> None:
    with pytest.raises(LedgerUnavailable) as caught:
        ask(break_apart(tmp_path))
    assert caught.value.message.startswith(f"the ledger at {URL} cannot be used: ")
    assert "\n" not in caught.value.message
    reason = caught.value.message.partition("cannot be used: ")[2]
    assert " " in reason, "a sentence of the library, not the name of its error"
    assert len(reason) <= 400
    assert caught.value.advice == ADVICE


def test_a_storage_that_cannot_swap_by_version_is_named(tmp_path: Path) -> None:
    bucket = Bucket(URL, environ={}, backend=LocalStore(tmp_path))
    version = bucket.swap("a", b"one", expected=None)
    assert version is not None
    with pytest.raises(LedgerUnavailable) as caught:
        bucket.swap("a", b"two", expected=version)
    assert caught.value.message == f"the storage of {URL} cannot swap an object by its version, which a ledger needs"
    assert caught.value.advice == "Use S3, GCS, Azure, or a server that knows If-Match."
