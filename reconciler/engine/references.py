"""Resolve what declarations alone do not tell: values that resources take from the live state of others.

Declared values were filled in when the configuration was read. Here the rest is, in the order of references, so that a value that
was taken can be taken further. What comes out is plain declarations; nothing after this knows of references.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from reconciler.config.identities import find_problem
from reconciler.config.references.fill import fill, replace_templates, take_declared
from reconciler.config.values.scalars import WrongTypeError
from reconciler.config.values.validate import find_problems
from reconciler.engine.normal_form import read_field
from reconciler.model.diagnostic import Location
from reconciler.model.live import Present, Reading
from reconciler.model.paths import MISSING, FieldPath, Json, Missing, pick
from reconciler.model.plan import Taken
from reconciler.model.project import Declared
from reconciler.model.reference import Reference, Template, Use
from reconciler.model.resource_type import Catalog, Identity, IdentityPart, ResourceType

LOST: Final = "reference-blocked"
"""The code of what cannot be looked for, since the resource that knows its id is not there."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a value could not be taken. `through` is the resource that has none for now, empty where the value is wrong."""

    reason: str
    location: Location
    through: str = ""
    code: str = "reference-empty"
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Resolution:
    """Resources by address, plain as far as that could be; the values that were read for them; what went wrong."""

    resources: Mapping[str, Declared]
    taken: Mapping[str, tuple[Taken, ...]] = field(default_factory=dict)
    troubles: Mapping[str, Trouble] = field(default_factory=dict)


def close(resources: Sequence[Declared], known: Iterable[Declared]) -> tuple[Declared, ...]:
    """Return resources with all that they refer to, directly or through others; these come after them."""
    if not any(declared.uses for declared in resources):
        return tuple(resources)
    by_address = {declared.address: declared for declared in known}
    found = {declared.address: declared for declared in resources}
    queue = deque(resources)
    while queue:
        for address in queue.popleft().refers_to:
            if address not in found and address in by_address:
                found[address] = by_address[address]
                queue.append(by_address[address])
    return tuple(found.values())


def list_sources(resources: Sequence[Declared], known: Iterable[Declared]) -> tuple[Declared, ...]:
    """List the resources whose declarations and live state tell the open values of others, and of each other."""
    by_address = {declared.address: declared for declared in known}
    found: dict[str, Declared] = {}
    queue = [declared for declared in resources if declared.open]
    while queue:
        uses = [use for use in queue.pop(0).uses if use.open]
        for address in (reference.address for use in uses for reference in use.template.references):
            if address not in found:
                found[address] = by_address[address]
                queue.append(by_address[address])
    return tuple(found.values())


def sort_by_references(resources: Sequence[Declared]) -> tuple[Declared, ...]:
    """Return resources so that each comes after those it refers to, and in their own order otherwise."""
    known = {declared.address: declared for declared in resources}
    ordered: dict[str, Declared] = {}
    stack = list(reversed(resources))
    while stack:
        declared = stack[-1]
        ahead = [known[address] for address in declared.refers_to if address in known and address not in ordered]
        if ahead:
            stack += reversed(ahead)
        else:
            ordered.setdefault(stack.pop().address, declared)
    return tuple(ordered.values())


def list_upstream(declared: Declared, known: Mapping[str, Declared]) -> tuple[str, ...]:
    """List what a resource refers to, directly and through others, the nearest first."""
    found = dict.fromkeys(declared.refers_to)
    queue = list(found)
    while queue:
        further = known.get(queue.pop(0))
        for address in further.refers_to if further else ():
            if address not in found:
                found.setdefault(address)
                queue.append(address)
    return tuple(found)


def resolve(resources: Sequence[Declared], *, catalog: Catalog, readings: Mapping[str, Reading]) -> Resolution:
    """Fill in the open values of resources from what was read; what tells these values must be among them."""
    if not any(declared.open for declared in resources):
        return Resolution({declared.address: declared for declared in resources})
    resolver = _Resolver(catalog, readings)
    for declared in sort_by_references(resources):
        resolver.settle(declared)
    return Resolution(
        {declared.address: resolver.resources[declared.address] for declared in resources},
        resolver.taken,
        resolver.troubles,
    )


def read_value(reference: Reference, reading: Present, *, known: ResourceType) -> Json | Missing:
    """Return the live value that a reference names, in normal form; MISSING where the object does not tell it."""
    return pick_live(reading, part=reference.part, path=reference.path, known=known)


def pick_live(reading: Present, *, part: str, path: FieldPath, known: ResourceType) -> Json | Missing:
    """Return a part of a live object's identity, or what it holds at a path, in normal form."""
    if part:
        return reading.identity[part]
    top = read_field(known.fields[path[0]], reading.value)
    return pick(top, path[1:])


class _TroubleError(Exception):
    """Carry a trouble to where it is kept."""

    def __init__(self, trouble: Trouble) -> None:
        self.trouble = trouble


class _Resolver:
    def __init__(self, catalog: Catalog, readings: Mapping[str, Reading]) -> None:
        self._catalog = catalog
        self._readings = readings
        self.resources: dict[str, Declared] = {}
        self.taken: dict[str, tuple[Taken, ...]] = {}
        self.troubles: dict[str, Trouble] = {}

    def settle(self, declared: Declared) -> None:
        """Resolve one resource; those that it refers to were settled before."""
        self.resources[declared.address] = declared
        if not declared.open:
            return
        try:
            resolved, taken = self._resolve(declared)
        except _TroubleError as error:
            self.troubles[declared.address] = error.trouble
        else:
            self.resources[declared.address] = resolved
            self.taken[declared.address] = taken

    def _type_of(self, declared: Declared) -> ResourceType:
        return self._catalog.of(declared)

    def _resolve(self, declared: Declared) -> tuple[Declared, tuple[Taken, ...]]:
        uses = [use for use in declared.uses if use.open]
        values = {use.template: self._fill(use) for use in uses}
        taken = [taken for use in uses for taken in self._note_taken(use)]
        resolved = _identify(declared, values, self._type_of(declared))
        resolved = replace(resolved, spec=replace_templates(declared.spec, values))
        self._check(resolved)
        return resolved, tuple(taken)

    def _fill(self, use: Use) -> Json:
        values = {reference: self._take(reference) for reference in use.template.references}
        try:
            return fill(use.template, values)
        except WrongTypeError as error:
            place, name = use.template.references[0].location, ".".join(use.path) or use.section
            trouble = Trouble(f"{name}: {error}", place, code="wrong-type", advice=error.advice)
            raise _TroubleError(trouble) from error

    def _take(self, reference: Reference) -> Json:
        target = self.resources[reference.address]
        known = self._type_of(target)
        value = take_declared(target, reference, known=known)
        if value is not MISSING:
            return value
        value = self._read(reference, target, known)
        if value is None or value is MISSING or value == "":
            reason = f"{reference} has no value: it is not declared, and nothing is live there"
            advice = f"Declare it under `spec` of {target.address}, or write the value itself."
            raise _TroubleError(Trouble(reason, reference.location, advice=advice))
        return value

    def _read(self, reference: Reference, target: Declared, known: ResourceType) -> Json | Missing:
        reading = self._readings.get(target.address)
        if not isinstance(reading, Present) or target.address in self.troubles:
            reason = f"it takes {reference}, which is not known"
            raise _TroubleError(Trouble(reason, reference.location, through=target.address, code=LOST))
        return read_value(reference, reading, known=known)

    def _note_taken(self, use: Use) -> Iterator[Taken]:
        """Note what came from live objects, so that it can be looked at again before it is written."""
        for reference in use.template.references:
            target = self.resources[reference.address]
            known = self._type_of(target)
            reading = self._readings.get(target.address)
            if isinstance(reading, Present) and take_declared(target, reference, known=known) is MISSING:
                yield Taken(
                    address=target.address,
                    provider=target.provider,
                    account=target.account,
                    kind=target.kind,
                    generation=target.generation,
                    identity=reading.identity,
                    path=reference.path,
                    part=reference.part,
                    value=read_value(reference, reading, known=known),
                    match=dict(target.match),
                    into=use.path[:1] if use.section == "spec" else (),
                )

    def _check(self, declared: Declared) -> None:
        """Hold what was filled in to the schema, as declared values were when the configuration was read."""
        for problem in find_problems(self._type_of(declared), declared.spec):
            for use in declared.uses:
                path = tuple(map(str, problem.path))
                if use.open and use.section == "spec" and path[: len(use.path)] == use.path[: len(path)]:
                    place = use.template.references[0].location
                    trouble = Trouble(
                        f"{problem.message} (from {use.template})", place, code=problem.code, advice=problem.advice
                    )
                    raise _TroubleError(trouble)


def _identify(declared: Declared, values: Mapping[Template, Json], known: ResourceType) -> Declared:
    """Return the resource with the identity or match that was sought."""
    sought = declared.sought
    if sought is None:
        return declared
    parts = {part.name: part for part in known.identity}
    keys = tuple((name, _fill_key(written, values, parts.get(name))) for name, written in sought.keys)
    if sought.section == "id":
        return replace(
            declared, identity=Identity(tuple((name, parts[name].spell(text)) for name, text in keys)), sought=None
        )
    return replace(declared, match=dict(keys), sought=None)


def _fill_key(written: str | Template, values: Mapping[Template, Json], part: IdentityPart | None) -> str:
    """Return one key; raise a trouble where what was taken cannot be that part of an identity."""
    if isinstance(written, str):
        return written
    text = str(values[written])
    problem = find_problem(text, part) if part else None
    if part and problem:
        place = written.references[0].location
        raise _TroubleError(Trouble(problem, place, code="bad-identity", advice=part.description))
    return text
