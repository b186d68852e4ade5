"""Decide what an answer proves (law 5): present, absent, or nothing at all."""

from __future__ import annotations

import re
from collections.abc import Mapping

from reconciler.model.endpoints import Endpoint, ListEndpoint
from reconciler.model.live import Absent, Present, Reading, Unknown
from reconciler.model.paths import MISSING, FieldPath, Json, format_pointer, pick
from reconciler.model.resource_type import GenerationShape, Identity, IdentityPart, ResourceType
from reconciler.model.spoiled import find_spoiled
from reconciler.remote.reading.source import Source, Told
from reconciler.remote.wire.answers import Answer, NoAnswer

_UNKNOWN_ROUTE = re.compile(r"Cannot [A-Z]+ /")
"""How Express and NestJS, which these vendors run on, word a 404 of the router rather than of an object."""

_ADVICE: Mapping[int, str] = {
    401: "The vendor does not accept the key in {credential}. Check that variable.{region}",
    403: "The key in {credential} may not read this. Ask the account's owner for access, or use another key.",
    404: "The URL is wrong or something in between answered. Check base_url, region and proxy of account {account}.",
    429: "The vendor limits requests. Lower requests_per_minute of account {account} and run again later.",
}


def read_object(
    told: Told, *, source: Source, resource_type: ResourceType, endpoint: Endpoint, identity: Identity
) -> Reading:
    """Read the answer to a GET of one object; what it holds must be the very object that was asked for."""
    if is_absence(told.answer, source=source):
        return Absent(told.answer.describe())
    answer = believe(told.answer, source=source)
    if isinstance(answer, Unknown):
        return answer
    value = pick(answer.value, endpoint.answer)
    if not isinstance(value, Mapping):
        return doubt_shape(answer, resource_type=resource_type, wrong="it holds no object")
    held = identify(value, parts=resource_type.identity, known=dict(identity.parts))
    if held is None:
        return doubt_shape(
            answer, resource_type=resource_type, wrong=_miss_identity("the object", value, resource_type)
        )
    if held != identity:
        reason = f"{answer.describe()}, but the answer holds {_quote(held)}, not {_quote(identity)}"
        return Unknown(reason, advice="A proxy or a cache may have mixed up answers. Run again without it.")
    return judge(Present(identity, value, told.asked_at), resource_type=resource_type)


def judge(present: Present, *, resource_type: ResourceType) -> Present | Absent | Unknown:
    """Count an object that carries the mark of a soft delete as absent; a spoiled mark tells nothing."""
    mark = resource_type.tombstone
    deleted = resource_type.look_up(mark, present.value) if mark else None
    why = find_spoiled(deleted)
    if why:
        return Unknown(f"{_quote(present.identity)}: what was answered as {mark} {why}", code="answer-spoiled")
    if deleted:
        return Absent(f"{_quote(present.identity)} was deleted: {mark} is set")
    return present


def read_rows(
    answer: Answer,
    *,
    asked_at: float,
    resource_type: ResourceType,
    endpoint: ListEndpoint,
    group: Mapping[str, str],
) -> tuple[Present, ...] | Unknown:
    """Read the rows of one page of a list; a single row that is not as documented makes all of them unknown."""
    rows = pick(answer.value, endpoint.items)
    if endpoint.single and isinstance(rows, Mapping):
        rows = [rows]
    if not isinstance(rows, list):
        wrong = f"it holds no list{_at(endpoint.items)}"
        return doubt_shape(answer, resource_type=resource_type, wrong=wrong)
    found = []
    for row in rows:
        read = _read_row(row, resource_type=resource_type, endpoint=endpoint, group=group, asked_at=asked_at)
        if isinstance(read, str):
            return doubt_shape(answer, resource_type=resource_type, wrong=read)
        found.append(read)
    return tuple(found)


def _read_row(
    row: Json, *, resource_type: ResourceType, endpoint: ListEndpoint, group: Mapping[str, str], asked_at: float
) -> Present | str:
    """Read one row, or say what is wrong with it."""
    if not isinstance(row, Mapping):
        return "a row is not an object"
    identity = identify(row, parts=resource_type.identity, known=group)
    if identity is None:
        return _miss_identity("a row", row, resource_type)
    strange = _find_strange_fields(row, resource_type) if endpoint.closed else ()
    return f"a row has the field {strange[0]}" if strange else Present(identity, row, asked_at)


def _miss_identity(what: str, value: Mapping[str, Json], resource_type: ResourceType) -> str:
    why = find_spoiled([value.get(part.field) for part in resource_type.identity if part.field])
    return f"{what} has an id that {why}" if why else f"{what} does not say which object it is"


def _find_strange_fields(row: Mapping[str, Json], resource_type: ResourceType) -> tuple[str, ...]:
    """List the fields that this generation does not show: unknown ones, and those it only takes."""
    shown = {known.live_name for known in resource_type.fields.values() if known.readable}
    return tuple(sorted(str(name) for name in row if name not in shown))


def identify(
    value: Mapping[str, Json], *, parts: tuple[IdentityPart, ...], known: Mapping[str, str]
) -> Identity | None:
    """Read the identity of a live object; a part that it does not contain is the one that was asked for."""
    found = []
    for part in parts:
        held = known.get(part.name) if part.field is None else value.get(part.field)
        if isinstance(held, bool) or not isinstance(held, str | int) or held == "" or find_spoiled(held):
            return None
        found.append((part.name, part.spell(str(held))))
    return Identity(tuple(found))


def is_absence(answer: Answer | NoAnswer, *, source: Source) -> bool:
    """Tell whether the vendor itself says that what the path names does not exist.

    That takes an answer in the very form of the vendor's errors: a gateway, a page or an unknown route is not the vendor.
    """
    if isinstance(answer, NoAnswer) or answer.status not in source.provider.absent_status:
        return False
    return answer.form and not _UNKNOWN_ROUTE.match(answer.says)


def believe(answer: Answer | NoAnswer, *, source: Source) -> Answer | Unknown:
    """Return an answer that is a JSON document with a status of success; else say why it tells nothing, and what to do."""
    if isinstance(answer, NoAnswer):
        return Unknown(answer.describe(), advice=answer.advice or "Check network, proxy and base_url, then run again.")
    if answer.succeeded and not answer.whole:
        reason = f"{answer.name_request()}, which is no whole answer: only 200 is"
        return Unknown(
            reason, advice="Something between here and the vendor may cut answers. Check proxy and base_url."
        )
    if answer.succeeded:
        return _doubt_body(answer) if answer.value is MISSING else answer
    if 300 <= answer.status < 400:  # noqa: PLR2004 - the class of an HTTP status is its first digit
        place = answer.headers.get("location", "an unknown place")
        return Unknown(
            f"{answer.name_request()}, redirected to {place}: not followed",
            advice="Check base_url and proxy of the account.",
        )
    return Unknown(answer.describe(), advice=_advise(answer.status, source))


def doubt_shape(answer: Answer, *, resource_type: ResourceType, wrong: str) -> Unknown:
    """Say that an answer is not as documented, and which generation of the API it has the shape of, where one is known."""
    generation = f" (generation {resource_type.generation})" if resource_type.generation else ""
    fitting = next((other for other in resource_type.others if _has_shape(answer.value, other)), None)
    advice = "The vendor's API may be of another generation than the one this version knows; nothing is guessed."
    if fitting:
        advice = f'It has the shape of generation {fitting.api}: write `api: "{fitting.api}"` under the account in reconciler.yaml.'
    return Unknown(
        f"{answer.describe()}, but the answer is not that of {resource_type.title}{generation}: {wrong}",
        code="answer-shape",
        advice=advice,
    )


def _has_shape(value: Json, other: GenerationShape) -> bool:
    """Tell whether an answer is a list of rows as another generation shows them."""
    rows = pick(value, other.items)
    if not isinstance(rows, list) or not rows:
        return False
    return all(
        isinstance(row, Mapping)
        and all(row.get(name) for name in other.identity)
        and (not other.shown or other.shown >= row.keys())
        for row in rows
    )


def take_as(identity: Identity, reading: Reading, *, resource_type: ResourceType) -> Reading:
    """Return a reading under the identity that was asked for and with its texts, which are equal: twice they would only take memory."""
    if not isinstance(reading, Present):
        return reading
    named = {part.field: identity[part.name] for part in resource_type.identity if part.field}
    shared = {field: text for field, text in named.items() if reading.value.get(field) == text}
    return Present(identity, {**reading.value, **shared}, reading.read_at)


def tell_torn(identity: Identity, *, path: str) -> Unknown:
    """Say that one list told two things of one object."""
    return Unknown(
        f"GET {path} listed {_quote(identity)} twice with different content",
        code="answer-shape",
        advice="Somebody may have edited it while the list was read. Run again.",
    )


def _doubt_body(answer: Answer) -> Unknown:
    got = f": {answer.text}" if answer.text else ""
    advice = "Something between here and the vendor may have answered. Check base_url and proxy."
    return Unknown(f"{answer.name_request()}, but the body is not a JSON document{got}", advice=advice)


def _advise(status: int, source: Source) -> str:
    account, regions = source.account, tuple(source.provider.base_urls)
    several = (
        f" A key belongs to one region; this account asks {account.region or regions[0]}." if len(regions) > 1 else ""
    )
    if status >= 500:  # noqa: PLR2004 - the class of an HTTP status is its first digit
        return "The vendor's service is failing. Run again later."
    advice = _ADVICE.get(status, "The vendor refused the request. Check the account's settings.")
    return advice.format(credential=account.credential, account=account.name, region=several)


def _quote(identity: Identity) -> str:
    return f"{str(identity)!r}"


def _at(path: FieldPath) -> str:
    return f" at {format_pointer(path)}" if path else ""
