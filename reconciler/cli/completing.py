"""Complete what a project holds, beside addresses: accounts, kinds, fields, runs. Whatever is wrong there, nothing is completed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import Globals

if TYPE_CHECKING:
    from reconciler.model.project import Project

Complete = Callable[[click.Context, click.Parameter, str], list[str]]
_RUNS = 50


def _fitting(names: Callable[[Globals], Iterable[str]]) -> Complete:
    """Return what click asks: the names that begin as typed, or none where they cannot be told."""

    def complete(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
        found: list[str] = []
        with contextlib.suppress(Exception):
            found = [name for name in names(ctx.ensure_object(Globals)) if name.startswith(incomplete)]
        return found

    return complete


def _load(options: Globals) -> Project | None:
    """Load the project, in its first environment where it needs one: accounts are much the same in all."""
    from reconciler.app.workspace import load
    from reconciler.config.discover import find_project, list_environments
    from reconciler.vendors import load_catalog

    root = find_project(Path(options.folder))
    if root is not None and options.environment is None:
        options.environment = next(iter(list_environments(root)), None)
    return load(options.build_context(), catalog=load_catalog()).project


def _list_accounts(options: Globals) -> Iterator[str]:
    project = _load(options)
    yield from project.accounts if project else ()


def _list_kinds(_options: Globals) -> Iterator[str]:
    from reconciler.vendors import load_catalog

    yield from load_catalog().kinds


def _list_topics(options: Globals) -> Iterator[str]:
    """Yield what `explain` knows: kinds, their fields, providers, codes, and the project's addresses."""
    from reconciler.app.learn.addresses import list_addresses
    from reconciler.model.codes import CODES
    from reconciler.vendors import load_catalog

    catalog = load_catalog()
    yield from catalog.kinds
    yield from catalog.providers
    known = ((kind, name) for (_, kind), found in catalog.resource_types.items() for name in found.fields)
    yield from dict.fromkeys(f"{kind}.{name}" for kind, name in known)
    yield from CODES
    yield from list_addresses(options.build_context())


def _list_runs(options: Globals) -> Iterator[str]:
    from reconciler.app.workspace import open_workspace

    yield "latest"
    yield from (run.run for run in open_workspace(options.build_context()).open_store().runs()[:_RUNS])


def _list_vices(_options: Globals) -> Iterator[str]:
    from reconciler.sandbox import VICES

    yield from VICES


def _list_revisions(options: Globals) -> Iterator[str]:
    from reconciler.ledger import list_revisions

    yield "HEAD"
    yield from list_revisions(Path(options.folder), environ=options.build_context().environ)


complete_account = _fitting(_list_accounts)
complete_kind = _fitting(_list_kinds)
complete_topic = _fitting(_list_topics)
complete_run = _fitting(_list_runs)
complete_vice = _fitting(_list_vices)
complete_revision = _fitting(_list_revisions)
