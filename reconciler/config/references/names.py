"""Find out which resource a reference names, and which part or field of it.

Names of resources may hold dots: the longest declared name that a reference begins with is meant, the rest leads to the field.
Keys of a field that hold dots themselves cannot be reached.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from reconciler.config.suggest import find_nearest, list_names, may_suggest, suggest
from reconciler.config.text.source import quote
from reconciler.model.diagnostic import Location
from reconciler.model.field import Field
from reconciler.model.paths import FieldPath
from reconciler.model.project import Declared
from reconciler.model.reference import Reference
from reconciler.model.resource_type import Catalog, ResourceType

_MOST_WORDS: Final = 64
"""How many words of a reference, which dots part, may be the name of a resource."""


class LinkError(Exception):
    """A reference names nothing, or nothing that may stand there; the arguments are those of a diagnostic."""

    def __init__(self, message: str, advice: str, *, code: str = "unknown-reference") -> None:
        super().__init__(message)
        self.code = code
        self.advice = advice


def split_mention(text: str, addresses: Collection[str], *, catalog: Catalog) -> tuple[str, FieldPath]:
    """Return the address and the path that a reference names; raise LinkError where no such resource is declared."""
    kind, _, rest = text.partition(".")
    if kind not in catalog.kinds:
        message = f"{_show(text)}: {quote(kind)} is not a kind of resource"
        raise LinkError(message, suggest(kind, catalog.kinds))
    words = rest.split(".")
    for end in range(min(len(words) - 1, _MOST_WORDS), 0, -1):
        address = f"{kind}.{'.'.join(words[:end])}"
        if address in addresses:
            return address, tuple(words[end:])
    if text in addresses:
        message = f"{_show(text)} does not say which value of {text} it takes"
        raise LinkError(message, f"Write ${{{text}.id}}, or the name of a field in place of `id`.")
    name = ".".join(words[:-1]) or rest
    message = f"{_show(text)}: no resource {kind}.{name} is declared"
    raise LinkError(message, _advise_address(kind, name, addresses) if may_suggest() else "")


def _advise_address(kind: str, name: str, addresses: Collection[str]) -> str:
    known = [address for address in addresses if address.startswith(f"{kind}.")]
    nearest = find_nearest(f"{kind}.{name}", known)
    return f"Did you mean `{nearest}`?" if nearest else f"Declared: {list_names(sorted(known)) or 'none of this kind'}."


def link_mention(text: str, target: Declared, path: FieldPath, *, known: ResourceType, location: Location) -> Reference:
    """Return the reference to a part of the identity or a field; raise LinkError where there is no such one."""
    parts = [part.name for part in known.identity]
    if len(path) == 1 and (path[0] in parts or (path[0] == "id" and len(parts) == 1)):
        return Reference(target.address, location, part=path[0] if path[0] in parts else parts[0], path=path)
    if path == ("id",) and len(parts) > 1:
        wanted = " or ".join(f"${{{target.address}.{part}}}" for part in parts)
        message = f"{_show(text)}: the id of a {known.title} has several parts"
        raise LinkError(message, f"Write {wanted}.")
    _find(text, target, path, known)
    return Reference(target.address, location, path=path)


def _find(text: str, target: Declared, path: FieldPath, known: ResourceType) -> None:
    fields: Mapping[str, Field] = known.fields
    closed = True
    for depth, key in enumerate(path):
        if key not in fields and not closed:
            return
        if key not in fields:
            holder = f"`{'.'.join(path[:depth])}` of {target.address}" if depth else f"{target.address} ({known.title})"
            names = [*fields, *(part.name for part in known.identity)] if depth == 0 else list(fields)
            message = f"{_show(text)}: {holder} has no field {quote(key)}"
            raise LinkError(message, suggest(key, dict.fromkeys(names)))
        closed = bool(fields[key].fields) and not fields[key].schema.get("additionalProperties")
        fields = fields[key].fields


def trace_fields(known: ResourceType, path: FieldPath) -> tuple[Field, ...]:
    """List the fields, and elements of lists, that a path leads through, as far as they are known."""
    traced: list[Field] = []
    for key in path:
        step = _step(traced[-1], key) if traced else known.fields.get(key)
        if step is None:
            break
        traced.append(step)
    return tuple(traced)


def _step(field: Field, key: str) -> Field | None:
    return field.entries if field.entries and key.isdigit() else field.fields.get(key) or field.rest


def _show(text: str) -> str:
    return quote(f"${{{text}}}")
