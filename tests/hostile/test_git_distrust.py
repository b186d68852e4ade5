"""A repository of another user, as in a container job, is named with the one command that mends it, everywhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.stage import Stage, lines
from tests.ledger.samples import run_git

MENDING = "git config --global --add safe.directory"


def stage_in_repository(folder: Path, *, ledger: str) -> Stage:
    run_git(folder, "init", "-q")
    stage = lines(folder / "voice", count=1)
    stage.change("reconciler.yaml", "accounts:", f"ledger: {ledger}\naccounts:")
    stage.environ |= {"PATH": os.environ["PATH"], "HOME": str(folder.parent), "GIT_CONFIG_NOSYSTEM": "1"}
    return stage


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("history",), 6),
        (("history", "--format", "json"), 6),
        (("history", "latest"), 6),
        (("undo", "latest", "--auto-approve"), None),
        (("unlock",), 6),
        (("apply", "--auto-approve"), 1),
        (("plan",), 0),
        (("drift",), 6),
        (("doctor",), 1),
    ],
)
def test_a_repository_of_another_user_is_named_with_what_mends_it(
    tmp_path: Path, command: tuple[str, ...], code: int | None
) -> None:
    stage = stage_in_repository(tmp_path, ledger="git")
    stage.environ["GIT_TEST_ASSUME_DIFFERENT_OWNER"] = "1"
    told = stage.run(*command)
    assert f"{MENDING} {tmp_path}".replace(" ", "") in "".join(told.all.split())
    assert "Check the network" not in told.words
    assert "No runs yet" not in told.words
    assert code is None or told.code == code, told.all
    assert stage.writes == []


def test_an_apply_with_a_ledger_in_files_says_why_its_commit_is_not_known(tmp_path: Path) -> None:
    stage = stage_in_repository(tmp_path, ledger="files")
    stage.environ["GIT_TEST_ASSUME_DIFFERENT_OWNER"] = "1"
    told = stage.apply()
    assert told.code == 0
    assert "repository-untrusted" in told.all
    assert f"{MENDING} {tmp_path}".replace(" ", "") in "".join(told.all.split())
    del stage.environ["GIT_TEST_ASSUME_DIFFERENT_OWNER"]
    assert "repository-untrusted" not in stage.apply().all
