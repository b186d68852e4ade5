"""What an answer proves: present, absent, or nothing at all, with a reason and what to do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.endpoints import Endpoint
from reconciler.model.live import Absent, Present, Reading, Unknown
from reconciler.model.paths import MISSING, Json
from reconciler.model.resource_type import GenerationShape, Identity, IdentityPart, ResourceType
from reconciler.model.spoiled import Spoiled
from reconciler.remote.reading.classify import (
    believe,
    doubt_shape,
    identify,
    is_absence,
    judge,
    read_object,
    read_rows,
    take_as,
    tell_torn,
)
from reconciler.remote.reading.source import Told
from reconciler.remote.wire.answers import Answer, NoAnswer
from tests.remote.line_stage import KIND, point
from tests.remote.source_stage import make_source

SOURCE = make_source()
URL = "https://api.acme.example/lines/1"
GET = Endpoint("GET", "/lines/{id}", answer=("line",))
GUESS = "The vendor's API may be of another generation than the one this version knows; nothing is guessed."
SPOILED = Spoiled("…", why="holds a key of ours")


def got(value: Json, status: int = 200, **settings: Any) -> Answer:
    return Answer(status, value, url=URL, **settings)


def read(answer: Answer | NoAnswer, *, kind: ResourceType = KIND) -> Reading:
    return read_object(Told(answer, 3.0), source=SOURCE, resource_type=kind, endpoint=GET, identity=point("1"))


def test_the_object_that_was_asked_for_is_present_since_it_was_asked_for() -> None:
    line = {"id": "1", "text": "old"}
    assert read(got({"line": line})) == Present(point("1"), line, 3.0)


def test_a_row_is_kept_under_the_identity_that_was_asked_for_with_its_texts() -> None:
    asked = point("line-" + str(len(URL)))
    row = {"id": "".join(["line-", str(len(URL))]), "text": "old"}
    taken = take_as(asked, Present(point(row["id"]), row, 3.0), resource_type=KIND)
    assert taken == Present(asked, row, 3.0)
    assert isinstance(taken, Present)
    assert taken.identity is asked
    assert taken.value["id"] is asked["id"]
    assert row["id"] is not asked["id"], "what others may hold is left alone"


@pytest.mark.parametrize("held", ["LINE-1", 1, None])
def test_a_text_that_only_means_the_same_is_kept_as_the_vendor_has_it(held: Json) -> None:
    row = {"id": held, "text": "old"}
    assert take_as(point("line-1"), Present(point("line-1"), row, 3.0), resource_type=KIND) == Present(
        point("line-1"), row, 3.0
    )


def test_what_was_not_read_stays_what_it_is() -> None:
    assert take_as(point("1"), Unknown("dark"), resource_type=KIND) == Unknown("dark")


def shape(wrong: str) -> Unknown:
    return Unknown(f"GET {URL} -> 200, but the answer is not that of Line: {wrong}", code="answer-shape", advice=GUESS)


@pytest.mark.parametrize(
    ("answer", "reading"),
    [
        (got({"message": "none"}, 404, says="none", own=True, form=True), Absent(f'GET {URL} -> 404: "none"')),
        (got({"line": []}), shape("it holds no object")),
        (got({}), shape("it holds no object")),
        (got({"line": {"text": "old"}}), shape("the object does not say which object it is")),
        (got({"line": {"id": SPOILED}}), shape("the object has an id that holds a key of ours")),
        (
            got({"line": {"id": "2"}}),
            Unknown(
                f"GET {URL} -> 200, but the answer holds '2', not '1'",
                advice="A proxy or a cache may have mixed up answers. Run again without it.",
            ),
        ),
        (
            NoAnswer(sent=True, reason="cut", url=URL),
            Unknown(
                f"GET {URL} -> no answer: cut",
                advice="Check network, proxy and base_url, then run again.",
            ),
        ),
    ],
)
def test_what_else_came_is_absent_or_unknown(answer: Answer | NoAnswer, reading: Reading) -> None:
    assert read(answer) == reading


def test_the_mark_of_a_soft_delete_is_absence_unless_it_is_spoiled() -> None:
    kind = replace(KIND, tombstone="fixed")
    line = {"id": "1"}
    assert read(got({"line": {**line, "fixed": "2026"}}), kind=kind) == Absent("'1' was deleted: fixed is set")
    assert read(got({"line": {**line, "fixed": None}}), kind=kind) == Present(point("1"), {**line, "fixed": None}, 3.0)
    assert read(got({"line": line}), kind=kind) == Present(point("1"), line, 3.0)
    spoiled = Unknown("'1': what was answered as fixed holds a key of ours", code="answer-spoiled")
    assert read(got({"line": {**line, "fixed": SPOILED}}), kind=kind) == spoiled
    here = Present(point("1"), {"": SPOILED})
    assert judge(here, resource_type=KIND) is here


def rows(value: Json, *, closed: bool = False, single: bool = False, kind: ResourceType = KIND) -> Any:
    endpoint = replace(kind.list, closed=closed, single=single)
    return read_rows(got(value), asked_at=3.0, resource_type=kind, endpoint=endpoint, group={})


def test_the_rows_of_a_list_are_present_since_it_was_asked_for() -> None:
    assert rows({"lines": [{"id": "1"}, {"id": 2, "text": "x"}]}) == (
        Present(point("1"), {"id": "1"}, 3.0),
        Present(point("2"), {"id": 2, "text": "x"}, 3.0),
    )
    assert rows({"lines": []}) == ()


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ({}, "it holds no list at /lines"),
        ({"lines": {"id": "1"}}, "it holds no list at /lines"),
        ({"lines": [{"id": "1"}, "x"]}, "a row is not an object"),
        ({"lines": [{"id": "1"}, {"text": "x"}]}, "a row does not say which object it is"),
        ({"lines": [{"id": SPOILED}]}, "a row has an id that holds a key of ours"),
    ],
)
def test_one_row_that_is_not_as_documented_makes_all_unknown(value: Json, wrong: str) -> None:
    assert rows(value) == shape(wrong)


def test_a_list_that_is_the_whole_answer_is_not_named_by_its_place() -> None:
    kind = replace(KIND, list=replace(KIND.list, items=()))
    assert rows([{"id": "1"}], kind=kind) == (Present(point("1"), {"id": "1"}, 3.0),)
    assert rows({"id": "1"}, kind=kind) == shape("it holds no list")


def test_the_one_object_of_a_group_is_one_row() -> None:
    assert rows({"lines": {"id": "1"}}, single=True) == (Present(point("1"), {"id": "1"}, 3.0),)
    assert rows({"lines": "x"}, single=True) == shape("it holds no list at /lines")


def test_a_closed_list_shows_no_field_that_is_not_known_or_only_ever_sent() -> None:
    assert isinstance(rows({"lines": [{"id": "1", "text": "x"}]}, closed=True), tuple)
    assert rows({"lines": [{"id": "1", "zeal": 1, "news": 2}]}, closed=True) == shape("a row has the field news")
    assert rows({"lines": [{"id": "1", "hidden": 1}]}, closed=True) == shape("a row has the field hidden")


@pytest.mark.parametrize("held", [None, "", True, 1.5, ["1"], {"id": "1"}, SPOILED])
def test_what_is_no_id_identifies_nothing(held: Json) -> None:
    assert identify({"id": held}, parts=KIND.identity, known={}) is None


def test_an_identity_is_read_from_the_object_and_from_what_was_asked_for() -> None:
    parts = (IdentityPart("agent", None, "."), IdentityPart("line", "id", ".", uuid=True))
    upper = "550E8400-E29B-41D4-A716-446655440000"
    found = identify({"id": upper, "agent": "other"}, parts=parts, known={"agent": "P", "line": "x"})
    assert found == Identity((("agent", "P"), ("line", upper.lower())))
    assert identify({"id": 0}, parts=KIND.identity, known={}) == point("0")
    assert identify({"id": "1"}, parts=parts, known={}) is None


@pytest.mark.parametrize(
    ("answer", "absent"),
    [
        (got({}, 404, form=True), True),
        (got({}, 404, form=True, says="no such line"), True),
        (got({}, 404, form=False), False),
        (got({}, 410, form=True), False),
        (got({}, 200, form=True), False),
        (got({}, 404, form=True, says="Cannot GET /lines/1"), False),
        (got({}, 404, form=True, says="Cannot find /lines/1"), True),
        (NoAnswer(sent=False, reason="cut"), False),
    ],
)
def test_only_the_vendors_own_no_is_absence(answer: Answer | NoAnswer, absent: bool) -> None:
    assert is_absence(answer, source=SOURCE) is absent


CUT = "Something between here and the vendor may cut answers. Check proxy and base_url."
BETWEEN = "Something between here and the vendor may have answered. Check base_url and proxy."
REDIRECTED = "Check base_url and proxy of the account."


@pytest.mark.parametrize(
    ("answer", "reason", "advice"),
    [
        (got({}, 206), "-> 206, which is no whole answer: only 200 is", CUT),
        (got({}, 204), "-> 204, which is no whole answer: only 200 is", CUT),
        (got(MISSING), "-> 200, but the body is not a JSON document", BETWEEN),
        (got(MISSING, text="HTML page: x"), "-> 200, but the body is not a JSON document: HTML page: x", BETWEEN),
        (
            got({}, 302, headers={"location": "https://elsewhere.example"}),
            "-> 302, redirected to https://elsewhere.example: not followed",
            REDIRECTED,
        ),
        (got({}, 300), "-> 300, redirected to an unknown place: not followed", REDIRECTED),
        (got({}, 399), "-> 399, redirected to an unknown place: not followed", REDIRECTED),
        (
            got({}, 401, says="who?"),
            '-> 401: "who?"',
            "The vendor does not accept the key in ACME_KEY. Check that variable.",
        ),
        (
            got({}, 403),
            "-> 403",
            "The key in ACME_KEY may not read this. Ask the account's owner for access, or use another key.",
        ),
        (
            got({}, 404),
            "-> 404",
            "The URL is wrong or something in between answered. Check base_url, region and proxy of account shop.",
        ),
        (
            got({}, 429),
            "-> 429",
            "The vendor limits requests. Lower requests_per_minute of account shop and run again later.",
        ),
        (got({}, 400), "-> 400", "The vendor refused the request. Check the account's settings."),
        (got({}, 499), "-> 499", "The vendor refused the request. Check the account's settings."),
        (got({}, 500), "-> 500", "The vendor's service is failing. Run again later."),
        (got({}, 199), "-> 199", "The vendor refused the request. Check the account's settings."),
    ],
)
def test_what_an_answer_without_a_document_tells_and_what_to_do(answer: Answer, reason: str, advice: str) -> None:
    assert believe(answer, source=SOURCE) == Unknown(f"GET {URL} {reason}", advice=advice)


@pytest.mark.parametrize("value", [{}, [], None, 0, "text"])
def test_any_json_document_with_success_is_believed(value: Json) -> None:
    answer = got(value)
    assert believe(answer, source=SOURCE) is answer


@pytest.mark.parametrize(("region", "asked"), [("eu", "eu"), ("", "us")])
def test_a_refused_key_may_belong_to_another_region(region: str, asked: str) -> None:
    regions = {"us": "https://api.acme.example", "eu": "https://eu.acme.example"}
    unknown = believe(got({}, 401), source=make_source(regions=regions, region=region))
    assert isinstance(unknown, Unknown)
    assert unknown.advice == (
        "The vendor does not accept the key in ACME_KEY. Check that variable."
        f" A key belongs to one region; this account asks {asked}."
    )


OTHER = GenerationShape("2027", ("items",), ("uid", "name"), frozenset({"uid", "name", "size"}), frozenset())


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ({"items": [{"uid": "1", "name": "x"}]}, True),
        ({"items": [{"uid": "1", "name": "x", "size": 1}, {"uid": "2", "name": "y"}]}, True),
        ({"items": [{"uid": "1", "name": "x", "more": 1}]}, False),
        ({"items": [{"uid": "1", "name": "x"}, {"uid": "2"}]}, False),
        ({"items": [{"uid": "1", "name": ""}]}, False),
        ({"items": [{"uid": "1", "name": "x"}, "y"]}, False),
        ({"items": []}, False),
        ({"items": {"uid": "1", "name": "x"}}, False),
        ({}, False),
    ],
)
def test_the_shape_of_another_generation_is_recognised_by_all_rows(value: Json, fits: bool) -> None:
    strange = replace(OTHER, api="2025", items=("rows",))
    kind = replace(KIND, generation="2026", others=(strange, OTHER))
    doubt = doubt_shape(got(value), resource_type=kind, wrong="odd")
    assert doubt.reason == f"GET {URL} -> 200, but the answer is not that of Line (generation 2026): odd"
    named = 'It has the shape of generation 2027: write `api: "2027"` under the account in reconciler.yaml.'
    assert (doubt.code, doubt.advice) == ("answer-shape", named if fits else GUESS)


def test_another_generation_may_show_any_field_where_its_rows_are_open() -> None:
    kind = replace(KIND, others=(replace(OTHER, shown=frozenset()),))
    doubt = doubt_shape(got({"items": [{"uid": "1", "name": "x", "more": 1}]}), resource_type=kind, wrong="odd")
    assert "generation 2027" in doubt.advice


def test_two_answers_of_one_object_in_one_list_are_told() -> None:
    assert tell_torn(point("1"), path="/lines") == Unknown(
        "GET /lines listed '1' twice with different content",
        code="answer-shape",
        advice="Somebody may have edited it while the list was read. Run again.",
    )
