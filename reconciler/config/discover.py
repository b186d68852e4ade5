"""Find the project folder and the files of it that may declare resources."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from fnmatch import translate
from functools import cache
from pathlib import Path
from typing import Final

from reconciler.config.text.reading import is_hidden

PROJECT_FILE: Final = "reconciler.yaml"
_ALMOST: Final = ("reconciler.yml", ".reconciler.yaml", ".reconciler.yml", "Reconciler.yaml")
SANDBOX_SEED: Final = "sandbox.yaml"
ENVIRONMENTS: Final = "environments"

SUFFIXES: Final = (".yaml", ".yml")


def find_project(start: Path) -> Path | None:
    """Return the nearest folder, from the given one upwards, that holds `reconciler.yaml`, with links resolved."""
    try:
        folder = start.resolve()
        return next((each for each in (folder, *folder.parents) if os.path.lexists(each / PROJECT_FILE)), None)
    except (OSError, RuntimeError, ValueError):
        return None


def find_misnamed(start: Path) -> Path | None:
    """Return a file, from a folder upwards, that was meant to be `reconciler.yaml` and is called almost so."""
    try:
        folder = start.resolve()
        places = (each / name for each in (folder, *folder.parents) for name in _ALMOST)
        return next((place for place in places if place.is_file()), None)
    except (OSError, RuntimeError, ValueError):
        return None


def find_below(start: Path) -> tuple[str, ...]:
    """Name the folders right below one that hold a project, in order, hidden ones left out."""
    try:
        found = sorted(place.parent.name for place in start.glob(f"*/{PROJECT_FILE}") if place.is_file())
    except (OSError, RuntimeError, ValueError):
        return ()
    return tuple(name for name in found if not is_hidden(name))


def list_files(root: Path, *, exclude: Sequence[str] = (), unreadable: Callable[[OSError], None]) -> list[str]:
    """List the files that may declare resources, in order, as paths relative to the project folder with `/`.

    Left out: `reconciler.yaml` itself, `sandbox.yaml`, `environments/` of the project folder, hidden files and folders,
    folders that hold a project of their own, and what `exclude` names. A link within the project is followed, and each
    file is listed once, by its own name before that of a link.
    """
    search = _Search(root, exclude, unreadable)
    search.walk(root)
    for folder in search.links:  # grows while it is read: a folder behind a link may hold more of them
        search.enter(folder)
    return sorted(search.list_once())


class _Search:
    """The search for files: plain folders first, then what links lead to."""

    def __init__(self, root: Path, exclude: Sequence[str], unreadable: Callable[[OSError], None]) -> None:
        self._root = root
        self._exclude = exclude
        self._unreadable = unreadable
        self._entered: set[Path] = set()
        self._found: list[str] = []
        self.links: list[Path] = []

    def walk(self, start: Path) -> None:
        """Note the files in a folder and below, and the links to folders."""
        for folder, folders, files in os.walk(start, onerror=self._unreadable):
            place = Path(folder)
            self._entered.add(place.resolve())
            above = place.relative_to(self._root).as_posix()
            prefix = "" if above == "." else above + "/"
            folders[:] = [name for name in sorted(folders) if _enter(prefix + name, place / name, self._exclude)]
            self.links += (place / name for name in folders if (place / name).is_symlink())
            self._found += (prefix + name for name in files if self._takes(prefix, name))

    def enter(self, link: Path) -> None:
        """Walk through a link to a folder of the project that was not entered before."""
        target = _resolve_inside(link, self._root)
        if target not in self._entered and target not in {None, self._root / ENVIRONMENTS}:
            self.walk(link)

    def list_once(self) -> Iterator[str]:
        """Yield what was found, without links to what is listed anyway; those that lead nowhere are kept, and reported."""
        known = {self._root / path for path in self._found if not (self._root / path).is_symlink()}
        known.add((self._root / PROJECT_FILE).resolve())
        for path in sorted(self._found):
            file = self._root / path
            target = _resolve_inside(file, self._root) if file.is_symlink() else None
            if target is None or target not in known:
                yield path
                known |= {target} if target else set()

    def _takes(self, prefix: str, name: str) -> bool:
        return _take(prefix, name) and not is_excluded(prefix + name, self._exclude)


def _resolve_inside(path: Path, root: Path) -> Path | None:
    """Return what a link leads to where that may be read."""
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        return None
    inside = target.is_relative_to(root) and not any(map(is_hidden, target.relative_to(root).parts))
    return target if inside else None


def list_environments(root: Path) -> list[str]:
    """List the names of the environments that have a file."""
    try:
        found = {path.stem for path in (root / ENVIRONMENTS).iterdir() if path.suffix in SUFFIXES and not path.is_dir()}
        return sorted(name for name in found if not name.startswith("."))
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
    return name.endswith(SUFFIXES) and not name.startswith(".") and not special


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
