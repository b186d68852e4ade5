"""Record what an apply settled, as ledger entries."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType, NoneType
from typing import Final

from reconciler.engine.sealed import seal_fields
from reconciler.model.ledger import Applied, Undone
from reconciler.model.paths import Json
from reconciler.model.project import Declared
from reconciler.model.resource_type import Identity, ResourceType

_SCALARS: Final = frozenset({str, int, float, bool, NoneType})


def record_applied(
    declared: Declared,
    identity: Identity,
    *,
    resource_type: ResourceType,
    when: str,
    commit: str,
    run: str,
    kept: Mapping[str, Json],
    undone: Mapping[str, Undone] = MappingProxyType({}),
) -> Applied:
    """Return the ledger entry of a resource whose live object is now as declared: all owned fields, in normal form.

    `when` is ISO 8601 in UTC. `kept` are fields by JSON pointer that stay as they were recorded: an undo declares only
    what it takes back; `undone` says what that was. Secrets are sealed here and fingerprinted where the ledger is kept.
    """
    return Applied(
        address=declared.address,
        account=declared.account,
        provider=declared.provider,
        kind=declared.kind,
        identity=identity.as_json(),
        fields={
            **kept,
            **{f"/{name}": value for name, value in seal_fields(resource_type, declared.spec).items()},
        },
        when=when,
        commit=commit,
        run=run,
        undone=undone,
    )


def is_recorded(entry: Applied, stored: Applied | None) -> bool:
    """Tell whether what is stored says the same of an object: then that stays, and names the run that made it so."""
    return (
        stored is not None
        and (stored.account, stored.provider, stored.kind) == (entry.account, entry.provider, entry.kind)
        and stored.identity == entry.identity
        and stored.undone == entry.undone
        and _is_same_json(stored.fields, entry.fields)
    )


def _is_same_json(left: Json, right: Json) -> bool:
    """Tell whether two values are equal to JSON: to Python 1, 1.0 and True are one. A secret equals nothing."""
    if type(left) in _SCALARS:
        return type(left) is type(right) and bool(left == right)
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left == right and all(map(_is_same_json, left.values(), [right[name] for name in left]))
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(_is_same_json, left, right))
    return False
