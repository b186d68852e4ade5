"""Files of our own state are reached, and nothing that a link, a pipe or a device in their place leads to."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.ledger.state_files import (
    MAX_STATE_BYTES,
    StrayPathError,
    append_to_file,
    check_file,
    check_folder,
    check_tree,
    list_files,
    read_file,
)

Check = Callable[[Path], Path]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "project" / ".reconciler"
    (folder / "journal").mkdir(parents=True)
    return folder


def refuse(check: Callable[[Path], object], path: Path, *, because: str, of: Path | None = None) -> None:
    with pytest.raises(StrayPathError) as caught:
        check(path)
    assert str(caught.value) == f"{of or path} {because}. Remove it, and see who put it there"


@pytest.mark.parametrize("check", [check_file, check_folder])
def test_what_is_not_there_may_be_made(state: Path, check: Check) -> None:
    (state / "file").touch()
    for path in (state / "gone", state / "gone" / "deep", state / "file" / "below"):
        assert check(path) == path


def test_a_file_is_a_file_and_a_folder_a_folder(state: Path) -> None:
    file, folder, pipe = state / "file", state / "journal", state / "pipe"
    file.touch()
    os.mkfifo(pipe)
    assert check_file(file) == file
    assert check_folder(folder) == folder
    for path in (folder, pipe):
        refuse(check_file, path, because="is not a regular file")
    for path in (file, pipe):
        refuse(check_folder, path, because="is not a folder")


LINKED = "is a symbolic link; links are not followed here"


@pytest.mark.parametrize("check", [check_file, check_folder, read_file, list_files, check_tree])
@pytest.mark.parametrize("target", ["real", "gone"])
def test_no_link_is_followed_from_the_state_folder_on(
    state: Path, check: Callable[[Path], object], target: str
) -> None:
    (state / "real").mkdir()
    for link in (state / "link", state / "journal" / "link"):
        link.symlink_to(state / target)
        refuse(check, link, because=LINKED)
        refuse(check, link / "below" / "deeper", because=LINKED, of=link)
    other = state.parents[1] / "other"
    other.mkdir()
    (other / ".reconciler").symlink_to(state)
    refuse(check, other / ".reconciler" / "journal", because=LINKED, of=other / ".reconciler")


def test_where_the_project_is_is_no_matter(state: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(state.parent)
    (state / "journal" / "a").write_bytes(b"1")
    journal = tmp_path / "link" / ".reconciler" / "journal"
    assert check_folder(journal) == journal
    assert read_file(journal / "a") == b"1"


def test_outside_of_a_state_folder_only_the_last_part_counts(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "link" / "a").touch()
    assert check_file(tmp_path / "link" / "a") == tmp_path / "link" / "a"
    refuse(check_folder, tmp_path / "link", because=LINKED)


# --- reading and writing ----------------------------------------------------------------------------------------------


def test_a_file_is_read_whole(state: Path) -> None:
    (state / "a").write_bytes(bytes(range(256)) * 300)
    assert read_file(state / "a") == bytes(range(256)) * 300
    (state / "empty").touch()
    assert read_file(state / "empty") == b""
    with pytest.raises(FileNotFoundError):
        read_file(state / "gone")


def test_a_file_is_read_up_to_a_size(state: Path) -> None:
    (state / "large").touch()
    os.truncate(state / "large", MAX_STATE_BYTES)
    assert len(read_file(state / "large")) == MAX_STATE_BYTES
    os.truncate(state / "large", MAX_STATE_BYTES + 1)
    refuse(read_file, state / "large", because="is larger than 256 MiB")


def test_a_pipe_is_neither_read_nor_written(state: Path) -> None:
    os.mkfifo(state / "pipe")
    refuse(read_file, state / "pipe", because="is not a regular file")
    refuse(lambda path: append_to_file(path, mode=0o600), state / "pipe", because="is not a regular file")


def test_lines_are_added_at_the_end_of_a_file_made_for_its_owner(state: Path) -> None:
    for line in (b"one\n", b"two\n"):
        handle = append_to_file(state / "a", mode=0o600)
        os.lseek(handle, 0, os.SEEK_SET)
        os.write(handle, line)
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.read(handle, 1)
        os.close(handle)
    assert (state / "a").read_bytes() == b"one\ntwo\n"
    assert (state / "a").stat().st_mode & 0o777 == 0o600


def test_files_are_listed_by_name(state: Path) -> None:
    for name in ("c", "a", "b"):
        (state / "journal" / name).touch()
    assert list_files(state / "journal") == [state / "journal" / name for name in "abc"]
    refuse(list_files, state / "journal" / "a", because="is not a folder")


def test_a_tree_is_plain_all_the_way_down(state: Path) -> None:
    deep = state / "journal" / "deep"
    deep.mkdir()
    (deep / "a").touch()
    assert check_tree(state) == state
    refuse(check_tree, deep / "a", because="is not a folder")
    (deep / "folder").symlink_to(state)
    refuse(check_tree, state, because=LINKED, of=deep / "folder")
    (deep / "folder").unlink()
    os.mkfifo(deep / "pipe")
    refuse(check_tree, state, because="is not a regular file", of=deep / "pipe")
