"""Refuse changes that the vendor's API cannot make, before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from types import MappingProxyType

from reconciler.engine.address import fill
from reconciler.engine.encode import is_merged
from reconciler.engine.follow import find_consequences, list_undone
from reconciler.engine.normal_form import same
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.field import ANY, Field
from reconciler.model.paths import MISSING, FieldPath, Json, format_pointer
from reconciler.model.plan import Change
from reconciler.model.project import Account, Declared
from reconciler.model.resource_type import ResourceType


def find_refusals(
    declared: Declared,
    live: Mapping[str, Json],
    changes: Sequence[Change],
    *,
    resource_type: ResourceType,
    account: Account,
    options: Mapping[tuple[str, str], frozenset[str]],
    missing: Mapping[tuple[str, str, str], str] = MappingProxyType({}),
) -> tuple[Diagnostic, ...]:
    """List why the changes of one resource cannot be made; empty where they can."""
    unserved = _list_unserved(declared, live, resource_type)
    found = [_refuse_unserved(declared, name, resource_type) for name in unserved]
    if not changes:
        return tuple(found)
    for change in changes:
        if change.path[0] in unserved:
            continue
        known = resource_type.find_field(change.path[:1])
        offered = _find_offer(known, declared, account, options) if known.options and known.options.complete else None
        refusal = (
            _refuse_immutable(known, change)
            or _refuse_value(resource_type.find_field(change.path), change)
            or _refuse_clearing(resource_type, change, account)
            or _refuse_option(known, change, offered)
            or _refuse_dangling(resource_type.find_field(change.path), change, account, missing)
        )
        found += [_place(declared, change.path, *refusal)] if refusal else []
    found += _refuse_lost_secrets(declared, live, changes, resource_type)
    found += _refuse_misfits(declared, live, resource_type)
    found += _refuse_unwritable(declared, live, changes, resource_type)
    found += _refuse_undone(declared, live, changes, resource_type)
    found += _refuse_crowded_move(declared, changes, resource_type)
    found += _refuse_lonely(declared, changes, resource_type)
    return tuple(found)


def find_doubts(
    declared: Declared,
    changes: Sequence[Change],
    *,
    resource_type: ResourceType,
    account: Account,
    options: Mapping[tuple[str, str], frozenset[str]],
) -> tuple[Diagnostic, ...]:
    """List what may be refused by the vendor: values that a list does not show which may not be complete."""
    found = []
    for change in changes:
        known = resource_type.find_field(change.path[:1])
        if known.options and not known.options.complete:
            doubt = _refuse_option(known, change, _find_offer(known, declared, account, options))
            found += [replace(_place(declared, change.path, *doubt), severity=Severity.WARNING)] if doubt else []
    return tuple(found)


def _find_offer(
    known: Field, declared: Declared, account: Account, options: Mapping[tuple[str, str], frozenset[str]]
) -> frozenset[str] | None:
    if known.options is None:
        return None
    path = fill(known.options.path, declared.identity) if declared.identity else known.options.path
    return options.get((account.name, path))


Refusal = tuple[str, str, str]
"""Code, message, advice."""


def _place(declared: Declared, path: FieldPath, code: str, message: str, advice: str) -> Diagnostic:
    return Diagnostic(
        code=code,
        message=f"{declared.address}: {message}",
        advice=advice,
        location=declared.locate(path),
        address=declared.address,
        path=format_pointer(path),
    )


def _list_unserved(declared: Declared, live: Mapping[str, Json], resource_type: ResourceType) -> tuple[str, ...]:
    """List the declared fields that this generation of the API does not serve, whatever was applied before."""
    fields = resource_type.fields
    return tuple(
        name
        for name in declared.spec
        if (known := fields.get(name, ANY)).readable and known.absence == "unsupported" and known.live_name not in live
    )


def _refuse_unserved(declared: Declared, name: str, resource_type: ResourceType) -> Diagnostic:
    return _place(
        declared,
        (name,),
        "cannot-manage",
        f"the live object has no {name}, so this generation of the API does not serve it",
        _advise_generation(name, resource_type)
        or f"Remove {name} from spec; our schema describes the generation {resource_type.generation}.",
    )


def _advise_generation(name: str, resource_type: ResourceType) -> str:
    """Name the generation that does not have a field, where there is one: the account is probably at it."""
    fitting = next((other for other in resource_type.others if name not in other.served), None)
    return (
        f'Write `api: "{fitting.api}"` under this account, and remove {name}: the object has that generation\'s shape.'
        if fitting
        else ""
    )


def _refuse_immutable(known: Field, change: Change) -> Refusal | None:
    if not known.immutable:
        return None
    message = f"{known.name} is {change.before!r} and cannot be changed to {change.after!r}"
    return "immutable-field", message, known.advice or f"Declare {known.name} as it is, or remove it from spec."


def _refuse_value(known: Field, change: Change) -> Refusal | None:
    """Refuse a value that a field can have and nobody can give it."""
    for value, reason in known.unwritable:
        if same(value, change.after):
            where = ".".join(change.path)
            message = f"{where} cannot be set to {json.dumps(value)}: {reason}"
            return "not-writable", message, known.advice or f"Remove {where} from spec, or declare it as it is."
    return None


def _refuse_clearing(resource_type: ResourceType, change: Change, account: Account) -> Refusal | None:
    if change.after is not None:
        return None
    known, name = resource_type.find_field(change.path), ".".join(change.path)
    clear = account.clear_of(change.path[0])
    if known.clearing == "null" or (known.clearing == "account" and clear != "refuse"):
        return None
    if len(change.path) > 1 and known.clearing == "refuse":
        return _refuse_dropping(resource_type.find_field(change.path[:-1]), ".".join(change.path[:-1]), name)
    if known.clearing == "account":
        advice = (
            f"How the vendor clears a field is not known. Set `clear: send-null` or `clear: send-empty` on account "
            f"{account.name} once you have seen which works, or clear it in the vendor's console."
        )
        return "cannot-clear", f"{name} cannot be cleared with the account's setting `clear: refuse`", advice
    return (
        "cannot-clear",
        f"{name} cannot be cleared",
        known.advice or "Declare a value, or remove the field from spec.",
    )


def _refuse_dropping(holder: Field, title: str, name: str) -> Refusal | None:
    """Refuse to drop a key of an object where the vendor would keep it, or nobody knows whether it would."""
    if holder.merging in {"merge", "replace"}:
        return None
    why = (
        f"it is not known whether the vendor merges or replaces {title}"
        if holder.merging == "unknown"
        else f"the vendor merges what is sent into {title} and drops no key"
    )
    advice = f"Set {name} to another value, or remove it in the vendor's console."
    return "cannot-clear", f"{name} cannot be removed: {why}", advice


def _refuse_lost_secrets(
    declared: Declared, live: Mapping[str, Json], changes: Sequence[Change], resource_type: ResourceType
) -> Iterator[Diagnostic]:
    """Refuse to send an object whole whose secrets git does not declare: the live ones may be masked, so they never travel."""
    for name in dict.fromkeys(change.path[0] for change in changes):
        top = resource_type.find_field((name,))
        held = live.get(top.live_name)
        if top.tells_all or is_merged(top) or not isinstance(held, Mapping):
            continue
        for path in _list_undeclared(top, held, declared.spec.get(name), (name,)):
            dotted = ".".join(path)
            yield _place(
                declared,
                path,
                "secret-not-declared",
                f"{name} is sent whole, and {dotted}, which cannot be read back, is set but not declared",
                f"Declare {dotted} too, or change {name} in the vendor's console: without it the secret would be lost.",
            )


def _list_undeclared(known: Field, held: Mapping[str, Json], spec: Json, path: FieldPath) -> Iterator[FieldPath]:
    ours = spec if isinstance(spec, Mapping) else {}
    for key, value in held.items():
        below = known.child(key)
        if not below.readable and value not in (None, "", {}, []) and key not in ours:
            yield (*path, key)
        elif isinstance(value, Mapping) and not below.tells_all:
            yield from _list_undeclared(below, value, ours.get(key), (*path, key))


def _refuse_option(known: Field, change: Change, offered: frozenset[str] | None) -> Refusal | None:
    if offered is None or not isinstance(change.after, str) or change.after in offered:
        return None
    near = get_close_matches(change.after, sorted(offered))
    listed = ", ".join(sorted(offered)[:20])
    advice = f"Did you mean {near[0]}? Offered now: {listed}." if near else f"Offered now: {listed}."
    return "option-unknown", f"the vendor does not offer {known.name} {change.after!r}", advice


def _refuse_dangling(
    known: Field, change: Change, account: Account, missing: Mapping[tuple[str, str, str], str]
) -> Refusal | None:
    """Refuse a reference to what is proved not to exist: the vendor would refuse it, or take it and answer no call."""
    for reference, value in known.list_references(change.after) if missing else ():
        proof = missing.get((account.name, reference.kind, value))
        if proof:
            advice = f"Give the {reference.target} of one that exists: `reconciler pull {reference.kind}` lists them."
            return (
                "option-unknown",
                f"{known.name or change.path[0]} names {value!r}, and there are no such {reference.kind}: {proof}",
                advice,
            )
    return None


def _refuse_misfits(declared: Declared, live: Mapping[str, Json], resource_type: ResourceType) -> Iterator[Diagnostic]:
    """Refuse fields that an object of the live type does not have, where git leaves the type to the vendor."""
    union, branch = resource_type.union, resource_type.choose_branch(live)
    if union is None or branch is None or union.by in declared.spec:
        return
    for name in declared.spec:
        if name in union.own_names() and name not in branch:
            message = f"the live object has {union.by} {resource_type.look_up(union.by, live)}, which has no {name}"
            yield _place(declared, (name,), "unknown-field", message, f"Remove {name}, or declare {union.by} too.")


def _refuse_unwritable(
    declared: Declared, live: Mapping[str, Json], changes: Sequence[Change], resource_type: ResourceType
) -> Iterator[Diagnostic]:
    """Refuse changes to an object that can be read only, because of which one it is."""
    named = {**declared.match, **(dict(declared.identity.parts) if declared.identity else {})}
    for part in resource_type.identity:
        value = str(live.get(part.field, named.get(part.name, "")) if part.field else named.get(part.name, ""))
        if value in part.unwritable:
            message = f"{part.name} {value} cannot be written: {part.unwritable[value]}"
            advice = "Remove spec to watch it only, or declare the object that can be written."
            yield _place(declared, changes[0].path, "not-writable", message, advice)


def _refuse_undone(
    declared: Declared, live: Mapping[str, Json], changes: Sequence[Change], resource_type: ResourceType
) -> Iterator[Diagnostic]:
    """Refuse a change that makes the vendor change another declared field: it would end as drift of our own making."""
    consequences = find_consequences(resource_type, changes, live)
    for consequence in list_undone(declared, consequences, resource_type=resource_type):
        name, source = consequence.path[0], consequence.source
        becomes = "something else" if consequence.after is MISSING else repr(consequence.after or "")
        yield _place(
            declared,
            consequence.path,
            "change-undone",
            f"changing {source} makes the vendor set {name} to {becomes}, and spec declares it otherwise",
            f"Take two steps: apply {source} with `{name}: null` or without {name}; then declare {name} as it should be and apply again.",
        )


def _refuse_crowded_move(
    declared: Declared, changes: Sequence[Change], resource_type: ResourceType
) -> Iterator[Diagnostic]:
    """Refuse a move together with other changes: after it the old path answers 404 (I), so it travels alone."""
    moves = [change for change in changes if resource_type.find_field(change.path[:1]).moves]
    if moves and len(changes) > len(moves):
        others = ", ".join(dict.fromkeys(change.path[0] for change in changes if change not in moves))
        yield _place(
            declared,
            moves[0].path,
            "move-with-changes",
            f"{moves[0].path[0]} moves the object, and {others} would change with it",
            f"Apply the move alone first; {others} can follow in the next change.",
        )


def _refuse_lonely(declared: Declared, changes: Sequence[Change], resource_type: ResourceType) -> Iterator[Diagnostic]:
    """Refuse changes whose companions are not declared: what the API demands must come from git."""
    for name in resource_type.companions:
        if declared.spec.get(name, MISSING) is MISSING:
            yield _place(
                declared,
                changes[0].path,
                "companion-missing",
                f"the vendor demands {name} with every change",
                f"Declare {name} in spec: it is sent each time and overwrites what was set elsewhere.",
            )
