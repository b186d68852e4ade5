"""A field that is read under another name does all that it does under its own: a twin type tells what was looked up by name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.engine.calls import draw_calls
from reconciler.engine.collide import find_namesakes
from reconciler.engine.encode import fill_required
from reconciler.engine.plan import Verdict, plan_resource
from reconciler.model.live import Absent, LiveState, Present
from reconciler.model.paths import Json
from reconciler.model.plan import Request
from reconciler.model.resource_type import Catalog, ResourceType
from reconciler.remote.reading.classify import judge
from reconciler.remote.writing.compare import Verdict as Withheld
from reconciler.remote.writing.compare import judge as compare
from tests.vendors.made_up import ACCOUNT, DOCUMENT, IDENTITY, NO_LEDGER, declare, make_type

TEXT: Json = {"type": "string"}
LIVE: dict[str, Any] = {
    "type": "sip",
    "label": "Main line",
    "stage": "live",
    "agent": {"id": "a-1", "name": "Billing", "prompt": {"content": "long and secret"}},
    "agent_name": "Billing",
    "gone": None,
    "flow": "in",
    "trunk": "t-1",
}


def build(*, prefix: str) -> ResourceType:
    """Return a type whose fields play every role that a field can have, read under their names with a prefix."""

    def read_as(name: str, schema: Json) -> Json:
        return {**schema, "x-read-as": {"name": f"{prefix}{name}"}} if prefix else schema

    fields = {
        "type": TEXT,
        "label": TEXT,
        "stage": {**TEXT, "readOnly": True, "x-risk": {"live": "it answers calls"}},
        "agent": {**TEXT, "x-reference": {"kind": "agents", "field": "id"}, "x-null": {"clear": "null"}},
        "agent_name": {**TEXT, "readOnly": True, "x-derived-from": ["agent"]},
        "gone": {**TEXT, "readOnly": True},
        "flow": TEXT,
    }
    trunk = {"trunk": {**read_as("trunk", TEXT), "description": "Its trunk."}}
    endpoints = DOCUMENT["x-endpoints"]
    return make_type(
        {name: read_as(name, schema) for name, schema in fields.items()},
        **{
            "x-identity": {**DOCUMENT["x-identity"], "label": "label", "tombstone": "gone", "unique": ["label"]},
            "x-endpoints": {
                **endpoints,
                "list": {**endpoints["list"], "closed": True},
                "update": {**endpoints["update"], "carries": ["flow"], "fallback": ["label", "agent"]},
            },
            "x-union": {"by": "type", "branches": {"sip": {"properties": trunk}, "pstn": {"properties": {}}}},
        },
    )


PLAIN, RENAMED = build(prefix=""), build(prefix="read_")


def see(known: ResourceType, **changed: Json) -> Present:
    """Return the live object as a vendor with this type shows it."""
    shown = {known.live_name(name): value for name, value in {**LIVE, **changed}.items()}
    return Present(IDENTITY, {"id": "line_1", **shown})


def plan(known: ResourceType, spec: Json, **changed: Json) -> Verdict:
    reading = see(known, **changed)
    return plan_resource(declare(spec), reading, resource_type=known, account=ACCOUNT, ledger=NO_LEDGER, options={})


@pytest.mark.parametrize(
    ("spec", "changed"),
    [
        ({"label": "Desk"}, {}),
        ({"agent": "a-2"}, {}),
        ({"agent": "a-1"}, {}),
        ({"label": "Desk"}, {"gone": "2026-01-01"}),
        ({"trunk": "t-2"}, {"type": "pstn"}),
        ({"trunk": "t-2"}, {}),
    ],
)
def test_the_plan_is_the_same(spec: Json, changed: Json) -> None:
    assert plan(RENAMED, spec, **changed) == plan(PLAIN, spec, **changed)


def test_the_plan_tells_what_is_looked_up() -> None:
    update = plan(RENAMED, {"label": "Desk"}).update
    assert update is not None
    assert (update.label, update.risks) == ("Main line", ("stage is live: it answers calls",))
    assert update.request.body == {"label": "Desk", "flow": "in"}
    assert "was deleted: gone is 2026" in plan(RENAMED, {"label": "Desk"}, gone="2026-01-01").planned.reason
    assert "has type pstn, which has no trunk" in plan(RENAMED, {"trunk": "t-2"}, type="pstn").planned.reason


@pytest.mark.parametrize("known", [PLAIN, RENAMED])
def test_a_move_is_told_with_the_value_as_it_is_declared(known: ResourceType) -> None:
    update = plan(known, {"label": "Desk", "agent": "a-2"}).update
    assert update is not None
    found = compare(known, update, see(known, label="Hall", agent={"id": "a-3", "prompt": {"content": "another"}}))
    assert isinstance(found, Withheld)
    assert found.message == (
        'nothing was sent: /label was "Main line" when planned and is "Hall" now; '
        '/agent was "a-1" when planned and is "a-3" now'
    )
    gone = compare(known, update, see(known, gone="2026-01-01"))
    assert isinstance(gone, Withheld)
    assert gone.message == "nothing was sent: the object was deleted (gone is set)"


@pytest.mark.parametrize("known", [PLAIN, RENAMED])
def test_what_is_filled_in_is_the_value_as_it_is_written(known: ResourceType) -> None:
    request = Request("PATCH", "https://api.acme.example/lines/line_1", {"flow": "out"})
    filled = fill_required(known, request, see(known).value)
    assert filled.body == {"label": "Main line", "agent": "a-1", "flow": "out"}
    assert filled.companions == ("label", "agent")


@pytest.mark.parametrize("known", [PLAIN, RENAMED])
def test_an_object_that_was_deleted_is_absent(known: ResourceType) -> None:
    assert isinstance(judge(see(known, gone="2026-01-01"), resource_type=known), Absent)
    assert isinstance(judge(see(known), resource_type=known), Present)


@pytest.mark.parametrize("known", [PLAIN, RENAMED])
def test_a_picture_and_a_name_of_its_own_know_the_live_value(known: ResourceType) -> None:
    catalog = Catalog({}, {("acme", "lines"): known})
    one, other = declare({"label": "Main line"}), replace(declare({"flow": "out"}), address="lines.other")
    live = LiveState({"lines.main": see(known, label="Desk"), "lines.other": see(known)}, {})
    assert set(find_namesakes((one, other), live=live, accounts={"acme": ACCOUNT}, catalog=catalog)) == {"lines.main"}
    picture = draw_calls((one,), live=live, catalog=catalog, touched=())
    assert [node.label for node in picture.nodes] == ["Main line", "Billing"]
