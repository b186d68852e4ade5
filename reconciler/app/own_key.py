"""The key of this machine: what is signed with it was made here, by this user.

It lies in the folder where the user's programs keep their state, outside of any project, and only the user can read it.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

from reconciler.ledger.atomic import write_file
from reconciler.ledger.fingerprints import create_key, format_key, parse_key

_NAME = "key"
_OWNER_ONLY = 0o600
_MOST_BYTES = 1024


def find_own_key(environ: Mapping[str, str], *, outside: Path) -> bytes | None:
    """Return the key, made where there is none; None where there can be none, or where it would lie in a project."""
    folder = _find_folder(environ)
    try:
        if folder is None or folder.resolve().is_relative_to(outside):
            return None
        return _read(folder / _NAME) or _create(folder)
    except (OSError, RuntimeError, ValueError):
        return None


def _find_folder(environ: Mapping[str, str]) -> Path | None:
    if sys.platform == "win32":
        places = [environ.get("LOCALAPPDATA", "")]
    else:
        home = environ.get("HOME", "")
        places = [environ.get("XDG_STATE_HOME", ""), f"{home}/.local/state" if home else ""]
    return next((Path(place) / "reconciler" for place in places if Path(place).is_absolute()), None)


def _create(folder: Path) -> bytes | None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_file(folder / _NAME, content=format_key(create_key()), mode=_OWNER_ONLY)
    return _read(folder / _NAME)


def _read(path: Path) -> bytes | None:
    """Read a key that nobody else could have put there or seen."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as stream:
        return parse_key(stream.read(_MOST_BYTES)) if _is_own(os.fstat(descriptor)) else None


def _is_own(status: os.stat_result) -> bool:
    if not stat.S_ISREG(status.st_mode):
        return False
    if sys.platform == "win32":  # keeps what is in a user's folder from others itself, and knows no such bits
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
