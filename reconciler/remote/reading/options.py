"""Read the values that a vendor offers for a field at this moment, for example voices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import Formatter

from reconciler.model.field import Options
from reconciler.model.paths import Json, pick
from reconciler.model.project import Declared
from reconciler.model.resource_type import ResourceType
from reconciler.model.spoiled import find_spoiled
from reconciler.remote.reading.source import Source, run_all
from reconciler.remote.wire.answers import NoAnswer
from reconciler.remote.wire.routes import fill_path


async def read_options(
    resources: Sequence[Declared], *, resource_type: ResourceType, source: Source
) -> Mapping[tuple[str, str], frozenset[str]]:
    """Read each list of options that a field owned by one of the resources needs, once, by account and path.

    A list that cannot be read, or not understood, is left out: then nothing is known of what is offered.
    """
    lists = {
        path: known.options
        for declared in resources
        for name, known in resource_type.fields.items()
        if known.options and name in declared.spec and (path := _fill(known.options.path, declared))
    }
    offered = await run_all(_read_offer(path, options, source) for path, options in lists.items())
    return {
        (source.account.name, path): values for path, values in zip(lists, offered, strict=True) if values is not None
    }


def _fill(path: str, declared: Declared) -> str:
    """Fill identity parts into a path; empty where the identity is not known before the object is found."""
    if "{" not in path:
        return path
    parts = dict(declared.identity.parts) if declared.identity else declared.match
    wanted = {name for _, name, _, _ in Formatter().parse(path) if name}
    return fill_path(path, parts) if wanted <= parts.keys() else ""


async def _read_offer(path: str, options: Options, source: Source) -> frozenset[str] | None:
    told = await source.get(path, options.query)
    if isinstance(told.answer, NoAnswer) or not told.answer.whole:
        return None
    entries = pick(told.answer.value, options.items)
    values = [_read_value(entry, options.value) for entry in entries] if isinstance(entries, list) else []
    if find_spoiled(values):
        return None
    return frozenset(value for value in values if isinstance(value, str)) or None


def _read_value(entry: Json, key: str) -> Json:
    return entry.get(key) if isinstance(entry, Mapping) else entry
