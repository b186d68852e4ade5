"""Tell whom a change of a shared object reaches: a prompt, voice, action or webhook may serve many agents, an agent many numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from reconciler.engine.normal_form import normalise
from reconciler.model.live import LiveState, Present
from reconciler.model.plan import Reach, Update
from reconciler.model.project import Account, Declared
from reconciler.model.resource_type import Catalog, ResourceType

Key: TypeAlias = tuple[str, str, str]
"""Base URL, kind and id of a live object that something refers to."""


@dataclass(frozen=True, slots=True)
class _User:
    """An object that refers to others, and the name that people know it by."""

    key: Key
    name: str


def tell_reach(
    updates: Sequence[Update],
    resources: Sequence[Declared],
    *,
    catalog: Catalog,
    live: LiveState,
    accounts: Mapping[str, Account],
) -> tuple[Update, ...]:
    """Write into each update of an object that others may use which of them it reaches, as far as what was read tells.

    What a reader refers to is what is live and, where git declares it, what is declared: a change that is under way reaches
    both the old users and the new ones.
    """
    kinds = {update.address: _list_user_kinds(catalog.of(update), catalog) for update in updates}
    if not any(kinds.values()):
        return tuple(updates)
    users = _find_users(resources, catalog=catalog, live=live, accounts=accounts)
    return tuple(
        replace(update, reach=_reach(update, kinds[update.address], users, accounts[update.account].base_url))
        if kinds[update.address]
        else update
        for update in updates
    )


def _list_user_kinds(resource_type: ResourceType, catalog: Catalog) -> tuple[str, ...]:
    """List the kinds that may use a kind, directly or through others, nearest first."""
    offered = catalog.offered(resource_type.provider, resource_type.api)
    found: list[str] = []
    wanted = [resource_type.kind]
    for kind in wanted:
        for known in offered:
            referred = {each.kind for field in known.fields.values() for each in field.list_referred()}
            if kind in referred and known.kind not in {*found, resource_type.kind}:
                found.append(known.kind)
                wanted.append(known.kind)
    return tuple(found)


def _find_users(
    resources: Sequence[Declared], *, catalog: Catalog, live: LiveState, accounts: Mapping[str, Account]
) -> Mapping[Key, list[_User]]:
    users: dict[Key, list[_User]] = defaultdict(list)
    for declared in resources:
        reading = live.readings.get(declared.address)
        if not isinstance(reading, Present):
            continue
        known, host = catalog.of(declared), accounts[declared.account].base_url
        name = "" if known.is_number else known.read_label(reading.value)
        user = _User((host, known.kind, reading.identity.parts[-1][1]), name or _name(declared, known, reading))
        for kind, value in _list_values(known, declared, reading):
            users[host, kind, value].append(user)
    return users


def _name(declared: Declared, known: ResourceType, reading: Present) -> str:
    return reading.identity.parts[-1][1] if known.is_number else declared.address


def _list_values(known: ResourceType, declared: Declared, reading: Present) -> Iterator[tuple[str, str]]:
    values: dict[tuple[str, str], None] = {}
    for name, field in known.fields.items():
        for value in (reading.value.get(field.live_name), declared.spec.get(name)):
            named = field.list_references(normalise(field, value))
            values.update(dict.fromkeys((reference.kind, text) for reference, text in named))
    yield from values


def _reach(update: Update, kinds: Sequence[str], users: Mapping[Key, list[_User]], host: str) -> Reach:
    found: dict[Key, str] = {}
    waiting: list[Key] = [(host, update.kind, update.identity.parts[-1][1])]
    for key in waiting:
        for user in users.get(key, ()):
            if user.key not in found:
                found[user.key] = user.name
                waiting.append(user.key)
    named = {kind: tuple(name for (_, each, _), name in found.items() if each == kind) for kind in kinds}
    return Reach(tuple((kind, names) for kind, names in named.items()))
