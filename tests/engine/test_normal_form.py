"""Two ways to write one value have one normal form."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from reconciler.engine.normal_form import keep_readable, normalise, normalise_live, read_field, same
from reconciler.model.field import Field, Reference
from reconciler.model.paths import MISSING, Json
from reconciler.model.secret import Secret, seal
from tests.engine.worlds import LINE

SET = Field("tags", {}, unordered=True)


@pytest.mark.parametrize(
    "elements",
    [[3, 1, 2], ["b", "a"], [1, "1", True, None], [{"b": 1, "a": 2}, {"a": 1}], [Secret("b"), Secret("a")], [[2], [1]]],
)
def test_a_set_has_one_order_whatever_it_holds(elements: list[Json]) -> None:
    forms = [normalise(SET, list(order)) for order in itertools.permutations(elements)]
    assert all(same(form, forms[0]) for form in forms)
    assert len(forms[0]) == len(elements)


def test_the_order_of_keys_does_not_order_a_set() -> None:
    one, other = {"a": 1, "b": 2}, {"b": 1, "a": 3}
    turned = {"b": 2, "a": 1}
    assert same(normalise(SET, [one, other]), normalise(SET, [other, turned]))
    assert same(normalise(SET, [{"a": 1, "b": 2}, {"b": 0, "a": 1}]), normalise(SET, [{"a": 1, "b": 0}, turned]))


def test_a_list_keeps_its_order() -> None:
    assert normalise(Field("steps", {}), [3, 1, 2]) == [3, 1, 2]


def test_what_a_read_does_not_tell_is_dropped_and_what_holds_nothing_stays() -> None:
    below = Field("below", {}, fields={"token": Field("token", {}, readable=False)})
    known = Field("x", {}, fields={"below": below, "token": Field("token", {}, readable=False)})
    shown = {"token": "masked", "a": 1, "below": {"token": "masked", "b": 2}}
    assert keep_readable(known, shown) == {"a": 1, "below": {"b": 2}}
    assert [keep_readable(known, value) for value in (None, "text", ["a"])] == [None, "text", ["a"]]
    assert keep_readable(Field("x", {}), shown) == shown


UUID = "550E8400-E29B-41D4-A716-446655440000"
VOICE = Field("voice", {}, reference=Reference("voices", "id"))
"""A field that names another object."""
VOICES = Field("voices", {}, entries=VOICE)
NULLED = Field("note", {}, equals_null=("", {}, 0))
TOKEN = Field("token", {}, secret=True)
ROW = Field("", {}, fields={"own": Field("own", {}), "set": Field("set", {}, writable=False)})


@pytest.mark.parametrize(
    ("known", "value", "form"),
    [
        (Field("x", {}), 1.0, 1),
        (Field("x", {}), 1.5, 1.5),
        (Field("x", {}), "1.0", "1.0"),
        (Field("x", {}), True, True),
        (Field("x", {}), MISSING, MISSING),
        (NULLED, MISSING, MISSING),
        (NULLED, "", None),
        (NULLED, {}, None),
        (NULLED, 0, None),
        (NULLED, 0.0, None),
        (NULLED, False, False),
        (NULLED, " ", " "),
        (NULLED, [], []),
        (Field("x", {}), "", ""),
        (VOICE, {"id": "v-1", "name": "Calm"}, "v-1"),
        (VOICE, {"name": "Calm"}, {"name": "Calm"}),
        (VOICE, "v-1", "v-1"),
        (VOICE, None, None),
        (VOICES, [{"id": "v-1"}, "v-2"], ["v-1", "v-2"]),
        (VOICE, UUID, UUID),
        (Field("x", {}, reference=Reference("voices", "id", uuid=True)), UUID, UUID.lower()),
        (Field("x", {}, reference=Reference("voices", "id", uuid=True)), {"id": UUID}, UUID.lower()),
        (Field("x", {}, reference=Reference("voices", "id", uuid=True)), 7.0, 7),
        (Field("x", {}, equals_null=("",)), UUID, UUID),
        (Field("x", {}, read_as_list=True), [1.0], 1),
        (Field("x", {}, read_as_list=True), ("a",), "a"),
        (Field("x", {}, read_as_list=True), [], None),
        (Field("x", {}, read_as_list=True), ["a", "b"], ["a", "b"]),
        (Field("x", {}, read_as_list=True), "ab", "ab"),
        (Field("x", {}, read_as_list=True), [{"a": 1.0}], {"a": 1}),
        (Field("x", {}), ["a"], ["a"]),
        (Field("x", {}), (1.0, [2.0]), [1, [2]]),
        (Field("x", {}, fields={"note": NULLED}), {"note": "", "more": ""}, {"note": None, "more": ""}),
        (Field("x", {}, entries=ROW), [{"own": 1.0, "set": 2}], [{"own": 1}]),
        (Field("x", {}, fields={"row": ROW}), {"row": {"own": 1.0, "set": 2}}, {"row": {"own": 1, "set": 2}}),
        (
            Field("x", {}, entries=Field("", {}, fields={"row": ROW})),
            [{"row": {"own": 1, "set": 2}}],
            [{"row": {"own": 1}}],
        ),
        (Field("x", {}, entries=replace(ROW, reference=Reference("voices", "set"))), [{"own": 1, "set": 2}], [2]),
        (Field("x", {}, entries=ROW), ["text", None], ["text", None]),
        (SET, [{"b": 1.0, "a": 2}, {"a": 1}], [{"a": 1}, {"b": 1, "a": 2}]),
    ],
)
def test_each_value_has_one_form(known: Field, value: Json, form: Json) -> None:
    found = normalise(known, value)
    assert same(found, form)
    assert type(found) is type(form)
    assert same(normalise(known, found), form), "twice is once"


def test_a_secret_is_sealed_and_its_emptiness_is_not() -> None:
    for held in (Secret("a"), "a"):
        sealed = normalise(TOKEN, held)
        assert isinstance(sealed, Secret)
        assert sealed.reveal() == "a"
    assert normalise(TOKEN, None) is None
    assert normalise(TOKEN, MISSING) is MISSING
    inner = normalise(Field("x", {}, fields={"token": TOKEN}), {"token": "a", "b": "c"})
    assert isinstance(inner["token"], Secret)
    assert inner["b"] == "c"
    assert normalise(replace(TOKEN, equals_null=("",)), "") is None


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (1, 1.0, True),
        (1.0, 1, True),
        (1, 2.0, False),
        (True, 1, False),
        (1, True, False),
        (True, True, True),
        (False, None, False),
        (0, False, False),
        (None, None, True),
        (None, "", False),
        ("a", "a", True),
        ("a", "b", False),
        ("1", 1, False),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": 1}, {"a": True}, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": 1, "b": 2}, {"a": 1}, False),
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, False),
        ({}, [], False),
        ([], {}, False),
        ([1], (1.0,), True),
        ((1,), [1], True),
        ([1], [True], False),
        ([1, 2], [1], False),
        ([1], [1, 2], False),
        ([1, 2], [1, 3], False),
        ([1, 2], [2, 1], False),
        ([], None, False),
        (MISSING, MISSING, True),
        (MISSING, None, False),
        (Secret("a"), Secret("a"), True),
        (Secret("a"), Secret("b"), False),
        (Secret("a"), "a", True),
        ("a", Secret("a"), True),
        ("b", Secret("a"), False),
        (Secret("a"), "b", False),
        ([Secret("a")], [Secret("a")], True),
        (seal("a"), Secret("a"), True),
        (Secret("a"), seal("a"), True),
        (seal("b"), Secret("a"), False),
    ],
)
def test_what_is_the_same_as_json(left: Json, right: Json, equal: bool) -> None:
    assert same(left, right) is equal


LIVE = {"a": 1.0, "shown": "x", "own": 3, "rest": {"token": "m", "b": 2.0}}
READ = replace(
    LINE,
    fields={
        "a": Field("a", {}),
        "own": Field("own", {}, readable=False),
        "renamed": Field("renamed", {}, read_name="shown"),
        "rest": Field("rest", {}, fields={"token": replace(TOKEN, readable=False)}),
        "gone": Field("gone", {}),
        "unserved": Field("unserved", {}, absence="unsupported"),
    },
)


def test_a_live_object_is_what_it_tells_of_the_fields_that_are_known() -> None:
    assert normalise_live(READ, LIVE | {"strange": 1}) == {"a": 1, "renamed": "x", "rest": {"b": 2}}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("a", 1),
        ("own", MISSING),
        ("renamed", "x"),
        ("rest", {"b": 2}),
        ("gone", None),
        ("unserved", MISSING),
    ],
)
def test_a_field_of_a_live_object_is_told_null_or_untold(name: str, value: Json) -> None:
    found = read_field(READ.fields[name], LIVE)
    assert same(found, value)
    assert read_field(READ.fields["unserved"], {"unserved": None}) is None
