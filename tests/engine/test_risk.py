"""Why a change is high risk: what it is, what holds it, what is below it, and what the object is now."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.engine.risk import collect_risks, find_risk
from reconciler.model.field import Field
from reconciler.model.paths import MISSING, FieldPath, Json
from reconciler.model.plan import Change
from tests.engine.worlds import LINE

FIELDS = {
    "plain": Field("plain", {}),
    "loud": Field("loud", {}, risk="callers hear it"),
    "voiced": Field("voiced", {}, risk="it is the voice", risk_when_empty="nobody would speak"),
    "kept": Field("kept", {}, risk_when_empty="it must not be empty"),
    "outer": Field(
        "outer",
        {},
        risk="all of it counts",
        fields={
            "calm": Field("calm", {}),
            "wild": Field("wild", {}, risk="it is wild", fields={"inner": Field("inner", {}, risk="it is deep")}),
        },
    ),
    "spoken": Field("spoken", {}, fields={"words": Field("words", {}, risk_when_empty="nobody would speak")}),
    "holder": Field(
        "holder",
        {},
        fields={
            "calm": Field("calm", {}),
            "wild": Field("wild", {}, fields={"inner": Field("inner", {}, risk="it is deep")}),
        },
    ),
}
KIND = replace(LINE, fields=FIELDS, live_risk={"state": {"live": "people call it", "held": "it is held"}})


@pytest.mark.parametrize(
    ("path", "after", "risk"),
    [
        (("plain",), 1, ""),
        (("plain",), None, ""),
        (("loud",), 1, "callers hear it"),
        (("loud",), None, "callers hear it"),
        (("voiced",), "x", "it is the voice"),
        (("voiced",), None, "nobody would speak"),
        (("voiced",), "", "nobody would speak"),
        (("voiced",), {}, "nobody would speak"),
        (("voiced",), [], "nobody would speak"),
        (("voiced",), 0, "it is the voice"),
        (("voiced",), False, "it is the voice"),
        (("kept",), "x", ""),
        (("kept",), "", "it must not be empty"),
        (("outer", "calm"), 1, "all of it counts"),
        (("outer", "wild"), 1, "it is wild"),
        (("outer", "wild", "inner"), 1, "it is deep"),
        (("outer",), {"wild": {"inner": 1}}, "all of it counts"),
        (("holder",), {"calm": 1}, ""),
        (("holder",), {"calm": 1, "wild": {"inner": 1}}, "it is deep"),
        (("holder",), {"wild": 7}, ""),
        (("holder", "wild"), {"inner": 1}, "it is deep"),
        (("nowhere",), 1, ""),
    ],
)
def test_the_nearest_reason_counts(path: FieldPath, after: Json, risk: str) -> None:
    assert find_risk(KIND, path, before=None, after=after) == risk


@pytest.mark.parametrize(
    ("path", "before", "after", "risk"),
    [
        (("holder",), {"calm": 1, "wild": {"inner": 1}}, None, "it is deep"),
        (("holder",), {"calm": 1, "wild": {"inner": 1}}, [], "it is deep"),
        (("holder",), {"calm": 1, "wild": {"inner": None}}, None, ""),
        (("holder",), {"calm": 1}, None, ""),
        (("holder",), MISSING, None, ""),
        (("holder", "wild"), {"inner": 1}, None, "it is deep"),
        (("spoken",), {"words": "Hello"}, None, "nobody would speak"),
        (("spoken",), {"words": "Hello"}, {"tone": "warm"}, ""),
        (("loud",), {"inner": 1}, None, "callers hear it"),
    ],
)
def test_what_an_object_loses_counts_too(path: FieldPath, before: Json, after: Json, risk: str) -> None:
    assert find_risk(KIND, path, before=before, after=after) == risk


@pytest.mark.parametrize(
    ("live", "risks"),
    [
        ({"state": "live"}, ("state is live: people call it", "a.b: x", "c: x")),
        ({"state": "draft"}, ("a.b: x", "c: x")),
        ({"state": ["live"]}, ("a.b: x", "c: x")),
        ({}, ("a.b: x", "c: x")),
    ],
)
def test_the_risks_of_an_update_begin_with_what_the_object_is(live: dict[str, Json], risks: tuple[str, ...]) -> None:
    changes = [Change(("a", "b"), 1, 2, risk="x"), Change(("q",), 1, 2), Change(("c",), 1, 2, risk="x")]
    assert collect_risks(KIND, [*changes, changes[0]], live) == risks
