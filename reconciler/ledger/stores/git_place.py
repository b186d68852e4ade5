"""Find the git repository that a folder lies in, without asking git.

Git itself takes any folder that looks like a repository for one: `HEAD`, `objects/`, `refs/` and a `config` that names
programs can be committed. Here only what is called `.git` counts, a name that git never checks out, and it must not
lead to a folder of the work tree.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote

_POINTER: Final = b"gitdir:"
_LONGEST_POINTER: Final = 4096 + len(_POINTER)


@dataclass(frozen=True, slots=True)
class Place:
    """A work tree and the folder that holds its repository, both with links resolved."""

    top: Path
    git_dir: Path

    @property
    def shared_dir(self) -> Path:
        """Return the folder that all work trees of the repository share: its configuration lies there."""
        try:
            text = (self.git_dir / "commondir").read_text(encoding="utf-8").rstrip("\n")
            return (self.git_dir / text).resolve()
        except (OSError, ValueError):
            return self.git_dir

    def find_prefix(self, folder: Path) -> str:
        """Name a folder of the work tree with a `/` behind it, "" for the top."""
        return "".join(f"{part}/" for part in folder.resolve().relative_to(self.top).parts)


def find_places(folder: Path, *, environ: Mapping[str, str]) -> tuple[Place, ...]:
    """List the repositories at a folder and above, the nearest first; GIT_CEILING_DIRECTORIES ends the search."""
    found = tuple(filter(None, map(_read_place, _climb(folder.resolve(), environ))))
    return tuple(place for place in found if not _leads_into_tree(place, found))


def lies_in_tree(url: str, *, place: Place) -> bool:
    """Tell whether a remote's address is a folder of the work tree."""
    is_file = url.startswith("file://")
    if not is_file and ":" in url.partition("/")[0]:  # https://..., user@host:path, ext::command
        return False
    return Path(place.top, unquote(url.removeprefix("file://")) if is_file else url).resolve().is_relative_to(place.top)


def _climb(folder: Path, environ: Mapping[str, str]) -> Iterator[Path]:
    ceilings = {Path(name).resolve() for name in environ.get("GIT_CEILING_DIRECTORIES", "").split(os.pathsep) if name}
    yield folder
    for each in folder.parents:
        if each in ceilings:
            return
        yield each


def _read_place(top: Path) -> Place | None:
    entry = top / ".git"
    try:
        mode = entry.stat().st_mode
        target = entry if stat.S_ISDIR(mode) else _follow(entry) if stat.S_ISREG(mode) else None
        git_dir = target.resolve() if target else None
    except (OSError, RuntimeError, ValueError):
        return None
    return Place(top, git_dir) if git_dir and _is_repository(git_dir) else None


def _follow(entry: Path) -> Path | None:
    """Return the folder that a `.git` file points to, as in a linked work tree or a submodule."""
    with entry.open("rb") as stream:
        text = stream.read(_LONGEST_POINTER)
    if not text.startswith(_POINTER):
        return None
    return entry.parent / os.fsdecode(text.removeprefix(_POINTER).strip(b" \r\n"))


def _is_repository(folder: Path) -> bool:
    shared = os.path.lexists(folder / "commondir")
    return os.path.lexists(folder / "HEAD") and (shared or (folder / "objects").is_dir())


def _leads_into_tree(place: Place, found: tuple[Place, ...]) -> bool:
    """Tell whether a `.git` points at a folder that may have come with the files of a work tree."""
    tops = [other.top for other in found if place.git_dir.is_relative_to(other.top)]
    return any(".git" not in place.git_dir.relative_to(top).parts for top in tops)
