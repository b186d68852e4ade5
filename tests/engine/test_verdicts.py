"""What a plan says of each resource, in full, and what it puts together from all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.engine.plan import Verdict, make_plan, plan_resource
from reconciler.model.diagnostic import Diagnostic, Location, Severity
from reconciler.model.exemption import Exemption
from reconciler.model.field import Options
from reconciler.model.ledger import Applied, Ledger
from reconciler.model.live import Absent, LiveState, Present, Reading, Unknown
from reconciler.model.paths import MISSING, FieldPath, Json
from reconciler.model.plan import Binding, Cause, Change, Consequence, Plan, Planned, Scope, Status
from reconciler.model.project import Account, Declared, Project
from reconciler.model.reference import Reference, Template, Use
from reconciler.model.resource_type import Catalog, Identity
from reconciler.model.spoiled import Spoiled
from tests.engine.shop import VOICE, make_kind, text
from tests.remote.line_stage import ACME, KIND

HERE = Location("lines.yaml", 3)
AGENTS = make_kind(
    "agents",
    text("voice", reference=VOICE, risk="callers hear it"),
    text("lang", derived_from={"voice": "null"}),
    text("fixed", immutable=True),
    text("token", secret=True, readable=False),
    text("code", risk_when_empty="nobody would find it"),
    text("hours", fields={"night": text("night", risk="who answers at night")}),
    tombstone="gone",
    live_risk={"code": {"live": "people call it"}},
    unique=("name",),
)
CATALOG = Catalog(
    {"acme": ACME},
    {
        ("acme", "agents"): AGENTS,
        ("acme", "voices"): make_kind("voices"),
        ("acme", "lines"): KIND,
    },
)
ACCOUNTS = {"shop": Account("shop", "acme", "https://api.acme.example", "ACME_KEY", location=HERE)}


def point(name: str) -> Identity:
    return Identity((("id", name),))


def declare(address: str, spec: Json, **settings: Any) -> Declared:
    kind, _, name = address.partition(".")
    positions: dict[FieldPath, Location] = {(key,): Location("lines.yaml", 9) for key in spec}
    declared = Declared(address, kind, "shop", "acme", point(name), {}, spec, HERE, positions=positions)
    return replace(declared, **settings)


def judge(declared: Declared, reading: Reading, *, applied: Mapping[str, Json] | None = None, **found: Any) -> Verdict:
    entry = Applied(declared.address, "shop", "acme", declared.kind, "a", applied or {}, when="", commit="", run="")
    return plan_resource(
        declared,
        reading,
        resource_type=CATALOG.of(declared),
        account=ACCOUNTS["shop"],
        ledger=Ledger({declared.address: entry}) if applied else Ledger(),
        **{"options": {}, **found},
    )


def told(code: str, message: str, severity: Severity, advice: str, **more: Any) -> Diagnostic:
    return Diagnostic(
        code, f"agents.a: {message}", severity, advice=advice, address="agents.a", **{"location": HERE, **more}
    )


A = declare("agents.a", {"voice": "v2"})
NOTHING = "Nothing is ever created from here. Correct the id, or remove the resource from the file."


@pytest.mark.parametrize(
    ("reading", "status", "code", "reason", "severity", "advice"),
    [
        (Unknown("503", "answer-shape", "Wait."), Status.UNKNOWN, "answer-shape", "503", Severity.WARNING, "Wait."),
        (Absent("404", "match-none"), Status.ABSENT, "match-none", "404", Severity.ERROR, NOTHING),
        (
            Present(point("a"), {"gone": "2026"}),
            Status.ABSENT,
            "absent-object",
            "it was deleted: gone is 2026",
            Severity.ERROR,
            NOTHING,
        ),
    ],
)
def test_what_was_not_read_or_is_not_there_is_told_so(
    reading: Reading, status: Status, code: str, reason: str, severity: Severity, advice: str
) -> None:
    assert judge(A, reading) == Verdict(
        Planned("agents.a", status, account="shop", reason=reason), None, (told(code, reason, severity, advice),)
    )


def test_an_answer_that_does_not_truly_tell_an_owned_field_is_unknown() -> None:
    spoiled = Present(point("a"), {"voice": Spoiled("…", why="holds a key of ours"), "code": "live"})
    verdict = judge(A, spoiled)
    assert verdict.planned == Planned(
        "agents.a", Status.UNKNOWN, account="shop", reason="a: what was answered as voice holds a key of ours"
    )
    assert [one.code for one in verdict.diagnostics] == ["answer-spoiled"]
    assert judge(declare("agents.a", {"code": "live"}), spoiled).planned.status is Status.IN_SYNC


def test_what_cannot_be_done_is_refused_with_all_reasons() -> None:
    verdict = judge(declare("agents.a", {"fixed": "b", "code": None}), Present(point("a"), {"fixed": "a", "code": "x"}))
    assert verdict.planned == Planned(
        "agents.a",
        Status.REFUSED,
        account="shop",
        reason="fixed is 'a' and cannot be changed to 'b'; code cannot be cleared",
    )
    assert verdict.update is None
    assert [one.code for one in verdict.diagnostics] == ["immutable-field", "cannot-clear"]


def test_what_is_as_declared_is_in_sync_with_its_notes() -> None:
    verdict = judge(A, Present(point("b"), {"voice": "v2"}))
    assert verdict.planned == Planned("agents.a", Status.IN_SYNC, account="shop")
    assert verdict.update is None
    assert [one.code for one in verdict.diagnostics] == ["moved"]


def test_what_differs_is_one_update_with_all_that_is_known_of_it() -> None:
    declared = declare("agents.a", {"voice": "v2", "token": "t"}, protect=True, generation="2")
    live = {"name": "Desk", "voice": "v1", "lang": "en", "code": "live"}
    verdict = judge(declared, Present(point("a"), live), applied={"/voice": "v1"})
    update = verdict.update
    assert verdict.planned == Planned("agents.a", Status.UPDATE, account="shop")
    assert update is not None
    first, second = update.changes
    assert first == Change(
        ("voice",), "v1", "v2", Cause.CONFIG, Location("lines.yaml", 9), "callers hear it", last_applied="v1"
    )
    assert (second.path, second.before, second.secret, second.cause) == (("token",), MISSING, True, Cause.UNVERIFIABLE)
    assert (update.address, update.provider, update.account, update.kind) == ("agents.a", "acme", "shop", "agents")
    assert (update.identity, update.location, update.label) == (point("a"), HERE, "Desk")
    assert (update.protected, update.generation) == (True, "2")
    assert update.risks == ("code is live: people call it", "voice: callers hear it")
    assert update.consequences == (Consequence(("lang",), "en", None, "voice"),)
    assert update.request.body.keys() == {"voice", "token"}
    assert verdict.diagnostics == ()


def test_an_update_has_its_notes_and_only_the_risks_of_its_values() -> None:
    verdict = judge(declare("agents.a", {"code": "y"}), Present(point("b"), {"code": "x"}))
    assert verdict.update is not None
    assert (verdict.update.changes[0].risk, verdict.update.risks) == ("", ())
    assert [one.code for one in verdict.diagnostics] == ["moved"]


def test_a_risk_is_also_in_what_is_lost() -> None:
    verdict = judge(declare("agents.a", {"hours": "always"}), Present(point("a"), {"hours": {"night": "v1"}}))
    assert verdict.update is not None
    assert verdict.update.risks == ("hours: who answers at night",)


def test_a_reference_to_nothing_is_refused_by_what_was_found_missing() -> None:
    live = Present(point("a"), {"voice": "v1"})
    assert judge(A, live).planned.status is Status.UPDATE
    assert judge(A, live, missing={("shop", "voices", "v2"): "404"}).planned.status is Status.REFUSED


def take(declared: Declared, name: str, address: str) -> Declared:
    template = Template((Reference(address, HERE, ("name",)),), frozenset({"string"}))
    use = Use("spec", (name,), template, open=True)
    return replace(declared, spec={**declared.spec, name: template}, uses=(use,))


def make(*resources: Declared, readings: Mapping[str, Reading], chosen: int | None = None, **settings: Any) -> Plan:
    known = {"environment": "staging", **settings.pop("project", {})}
    live = LiveState(readings, **{"options": {}, **settings.pop("live", {})})
    return make_plan(
        Project(Path(), ACCOUNTS, resources, **known),
        resources[:chosen],
        catalog=CATALOG,
        live=live,
        ledger=Ledger(),
        **{"created_at": "2026-01-01T00:00:00Z", "binding": Binding("digest"), **settings},
    )


def test_a_plan_names_its_world_its_time_and_what_it_was_narrowed_to() -> None:
    scope = Scope(targets=("agents.a",), left_out=1)
    plan = make(A, readings={"agents.a": Present(point("a"), {"voice": "v2"})}, scope=scope)
    assert (plan.created_at, plan.environment, plan.scope) == ("2026-01-01T00:00:00Z", "staging", scope)
    assert plan.binding == Binding("digest")
    assert plan.resources == (Planned("agents.a", Status.IN_SYNC, account="shop"),)
    assert (plan.updates, plan.ignored, plan.forecast_requests) == ((), (), 0)


def test_an_update_says_what_it_follows_takes_and_whose_its_values_are() -> None:
    voice = declare("voices.v", {"name": "Calm"})
    other = declare("voices.v2", {})
    first = take(declare("agents.a", {"voice": "v2"}), "code", "voices.v2")
    readings = {
        "agents.a": Present(point("a"), {"voice": "v", "code": "x", "name": "Desk"}),
        "voices.v": Present(point("v"), {"name": "Loud"}),
        "voices.v2": Present(point("v2"), {"name": "Soft"}),
    }
    plan = make(first, voice, other, readings=readings)
    agent, changed = plan.updates
    assert agent.follows == ("voices.v2",)
    assert [(one.address, one.value) for one in agent.taken] == [("voices.v2", "Soft")]
    assert {change.path: (change.owners, change.owner_before) for change in agent.changes} == {
        ("voice",): (("voices.v2",), "voices.v"),
        ("code",): (("voices.v2",), ""),
    }
    assert (changed.follows, changed.taken) == ((), ())
    assert changed.reach is not None
    assert dict(changed.reach.users) == {"agents": ("Desk",), "lines": ()}
    assert plan.forecast_requests == 2
    assert {node.key: node.touched for node in plan.calls.nodes}["agents.a"] is True


def test_updates_that_travel_together_are_counted_once_and_name_their_carrier() -> None:
    lines = [declare(f"lines.{name}", {"text": "new", "token": "t"}) for name in "ab"]
    readings = {one.address: Present(point(one.address[-1]), {"text": "old"}) for one in lines}
    plan = make(*lines, readings=readings)
    assert plan.forecast_requests == 1
    assert {one.request.batch for one in plan.updates} == {"https://api.acme.example/lines/batch"}


def test_what_is_ignored_for_a_while_is_told_and_not_planned() -> None:
    exemption = Exemption(("voice",), "a test", "2026-05-05", HERE, "v2")
    ignoring = replace(A, spec={}, exemptions=(exemption,))
    plan = make(ignoring, readings={"agents.a": Present(point("a"), {"voice": "v1"})})
    assert [(one.path, one.declared, one.live) for one in plan.ignored] == [(("voice",), "v2", "v1")]
    assert plan.updates == ()


def test_what_was_found_before_comes_first_then_by_place_then_the_suspicion() -> None:
    resources = [
        declare(f"agents.{name}", {"voice": "v"}, location=Location("lines.yaml", line))
        for name, line in (("b", 9), ("a", 2))
    ]
    before = (
        Diagnostic("open-enum", "a guess", Severity.WARNING, address="agents.z", path="/voice"),
        Diagnostic("bad-ignore", "m"),
    )
    plan = make(*resources, readings=dict.fromkeys(("agents.a", "agents.b"), Absent("404")), diagnostics=before)
    assert [(one.code, one.address) for one in plan.diagnostics] == [
        ("open-enum", "agents.z"),
        ("bad-ignore", None),
        ("absent-object", "agents.a"),
        ("absent-object", "agents.b"),
        ("account-all-absent", None),
    ]


def test_a_guess_that_the_vendor_settled_is_dropped() -> None:
    guess = Diagnostic("open-enum", "a guess", Severity.WARNING, address="agents.a", path="/fixed")
    fixed = declare("agents.a", {"fixed": "b"})
    plan = make(fixed, readings={"agents.a": Present(point("a"), {"fixed": "a"})}, diagnostics=(guess,))
    assert [one.code for one in plan.diagnostics] == ["immutable-field"]


@pytest.mark.parametrize(
    ("reading", "status"),
    [(Unknown("503"), Status.UNKNOWN), (Absent("404"), Status.ABSENT)],
)
def test_what_takes_a_value_shares_the_trouble_of_its_source(reading: Reading, status: Status) -> None:
    taking = take(declare("agents.a", {}), "code", "voices.v")
    readings = {"agents.a": Present(point("a"), {"code": "x"}), "voices.v": reading}
    plan = make(taking, declare("voices.v", {}), readings=readings)
    assert [(one.status, one.through) for one in plan.resources] == [(status, "voices.v"), (status, "")]
    assert plan.updates == ()
    assert "reference-blocked" in [one.code for one in plan.diagnostics]


def test_a_value_that_cannot_be_taken_refuses_and_is_told() -> None:
    taking = take(declare("agents.a", {}), "code", "voices.v")
    readings = {"agents.a": Present(point("a"), {"code": "x"}), "voices.v": Present(point("v"), {})}
    plan = make(taking, declare("voices.v", {}), readings=readings)
    assert [one.status for one in plan.resources] == [Status.REFUSED, Status.IN_SYNC]
    assert [(one.code, one.address) for one in plan.diagnostics] == [("reference-empty", "agents.a")]


def test_one_object_that_is_declared_twice_is_refused_though_only_one_was_read() -> None:
    twin = replace(A, address="agents.twin")
    plan = make(A, twin, readings={"agents.a": Present(point("a"), {"voice": "v1"})}, chosen=1)
    assert [one.status for one in plan.resources] == [Status.REFUSED]
    assert "agents.twin" in plan.resources[0].reason


def test_its_own_trouble_comes_before_that_of_its_source() -> None:
    taking = take(declare("agents.a", {}), "code", "voices.v")
    source = declare("voices.v", {})
    readings: dict[str, Reading] = {"agents.a": Unknown("own"), "voices.v": Unknown("503")}
    assert make(taking, source, readings=readings).resources[0].reason == "own"
    lost: dict[str, Reading] = {"agents.a": Unknown("lost", "reference-blocked"), "voices.v": Unknown("503")}
    assert make(taking, source, readings=lost).resources[0].through == "voices.v"


def test_two_owners_of_one_object_or_one_name_are_both_refused() -> None:
    same = replace(declare("agents.b", {"voice": "v"}), identity=None, match={"name": "x"})
    one_object = Present(point("a"), {"voice": "v1"})
    plan = make(A, same, readings={"agents.a": one_object, "agents.b": one_object})
    assert [one.status for one in plan.resources] == [Status.REFUSED, Status.REFUSED]
    assert plan.resources[0].reason.startswith("agents.a is the same live object as agents.b")
    named = [declare(f"agents.{name}", {"name": "Desk"}) for name in "ab"]
    readings = {one.address: Present(point(one.address[-1]), {"name": "x"}) for one in named}
    plan = make(*named, readings=readings)
    assert [one.code for one in plan.diagnostics] == ["collision", "collision"]


def test_a_narrowed_plan_judges_what_it_looks_at_and_reads_the_rest_for_it() -> None:
    taking = take(declare("agents.a", {}), "code", "voices.v")
    readings: dict[str, Reading] = {
        "agents.a": Present(point("a"), {"code": "x"}),
        "voices.v": Present(point("v"), {"name": "Calm"}),
    }
    plan = make(taking, declare("voices.v", {"name": "Loud"}), declare("voices.far", {}), readings=readings, chosen=1)
    assert [one.address for one in plan.resources] == ["agents.a"]
    assert [one.address for one in plan.updates] == ["agents.a"]
    assert plan.updates[0].follows == ("voices.v",)


def test_options_that_were_read_refuse_what_is_not_offered() -> None:
    choosy = replace(AGENTS, fields={**AGENTS.fields, "voice": text("voice", options=Options("/voices", (), "id"))})
    catalog = replace(CATALOG, resource_types={**CATALOG.resource_types, ("acme", "agents"): choosy})
    live = LiveState({"agents.a": Present(point("a"), {"voice": "v1"})}, {("shop", "/voices"): frozenset({"v1"})})
    plan = make_plan(
        Project(Path(), ACCOUNTS, (A,)),
        (A,),
        catalog=catalog,
        live=live,
        ledger=Ledger(),
        created_at="",
        binding=Binding(),
    )
    assert [one.code for one in plan.diagnostics] == ["option-unknown"]
    lone = replace(live, options={}, missing={("shop", "voices", "v2"): "404"})
    plan = make(A, readings=lone.readings, live={"missing": lone.missing})
    assert [one.code for one in plan.diagnostics] == ["option-unknown"]
