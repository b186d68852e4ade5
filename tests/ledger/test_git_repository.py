"""Refs that clones share: of two swaps one wins, a lost answer is no defeat, and nothing else of a clone moves."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler.ledger import LedgerUnavailable
from reconciler.ledger.stores.git_repository import Repository

from .samples import put_before_git, record_calls, run_git
from .team import IDENTITY, Team

REF = "refs/ours/x"


def open_at(folder: Path, environ: Mapping[str, str] = os.environ) -> Repository:
    return Repository(folder, environ=environ)


def make_commit(folder: Path, text: str) -> str:
    """Store a commit without a parent."""
    tree = run_git(folder, "write-tree")
    return run_git(folder, *IDENTITY, "commit-tree", tree, "-m", text)


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    """Return a repository without a remote, with one commit."""
    run_git(tmp_path, "init", "-q", "-b", "main", "alone")
    run_git(tmp_path / "alone", *IDENTITY, "commit", "-q", "--allow-empty", "-m", "one")
    return tmp_path / "alone"


@pytest.fixture
def clone(team: Team) -> Path:
    return team.clone("one")


def list_refs(folder: Path) -> dict[str, str]:
    rows = run_git(folder, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    return dict(row.split(" ") for row in rows)


def test_a_folder_has_a_name_in_the_repository(alone: Path) -> None:
    assert (open_at(alone).prefix, open_at(alone).project) == ("", "")
    (alone / "voice/us").mkdir(parents=True)
    repository = open_at(alone / "voice/us")
    assert (repository.prefix, repository.project) == ("voice/us/", "voice%2Fus")


@pytest.mark.parametrize(
    ("names", "remote"), [((), None), (("upstream",), "upstream"), (("a", "origin", "z"), "origin")]
)
def test_the_remote_is_origin_or_the_only_one(alone: Path, names: tuple[str, ...], remote: str | None) -> None:
    for name in names:
        run_git(alone, "remote", "add", name, "https://example.org/x")
    assert open_at(alone).remote == remote


def test_of_several_remotes_none_is_chosen(alone: Path) -> None:
    for name in ("a", "b"):
        run_git(alone, "remote", "add", name, "https://example.org/x")
    with pytest.raises(LedgerUnavailable) as caught:
        assert open_at(alone).remote
    assert caught.value.message == "none of the remotes a, b is called origin"
    assert caught.value.advice == "Call the remote that holds the ledger `origin`."


@pytest.mark.parametrize("options", [[], ["--add"], ["--push"], ["--push", "--add"]])
def test_a_remote_in_the_work_tree_is_refused(alone: Path, options: list[str]) -> None:
    run_git(alone, "remote", "add", "origin", "https://example.org/x")
    if "--push" in options:
        run_git(alone, "remote", "set-url", "--push", "origin", "https://example.org/y")
    run_git(alone, "remote", "set-url", *options, "origin", "evil")
    with pytest.raises(LedgerUnavailable) as caught:
        assert open_at(alone).remote
    assert caught.value.message == "the remote origin is evil, a folder of the work tree"
    assert caught.value.advice == "Set it to a repository elsewhere: `git remote set-url`."


def test_a_ref_is_read_by_its_whole_name(team: Team, clone: Path, alone: Path) -> None:
    for folder, place in ((alone, alone), (clone, team.remote)):
        head = run_git(folder, "rev-parse", "HEAD")
        for name in ("refs/a/refs/b", "refs/b/c"):
            run_git(place, "update-ref", name, head)
        repository = open_at(folder)
        assert [repository.read_shared(name) for name in ("refs/b", "refs/b/c", "refs/a")] == ["", head, ""]
    assert [open_at(folder).read_local("refs/b/c") for folder in (alone, clone)] == [
        run_git(alone, "rev-parse", "HEAD"),
        "",
    ]
    assert open_at(alone).read_local("refs/b") == ""


def test_what_is_fetched_is_the_commit_and_nothing_else(team: Team, clone: Path, tmp_path: Path) -> None:
    seed = team.folder / "seed"
    commit = make_commit(seed, "ours")
    run_git(seed, "push", "-q", "origin", f"{commit}:{REF}", f"{commit}:refs/tags/theirs", ":refs/heads/none")
    run_git(clone, "update-ref", "refs/remotes/origin/gone", "HEAD")
    settings = {
        "remote.origin.fetch": "+refs/*:refs/copies/*",
        "fetch.prune": "true",
        "remote.origin.uploadpack": "false",
    }
    for key, value in settings.items():
        run_git(clone, "config", key, value)
    before = list_refs(clone)
    environ, log = record_calls(tmp_path)
    repository = open_at(clone, environ)
    for _ in range(2):
        assert repository.read_shared(REF) == commit
    assert run_git(clone, "cat-file", "-t", commit) == "commit"
    assert list_refs(clone) == before
    assert not (clone / ".git/FETCH_HEAD").exists()
    assert log.read_text().count(" fetch ") == 1


def let_move(team: Team, folder: Path, *, times: int) -> tuple[dict[str, str], Path]:
    """Let somebody set the ref anew before it is asked for or fetched, so many times, to commits that nobody knows."""
    seed, log, known = team.folder / "seed", folder / "calls", folder / "commits"
    commits = [make_commit(seed, f"{number}") for number in range(times)]
    run_git(seed, "push", "-q", "origin", *(f"{commit}:refs/ready/{commit}" for commit in commits))
    known.write_text("".join(f"{commit}\n" for commit in commits))
    script = (
        f'case " $* " in *" fetch "*|*" ls-remote "*) echo x >> {log}; next=$(sed -n "$(wc -l < {log})p" {known})\n'
        f'[ -z "$next" ] || $REAL --git-dir={team.remote} update-ref {REF} $next;; esac'
    )
    return put_before_git(folder, script), log


def test_a_ref_that_moves_while_it_is_fetched_is_asked_for_again(team: Team, clone: Path, tmp_path: Path) -> None:
    environ, log = let_move(team, tmp_path, times=2)
    assert open_at(clone, environ).read_shared(REF) == run_git(team.remote, "rev-parse", REF)
    assert log.read_text() == "x\n" * 3


def fail_to_read(clone: Path, environ: Mapping[str, str]) -> LedgerUnavailable:
    with pytest.raises(LedgerUnavailable) as caught:
        open_at(clone, environ).read_shared(REF)
    return caught.value


def test_a_ref_that_moves_on_and_on_is_given_up(team: Team, clone: Path, tmp_path: Path) -> None:
    environ, log = let_move(team, tmp_path, times=10)
    problem = fail_to_read(clone, environ)
    assert problem.message == f"{REF} on origin cannot be fetched: it moves faster than it can be fetched"
    assert problem.advice == "Try again."
    assert log.read_text() == "x\n" * 10


def test_a_fetch_that_fails_is_told(team: Team, clone: Path, tmp_path: Path) -> None:
    commit = make_commit(team.folder / "seed", "ours")
    run_git(team.folder / "seed", "push", "-q", "origin", f"{commit}:{REF}")
    environ = put_before_git(tmp_path, 'case " $* " in *" fetch "*) echo "fatal: no way" >&2; exit 1;; esac')
    assert fail_to_read(clone, environ).message == f"{REF} on origin cannot be fetched: fatal: no way"


def test_a_remote_that_is_away_is_told(team: Team, clone: Path) -> None:
    team.remote.rename(team.folder / "away")
    assert "does not appear to be a git repository" in fail_to_read(clone, os.environ).message


def test_the_local_ref_follows_the_shared_one(clone: Path, alone: Path) -> None:
    head, other = run_git(clone, "rev-parse", "HEAD"), make_commit(clone, "other")
    repository = open_at(clone)
    for commit in (head, other, other):
        repository.copy_local(REF, commit)
        assert repository.read_local(REF) == commit
    repository.copy_local(REF, "")
    (clone / f".git/{REF}.lock").touch()
    repository.copy_local(REF, head)
    assert repository.read_local(REF) == other
    open_at(alone).copy_local(REF, run_git(alone, "rev-parse", "HEAD"))
    assert list_refs(alone).keys() == {"refs/heads/main"}


def test_a_ref_that_points_at_a_branch_does_not_move_the_branch(clone: Path, alone: Path) -> None:
    for folder in (clone, alone):
        run_git(folder, "symbolic-ref", REF, "refs/heads/main")
    heads = [run_git(folder, "rev-parse", "main") for folder in (clone, alone)]
    open_at(clone).copy_local(REF, make_commit(clone, "other"))
    assert open_at(alone).swap(REF, new=make_commit(alone, "other"), old=heads[1])
    assert [run_git(folder, "rev-parse", "main") for folder in (clone, alone)] == heads


@pytest.mark.parametrize("shared", [True, False])
def test_a_swap_needs_what_was_expected(clone: Path, alone: Path, team: Team, shared: bool) -> None:
    folder, place = (clone, team.remote) if shared else (alone, alone)
    one, two, repository = make_commit(folder, "one"), make_commit(folder, "two"), open_at(folder)
    before = list_refs(place)
    steps = [
        (one, two, False, None),
        (one, "", True, one),
        (two, "", False, one),
        (one, two, True, one),
        (two, one, True, two),
        ("", one, False, two),
        ("", two, True, None),
    ]
    for new, old, swapped, found in steps:
        assert repository.swap(REF, new=new, old=old) is swapped, (new, old)
        assert list_refs(place).get(REF) == found
    assert list_refs(place) == before


def test_a_swap_whose_answer_is_lost_is_no_defeat(team: Team, clone: Path, tmp_path: Path) -> None:
    environ = put_before_git(tmp_path, 'case " $* " in *" push "*) $REAL "$@"; exit 1;; esac')
    commit = make_commit(clone, "one")
    assert open_at(clone, environ).swap(REF, new=commit, old="")
    assert list_refs(team.remote)[REF] == commit


def test_a_swap_takes_nothing_along_and_starts_what_git_does(team: Team, clone: Path) -> None:
    settings = {"push.followTags": "true", "remote.origin.receivepack": "false", "push.recurseSubmodules": "check"}
    for key, value in settings.items():
        run_git(clone, "config", key, value)
    commit = make_commit(clone, "one")
    run_git(clone, *IDENTITY, "tag", "-a", "-m", "x", "v1", commit)
    assert open_at(clone).swap(REF, new=commit, old="")
    assert list_refs(team.remote).keys() == {"refs/heads/main", REF}


def refuse(team: Team, script: str) -> Path:
    """Let the remote refuse pushes, and note each."""
    log = team.folder / "pushes"
    team.receive(f"echo x >> {log}\n{script}")
    return log


def fail_to_swap(folder: Path, *, old: str = "") -> LedgerUnavailable:
    with pytest.raises(LedgerUnavailable) as caught:
        open_at(folder).swap(REF, new=make_commit(folder, "one"), old=old)
    return caught.value


def test_a_refusal_is_told_at_once(team: Team, clone: Path) -> None:
    log = refuse(team, "echo 'you may not push here' >&2; exit 1")
    problem = fail_to_swap(clone)
    assert problem.message.startswith(f"{REF} cannot be stored in origin: remote: you may not push here")
    assert problem.advice == (
        "Storing the ledger takes the right to push refs/reconciler/* (in GitHub Actions: `permissions: contents: write`). "
        "Plans work without it."
    )
    assert log.read_text() == "x\n"


def test_a_swap_that_another_one_holds_up_is_tried_again(team: Team, clone: Path) -> None:
    log = refuse(team, f"echo 'cannot lock ref' >&2; [ $(wc -l < {team.folder}/pushes) -gt 2 ]")
    assert open_at(clone).swap(REF, new=make_commit(clone, "one"), old="")
    assert log.read_text() == "x\n" * 3


def test_a_swap_that_is_held_up_for_ever_is_given_up(team: Team, clone: Path) -> None:
    log, start = refuse(team, "echo 'cannot lock ref' >&2; exit 1"), time.monotonic()
    assert "cannot lock ref" in fail_to_swap(clone).message
    assert log.read_text() == "x\n" * 5
    assert time.monotonic() - start < 5


def test_a_ref_of_this_clone_that_is_locked_is_told(alone: Path) -> None:
    (alone / ".git/refs/ours").mkdir()
    (alone / ".git/refs/ours/x.lock").touch()
    assert fail_to_swap(alone).message.startswith(f"{REF} cannot be stored in the repository: fatal: ")


def test_what_mends_a_swap_is_advised(clone: Path, tmp_path: Path) -> None:
    complaint = "dubious ownership\\ngit config --global --add safe.directory /x"
    environ = put_before_git(tmp_path, f'case " $* " in *" push "*) printf "{complaint}" >&2; exit 1;; esac')
    with pytest.raises(LedgerUnavailable) as caught:
        open_at(clone, environ).swap(REF, new=make_commit(clone, "one"), old="")
    assert caught.value.advice == "`git config --global --add safe.directory /x` tells git that the folder is yours."
