"""A file is whole or not there, and on the disk before its name is."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.ledger.atomic import make_state_folder, sync_folder, write_file
from reconciler.ledger.state_files import StrayPathError


@pytest.fixture(params=[0o000, 0o077])
def mask(request: pytest.FixtureRequest) -> Iterator[int]:
    """What the system takes from the rights of new files."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def count_open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


@pytest.mark.usefixtures("mask")
def test_a_file_has_the_rights_that_were_asked_for(tmp_path: Path) -> None:
    for mode in (0o644, 0o600):
        write_file(tmp_path / "a", content=b"new", mode=mode)
        assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == mode
    write_file(tmp_path / "b", content=b"")
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o644
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"new", "b": b""}


def test_a_file_is_on_the_disk_before_its_name_and_the_name_before_it_counts(tmp_path: Path) -> None:
    path, steps = tmp_path / "a", list[str]()
    path.write_bytes(b"old")

    def sync(handle: int) -> None:
        found = os.fstat(handle)
        if stat.S_ISDIR(found.st_mode):
            assert (found.st_ino, path.read_bytes()) == (tmp_path.stat().st_ino, b"new")
            steps.append("folder")
        else:
            (beside,) = set(tmp_path.iterdir()) - {path}
            assert beside.name.startswith(".a.")
            assert beside.name.endswith(".tmp")
            assert (found.st_ino, beside.read_bytes(), path.read_bytes()) == (beside.stat().st_ino, b"new", b"old")
            assert stat.S_IMODE(found.st_mode) == 0o600
            steps.append("file")

    before = count_open_files()
    write_file(path, content=b"new", mode=0o600, sync=sync)
    assert steps == ["file", "folder"]
    assert count_open_files() == before


def test_what_can_be_made_anew_need_not_be_on_the_disk(tmp_path: Path) -> None:
    write_file(tmp_path / "a", content=b"new", sync=None)
    assert (tmp_path / "a").read_bytes() == b"new"


@pytest.mark.parametrize("problem", [OSError(errno.EIO, "Input/output error"), KeyboardInterrupt()])
def test_a_file_that_could_not_be_replaced_is_as_it_was(tmp_path: Path, problem: BaseException) -> None:
    (tmp_path / "a").write_bytes(b"old")

    def fail(_: int) -> None:
        raise problem

    with pytest.raises(type(problem)):
        write_file(tmp_path / "a", content=b"new", sync=fail)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"old"}
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        write_file(tmp_path / "folder", content=b"new")
    assert {path.name for path in tmp_path.iterdir()} == {"a", "folder"}


def test_a_temporary_file_that_somebody_took_away_hides_no_failure(tmp_path: Path) -> None:
    def take_away(_: int) -> None:
        for path in tmp_path.iterdir():
            path.unlink()
        raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(OSError, match="Input/output error"):
        write_file(tmp_path / "a", content=b"new", sync=take_away)


def test_a_folder_that_cannot_be_flushed_is_let_be(tmp_path: Path) -> None:
    def fail(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")

    before = count_open_files()
    write_file(tmp_path / "a", content=b"new", sync=fail)
    assert (tmp_path / "a").read_bytes() == b"new"
    sync_folder(tmp_path)
    sync_folder(tmp_path / "gone")
    assert count_open_files() == before


def test_nothing_is_written_where_a_link_leads(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(StrayPathError):
        write_file(tmp_path / "link" / "a", content=b"new")
    assert list((tmp_path / "real").iterdir()) == []


def test_the_state_folder_stays_out_of_commits_unless_somebody_decides_otherwise(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / ".reconciler"
    assert make_state_folder(folder) == folder
    ignore = folder / ".gitignore"
    assert ignore.read_bytes() == (
        b"# What reconciler keeps of its own; the ledger of a team belongs in a git ref (`ledger: git`).\n*\n"
    )
    ignore.write_bytes(b"journal/\n")
    assert make_state_folder(folder) == folder
    assert ignore.read_bytes() == b"journal/\n"


@pytest.mark.parametrize("name", [".reconciler", ".reconciler/.gitignore"])
def test_a_link_in_place_of_the_state_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "real").mkdir()
    place = tmp_path / name
    place.parent.mkdir(exist_ok=True)
    place.symlink_to(tmp_path / "real" / "gone" if name.endswith("ignore") else tmp_path / "real")
    with pytest.raises(StrayPathError):
        make_state_folder(tmp_path / ".reconciler")
    assert list((tmp_path / "real").iterdir()) == []
