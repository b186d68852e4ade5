"""Group updates that can travel in one request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from reconciler.model.plan import Update
from reconciler.model.resource_type import Catalog, ResourceType


def group_updates(updates: Sequence[Update], *, catalog: Catalog) -> tuple[tuple[Update, ...], ...]:
    """Group updates by the request that carries them, in plan order; most groups hold one update.

    A batch holds two or more updates of one account and group (PolyAI: one agent), at most as many as the endpoint
    takes. An update that moves its object travels alone.
    """
    groups: dict[object, list[Update]] = {}
    for update in updates:
        groups.setdefault(_group_key(update, catalog.resource_types), []).append(update)
    return tuple(chunk for group in groups.values() for chunk in _chunk(group, catalog.resource_types))


def count_requests(updates: Sequence[Update], *, catalog: Catalog) -> int:
    """Count the writes that carry all updates."""
    return len(group_updates(updates, catalog=catalog))


def _group_key(update: Update, resource_types: Mapping[tuple[str, str], ResourceType]) -> object:
    resource_type = resource_types[update.provider, update.kind]
    moves = any(resource_type.fields[change.path[0]].moves for change in update.changes)
    if resource_type.batch is None or moves:
        return update.address
    return (update.account, update.kind, tuple(update.identity[part] for part in resource_type.batch.group))


def _chunk(group: list[Update], resource_types: Mapping[tuple[str, str], ResourceType]) -> list[tuple[Update, ...]]:
    batch = resource_types[group[0].provider, group[0].kind].batch
    size = batch.size if batch else 1
    rest = iter(group)
    return list(iter(lambda: tuple(islice(rest, size)), ()))
