"""Take what is ignored for a while out of what git owns, and tell what differs there all the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.engine.diff import compare_field
from reconciler.engine.normal_form import normalise, read_field
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.exemption import Exemption, Ignored
from reconciler.model.ledger import Applied
from reconciler.model.live import LiveState, Present
from reconciler.model.paths import FieldPath, Json, Missing, pick
from reconciler.model.project import Declared
from reconciler.model.reference import Template
from reconciler.model.resource_type import Catalog


def exempt(declared: Declared, *, today: str) -> Declared:
    """Return a resource without the fields that are ignored today: git does not own them until the day has passed.

    Days are ISO 8601, which sorts as it counts. What has expired is owned again, and no longer among the exemptions.
    """
    if not declared.exemptions:
        return declared
    active = tuple(
        replace(each, value=_show_template(pick(declared.spec, each.path)))
        for each in declared.exemptions
        if today <= each.until
    )
    spec: Mapping[str, Json] = declared.spec
    for each in active:
        spec = _drop(spec, each.path)
    paths = [each.path for each in active]
    uses = tuple(use for use in declared.uses if use.section != "spec" or not _lies_below(use.path, paths))
    return replace(declared, spec=spec, exemptions=active, uses=uses)


def _show_template(value: Json | Missing) -> Json | Missing:
    """Return a reference that only what is live would tell as it was written: nothing is read for what is not sent."""
    return str(value) if isinstance(value, Template) else value


def _lies_below(path: FieldPath, above: Sequence[FieldPath]) -> bool:
    return any(path[: len(each)] == each for each in above)


def _drop(values: Mapping[str, Json], path: FieldPath) -> dict[str, Json]:
    """Drop what stands at a path, and an object that is empty without it."""
    key, rest = path[0], path[1:]
    kept = {name: value for name, value in values.items() if name != key}
    if not rest or key not in values:
        return kept
    inner = _drop(values[key], rest)
    return {name: inner if name == key else value for name, value in values.items()} if inner else kept


def warn_expiry(resources: Sequence[Declared], *, today: str, soon: str) -> Iterator[Diagnostic]:
    """Warn of every exemption that has expired today, or will have after the day that is `soon`."""
    for declared in resources:
        for each in declared.exemptions:
            if each.until <= soon:
                yield _describe_expiry(declared, each, expired=each.until < today)


def _describe_expiry(declared: Declared, exemption: Exemption, *, expired: bool) -> Diagnostic:
    name = ".".join(exemption.path)
    if expired:
        code, when = "ignore-expired", f"is no longer ignored since {exemption.until} has passed"
        advice = "It is compared and sent like any other field. Remove the entry from `ignore`, or give it another day."
    else:
        code, when = "ignore-expires", f"is ignored until {exemption.until} and no longer"
        advice = "Afterwards it is compared and sent like any other field. Decide which value is right before."
    return Diagnostic(
        code=code,
        message=f"{declared.address}: {name} {when} ({exemption.reason})",
        severity=Severity.WARNING,
        advice=advice,
        location=exemption.location,
        address=declared.address,
    )


def find_ignored(resources: Sequence[Declared], *, catalog: Catalog, live: LiveState) -> tuple[Ignored, ...]:
    """List what differs where it is ignored, as far as the objects could be read."""
    return tuple(
        found
        for declared in resources
        if declared.exemptions
        for found in _compare(declared, live.readings.get(declared.address), catalog)
    )


def _compare(declared: Declared, reading: object, catalog: Catalog) -> Iterator[Ignored]:
    if not isinstance(reading, Present):
        return
    resource_type = catalog.of(declared)
    for exemption in declared.exemptions:
        known = resource_type.find_field(exemption.path[:1])
        wanted: Json = exemption.value
        for key in reversed(exemption.path[1:]):
            wanted = {key: wanted}
        after = normalise(known, wanted)
        for path, before, value in compare_field(known, before=read_field(known, reading.value), after=after):
            yield Ignored(
                address=declared.address,
                account=declared.account,
                path=path,
                declared=value,
                live=before,
                reason=exemption.reason,
                until=exemption.until,
                location=exemption.location,
                secret=resource_type.find_field(path).secret,
            )


def keep_exempt(declared: Declared, entry: Applied | None) -> dict[str, Json]:
    """Return what the ledger says of fields that are ignored whole, by JSON pointer: it stays true until they are owned again."""
    if entry is None or not declared.exemptions:
        return {}
    names = {f"/{each.path[0]}" for each in declared.exemptions if each.path[0] not in declared.spec}
    return {name: value for name, value in entry.fields.items() if name in names}
