"""Record what an apply settled, as ledger entries."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from reconciler.engine.sealed import seal_fields
from reconciler.model.ledger import Applied, Undone
from reconciler.model.paths import Json, is_same_json
from reconciler.model.project import Declared
from reconciler.model.resource_type import Identity, ResourceType


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
        and is_same_json(stored.fields, entry.fields)
    )
