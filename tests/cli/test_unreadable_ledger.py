"""Law 5 for the ledger and the history: what cannot be read is not empty."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.stage import Stage, lines


def lose(stage: Stage) -> None:
    shutil.rmtree(stage.folder / ".reconciler")


def damage(stage: Stage) -> None:
    stage.write(".reconciler/ledger/phone_connections.json", "{")


def block(stage: Stage) -> None:
    """Put something in the ledger's place that cannot be read, for root neither."""
    lose(stage)
    stage.write(".reconciler/ledger", "in the way")


LOSSES = [lose, damage, block]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("moved", [False, True])
def test_drift_cannot_tell_and_says_so(tmp_path: Path, loss: Callable[[Stage], None], *, moved: bool) -> None:
    stage = lines(tmp_path)
    stage.settle()
    if moved:
        stage.world.edit("galtea", "phoneConnections", "pc_1", {"voice": "megan"})
    loss(stage)
    told = stage.run("drift", "--out", str(tmp_path / "drift.json"))
    assert told.code == 6
    assert "what moved outside git cannot be told" in told.words
    assert "Nothing is declared" not in told.words
    saved = json.loads((tmp_path / "drift.json").read_bytes())
    assert "drift-unknown" in {found["code"] for found in saved["diagnostics"]}


def test_a_plan_does_without_a_ledger_that_an_apply_waits_for(tmp_path: Path) -> None:
    """Without it an edit in conflict would pass for one of ours."""
    stage = lines(tmp_path)
    stage.settle()
    stage.world.edit("galtea", "phoneConnections", "pc_1", {"voice": "megan"})
    block(stage)
    told = stage.run("plan")
    assert (told.code, "ledger-unavailable" in told.words) == (0, True)
    told = stage.apply()
    assert (told.code, stage.writes) == (6, [])
    assert stage.run("forget", "phone_connections.line-1", "--auto-approve").code == 6
    assert "cannot be read" in stage.run("doctor").words


def test_a_ledger_that_cannot_be_reached_is_told_once_and_not_as_one_that_never_was(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    stage.change("reconciler.yaml", "accounts:", "ledger: git\naccounts:")
    told = stage.run("plan")
    assert told.code == 0
    assert told.err.count("[ledger-unavailable]") == 1
    assert "no ledger yet" not in told.words


def test_a_history_that_cannot_be_read_is_not_an_empty_one(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    stage.settle()
    (journal,) = (tmp_path / ".reconciler" / "journal").iterdir()
    journal.unlink()
    journal.mkdir()
    for command in (("history",), ("history", "latest"), ("history", "phone_connections.line-1"), ("undo", "latest")):
        told = stage.run(*command)
        assert told.code == 6, command
        assert "No runs yet" not in told.all
        assert journal.name in told.words.replace(" ", "")
    assert "cannot be read" in stage.run("doctor").words
    told = stage.run("plan")
    assert (told.code, "left in doubt is not known" in told.words) == (0, True)


def test_a_shared_ledger_that_cannot_be_reached_is_not_an_empty_one(tmp_path: Path) -> None:
    """Its remote is gone, and this clone never saw it: a fresh runner on a day without a network."""
    stage = lines(tmp_path, head="version: 1\naccounts: {galtea: {}}\nledger: git\nphone_connections:\n")
    for words in (("init", "-q"), ("remote", "add", "origin", str(tmp_path / "nowhere.git"))):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True)
    for command in (("drift",), ("history",), ("history", "latest"), ("history", "--format", "json")):
        told = stage.run(*command)
        assert told.code == 6, told.all
        assert "No runs yet" not in told.all
    assert stage.run("plan").code == 0
    assert stage.apply().code == 1
    assert stage.writes == []


def test_where_nothing_is_declared_there_is_nothing_to_tell(tmp_path: Path) -> None:
    stage = Stage(tmp_path, seed={}, files={"reconciler.yaml": "version: 1\naccounts: {galtea: {}}\n"})
    assert stage.run("drift").code == 0
