"""A whole plan: one verdict a resource, in order, and the ways of calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from reconciler.engine.plan import Verdict, fold_unknown, make_plan
from reconciler.model.diagnostic import Diagnostic, Location
from reconciler.model.ledger import Ledger
from reconciler.model.live import Absent, LiveState, Present, Reading, Unknown
from reconciler.model.paths import Json
from reconciler.model.plan import Binding, CallEdge, Plan, Planned, Status
from reconciler.model.project import Account, Declared, Project
from reconciler.model.resource_type import Identity
from reconciler.vendors import load_catalog

CATALOG = load_catalog()
ACCOUNTS = {
    name: Account(name, name, next(iter(provider.base_urls.values())), provider.credential)
    for name, provider in CATALOG.providers.items()
}


def declare(provider: str, kind: str, name: str, *, spec: Mapping[str, Json], line: int = 1, **parts: str) -> Declared:
    return Declared(
        address=f"{kind}.{name}",
        kind=kind,
        account=provider,
        provider=provider,
        identity=Identity(tuple(parts.items())),
        match={},
        spec=spec,
        location=Location("reconciler.yaml", line),
    )


def make(
    resources: tuple[Declared, ...], readings: Mapping[str, Reading], **live: Mapping[str, tuple[str, ...]]
) -> Plan:
    return make_plan(
        Project(Path(), ACCOUNTS, resources),
        resources,
        catalog=CATALOG,
        live=LiveState(readings, {}, numbers=live.get("numbers", {})),
        ledger=Ledger(),
        created_at="2026-01-01T00:00:00Z",
        binding=Binding(),
    )


def read_as(declared: Declared, status: str) -> Reading:
    assert declared.identity is not None
    live = {"id": str(declared.identity), "name": "Old" if status == "update" else declared.spec["name"]}
    known: dict[str, Reading] = {"absent": Absent("404"), "unknown": Unknown("503")}
    return known.get(status) or Present(declared.identity, live)


@given(st.lists(st.sampled_from(["in_sync", "update", "absent", "unknown"]), max_size=12))
def test_every_resource_has_one_verdict_in_order(statuses: list[str]) -> None:
    resources = tuple(
        declare(
            "galtea", "phone_connections", f"r{number}", spec={"name": f"New {number}"}, line=number, id=f"p{number}"
        )
        for number in range(1, len(statuses) + 1)
    )
    readings = {known.address: read_as(known, status) for known, status in zip(resources, statuses, strict=True)}
    plan = make(resources, readings)
    assert [planned.status.value for planned in plan.resources] == statuses
    assert [planned.address for planned in plan.resources] == [known.address for known in resources]
    updated = [known.address for known, status in zip(resources, statuses, strict=True) if status == "update"]
    assert [update.address for update in plan.updates] == updated
    lost = [known.address for known, status in zip(resources, statuses, strict=True) if status == "absent"]
    assert [found.address for found in plan.diagnostics if found.code == "absent-object"] == lost
    unread = [known.address for known, status in zip(resources, statuses, strict=True) if status == "unknown"]
    assert [found.address for found in plan.diagnostics if found.code == "read-failed"] == unread[:1]
    suspected = [found for found in plan.diagnostics if found.code == "account-all-absent"]
    assert bool(suspected) == (len(statuses) > 1 and set(statuses) == {"absent"})


def test_one_object_found_twice_is_planned_for_nobody() -> None:
    first = declare("galtea", "phone_connections", "a", spec={"name": "A"}, id="p1")
    second = replace(
        declare("galtea", "phone_connections", "b", spec={"name": "B"}, id="p1"), identity=None, match={"name": "x"}
    )
    other = declare("galtea", "phone_connections", "c", spec={"name": "C"}, id="p2")
    live = {
        known.address: Present(Identity((("id", number),)), {"id": number, "name": "x"})
        for known, number in ((first, "p1"), (second, "p1"), (other, "p2"))
    }
    plan = make((first, second, other), live)
    assert [planned.status for planned in plan.resources] == [Status.REFUSED, Status.REFUSED, Status.UPDATE]
    assert [found.code for found in plan.diagnostics] == ["collision", "collision"]
    assert "phone_connections.b" in plan.diagnostics[0].message
    assert "phone_connections.a" in plan.diagnostics[1].message


def test_equal_ids_of_two_agents_are_two_objects() -> None:
    resources = tuple(
        declare("polyai", "connectors", name, spec={"voiceName": "v"}, agentId=agent, connectorId="c-1")
        for name, agent in (("a", "P-1"), ("b", "P-2"))
    )
    readings = {known.address: read_as(known, "update") for known in resources}
    assert [planned.status for planned in make(resources, readings).resources] == [Status.UPDATE, Status.UPDATE]


def test_calls_are_followed_over_vendors_by_number() -> None:
    dials = declare("galtea", "phone_connections", "test", spec={"phoneNumber": "+12025550143"}, id="p1")
    number = declare("fluents", "numbers", "desk", spec={"inbound_agent": "agent-2"}, number="+12025550143")
    connector = declare("polyai", "connectors", "live", spec={}, agentId="P-1", connectorId="c-1")
    resources = (dials, number, connector)
    objects: dict[str, dict[str, Json]] = {
        dials.address: {"id": "p1", "name": "Test", "phoneNumber": "+442071838750"},
        number.address: {"number": "+12025550143", "label": "Desk", "inbound_agent": {"id": "agent-1"}},
        connector.address: {"connectorId": "c-1", "name": "Live"},
    }
    readings = {known.address: Present(known.identity or Identity(()), objects[known.address]) for known in resources}
    calls = make(resources, readings, numbers={connector.address: ("+12025550199",)}).calls
    assert calls.edges == (
        CallEdge(dials.address, "number:+12025550143", "dials"),
        CallEdge("number:+12025550143", "fluents:agents:agent-2", "answered by"),
        CallEdge("number:+12025550143", "fluents:agents:agent-1", "answered by", gone=True),
        CallEdge("number:+12025550199", connector.address, "reaches"),
        CallEdge(connector.address, "polyai:agents:P-1", "answered by"),
    )
    desk = next(node for node in calls.nodes if node.key == "number:+12025550143")
    assert (desk.label, desk.provider, desk.touched) == ("Desk", "fluents", True)
    assert {node.key for node in calls.nodes} >= {edge.target for edge in calls.edges} | {
        edge.source for edge in calls.edges
    }


def test_one_reason_for_many_unknown_resources_is_told_once() -> None:
    verdicts = [
        Verdict(
            Planned(f"numbers.n{count}", Status.UNKNOWN, account="fluents", reason=reason),
            diagnostics=(Diagnostic("read-failed", f"numbers.n{count}: {reason}", advice="Wait."),),
        )
        for count, reason in enumerate(["503", "503", "403", "503"])
    ]
    told = [diagnostic for verdict in fold_unknown(verdicts) for diagnostic in verdict.diagnostics]
    assert [one.message for one in told] == [
        "3 resources of account fluents, numbers.n0 among them: 503",
        "numbers.n2: 403",
    ]
    assert {one.advice for one in told} == {"Wait."}


def test_the_reason_of_a_refusal_does_not_repeat_the_address() -> None:
    declared = declare("galtea", "phone_connections", "a", spec={"productId": "other"}, line=1, id="p1")
    assert declared.identity is not None
    live = {"id": "p1", "name": "A", "productId": "one"}
    plan = make((declared,), {declared.address: Present(declared.identity, live)})
    assert plan.resources[0].status is Status.REFUSED
    assert plan.resources[0].reason.startswith("productId is 'one'")
    assert plan.diagnostics[0].message.startswith("phone_connections.a: productId")
