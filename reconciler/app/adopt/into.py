"""`pull --into`: put live objects into a project's files, beginning the project where there is none.

The destination is looked at before anything is read. What is declared stays as it is; only new files are written, all or none, and
the project must be valid with them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from reconciler.app.adopt.lay_over import (
    Laid,
    check_file,
    find_foreign,
    lay,
    lies_over_others,
    note_differences,
    set_apart,
)
from reconciler.app.adopt.layout import LayoutBelow, list_texts
from reconciler.app.adopt.lists import Wish
from reconciler.app.adopt.new_files import create_files, remove_files
from reconciler.app.adopt.project_text import write_project_text
from reconciler.app.adopt.pull import Haul, pull
from reconciler.app.adopt.source_files import SourceFiles
from reconciler.app.context import Context
from reconciler.app.named_files import check_way
from reconciler.app.problem import Exit, Problem
from reconciler.app.workspace import Workspace, load, open_workspace
from reconciler.config.discover import ENVIRONMENTS, PROJECT_FILE, SUFFIXES, find_project
from reconciler.config.settings.accounts import default_accounts
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.project import Project
from reconciler.vendors import load_catalog

_IGNORE: Final = "# What reconciler keeps of its own.\n.reconciler/\n"


@dataclass(frozen=True, slots=True)
class Adopted:
    """What was written: files below `root`, resources, and long texts among the files."""

    root: Path
    files: tuple[str, ...]
    haul: Haul
    begun: bool
    laid: Laid | None = None
    """What the file of the chosen environment says now, where the objects went there."""
    left: tuple[Diagnostic, ...] = ()
    """Differences that could not be written alone."""

    @property
    def texts(self) -> int:
        """Count the long texts that got a file of their own."""
        return list_texts(dict.fromkeys(self.files, ""))


@dataclass(frozen=True, slots=True)
class Destination:
    """Where to write: the project that a folder belongs to, or will begin."""

    folder: Path
    workspace: Workspace
    begun: bool

    @property
    def root(self) -> Path:
        """The project folder."""
        return self.folder if self.begun else self.workspace.project.root

    @property
    def prefix(self) -> str:
        """What stands before the names of files in the folder, from the project folder on."""
        below = self.folder.relative_to(self.root).as_posix()
        return "" if below == "." else f"{below}/"


def choose_destination(context: Context, folder: Path, *, accounts: tuple[str, ...] = ()) -> Destination:
    """Look at the folder before anything is read; raise Problem where nothing could be written there."""
    try:
        check_way(folder / PROJECT_FILE, within=Path())
    except OSError as error:
        message = f"{folder}: {error.strerror}"
        raise _stop(message, "Name the folder itself, if that is what you mean.") from error
    if folder.exists() and not folder.is_dir():
        message = f"{folder} is a file"
        raise _stop(message, "Name a folder.")
    root = find_project(folder)
    if root is not None:
        workspace = open_workspace(replace(context, folder=root), placed=False)
        below = folder.resolve().relative_to(root)
        if below.parts[:1] == (ENVIRONMENTS,) or any(part.startswith(".") for part in below.parts):
            message = f"no resources are read from {folder}"
            raise _stop(message, "Name a folder that is neither hidden nor `environments/`.")
        if lies_over_others(workspace):
            check_file(workspace)
        return Destination(folder.resolve(), workspace, begun=False)
    strange = _find_yaml(folder)
    if strange:
        message = f"{folder} holds YAML files that a new project would read, {strange} among them"
        raise _stop(message, "Name a new folder.")
    return Destination(folder.resolve(), _begin(context, folder, accounts), begun=True)


def _find_yaml(folder: Path) -> str:
    for _, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found = [name for name in files if name.endswith(SUFFIXES) and not name.startswith(".")]
        if found:
            return found[0]
    return ""


def _begin(context: Context, folder: Path, wanted: tuple[str, ...]) -> Workspace:
    """Open a project that is not there yet: the accounts of the one that we are in, or one for each vendor with a key."""
    outer = find_project(context.folder)
    if outer is not None:
        workspace = open_workspace(context)
        project = replace(workspace.project, resources=(), ledger="files")
        return replace(workspace, project=project)
    catalog = load_catalog()
    known = default_accounts(catalog)
    chosen = {
        name: account
        for name, account in known.items()
        if name in wanted or (not wanted and (context.sandbox or context.environ.get(account.credential)))
    }
    if not chosen:
        names = ", ".join(account.credential for account in known.values())
        diagnostic = Diagnostic(
            "credential-missing", f"no vendor's key is set: {names}", advice="Set the key of each vendor to pull from."
        )
        raise Problem(diagnostic, exit_code=Exit.FAILED)
    return Workspace(context, catalog, Project(folder.resolve(), chosen, ()), ())


def pull_into(destination: Destination, wish: Wish) -> Adopted:
    """Read what is wished for and write it as new files; nothing is written where there is nothing."""
    workspace = destination.workspace
    if not destination.begun and lies_over_others(workspace):
        return _lay_into(destination, wish)
    _refuse_unplaced(workspace)
    haul = pull(workspace, replace(wish, linked=True))
    if not haul.count:
        return Adopted(destination.folder, (), haul, begun=False)
    root, prefix = destination.root, destination.prefix
    layout = LayoutBelow(taken=_list_taken(destination.folder), prefix=prefix)
    layout.place(haul.kinds, headed=_find_headed(workspace))
    files = {f"{prefix}{name}": text for name, text in layout.files.items()}
    if destination.begun:
        used = dict.fromkeys(account.name for account, _, _ in haul.live)
        accounts = [
            workspace.project.accounts[name] for name in used
        ]  # as they are written: the sandbox has a pace of its own
        settings = write_project_text(accounts, workspace.catalog)
        files = {PROJECT_FILE: settings, ".gitignore": _IGNORE, **files}
        files = {name: text for name, text in files.items() if not (name == ".gitignore" and (root / name).exists())}
    _write(root, files, workspace, begun=destination.begun)
    return Adopted(root, tuple(files), haul, destination.begun)


def _refuse_unplaced(workspace: Workspace) -> None:
    found = [
        Diagnostic(
            "identity-missing",
            f"{each.address} does not say which live object it is",
            location=each.location,
            address=each.address,
            advice="Add `id:`, or `match:`.",
        )
        for each in workspace.unplaced
    ]
    if found:
        raise Problem(*found, exit_code=Exit.INVALID)


def _lay_into(destination: Destination, wish: Wish) -> Adopted:
    """Write what one of several environments has into its own file, long texts beside it."""
    workspace = destination.workspace
    foreign = find_foreign(workspace, wish)
    haul = pull(set_apart(workspace, foreign), replace(wish, linked=True), foreign=foreign.resources)
    haul = replace(haul, diagnostics=(*foreign.diagnostics, *haul.diagnostics))
    if not haul.count:
        return Adopted(destination.root, (), haul, begun=False)
    layout = LayoutBelow(taken=_list_taken(destination.folder), prefix=destination.prefix)
    text, laid = lay(workspace, haul, foreign, wish=wish, layout=layout)
    files = SourceFiles(workspace)
    files.put(files.environment_file, text)
    texts = {f"{destination.prefix}{name}": content for name, content in layout.files.items()}
    done = create_files(destination.root, texts)
    try:
        saved = files.save()
    except Problem:
        remove_files(done)
        raise
    left = note_differences(workspace, laid)
    return Adopted(destination.root, (*saved, *texts), haul, begun=False, laid=laid, left=left)


def _list_taken(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")} if folder.exists() else set()


def _find_headed(workspace: Workspace) -> frozenset[str]:
    """Find the accounts that share a kind with another: a file of theirs must say whose it is."""
    offers: dict[str, set[str]] = {}
    for account in workspace.project.accounts.values():
        for known in workspace.catalog.offered(account.provider, account.generation):
            offers.setdefault(known.kind, set()).add(account.name)
    return frozenset(name for names in offers.values() if len(names) > 1 for name in names)


def _write(root: Path, files: Mapping[str, str], workspace: Workspace, *, begun: bool) -> None:
    """Create all files; take them away again where one cannot be written or the project is not valid with them."""
    done = create_files(root, files)
    context = replace(workspace.context, folder=root, environment=None if begun else workspace.context.environment)
    loaded = load(context, catalog=workspace.catalog)
    if loaded.project is None:
        remove_files(done)
        errors = [found for found in loaded.diagnostics if found.severity is Severity.ERROR]
        advice = "Nothing was written. Pull without --into and correct it by hand."
        raise Problem(
            Diagnostic("bad-document", "the project would not be valid", advice=advice), *errors, exit_code=Exit.INVALID
        )


def _stop(message: str, advice: str) -> Problem:
    return Problem(Diagnostic("file-exists", message, advice=advice), exit_code=Exit.REFUSED)
