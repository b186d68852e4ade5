"""Where a run comes from, and what importing the room costs."""

from __future__ import annotations

import getpass
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from reconciler.ledger import current_author, current_commit, describe_commit, new_run_id, note_distrust
from reconciler.ledger.origin import CommitWords, read_message
from reconciler.model.diagnostic import Diagnostic, Severity

from .samples import Clock, run_git
from .team import IDENTITY, Team


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


@pytest.mark.parametrize(
    ("moment", "start"),
    [
        (datetime(2026, 11, 21, 8, 30, 5, tzinfo=UTC), "20261121-083005-000"),
        (datetime(2026, 11, 21, 8, 30, 5, 999_999, tzinfo=UTC), "20261121-083005-fff"),
        (datetime(2026, 11, 21, 8, 30, 5, 500_000), "20261121-083005-800"),  # noqa: DTZ001 -- a clock may tell UTC so
        (datetime(2026, 11, 21, 8, 30, 5, 250, tzinfo=timezone(timedelta(hours=2))), "20261121-063005-001"),
    ],
)
def test_a_run_id_begins_with_its_time_in_utc(moment: datetime, start: str) -> None:
    assert re.fullmatch(f"{start}[0-9a-f]{{3}}", new_run_id(lambda: moment))


def wall_off(clone: Path, **more: str) -> Mapping[str, str]:
    """Return an environment in which no repository is looked for above the folders of a clone."""
    return {**os.environ, "GIT_CEILING_DIRECTORIES": str(clone), **more}


def test_only_the_project_and_its_own_repository_count(team: Team) -> None:
    clone = team.clone("one")
    deep = clone / "deep"
    deep.mkdir()
    (deep / "a.yaml").touch()
    run_git(clone, *IDENTITY, "commit", "-q", "--allow-empty", "-m", "See merge request a/b!45")
    run_git(clone, "add", "deep")
    run_git(clone, *IDENTITY, "commit", "-q", "-m", "Add a file")
    head = run_git(clone, "rev-parse", "HEAD")
    (clone / "reconciler.yaml").write_text("edited")
    assert (current_commit(deep), current_commit(clone)) == (head, f"{head}-dirty")
    assert describe_commit(deep) == CommitWords("Add a file")
    (deep / "a.yaml").write_text("edited")
    assert current_commit(deep) == f"{head}-dirty"
    walled = wall_off(clone)
    assert current_commit(deep, environ=walled) == ""
    assert describe_commit(deep, environ=walled) == CommitWords()
    assert note_distrust(deep, environ=walled) == ()


def test_a_repository_that_git_does_not_trust_is_told(team: Team) -> None:
    clone = team.clone("one")
    assert note_distrust(clone) == ()
    distrusted = wall_off(clone, GIT_TEST_ASSUME_DIFFERENT_OWNER="1", HOME=str(clone.parent))
    (note,) = note_distrust(clone, environ=distrusted)
    assert note.message.startswith("the commit of this run is not known: ")
    assert str(clone) in note.message
    assert "safe.directory" in note.advice
    assert note == Diagnostic("repository-untrusted", note.message, Severity.WARNING, advice=note.advice)
    assert current_commit(clone, environ=distrusted) == ""


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
    (tmp_path / "HEAD").touch()
    assert current_commit(tmp_path) == ""
    assert describe_commit(tmp_path) == CommitWords()


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


def test_the_author_is_whoever_is_named_first(tmp_path: Path) -> None:
    home, root = tmp_path / "home", tmp_path / "project"
    home.mkdir()
    root.mkdir()
    (home / ".gitconfig").write_text('[user]\n\tname = " Ursula "\n')
    bare = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1"}
    user = {**bare, "HOME": str(home), "LOGNAME": "login"}
    assert current_author({**user, "GITHUB_ACTOR": "  ", "GITLAB_USER_LOGIN": " lab "}, root=root) == "lab"
    assert current_author(user, root=root) == "Ursula", "there is no repository"
    run_git(root, "init", "-q")
    run_git(root, "config", "user.name", " Gitta ")
    assert current_author(user, root=root) == "Gitta"


def test_an_author_without_a_name_is_called_by_the_login(tmp_path: Path) -> None:
    bare = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(tmp_path)}
    names = ("LOGNAME", "USER", "LNAME", "USERNAME")
    for place, name in enumerate(names):
        logins = {**dict.fromkeys(names[:place], ""), **{each: each.lower() for each in names[place:]}}
        assert current_author({**bare, **logins}, root=tmp_path) == name.lower()
    assert current_author(bare, root=tmp_path) == getpass.getuser()


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
        ("Merge pull request #12 from acme/loud", "Merge pull request #12 from acme/loud", "#12"),
        ("  Raise the volume (#12)  \n", "Raise the volume", "#12"),
        ("Raise (#1) the volume\n\nSee merge request !45 of ours\n", "Raise (#1) the volume", ""),
        ("See merge request a/b!45", "See merge request a/b!45", "!45"),
        ("Raise the volume\nMerge pull request #12 from acme/loud", "Raise the volume", ""),
        (" \n\t\n", "", ""),
        ("", "", ""),
    ],
)
def test_what_a_commit_says_of_itself(message: str, subject: str, pull_request: str) -> None:
    assert read_message(message) == CommitWords(subject, pull_request)
