"""Guards bound what one apply may change, and say how to lift them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.engine.guard import check_guards, lift
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.plan import Cause, Change, Plan, Update
from reconciler.model.project import Guards
from tests.engine.test_batch import make_other, make_update


def make_plan_of(*updates: Update) -> Plan:
    return Plan(created_at="", updates=updates, resources=())


def codes(plan: Plan, guards: Guards, declared: int = 1, **lifted: object) -> list[str]:
    kinds = ["phone_connections"] * declared
    return [found.code for found in check_guards(plan, guards, declared_kinds=kinds, **lifted)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("updates", "limit", "tripped"), [(0, 0, False), (1, 0, True), (3, 3, False), (4, 3, True), (99, None, False)]
)
def test_max_updates_counts_updates(updates: int, limit: int | None, tripped: bool) -> None:
    plan = make_plan_of(*map(make_other, range(updates)))
    found = codes(plan, Guards(max_updates=limit, max_percent=100))
    assert found == (["guard-tripped"] if tripped else [])


@pytest.mark.parametrize(
    ("updates", "declared", "tripped"),
    [(9, 9, False), (3, 10, False), (4, 10, True), (30, 100, False), (31, 100, True), (10, 33, True), (0, 50, False)],
)
def test_max_percent_counts_from_ten_resources_of_a_kind(updates: int, declared: int, tripped: bool) -> None:
    plan = make_plan_of(*map(make_other, range(updates)))
    assert codes(plan, Guards(), declared) == (["guard-tripped"] if tripped else [])


def test_max_percent_counts_each_kind_for_itself() -> None:
    plan = make_plan_of(*map(make_other, range(3)), *(make_update(number, agent="P") for number in range(9)))
    kinds = ["phone_connections"] * 100 + ["connectors"] * 10
    found = check_guards(plan, Guards(), declared_kinds=kinds)
    assert len(found) == 1
    assert "9 of 10 connectors" in found[0].message


def test_lifting_the_number_lifts_the_share() -> None:
    plan = make_plan_of(*map(make_other, range(20)))
    guards = Guards(max_updates=5)
    assert codes(plan, guards, 20) == ["guard-tripped", "guard-tripped"]
    assert codes(plan, lift(guards, max_updates=20), 20) == []
    assert codes(plan, lift(guards, max_updates=19), 20) == ["guard-tripped"]
    assert lift(guards, max_updates=None) == guards


def test_a_protected_resource_is_refused_unless_named() -> None:
    plan = make_plan_of(replace(make_other(1), protected=True), make_other(2))
    assert codes(plan, Guards()) == ["protected"]
    assert codes(plan, Guards(), allow_protected={"phone_connections.p2"}) == ["protected"]
    assert codes(plan, Guards(), allow_protected={"phone_connections.p1"}) == []


def test_a_conflict_is_refused_unless_accepted() -> None:
    conflict = Change(("name",), "a", "b", cause=Cause.CONFLICT)
    plan = make_plan_of(replace(make_other(1), changes=(conflict,)), make_other(2))
    assert codes(plan, Guards()) == ["conflict"]
    assert codes(plan, Guards(), accept_conflicts=True) == []


def test_lifting_the_number_lifts_the_share_to_all_and_no_further() -> None:
    assert lift(Guards(max_updates=5, max_percent=30), max_updates=7) == Guards(max_updates=7, max_percent=100)


def test_each_guard_says_what_tripped_it_where_and_how_it_is_lifted() -> None:
    changes = (Change(("name",), "a", "b"), Change(("voice",), "a", "b", cause=Cause.CONFLICT))
    both = replace(make_other(1), protected=True, changes=(*changes, Change(("speed",), 1, 2, cause=Cause.CONFLICT)))
    plan = make_plan_of(both, *map(make_other, range(2, 12)))
    found = check_guards(plan, Guards(max_updates=10, max_percent=30), declared_kinds=["phone_connections"] * 33)
    lifting = "Look again; where it is meant, lift the guard for one run with --max-updates 11."
    name = "phone_connections.p1"
    assert found == (
        Diagnostic("guard-tripped", "11 updates, and the guard max_updates allows 10", advice=lifting),
        Diagnostic(
            "guard-tripped",
            "11 of 33 phone_connections would change (33 percent), and the guard max_percent allows 30",
            advice=lifting,
        ),
        Diagnostic(
            "protected",
            f"{name} is protected",
            advice=f"Where it is meant, allow it for one run with --allow-protected {name}.",
            location=both.location,
            address=name,
        ),
        Diagnostic(
            "conflict",
            f"{name}: voice, speed changed in git and outside git since the last apply",
            advice="Decide which is right and declare it; --accept-conflicts lets git win.",
            location=both.location,
            address=name,
        ),
    )
