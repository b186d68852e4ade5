"""The laws of finding differences."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.engine.diff import compare_field, find_differences, restrict
from reconciler.engine.normal_form import normalise, same
from reconciler.model.field import Field
from reconciler.model.paths import MISSING, FieldPath, Json
from reconciler.vendors import load_catalog
from tests.engine.shop import make_kind, text
from tests.engine.test_laws import LAW
from tests.engine.worlds import KEYS, LINE, TREES, canon

OBJECTS = st.dictionaries(KEYS, TREES, max_size=4)
MERGED = LINE.fields["merged"]


@given(TREES, TREES)
@LAW
def test_same_is_equality_of_json(left: Json, right: Json) -> None:
    assert same(left, right) == (canon(left) == canon(right))
    assert same(left, copy.deepcopy(left))


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (1, True, False),
        (0, False, False),
        (1, 1.0, True),
        ([1], [True], False),
        ({"a": [0]}, {"a": [False]}, False),
        ("1", 1, False),
        (None, False, False),
        (None, "", False),
        ({}, [], False),
        ({"__a": 1}, {"__a": 2}, False),
        ([1, 2], [2, 1], False),
        ("a ", "a", False),
        (MISSING, None, False),
    ],
)
def test_same_tells_types_apart(left: Json, right: Json, equal: bool) -> None:
    assert same(left, right) is equal
    assert same(right, left) is equal


@given(OBJECTS, OBJECTS)
@LAW
def test_the_differences_lead_from_before_to_after(live: Json, wanted: Json) -> None:
    before, after = normalise(MERGED, live), normalise(MERGED, wanted)
    owned = restrict(before, after)
    for path, old, new in compare_field(MERGED, before=before, after=after):
        assert path[0] == "merged"
        assert same(_look(owned, path[1:]), old)
        owned = _set(owned, path[1:], new)
    assert same(owned, after)


@given(OBJECTS, OBJECTS)
@LAW
def test_no_difference_holds_another(live: Json, wanted: Json) -> None:
    before, after = normalise(MERGED, live), normalise(MERGED, wanted)
    paths = [path for path, _, _ in compare_field(MERGED, before=before, after=after)]
    assert not [(one, two) for one in paths for two in paths if one != two and two[: len(one)] == one]
    assert len(set(paths)) == len(paths)
    assert paths == sorted(paths)


@given(OBJECTS)
def test_equal_objects_have_no_differences(value: Json) -> None:
    form = normalise(MERGED, value)
    assert list(compare_field(MERGED, before=form, after=form)) == []


@given(OBJECTS, OBJECTS)
@LAW
def test_restricting_twice_changes_nothing_and_adds_no_value(live: Json, declared: Json) -> None:
    owned = restrict(live, declared)
    assert same(restrict(owned, declared), owned)
    assert set(owned) <= set(declared)


def test_objects_that_share_few_keys_are_compared_key_by_key() -> None:
    live = {"a": {"mine": 1, "z": 0}}
    wanted = {"a": {"p": 1, "q": 2, "r": 3, "z": 4}}
    found = {path[1:]: (old, new) for path, old, new in compare_field(MERGED, before=live, after=wanted)}
    assert found == {("a", "p"): (None, 1), ("a", "q"): (None, 2), ("a", "r"): (None, 3), ("a", "z"): (0, 4)}


@pytest.mark.parametrize(
    ("field", "declared", "live"),
    [
        (text("x"), "a", {"x": "a"}),
        (text("x", read_name="y"), True, {"y": True}),
        (text("x"), 1, {"x": 1.0}),
        (text("x"), [1, {"a": "b"}], {"x": [1, {"a": "b"}]}),
        (text("x"), {"a": 1}, {"x": {"a": 1, "theirs": 2}}),
        (text("x"), None, {}),
        (text("x", equals_null=("",)), None, {"x": ""}),
    ],
)
def test_what_is_live_as_declared_is_no_difference(field: Field, declared: Json, live: dict[str, Json]) -> None:
    assert list(find_differences(make_kind("lines", field), declared={"x": declared}, live=live)) == []


@pytest.mark.parametrize(
    ("field", "declared", "live", "before"),
    [
        (text("x"), True, {"x": 1}, 1),
        (text("x"), 1, {"x": True}, True),
        (text("x"), [True], {"x": [1]}, [1]),
        (text("x", read_name="y"), "a", {"x": "a"}, None),
        (text("x", readable=False), "a", {"x": "a"}, MISSING),
        (text("x", absence="unsupported"), None, {}, MISSING),
    ],
)
def test_what_only_looks_alike_is_a_difference(
    field: Field, declared: Json, live: dict[str, Json], before: Json
) -> None:
    (found,) = find_differences(make_kind("lines", field), declared={"x": declared}, live=live)
    assert found[0] == ("x",)
    assert (same(found[1], before), same(found[2], declared)) == (True, True)


def test_all_that_differs_is_told_in_the_order_of_its_declaration() -> None:
    kind = make_kind("lines", text("x"), text("y"))
    found = find_differences(kind, declared={"y": "b", "name": "n", "x": "a"}, live={"name": "n"})
    assert list(found) == [(("y",), None, "b"), (("x",), None, "a")]


def _look(value: Json, path: FieldPath) -> Json:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _set(value: Json, path: FieldPath, new: Json) -> Json:
    if not path:
        return new
    start = value if isinstance(value, dict) else {}
    return {**start, path[0]: _set(start.get(path[0]), path[1:], new)}


def test_an_expanded_reference_without_its_id_is_not_null() -> None:
    known = load_catalog().resource_types["fluents", "numbers"].fields["inbound_agent"]
    assert normalise(known, {"id": "a-1", "name": "Front desk"}) == "a-1"
    assert normalise(known, {"name": "Front desk"}) == {"name": "Front desk"}


def test_what_cannot_be_read_in_an_object_differs_by_itself_and_else_the_field_does() -> None:
    inner = {"token": Field("token", {}, readable=False)}
    known = Field("keys", {}, fields=inner)
    assert list(compare_field(known, before={"a": 1}, after=None)) == [(("keys",), {"a": 1}, None)]
    assert list(compare_field(known, before={"a": 1}, after=["x"])) == [(("keys",), {"a": 1}, ["x"])]
    assert list(compare_field(known, before=["x"], after={"a": 1})) == [(("keys",), ["x"], {"a": 1})]
    after = {"token": "t", "a": 1}
    assert list(compare_field(known, before={"a": 1}, after=after)) == [(("keys", "token"), MISSING, "t")]
    unread = Field("keys", {}, readable=False, fields=inner)
    assert list(compare_field(unread, before=MISSING, after=after)) == [(("keys",), MISSING, after)]
