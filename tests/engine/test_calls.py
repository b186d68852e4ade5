"""The picture of the calls: numbers, what they reach, and where a call goes on."""

from __future__ import annotations

import pytest

from reconciler.engine.calls import draw_calls
from reconciler.model.diagnostic import Location
from reconciler.model.live import Absent, Reading
from reconciler.model.plan import CallEdge, CallGraph, CallNode
from reconciler.model.project import Declared
from reconciler.model.reference import Reference, Template
from tests.engine.shop import CATALOG, declare, live, read

PLACE = Location("shop.yaml")


def draw(
    *resources: Declared, readings: dict[str, Reading], touched: tuple[str, ...] = (), **numbers: tuple[str, ...]
) -> CallGraph:
    return draw_calls(resources, catalog=CATALOG, live=live(readings, **numbers), touched=touched)


def node(address: str, label: str, *, phone: str = "", touched: bool = False) -> CallNode:
    kind = address.partition(".")[0]
    return CallNode(address, kind, "acme", label, phone, touched, address)


def test_a_number_is_its_own_stop_and_leads_to_its_agent() -> None:
    readings = read(**{"numbers_+1": {"number": "+1", "name": "Front", "agent": "a1"}, "agents_a1": {"name": "Desk"}})
    found = draw(declare("numbers.+1"), declare("agents.a1"), readings=readings, touched=("agents.a1",))
    assert found == CallGraph(
        (
            CallNode("number:+1", "numbers", "acme", "Front", "+1", address="numbers.+1"),
            node("agents.a1", "Desk", touched=True),
        ),
        (CallEdge("number:+1", "agents.a1", "answered by"),),
    )


def test_what_dials_a_number_and_what_a_number_reaches_point_each_other_way() -> None:
    readings = read(lines_l={"phone": "+1"}, desks_d={"phone": "+2", "name": "Hall"}, lines_m={"phone": None})
    found = draw(declare("lines.l"), declare("desks.d"), declare("lines.m"), readings=readings)
    assert found == CallGraph(
        (
            node("lines.l", "lines.l", phone="+1"),
            CallNode("number:+1", "numbers", "", "+1", "+1"),
            node("desks.d", "Hall", phone="+2"),
            CallNode("number:+2", "numbers", "", "+2", "+2"),
            node("lines.m", "lines.m"),
        ),
        (CallEdge("lines.l", "number:+1", "dials"), CallEdge("number:+2", "desks.d", "reaches")),
    )


def test_numbers_that_the_vendor_lists_apart_reach_their_object_and_its_parent() -> None:
    found = draw(declare("connectors.c"), readings=read(connectors_c={}), connectors_c=("+1", "+2"))
    assert found == CallGraph(
        (
            node("connectors.c", "connectors.c"),
            CallNode("number:+1", "numbers", "", "+1", "+1"),
            CallNode("number:+2", "numbers", "", "+2", "+2"),
            CallNode("acme:agents:agent-of-c", "agents", "", "agent-of-c"),
        ),
        (
            CallEdge("number:+1", "connectors.c", "reaches"),
            CallEdge("number:+2", "connectors.c", "reaches"),
            CallEdge("connectors.c", "acme:agents:agent-of-c", "answered by"),
        ),
    )


def test_a_declared_number_says_more_than_one_that_is_only_dialled() -> None:
    readings = read(**{"lines_l": {"phone": "+1"}, "numbers_+1": {"number": "+1", "name": "Front"}})
    resources = (declare("lines.l"), declare("numbers.+1"))
    for order in (resources, resources[::-1]):
        found = draw(*order, readings=readings)
        numbers = [each for each in found.nodes if each.key == "number:+1"]
        assert numbers == [CallNode("number:+1", "numbers", "acme", "Front", "+1", address="numbers.+1")]
        assert found.edges == (CallEdge("lines.l", "number:+1", "dials"),)


def test_where_calls_go_after_the_plan_and_until_now() -> None:
    readings = read(**{"numbers_+1": {"number": "+1", "agent": "a1"}, "agents_a2": {"name": "New"}})
    found = draw(declare("numbers.+1", agent="a2"), declare("agents.a2"), readings=readings)
    assert found.edges == (
        CallEdge("number:+1", "agents.a2", "answered by"),
        CallEdge("number:+1", "acme:agents:a1", "answered by", gone=True),
    )
    assert [(each.key, each.label) for each in found.nodes] == [
        ("number:+1", "numbers.+1"),
        ("acme:agents:a1", "a1"),
        ("agents.a2", "New"),
    ]
    ended = draw(declare("numbers.+1", agent=None), readings=readings)
    assert ended.edges == (CallEdge("number:+1", "acme:agents:a1", "answered by", gone=True),)
    begun = draw(declare("numbers.+1", agent="a2"), readings=read(**{"numbers_+1": {"number": "+1", "agent": None}}))
    assert begun.edges == (CallEdge("number:+1", "acme:agents:a2", "answered by"),)


@pytest.mark.parametrize(
    ("spec", "labels"),
    [
        ({}, {"acme:voices:v1": "Calm"}),
        ({"voice": "v1"}, {"acme:voices:v1": "Calm"}),
        ({"voice": "v2"}, {"acme:voices:v2": "v2", "acme:voices:v1": "Calm"}),
    ],
)
def test_the_vendors_name_of_a_reference_is_shown_while_it_is_that_ones(
    spec: dict[str, str], labels: dict[str, str]
) -> None:
    readings = read(agents_a={"voice": "v1", "voice_name": "Calm"})
    found = draw(declare("agents.a", **spec), readings=readings)
    assert {each.key: each.label for each in found.nodes if each.kind == "voices"} == labels
    assert {edge.label for edge in found.edges} == {"uses"}


def test_a_name_that_the_vendor_does_not_tell_is_the_id() -> None:
    found = draw(declare("agents.a", voice="v2"), readings=read(agents_a={"voice": "v1", "voice_name": None}))
    assert [each.label for each in found.nodes] == ["agents.a", "v2", "v1"]


def test_what_only_the_vendor_sets_is_no_way_of_a_call() -> None:
    readings = read(**{"numbers_+1": {"number": "+1", "first_agent": "a3"}})
    assert draw(declare("numbers.+1"), readings=readings).edges == ()


def test_a_value_that_is_not_known_yet_is_shown_as_it_is_live() -> None:
    template = Template((Reference("agents.a2", PLACE, ("id",)),))
    readings = read(**{"numbers_+1": {"number": "+1", "agent": "a1", "name": "Live"}})
    found = draw(declare("numbers.+1", agent=template, name="Declared"), readings=readings)
    assert found.edges == (CallEdge("number:+1", "acme:agents:a1", "answered by"),)
    assert found.nodes[0].label == "Declared"


def test_a_kind_that_people_know_by_no_field_is_named_by_its_address() -> None:
    assert draw(declare("switches.s"), readings=read(switches_s={"name": "x"})).nodes == (
        node("switches.s", "switches.s"),
    )


def test_what_was_not_read_is_not_drawn() -> None:
    readings: dict[str, Reading] = {"agents.a": Absent("404"), **read(agents_b={"name": "B"})}
    assert draw(declare("agents.a"), declare("agents.b"), readings=readings).nodes == (node("agents.b", "B"),)


def test_a_way_that_stays_through_another_field_has_not_gone() -> None:
    readings = read(**{"numbers_+1": {"number": "+1", "agent": "a1", "fallback": "a2"}})
    found = draw(declare("numbers.+1", agent="a2", fallback="a1"), readings=readings)
    assert found.edges == (
        CallEdge("number:+1", "acme:agents:a2", "answered by"),
        CallEdge("number:+1", "acme:agents:a1", "answered by"),
    )
