"""Check the files of a project, in one environment or in each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.app.context import Context
from reconciler.app.review.validation import EVERY, Validation
from reconciler.app.workspace import load
from reconciler.config import Loaded
from reconciler.config.discover import find_project, list_environments
from reconciler.config.grounds import Grounds, join_grounds
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.project import Declared, Project
from reconciler.vendors import load_catalog


def check(context: Context) -> tuple[Validation, Grounds | None]:
    """Return what is found, and what that rests on: None where it changed meanwhile."""
    loaded = _load(context)
    return _judge(loaded), join_grounds(each.grounds for each in loaded.values())


def _load(context: Context) -> Mapping[str, Loaded]:
    catalog = load_catalog()
    if context.environment != EVERY:
        loaded = load(context, catalog=catalog, checking=True)
        if not loaded.undecided:
            return {loaded.environment or "": loaded}
    root = find_project(context.folder)
    names = list_environments(root) if root else []
    contexts = {name: replace(context, environment=name) for name in names} or {"": replace(context, environment=None)}
    return {name: load(each, catalog=catalog, checking=True) for name, each in contexts.items()}


def _judge(loaded: Mapping[str, Loaded]) -> Validation:
    projects = {name: each.project for name, each in loaded.items() if each.project}
    # In one world two resources that are one live object are an error, found before.
    shared = _find_shared(projects) if len(projects) > 1 else ()
    return Validation(
        diagnostics=(*_merge({name: each.diagnostics for name, each in loaded.items()}), *shared),
        counts={name: len(project.resources) for name, project in projects.items()},
        files=max((each.files for each in loaded.values()), default=0),
        valid=len(projects) == len(loaded),
    )


def _merge(found: Mapping[str, Sequence[Diagnostic]]) -> Iterator[Diagnostic]:
    """Say once what is found in every environment; name the environments where it is not, and the file does not tell."""
    where: dict[Diagnostic, list[str]] = {}
    for name, diagnostics in found.items():
        for diagnostic in diagnostics:
            where.setdefault(diagnostic, []).append(name)
    for diagnostic, names in sorted(where.items(), key=lambda pair: pair[0].sort_key):
        told = len(names) == len(found) or (
            diagnostic.location and diagnostic.location.file.startswith("environments/")
        )
        shown = diagnostic.message if told else f"{diagnostic.message} (in {', '.join(names)})"
        yield replace(diagnostic, message=shown)


def _find_shared(projects: Mapping[str, Project]) -> Iterator[Diagnostic]:
    """Warn of live objects that several environments declare: what one applies is drift to the other."""
    owners: dict[object, list[tuple[str, Declared]]] = {}
    for name, project in projects.items():
        for declared in project.resources:
            owners.setdefault(_name_object(declared, project), []).append((name, declared))
    for sharing in owners.values():
        if len(sharing) > 1:
            yield _describe_shared([name for name, _ in sharing], sharing[-1][1])


def _name_object(declared: Declared, project: Project) -> object:
    """Name a live object: two keys of one vendor are two worlds, in which one id may stand for two objects.

    One whose id only what is live tells is like no other here.
    """
    account = project.accounts[declared.account]
    wanted = declared.identity or frozenset(declared.match.items()) or id(declared)
    return declared.provider, declared.kind, account.base_url, account.credential, wanted


def _describe_shared(names: Sequence[str], declared: Declared) -> Diagnostic:
    return Diagnostic(
        code="environments-share",
        message=f"{declared.address} is one live object in {' and '.join(names)}",
        severity=Severity.WARNING,
        advice="Give each environment its own object: what is applied in one is drift in the others.",
        location=declared.location,
        address=declared.address,
    )
