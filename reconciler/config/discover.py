"""Find the project folder and the files of it that may declare resources."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from fnmatch import translate
from functools import cache
from pathlib import Path
from typing import Final

PROJECT_FILE: Final = "reconciler.yaml"
SANDBOX_SEED: Final = "sandbox.yaml"
ENVIRONMENTS: Final = "environments"

_SUFFIXES: Final = (".yaml", ".yml")


def find_project(start: Path) -> Path | None:
    """Return the nearest folder, from the given one upwards, that holds `reconciler.yaml`, with links resolved."""
    try:
        folder = start.resolve()
        return next((each for each in (folder, *folder.parents) if os.path.lexists(each / PROJECT_FILE)), None)
    except (OSError, RuntimeError, ValueError):
        return None


def list_files(root: Path, *, exclude: Sequence[str] = (), unreadable: Callable[[OSError], None]) -> list[str]:
    """List the files that may declare resources, in order, as paths relative to the project folder with `/`.

    Left out: `reconciler.yaml` itself, `sandbox.yaml`, `environments/` of the project folder, hidden files and folders,
    folders that hold a project of their own, and what `exclude` names. Links to folders are not followed.
    """
    found: list[str] = []
    for folder, folders, files in os.walk(root, onerror=unreadable):
        above = Path(folder).relative_to(root).as_posix()
        prefix = "" if above == "." else above + "/"
        folders[:] = [name for name in folders if _enter(prefix + name, Path(folder) / name, exclude)]
        found += (prefix + name for name in files if _take(prefix, name) and not is_excluded(prefix + name, exclude))
    return sorted(found)


def list_environments(root: Path) -> list[str]:
    """List the names of the environments that have a file."""
    try:
        return sorted({path.stem for path in (root / ENVIRONMENTS).iterdir() if path.suffix in _SUFFIXES})
    except OSError:
        return []


def is_excluded(path: str, exclude: Sequence[str]) -> bool:
    """Tell whether a glob names a path or a folder above it.

    A glob without `/` fits a name at any depth; otherwise it starts at the project folder, `*` stays within one name
    and `**` spans any number of folders.
    """
    parts = tuple(path.split("/"))
    return any(_fits(parts[:end], glob) for glob in exclude for end in range(1, len(parts) + 1))


def _enter(path: str, folder: Path, exclude: Sequence[str]) -> bool:
    hidden = folder.name.startswith(".") or path == ENVIRONMENTS
    return not (hidden or is_excluded(path, exclude) or os.path.lexists(folder / PROJECT_FILE))


def _take(prefix: str, name: str) -> bool:
    special = name == SANDBOX_SEED or (not prefix and name == PROJECT_FILE)
    return name.endswith(_SUFFIXES) and not name.startswith(".") and not special


def _fits(parts: tuple[str, ...], glob: str) -> bool:
    pattern = glob.removeprefix("./").rstrip("/")
    names = tuple(_merge_spans(pattern.removeprefix("/").split("/")))
    if "/" not in pattern:
        return _compile_name(pattern).match(parts[-1]) is not None
    return _fits_names(parts, names)


def _merge_spans(names: Sequence[str]) -> Iterator[str]:
    """Reduce neighbouring `**` to one: they mean the same and would cost time."""
    before = ""
    for name in names:
        if name != "**" or before != "**":
            yield name
        before = name


@cache
def _fits_names(parts: tuple[str, ...], names: tuple[str, ...]) -> bool:
    if not names:
        return not parts
    if names[0] == "**":
        return _fits_names(parts, names[1:]) or (bool(parts) and _fits_names(parts[1:], names))
    return bool(parts) and _compile_name(names[0]).match(parts[0]) is not None and _fits_names(parts[1:], names[1:])


@cache
def _compile_name(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern))
