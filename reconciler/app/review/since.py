"""`plan --since`: which resources come to something else than at an earlier commit.

The earlier files are copied out of git and read as today's are, in the same environment, with the same variables. What cannot be
compared is looked at, and that is said: nothing is left out because of a mistake in a file that nobody can mend any more.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.app.problem import Exit, Problem
from reconciler.app.review.notes import NAMED
from reconciler.app.workspace import Workspace, load
from reconciler.config import digest_resources
from reconciler.config.discover import PROJECT_FILE
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.project import Declared, Project

if TYPE_CHECKING:
    from reconciler.config import Loaded


@dataclass(frozen=True, slots=True)
class Since:
    """How a project differs from what it was at a commit."""

    commit: str
    changed: frozenset[str]
    """The addresses that are declared now, and come to something else."""
    removed: tuple[Declared, ...] = ()
    """What was declared then, and no longer is, by whatever name."""
    notes: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class _Earlier:
    """What an earlier project declares, as far as it can be compared, and why the rest cannot."""

    project: Project | None = None
    notes: tuple[Diagnostic, ...] = ()


def find_changed(workspace: Workspace, revision: str) -> Since:
    """Compare what a project declares with what it did at a commit; raise Problem where git does not know that one.

    A resource is known by its address: one that was renamed counts as changed. Nothing is asked of a vendor.
    """
    with tempfile.TemporaryDirectory(prefix="reconciler-") as name:
        folder = Path(name).resolve()
        commit = _export(workspace, revision, folder)
        earlier = _read_earlier(workspace, folder, revision)
    key = secrets.token_bytes(32)
    before = digest_resources(earlier.project, catalog=workspace.catalog, key=key) if earlier.project else {}
    now = digest_resources(workspace.project, catalog=workspace.catalog, key=key)
    changed = frozenset(address for address, digest in now.items() if before.get(address) != digest)
    return Since(commit, changed, tuple(_list_removed(earlier.project, workspace.project)), earlier.notes)


def note_removed(removed: Iterable[Declared], *, revision: str) -> tuple[Diagnostic, ...]:
    """Say once what is no longer declared: nothing happens to it."""
    addresses = sorted(declared.address for declared in removed)
    if not addresses:
        return ()
    verb, stays = ("is", "it stays as it is") if len(addresses) == 1 else ("are", "they stay as they are")
    return (
        Diagnostic(
            code="no-longer-declared",
            message=f"{_name_some(addresses)} {verb} no longer declared, other than at {revision}; {stays}",
            severity=Severity.NOTE,
            advice="Nothing is ever deleted at a vendor. Without --since a plan tells what the ledger still knows of it.",
            address=addresses[0] if len(addresses) == 1 else None,
        ),
    )


def _export(workspace: Workspace, revision: str, folder: Path) -> str:
    """Write the earlier files into a folder; return the commit."""
    from reconciler.ledger import CommitUnknown, LedgerProblem, export_commit

    try:
        return export_commit(workspace.project.root, revision, into=folder, environ=workspace.context.environ)
    except LedgerProblem as error:
        found = Diagnostic("commit-unknown", f"--since: {error.message}", advice=error.advice)
        exit_code = Exit.USAGE if isinstance(error, CommitUnknown) else Exit.FAILED
        raise Problem(found, exit_code=exit_code) from error


def _read_earlier(workspace: Workspace, folder: Path, revision: str) -> _Earlier:
    """Read the earlier project as today's is read; its secrets need not be there, since only their names are compared."""
    project = workspace.project
    if not os.path.lexists(folder / PROJECT_FILE):
        return _compare_nothing(f"{revision} has no project in this folder")
    context = replace(workspace.context, folder=folder, environment=project.environment)
    loaded = load(context, catalog=workspace.catalog, checking=True)
    if any(found.code == "environment-unknown" for found in loaded.diagnostics):
        return _compare_nothing(f"{revision} has no environment {project.environment}")
    if loaded.sound is None:
        return _compare_nothing(f"the files of {revision} are not valid ({_tell_first(loaded)})")
    if loaded.environment != project.environment or not loaded.complete:
        return _compare_nothing(f"{revision} has environments, and none is chosen here")
    return _Earlier(loaded.sound, tuple(_note_broken(loaded, loaded.sound, project, revision)))


def _compare_nothing(why: str) -> _Earlier:
    return _Earlier(notes=(_explain(f"{why}, so nothing can be compared: everything is looked at"),))


def _note_broken(loaded: Loaded, sound: Project, now: Project, revision: str) -> Iterable[Diagnostic]:
    """Name the resources that are looked at only because the earlier files are wrong somewhere."""
    if loaded.project is not None:
        return
    compared = {declared.address for declared in sound.resources}
    lost = [declared.address for declared in now.resources if declared.address not in compared]
    if lost:
        why = f"the files of {revision} are not valid ({_tell_first(loaded)})"
        yield _explain(f"{why}: what cannot be compared is looked at, {_name_some(lost)}")


def _tell_first(loaded: Loaded) -> str:
    """Show a mistake, where there is one that is not about a single resource."""
    errors = [found for found in loaded.diagnostics if found.severity is Severity.ERROR]
    errors.sort(key=lambda found: found.address is not None)
    more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
    return f"{errors[0].location}: {errors[0].message}{more}" if errors[0].location else f"{errors[0].message}{more}"


def _explain(message: str) -> Diagnostic:
    return Diagnostic("not-compared", message, Severity.WARNING, advice="Name another commit, or leave --since out.")


def _name_some(addresses: Collection[str]) -> str:
    named = list(addresses)
    return ", ".join(named[:NAMED]) + (f" and {len(named) - NAMED} more" if len(named) > NAMED else "")


def _list_removed(before: Project | None, now: Project) -> Iterable[Declared]:
    addresses = {declared.address for declared in now.resources}
    objects = {_name_object(declared) for declared in now.resources}
    for declared in before.resources if before else ():
        if declared.address not in addresses and _name_object(declared) not in objects:
            yield declared


def _name_object(declared: Declared) -> object:
    found_by = declared.identity or (frozenset(declared.match.items()), declared.sought)
    return (declared.account, declared.kind, found_by)
