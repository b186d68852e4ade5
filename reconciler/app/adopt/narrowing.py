"""Narrow a pull: to groups that the vendor lists, and to objects whose fields fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from reconciler.app.running import run_to_end
from reconciler.app.workspace import Workspace
from reconciler.engine.normal_form import read_field
from reconciler.model.live import Present, Unknown
from reconciler.model.project import Account
from reconciler.model.resource_type import ResourceType

if TYPE_CHECKING:
    from reconciler.remote.wire.client import ReadClient

Groups = Mapping[tuple[str, str], tuple[str, ...] | Unknown]
"""(account, identity part) -> the values that the vendor lists."""
_GLOB = frozenset("*?[")


def find_groups(workspace: Workspace, searches: Sequence[tuple[Account, str]]) -> Groups:
    """Ask the vendors which groups there are; nothing is asked where nothing is searched for."""
    return run_to_end(lambda: _find(workspace, searches)) if searches else {}


async def _find(workspace: Workspace, searches: Sequence[tuple[Account, str]]) -> Groups:
    from reconciler.remote.reading.groups import list_groups
    from reconciler.remote.reading.source import run_all

    accounts = {account.name: account for account, _ in searches}

    async def ask(account: Account, part: str, readers: Mapping[str, ReadClient]) -> tuple[str, ...] | Unknown:
        reader = readers.get(account.name)
        if reader is None:
            return workspace.explain_lack(account)
        groups = workspace.catalog.providers[account.provider].groups[part]
        return await list_groups(groups, reader=reader, workspace=account.workspace)

    async with workspace.open_readers(accounts.values()) as readers:
        found = await run_all(ask(account, part, readers) for account, part in searches)
    return {(account.name, part): values for (account, part), values in zip(searches, found, strict=True)}


def choose_filters(known: ResourceType, matches: Sequence[tuple[str, str]]) -> Mapping[str, tuple[str, ...]]:
    """Return what the vendor's own list can filter: fields all of whose patterns are plain values, no more than it takes."""
    wanted = _group(matches)
    plain = {name: globs for name, globs in wanted.items() if not any(_GLOB & set(glob) for glob in globs)}
    return {
        name: values
        for name, values in plain.items()
        if name in known.list.filters and len(values) <= known.list.filter_size
    }


def fits_all(known: ResourceType, present: Present, matches: Sequence[tuple[str, str]]) -> bool:
    """Tell whether an object has each named field, with a value that fits one of its patterns."""
    return all(_fits(known, present, name, globs) for name, globs in _group(matches).items())


def _fits(known: ResourceType, present: Present, name: str, globs: Sequence[str]) -> bool:
    field = known.fields.get(name)
    value = read_field(field, present.value) if field else None
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    return isinstance(value, (str, int, float)) and any(fnmatchcase(shown, glob) for glob in globs)


def _group(matches: Sequence[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    grouped: dict[str, tuple[str, ...]] = {}
    for name, glob in matches:
        grouped[name] = (*grouped.get(name, ()), glob)
    return grouped
