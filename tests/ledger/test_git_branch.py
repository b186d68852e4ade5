"""A change on a branch of our own: of one commit on what is checked out, renewed, removed, and nobody else's work lost."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler.ledger import LedgerUnavailable
from reconciler.ledger.stores.git_branch import push_change

from .samples import Clock, run_git
from .team import IDENTITY, Team

BRANCH = "ours/change"


@pytest.fixture
def clone(team: Team) -> Path:
    return team.clone("one")


def push(root: Path, contents: Mapping[str, bytes]) -> None:
    push_change(
        root, BRANCH, contents, message="Take it over\n", author="Alice", now=Clock()(), environ=dict(os.environ)
    )


def read_branches(team: Team) -> list[str]:
    return run_git(team.remote, "for-each-ref", "--format=%(refname:short)", "refs/heads").split()


def read_tip(team: Team) -> str:
    return run_git(team.remote, "rev-parse", BRANCH)


def test_a_branch_is_one_commit_on_what_is_checked_out(team: Team, clone: Path) -> None:
    (clone / "voice/us").mkdir(parents=True)
    push(clone / "voice/us", {"a.yaml": b"a\n", "deep/b.yaml": b"b\n"})
    shown = run_git(team.remote, "log", "--format=%P|%an|%at|%B", "--name-status", "--no-renames", "-1", BRANCH)
    main, when = run_git(clone, "rev-parse", "HEAD"), int(Clock()().timestamp())
    assert shown.split("\n") == [
        f"{main}|Alice|{when}|Take it over",
        "",
        "",
        "A\tvoice/us/a.yaml",
        "A\tvoice/us/deep/b.yaml",
    ]
    assert run_git(team.remote, "show", f"{BRANCH}:voice/us/deep/b.yaml") == "b"
    assert run_git(clone, "status", "--porcelain", "--branch") == "## main...origin/main"


def test_the_same_change_on_the_same_commit_stays(team: Team, clone: Path) -> None:
    push(clone, {"a": b"1", "b": b"2"})
    tip = read_tip(team)
    for contents in ({"a": b"1", "b": b"2"}, {"b": b"2"}):
        push(clone, contents)
        assert read_tip(team) == tip
    push(clone, {"a": b"1", "b": b"3"})
    assert run_git(team.remote, "rev-parse", f"{BRANCH}~1") == run_git(team.remote, "rev-parse", "main")
    assert run_git(team.remote, "show", f"{BRANCH}:b") == "3"


def test_the_same_change_on_another_commit_is_made_anew(team: Team, clone: Path) -> None:
    push(clone, {"a": b"1"})
    run_git(clone, *IDENTITY, "commit", "-q", "--allow-empty", "-m", "three")
    push(clone, {"a": b"1"})
    assert run_git(team.remote, "rev-parse", f"{BRANCH}~1") == run_git(clone, "rev-parse", "HEAD")


def test_without_a_change_there_is_no_branch(team: Team, clone: Path) -> None:
    push(clone, {})
    push(clone, {"a": b"1"})
    assert read_branches(team) == ["main", BRANCH]
    push(clone, {})
    assert read_branches(team) == ["main"]


@pytest.mark.parametrize("contents", [{"a": b"2"}, {}])
def test_who_is_slower_than_somebody_else_is_told(team: Team, clone: Path, contents: Mapping[str, bytes]) -> None:
    push(clone, {"a": b"1"})
    team.outrun(f"refs/heads/{BRANCH}", run_git(clone, "rev-parse", "HEAD"))
    with pytest.raises(LedgerUnavailable) as caught:
        push(clone, contents)
    assert caught.value.message == "somebody else moved ours/change at the same time"
    assert caught.value.advice == "Run it again: the branch belongs to this command alone."
    assert read_tip(team) == run_git(team.remote, "rev-parse", "main")
