"""Which repository a folder belongs to, who may say so, and which settings it is worked with."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.ledger.stores.git_command import GitDistrust, GitFailure
from reconciler.ledger.stores.git_open import open_repository, read_user_setting

from .samples import run_git

ENVIRON = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}


def make(folder: Path, *options: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    run_git(folder, "init", "-q", *options)
    return folder


def track(top: Path, name: str) -> None:
    """Let a repository track a file."""
    (top / name).parent.mkdir(parents=True, exist_ok=True)
    (top / name).write_text("x")
    run_git(top, "add", "--", f":(literal){name}")


def find_top(folder: Path) -> str:
    return open_repository(folder, environ=ENVIRON).place.top.name


def test_a_repository_is_opened_at_its_top_with_its_settings(tmp_path: Path) -> None:
    top = make(tmp_path / "top")
    track(top, "deep/file")
    run_git(top, "config", "user.name", "Jürgen")
    opened = open_repository(top / "deep", environ=ENVIRON)
    assert (opened.place.top, opened.place.git_dir, opened.git.folder) == (top, top / ".git", top)
    assert opened.git.run("ls-files") == "deep/file\n"
    assert opened.find_setting("user.name") == "Jürgen"
    assert opened.find_setting("user.email") == ""


def test_a_folder_without_a_repository_is_told(tmp_path: Path) -> None:
    environ = {**ENVIRON, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    with pytest.raises(GitFailure) as caught:
        open_repository(tmp_path, environ=environ)
    assert caught.value.reason == f"{tmp_path} is not a git repository, nor in one"
    assert caught.value.advice == "Run it in a clone, or use `ledger: files`."


def test_its_own_settings_start_nothing_and_ours_hold(tmp_path: Path) -> None:
    run_git(make(tmp_path), "config", "core.sshCommand", "evil")
    run_git(tmp_path, "config", "core.hooksPath", "evil")
    git = open_repository(tmp_path, environ=ENVIRON).git
    assert git.run("config", "core.sshCommand") == "ssh\n"
    assert git.run("config", "core.hooksPath") == "/dev/null\n"


@pytest.mark.parametrize(
    ("key", "value", "reason", "advice"),
    [
        ("include.path", "../file", "git would take settings from TOP/file, a file", "git config --edit"),
        ("filter.a=b.clean", "evil", "git's setting filter.a=b.clean has a name", "Remove it from"),
        ("remote.x.uploadpack", "evil", "setting remote.x.uploadpack names a program", "git config --unset"),
    ],
)
def test_settings_that_lead_astray_are_refused(tmp_path: Path, key: str, value: str, reason: str, advice: str) -> None:
    (make(tmp_path) / "file").write_text("[a]\nb = c\n")
    run_git(tmp_path, "config", "remote.x.promisor", "true")
    run_git(tmp_path, "config", key, value)
    with pytest.raises(GitFailure) as caught:
        open_repository(tmp_path, environ=ENVIRON)
    assert reason.replace("TOP", str(tmp_path)) in caught.value.reason
    assert advice in caught.value.advice


def test_what_came_with_tracked_files_is_passed_over_and_a_clone_is_not(tmp_path: Path) -> None:
    top = make(tmp_path / "top")
    tracked, clones = ["voice", "vöice us"], ["other", "[v]oice", "voice-"]
    for name in ("a", *tracked, "voice-2"):
        track(top, f"{name}/file")
    for name in (*tracked, *clones):
        make(top / name)
    assert [find_top(top / name) for name in tracked] == ["top", "top"]
    assert [find_top(top / name) for name in clones] == clones


def test_what_any_repository_above_tracks_is_passed_over(tmp_path: Path) -> None:
    top = make(tmp_path / "top")
    track(top, "a/b/file")
    for name in ("a", "a/b"):
        make(top / name)
    assert find_top(top / "a/b") == "top"


def test_a_submodule_is_a_repository_of_its_own(tmp_path: Path) -> None:
    top = make(tmp_path / "top")
    run_git(top, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},part")
    assert find_top(make(top / "part")) == "part"


def test_a_repository_above_that_cannot_be_opened_tracks_nothing(tmp_path: Path) -> None:
    top = make(tmp_path / "top")
    track(top, "voice/file")
    make(top / "voice")
    run_git(top, "config", "include.path", "../voice/file")
    assert find_top(top / "voice") == "voice"


def test_a_repository_of_somebody_else_is_not_trusted(tmp_path: Path) -> None:
    with pytest.raises(GitDistrust):
        open_repository(make(tmp_path), environ={**ENVIRON, "GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"})


def test_git_is_not_led_above_a_repository_that_it_does_not_take_for_one(tmp_path: Path) -> None:
    make(tmp_path / "top")
    (make(tmp_path / "top/inner") / ".git/HEAD").write_text("no name of a commit\n")
    with pytest.raises(GitFailure, match="not a git repository"):
        open_repository(tmp_path / "top/inner", environ=ENVIRON)


def test_git_and_we_must_find_the_same(tmp_path: Path) -> None:
    """Git takes the blank at the end of a pointer for a part of the name."""
    top = tmp_path / "top"
    top.mkdir()
    for name in ("real", "real "):
        make(tmp_path / "trees" / name, "--separate-git-dir", str(tmp_path / name))
    (top / ".git").write_text(f"gitdir: {tmp_path / 'real'} \n")
    with pytest.raises(GitFailure) as caught:
        open_repository(top, environ=ENVIRON)
    real = tmp_path / "real"
    assert caught.value.reason == f"git takes {real}  for the repository of {top}, and not {real}"
    assert caught.value.advice == "Remove what looks like a git repository from the work tree."


def test_a_folder_whose_name_is_no_text_is_refused(tmp_path: Path) -> None:
    """Whether settings come from below it cannot be told."""
    top = make(tmp_path / os.fsdecode(b"odd\xff"))
    with pytest.raises(GitFailure, match="and not"):
        open_repository(top, environ=ENVIRON)


def test_the_user_says_things_too_but_not_the_repository(tmp_path: Path) -> None:
    run_git(make(tmp_path), "config", "user.email", "evil")
    config = tmp_path / "config"
    config.write_text('[user]\nname = " Jürgen "\n')
    environ = {**ENVIRON, "GIT_CONFIG_GLOBAL": str(config)}
    assert read_user_setting("user.name", folder=tmp_path, environ=environ) == "Jürgen"
    assert read_user_setting("user.email", folder=tmp_path, environ=environ) == ""
