"""How git is called: where, with which words and variables, for how long, and what is told when it fails."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.ledger.stores.git_command import Git, GitDistrust, GitFailure, prepare_git


def prepare(folder: Path, script: str, *, program: str = "/bin/sh", settings: tuple[str, ...] = ()) -> Git:
    """Return git for a folder on a machine on which it is a script."""
    path = folder / "bin" / "git"
    path.parent.mkdir()
    path.write_text(f"#!{program}\n{script}\n")
    path.chmod(0o755)
    return prepare_git(folder, environ={"PATH": f"{path.parent}:{os.environ['PATH']}", "SET": "1"}, settings=settings)


def fail(folder: Path, complaint: str, *, code: int = 1) -> GitFailure:
    (folder / "complaint").write_bytes(complaint.encode("utf-8", "surrogateescape"))
    with pytest.raises(GitFailure) as caught:
        prepare(folder, f"cat complaint >&2; exit {code}").run("push", "origin")
    return caught.value


def test_words_folder_and_variables_are_ours(tmp_path: Path) -> None:
    git = prepare(tmp_path, 'echo "$@|$PWD|$SET$MORE"; env', settings=("a=b", "c=d"))
    said = git.extend({"MORE": "2"}).run("status", "-z").splitlines()
    assert said[0] == f"--no-pager -c a=b -c c=d status -z|{tmp_path}|12"
    assert {line.partition("=")[0] for line in said[1:]} - {"PWD", "OLDPWD", "SHLVL", "_"} == {
        "GCM_INTERACTIVE", "GIT_ALLOW_PROTOCOL", "GIT_OPTIONAL_LOCKS", "GIT_PROXY_COMMAND", "GIT_TERMINAL_PROMPT",
        "LC_ALL", "MORE", "PATH", "SET", "SSH_ASKPASS_REQUIRE",
    }  # fmt: skip


def test_no_variable_leads_elsewhere_and_no_folder_of_the_path_is_where_we_are() -> None:
    asked = {"GIT_DIR": "/x", "GIT_TRACE": "1", "LC_ALL": "de_DE", "GIT_ALLOW_PROTOCOL": "https", "GIT_SSH": "ssh"}
    environ = prepare_git(Path("/"), environ={**asked, "PATH": ".:/bin::sub:/usr/bin"}, settings=()).environ
    assert environ == {
        "GCM_INTERACTIVE": "never",
        "GIT_ALLOW_PROTOCOL": "https",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_PROXY_COMMAND": "",
        "GIT_SSH": "ssh",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
        "PATH": "/bin:/usr/bin",
        "SSH_ASKPASS_REQUIRE": "never",
    }
    assert prepare_git(Path("/"), environ={}, settings=()).environ["PATH"] == os.defpath


def test_what_goes_in_and_comes_out(tmp_path: Path) -> None:
    git = prepare(tmp_path, "cat; printf '\\377'; echo warning >&2")
    assert git.run("x", text="Grüße\ud800\n") == "Grüße?\n\ufffd"
    assert git.run("x") == "\ufffd"
    assert git.run_bytes("x", content=b"\0\xfe") == b"\0\xfe\xff"
    assert git.run_bytes("x") == b"\xff"
    assert git.run_limited("x", most=1) == b"\xff"


def test_it_has_no_terminal_to_ask_on(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    git = prepare(tmp_path, "import os, sys; print(os.getsid(0) == os.getpid()); print('x', file=sys.stderr)", program=sys.executable)  # fmt: skip
    assert (git.run("x"), git.run_limited("x", most=9)) == ("True\n", b"True\n")
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def typed() -> Iterator[None]:
    """Let something stand in what this process reads from."""
    kept = os.dup(0)
    readable, writable = os.pipe()
    os.write(writable, b"yes\n")
    os.close(writable)
    os.dup2(readable, 0)
    yield
    os.dup2(kept, 0)
    os.close(kept)
    os.close(readable)


@pytest.mark.usefixtures("typed")
def test_what_was_typed_for_us_is_not_for_git(tmp_path: Path) -> None:
    git = prepare(tmp_path, 'cat; printf "$SET"')
    assert (git.run("x"), git.run_limited("x", most=9)) == ("1", b"1")


def test_what_takes_too_long_is_ended(tmp_path: Path) -> None:
    git, start = prepare(tmp_path, "exec sleep 8"), time.monotonic()
    with pytest.raises(GitFailure) as caught:
        git.run("fetch", "x", seconds=0.6)
    assert caught.value.reason == "git fetch took longer than 1 seconds"
    with pytest.raises(GitFailure, match=r"^git ls-tree failed$"):
        git.run_limited("ls-tree", "x", most=9, seconds=0.1)
    assert time.monotonic() - start < 6


def test_what_has_said_all_and_stays_is_ended(tmp_path: Path) -> None:
    git, start = prepare(tmp_path, "exec >&-; exec sleep 8"), time.monotonic()
    with pytest.raises(GitFailure, match=r"^git ls-tree failed$"):
        git.run_limited("ls-tree", "x", most=9, seconds=0.1)
    assert time.monotonic() - start < 6


def test_what_says_too_much_is_ended(tmp_path: Path) -> None:
    git, start = prepare(tmp_path, 'head -c "$2" /dev/zero; exec sleep 8'), time.monotonic()
    with pytest.raises(GitFailure) as caught:
        git.run_limited(str((2 << 20) + 1), most=2 << 20)
    assert caught.value.reason == "git 2097153 says more than 2 MiB"
    assert time.monotonic() - start < 6


def test_what_says_all_that_it_may_is_let_end_by_itself(tmp_path: Path) -> None:
    assert prepare(tmp_path, "printf 123; exec >&-; sleep 0.2").run_limited("x", most=3) == b"123"


def test_failing_is_more_than_saying_little(tmp_path: Path) -> None:
    with pytest.raises(GitFailure, match=r"^git ls-tree failed$"):
        prepare(tmp_path, "exit 3").run_limited("ls-tree", most=3)


def test_a_machine_without_git_is_told(tmp_path: Path) -> None:
    git = prepare_git(tmp_path, environ={"PATH": str(tmp_path)}, settings=())
    with pytest.raises(GitFailure) as caught:
        git.run("status")
    assert caught.value.reason == "git is not installed, or not on the PATH"
    assert caught.value.advice == "Install git, or use `ledger: files`."


def test_what_cannot_be_started_is_told(tmp_path: Path) -> None:
    git = prepare(tmp_path, "")
    with pytest.raises(GitFailure) as caught:
        git.run("show", "a\0b")
    assert caught.value.reason == f"git cannot be run in {tmp_path}: embedded null byte"
    gone = Git(tmp_path / "gone", git.environ)
    for start in (lambda: gone.run("status"), lambda: gone.run_limited("status", most=9)):
        with pytest.raises(GitFailure) as caught:
            start()
        assert caught.value.reason == f"git cannot be run in {tmp_path / 'gone'}: No such file or directory"


@pytest.mark.parametrize(
    ("complaint", "reason"),
    [
        ("", "git push failed"),
        ("\n  \n", "git push failed"),
        ("a\n b \n\nc\nd\n", "a; b; c"),
        ("hint: x\nfatal: one\nhint: y\n  error: two\nremote: three\nERROR: four\n", "fatal: one; error: two; remote: three"),
        ("x\nERROR: four\n! [rejected] main\n", "ERROR: four; ! [rejected] main"),
        ("x\nfatal: \udcff\n", "fatal: \ufffd"),
    ],
)  # fmt: skip
def test_of_a_complaint_what_tells_most_is_told(tmp_path: Path, complaint: str, reason: str) -> None:
    problem = fail(tmp_path, complaint)
    assert (problem.reason, str(problem), problem.advice) == (reason, reason, "")
    assert not isinstance(problem, GitDistrust)


MENDING = "git config --global --add safe.directory "


@pytest.mark.parametrize(
    ("complaint", "folder", "advice"),
    [
        (f"fatal: detected dubious ownership in repository at '/a b'\nCall:\n\n\t{MENDING}'/a b'\nfatal: x\n", "/a b", "'/a b'"),
        (f"fatal: unsafe repository ('/x' is owned by someone else)\n\t{MENDING}/x\n", "/x", "/x"),
        (f"fatal: unsafe repository\n\t{MENDING}/it's\n", "/it's", "'/it'\"'\"'s'"),
        ("fatal: detected dubious ownership\n", "the repository", "'*'"),
        (f"fatal: detected dubious ownership\n{MENDING}''\n", "the repository", "'*'"),
    ],
)  # fmt: skip
def test_distrust_is_told_with_what_mends_it(tmp_path: Path, complaint: str, folder: str, advice: str) -> None:
    problem = fail(tmp_path, complaint, code=128)
    assert isinstance(problem, GitDistrust)
    assert problem.reason == f"git does not trust {folder}: it belongs to another user"
    assert problem.advice == f"`{MENDING}{advice}` tells git that the folder is yours."


def test_the_variables_are_not_shown() -> None:
    """They may hold keys."""
    assert "hidden" not in repr(Git(Path("/"), {"KEY": "hidden"}))
