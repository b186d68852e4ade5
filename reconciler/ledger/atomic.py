"""Files that are whole or not there: written beside, flushed to disk, renamed over."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from reconciler.ledger.state_files import check_file, check_folder

Sync: TypeAlias = Callable[[int], None]
"""Puts what was written to a descriptor on the disk; raises OSError."""

_IGNORE = b"# What reconciler keeps of its own; the ledger of a team belongs in a git ref (`ledger: git`).\n*\n"


def write_file(path: Path, *, content: bytes, mode: int = 0o644, sync: Sync | None = os.fsync) -> None:
    """Replace a file by new content; a crash at any moment leaves the old or the new content, never a part.

    The folder must exist. Raises OSError with the file unchanged. Without `sync` the machine must not crash either: for
    what can be made anew, and is told apart when it is broken.
    """
    handle, name = tempfile.mkstemp(dir=check_folder(path.parent), prefix=f".{path.name}.", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fchmod(stream.fileno(), mode)
            if sync:
                sync(stream.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if sync:
        sync_folder(path.parent, sync=sync)


def sync_folder(folder: Path, *, sync: Sync = os.fsync) -> None:
    """Flush a folder's list of names to disk, where the system can do that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            sync(handle)
        finally:
            os.close(handle)


def make_state_folder(folder: Path) -> Path:
    """Create the folder that holds our state, with a `.gitignore` that keeps it out of commits unless edited."""
    check_folder(folder).mkdir(parents=True, exist_ok=True)
    ignore = check_file(folder / ".gitignore")
    if not ignore.exists():
        write_file(ignore, content=_IGNORE)
    return folder
