"""Tell what a change makes the vendor change too: part of the plan, so that nobody is surprised by it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.engine.normal_form import normalise, read_field, same
from reconciler.model.field import Derivation
from reconciler.model.paths import MISSING, Json, Missing
from reconciler.model.plan import Change, Consequence
from reconciler.model.project import Declared
from reconciler.model.resource_type import ResourceType

_LANGUAGE_PARTS = 2


def find_consequences(
    resource_type: ResourceType, changes: Sequence[Change], live: Mapping[str, Json]
) -> tuple[Consequence, ...]:
    """List the fields that follow from changes, with what they will be; MISSING where only the vendor knows."""
    changed = {change.path[0]: change for change in changes}
    return tuple(_follow(resource_type, changed, live)) if changed else ()


def _follow(
    resource_type: ResourceType, changed: Mapping[str, Change], live: Mapping[str, Json]
) -> Iterator[Consequence]:
    for name, known in resource_type.fields.items():
        source = next((source for source in known.derived_from if source in changed), None)
        if source is None or name in changed:
            continue
        before = read_field(known, live)
        if before is MISSING:
            continue
        after = derive(known.derived_from[source], changed[source].after)
        if not same(before, after):
            yield Consequence(path=(name,), before=before, after=after, source=source)


def derive(rule: Derivation, value: Json) -> Json | Missing:
    """Return what the vendor makes of a field when the one that it follows takes a value."""
    if rule == "null":
        return None
    if rule == "language" and isinstance(value, str) and value.count("-") >= _LANGUAGE_PARTS - 1:
        return "-".join(value.split("-")[:_LANGUAGE_PARTS])
    return MISSING


def list_undone(
    declared: Declared, consequences: Sequence[Consequence], *, resource_type: ResourceType
) -> Iterator[Consequence]:
    """Yield what would follow and is declared otherwise: a change that ends as drift of its own making (law 3)."""
    for consequence in consequences:
        name = consequence.path[0]
        if name in declared.spec:
            wanted = normalise(resource_type.find_field((name,)), declared.spec[name])
            if not same(wanted, consequence.after):
                yield consequence
