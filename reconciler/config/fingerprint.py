"""Compute the fingerprint of what a project declares."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from reconciler.model.paths import Json
from reconciler.model.project import Account, Declared, Project
from reconciler.model.resource_type import Catalog, Field
from reconciler.model.secret import HIDDEN, Secret


def compute_digest(project: Project, *, catalog: Catalog) -> str:
    """Return `sha256:` and the hash of the resolved declarations and of where each account points.

    File names, positions and the order of files do not count, nor do pacing and time-outs, which change nothing that
    is sent. No secret goes in: of a secret field that it is declared and from which variables, of a credential the name
    of its variable.
    Costs 10 µs a resource, so it is computed where a plan is made, not where files are only checked.
    """
    fields = {key: known.fields for key, known in catalog.resource_types.items() if _hold_secret(known.fields)}
    content = {
        "accounts": {name: _describe_account(account) for name, account in project.accounts.items()},
        "resources": {
            declared.address: _describe_resource(declared, fields.get((declared.provider, declared.kind)))
            for declared in project.resources
        },
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=_name_secret)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _name_secret(value: object) -> str:
    """Write a secret as the variables that it comes from; anything else is no value of a declaration."""
    if isinstance(value, Secret):
        return f"{HIDDEN} {value.name}"
    message = f"{type(value).__name__} cannot be declared"
    raise TypeError(message)


def _describe_account(account: Account) -> list[str]:
    return [account.provider, account.base_url, account.credential, account.region, account.generation, account.clear]


def _describe_resource(declared: Declared, fields: Mapping[str, Field] | None) -> list[Json]:
    identity = declared.identity.parts if declared.identity else None
    spec = _withhold(declared.spec, fields) if fields else declared.spec
    return [declared.account, identity, declared.match, spec, declared.protect]


def _hold_secret(fields: Mapping[str, Field]) -> bool:
    return any(known.secret or _hold_secret(known.fields) for known in fields.values())


def _withhold(values: Mapping[str, Json], fields: Mapping[str, Field]) -> dict[str, Json]:
    return {key: _withhold_value(value, fields.get(key)) for key, value in values.items()}


def _withhold_value(value: Json, known: Field | None) -> Json:
    if known and known.secret:
        return value if isinstance(value, Secret) else HIDDEN
    return _withhold(value, known.fields) if known and isinstance(value, dict) else value
