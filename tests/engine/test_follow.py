"""What a change makes the vendor change too is part of the plan, and never excused where git owns it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.engine.follow import derive, find_consequences, list_undone
from reconciler.engine.plan import Verdict, plan_resource
from reconciler.engine.verify import find_collateral
from reconciler.model.ledger import Ledger
from reconciler.model.paths import MISSING, Json
from reconciler.model.plan import Change, Consequence, Plan, Status
from reconciler.model.plan_document import read_plan, write_plan
from reconciler.report.reach_words import tell_consequences
from tests.vendors.made_up import ACCOUNT, declare, make_type, present

TEXT: Json = {"type": "string"}
FIELDS: Json = {
    "voiceName": TEXT,
    "projectId": TEXT,
    "ttsLangCode": {**TEXT, "readOnly": True, "x-derived-from": {"voiceName": "language"}},
    "accountId": {**TEXT, "readOnly": True, "x-derived-from": ["projectId"]},
    "variantId": {**TEXT, "x-null": {"clear": "null", "equals": [""]}, "x-derived-from": {"projectId": "null"}},
}
LINE = make_type(FIELDS)
LIVE = {"voiceName": "en-US-A", "projectId": "P1", "ttsLangCode": "en-US", "accountId": "A1", "variantId": "v-beta"}


def plan(spec: Json) -> Verdict:
    return plan_resource(declare(spec), present(LIVE), resource_type=LINE, account=ACCOUNT, ledger=Ledger(), options={})


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"voiceName": "fr-FR-B"}, ['ttsLangCode "en-US" → "fr-FR" (follows)']),
        ({"voiceName": "en-US-B"}, []),
        ({"voiceName": "odd"}, ['ttsLangCode "en-US" → (the vendor decides) (follows)']),
        (
            {"projectId": "P2"},
            ['accountId "A1" → (the vendor decides) (follows)', 'variantId "v-beta" → (none) (follows)'],
        ),
    ],
)
def test_a_plan_tells_what_follows(spec: Json, told: list[str]) -> None:
    update = plan(spec).update
    assert update is not None
    assert tell_consequences(update) == told
    assert update.request.body == spec
    document = write_plan(Plan("2026-01-01T00:00:00Z", (update,), ()))
    assert read_plan(document).updates[0].consequences == update.consequences


def test_an_owned_field_that_the_move_would_clear_is_refused_with_the_way_out() -> None:
    verdict = plan({"projectId": "P2", "variantId": "v-beta"})
    assert verdict.planned.status is Status.REFUSED
    (found,) = verdict.diagnostics
    assert (found.code, found.path) == ("change-undone", "/variantId")
    assert "`variantId: null` or without variantId; then declare variantId" in found.advice
    assert plan({"projectId": "P2", "variantId": None}).planned.status is Status.UPDATE


def test_an_owned_field_that_agrees_with_what_follows_moves_with_it() -> None:
    update = plan({"voiceName": "fr-FR-B", "variantId": "v-beta"}).update
    assert update is not None


def test_what_follows_otherwise_than_told_is_collateral() -> None:
    update = plan({"projectId": "P2"}).update
    assert update is not None
    moved = {**LIVE, "projectId": "P2", "accountId": "A2"}
    assert find_collateral(LINE, update, before=LIVE, after={**moved, "variantId": ""}) == ()
    assert find_collateral(LINE, update, before=LIVE, after=moved) == ()
    (hit,) = find_collateral(LINE, update, before=LIVE, after={**moved, "variantId": "v-other"})
    assert hit.path == ("variantId",)
    assert find_collateral(LINE, replace(update, consequences=()), before=LIVE, after={**moved, "variantId": "x"}) == ()


def test_a_rule_that_says_nothing_leaves_it_to_the_vendor() -> None:
    assert derive("unknown", "x") is MISSING
    assert derive("language", 7) is MISSING
    assert derive("null", "x") is None


def test_an_object_that_cannot_be_written_is_read_and_refused() -> None:
    parts = [
        {
            "name": "id",
            "field": "id",
            "pattern": "^line_[0-9]+$",
            "description": "Its id.",
            "unwritable": {"line_1": "it is the published one"},
        }
    ]
    known = make_type({"name": TEXT}, **{"x-identity": {"parts": parts}})

    def verdict(name: str) -> Verdict:
        return plan_resource(
            declare({"name": name}),
            present({"name": "a"}),
            resource_type=known,
            account=ACCOUNT,
            ledger=Ledger(),
            options={},
        )

    assert verdict("a").planned.status is Status.IN_SYNC
    (found,) = verdict("b").diagnostics
    assert found.code == "not-writable"
    assert "it is the published one" in found.message


def change(name: str, after: Json) -> Change:
    return Change((name,), LIVE.get(name), after)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ([], []),
        ([change("voiceName", "fr-FR-B-x")], [Consequence(("ttsLangCode",), "en-US", "fr-FR", "voiceName")]),
        ([change("voiceName", "fr-FR")], [Consequence(("ttsLangCode",), "en-US", "fr-FR", "voiceName")]),
        ([change("voiceName", "fr")], [Consequence(("ttsLangCode",), "en-US", MISSING, "voiceName")]),
        (
            [change("projectId", "P2"), change("variantId", "v")],
            [Consequence(("accountId",), "A1", MISSING, "projectId")],
        ),
        (
            [change("projectId", "P2")],
            [
                Consequence(("accountId",), "A1", MISSING, "projectId"),
                Consequence(("variantId",), "v-beta", None, "projectId"),
            ],
        ),
        ([change("ttsLangCode", "fr")], []),
    ],
)
def test_what_follows_from_changes_is_found_field_by_field(changes: list[Change], found: list[Consequence]) -> None:
    assert list(find_consequences(LINE, changes, LIVE)) == found


def test_what_cannot_be_told_or_stays_does_not_follow() -> None:
    kind = make_type(
        {
            "name": TEXT,
            "digest": {**TEXT, "writeOnly": True, "x-derived-from": ["name"]},
            "slug": {**TEXT, "readOnly": True, "x-derived-from": {"title": "null", "name": "null"}},
            "title": TEXT,
        }
    )
    live = {"name": "a", "digest": "x", "slug": "a"}
    (found,) = find_consequences(kind, [Change(("name",), "a", "b")], live)
    assert found == Consequence(("slug",), "a", None, "name")
    assert find_consequences(kind, [Change(("name",), "a", "b")], {**live, "slug": None}) == ()


@pytest.mark.parametrize(
    ("spec", "undone"),
    [
        ({}, []),
        ({"variantId": "v-other"}, ["variantId"]),
        ({"variantId": None}, []),
        ({"variantId": ""}, []),
        ({"accountId": "A1", "variantId": "x"}, ["accountId", "variantId"]),
    ],
)
def test_what_is_declared_otherwise_would_be_undone(spec: Json, undone: list[str]) -> None:
    consequences = find_consequences(LINE, [change("projectId", "P2")], LIVE)
    assert [one.path[0] for one in list_undone(declare(spec), consequences, resource_type=LINE)] == undone


def test_what_follows_as_declared_is_not_undone() -> None:
    consequences = find_consequences(LINE, [change("voiceName", "fr-FR-B")], LIVE)
    for declared, undone in (("fr-FR", 0), ("en-US", 1)):
        found = list_undone(declare({"ttsLangCode": declared}), consequences, resource_type=LINE)
        assert len(list(found)) == undone
