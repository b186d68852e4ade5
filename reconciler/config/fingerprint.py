"""Compute the fingerprint of what a project declares."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping

from reconciler.model.exemption import Exemption
from reconciler.model.field import Field
from reconciler.model.paths import MISSING, Json
from reconciler.model.project import Account, Declared, Project
from reconciler.model.reference import Template
from reconciler.model.resource_type import Catalog, ResourceType
from reconciler.model.secret import HIDDEN, Secret


def compute_digest(project: Project, *, catalog: Catalog) -> str:
    """Return `sha256:` and the hash of the resolved declarations and of where each account points.

    File names, positions and the order of files do not count, nor do pacing and time-outs, which change nothing that
    is sent. No secret goes in: of a secret field that it is declared and from which variables, of a credential the name
    of its variable.
    Costs 10 µs a resource, so it is computed where a plan is made, not where files are only checked.
    """
    secretive = {known.key for known in catalog.all_types if any(each.holds_secret for each in known.fields.values())}
    content = {
        "accounts": {name: _describe_account(account) for name, account in project.accounts.items()},
        "resources": {
            declared.address: _describe_resource(declared, catalog.of(declared), secretive)
            for declared in project.resources
        },
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=_name_value)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _name_value(value: object) -> str:
    """Write a secret as the variables that it comes from, a reference as it stands; anything else cannot be declared."""
    if isinstance(value, Secret):
        return f"{HIDDEN} {value.name}"
    if isinstance(value, Template):
        return str(value)
    message = f"{type(value).__name__} cannot be declared"
    raise TypeError(message)


def _describe_account(account: Account) -> list[str]:
    return [
        account.provider,
        account.base_url,
        account.credential,
        account.region,
        account.generation,
        account.clear,
        *sorted(map(str, account.clear_fields.items())),
    ]


def _describe_resource(declared: Declared, known: ResourceType, secretive: Collection[object]) -> list[Json]:
    identity = declared.identity.parts if declared.identity else None
    spec: Mapping[str, Json] = declared.spec
    if known.key in secretive:
        spec = {name: _withhold(value, known.find_field((name,))) for name, value in spec.items()}
    written: list[Json] = [declared.account, identity, declared.match, spec, declared.protect]
    written += [[f"{use.section} {use.path} {use.template}" for use in declared.uses]] if declared.uses else []
    return [*written, *(_describe_exemption(each, known) for each in declared.exemptions)]


def _describe_exemption(exemption: Exemption, known: ResourceType) -> list[Json]:
    value = None if exemption.value is MISSING else _withhold(exemption.value, known.find_field(exemption.path))
    return [exemption.path, value, exemption.until, exemption.reason]


def _withhold(value: Json, known: Field) -> Json:
    if known.secret and not isinstance(value, dict):
        return value if isinstance(value, Secret) or value is None else HIDDEN
    return (
        {key: _withhold(inner, known.child(key)) for key, inner in value.items()} if isinstance(value, dict) else value
    )
