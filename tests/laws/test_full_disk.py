"""Law 11: an apply of 60 updates on a state disk of its own that fills up, at an outcome line or while a request is in flight."""

from __future__ import annotations

import io
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.stage import Stage, lines
from tests.laws.test_ended_anywhere import COUNT, HEAD, Ending, apply, check_finished, check_recorded
from tests.ledger.full_disk import fill, free, mount_small_disk


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with mount_small_disk(tmp_path / "disk") as disk:
        yield disk


def check_told(code: int, words: str, stage: Stage) -> None:
    """Exit 4 and say why, unless nothing was left to be sent."""
    assert "bug" not in words
    assert not any(wrong in words for wrong in ("journal-cut", "ledger-not-saved", "ledger-unavailable")), words
    assert (code, "state-disk-full" in words) == ((0, False) if len(stage.writes) == COUNT else (4, True)), words


@pytest.mark.parametrize("place", [*range(1, COUNT, 9), COUNT])
def test_the_state_disk_fills_up_at_an_outcome_line(disk: Path, place: int) -> None:
    stage, err = lines(disk, count=COUNT, head=HEAD), io.StringIO()
    code = apply(stage, Ending(place, lambda: fill(disk)), err)
    check_told(code, " ".join(err.getvalue().split()), stage)
    check_recorded(stage)
    free(disk)
    check_finished(stage)


@pytest.mark.parametrize("place", range(1, COUNT - 10, 12))
def test_the_state_disk_fills_up_while_a_request_is_in_flight(disk: Path, place: int) -> None:
    stage, err, seen = lines(disk, count=COUNT, head=HEAD), io.StringIO(), 0

    def note(arrived: object) -> None:
        nonlocal seen
        seen += getattr(arrived, "method", "") == "PATCH"
        if seen == place:
            fill(disk)
            stage.world.before_request = None

    stage.world.before_request = note
    code = apply(stage, io.StringIO(), err)
    check_told(code, " ".join(err.getvalue().split()), stage)
    assert len(stage.writes) < COUNT
    check_recorded(stage)
    free(disk)
    check_finished(stage)


@pytest.mark.parametrize("place", [1, 40])
def test_the_disk_of_a_ledger_in_git_fills_up(disk: Path, place: int) -> None:
    subprocess.run(["git", "init", "-q", str(disk)], check=True)
    stage, err = lines(disk, count=COUNT, head=f"ledger: git\n{HEAD}"), io.StringIO()
    code = apply(stage, Ending(place, lambda: fill(disk)), err)
    check_told(code, " ".join(err.getvalue().split()), stage)
    free(disk)
    assert "in-doubt" not in stage.run("plan").words
    told = stage.run("history", "--format", "json")
    assert json.loads(told.out)[0]["counts"]["verified"] == len(stage.writes)
    assert stage.apply().code == 0
    assert {row["voice"] for row in stage.world.rows("galtea", "phoneConnections")} == {"jack"}


def test_a_disk_without_room_for_the_run_is_told_before_anything_is_sent(disk: Path) -> None:
    stage = lines(disk, count=COUNT, head=HEAD)
    fill(disk, leave=64 * 1024)
    told = stage.apply()
    assert told.code == 1
    assert "has no room for" in told.words
    assert "Nothing was sent." in told.words
    assert stage.writes == []
    assert not (disk / ".reconciler" / "lock.json").exists()
    free(disk)
    check_finished(stage)


def test_a_run_with_nothing_to_send_needs_no_room(disk: Path) -> None:
    stage = lines(disk, count=COUNT, head=HEAD)
    assert stage.apply().code == 0
    fill(disk, leave=64 * 1024)
    assert stage.apply().code == 0


def test_what_was_held_back_is_given_back(disk: Path) -> None:
    stage = lines(disk, count=COUNT, head=HEAD)
    before = os.statvfs(disk).f_bfree
    assert stage.apply().code == 0
    kept = sum(path.stat().st_blocks * 512 for path in disk.rglob("*") if path.is_file())
    assert (before - os.statvfs(disk).f_bfree) * os.statvfs(disk).f_frsize <= kept + 64 * 1024
