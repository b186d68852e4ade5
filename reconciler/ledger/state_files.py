"""Reach the files of our own state, and nothing that a link, a pipe or a device in their place leads to.

`.reconciler` can be committed like any other folder: what a pull request put there must not let us read, write or remove
anything elsewhere. So no part of a path from `.reconciler` on may be a symbolic link, and a file is a regular file.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

STATE_FOLDER: Final = ".reconciler"
"""Where a project keeps what is its own, below the project folder."""

MAX_STATE_BYTES: Final = 256 * 1024 * 1024

_FLAGS: Final = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class StrayPathError(OSError):
    """Something else stands where a file or a folder of our state should."""


def check_file(path: Path) -> Path:
    """Return the path of a file that may be there; raise StrayPathError where it leads away or is no regular file."""
    return _check(path, stat.S_ISREG, "a regular file")


def check_folder(path: Path) -> Path:
    """Return the path of a folder that may be there; raise StrayPathError where it leads away or is no folder."""
    return _check(path, stat.S_ISDIR, "a folder")


def read_file(path: Path) -> bytes:
    """Return the content of a file; raises OSError."""
    with os.fdopen(os.open(check_file(path), os.O_RDONLY | _FLAGS), "rb") as stream:
        if os.fstat(stream.fileno()).st_size > MAX_STATE_BYTES:
            raise StrayPathError(_describe(path, f"is larger than {MAX_STATE_BYTES // 1024**2} MiB"))
        return stream.read()


def append_to_file(path: Path, *, mode: int) -> int:
    """Return a descriptor that writes at the end of a file, made where it is missing; raises OSError."""
    return os.open(check_file(path), os.O_WRONLY | os.O_APPEND | os.O_CREAT | _FLAGS, mode)


def list_files(folder: Path) -> list[Path]:
    """List what is right in a folder; raises OSError."""
    return sorted(check_folder(folder).iterdir())


def check_tree(folder: Path) -> Path:
    """Return the path of a folder where it and everything below it are plain; raise StrayPathError."""
    check_folder(folder)
    for above, folders, files in os.walk(folder):
        for name in folders:
            check_folder(Path(above, name))
        for name in files:
            check_file(Path(above, name))
    return folder


def _check(path: Path, is_right: Callable[[int], bool], noun: str) -> Path:
    for part in _list_own_parts(path):
        if part.is_symlink():
            raise StrayPathError(_describe(part, "is a symbolic link; links are not followed here"))
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return path
    if not is_right(mode):
        raise StrayPathError(_describe(path, f"is not {noun}"))
    return path


def _list_own_parts(path: Path) -> Iterator[Path]:
    """Yield a path and the folders above it, up to the one that holds all our state."""
    parts = [path, *path.parents]
    names = [part.name for part in parts]
    last = names.index(STATE_FOLDER) if STATE_FOLDER in names else 0
    yield from parts[: last + 1]


def _describe(path: Path, what: str) -> str:
    return f"{path} {what}. Remove it, and see who put it there"
