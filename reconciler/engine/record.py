"""Record what an apply settled, as ledger entries."""

from __future__ import annotations

from reconciler.engine.normal_form import normalise
from reconciler.model.ledger import Applied
from reconciler.model.project import Declared
from reconciler.model.resource_type import Identity, ResourceType


def record_applied(
    declared: Declared, identity: Identity, *, resource_type: ResourceType, when: str, commit: str, run: str
) -> Applied:
    """Return the ledger entry of a resource whose live object is now as declared: all owned fields, in normal form.

    `when` is ISO 8601 in UTC. Secrets are fingerprinted where the ledger is kept, not here.
    """
    return Applied(
        address=declared.address,
        account=declared.account,
        provider=declared.provider,
        kind=declared.kind,
        identity=identity.as_json(),
        fields={f"/{name}": normalise(resource_type.fields[name], value) for name, value in declared.spec.items()},
        when=when,
        commit=commit,
        run=run,
    )
