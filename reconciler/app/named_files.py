"""Read and write the files that a command line names, and no others.

A pull request can put a link where a job reads or writes: what is written goes where it was named, and what is read is a
regular file of bounded size.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Final

from reconciler.ledger.atomic import write_file

MOST_OCTETS: Final = 256 * 2**20
_WAITS_FOR_NOBODY: Final = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def read_named(source: Path) -> bytes:
    """Return the content of a regular file; raises OSError."""
    descriptor = os.open(source, os.O_RDONLY | _WAITS_FOR_NOBODY)
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        content = stream.read(MOST_OCTETS + 1)
    if len(content) > MOST_OCTETS:
        raise OSError(errno.EFBIG, f"it is larger than {MOST_OCTETS // 2**20} MiB")
    return content


def replace_named(target: Path, text: str, *, mode: int) -> None:
    """Write a file whole, over one that is there; raises OSError. A device or a pipe takes the text as it comes."""
    check_way(target, within=Path())
    try:
        found = target.lstat().st_mode
    except FileNotFoundError:
        found = stat.S_IFREG
    if stat.S_ISLNK(found):
        raise OSError(errno.ELOOP, "it is a symbolic link, and nothing is written through one")
    if stat.S_ISREG(found):
        write_file(target.parent.resolve() / target.name, content=text.encode(), mode=mode)
        return
    with os.fdopen(os.open(target, os.O_WRONLY | _WAITS_FOR_NOBODY), "w", encoding="utf-8") as stream:
        stream.write(text)


def create_named(target: Path, text: str, *, within: Path) -> None:
    """Create a file; raises OSError, FileExistsError where anything is there already, even a broken link."""
    check_way(target, within=within)
    with target.open("x", encoding="utf-8", newline="\n") as stream:
        stream.write(text)


def check_way(target: Path, *, within: Path) -> None:
    """Raise OSError where a path that is written as one within a folder leads out of it through a link."""
    named, folder = (Path(os.path.abspath(path)) for path in (target, within))  # noqa: PTH100 - resolve() follows links
    if not named.is_relative_to(folder):
        return
    if not target.parent.resolve().is_relative_to(within.resolve()):
        raise OSError(errno.ELOOP, "a symbolic link on its way leads elsewhere", str(target))
