from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.outcome import Collateral, Outcome, Result
from reconciler.model.paths import MISSING
from reconciler.model.plan import Change, Plan, Request
from reconciler.model.plan_document import PlanError, compute_digest, read_plan, write_plan
from reconciler.model.plan_values import WITHHELD, decode_value, encode_value
from reconciler.model.secret import Secret
from reconciler.report.machine.documents import render_diagnostics_json, render_outcomes_json, render_plan_json
from tests.report import plans
from tests.report.golden_files import check_golden

SCHEMA = Path(__file__).parents[2] / "schemas" / "plan.schema.json"
PLANS = {
    "one_change": plans.one_change(),
    "no_changes": plans.no_changes(),
    "four_vendors": plans.four_vendors(),
    "many": plans.many(40),
    "hostile": plans.hostile(),
    "everything": plans.everything(),
}
MARKS: tuple[Any, ...] = (
    {"unknown": True},
    {"secret": True},
    {"value": {"unknown": True}},
    {"value": {"value": {"secret": True}}},
    {"value": 1},
    {"unknown": 1},
    {"unknown": True, "secret": True},
    {"a": [{"unknown": True}, {"b": {"secret": True}}]},
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["unknown", "secret", "value", "x"]), inner, max_size=2)
    ),
    max_leaves=8,
)


@cache
def validator() -> Any:
    schema = json.loads(SCHEMA.read_text())
    jsonschema_rs.meta.validate(schema)
    return jsonschema_rs.validator_for(schema)


def with_change(change: Change, body: dict[str, Any]) -> Plan:
    update = plans.one_change().updates[0]
    changed = replace(update, changes=(change,), request=Request("PATCH", update.request.url, body))
    return replace(plans.one_change(), updates=(changed,))


@pytest.mark.parametrize("name", PLANS)
def test_every_plan_fits_the_published_schema(name: str) -> None:
    validator().validate(json.loads(render_plan_json(PLANS[name])))


def test_the_schema_is_closed() -> None:
    document = write_plan(plans.one_change())
    document["updates"][0]["changes"][0]["colour"] = "red"
    assert not validator().is_valid(document)


@pytest.mark.parametrize("name", [name for name in PLANS if name != "everything"])
def test_a_plan_reads_back_as_it_was(name: str) -> None:
    assert read_plan(json.loads(render_plan_json(PLANS[name]))) == PLANS[name]


def test_only_secrets_are_lost() -> None:
    plan = plans.everything()
    again = read_plan(json.loads(render_plan_json(plan)))
    assert write_plan(again) == write_plan(plan)
    change = again.updates[1].changes[1]
    assert change.before is MISSING
    assert change.after is WITHHELD
    assert replace(again, updates=()) == replace(plan, updates=())


def test_secrets_are_not_in_the_document_wherever_they_stand() -> None:
    change = Change(("key",), "old-secret-1", "new-secret-2", secret=True, last_applied="hmac-of-it-3")
    body = {
        "key": "new-secret-2",
        "copy": ["new-secret-2"],
        "url": "https://x/?k=new-secret-2",
        "held": Secret("s-4"),
        "name": "n",
    }
    text = render_plan_json(with_change(change, body))
    assert not any(secret in text for secret in ("old-secret-1", "new-secret-2", "hmac-of-it-3", "s-4"))
    written = json.loads(text)["updates"][0]
    mark = {"secret": True}
    assert written["request"]["body"] == {"key": mark, "copy": [mark], "url": mark, "held": mark, "name": "n"}
    assert (written["changes"][0]["before"], written["changes"][0]["after"]) == (mark, mark)
    assert plans.SECRET_VALUE not in render_plan_json(plans.everything())


def test_a_secret_that_is_cleared_says_so() -> None:
    written = write_plan(with_change(Change(("key",), "old", None, secret=True), {"key": None}))["updates"][0]
    assert written["changes"][0]["after"] is None
    assert written["request"]["body"] == {"key": None}


@pytest.mark.parametrize("value", MARKS, ids=json.dumps)
def test_live_values_that_look_like_marks_survive(value: Any) -> None:
    plan = with_change(Change(("example_context",), value, value, last_applied=value), {"example_context": value})
    assert read_plan(json.loads(render_plan_json(plan))) == plan


@settings(deadline=None)
@given(VALUES)
def test_every_value_survives(value: Any) -> None:
    again = decode_value(json.loads(json.dumps(encode_value(value))))
    assert json.dumps(again) == json.dumps(value)


def test_unknown_is_not_null() -> None:
    assert encode_value(MISSING) == {"unknown": True}
    assert decode_value({"unknown": True}) is MISSING
    assert encode_value(None) is None


def test_the_contract_of_section_6() -> None:
    document = write_plan(plans.one_change())
    assert document["format_version"] == 1
    assert document["summary"] == {
        "update": 1, "in_sync": 0, "absent": 0, "unknown": 0, "refused": 0, "drift": 0, "conflict": 0, "requests": 1,
    }  # fmt: skip
    update = document["updates"][0]
    assert update["id"] == {"agentId": "PROJECT-58RP822I", "connectorId": "conn-1"}
    assert update["source"] == {"file": "config/polyai.yaml", "line": 12, "column": 3}
    assert update["changes"][0].items() >= {
        "path": "/voiceName", "before": "en-US-Neural2-C", "after": "en-US-Neural2-A", "cause": "config",
        "file": "config/polyai.yaml", "line": 14,
    }.items()  # fmt: skip
    assert update["request"].items() >= {"method": "PATCH", "body": {"voiceName": "en-US-Neural2-A"}}.items()
    assert write_plan(plans.four_vendors())["updates"][0]["id"] == "phoneConnection_123"


def test_summary_counts() -> None:
    summary = write_plan(plans.everything())["summary"]
    assert summary == {
        "update": 5,
        "in_sync": 1,
        "absent": 1,
        "unknown": 2,
        "refused": 1,
        "drift": 1,
        "conflict": 1,
        "requests": 4,
    }


@pytest.mark.parametrize("field", ["url", "method", "body"])
def test_an_edited_plan_is_refused(field: str) -> None:
    document = write_plan(plans.one_change())
    document["updates"][0]["request"][field] = {"voiceName": "x"} if field == "body" else "PUT"
    with pytest.raises(PlanError) as caught:
        read_plan(document)
    assert caught.value.code == "plan-edited"


def test_keys_in_another_order_are_the_same_plan() -> None:
    text = json.dumps(write_plan(plans.everything()), sort_keys=True, indent=7)
    assert write_plan(read_plan(json.loads(text))) == write_plan(plans.everything())


@pytest.mark.parametrize(
    "document", [None, [], "plan", {}, {"format_version": "1"}, {"format_version": True}, {"format_version": 0}]
)
def test_what_is_no_plan_is_refused(document: Any) -> None:
    with pytest.raises(PlanError) as caught:
        read_plan(document)
    assert caught.value.code == "plan-invalid"


def test_a_newer_plan_is_refused_before_its_digest_is_believed() -> None:
    with pytest.raises(PlanError, match="format_version 2") as caught:
        read_plan({**write_plan(plans.one_change()), "format_version": 2})
    assert caught.value.code == "plan-newer"


def test_a_forged_plan_cannot_send_another_method() -> None:
    document = write_plan(plans.one_change())
    document["updates"][0]["request"]["method"] = "DELETE"
    document["digest"] = compute_digest(document)
    with pytest.raises(PlanError, match="never sends DELETE") as caught:
        read_plan(document)
    assert caught.value.code == "plan-invalid"


@pytest.mark.parametrize(
    "key", ["updates", "resources", "diagnostics", "binding", "calls", "environment", "forecast_requests"]
)
def test_a_forged_plan_of_another_shape_is_refused(key: str) -> None:
    document = write_plan(plans.one_change())
    document[key] = 7.5 if key != "forecast_requests" else "many"
    document["digest"] = compute_digest(document)
    with pytest.raises(PlanError) as caught:
        read_plan(document)
    assert caught.value.code == "plan-invalid"


@pytest.mark.parametrize("name", [name for name in PLANS if name != "many"])
def test_golden(request: pytest.FixtureRequest, name: str) -> None:
    check_golden(request, f"plan-{name}.json", render_plan_json(PLANS[name]))


def test_json_is_safe_on_a_terminal() -> None:
    text = render_plan_json(plans.hostile())
    assert all(character == "\n" or character.isprintable() for character in text)
    assert "日本語" in text


def test_diagnostics_as_json() -> None:
    document = json.loads(render_diagnostics_json(plans.everything().diagnostics))
    assert document["summary"] == {"error": 2, "warning": 1, "note": 1}
    assert [entry["line"] for entry in document["diagnostics"]] == [None, None, 40, 31]
    assert (
        document["diagnostics"][3].items()
        >= {"code": "cannot-clear", "severity": "error", "path": "/voiceName", "column": 18}.items()
    )


def test_outcomes_as_json() -> None:
    update = plans.everything().updates[1]
    path = ("openai_account_connection", "credentials", "OPENAI_API_KEY")
    outcomes = [
        Outcome(
            update,
            Result.MISMATCH,
            "m",
            200,
            "r-1",
            0.12345,
            (("initial_message",),),
            (Collateral(path, "s-1", "s-2"), Collateral(("label",), "a", None)),
        ),
        Outcome(update, Result.ACCEPTED),
    ]
    document = json.loads(render_outcomes_json(outcomes, run="run-1"))
    assert document["run"] == "run-1"
    assert (document["summary"]["mismatch"], document["summary"]["accepted"], document["summary"]["verified"]) == (
        1,
        1,
        0,
    )
    first = document["outcomes"][0]
    assert (
        first.items()
        >= {"result": "mismatch", "settled": False, "status": 200, "request_id": "r-1", "seconds": 0.123}.items()
    )
    assert first["wrong_fields"] == ["/initial_message"]
    assert first["collateral"][0]["before"] == {"secret": True}
    assert first["collateral"][1] == {"path": "/label", "before": "a", "after": None}
    assert document["outcomes"][1]["settled"] is True
