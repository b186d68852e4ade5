"""Say where a file lies that was looked for in the wrong place: paths start at the project folder, and not at the YAML file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Final

from reconciler.config.suggest import find_nearest, list_names
from reconciler.config.text.reading import ReadError, is_hidden

_MOST_FILES: Final = 20_000
"""How many files are looked at, once for a project: a help must not cost more than what it helps with."""
_ELSEWHERE: Final = frozenset({"file-not-found", "file-outside"})


class Nearby:
    """The files of a project by their names."""

    __slots__ = ("__dict__", "_root")

    def __init__(self, root: Path) -> None:
        self._root = root

    def advise(self, path: str, error: ReadError) -> str:
        """Return what to do about a file that could not be read under a path."""
        if error.code not in _ELSEWHERE:
            return error.advice
        wanted = PurePosixPath(path.replace("\\", "/"))
        found = self._find(wanted)
        if len(found) == 1:
            return f"Paths start at the project folder: write ${{file:{found[0]}}}."
        if found:
            return f"Paths start at the project folder. Files of that name: {list_names(found)}."
        similar = self._find(wanted.with_name(self._find_similar(wanted))) if wanted.name else []
        return f"Did you mean ${{file:{similar[0]}}}? {error.advice}" if similar else error.advice

    def _find(self, wanted: PurePosixPath) -> list[str]:
        """List the files of a name, those with most of the path in common."""
        plain = [each for each in self._by_name.get(wanted.name, []) if not (self._root / each).is_symlink()]
        counts = {each: _count_shared(PurePosixPath(each).parts, wanted.parts) for each in plain}
        best = max(counts.values(), default=0)
        return [each for each, count in counts.items() if count == best]

    def _find_similar(self, wanted: PurePosixPath) -> str:
        """Return the most similar name that ends alike; the wanted one where none is."""
        stems = {PurePosixPath(name).stem: name for name in self._by_name if name.endswith(wanted.suffix)}
        return stems.get(find_nearest(wanted.stem, stems) or "", wanted.name)

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        named: dict[str, list[str]] = {}
        for path in self._walk():
            named.setdefault(path.name, []).append(path.relative_to(self._root).as_posix())
        return {name: sorted(paths) for name, paths in named.items()}

    def _walk(self) -> Iterator[Path]:
        count = 0
        for folder, folders, files in os.walk(self._root):
            folders[:] = sorted(name for name in folders if not is_hidden(name))
            for name in sorted(files):
                count += 1
                if count > _MOST_FILES:
                    return
                if not is_hidden(name):
                    yield Path(folder) / name


def _count_shared(parts: tuple[str, ...], wanted: tuple[str, ...]) -> int:
    """Count how many names from the end on two paths have in common."""
    count = 0
    for one, other in zip(reversed(parts), reversed(wanted), strict=False):
        if one != other:
            break
        count += 1
    return count
