"""Draft the declaration of a live object: its name, how it is found, and the fields that can be declared as they are."""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from anyascii import anyascii

from reconciler.app.workspace import Workspace
from reconciler.config.text.writing import Noted, Spelled, find_obstacle
from reconciler.config.values.validate import Knowledge
from reconciler.engine.normal_form import read_field
from reconciler.model.field import Field
from reconciler.model.live import Present
from reconciler.model.paths import MISSING, FieldPath, Json
from reconciler.model.project import Account, Declared
from reconciler.model.resource_type import Identity, ResourceType
from reconciler.model.spoiled import find_spoiled
from reconciler.report.declarations.pulled import Pulled

_PICTURES: Final = ("So", "Sk")
"""Categories of signs that have a name and no sound: emoji and the like."""
_LONGEST_NAME: Final = 60
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LONGEST_TITLE: Final = 80
_Place: TypeAlias = tuple[str, str]
"""Account and group."""
_TO_FILL: Final = Noted(Spelled(""), "fill this in: it is sent with every change")


class Drafter:
    """Draft the resources of one kind; every name is given once."""

    def __init__(
        self,
        workspace: Workspace,
        kind: str,
        *,
        all_fields: bool,
        headed: bool,
        taken: set[str],
        users: Mapping[str, str],
        claims: Mapping[tuple[str, str], Sequence[str]],
    ) -> None:
        """`headed` tells that the account stands at the top of the file; `users` names the only user of an id.

        `claims` keeps names for objects: provider and the name that one would get -> the names that the first such ones get.
        """
        accounts = workspace.project.accounts.values()
        catalog = workspace.catalog
        offers = [account for account in accounts if catalog.find(account.provider, kind, account.generation)]
        self._accounts = [account.name for account in accounts]
        self._ambiguous = len(offers) > 1
        self._titles = {name: provider.title for name, provider in catalog.providers.items()}
        self._knowledge = {known.key: Knowledge(known) for known in catalog.all_types if known.kind == kind}
        self._kind = kind
        self._all_fields, self._headed = all_fields, headed
        self._taken: dict[str, _Place | None] = dict.fromkeys(taken)
        self._users = users
        self._claims = {key: deque(names) for key, names in claims.items()}

    def sort_key(self, account: Account, known: ResourceType, present: Present) -> tuple[object, ...]:
        """Order objects by name, account and id, so that two pulls of the same state are the same file.

        Those without a name come last: what they are called after may be taken by then.
        """
        label = slugify(known.read_label(present.value))
        return not label, order_names(label), self._accounts.index(account.name), present.identity.parts

    def draft(self, account: Account, known: ResourceType, present: Present, declared: Declared | None) -> Pulled:
        """Draft one resource. One that is declared keeps its name."""
        label = known.read_label(present.value)
        group = "/".join(present.identity[part] for part in known.list.group)
        place = (account.name, group)
        name = (
            declared.address.partition(".")[2]
            if declared
            else self._choose_name(label, present.identity, place, known.provider)
        )
        body: dict[str, Json] = {"account": account.name} if self._ambiguous and not self._headed else {}
        body["id"] = present.identity.as_json()
        fields = _Fields(self._knowledge[known.key], account, present, all_fields=self._all_fields)
        spec, remarks = fields.choose()
        missing = [companion for companion in known.companions if companion not in spec]
        return Pulled(
            kind=self._kind,
            name=name,
            body=body,
            spec={**spec, **dict.fromkeys(missing, _TO_FILL)},
            title=self._choose_title(name, label, present.identity) if known.label not in spec else "",
            remarks=tuple(remarks),
            inert=bool(missing),
            account=account.name,
            about=tuple(_remark(known, present, self._titles[known.provider])),
            group=group,
        )

    @staticmethod
    def _choose_title(name: str, label: str, identity: Identity) -> str:
        """Return the label for a comment, where neither the name nor the id shows it."""
        shown = {name, *(value for _, value in identity.parts)}
        return "" if label in shown else label[:_LONGEST_TITLE]

    def _name_by_id(self, own: str) -> str:
        plain = slugify(own) or "unnamed"
        return f"{self._kind.rstrip('s').replace('_', '-')}-{plain[:8]}" if _UUID.fullmatch(own) else plain

    def _choose_name(self, label: str, identity: Identity, place: _Place, provider: str) -> str:
        """Choose a name as people would: by the label, else by the only object that uses it, else by kind and id.

        Of two with one name the second gets a number; one of another group or account gets the name of that instead.
        """
        own = identity.parts[-1][1]
        wanted = slugify(label) or slugify(self._users.get(own, "")) or self._name_by_id(own)
        if kept := self._claims.get((provider, wanted)):
            return kept.popleft()
        rival = self._taken.get(wanted)
        if rival and rival != place:
            wanted = f"{wanted}-{slugify(place[1] if rival[0] == place[0] else place[0])}".rstrip("-")
        name, number = wanted, 2
        while name in self._taken:
            name, number = f"{wanted}-{number}", number + 1
        self._taken[name] = place
        return name


def _remark(known: ResourceType, present: Present, title: str) -> Iterator[str]:
    """Say what cannot be read of an object of a type, and of its branch where there are several."""
    unread = dict(_list_unread(known, present))
    secret = [path for path, each in unread.items() if each.secret]
    hidden = [path for path, each in unread.items() if not each.secret]
    unseen = [companion for companion in known.companions if companion in hidden]
    if secret:
        yield f"Secrets are not here: {', '.join(secret)}. Declare them as ${{secret.NAME}}."
    if hidden:
        yield f"{title} does not show these fields, so they are not here: {', '.join(hidden)}."
    if unseen:
        yield f"It demands {', '.join(unseen)} with every change: add that to spec before you own any field."
        yield "What an apply sends then overwrites what the console has, which nobody can see from here."


def _list_unread(known: ResourceType, present: Present) -> Iterator[tuple[str, Field]]:
    """Yield what could be declared of an object and cannot be read, at any depth, by the path as people write it."""
    absent, branch = _list_foreign(known, present), known.choose_branch(present.value) if known.union else None
    for name, field in known.fields.items():
        own = (branch or {}).get(name, field)
        found: list[FieldPath] = []
        for path, below in own.walk((name,)) if own.writable and name not in absent else ():
            if not below.readable and below.writable and not any(path[: len(above)] == above for above in found):
                found.append(path)
                yield ".".join(path), below


def _list_foreign(known: ResourceType, present: Present) -> frozenset[str]:
    """List the fields that only objects of another branch of the union have."""
    branch = known.choose_branch(present.value)
    return known.union.own_names() - branch.keys() if known.union and branch is not None else frozenset()


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
        foreign = _list_foreign(self._known, self._present)
        for field in self._known.fields.values():
            value = MISSING if field.name in foreign else self._read(field)
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
        spoiled = find_spoiled(value)
        obstacle = f"what was answered {spoiled}" if spoiled else find_obstacle(value)
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


def find_users(known: ResourceType, live: Mapping[str, Json]) -> Iterator[str]:
    """Yield the ids of the objects that a live object uses."""
    for field in known.fields.values():
        yield from (value for _, value in field.list_references(read_field(field, live)))


def find_id_obstacle(known: ResourceType, identity: Identity) -> str:
    """Say why an id cannot be declared; empty where it can. The rules are those of `config.identities`."""
    for part, (_, text) in zip(known.identity, identity.parts, strict=True):
        if text in part.reserved:
            return f"{text!r} is a word of the vendor's API"
        odd = not text.isprintable() or not text.strip(" .")
        if odd or (part.pattern and not re.fullmatch(part.pattern, text)):
            return f"its {part.name} does not have the known form"
    return ""


def order_names(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return what names are sorted by: numbers within them count as numbers, so that line-2 comes before line-10."""
    parts = [part for part in re.split(r"([0-9]+)", name) if part]
    return tuple((0, int(part), part) if part.isdigit() else (1, 0, part) for part in parts)


def slugify(text: str) -> str:
    """Make a name of a label: small Latin letters, digits and hyphens."""
    letters = "".join(sign for sign in text if unicodedata.category(sign) not in _PICTURES)
    return re.sub(r"[^a-z0-9]+", "-", anyascii(letters).lower())[:_LONGEST_NAME].strip("-")
