"""A journal on a disk that is full: outcomes still fit, intents do not, and no line is glued to half of another."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.ledger.errors import LedgerUnavailable
from reconciler.ledger.journals.journal import Journal
from reconciler.model.paths import Json
from reconciler.model.plan import Change

from .full_disk import CAPACITY, fill, free, mount_small_disk
from .samples import Clock, make_outcome, make_update

LONG = make_update(changes=(Change(("greeting",), None, "x" * 9_000),))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with mount_small_disk(tmp_path / "disk") as disk:
        yield disk


@pytest.fixture
def journal(disk: Path) -> Iterator[Journal]:
    journal = Journal(disk / ".reconciler/journal/r1.jsonl", run="r1", clock=Clock(), key=bytes)
    yield journal
    journal.close()


def read_rows(journal: Journal) -> list[Json]:
    return [json.loads(line) for line in journal.path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]


def test_what_is_held_back_is_for_outcomes_and_nothing_new_is_sent(disk: Path, journal: Journal) -> None:
    journal.hold_back(CAPACITY // 4)
    journal.intend(make_update("one"))
    fill(disk)
    with pytest.raises(LedgerUnavailable) as refused:
        journal.intend(LONG)
    path = journal.path
    assert refused.value.message == f"the journal {path} cannot be written: No space left on device"
    filled = journal.filled
    assert filled is not None
    assert filled.message == f"the disk of {path.parent} is full"
    assert filled.advice == "Free some space, then apply again: nothing new was sent, and what was sent is recorded."
    for name in ("one", "two", "three"):
        journal.conclude(make_outcome(make_update(name), message="y" * 9_000))
    assert journal.filled is filled
    with pytest.raises(LedgerUnavailable) as again:
        journal.intend(make_update("four"))
    assert again.value is filled
    assert [(row["event"], row["address"]) for row in read_rows(journal)] == [
        ("intend", "connectors.one"),
        ("outcome", "connectors.one"),
        ("outcome", "connectors.two"),
        ("outcome", "connectors.three"),
    ]


def test_an_outcome_that_finds_the_disk_full_is_written_and_says_so(disk: Path, journal: Journal) -> None:
    journal.hold_back(CAPACITY // 4)
    fill(disk)
    journal.conclude(make_outcome(LONG))
    assert journal.filled is not None
    assert [row["event"] for row in read_rows(journal)] == ["outcome"]


def test_a_line_that_does_not_fit_is_taken_back(disk: Path, journal: Journal) -> None:
    journal.intend(make_update("one"))
    before = journal.path.read_bytes()
    fill(disk)
    with pytest.raises(LedgerUnavailable, match="No space left on device"):
        journal.conclude(make_outcome(LONG))
    assert journal.path.read_bytes() == before
    assert journal.filled is not None
    free(disk)
    journal.conclude(make_outcome(LONG))
    assert [row["event"] for row in read_rows(journal)] == ["intend", "outcome"]


def test_a_line_that_cannot_be_written_for_another_reason_does_not_fill_the_disk(journal: Journal) -> None:
    journal.hold_back(CAPACITY // 4)
    journal.intend(make_update("one"))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (journal.path.stat().st_size, before[1]))
    try:
        with pytest.raises(LedgerUnavailable, match="File too large"):
            journal.conclude(make_outcome(make_update("one")))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert journal.filled is None


def test_room_for_the_run_is_asked_for_before_it_begins(disk: Path, journal: Journal) -> None:
    fill(disk, leave=512 * 1024)
    with pytest.raises(LedgerUnavailable) as caught:
        journal.hold_back(768 * 1024)
    assert caught.value.message == (
        f"the disk of {journal.path.parent} has no room for 1 MiB that this run may have to write: No space left on device"
    )
    journal.hold_back(256 * 1024)
