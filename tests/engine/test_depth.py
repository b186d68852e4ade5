"""What a schema says counts below the top level too: secrets, what cannot be read, merging, references in lists."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.engine.plan import Verdict, plan_resource
from reconciler.engine.verify import find_moved, find_wrong
from reconciler.model.ledger import Applied, Ledger
from reconciler.model.paths import Json
from reconciler.model.plan import Plan, Status
from reconciler.model.plan_document import write_plan
from reconciler.model.project import Account
from reconciler.model.resource_type import ResourceType
from reconciler.model.secret import Secret
from tests.engine.test_laws import LAW
from tests.engine.worlds import KEYS
from tests.vendors.made_up import ACCOUNT, IDENTITY, NO_LEDGER, declare, make_type, present

TEXT: Json = {"type": "string"}
CONFIG: Json = {
    "type": "object",
    "x-merge": "unknown",
    "properties": {
        "url": {**TEXT, "x-risk": "calls go elsewhere"},
        "key": {**TEXT, "x-secret": True},
        "note": TEXT,
        "stamp": {**TEXT, "readOnly": True},
    },
}
CANARY = "canary-7f3a"


def plan(
    known: ResourceType, spec: Json, live: Json, *, ledger: Ledger = NO_LEDGER, account: Account = ACCOUNT
) -> Verdict:
    return plan_resource(declare(spec), present(live), resource_type=known, account=account, ledger=ledger, options={})


def read_body(verdict: Verdict) -> Json:
    assert verdict.update is not None, verdict.diagnostics
    return verdict.update.request.body


def write(verdict: Verdict) -> str:
    assert verdict.update is not None
    return json.dumps(write_plan(Plan("2026-01-01T00:00:00Z", (verdict.update,), (verdict.planned,))))


def test_a_nested_secret_is_told_by_the_ledger_and_shown_nowhere() -> None:
    known = make_type({"config": CONFIG})
    spec = {"config": {"url": "b", "key": Secret(CANARY)}}
    verdict = plan(known, spec, {"config": {"url": "a", "key": "shown-by-the-vendor", "note": "n", "stamp": "s"}})
    assert verdict.update is not None
    assert {change.path for change in verdict.update.changes} == {("config", "url"), ("config", "key")}
    written = write(verdict)
    assert CANARY not in written
    assert "shown-by-the-vendor" not in written + repr(verdict)
    assert verdict.update.risks == ("config.url: calls go elsewhere",)
    applied = Applied("lines.main", "acme", "acme", "lines", "line_1", {"/config": spec["config"]}, "", "", "r")
    again = plan(known, spec, {"config": {"url": "b", "key": "****"}}, ledger=Ledger({"lines.main": applied}))
    assert again.planned.status is Status.IN_SYNC


def test_what_travels_whole_takes_its_secret_from_git_and_leaves_out_what_the_vendor_sets() -> None:
    known = make_type({"config": CONFIG})
    spec = {"config": {"url": "b", "key": Secret(CANARY)}}
    body = read_body(plan(known, spec, {"config": {"url": "a", "key": "****", "note": "n", "stamp": "s"}}))
    assert body["config"]["key"].matches(CANARY)
    assert {**body["config"], "key": ""} == {"url": "b", "key": "", "note": "n"}


@pytest.mark.parametrize("held", ["****", "in clear"])
def test_a_secret_that_would_be_lost_refuses_the_change(held: str) -> None:
    verdict = plan(make_type({"config": CONFIG}), {"config": {"url": "b"}}, {"config": {"url": "a", "key": held}})
    assert verdict.planned.status is Status.REFUSED
    assert [found.code for found in verdict.diagnostics] == ["secret-not-declared"]
    assert held not in repr(verdict)


def test_a_nested_field_that_cannot_be_read_is_verified_by_the_rest() -> None:
    known = make_type(
        {"top": {"type": "object", "x-merge": "merge", "properties": {"pin": {**TEXT, "writeOnly": True}}}}
    )
    verdict = plan(known, {"top": {"pin": "1", "name": "b"}}, {"top": {"name": "a"}})
    assert verdict.update is not None
    assert find_wrong(known, verdict.update, {"top": {"name": "b"}}) == ()
    assert find_wrong(known, verdict.update, {"top": {"name": "a"}}) == (("top", "name"),)
    assert read_body(verdict) == {"top": {"pin": "1", "name": "b"}}


def test_an_object_that_is_replaced_within_a_merged_one_travels_whole() -> None:
    inner = {"type": "object", "x-merge": "replace", "additionalProperties": True}
    known = make_type({"outer": {"type": "object", "x-merge": "merge", "properties": {"inner": inner}}})
    live = {"outer": {"inner": {"a": 1, "b": 2}, "other": 3}}
    verdict = plan(known, {"outer": {"inner": {"a": 9}}}, live)
    assert read_body(verdict) == {"outer": {"inner": {"a": 9, "b": 2}}}
    assert verdict.update is not None
    moved = {"outer": {"inner": {"a": 1, "b": 7}, "other": 3}}
    assert find_moved(known, verdict.update, moved) == (("outer", "inner"),)
    assert find_moved(known, verdict.update, {"outer": {**live["outer"], "other": 4}}) == ()


def test_a_shallow_merge_sends_the_key_whole_and_drops_none() -> None:
    known = make_type({"variables": {"type": "object", "x-merge": "shallow", "additionalProperties": True}})
    live = {"variables": {"hours": {"mon": 8, "tue": 8}, "city": "Oslo"}}
    assert read_body(plan(known, {"variables": {"hours": {"mon": 9}}}, live)) == {
        "variables": {"hours": {"mon": 9, "tue": 8}}
    }
    assert read_body(plan(known, {"variables": {"hours": {"mon": None}}}, live)) == {"variables": {"hours": {"tue": 8}}}
    dropped = plan(known, {"variables": {"city": None}}, live)
    assert [found.code for found in dropped.diagnostics] == ["cannot-clear"]


def test_the_elements_of_a_list_compare_by_what_is_ours() -> None:
    row = {"type": "object", "properties": {"id": {**TEXT, "readOnly": True}, "phrase": TEXT}}
    known = make_type({"rows": {"type": "array", "items": row}})
    live = {"rows": [{"id": "1", "phrase": "hi"}, {"id": "2", "phrase": "yo"}]}
    assert plan(known, {"rows": [{"phrase": "hi"}, {"phrase": "yo"}]}, live).planned.status is Status.IN_SYNC
    assert read_body(plan(known, {"rows": [{"phrase": "hi"}]}, live)) == {"rows": [{"phrase": "hi"}]}


def test_a_list_of_references_compares_by_id() -> None:
    known = make_type(
        {"actions": {"type": "array", "items": {**TEXT, "x-reference": {"kind": "actions", "field": "id"}}}}
    )
    live = {"actions": [{"id": "a", "config": {"signature_secret": CANARY}}, "b"]}
    assert plan(known, {"actions": ["a", "b"]}, live).planned.status is Status.IN_SYNC
    verdict = plan(known, {"actions": ["b", "a"]}, live)
    assert read_body(verdict) == {"actions": ["b", "a"]}
    assert CANARY not in write(verdict)


@pytest.mark.parametrize(
    ("account", "sent"),
    [
        (replace(ACCOUNT, clear_fields={"top": "send-empty"}), ""),
        (replace(ACCOUNT, clear="send-empty"), ""),
        (replace(ACCOUNT, clear="send-empty", clear_fields={"top": "send-null"}), None),
    ],
)
def test_what_clears_a_field_clears_what_lies_below_it_in_the_same_way(account: Account, sent: Json) -> None:
    note = {**TEXT, "x-null": {"clear": "account", "equals": [""]}}
    known = make_type({"top": {"type": "object", "x-merge": "merge", "properties": {"note": note}}})
    verdict = plan(known, {"top": {"note": None}}, {"top": {"note": "old"}}, account=account)
    assert read_body(verdict) == {"top": {"note": sent}}


def test_a_discriminator_travels_from_the_live_object_and_must_not_have_moved() -> None:
    endpoints = make_document_endpoints(carries=["type"])
    known = make_type({"type": TEXT, "label": TEXT}, **{"x-endpoints": endpoints})
    verdict = plan(known, {"label": "b"}, {"type": "transfer", "label": "a"})
    assert verdict.update is not None
    assert verdict.update.request.body == {"label": "b", "type": "transfer"}
    assert verdict.update.request.companions == ("type",)
    assert find_moved(known, verdict.update, {"type": "dtmf", "label": "a"}) == (("type",),)
    assert read_body(plan(known, {"type": "dtmf", "label": "b"}, {"type": "dtmf", "label": "a"}))["type"] == "dtmf"


def make_document_endpoints(*, carries: list[str]) -> Json:
    return {
        "list": {"method": "GET", "path": "/lines", "items": "/lines", "paging": {"style": "none"}},
        "update": {"method": "POST", "path": "/lines/{id}", "carries": carries},
    }


def test_a_difference_that_only_types_tell_keeps_the_rest_of_the_object() -> None:
    """DeepDiff takes 1 and true in a list for one: then the object is set as a whole, over its live rest."""
    known = make_type({"context": {"type": "object", "x-merge": "unknown", "additionalProperties": True}})
    verdict = plan(known, {"context": {"flags": [True]}}, {"context": {"flags": [1], "other": 2}})
    assert read_body(verdict) == {"context": {"flags": [True], "other": 2}}


TREES = st.recursive(
    st.none() | st.booleans() | st.text(max_size=3), lambda below: st.dictionaries(KEYS, below, max_size=3)
)


@given(live=st.dictionaries(KEYS, TREES, max_size=3), pin=st.text(min_size=8, max_size=12, alphabet="pqrst"))
@LAW
def test_no_nested_secret_of_the_vendor_or_of_git_is_ever_written(live: Json, pin: str) -> None:
    secret = {"type": "object", "x-merge": "merge", "properties": {"pin": {**TEXT, "x-secret": True}}}
    known = make_type({"top": {"type": "object", "x-merge": "merge", "properties": {"deep": secret}}})
    spec = {"top": {"deep": {"pin": Secret(pin), "name": "new"}}}
    verdict = plan(known, spec, {"top": {**live, "deep": {**live, "pin": f"live-{pin}"}}})
    assert pin not in write(verdict) + repr(verdict)
    assert str(IDENTITY) == "line_1"
