"""Open the git repository of a folder: found by us, trusted by git, named explicitly, unable to start a program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.ledger.stores.git_command import Git, GitFailure, prepare_git
from reconciler.ledger.stores.git_place import Place, find_places
from reconciler.ledger.stores.git_settings import (
    PINNED,
    Setting,
    StrayError,
    find_last,
    parse_settings,
    refuse_lazy_program,
    refuse_stray,
    switch_off,
)

_LIST = ("config", "--list", "--includes", "-z", "--show-scope", "--show-origin")


@dataclass(frozen=True, slots=True)
class Opened:
    """A repository that may be worked with: `git` runs in the top of its work tree."""

    place: Place
    git: Git
    settings: tuple[Setting, ...]

    def find_setting(self, key: str) -> str:
        """Return the value of a setting, "" where nobody makes it."""
        return find_last(self.settings, key) or ""


def open_repository(folder: Path, *, environ: Mapping[str, str]) -> Opened:
    """Open the repository that a folder lies in; raise GitFailure.

    A repository within the work tree of another is passed over where the outer one tracks the files around it: then it
    is no clone or submodule but came with them, by whatever way.
    """
    places = find_places(folder, environ=environ)
    for number, place in enumerate(places):
        if not any(_tracks(outer, place.top, environ=environ) for outer in places[number + 1 :]):
            return _open(place, environ=environ)
    message = f"{folder} is not a git repository, nor in one"
    raise GitFailure(message, advice="Run it in a clone, or use `ledger: files`.")


def read_user_setting(key: str, *, folder: Path, environ: Mapping[str, str]) -> str:
    """Return a setting that the user or the machine makes, "" for none, wherever we are run."""
    git = prepare_git(Path(folder.resolve().anchor), environ=environ, settings=PINNED)
    try:
        return git.run("config", key).strip()
    except GitFailure:
        return ""


def _open(place: Place, *, environ: Mapping[str, str]) -> Opened:
    _check_trust(place, environ=environ)
    settings = parse_settings(_name_repository(place, PINNED, environ=environ).run(*_LIST))
    try:
        refuse_stray(settings, place=place)
        refuse_lazy_program(settings)
        pins = (*PINNED, *switch_off(settings))
    except StrayError as problem:
        raise GitFailure(str(problem), advice=problem.advice) from problem
    return Opened(place, _name_repository(place, pins, environ=environ), settings)


def _check_trust(place: Place, *, environ: Mapping[str, str]) -> None:
    """Let git judge who owns the repository: it does so only where it finds one itself, so let it find just this one."""
    looking = prepare_git(place.top, environ=environ, settings=PINNED)
    looking = looking.extend({"GIT_CEILING_DIRECTORIES": str(place.top.parent)})
    found = looking.run("rev-parse", "--absolute-git-dir").removesuffix("\n")
    if not _is_same(found, place.git_dir):
        message = f"git takes {found} for the repository of {place.top}, and not {place.git_dir}"
        raise GitFailure(message, advice="Remove what looks like a git repository from the work tree.")


def _is_same(found: str, expected: Path) -> bool:
    try:
        return expected.samefile(found)
    except OSError:
        return False


def _name_repository(place: Place, settings: tuple[str, ...], *, environ: Mapping[str, str]) -> Git:
    git = prepare_git(place.top, environ=environ, settings=settings)
    named = (f"--git-dir={place.git_dir}", f"--work-tree={place.top}")
    return Git(git.folder, git.environ, (*git.options, *named))


def _tracks(outer: Place, folder: Path, *, environ: Mapping[str, str]) -> bool:
    path = folder.relative_to(outer.top).as_posix()
    try:
        listing = _open(outer, environ=environ).git.run("ls-files", "-z", f":(literal){path}")
    except GitFailure:
        return False
    return listing.startswith(f"{path}/")
