"""Disk space is held in a file without a name, and given back once."""

from __future__ import annotations

import errno
import os
import resource
from pathlib import Path

import pytest

from reconciler.ledger.reserve import Allocate, Reserve

SIZE = 5 * 1024 * 1024 // 2


def list_held(folder: Path) -> list[int]:
    """List the descriptors of this process that lead to a file without a name on the disk of a folder."""
    device, held = folder.stat().st_dev, []
    for entry in Path("/dev/fd").iterdir():
        try:
            found = os.fstat(int(entry.name))
        except OSError:
            continue
        if found.st_dev == device and found.st_nlink == 0 and found.st_blocks * 512 >= SIZE:
            held.append(int(entry.name))
    return held


def fail(number: int) -> Allocate:
    def allocate(*_: int) -> None:
        raise OSError(number, os.strerror(number))

    return allocate


UNABLE = [None, *(fail(number) for number in (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP))]


@pytest.mark.parametrize("reserve", [Reserve(), *map(Reserve, UNABLE)])
def test_space_is_held_and_given_back_once(tmp_path: Path, reserve: Reserve) -> None:
    reserve.hold(tmp_path, octets=SIZE)
    assert list(tmp_path.iterdir()) == [], "a kill must leave nothing behind"
    (held,) = list_held(tmp_path)
    assert os.fstat(held).st_size == SIZE
    assert reserve.release()
    assert list_held(tmp_path) == []
    assert not reserve.release()


def test_what_the_system_takes_is_not_written_again(tmp_path: Path) -> None:
    asked: list[tuple[int, ...]] = []
    reserve = Reserve(lambda handle, start, octets: asked.append((os.fstat(handle).st_size, start, octets)))
    reserve.hold(tmp_path, octets=SIZE)
    assert asked == [(0, 0, SIZE)]
    assert list_held(tmp_path) == []
    assert reserve.release()


def test_nothing_is_held_before() -> None:
    assert not Reserve().release()


def test_space_that_is_gone_already_is_let_go(tmp_path: Path) -> None:
    reserve = Reserve()
    reserve.hold(tmp_path, octets=SIZE)
    os.close(*list_held(tmp_path))
    assert reserve.release()


@pytest.mark.parametrize("reserve", [Reserve(), Reserve(fail(errno.EFBIG))])
def test_more_than_a_disk_can_have_is_refused_with_nothing_held(tmp_path: Path, reserve: Reserve) -> None:
    """As much as no file system takes, so that this test fills none."""
    with pytest.raises(OSError, match=r"too large|No space left"):
        reserve.hold(tmp_path, octets=2**62)
    assert not reserve.release()
    assert list_held(tmp_path) == []


@pytest.mark.parametrize("room", [SIZE - 1, SIZE - SIZE // 4])
def test_zeros_that_do_not_fit_are_refused_with_nothing_held(tmp_path: Path, room: int) -> None:
    """What a process may write to a file ends just as a disk does: with less written than asked for."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        reserve = Reserve(None)
        with pytest.raises(OSError, match="No space left on device") as caught:
            reserve.hold(tmp_path, octets=SIZE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.errno == errno.ENOSPC
    assert not reserve.release()
    assert list_held(tmp_path) == []
