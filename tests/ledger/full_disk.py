"""A real disk of two megabytes that fills up, which only who may mount can make: in a container, or as root."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

CAPACITY = 2 * 1024 * 1024


@contextlib.contextmanager
def mount_small_disk(disk: Path) -> Iterator[Path]:
    """Mount an empty disk at a new folder."""
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={CAPACITY}", "none", str(disk)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no disk can be mounted here: run it as root or in a container")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def fill(disk: Path, *, leave: int = 0) -> None:
    """Fill a disk to its last octet, or nearly."""
    handle = os.open(disk / "filling", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for size in (4096, 1):
        with contextlib.suppress(OSError):
            while os.write(handle, bytes(size)):
                pass
    os.ftruncate(handle, os.fstat(handle).st_size - leave)
    os.close(handle)


def free(disk: Path) -> None:
    (disk / "filling").unlink()
