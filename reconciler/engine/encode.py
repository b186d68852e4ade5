"""Encode changes into the smallest request that makes them, by the vendor's rules as the schema states them.

Laws: no field in a body that is not a change or a companion (law 4); a nested object that the vendor may replace whole
travels whole, with the live rest, so that nothing of it is lost; null travels only where it is known to clear.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.engine.address import build_url
from reconciler.engine.normal_form import normalise
from reconciler.model.paths import MISSING, FieldPath, Json
from reconciler.model.plan import Change, Request, Update
from reconciler.model.project import Account, Declared
from reconciler.model.resource_type import Field, Identity, ResourceType
from reconciler.model.spoiled import find_spoiled


def encode_update(
    resource_type: ResourceType,
    changes: Sequence[Change],
    *,
    declared: Declared,
    identity: Identity,
    live: Mapping[str, Json],
    account: Account,
) -> Request:
    """Return the request that carries all changes of one resource."""
    body = encode_body(resource_type, changes, live=live, account=account)
    companions = tuple(name for name in resource_type.companions if name not in body)
    body |= {name: normalise(resource_type.fields[name], declared.spec[name]) for name in companions}
    endpoint = resource_type.update
    url = build_url(account.base_url, endpoint.path, query=endpoint.query, identity=identity)
    return Request(method=endpoint.method, url=url, body=body, companions=companions)


def encode_body(
    resource_type: ResourceType, changes: Sequence[Change], *, live: Mapping[str, Json], account: Account
) -> dict[str, Json]:
    """Return the smallest JSON body that makes the changes."""
    body: dict[str, Json] = {}
    for change in changes:
        known = resource_type.fields[change.path[0]]
        if len(change.path) == 1:
            body[known.name] = _encode_field(known, change.after, live=live.get(known.name), account=account)
        else:
            start: Mapping[str, Json] = {} if known.merging == "merge" else live.get(known.name) or {}
            body[known.name] = _set_at(body.get(known.name) or start, change.path[1:], change.after, known=known)
    return body


def _encode_field(known: Field, after: Json, *, live: Json, account: Account) -> Json:
    if after is None:
        return encode_null(known, account=account)
    if isinstance(after, Mapping) and isinstance(live, Mapping) and known.merging != "merge":
        return {**live, **after}
    return after


def encode_null(known: Field, *, account: Account) -> Json:
    """Return what clears a field: null, or the empty value of its type where the account says so."""
    if known.clearing == "account" and account.clear == "send-empty":
        return {} if "object" in known.types else [] if "array" in known.types else ""
    return None


def _set_at(value: Mapping[str, Json], path: FieldPath, after: Json, *, known: Field) -> dict[str, Json]:
    """Return a copy of an object with one leaf set; null removes the key where the vendor replaces objects whole."""
    copy = dict(value)
    key, rest = path[0], path[1:]
    if rest:
        inner = copy.get(key)
        copy[key] = _set_at(inner if isinstance(inner, Mapping) else {}, rest, after, known=known)
    elif after is None and known.merging == "replace":
        copy.pop(key, None)
    else:
        copy[key] = after
    return copy


def encode_batch(resource_type: ResourceType, updates: Sequence[Update], *, base_url: str) -> Request:
    """Return the one request that carries several updates of a group, each entry under its own id."""
    batch = resource_type.batch
    assert batch is not None, f"{resource_type.name} has no batch endpoint"  # noqa: S101 - a caller's mistake is our bug
    entries = [{batch.key: update.identity[batch.key], **update.request.body} for update in updates]
    url = build_url(base_url, batch.path, query={}, identity=updates[0].identity)
    return Request(method=batch.method, url=url, body={batch.updates: entries})


def fill_required(resource_type: ResourceType, request: Request, live: Mapping[str, Json]) -> Request:
    """Return the request with the documented-required fields filled from the live object.

    For a vendor that answers 400 to a body without them (Galtea: documented D, its own client leaves them out M).
    """
    shown = [name for name in resource_type.fallback if live.get(name) is not None]
    required = {name: live[name] for name in shown if not find_spoiled(live[name])}
    companions = (*request.companions, *(name for name in required if name not in request.body))
    return Request(request.method, request.url, {**required, **request.body}, companions)


def identity_after(resource_type: ResourceType, update: Update) -> Identity:
    """Return where the object lives after the update: a change of a field that moves it gives it another identity."""
    identity = update.identity
    for change in update.changes:
        part = resource_type.fields[change.path[0]].moves
        if part is not None:
            identity = identity.replace(part, str(change.after))
    return identity


def reads_back(resource_type: ResourceType, update: Update) -> bool:
    """Tell whether every touched field can be read back."""
    return all(resource_type.fields[change.path[0]].readable for change in update.changes)


def sent_whole(known: Field, body: Mapping[str, Any]) -> bool:
    """Tell whether a nested object travels with the live rest, which must then not have moved."""
    return known.merging != "merge" and isinstance(body.get(known.name, MISSING), Mapping)
