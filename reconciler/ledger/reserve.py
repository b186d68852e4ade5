"""Disk space held back for what a run must still write when the disk has filled up meanwhile."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
"""What the system says where a disk, or somebody's share of it, is full."""

Allocate: TypeAlias = Callable[[int, int, int], None]
"""Takes the space of a file: its descriptor, where to begin, how many octets; raises OSError."""

_SYSTEM: Final[Allocate | None] = getattr(os, "posix_fallocate", None)
_UNABLE: Final = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})
_CHUNK: Final = 1024 * 1024


class Reserve:
    """Hold space in a file without a name, so that the system gives it back however the run ends.

    `allocate` is what the system has for that; where it has nothing, as macOS, or not for this disk, zeros are written.
    """

    def __init__(self, allocate: Allocate | None = _SYSTEM) -> None:
        self._allocate = allocate
        self._handle: int | None = None

    def hold(self, folder: Path, *, octets: int) -> None:
        """Take space on the disk of a folder; raise OSError where there is not as much, with nothing taken."""
        with tempfile.TemporaryFile(dir=folder) as stream:
            self._take(stream.fileno(), octets)
            self._handle = os.dup(stream.fileno())

    def release(self) -> bool:
        """Give the space back; tell whether there was any."""
        if self._handle is None:
            return False
        with contextlib.suppress(OSError):
            os.close(self._handle)
        self._handle = None
        return True

    def _take(self, handle: int, octets: int) -> None:
        """Ask the system, and write zeros where it cannot."""
        try:
            if self._allocate is not None:
                return self._allocate(handle, 0, octets)
        except OSError as problem:
            if problem.errno not in _UNABLE:
                raise
        return _write_zeros(handle, octets)


def _write_zeros(handle: int, octets: int) -> None:
    for start in range(0, octets, _CHUNK):
        chunk = bytes(min(_CHUNK, octets - start))
        if os.write(handle, chunk) < len(chunk):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
