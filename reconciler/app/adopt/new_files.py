"""Create files where there are none, all of them or none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from reconciler.app.named_files import check_way
from reconciler.app.problem import Exit, Problem
from reconciler.model.diagnostic import Diagnostic


def create_files(root: Path, files: Mapping[str, str]) -> list[Path]:
    """Write new files and return where they are; raise Problem, with none left, where one cannot be written."""
    done: list[Path] = []
    try:
        for name, text in files.items():
            target = root / name
            check_way(target, within=root)
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("x", encoding="utf-8", newline="\n") as stream:
                done.append(target)
                stream.write(text)
    except OSError as error:
        remove_files(done)
        message = f"{error.filename or root}: {error.strerror}"
        raise Problem(
            Diagnostic("cannot-write", message, advice="Nothing was written. Name another folder."),
            exit_code=Exit.FAILED,
        ) from error
    return done


def remove_files(files: Iterable[Path]) -> None:
    """Take files away that were just created."""
    for path in files:
        path.unlink(missing_ok=True)
