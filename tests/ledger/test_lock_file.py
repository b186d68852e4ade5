"""The lock of an environment in a file: created, replaced and removed only over what was read."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from reconciler.ledger.errors import LedgerUnavailable
from reconciler.ledger.stores.files import LockFile


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / ".reconciler"


@pytest.mark.parametrize(
    ("environment", "name"),
    [(None, "lock.json"), ("staging", "lock@staging.json"), ("Up/..", "lock@%55p%2F%2E%2E.json")],
)
def test_each_environment_has_a_file_of_its_own(folder: Path, environment: str | None, name: str) -> None:
    assert LockFile(folder, environment).swap("held", expected=None) == "held"
    assert (folder / name).read_text() == "held"


def test_a_lock_is_swapped_by_the_text_that_was_read(folder: Path) -> None:
    place = LockFile(folder, None)
    assert place.read() is None
    assert place.swap("one", expected="before") is None
    assert place.read() is None
    assert place.swap("one", expected=None) == "one"
    assert place.swap("two", expected=None) is None
    assert place.swap("two", expected="other") is None
    assert place.swap("two", expected="one") == "two"
    stored = place.read()
    assert stored is not None
    assert (stored.text, stored.version) == ("two", "two")
    assert place.swap(None, expected="one") is None
    assert place.swap(None, expected="two") == ""
    assert place.read() is None
    assert place.swap("three", expected=None) == "three"


def test_when_it_was_put_there_is_told_in_utc(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = LockFile(folder, None)
    place.swap("held", expected=None)
    os.utime(folder / "lock.json", (1_000_000_000, 1_000_000_000))
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        stored = place.read()
    time.tzset()
    assert stored is not None
    assert stored.when == "2001-09-09T01:46:40Z"


def test_what_is_no_text_is_read_all_the_same(folder: Path) -> None:
    folder.mkdir()
    (folder / "lock.json").write_bytes(b"\xffheld")
    stored = LockFile(folder, None).read()
    assert stored is not None
    assert stored.text == "\ufffdheld"


def test_what_is_no_file_is_no_lock_that_could_be_taken(folder: Path) -> None:
    (folder / "lock.json").mkdir(parents=True)
    place = LockFile(folder, None)
    for attempt in (place.read, lambda: place.swap("one", expected=None)):
        with pytest.raises(LedgerUnavailable) as caught:
            attempt()
        assert caught.value.message.startswith(f"the ledger in {folder} cannot be used: ")
        assert caught.value.advice == "Make the folder readable and writable; apply needs it, plan does not."


def test_the_folder_is_made_and_kept_out_of_commits(folder: Path) -> None:
    LockFile(folder, None).swap("held", expected=None)
    assert (folder / ".gitignore").exists()
    assert {path.name for path in folder.iterdir()} <= {".gitignore", ".guard", "lock.json"}
