"""Compare secrets without keeping them: the ledger holds fingerprints, git's variables hold the values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from reconciler.engine.normal_form import normalise
from reconciler.model.field import ANY
from reconciler.model.ledger import Applied, Ledger
from reconciler.model.paths import Json, format_pointer, pick
from reconciler.model.plan import Update
from reconciler.model.project import Declared
from reconciler.model.resource_type import Catalog, ResourceType
from reconciler.model.secret import Secret

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
        resource_type = catalog.of(declared)
        if entry is not None and any(resource_type.find_field((name,)).holds_secret for name in declared.spec):
            known[declared.address] = _recognise(entry, declared, resource_type, fingerprint)
    return replace(ledger, entries=known)


def _recognise(entry: Applied, declared: Declared, resource_type: ResourceType, fingerprint: Fingerprint) -> Applied:
    fields: dict[str, Json] = dict(entry.fields)
    for name, value in seal_fields(resource_type, declared.spec).items():
        pointer = format_pointer((name,))
        if pointer in fields:
            fields[pointer] = _recognise_value(fields[pointer], value, fingerprint)
    return replace(entry, fields=fields)


def _recognise_value(kept: Json, declared: Json, fingerprint: Fingerprint) -> Json:
    if isinstance(declared, Secret):
        return declared if isinstance(kept, str) and kept == fingerprint(declared) else kept
    if isinstance(declared, Mapping) and isinstance(kept, Mapping):
        return {
            key: _recognise_value(value, declared[key], fingerprint) if key in declared else value
            for key, value in kept.items()
        }
    return kept


def seal_fields(resource_type: ResourceType, fields: Mapping[str, Json]) -> dict[str, Json]:
    """Return fields by name in normal form, in which every secret is sealed, ready to be kept."""
    known = resource_type.fields
    return {name: normalise(known.get(name, ANY), value) for name, value in fields.items()}


def fill_secrets(update: Update, declared: Declared, *, resource_type: ResourceType) -> Update:
    """Return an update of a saved plan with its secrets, which a plan never holds, taken from the declaration."""
    sealed = seal_fields(resource_type, declared.spec)
    changes = tuple(
        replace(change, after=_fill(change.after, pick(sealed, change.path))) if change.secret else change
        for change in update.changes
    )
    body = {name: _fill(value, sealed.get(name)) for name, value in update.request.body.items()}
    return replace(update, changes=changes, request=replace(update.request, body=body))


def _fill(planned: Json, declared: Json) -> Json:
    """Put declared secrets where a plan says that there is one; what is not declared stays withheld and is refused."""
    if isinstance(planned, Secret):
        return declared if isinstance(declared, (Secret, Mapping)) else planned
    if isinstance(planned, Mapping) and isinstance(declared, Mapping):
        return {key: _fill(value, declared.get(key)) for key, value in planned.items()}
    return planned
