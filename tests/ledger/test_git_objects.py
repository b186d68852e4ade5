"""What commits hold: stored on a parent, read back to the octet, and signed with whatever name there is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler.ledger import LedgerUnavailable, parse_time
from reconciler.ledger.stores.git_command import GitFailure
from reconciler.ledger.stores.git_objects import Objects, Signature, attempt, miss_object, split_batch
from reconciler.ledger.stores.git_open import open_repository

from .samples import Clock, run_git
from .team import IDENTITY

NOW = Clock()()
LOST = "Fetch all of it: `git fetch --refetch`, or clone it anew."


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    run_git(tmp_path, "init", "-q")
    return Objects(open_repository(tmp_path, environ=os.environ).git)


def store(
    objects: Objects, changes: Mapping[str, bytes | None], *, parent: str = "", message: str = "x", author: str = "A"
) -> str:
    return objects.create_commit(changes, parent=parent, message=message, signature=Signature(author, NOW))


def test_what_is_stored_is_read_below_a_folder(objects: Objects) -> None:
    commit = store(
        objects, {"a/x": b"1\n2", "a/deep/y": b"\0\xff\n", "a-b/z": b"", "-l": b"o", "top": b"", 'a/"ö\n\t': b"q"}
    )
    assert objects.read_files(commit, folder="a/") == {'"ö\n\t': b"q", "x": b"1\n2"}
    assert objects.read_files(commit, folder="a/deep/") == {"y": b"\0\xff\n"}
    assert objects.read_files(commit, folder="a/x") == {"": b"1\n2"}
    assert objects.read_files(commit, folder="-l") == {"": b"o"}
    assert objects.read_files(commit, folder="b/") == {}
    assert objects.read_files("", folder="a/") == {}
    assert objects.read_some(commit, folder="a/", names=["x", "deep/y"]) == {"x": b"1\n2", "deep/y": b"\0\xff\n"}
    assert objects.read_some(commit, folder="a/", names=[]) == {}


def test_sizes_are_of_files_right_in_a_folder(objects: Objects, tmp_path: Path) -> None:
    commit = store(objects, {"a/x": b"123", "a/deep/y": b"", "a/zz": bytes(5000)})
    run_git(tmp_path, "read-tree", commit)
    run_git(tmp_path, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},a/part")
    run_git(tmp_path, *IDENTITY, "commit", "-q", "-m", "x")
    assert objects.list_sizes("HEAD", folder="a/") == {"x": 3, "zz": 5000}
    assert objects.read_files("HEAD", folder="a/").keys() == {"x", "zz"}
    assert objects.list_sizes("", folder="a/") == {}


def test_a_commit_changes_files_of_its_parent_and_nothing_of_the_users(objects: Objects, tmp_path: Path) -> None:
    (tmp_path / "staged").write_text("staged")
    run_git(tmp_path, "add", "staged")
    index = (tmp_path / ".git/index").read_bytes()
    first = store(objects, {"a/kept": b"1", "a/gone": b"2", "a/changed": b"3"})
    second = store(objects, {"a/gone": None, "a/changed": b"4", "a/new": b"5"}, parent=first)
    assert objects.read_files(second, folder="a/") == {"kept": b"1", "changed": b"4", "new": b"5"}
    third = store(objects, {}, parent=second, message="three")
    assert [objects.read_parents(commit) for commit in (first, second, third)] == [[], [first], [second]]
    assert objects.read_message(third)[0] == "three\n"
    assert run_git(tmp_path, "ls-tree", "-r", second).startswith("100644 blob ")
    assert (tmp_path / ".git/index").read_bytes() == index
    assert run_git(tmp_path, "for-each-ref") == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == [".git", "staged"]


def test_a_message_is_kept_with_its_time_whatever_the_users_encoding(objects: Objects, tmp_path: Path) -> None:
    for key in ("i18n.commitEncoding", "i18n.logOutputEncoding"):
        run_git(tmp_path, "config", key, "ISO-8859-1")
    message, when = objects.read_message(store(objects, {}, message="Grüße ☎\n\n{}\n"))
    assert message == "Grüße ☎\n\n{}\n\n"
    assert parse_time(when) == NOW


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("Jürgen O'Neil", "Jürgen O'Neil"),
        ("a\nb\x1b[31mc", "ab[31mc"),
        ("<a> b", "a b"),
        *((crud * 2, "reconciler") for crud in ("", " ", ".", ",", ":", ";", "<", ">", '"', "'", "\\", "\n")),
    ],
)
def test_a_commit_is_by_its_author_and_made_by_us(objects: Objects, tmp_path: Path, author: str, name: str) -> None:
    commit, when = store(objects, {}, author=author), int(NOW.timestamp())
    shown = run_git(tmp_path, "show", "-s", "--format=%an|%ae|%at|%cn|%ce|%ct", commit)
    assert shown == f"{name}|reconciler@localhost|{when}|reconciler|reconciler@localhost|{when}"


def test_what_is_checked_out_is_told(objects: Objects, tmp_path: Path) -> None:
    with pytest.raises(LedgerUnavailable) as caught:
        objects.read_head()
    assert caught.value.message == "the ledger in git cannot be reached: fatal: Needed a single revision"
    expected = "Check the network and the access to the repository. Plans work without it, apply does not."
    assert caught.value.advice == expected
    commit = store(objects, {})
    run_git(tmp_path, "update-ref", "HEAD", commit)
    assert objects.read_head() == commit


def test_an_object_that_is_not_here_is_named(objects: Objects, tmp_path: Path) -> None:
    commit = store(objects, {"a/x": b"gone"})
    blob = run_git(tmp_path, "rev-parse", f"{commit}:a/x")
    (tmp_path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(LedgerUnavailable) as caught:
        objects.read_files(commit, folder="a/")
    assert caught.value.message == f"the ledger in git cannot be reached: the object {blob} is not in this clone"
    assert caught.value.advice == LOST


def test_an_answer_is_taken_apart() -> None:
    assert split_batch(b"") == []
    assert split_batch(b"a1 blob 3\n1\n2\nb2 blob 0\n\nc3 blob 7\nmissing\n") == [b"1\n2", b"", b"missing"]
    with pytest.raises(GitFailure) as caught:
        split_batch(b"a1 blob 1\nx\nb2:a b missing\n")
    assert caught.value.reason == "the object b2:a b is not in this clone"
    assert (str(miss_object("c")), miss_object("c").advice) == ("the object c is not in this clone", LOST)


def test_what_git_does_is_returned() -> None:
    assert attempt(lambda: 7) == 7
