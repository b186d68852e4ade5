"""A saved plan is held to the configuration: whatever was changed in it by hand is found and named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.engine.batch import name_carriers
from reconciler.engine.check_saved import check_saved, find_moved_sources, list_unproved
from reconciler.engine.plan import plan_resource
from reconciler.engine.references import Resolution, Trouble
from reconciler.model.diagnostic import Diagnostic, Location
from reconciler.model.ledger import Ledger
from reconciler.model.live import Present
from reconciler.model.paths import MISSING, FieldPath, Json
from reconciler.model.plan import Change, Plan, Request, Taken, Update
from reconciler.model.project import Account, Declared, Project
from reconciler.model.reference import Reference, Template, Use
from reconciler.model.resource_type import Catalog, Identity
from tests.engine.worlds import LINE
from tests.remote.line_stage import ACME, KIND, point

HERE = Location("lines.yaml", 3)
CATALOG = Catalog({"acme": ACME}, {("acme", "lines"): KIND, ("acme", "trunks"): replace(LINE, kind="trunks")})
ACCOUNTS = {
    "acme": Account("acme", "acme", "https://api.acme.example", "KEY", clear="send-null"),
    "again": Account("again", "acme", "https://api.acme.example", "KEY"),
}
SPEC: Json = {"text": "new", "token": "t", "replaced": {"own": {"a": 1}}, "hidden": "h"}
LIVE: Json = {"text": "old", "replaced": {"theirs": 2, "own": {"a": 0}}, "flag": True}


def declare(name: str, spec: Json = SPEC) -> Declared:
    return Declared(f"lines.{name}", "lines", "acme", "acme", point(name), {}, spec, HERE)


A, B = declare("a"), declare("b", {"text": "new", "token": "t"})


def plan_one(declared: Declared, *, spec: Json | None = None) -> Update:
    identity = declared.identity or point("found")
    verdict = plan_resource(
        declared if spec is None else replace(declared, spec=spec),
        Present(identity, {"id": "x", **LIVE}),
        resource_type=KIND,
        account=ACCOUNTS["acme"],
        ledger=Ledger(),
        options={},
    )
    assert verdict.update is not None
    return verdict.update


def save(*updates: Update) -> Plan:
    return Plan("2026-01-01T00:00:00Z", name_carriers(updates, catalog=CATALOG, accounts=ACCOUNTS), ())


def check(plan: Plan, *resources: Declared, found: Mapping[str, Identity] | None = None) -> list[tuple[str, str]]:
    project = Project(Path(), ACCOUNTS, resources or (A, B))
    told = check_saved(
        plan,
        project,
        resolved={one.address: one for one in project.resources},
        catalog=CATALOG,
        found=found or {},
    )
    assert {one.code for one in told} <= {"plan-invalid"}
    advice = "Somebody edited the saved plan. Make and review a new one: plan --out."
    assert all(one.advice == advice for one in told)
    words = "planning cannot have made this update: "
    return [(one.address or "", one.message.removeprefix(f"{one.address}: {words}")) for one in told]


def test_what_planning_made_is_believed() -> None:
    assert check(save(plan_one(A), plan_one(B))) == []
    assert check(save(plan_one(A))) == []
    assert check(save()) == []


def edit_body(**fields: Json) -> Callable[[Update], Update]:
    return lambda one: replace(one, request=replace(one.request, body={**one.request.body, **fields}))


def edit_request(**settings: Any) -> Callable[[Update], Update]:
    return lambda one: replace(one, request=replace(one.request, **settings))


def edit_change(path: FieldPath, /, **settings: Any) -> Callable[[Update], Update]:
    return lambda one: replace(
        one, changes=tuple(replace(each, **settings) if each.path == path else each for each in one.changes)
    )


ANOTHER = "it names another kind, provider, generation or account than is declared"
BODY = "its body holds something else than its changes"


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda one: replace(one, address="lines.z"), "nothing of that name is declared"),
        (lambda one: replace(one, kind="trunks"), ANOTHER),
        (lambda one: replace(one, provider="other"), ANOTHER),
        (lambda one: replace(one, generation="2"), ANOTHER),
        (lambda one: replace(one, account="again"), ANOTHER),
        (lambda one: replace(one, protected=True), "its protection is not the declared one"),
        (lambda one: replace(one, identity=point("c")), "c is not the object that is declared"),
        (lambda one: replace(one, follows=("lines.b",)), "it does not follow what it takes values from"),
        (lambda one: replace(one, changes=()), "it has no changes, or one of them twice"),
        (lambda one: replace(one, changes=one.changes * 2), "it has no changes, or one of them twice"),
        (edit_change(("text",), after="evil"), "/text is not declared so"),
        (edit_change(("text",), before=MISSING), "/text is not declared so"),
        (edit_change(("text",), secret=True), "/text is not declared so"),
        (edit_change(("text",), path=("flag",)), "/flag is not declared so"),
        (edit_change(("replaced", "own", "a"), after=2), "/replaced/own/a is not declared so"),
        (edit_change(("replaced", "own", "a"), path=("replaced", "own", "b")), "/replaced/own/b is not declared so"),
        (
            edit_change(("replaced", "own", "a"), path=("replaced", "theirs"), after=None),
            "/replaced/theirs is not declared so",
        ),
        (edit_request(method="PUT"), "its request would go to PUT https://api.acme.example/lines/a"),
        (edit_request(url="https://evil.example"), "its request would go to PATCH https://evil.example"),
        (edit_request(companions=("token",)), BODY),
        (edit_body(flag=False), BODY),
        (edit_body(token="other"), BODY),
        (edit_body(text="evil"), BODY),
        (edit_body(replaced={"theirs": 2, "own": {"a": 2}}), BODY),
        (edit_request(batch="https://api.acme.example/lines/batch"), "it would travel in another batch"),
    ],
)
def test_what_was_edited_by_hand_is_named(edit: Callable[[Update], Update], reason: str) -> None:
    update = edit(plan_one(A))
    plan = replace(save(), updates=(update,))
    assert check(plan) == [(update.address, reason)]


def test_the_rest_of_an_object_that_travels_whole_is_left_to_the_look_before_the_write() -> None:
    update = edit_body(replaced={"theirs": "evil", "own": {"a": 1}})(plan_one(A))
    assert check(save(update)) == []


def test_an_update_that_is_there_twice_is_named() -> None:
    update = plan_one(B)
    assert check(replace(save(), updates=(update, update))) == [("lines.b", "it is there twice")]


def test_each_mistake_is_named_and_batches_only_where_there_is_none() -> None:
    first, second = save(plan_one(A), plan_one(B)).updates
    assert first.request.batch
    apart = replace(second, request=replace(second.request, batch=""))
    assert check(replace(save(), updates=(first, apart))) == [("lines.b", "it would travel in another batch")]
    evil = replace(first, protected=True)
    assert check(replace(save(), updates=(evil, apart))) == [("lines.a", "its protection is not the declared one")]
    both = (evil, replace(second, protected=True))
    assert [address for address, _ in check(replace(save(), updates=both))] == ["lines.a", "lines.b"]


def test_what_the_vendor_cannot_do_is_nothing_that_planning_makes() -> None:
    declared = declare("a", {"fixed": None, "token": "t"})
    body = {"fixed": None, "token": "t"}
    request = Request("PATCH", "https://api.acme.example/lines/a", body, ("token",))
    update = replace(plan_one(B), address="lines.a", identity=point("a"), changes=(Change(("fixed",), "x", None),))
    ((_, reason),) = check(save(replace(update, request=request)), declared)
    assert reason == "lines.a: fixed cannot be cleared"


def test_a_value_that_cannot_be_read_has_none_before() -> None:
    (hidden,) = [one for one in plan_one(A).changes if one.path == ("hidden",)]
    assert hidden.before is MISSING


def test_what_was_found_by_a_match_or_moved_is_the_declared_object() -> None:
    matched = replace(A, identity=None, match={"text": "x"})
    update = plan_one(matched)
    assert check(save(update), matched) == [("lines.a", "found is not the object that is declared")]
    assert check(save(update), matched, found={"lines.a": point("found")}) == []


def test_an_update_follows_what_it_takes_values_from() -> None:
    use = Use("spec", ("text",), Template((Reference("lines.b", HERE, ("text",)),)))
    taking = replace(A, uses=(use,))
    update = plan_one(taking)
    assert check(save(update), taking, B) == [("lines.a", "it does not follow what it takes values from")]
    assert check(save(replace(update, follows=("lines.b",))), taking, B) == []


def test_resources_whose_id_git_does_not_tell_must_be_found_again() -> None:
    matched = replace(A, identity=None, match={"text": "x"})
    moved = replace(plan_one(B), identity=point("elsewhere"))
    project = Project(Path(), ACCOUNTS, (matched, B, declare("c")))
    assert list_unproved(save(plan_one(matched), moved), project) == (matched, B)
    assert list_unproved(save(plan_one(B)), project) == ()


def take(address: str, path: FieldPath, value: Json) -> Taken:
    return Taken(address, "acme", "acme", "voices", point("v"), path, "", value)


VOICE = take("voices.v", ("more", "tone"), "low")


@pytest.mark.parametrize(
    ("saved", "now", "reason"),
    [
        ((), (), ""),
        ((VOICE,), (VOICE,), ""),
        (
            (VOICE,),
            (replace(VOICE, value="high"),),
            'voices.v.more.tone, which it takes, was "low" when the plan was made and is "high" now',
        ),
        ((VOICE,), (), "it takes other values than the configuration says"),
        ((), (VOICE,), "it takes other values than the configuration says"),
        ((VOICE,), (replace(VOICE, path=("name",)),), "it takes other values than the configuration says"),
        ((VOICE,), (replace(VOICE, address="voices.w"),), "it takes other values than the configuration says"),
        ((VOICE, replace(VOICE, path=("name",))), (replace(VOICE, path=("name",)), VOICE), ""),
        (
            (VOICE, replace(VOICE, path=("name",), value="ö" * 58)),
            (VOICE, replace(VOICE, path=("name",), value="x" * 59)),
            f'voices.v.name, which it takes, was "{"ö" * 58}" when the plan was made and is "{"x" * 58}… now',
        ),
    ],
)
def test_a_value_that_an_update_takes_must_still_be_so(
    saved: tuple[Taken, ...], now: tuple[Taken, ...], reason: str
) -> None:
    update = replace(plan_one(A), taken=saved)
    told = find_moved_sources(save(update, plan_one(B)), Resolution({}, {"lines.a": now}))
    stale = Diagnostic(
        code="plan-stale",
        message=f"lines.a: {reason}",
        advice="Make and review a new plan.",
        location=HERE,
        address="lines.a",
    )
    assert told == ((stale,) if reason else ())


def test_a_value_that_cannot_be_taken_any_more_is_told() -> None:
    update = replace(plan_one(A), taken=(VOICE,))
    troubles = {"lines.a": Trouble("it takes voices.v.name, which is not known", HERE)}
    (told,) = find_moved_sources(save(update), Resolution({}, {"lines.a": (VOICE,)}, troubles))
    assert told.message == "lines.a: it takes voices.v.name, which is not known"
