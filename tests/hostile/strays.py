"""What a pull request may put in the place of our own files: links, pipes, devices, each with what it is after."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

STATE = ".reconciler"
FOLDERS = (
    STATE,
    f"{STATE}/ledger",
    f"{STATE}/journal",
    f"{STATE}/validated",
    f"{STATE}/sandbox",
    f"{STATE}/sandbox/ledger",
    f"{STATE}/sandbox/journal",
)
FILES = (
    f"{STATE}/.gitignore",
    f"{STATE}/.guard",
    f"{STATE}/lock.json",
    f"{STATE}/ledger.key",
    f"{STATE}/ledger/phone_connections.json",
    f"{STATE}/journal/20261121-080000-000000.jsonl",
    f"{STATE}/sandbox/state.sqlite",
    f"{STATE}/sandbox/state.sqlite-journal",
    f"{STATE}/sandbox/lock.json",
    "sandbox.yaml",
    "environments/prod.yaml",
    "prompts/front.md",
    "more.yaml",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stray:
    """Something at a path of the project that leads elsewhere."""

    path: str
    make: Callable[[Path, Path], None]

    def __str__(self) -> str:
        return f"{self.path} {self.make.__name__}"

    def plant(self, project: Path, outside: Path) -> None:
        """Put it there; `outside` is a folder with a secret in it."""
        place = project / self.path
        place.parent.mkdir(parents=True, exist_ok=True)
        self.make(place, outside)


def link_to_folder(place: Path, outside: Path) -> None:
    place.symlink_to(outside)


def link_to_file(place: Path, outside: Path) -> None:
    place.symlink_to(outside / "secret.txt")


def link_to_nothing(place: Path, outside: Path) -> None:
    place.symlink_to(outside / "new")


def link_to_zero(place: Path, _outside: Path) -> None:
    place.symlink_to("/dev/zero")


def pipe(place: Path, _outside: Path) -> None:
    os.mkfifo(place)


WRITTEN = tuple(path for path in FILES if path.startswith(STATE) and not path.endswith(("jsonl", "gitignore")))
READ = tuple(path for path in FILES if path not in WRITTEN)
STRAYS = (
    *(Stray(path, make) for path in FOLDERS for make in (link_to_folder, pipe)),
    *(Stray(path, make) for path in (STATE, f"{STATE}/sandbox") for make in (link_to_nothing,)),
    *(Stray(path, make) for path in WRITTEN for make in (link_to_file, link_to_nothing, pipe)),
    *(Stray(path, make) for path in READ for make in (link_to_file, pipe)),
    *(Stray(path, link_to_zero) for path in ("sandbox.yaml", f"{STATE}/lock.json")),
)


def take_stock(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Describe everything in a folder, so that a change shows."""
    return {
        path.relative_to(folder).as_posix(): (
            path.lstat().st_mode,
            path.read_bytes() if stat.S_ISREG(path.lstat().st_mode) else b"",
        )
        for path in sorted(folder.rglob("*"))
    }
