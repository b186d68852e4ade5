"""Draft the declaration of a live object: its name, how it is found, and the fields that can be declared as they are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Final

from reconciler.app.workspace import Workspace
from reconciler.config.text.writing import find_obstacle
from reconciler.config.values.validate import Knowledge
from reconciler.engine.normal_form import read_field
from reconciler.model.field import Field
from reconciler.model.live import Present
from reconciler.model.paths import MISSING, Json
from reconciler.model.project import Account, Declared
from reconciler.model.resource_type import Identity, ResourceType
from reconciler.report.declarations.pulled import Pulled

_LONGEST_NAME: Final = 60
_LONGEST_TITLE: Final = 80


class Drafter:
    """Draft the resources of one kind; every name is given once."""

    def __init__(self, workspace: Workspace, kind: str, *, all_fields: bool, taken: set[str]) -> None:
        accounts = workspace.project.accounts.values()
        catalog = workspace.catalog
        offers = [account for account in accounts if catalog.find(account.provider, kind, account.generation)]
        self._ambiguous = len(offers) > 1
        self._knowledge = {known.key: Knowledge(known) for known in catalog.all_types if known.kind == kind}
        self._kind = kind
        self._all_fields = all_fields
        self._taken = set(taken)

    def sort_key(self, known: ResourceType, present: Present) -> tuple[str, tuple[tuple[str, str], ...]]:
        """Order objects by name, then by id, so that two pulls of the same state are the same file."""
        return _slugify(_read_label(known, present)), present.identity.parts

    def draft(self, account: Account, known: ResourceType, present: Present, declared: Declared | None) -> Pulled:
        """Draft one resource. One that is declared keeps its name."""
        label = _read_label(known, present)
        name = declared.address.partition(".")[2] if declared else self._choose_name(label, present.identity)
        body: dict[str, Json] = {"account": account.name} if self._ambiguous else {}
        body["id"] = present.identity.as_json()
        fields = _Fields(self._knowledge[known.key], account, present, all_fields=self._all_fields)
        spec, remarks = fields.choose()
        missing = [companion for companion in known.companions if companion not in spec]
        return Pulled(
            kind=self._kind,
            name=name,
            body=body,
            spec=spec,
            title=label[:_LONGEST_TITLE] if known.label not in spec and name != label else "",
            remarks=tuple(remarks),
            inert=bool(missing),
        )

    def _choose_name(self, label: str, identity: Identity) -> str:
        wanted = _slugify(label) or _slugify(identity.parts[-1][1]) or "unnamed"
        name, number = wanted, 2
        while name in self._taken:
            name, number = f"{wanted}-{number}", number + 1
        self._taken.add(name)
        return name

    def remark(self, known: ResourceType) -> Iterator[str]:
        """Say what cannot be read of any object of a type."""
        hidden = [name for name, each in known.fields.items() if each.writable and not each.readable]
        if hidden:
            yield f"{known.provider} does not show these fields, so they are not here: {', '.join(hidden)}."
        unseen = [companion for companion in known.companions if companion in hidden]
        if unseen:
            yield f"It demands {', '.join(unseen)} with every change: add that to spec before you own any field."


class _Fields:
    """Choose what `spec` may hold of one live object."""

    def __init__(self, knowledge: Knowledge, account: Account, present: Present, *, all_fields: bool) -> None:
        self._knowledge = knowledge
        self._known = knowledge.resource_type
        self._account = account
        self._present = present
        self._all = all_fields

    def choose(self) -> tuple[dict[str, Json], list[str]]:
        """Return the fields to declare, and remarks on those that cannot be."""
        spec: dict[str, Json] = {}
        remarks: list[str] = []
        union = self._known.union
        branch = union.choose(self._present.value) if union else None
        hidden = union.own_names() - branch.keys() if union and branch is not None else frozenset[str]()
        for field in self._known.fields.values():
            value = MISSING if field.name in hidden else self._read(field)
            if value is MISSING:
                continue
            obstacle = self._find_obstacle(field, value)
            if obstacle:
                remarks.append(f"{field.name} is left out: {obstacle}.")
            else:
                spec[field.name] = value
        return spec, remarks

    def _read(self, field: Field) -> Json:
        """Return the value to declare; MISSING where there is none. Not set is declared only where all is asked for."""
        if not field.writable or not field.readable or (field.moves and not self._all):
            return MISSING
        value = read_field(field, self._present.value)
        if value is None:
            clears = field.clearing == "null" or (
                field.clearing == "account" and self._account.clear_of(field.name) != "refuse"
            )
            return None if self._all and clears else MISSING
        return _keep_writable(field, value)

    def _find_obstacle(self, field: Field, value: Json) -> str:
        obstacle = find_obstacle(value)
        if obstacle:
            return obstacle
        fits = value is None or self._knowledge.validator.is_valid({field.name: value})
        return "" if fits else "the live value is not one that may be declared"


def _keep_writable(field: Field, value: Json) -> Json:
    """Leave out what the vendor sets within a nested object, and secrets."""
    if not field.fields or not isinstance(value, Mapping):
        return value
    known = field.fields
    return {
        name: _keep_writable(known[name], below) if name in known else below
        for name, below in value.items()
        if name not in known or (known[name].writable and not known[name].secret)
    }


def find_id_obstacle(known: ResourceType, identity: Identity) -> str:
    """Say why an id cannot be declared; empty where it can. The rules are those of `config.identities`."""
    for part, (_, text) in zip(known.identity, identity.parts, strict=True):
        if text in part.reserved:
            return f"{text!r} is a word of the vendor's API"
        odd = not text.isprintable() or not text.strip(" .")
        if odd or (part.pattern and not re.fullmatch(part.pattern, text)):
            return f"its {part.name} does not have the known form"
    return ""


def _read_label(known: ResourceType, present: Present) -> str:
    value = present.value.get(known.label) if known.label else None
    return value if isinstance(value, str) else ""


def _slugify(text: str) -> str:
    """Make a name of a label: small Latin letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST_NAME].strip("-")
