"""A body holds what changes, and the rest of an object that the vendor would otherwise lose."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.engine.encode import encode_body, encode_null, keep_sendable, list_whole
from reconciler.model.field import Field
from reconciler.model.paths import MISSING, Json
from reconciler.model.plan import Change
from tests.engine.worlds import LINE, declare, make_account


def encode(
    *changes: Change, spec: Json = None, live: Json = None, name: str = "replaced", known: Field | None = None
) -> Json:
    resource_type = replace(LINE, fields={**LINE.fields, name: known}) if known else LINE
    account = make_account(clear="send-null")
    declared = declare(LINE, spec or {})
    return encode_body(resource_type, changes, declared=declared, live=live or {}, account=account)


@pytest.mark.parametrize(
    ("name", "sent"),
    [("replaced", {"a": 2, "b": 1}), ("opaque", {"a": 2, "b": 1}), ("merged", {"a": 2})],
)
def test_a_change_of_a_whole_object_keeps_the_rest_that_the_vendor_would_lose(name: str, sent: Json) -> None:
    live = {name: {"a": 1, "b": 1}}
    assert encode(Change((name,), {"a": 1}, {"a": 2}), live=live) == {name: sent}
    assert encode(Change((name,), MISSING, {"a": 2}), live={name: None}) == {name: {"a": 2}}
    assert encode(Change((name,), {"a": 1}, [2]), live=live) == {name: [2]}


def test_changes_of_one_object_meet_in_one_body() -> None:
    live = {"replaced": {"a": {"x": 1, "y": 1}, "b": 1, "c": 1}}
    changes = (Change(("replaced", "a", "x"), 1, 2), Change(("replaced", "b"), 1, 3), Change(("flag",), False, True))
    assert encode(*changes, live=live) == {"replaced": {"a": {"x": 2, "y": 1}, "b": 3, "c": 1}, "flag": True}
    merged = (Change(("merged", "a", "x"), 1, 2), Change(("merged", "b"), 1, 3))
    assert encode(*merged, live={"merged": live["replaced"]}) == {"merged": {"a": {"x": 2}, "b": 3}}


@pytest.mark.parametrize(("name", "rest"), [("merged", {}), ("replaced", {"z": 1})])
def test_changes_below_one_key_meet_below_it(name: str, rest: Json) -> None:
    changes = (Change((name, "a", "x"), 1, 2), Change((name, "a", "y"), 1, 3))
    live = {name: {"a": {"x": 1, "y": 1, "z": 1}}}
    assert encode(*changes, live=live) == {name: {"a": {"x": 2, "y": 3, **rest}}}


def test_a_key_of_an_object_that_is_replaced_whole_is_cleared_by_leaving_it_out() -> None:
    live = {"replaced": {"a": 1, "b": {"c": 1, "d": 2}}}
    known = Field("replaced", {}, merging="replace", fields={"b": Field("b", {}, merging="replace")})
    assert encode(Change(("replaced", "a"), 1, None), live=live, known=known) == {"replaced": {"b": {"c": 1, "d": 2}}}
    assert encode(Change(("replaced", "z"), 1, None), live=live, known=known) == live
    assert encode(Change(("replaced", "b", "c"), 1, None), live=live, known=known) == {
        "replaced": {"a": 1, "b": {"d": 2}}
    }
    nullable = replace(known, fields={"a": Field("a", {}, clearing="null")})
    assert encode(Change(("replaced", "a"), 1, None), live=live, known=nullable) == {
        "replaced": {"a": None, "b": {"c": 1, "d": 2}}
    }
    merged = replace(known, merging="merge")
    assert encode(Change(("replaced", "a"), 1, None), live=live, known=merged) == {"replaced": {"a": None}}


def test_what_a_read_does_not_tell_travels_from_git() -> None:
    token = Field("token", {}, readable=False)
    inner = Field("inner", {}, merging="replace", fields={"token": token})
    known = Field("replaced", {}, merging="replace", fields={"token": token, "inner": inner})
    spec = {"replaced": {"token": "mine", "a": 2, "inner": {"token": "deep", "b": 1}}}
    live = {"replaced": {"token": "masked", "a": 1, "inner": {"token": "masked", "b": 1, "c": 1}, "rest": 0}}
    sent = {"token": "mine", "a": 2, "inner": {"token": "deep", "b": 1, "c": 1}, "rest": 0}
    assert encode(Change(("replaced", "a"), 1, 2), spec=spec, live=live, known=known) == {"replaced": sent}
    cleared = {"replaced": {"token": "mine", "inner": None, "a": 2}}
    assert encode(Change(("replaced", "a"), 1, 2), spec=cleared, live={"replaced": {"a": 1}}, known=known) == {
        "replaced": {"token": "mine", "a": 2}
    }
    bare = {"replaced": {"token": "mine", "inner": {"token": "deep"}, "a": 2}}
    assert encode(Change(("replaced", "a"), None, 2), spec=spec, known=known) == bare


def test_what_the_vendor_sets_never_travels_back() -> None:
    born = Field("born", {}, writable=False)
    known = Field("x", {}, fields={"born": born, "in": Field("in", {}, fields={"born": born})})
    assert keep_sendable(known, {"born": 1, "in": {"born": 1, "a": 2}, "b": [1]}) == {"in": {"a": 2}, "b": [1]}


@pytest.mark.parametrize(
    ("types", "empty"), [({"object", "null"}, {}), ({"array"}, []), ({"string", "null"}, ""), ({"number"}, "")]
)
def test_what_clears_a_field_is_the_account_s_to_say(types: set[str], empty: Json) -> None:
    known = Field("x", {}, types=frozenset(types), clearing="account")
    assert encode_null(known, clear="send-empty") == empty
    assert encode_null(known, clear="send-null") is None
    assert encode_null(replace(known, clearing="null"), clear="send-empty") is None


def test_the_outermost_objects_that_travel_whole_are_named() -> None:
    whole = Field("whole", {}, merging="replace", fields={"below": Field("below", {}, merging="replace")})
    known = Field("x", {}, merging="merge", fields={"whole": whole, "plain": Field("plain", {}, merging="merge")})
    sent = {"whole": {"below": {"a": 1}}, "plain": {"a": 1}}
    assert [(path, found.name) for path, found in list_whole(known, sent, ("x",))] == [(("x", "whole"), "whole")]
    assert list(list_whole(whole, [1])) == []
