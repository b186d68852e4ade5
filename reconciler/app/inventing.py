"""Make up what declarations take from live objects, for a sandbox that has nothing but declarations to begin with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.engine.references import list_sources, resolve, sort_by_references
from reconciler.model.live import Present, Reading
from reconciler.model.paths import MISSING, FieldPath, Json, pick
from reconciler.model.project import Declared
from reconciler.model.reference import Reference
from reconciler.model.resource_type import Catalog, Identity


@dataclass(frozen=True, slots=True)
class Invented:
    """Plain declarations, and by address the fields that an object must hold because others take them."""

    resources: tuple[Declared, ...]
    fields: Mapping[str, Mapping[str, Json]]


def invent_live(
    resources: Sequence[Declared], *, catalog: Catalog, identify: Callable[[Declared], Identity]
) -> Invented:
    """Return declarations in which every value that only a live object tells is made up, in the order of references.

    `identify` makes up the identity of a resource of which only some natural keys are declared.
    """
    if not any(declared.open for declared in resources):
        return Invented(tuple(resources), {})
    readings: dict[str, Reading] = {}
    plain: dict[str, Declared] = {}
    fields = {address: dict(_invent_fields(wanted, resources, catalog)) for address, wanted in _collect(resources)}
    for declared in sort_by_references(resources):
        involved = (declared, *(one for one in list_sources([declared], resources) if one != declared))
        resolved = resolve(involved, catalog=catalog, readings=readings).resources[declared.address]
        plain[declared.address] = resolved
        known = {**fields.get(declared.address, {}), **resolved.match, **resolved.spec}
        readings[declared.address] = Present(identify(resolved), known)
    return Invented(tuple(plain[declared.address] for declared in resources), fields)


def _collect(resources: Sequence[Declared]) -> Iterator[tuple[str, list[Reference]]]:
    """Yield the fields that others take of a resource, by its address."""
    wanted: dict[str, list[Reference]] = {}
    for use in (use for declared in resources for use in declared.uses if use.open):
        for reference in use.template.references:
            if not reference.part:
                wanted.setdefault(reference.address, []).append(reference)
    yield from wanted.items()


def _invent_fields(
    wanted: Sequence[Reference], resources: Sequence[Declared], catalog: Catalog
) -> Iterator[tuple[str, Json]]:
    target = next(declared for declared in resources if declared.address == wanted[0].address)
    known, built = catalog.of(target), dict[str, Any]()
    for reference in wanted:
        if pick(target.spec, reference.path) is MISSING:
            _put(built, reference.path, _invent(known.find_field(reference.path).schema, reference))
    yield from built.items()


def _put(built: dict[str, Any], path: FieldPath, value: Json) -> None:
    for key in path[:-1]:
        built = built.setdefault(key, {})
    built.setdefault(path[-1], value)


def _invent(schema: Mapping[str, Json], reference: Reference) -> Json:
    """Make up a value: the first known one, else the smallest of its type, else a text that tells where it comes from."""
    if schema.get("enum"):
        return next(value for value in schema["enum"] if value not in (None, ""))
    named = schema.get("type", "string")
    types = {named} if isinstance(named, str) else set(named)
    if "string" in types or not types:
        return f"{reference}"
    if types & {"integer", "number"}:
        return schema.get("minimum", 1)
    if "boolean" in types:
        return False
    return {} if "object" in types else []
