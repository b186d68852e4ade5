"""Notice where one call would be in two languages: an agent and the voice that it refers to, a recognition and a voice."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from reconciler.engine.normal_form import normalise, read_field
from reconciler.engine.owners import Owners
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.live import LiveState, Present
from reconciler.model.paths import Json
from reconciler.model.project import Declared
from reconciler.model.resource_type import Catalog

_CODE: Final = re.compile(r"([a-z]{2,3})(?:[-_]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Tongue:
    """A field that tells a language, and whether git declares it."""

    declared: Declared
    name: str
    value: str
    language: str

    @property
    def owned(self) -> bool:
        return self.name in self.declared.spec


def find_discords(
    resources: Sequence[Declared], *, known: Sequence[Declared], live: LiveState, catalog: Catalog, owners: Owners
) -> Iterator[Diagnostic]:
    """Yield a warning for each field that tells another language than one beside it, or than a declared object that it uses.

    Of two that differ git declares at least one: what is live on both sides is nobody's mistake here. Accents do not count.
    """
    by_address = {declared.address: declared for declared in known}
    for declared in resources:
        tongues = list(_list_tongues(declared, live=live, catalog=catalog))
        used = _list_used(declared, live=live, catalog=catalog, owners=owners)
        lent = [
            tongue
            for name in used
            if name in by_address
            for tongue in _list_tongues(by_address[name], live=live, catalog=catalog)
        ]
        pairs = [(one, other) for place, one in enumerate(tongues) for other in (*tongues[place + 1 :], *lent)]
        yield from (_warn(one, other) for one, other in pairs if _is_discord(one, other))


def _list_tongues(declared: Declared, *, live: LiveState, catalog: Catalog) -> Iterator[_Tongue]:
    for name, field in catalog.of(declared).fields.items():
        if field.tells_language:
            value = _find_value(declared, name, live=live, catalog=catalog)
            found = _CODE.match(value) if isinstance(value, str) else None
            if isinstance(value, str) and found:
                yield _Tongue(declared, name, value, found[1].lower())


def _find_value(declared: Declared, name: str, *, live: LiveState, catalog: Catalog) -> Json:
    """Return what a field will be: what git declares, else what is live."""
    field, reading = catalog.of(declared).fields[name], live.readings.get(declared.address)
    if name in declared.spec:
        return normalise(field, declared.spec[name])
    return read_field(field, reading.value) if isinstance(reading, Present) else None


def _list_used(declared: Declared, *, live: LiveState, catalog: Catalog, owners: Owners) -> Iterator[str]:
    """Name the declared resources that a resource refers to and that tell a language themselves."""
    known = catalog.of(declared)
    for name, field in known.fields.items():
        other = catalog.find(known.provider, field.reference.kind, known.api) if field.reference else None
        if other and any(below.tells_language for below in other.fields.values()):
            yield from owners.find(declared, (name,), _find_value(declared, name, live=live, catalog=catalog))


def _is_discord(one: _Tongue, other: _Tongue) -> bool:
    return one.language != other.language and (one.owned or other.owned)


def _warn(one: _Tongue, other: _Tongue) -> Diagnostic:
    first, second = (one, other) if one.owned else (other, one)
    where = "" if first.declared is second.declared else f" of {second.declared.address}"
    return Diagnostic(
        code="language-differs",
        message=f"{first.declared.address}: {first.name} is {first.value}, but {second.name}{where} is {second.value}",
        severity=Severity.WARNING,
        advice="Choose two of one language, unless callers are meant to hear another one than they speak.",
        location=first.declared.locate((first.name,)),
        address=first.declared.address,
        path=f"/{first.name}",
    )
