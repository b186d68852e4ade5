"""Put references in place of ids that name declared objects, and the name beside those that are only known by it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reconciler.config.text.writing import Noted, Spelled
from reconciler.model.field import Field, Reference
from reconciler.model.live import Present
from reconciler.model.paths import Json
from reconciler.model.resource_type import Identity, ResourceType
from reconciler.report.escape import escape_terminal

_LONGEST_NAME = 80
_NAMES = ("name", "label")
"""Where an expanded object says what people call it."""


@dataclass(frozen=True, slots=True)
class Known:
    """A declared or pulled object that a reference may name."""

    provider: str
    kind: str
    account: str
    identity: Identity
    address: str


class Linker:
    """Know all objects that stand in the files, old and new."""

    def __init__(self, known: Iterable[Known]) -> None:
        self._by_kind: dict[tuple[str, str, str], list[Known]] = {}
        for each in known:
            self._by_kind.setdefault((each.provider, each.account, each.kind), []).append(each)

    def link(self, spec: Mapping[str, Json], *, known: ResourceType, account: str, present: Present) -> dict[str, Json]:
        """Return a `spec` with references and names in it."""
        names = dict(_list_names(known, present.value))
        work = _Work(self, known, account, present.identity, names)
        return {name: work.link(known.fields[name], value) for name, value in spec.items()}

    def find(self, provider: str, account: str, wanted: Reference, *, value: str, own: Identity) -> str:
        """Return the reference to the only object that an id names, "" where there is none."""
        parts = dict(own.parts)
        found = [
            each
            for each in self._by_kind.get((provider, account, wanted.kind), ())
            if _fits(dict(each.identity.parts), wanted, value, parts)
        ]
        if len(found) != 1:
            return ""
        only = found[0]
        part = "id" if len(only.identity.parts) == 1 else _name_part(only.identity, wanted)
        return f"${{{only.address}.{part}}}"


def _fits(candidate: Mapping[str, str], wanted: Reference, value: str, own: Mapping[str, str]) -> bool:
    part = wanted.target if wanted.target in candidate else list(candidate)[-1]
    shared = all(candidate.get(name) == own.get(source) for name, source in wanted.parts.items())
    return candidate[part] == value and shared


def _name_part(identity: Identity, wanted: Reference) -> str:
    names = [name for name, _ in identity.parts]
    return wanted.target if wanted.target in names else names[-1]


@dataclass(frozen=True, slots=True)
class _Work:
    """The linking of one resource."""

    linker: Linker
    known: ResourceType
    account: str
    own: Identity
    names: Mapping[str, str]

    def link(self, field: Field, value: Json) -> Json:
        if isinstance(value, str) and field.reference:
            return self._link_id(field.reference, value)
        if isinstance(value, Mapping):
            return {key: self.link(field.child(key), below) for key, below in value.items()}
        if isinstance(value, list) and field.entries:
            return [self.link(field.entries, each) for each in value]
        return value

    def _link_id(self, wanted: Reference, value: str) -> Json:
        reference = self.linker.find(self.known.provider, self.account, wanted, value=value, own=self.own)
        if reference:
            return Spelled(reference)
        name = self.names.get(value, "")
        return Noted(value, name) if name else value


def _list_names(known: ResourceType, live: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """Yield what expanded objects, and fields that the vendor derives, tell of the names behind ids."""
    for field in known.fields.values():
        yield from _list_expanded(field, live.get(field.live_name))
        for source in field.derived_from:
            held = known.look_up(source, live)
            pointed = known.fields[source].reference if source in known.fields else None
            value = live.get(field.live_name)
            if isinstance(value, str) and value and pointed:
                yield str(held.get(pointed.target) if isinstance(held, Mapping) else held), _show(value)


def _list_expanded(field: Field, value: Json) -> Iterator[tuple[str, str]]:
    if isinstance(value, list) and field.entries:
        for each in value:
            yield from _list_expanded(field.entries, each)
    elif isinstance(value, Mapping) and field.reference:
        name = next((value[key] for key in _NAMES if isinstance(value.get(key), str) and value[key].strip()), "")
        if name:
            yield str(value.get(field.reference.target)), _show(name)


def _show(name: str) -> str:
    return escape_terminal(" ".join(name.split()))[:_LONGEST_NAME]
