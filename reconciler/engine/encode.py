"""Encode changes into the smallest request that makes them, by the vendor's rules as the schema states them.

Laws: no field in a body that is not a change or a companion (law 4); a nested object that the vendor may replace whole
travels whole, with the live rest, so that nothing of it is lost; null travels only where it is known to clear.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler.engine.address import build_url
from reconciler.engine.normal_form import normalise, read_field
from reconciler.model.field import Field
from reconciler.model.paths import MISSING, FieldPath, Json
from reconciler.model.plan import Change, Request, Update
from reconciler.model.project import Account, ClearSetting, Declared
from reconciler.model.resource_type import Identity, ResourceType
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
    body = encode_body(resource_type, changes, declared=declared, live=live, account=account)
    travelling = {**_carry(resource_type, live), **_accompany(resource_type, declared)}
    companions = tuple(name for name in travelling if name not in body)
    body |= {name: travelling[name] for name in companions}
    endpoint = resource_type.update
    url = build_url(account.base_url, endpoint.path, query=endpoint.query, identity=identity)
    return Request(method=endpoint.method, url=url, body=body, companions=companions)


def _carry(resource_type: ResourceType, live: Mapping[str, Json]) -> dict[str, Json]:
    """Take from the live object what must travel with each update; what it does not hold cannot travel."""
    return _take_live(resource_type, resource_type.carried, live)


def _take_live(resource_type: ResourceType, names: Iterable[str], live: Mapping[str, Json]) -> dict[str, Json]:
    read = {name: read_field(resource_type.find_field((name,)), live) for name in names}
    return {name: value for name, value in read.items() if value is not MISSING and value is not None}


def _accompany(resource_type: ResourceType, declared: Declared) -> dict[str, Json]:
    """Take from git what must travel with each update."""
    return {
        name: normalise(resource_type.find_field((name,)), declared.spec[name])
        for name in (*resource_type.carried, *resource_type.companions)
        if name in declared.spec
    }


def encode_body(
    resource_type: ResourceType,
    changes: Sequence[Change],
    *,
    declared: Declared,
    live: Mapping[str, Json],
    account: Account,
) -> dict[str, Json]:
    """Return the smallest JSON body that makes the changes.

    What travels with the rest of its object takes that rest from the live one, and from git what a read does not tell.
    """
    body: dict[str, Json] = {}
    for change in changes:
        name = change.path[0]
        known = resource_type.find_field((name,))
        spec = normalise(known, declared.spec.get(name))
        rest = _fill_unread(known, keep_sendable(known, live.get(known.live_name)), spec)
        clear = account.clear_of(name)
        body[name] = _set_at(body.get(name), change.path[1:], change.after, known=known, rest=rest, clear=clear)
    return body


def keep_sendable(known: Field, live: Json) -> Json:
    """Drop from a live object what never travels back, at any depth: what the vendor sets, and what a read does not tell."""
    if not isinstance(live, Mapping):
        return live
    children = {key: known.child(key) for key in live}
    return {
        key: keep_sendable(children[key], inner)
        for key, inner in live.items()
        if children[key].readable and children[key].writable
    }


def _fill_unread(known: Field, rest: Json, spec: Json) -> Json:
    """Put into the rest of an object what is declared of it and cannot be read."""
    if known.tells_all or not isinstance(spec, Mapping):
        return rest
    filled = dict(rest) if isinstance(rest, Mapping) else {}
    for key, value in spec.items():
        below = known.child(key)
        if not below.readable:
            filled[key] = value
        elif isinstance(value, Mapping) and not below.tells_all:
            filled[key] = _fill_unread(below, filled.get(key), value)
    return filled


def _set_at(value: Json, path: FieldPath, after: Json, *, known: Field, rest: Json, clear: ClearSetting) -> Json:
    """Return what a body holds of a field after one change of it or below it.

    `value` is what the body holds already, `rest` the live value, `clear` what the account says of the field at the top. An
    object that the vendor does not merge starts from the rest, so that nothing of it is lost.
    """
    if not path:
        return _encode_field(known, after, rest=rest, clear=clear)
    live = rest if isinstance(rest, Mapping) else {}
    copy = dict(value if isinstance(value, Mapping) else {} if is_merged(known) else live)
    key, below = path[0], known.child(path[0])
    if len(path) == 1 and after is None and known.merging == "replace" and below.clearing == "refuse":
        # Nothing says that null clears the key, and the object is replaced whole: leaving it out does.
        copy.pop(key, None)
        return copy
    copy[key] = _set_at(copy.get(key), path[1:], after, known=below, rest=live.get(key), clear=clear)
    return copy


def _encode_field(known: Field, after: Json, *, rest: Json, clear: ClearSetting) -> Json:
    if after is None:
        return encode_null(known, clear=clear)
    if isinstance(after, Mapping) and isinstance(rest, Mapping) and not is_merged(known):
        return {**rest, **after}
    return after


def is_merged(known: Field) -> bool:
    """Tell whether the vendor keeps the keys of an object that a patch does not name."""
    return known.merging in {"merge", "shallow"}


def encode_null(known: Field, *, clear: ClearSetting) -> Json:
    """Return what clears a field: null, or the empty value of its type where the account says so."""
    if known.clearing == "account" and clear == "send-empty":
        return {} if "object" in known.types else [] if "array" in known.types else ""
    return None


def encode_batch(resource_type: ResourceType, updates: Sequence[Update], *, base_url: str) -> Request:
    """Return the one request that carries several updates of a group, each entry under its own id."""
    batch = resource_type.batch
    assert batch is not None, f"{resource_type.name} has no batch endpoint"  # noqa: S101 - a caller's mistake is our bug
    entries = [{batch.key: update.identity[batch.key], **update.request.body} for update in updates]
    url = build_url(base_url, batch.path, query=(), identity=updates[0].identity)
    return Request(method=batch.method, url=url, body={batch.updates: entries})


def fill_required(resource_type: ResourceType, request: Request, live: Mapping[str, Json]) -> Request:
    """Return the request with the documented-required fields filled from the live object.

    For a vendor that answers 400 to a body without them (Galtea: documented D, its own client leaves them out M).
    """
    sound = [name for name in resource_type.fallback if not find_spoiled(resource_type.look_up(name, live))]
    required = _take_live(resource_type, sound, live)
    companions = (*request.companions, *(name for name in required if name not in request.body))
    return Request(request.method, request.url, {**required, **request.body}, companions)


def identity_after(resource_type: ResourceType, update: Update) -> Identity:
    """Return where the object lives after the update: a change of a field that moves it gives it another identity."""
    identity = update.identity
    for change in update.changes:
        part = resource_type.find_field(change.path).moves
        if part is not None:
            identity = identity.replace(part, str(change.after))
    return identity


def reads_back(resource_type: ResourceType, update: Update) -> bool:
    """Tell whether every touched field can be read back."""
    return all(resource_type.find_field(change.path).readable for change in update.changes)


def list_whole(known: Field, sent: Json, path: FieldPath = ()) -> Iterator[tuple[FieldPath, Field]]:
    """Yield the outermost objects of a body's field that travel with the live rest, which must then not have moved."""
    if not isinstance(sent, Mapping):
        return
    if not is_merged(known):
        yield path, known
        return
    for key, inner in sent.items():
        yield from list_whole(known.child(key), inner, (*path, key))
