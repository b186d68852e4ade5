"""Where a run comes from, and what importing the room costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.ledger import current_author, current_commit, new_run_id
from reconciler.ledger.origin import CommitWords, read_message

from .samples import Clock, run_git
from .team import Team


def test_run_ids_sort_by_time_and_tell_runs_apart() -> None:
    clock = Clock()
    first = [new_run_id(clock) for _ in range(20)]
    clock.advance(1)
    assert all(run.startswith("20261121-083000-") for run in first)
    assert max(first) < new_run_id(clock)
    assert len(set(first)) > 1
    earlier = new_run_id(clock)
    clock.advance(0.01)
    assert earlier < new_run_id(clock)


def test_the_commit_says_when_files_differ_from_it(team: Team) -> None:
    clone = team.clone("one")
    head = run_git(clone, "rev-parse", "HEAD")
    (clone / "plan.json").write_text("{}")
    assert current_commit(clone) == head
    (clone / "reconciler.yaml").write_text("edited")
    assert current_commit(clone) == f"{head}-dirty"


def test_without_a_repository_there_is_no_commit(tmp_path: Path) -> None:
    assert current_commit(tmp_path) == ""
    run_git(tmp_path, "init", "-q")
    assert current_commit(tmp_path) == ""


def test_the_author_is_the_user_of_the_ci_then_of_git_then_of_the_machine(tmp_path: Path) -> None:
    run_git(tmp_path, "init", "-q")
    run_git(tmp_path, "config", "user.name", "Gitta")
    path = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(tmp_path)}
    assert current_author({**path, "GITHUB_ACTOR": "octo", "GITLAB_USER_LOGIN": "lab"}, root=tmp_path) == "octo"
    assert current_author({**path, "GITLAB_USER_LOGIN": "lab"}, root=tmp_path) == "lab"
    assert current_author(path, root=tmp_path) == "Gitta"
    run_git(tmp_path, "config", "--unset", "user.name")
    quiet = {**path, "GIT_CONFIG_NOSYSTEM": "1", "LOGNAME": "login"}
    assert current_author(quiet, root=tmp_path) == "login"


def test_importing_the_room_imports_nothing_heavy() -> None:
    code = "import sys, reconciler.ledger; print(' '.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert not {"filelock", "httpx", "asyncio", "sqlite3", "yaml", "deepdiff"} & set(loaded)


@pytest.mark.parametrize(
    ("message", "subject", "pull_request"),
    [
        ("Raise the volume\n\nBecause.\n", "Raise the volume", ""),
        ("Raise the volume (#12)\n\n* one\n* two (#3)\n", "Raise the volume", "#12"),
        ("Merge pull request #12 from acme/loud\n\nRaise the volume\n", "Raise the volume", "#12"),
        (
            "Merge branch 'loud' into 'main'\n\nRaise the volume\n\nSee merge request a/b!45\n",
            "Raise the volume",
            "!45",
        ),
        ("Merge branch 'main' into loud\n", "Merge branch 'main' into loud", ""),
        ("", "", ""),
    ],
)
def test_what_a_commit_says_of_itself(message: str, subject: str, pull_request: str) -> None:
    assert read_message(message) == CommitWords(subject, pull_request)
