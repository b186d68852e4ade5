"""What a verdict over the files of a project rests on, so that it can be told later whether it still holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from reconciler.config.discover import ENVIRONMENTS, SUFFIXES, list_environments, list_files
from reconciler.config.text.reading import MAX_CONFIG_BYTES, FileReader, ReadError


@dataclass(frozen=True, slots=True)
class Grounds:
    """What was found and read below a project folder.

    `digests` are those of the texts of all files that were read, by name; "" for one that was another each time.
    """

    exclude: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    """The entries of `environments/`, and the names of environments that these make."""
    digests: Mapping[str, str] = field(default_factory=dict)

    def hold(self, root: Path) -> bool:
        """Tell whether everything is still there, and as it was."""
        troubles: list[OSError] = []
        listed = list_files(root, exclude=self.exclude, unreadable=troubles.append)
        if troubles or tuple(listed) != self.listed or find_environments(root) != self.environments:
            return False
        reader = FileReader(root)
        try:
            return all(self._holds(reader, file) for file in self.digests)
        except ReadError:
            return False

    def _holds(self, reader: FileReader, file: str) -> bool:
        reader.read(file, limit=MAX_CONFIG_BYTES)
        return reader.digests[file] == self.digests[file]


NO_GROUNDS: Final = Grounds()
"""Those of a verdict without files."""


def find_environments(root: Path) -> tuple[str, ...]:
    """Return all that decides which environments there are, and which file is whose."""
    try:
        entries = sorted(path.name for path in (root / ENVIRONMENTS).iterdir() if path.name.endswith(SUFFIXES))
    except OSError:
        return ()
    return (*entries, *list_environments(root))


def join_grounds(grounds: Iterable[Grounds]) -> Grounds | None:
    """Join what several readings of one project rest on; None where a file or a folder changed in between."""
    known = list(grounds)
    first = known[0]
    digests: dict[str, str] = {}
    for each in known:
        if (each.exclude, each.listed, each.environments) != (first.exclude, first.listed, first.environments):
            return None
        for file, digest in each.digests.items():
            if not digest or digests.setdefault(file, digest) != digest:
                return None
    return Grounds(first.exclude, first.listed, first.environments, digests)
