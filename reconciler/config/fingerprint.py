"""Compute the fingerprint of what a project declares: of all of it, and of each resource."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import replace

from reconciler.config.references.fill import take_declared
from reconciler.model.exemption import Exemption
from reconciler.model.field import Field
from reconciler.model.paths import MISSING, Json, pick
from reconciler.model.project import Account, Declared, Project
from reconciler.model.reference import Reference, Template
from reconciler.model.resource_type import Catalog, ResourceType
from reconciler.model.secret import HIDDEN, Secret


def compute_digest(project: Project, *, catalog: Catalog) -> str:
    """Return `sha256:` and the hash of the resolved declarations and of where each account points.

    File names, positions and the order of files do not count, nor do pacing and time-outs, which change nothing that
    is sent. No secret goes in: of a secret field that it is declared and from which variables, of a credential the name
    of its variable.
    Costs 10 µs a resource, so it is computed where a plan is made, not where files are only checked.
    """
    secretive = _list_secretive(catalog)
    content = {
        "accounts": {name: _describe_account(account) for name, account in project.accounts.items()},
        "resources": {
            declared.address: _describe_resource(declared, catalog.of(declared), secretive)
            for declared in project.resources
        },
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=_name_value)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def digest_resources(project: Project, *, catalog: Catalog, key: bytes) -> dict[str, str]:
    """Return a hash of what each resource comes to, by address: where two are equal, the same is read and sent.

    In it go the values that references bring, not how they are written; where only what is live tells one, the object goes
    in that it is taken from. So does all of the account that decides where a request goes and what it holds. Of a secret
    there is a fingerprint with `key`: the text around it counts as well, and what comes of it tells nothing without the key.
    """
    return _Digester(project, catalog, key).digest_all()


class _Digester:
    def __init__(self, project: Project, catalog: Catalog, key: bytes) -> None:
        self._catalog = catalog
        self._key = key
        self._declared = {declared.address: declared for declared in project.resources}
        self._accounts = {name: _describe_account(account) for name, account in project.accounts.items()}
        self._secretive = _list_secretive(catalog)

    def digest_all(self) -> dict[str, str]:
        """Return the hash of each resource."""
        return {address: self._digest(self._describe(declared)) for address, declared in self._declared.items()}

    def _digest(self, content: Json) -> str:
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=self._name_value)
        return hashlib.sha256(text.encode()).hexdigest()

    def _describe(self, declared: Declared) -> list[Json]:
        settled = replace(declared, uses=())
        return [
            _describe_resource(settled, self._catalog.of(declared), self._secretive),
            self._accounts[declared.account],
            declared.sought and declared.sought.keys,
        ]

    def _name_value(self, value: object) -> Json:
        if isinstance(value, Secret):
            return [_name_value(value), value.fingerprint(self._key)]
        return [self._name_part(part) for part in value.parts] if isinstance(value, Template) else _name_value(value)

    def _name_part(self, part: str | Reference) -> Json:
        """Describe a part of a value that is open: what is declared for it, else the live object that it is taken from."""
        if isinstance(part, str):
            return part
        source = self._declared[part.address]
        if part.part:
            value = take_declared(source, part, known=self._catalog.of(source))
        else:
            value = pick(source.spec, part.path)
        if value is not MISSING:
            return ["declared", value]
        found_by = self._describe(replace(source, spec={}, exemptions=(), protect=False))
        return ["live", source.kind, self._digest(found_by), part.part or list(part.path)]


def _list_secretive(catalog: Catalog) -> frozenset[object]:
    return frozenset(
        known.key for known in catalog.all_types if any(each.holds_secret for each in known.fields.values())
    )


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
        account.workspace,
        account.clear,
        *sorted(map(str, account.clear_fields.items())),
        *sorted(map(str, account.widen.items())),
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
