"""A folder of journals: what is there, what another run took away meanwhile, and what nobody can read."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler.ledger.errors import LedgerUnavailable
from reconciler.ledger.journals.folder import JournalFolder
from reconciler.ledger.journals.index import digest_journal, format_index
from reconciler.ledger.journals.retention import KEPT_RUNS

NOW = datetime(2026, 11, 21, tzinfo=UTC)
BEGIN = b'{"event": "begin", "run": "r1", "command": "apply", "when": "2026-11-20T00:00:00Z"}\n'


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / ".reconciler" / "journal"
    home.mkdir(parents=True)
    return home


def test_journals_are_listed_with_their_sizes_and_nothing_else(home: Path) -> None:
    (home / "r1.jsonl").write_bytes(BEGIN)
    (home / "r2.jsonl").write_bytes(b"")
    (home / "notes.txt").write_bytes(b"x")
    folder = JournalFolder(home)
    assert folder.list_sizes() == {"r1.jsonl": len(BEGIN), "r2.jsonl": 0}
    assert folder.read_some(["r1.jsonl", "r9.jsonl", "r2.jsonl"]) == {"r1.jsonl": BEGIN, "r2.jsonl": b""}
    assert (folder.read("r1.jsonl"), folder.read("r9.jsonl")) == (BEGIN, None)


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    folder = JournalFolder(tmp_path / "none" / "journal")
    assert (folder.list_sizes(), folder.read_index(), folder.list_digests(), folder.find_run("r1")) == (
        {},
        b"",
        [],
        None,
    )
    folder.remove("r1.jsonl")


def test_a_run_is_found_by_its_name(home: Path) -> None:
    (home / "r1.jsonl").write_bytes(BEGIN)
    record = JournalFolder(home).find_run("r1")
    assert record is not None
    assert (record.summary.run, record.summary.command) == ("r1", "apply")


@pytest.mark.parametrize(
    "ask",
    [
        lambda folder: folder.read("r1.jsonl"),
        lambda folder: folder.read_some(["r1.jsonl"]),
        lambda folder: folder.find_run("r1"),
        lambda folder: folder.list_digests(),
    ],
)
def test_a_journal_that_cannot_be_read_is_not_an_empty_one(home: Path, ask: Callable[[JournalFolder], object]) -> None:
    (home / "r1.jsonl").mkdir()
    with pytest.raises(LedgerUnavailable) as caught:
        ask(JournalFolder(home))
    assert str(caught.value).startswith(f"the journal {home / 'r1.jsonl'} cannot be read: ")
    assert caught.value.advice == "Make it readable: what runs did is told by nothing else."


def test_a_folder_that_cannot_be_listed_is_not_an_empty_one(home: Path) -> None:
    home.rmdir()
    home.write_bytes(b"a file")
    with pytest.raises(LedgerUnavailable, match=f"the journal {home} cannot be read"):
        JournalFolder(home).list_sizes()


def test_an_index_is_kept_beside_the_folder_and_one_that_cannot_be_read_is_none(home: Path) -> None:
    index = home.parent / "journal-index.jsonl"
    index.write_bytes(b"index")
    assert JournalFolder(home).read_index() == b"index"
    index.unlink()
    index.mkdir()
    assert JournalFolder(home).read_index() == b""


def test_what_is_tidied_is_indexed(home: Path) -> None:
    (home / "r1.jsonl").write_bytes(BEGIN)
    index = home.parent / "journal-index.jsonl"
    folder = JournalFolder(home)
    folder.tidy(NOW)
    assert index.read_bytes() == format_index([digest_journal("r1.jsonl", BEGIN)])
    os.utime(index, (1, 1))
    folder.tidy(NOW)
    assert index.stat().st_mtime == 1, "an index that is up to date is left alone"
    (home / "r1.jsonl").write_bytes(BEGIN + BEGIN)
    folder.tidy(NOW)
    assert index.read_bytes() == format_index([digest_journal("r1.jsonl", BEGIN + BEGIN)])


def test_what_has_expired_is_removed_and_no_longer_indexed(home: Path) -> None:
    for number in range(KEPT_RUNS + 1):
        content = BEGIN.replace(b"2026-11", b"2025-11").replace(b'"r1"', f'"r{number:04}"'.encode())
        (home / f"r{number:04}.jsonl").write_bytes(content)
    JournalFolder(home).tidy(NOW - timedelta(days=300))
    assert len(list(home.iterdir())) == KEPT_RUNS + 1
    JournalFolder(home).tidy(NOW)
    assert min(path.name for path in home.iterdir()) == "r0001.jsonl"
    assert (home.parent / "journal-index.jsonl").read_bytes().count(b"\n") == KEPT_RUNS


def test_tidying_fails_in_silence(home: Path) -> None:
    (home / "r1.jsonl").mkdir()
    JournalFolder(home).tidy(NOW)
    (home / "r1.jsonl").rmdir()
    (home / "r1.jsonl").write_bytes(BEGIN)
    (home.parent / "journal-index.jsonl").mkdir()
    JournalFolder(home).tidy(NOW)
    assert (home / "r1.jsonl").exists()


def test_a_journal_is_removed_once(home: Path) -> None:
    (home / "r1.jsonl").write_bytes(BEGIN)
    folder = JournalFolder(home)
    folder.remove("r1.jsonl")
    folder.remove("r1.jsonl")
    assert list(home.iterdir()) == []
