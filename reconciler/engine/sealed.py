"""Compare secrets without keeping them: the ledger holds fingerprints, git's variables hold the values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from reconciler.engine.normal_form import normalise
from reconciler.model.ledger import Applied, Ledger
from reconciler.model.paths import Json
from reconciler.model.plan import Change, Update
from reconciler.model.project import Declared
from reconciler.model.resource_type import Catalog, ResourceType
from reconciler.model.secret import Secret, seal

Fingerprint = Callable[[Secret], str]


def recognise_secrets(
    ledger: Ledger, resources: Sequence[Declared], *, catalog: Catalog, fingerprint: Fingerprint
) -> Ledger:
    """Return the ledger with each fingerprint replaced by the declared secret that it is the fingerprint of.

    A fingerprint of another value stays as it is: it equals nothing, which is right.
    """
    known = dict(ledger.entries)
    for declared in resources:
        entry = known.get(declared.address)
        names = _list_secrets(catalog.resource_types[declared.provider, declared.kind], declared)
        if entry is not None and names:
            known[declared.address] = _recognise(entry, declared, names, fingerprint)
    return replace(ledger, entries=known)


def _list_secrets(resource_type: ResourceType, declared: Declared) -> tuple[str, ...]:
    return tuple(name for name in declared.spec if resource_type.fields[name].secret)


def _recognise(entry: Applied, declared: Declared, names: Sequence[str], fingerprint: Fingerprint) -> Applied:
    fields: dict[str, Json] = dict(entry.fields)
    for name in names:
        sealed = seal(declared.spec[name])
        if sealed is not None and fields.get(f"/{name}") == fingerprint(sealed):
            fields[f"/{name}"] = declared.spec[name]
    return replace(entry, fields=fields)


def seal_fields(resource_type: ResourceType, fields: Mapping[str, Json]) -> dict[str, Json]:
    """Return fields by name in normal form with the secret ones sealed, ready to be kept."""
    sealed: dict[str, Json] = {}
    for name, value in fields.items():
        known = resource_type.fields[name]
        normal = normalise(known, value)
        sealed[name] = seal(normal) if known.secret else normal
    return sealed


def fill_secrets(update: Update, declared: Declared, *, resource_type: ResourceType) -> Update:
    """Return an update of a saved plan with its secrets, which a plan never holds, taken from the declaration."""
    secrets = {
        change.path[0]: normalise(resource_type.fields[change.path[0]], declared.spec[change.path[0]])
        for change in update.changes
        if change.secret and change.after is not None
    }
    if not secrets:
        return update
    changes = tuple(_fill(change, secrets) for change in update.changes)
    body = {name: secrets.get(name, value) for name, value in update.request.body.items()}
    return replace(update, changes=changes, request=replace(update.request, body=body))


def _fill(change: Change, secrets: Mapping[str, Json]) -> Change:
    return replace(change, after=secrets[change.path[0]]) if change.path[0] in secrets else change
