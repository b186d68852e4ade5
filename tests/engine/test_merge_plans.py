"""Saved plans of one world are one plan; others stand beside each other, and what they share is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from reconciler.engine.merge_plans import merge_plans, name_some
from reconciler.model.diagnostic import Diagnostic, Location, Severity
from reconciler.model.exemption import Ignored
from reconciler.model.plan import (
    Binding,
    CallEdge,
    CallGraph,
    CallNode,
    Change,
    Plan,
    Planned,
    Reach,
    Scope,
    Status,
    Subject,
    Update,
)
from reconciler.model.plan_report import Part, PlanReport, SavedPlan
from tests.engine.shop import update_of

BOUND = Binding("files", "schemas", "1.0", {"acme": "https://api.acme.example", "else": "https://eu.acme.example"})
LATE = "It moved between the two. Make both anew, and let each look at resources of its own."


def update(address: str, *, line: int = 1, value: str = "new", host: str = "https://api.acme.example") -> Update:
    found = update_of(address, Change(("name",), "old", value))
    request = replace(found.request, url=f"{host}/{address}")
    return replace(found, location=Location("shop.yaml", line), request=request)


def plan_of(*updates: Update, minute: int = 0, environment: str | None = None) -> Plan:
    resources = tuple(Planned(one.address, Status.UPDATE) for one in updates)
    return Plan(f"2026-01-01T00:{minute:02}", updates, resources, binding=BOUND, environment=environment)


def report_on(*plans: Plan) -> PlanReport:
    return merge_plans([SavedPlan(f"{place}.json", plan) for place, plan in enumerate(plans)])


def ignore(address: str, field: str, reason: str = "a test") -> Ignored:
    return Ignored(address, "acme", (field,), "a", "b", reason, "2026-02-01", Location("shop.yaml"))


def note(address: str) -> Diagnostic:
    return Diagnostic("absent-object", "it is gone", Severity.WARNING, address=address)


def call(key: str, *, address: str = "", touched: bool = False, label: str = "") -> CallNode:
    return CallNode(key, "agents", "acme", label, touched=touched, address=address)


def test_one_plan_is_shown_as_it_is() -> None:
    plan = plan_of(update("voices.b"), update("voices.a"))
    assert report_on(plan) == PlanReport((Part(plan, ("0.json",)),), whole=plan)


def test_plans_of_one_world_are_one_plan() -> None:
    first, second, third = update("voices.b", line=2), update("voices.a", line=3), update("voices.c", line=1)
    kept, other = ignore("voices.b", "name"), ignore("voices.b", "more")
    one = replace(
        plan_of(first, second, minute=2),
        ignored=(kept,),
        diagnostics=(note("voices.b"),),
        forecast_requests=2,
        scope=Scope(accounts=("acme",), left_out=3),
    )
    two = replace(
        plan_of(third, minute=1),
        ignored=(kept, other),
        diagnostics=(note("voices.c"), note("voices.b")),
        forecast_requests=1,
        scope=Scope(targets=("voices.c",), left_out=1),
    )
    merged = replace(
        one,
        created_at="2026-01-01T00:01",
        updates=(third, first, second),
        resources=one.resources + two.resources,
        diagnostics=(note("voices.b"), note("voices.c")),
        ignored=(kept, other),
        forecast_requests=3,
        scope=Scope(plans=2, left_out=2),
    )
    assert report_on(one, two) == PlanReport((Part(merged, ("0.json", "1.json")),), whole=merged)


@pytest.mark.parametrize(
    "other",
    [
        {"project": "north"},
        {"environment": "staging"},
        {"subject": Subject.DRIFT},
        {"binding": replace(BOUND, configuration="other files")},
        {"binding": replace(BOUND, schemas="other schemas")},
        {"binding": replace(BOUND, hosts={"acme": "https://other.example"})},
    ],
)
def test_what_was_made_of_anything_else_is_a_world_of_its_own(other: dict[str, object]) -> None:
    plan = plan_of(update("voices.a"))
    apart: Plan = replace(plan, **other)  # type: ignore[arg-type]
    parts = report_on(plan, apart, plan).parts
    assert [part.sources for part in parts] == [("0.json", "2.json"), ("1.json",)]
    assert parts[1].plan == apart


def test_another_version_or_order_of_accounts_is_the_same_world() -> None:
    plan = plan_of(update("voices.a"))
    bound = replace(BOUND, tool_version="2.0", hosts=dict(sorted(BOUND.hosts.items(), reverse=True)))
    (part,) = report_on(plan, replace(plan, binding=bound)).parts
    assert part.plan.binding == BOUND


# --- what two of them say of one resource -----------------------------------------------------------------------------


def test_what_two_say_alike_is_shown_once_whatever_else_they_look_at() -> None:
    found = update("voices.a")
    report = report_on(plan_of(found), plan_of(replace(found, reach=Reach((("agents", ("b",)),))), update("voices.b")))
    message = "voices.a stands in 0.json and in 1.json; both say the same, so it is shown once"
    told = Diagnostic("plan-overlap", message, Severity.NOTE, address="voices.a")
    assert (report.whole.diagnostics, report.notes, report.refusals) == ((told,), (), ())
    assert [one.address for one in report.whole.updates] == ["voices.a", "voices.b"]


@pytest.mark.parametrize(
    "other",
    [
        plan_of(update("voices.a", value="other")),
        replace(plan_of(), resources=(Planned("voices.a", Status.UPDATE),)),
        replace(plan_of(update("voices.a")), resources=(Planned("voices.a", Status.UPDATE, reason="it moved"),)),
    ],
)
def test_what_two_say_differently_is_refused(other: Plan) -> None:
    plan = plan_of(update("voices.a"), update("voices.b"))
    refusal = Diagnostic(
        "plan-overlap", "0.json and 1.json say different things of voices.a", advice=LATE, address="voices.a"
    )
    report = report_on(replace(plan, diagnostics=(note("voices.b"),)), other)
    assert report.refusals == (refusal,)
    assert report.whole.diagnostics == (refusal, note("voices.b"))


def test_a_contradiction_in_any_world_is_a_refusal() -> None:
    worlds = [plan_of(update("voices.a", value=value), environment=name) for name in "pq" for value in "xy"]
    assert [one.message for one in report_on(*worlds).refusals] == [
        "0.json and 1.json say different things of voices.a",
        "2.json and 3.json say different things of voices.a",
    ]


# --- the calls --------------------------------------------------------------------------------------------------------


def test_the_calls_of_one_world_are_one_picture() -> None:
    one = CallGraph(
        (call("a", label="only a number"), call("b", address="agents.b"), call("c", touched=True)),
        (CallEdge("a", "b", "dials", gone=True), CallEdge("a", "c", "dials")),
    )
    two = CallGraph(
        (call("a", address="agents.a", label="Desk"), call("b", touched=True), call("d")),
        (CallEdge("a", "b", "dials"), CallEdge("a", "c", "reaches", gone=True), CallEdge("d", "c", "dials")),
    )
    joined = CallGraph(
        (
            call("a", address="agents.a", label="Desk"),
            call("b", address="agents.b", touched=True),
            call("c", touched=True),
            call("d"),
        ),
        (
            CallEdge("a", "b", "dials", gone=True),
            CallEdge("a", "c", "dials"),
            CallEdge("a", "c", "reaches", gone=True),
            CallEdge("d", "c", "dials"),
        ),
    )
    assert report_on(replace(plan_of(), calls=one), replace(plan_of(), calls=two)).whole.calls == joined


def test_what_two_worlds_call_by_one_name_is_two_stops() -> None:
    calls = CallGraph((call("a"), call("b")), (CallEdge("a", "b", "dials"),))
    worlds = [replace(plan_of(environment=name), calls=calls) for name in "pq"]
    assert report_on(*worlds).whole.calls == CallGraph(
        (call("0:a"), call("0:b"), call("1:a"), call("1:b")),
        (CallEdge("0:a", "0:b", "dials"), CallEdge("1:a", "1:b", "dials")),
    )


# --- several worlds ---------------------------------------------------------------------------------------------------


def test_all_worlds_are_counted_as_one() -> None:
    kept = ignore("voices.a", "name")
    one = replace(
        plan_of(update("voices.a"), minute=2, environment="p"),
        diagnostics=(note("voices.a"),),
        ignored=(kept,),
        forecast_requests=1,
        scope=Scope(left_out=2),
    )
    two = replace(one, created_at="2026-01-01T00:01", environment="q", forecast_requests=2, scope=Scope(left_out=3))
    assert report_on(one, two).whole == Plan(
        "2026-01-01T00:01",
        one.updates * 2,
        one.resources * 2,
        diagnostics=one.diagnostics * 2,
        ignored=(kept, kept),
        forecast_requests=3,
        scope=Scope(left_out=5),
    )


@pytest.mark.parametrize(
    ("subjects", "whole"),
    [
        ([Subject.DRIFT, Subject.DRIFT], Subject.DRIFT),
        ([Subject.DRIFT, Subject.PLAN], Subject.PLAN),
        ([], Subject.PLAN),
    ],
)
def test_all_of_them_ask_what_moved_only_where_each_does(subjects: Sequence[Subject], whole: Subject) -> None:
    plans = [replace(plan_of(environment=str(place)), subject=subject) for place, subject in enumerate(subjects)]
    assert report_on(*plans).whole == Plan("2026-01-01T00:00" if subjects else "", (), (), subject=whole)


def test_worlds_are_named_by_their_project_and_by_their_files_where_that_is_not_enough() -> None:
    plain = plan_of(update("voices.a"))
    other = replace(plain, binding=replace(BOUND, configuration="other files"))
    north, south = (replace(plain, project=name) for name in ("north", "south"))
    plans = [plain, other, replace(plain, environment="p"), north, replace(other, project="north"), south]
    assert [part.name for part in report_on(*plans).parts] == [
        "0.json",
        "1.json",
        "",
        "north (3.json)",
        "north (4.json)",
        "south",
    ]


def test_an_object_that_two_worlds_update_is_told() -> None:
    shared, again = update("voices.a"), replace(update("voices.a"), address="voices.z")
    elsewhere = update("voices.a", host="https://eu.acme.example")
    plans = [plan_of(one, environment=name) for name, one in zip("pqr", (shared, again, elsewhere), strict=True)]
    message = "voices.z in 1.json is the live object of an update in 0.json too"
    advice = "Apply one of them, and plan the other again."
    told = Diagnostic("plan-overlap", message, Severity.WARNING, advice=advice, address="voices.z")
    report = report_on(*plans)
    assert (report.notes, report.refusals) == ((told,), ())


@pytest.mark.parametrize("other", [{"kind": "agents"}, {"identity": update("voices.b").identity}])
def test_an_update_at_one_url_of_another_object_is_not_told(other: dict[str, object]) -> None:
    apart: Update = replace(update("voices.a"), **other)  # type: ignore[arg-type]
    assert report_on(plan_of(update("voices.a"), environment="p"), plan_of(apart, environment="q")).notes == ()


def test_what_only_asks_what_moved_is_no_update_of_an_object() -> None:
    moved = replace(plan_of(update("voices.a"), environment="p"), subject=Subject.DRIFT)
    wanted = plan_of(update("voices.a"), environment="q")
    assert report_on(moved, wanted, replace(wanted, environment="r")).notes[0].message == (
        "voices.a in 2.json is the live object of an update in 1.json too"
    )


def test_the_first_three_are_named_and_the_others_counted() -> None:
    names = [f"{number}.json" for number in range(1_004)]
    assert [name_some(names[:count]) for count in (1, 3, 4)] == [
        "0.json",
        "0.json, 1.json, 2.json",
        "0.json, 1.json, 2.json and 1 more",
    ]
    assert name_some(names) == "0.json, 1.json, 2.json and 1,001 more"
