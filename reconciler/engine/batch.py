"""Group updates that can travel in one request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice

from reconciler.engine.encode import encode_batch
from reconciler.engine.order import find_levels
from reconciler.model.plan import Update
from reconciler.model.project import Account
from reconciler.model.resource_type import Catalog


def group_updates(
    updates: Sequence[Update], *, catalog: Catalog, levels: Mapping[str, int] | None = None
) -> tuple[tuple[Update, ...], ...]:
    """Group updates by the request that carries them, in plan order; most groups hold one update.

    A batch holds two or more updates of one account and group (PolyAI: one agent), at most as many as the endpoint
    takes. An update that moves its object travels alone, and one that takes a value from another never travels with it.

    `levels` are those of the whole plan (`find_levels`), where only some of its updates are grouped.
    """
    levels = find_levels(updates) if levels is None else levels
    groups: dict[object, list[Update]] = {}
    for update in updates:
        key = (levels[update.address], _group_key(update, catalog))
        groups.setdefault(key, []).append(update)
    return tuple(chunk for group in groups.values() for chunk in _chunk(group, catalog))


def name_carriers(
    updates: Sequence[Update], *, catalog: Catalog, accounts: Mapping[str, Account]
) -> tuple[Update, ...]:
    """Write into each update that travels in a batch where that batch goes; the order stays."""
    carriers: dict[str, str] = {}
    for group in group_updates(updates, catalog=catalog):
        if len(group) > 1:
            resource_type = catalog.of(group[0])
            batch = encode_batch(resource_type, group, base_url=accounts[group[0].account].base_url)
            carriers.update((update.address, batch.url) for update in group)
    return tuple(_carry(update, carriers.get(update.address, "")) for update in updates)


def _carry(update: Update, url: str) -> Update:
    return replace(update, request=replace(update.request, batch=url)) if url else update


def count_requests(updates: Sequence[Update], *, catalog: Catalog) -> int:
    """Count the writes that carry all updates."""
    return len(group_updates(updates, catalog=catalog))


def _group_key(update: Update, catalog: Catalog) -> object:
    resource_type = catalog.of(update)
    moves = any(resource_type.find_field(change.path).moves for change in update.changes)
    if resource_type.batch is None or moves:
        return update.address
    return (update.account, update.kind, tuple(update.identity[part] for part in resource_type.batch.group))


def _chunk(group: list[Update], catalog: Catalog) -> list[tuple[Update, ...]]:
    batch = catalog.of(group[0]).batch
    size = batch.size if batch else len(group)
    rest = iter(group)
    return list(iter(lambda: tuple(islice(rest, size)), ()))
