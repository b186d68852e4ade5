"""Tell whose value a change brings: by a reference, or because a plain id or phone number is that of a declared resource."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from reconciler.config.references.names import trace_fields
from reconciler.model.field import ANY
from reconciler.model.live import LiveState, Present
from reconciler.model.paths import FieldPath, Json, Missing
from reconciler.model.plan import Change, Update
from reconciler.model.project import Account, Declared
from reconciler.model.resource_type import Catalog, Identity, ResourceType

_PHONE = "phone"


class Owners:
    """The resources of a project by what others call them: host, kind and id, or a phone number."""

    def __init__(
        self, resources: Iterable[Declared], *, live: LiveState, catalog: Catalog, accounts: Mapping[str, Account]
    ) -> None:
        self._catalog = catalog
        self._accounts = accounts
        self._names: dict[tuple[str, str, str], str] = {}
        for declared in resources:
            reading = live.readings.get(declared.address)
            identity = reading.identity if isinstance(reading, Present) else declared.identity
            for name in self._list_names(declared, identity):
                self._names.setdefault(name, declared.address)

    def _type_of(self, declared: Declared) -> ResourceType:
        return self._catalog.of(declared)

    def _list_names(self, declared: Declared, identity: Identity | None) -> Iterator[tuple[str, str, str]]:
        known = self._type_of(declared)
        if identity is None or len(known.identity) > 1:
            return
        ((_, value),) = identity.parts
        yield self._accounts[declared.account].base_url, declared.kind, value
        if known.phone_number and known.identity[0].field == known.phone_number:
            yield "", _PHONE, value

    def find(self, declared: Declared, path: FieldPath, value: Json | Missing) -> tuple[str, ...]:
        """Name the resources that a value of a field is the id of, or whose phone number it is."""
        known = self._type_of(declared)
        traced = trace_fields(known, path)
        last = traced[-1] if len(traced) == len(path) else ANY
        host = self._accounts[declared.account].base_url
        named = [(host, reference.kind, text) for reference, text in last.list_references(value)]
        if path == (known.phone_number,) and isinstance(value, str):
            named.append(("", _PHONE, value))
        found = map(self._names.get, named)
        return tuple(dict.fromkeys(address for address in found if address and address != declared.address))

    def note(self, update: Update, declared: Declared) -> Update:
        """Return the update with the owners of all its values."""
        changes = tuple(self._note_change(change, declared) for change in update.changes)
        return replace(update, changes=changes)

    def _note_change(self, change: Change, declared: Declared) -> Change:
        referred = _list_referred(change.path, declared)
        before = self.find(declared, change.path, change.before)
        owners = referred or self.find(declared, change.path, change.after)
        return replace(change, owners=owners, owner_before=", ".join(before)) if owners or before else change


def _list_referred(path: FieldPath, declared: Declared) -> tuple[str, ...]:
    """Name the resources that a field takes values from by references, in it or below it."""
    uses = (use for use in declared.uses if use.section == "spec")
    return tuple(
        dict.fromkeys(
            reference.address
            for use in uses
            if use.path[: len(path)] == path[: len(use.path)]
            for reference in use.template.references
        )
    )
