"""Tell whether what a reference names may stand where it stands: secrets, types, ids of another kind, what cannot be read."""

from __future__ import annotations

from reconciler.config.references.drafts import Draft
from reconciler.config.references.names import LinkError, trace_fields
from reconciler.config.values.scalars import name_types
from reconciler.model.field import Field
from reconciler.model.paths import MISSING, pick
from reconciler.model.project import Declared
from reconciler.model.reference import Reference
from reconciler.model.resource_type import Catalog, ResourceType

_COLLECTIONS = frozenset({"object", "array"})


def check_fitness(reference: Reference, draft: Draft, owner: Declared, target: Declared, *, catalog: Catalog) -> None:
    """Raise LinkError where a reference may not stand where it does, whatever its value is."""
    known = catalog.of(target)
    source = () if reference.part else trace_fields(known, reference.path)
    place: tuple[Field, ...] = ()
    if draft.section == "spec":
        place = trace_fields(catalog.of(owner), draft.path)
    _check_secrets(reference, draft, source, place)
    _check_readable(reference, target, source)
    _check_types(reference, draft, source)
    _check_kind(reference, draft, owner, target, place, known)


def _check_secrets(reference: Reference, draft: Draft, source: tuple[Field, ...], place: tuple[Field, ...]) -> None:
    """Let a secret go into secret fields only, and nothing but secrets there: what is written in git is none."""
    secret = any(field.secret for field in source) or bool(source and source[-1].holds_secret)
    wanted = any(field.secret for field in place)
    if secret and not wanted:
        message = f"{reference} is secret, and {_name(draft)} is not: its value would be shown"
        raise LinkError(message, "Refer to it from a secret field only.", code="reference-secret")
    if wanted and not (secret and draft.lone):
        message = f"{_name(draft)} is secret, and {reference} is not: it takes a secret and nothing else"
        advice = "Refer to a secret field, alone, or keep the value in a secret of its own."
        raise LinkError(message, advice, code="reference-secret")


def _check_readable(reference: Reference, target: Declared, source: tuple[Field, ...]) -> None:
    hidden = any(field.secret or not field.readable for field in source)
    if hidden and not reference.part and pick(target.spec, reference.path) is MISSING:
        message = f"{reference} cannot be read back, and {target.address} does not declare it"
        advice = f"Declare it under `spec` of {target.address}, or write the value here."
        raise LinkError(message, advice, code="reference-empty")


def _check_types(reference: Reference, draft: Draft, source: tuple[Field, ...]) -> None:
    """Refuse a collection where none may stand, and the other way round; scalars become what their place needs."""
    if reference.part:
        given = frozenset({"string"})
    else:
        given = source[-1].types - {"null"} if len(source) == len(reference.path) else frozenset[str]()
    wanted = draft.types - {"null"} if draft.lone else frozenset({"string"})
    if not given or not wanted or given & wanted:
        return
    if given <= _COLLECTIONS or wanted <= _COLLECTIONS:
        where = f"{_name(draft)} takes" if draft.lone else "a text takes"
        message = f"{where} {name_types(wanted)}, and {reference} is {name_types(given)}"
        raise LinkError(message, "Refer to a field of that type.", code="wrong-type")


def _check_kind(
    reference: Reference,
    draft: Draft,
    owner: Declared,
    target: Declared,
    place: tuple[Field, ...],
    known: ResourceType,
) -> None:
    """Refuse the id of another kind, or of another vendor, where the vendor expects the id of one of its own objects."""
    expected = place[-1].reference if place and len(place) == len(draft.path) else None
    if expected is None or not reference.part or not draft.lone:
        return
    kind = expected.kind
    if kind != target.kind:
        message = f"{_name(draft)} takes the id of one of the {kind}, and {target.address} is none"
        raise LinkError(message, f"Refer to one of the {kind}.", code="wrong-type")
    if owner.provider != target.provider:
        message = f"{_name(draft)} takes an id of {owner.provider}, and {target.address} is at {known.provider}"
        raise LinkError(message, f"Refer to one of the {kind} of {owner.provider}.", code="wrong-type")


def _name(draft: Draft) -> str:
    return ".".join(draft.path) or draft.section
