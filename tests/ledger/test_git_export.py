"""The files of an earlier commit: below one folder, as they were stored, and why there are none."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler.config.text.reading import MAX_CONFIG_BYTES
from reconciler.ledger import CommitUnknown, LedgerUnavailable, export_commit, list_revisions

from .samples import import_commit, record_calls, run_git
from .team import IDENTITY

NAME = "Name a commit, a tag or a branch as git does: HEAD^1, origin/main, 1a2b3c4. What is elsewhere is fetched first."
FETCH = "Fetch more of it: in GitHub Actions `fetch-depth: 0` of actions/checkout, in GitLab CI `GIT_DEPTH: 0`."


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    folder = tmp_path / "clone"
    run_git(tmp_path, "init", "-q", "-b", "main", "clone")
    return folder


def commit(clone: Path, files: Mapping[str, bytes]) -> str:
    """Let the branch that is checked out be a first commit of files, none of which is in the work tree."""
    return import_commit(clone, "refs/heads/main", files)


def export(folder: Path, into: Path, *, environ: Mapping[str, str] = os.environ) -> Mapping[str, bytes | str]:
    """Return contents of files and targets of links by path."""
    into.mkdir()
    export_commit(folder, "main", into=into, environ=environ)
    return {
        path.relative_to(into).as_posix(): str(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in into.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def test_a_folder_is_written_as_the_commit_has_it(clone: Path, tmp_path: Path) -> None:
    files = {
        "voice/a.yaml": b"a\r\n",
        "voice/deep/er/b.md": b"\0\xff",
        "voice-2/c": b"",
        "d": b"",
        "voice/ö\t\udcff": b"o",
    }
    commit(clone, files | {".gitattributes": b"* text eol=lf\n"})
    (clone / "voice").mkdir()
    expected = {"a.yaml": b"a\r\n", "deep/er/b.md": b"\0\xff", "ö\t\ufffd": b"o"}
    assert export(clone / "voice", tmp_path / "voice") == expected
    assert export(clone, tmp_path / "all") == {name.replace("\udcff", "\ufffd"): files[name] for name in files}
    assert list((clone / "voice").iterdir()) == []


def test_programs_are_files_and_links_are_links_and_submodules_are_not_there(clone: Path, tmp_path: Path) -> None:
    rows = [("100755", "run", "#!/bin/sh"), ("120000", "deep/link", "../run")]
    rows += [("120000", f"to {length}", "x" * length) for length in (4095, 4096)]
    for mode, name, text in rows:
        (clone / "text").write_text(text)
        key = run_git(clone, "hash-object", "-w", "text")
        run_git(clone, "update-index", "--add", "--cacheinfo", f"{mode},{key},{name}")
    run_git(clone, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},part")
    run_git(clone, *IDENTITY, "commit", "-q", "-m", "x")
    assert export(clone, tmp_path / "into") == {"run": b"#!/bin/sh", "deep/link": "../run", "to 4095": "x" * 4095}


@pytest.mark.parametrize("name", ["main", "HEAD", "v1", "refs/tags/v1", "main^{/Past}", "SHORT"])
def test_a_commit_has_many_names(clone: Path, tmp_path: Path, name: str) -> None:
    full = commit(clone, {"a": b"a"})
    run_git(clone, *IDENTITY, "tag", "-a", "-m", "x", "v1")
    found = export_commit(clone, name.replace("SHORT", full[:8]), into=tmp_path / "into", environ=os.environ)
    assert found == full
    assert (tmp_path / "into/a").read_bytes() == b"a"


@pytest.mark.parametrize(
    ("revision", "message", "advice"),
    [
        ("nope", "nope names no commit of this clone", NAME),
        ("main:a", "main:a names no commit of this clone", NAME),
        ("--all", "--all names no commit of this clone", NAME),
        ("", "an empty text names no commit of this clone", NAME),
    ],
)
def test_what_names_no_commit_is_told(clone: Path, tmp_path: Path, revision: str, message: str, advice: str) -> None:
    commit(clone, {"a": b""})
    with pytest.raises(CommitUnknown) as caught:
        export_commit(clone, revision, into=tmp_path, environ=os.environ)
    assert (caught.value.message, caught.value.advice) == (message, advice)
    run_git(tmp_path, "clone", "-q", "--depth=1", clone.as_uri(), "shallow")
    with pytest.raises(CommitUnknown) as caught:
        export_commit(tmp_path / "shallow", revision, into=tmp_path, environ=os.environ)
    assert caught.value.message == f"{message}, which has only a part of the history"
    assert caught.value.advice == (NAME if revision in {"", "--all"} else FETCH)


def test_what_cannot_be_read_or_written_is_told(clone: Path, tmp_path: Path) -> None:
    commit(clone, {"a": b""})
    environ = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    with pytest.raises(LedgerUnavailable) as caught:
        export_commit(tmp_path, "main", into=tmp_path, environ=environ)
    expected = f"the commit main cannot be read here: {tmp_path} is not a git repository, nor in one"
    assert (caught.value.message, caught.value.advice) == (expected, "Run it in a clone, or use `ledger: files`.")
    (tmp_path / "into").write_text("")
    with pytest.raises(LedgerUnavailable) as caught:
        export_commit(clone, "main", into=tmp_path / "into", environ=os.environ)
    expected = "the commit main cannot be read here: File exists"
    assert (caught.value.message, caught.value.advice) == (expected, "")


def test_much_is_read_a_part_at_a_time(clone: Path, tmp_path: Path) -> None:
    large = bytes(15 << 20)
    files = {"a.yaml": large, "b.yaml": large, "c.yaml": large, "d.yaml": large, "e": b""}
    commit(clone, files)
    environ, log = record_calls(tmp_path)
    assert export(clone, tmp_path / "into", environ=environ) == files
    assert log.read_text().count("cat-file") == 2


@pytest.mark.parametrize("larger", [0, 1])
def test_a_file_of_configuration_may_be_as_large_as_is_read(clone: Path, tmp_path: Path, larger: int) -> None:
    commit(clone, {"a.yml": b"x" * (MAX_CONFIG_BYTES + larger)})
    (content,) = export(clone, tmp_path / "into").values()
    assert content == (b"\0" * (MAX_CONFIG_BYTES + 1) if larger else b"x" * MAX_CONFIG_BYTES)


def test_branches_and_tags_are_listed(clone: Path, tmp_path: Path) -> None:
    head = commit(clone, {"a": b""})
    for ref in ("refs/heads/a/b", "refs/tags/v1", "refs/remotes/origin/main", "refs/reconciler/ledger"):
        run_git(clone, "update-ref", ref, head)
    assert list_revisions(clone, environ=os.environ) == ["a/b", "main", "origin/main", "v1"]
    environ = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    assert list_revisions(tmp_path, environ=environ) == []
