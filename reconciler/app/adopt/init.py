"""`init`: write a small commented project."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconciler.app.learn.schemas import render_schema
from reconciler.app.named_files import check_way, create_named
from reconciler.app.problem import Exit, Problem
from reconciler.config.discover import find_project
from reconciler.model.diagnostic import Diagnostic

TEMPLATE: Final = Path(__file__).parent / "template"
SCHEMA: Final = "reconciler.schema.json"
IGNORED: Final = ".gitignore"
_RENAMED: Final = {"gitignore": IGNORED}
"""Files that would act on our own repository under their own names."""


PLAIN: Final = ("reconciler.yaml", IGNORED)
"""What a project without examples begins with, besides the schema."""


def build_project_files(*, empty: bool = False) -> Mapping[str, str]:
    """Return the files of a new project: path below its folder -> text. The schema is the one of this version."""
    files = {
        _name_target(path): path.read_text(encoding="utf-8")
        for path in sorted(TEMPLATE.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts and (not empty or _name_target(path) in PLAIN)
    }
    return {**files, SCHEMA: render_schema("files")}


def _name_target(source: Path) -> str:
    path = source.relative_to(TEMPLATE).as_posix()
    return _RENAMED.get(path, path)


@dataclass(frozen=True, slots=True)
class NewProject:
    """What `init` wrote, and what it left alone: a `.gitignore` that was there, since most repositories have one."""

    written: tuple[str, ...]
    kept: tuple[str, ...]


def write_project(folder: Path, *, empty: bool = False) -> NewProject:
    """Write the files of a new project, without the examples where it is to be empty.

    Raises Problem where any but `.gitignore` exists, even as a broken link, or where the folder belongs to a project
    already: then nothing is written.
    """
    _refuse_detour(folder)
    files = build_project_files(empty=empty)
    existing = [name for name in files if os.path.lexists(folder / name)]
    _refuse_existing(folder, [name for name in existing if name != IGNORED])
    _refuse_inner(folder)
    written = tuple(name for name in files if name not in existing)
    try:
        for name in written:
            check_way(folder / name, within=folder)
        for name in written:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            create_named(folder / name, files[name], within=folder)
    except OSError as error:
        message = f"{error.filename or folder}: {error.strerror}"
        diagnostic = Diagnostic(code="cannot-write", message=message, advice="Choose a folder that you may write to.")
        raise Problem(diagnostic, exit_code=Exit.FAILED) from error
    return NewProject(written, tuple(existing))


def _refuse_detour(folder: Path) -> None:
    try:
        check_way(folder / PLAIN[0], within=Path())
    except OSError as error:
        advice = "Name the folder itself, if that is where the project shall be."
        raise Problem(
            Diagnostic(code="cannot-write", message=f"{folder}: {error.strerror}", advice=advice),
            exit_code=Exit.REFUSED,
        ) from error


def _refuse_existing(folder: Path, existing: list[str]) -> None:
    if existing:
        message = f"in {folder} there is already: {', '.join(existing)}"
        advice = "Nothing was written, for nothing is ever overwritten. Name another folder, or move these away."
        raise Problem(Diagnostic(code="file-exists", message=message, advice=advice), exit_code=Exit.REFUSED)


def _refuse_inner(folder: Path) -> None:
    outer = find_project(folder)
    if outer is not None:
        message = f"{folder} belongs to the project in {outer}"
        advice = "Declare the resources there, or begin the new project outside of it."
        raise Problem(Diagnostic(code="file-exists", message=message, advice=advice), exit_code=Exit.REFUSED)
