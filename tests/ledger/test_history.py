"""A journal read back: each line becomes what it says, and a strange one never more than that."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.ledger.journals.history import (
    Intention,
    RecordedChange,
    RunRecord,
    RunSummary,
    Sighting,
    Step,
    build_record,
    find_unsettled,
    list_open_sightings,
    parse_lines,
    read_run,
)
from reconciler.model.outcome import Result
from reconciler.model.paths import MISSING, FieldPath, Json
from reconciler.model.plan import Cause
from reconciler.model.resource_type import Identity

Row = Mapping[str, Json]


def intend(address: str = "lines.a", **row: Json) -> dict[str, Json]:
    return {"event": "intend", "address": address, "when": "10:00", **row}


def conclude(address: str = "lines.a", result: Json = "verified", **row: Json) -> dict[str, Json]:
    return {"event": "outcome", "address": address, "result": result, "when": "10:01", **row}


def build(*rows: Row) -> RunRecord:
    return build_record("r1.jsonl", rows, damaged=0)


def test_lines_are_rows_and_the_rest_is_counted() -> None:
    content = b'{"event": "begin"}\n  \n\n{"event": 7}\n[1]\n{"event": "e"\n{"no": 1}\n\xff\n{"event": "end", "x": "\xc3\xb6"}'
    assert parse_lines(content) == ([{"event": "begin"}, {"event": "end", "x": "ö"}], 5)
    assert parse_lines(b"") == ([], 0)
    assert parse_lines(b"[" * 100_000) == ([], 1)


TARGET: Row = {
    "provider": "acme",
    "account": "shop",
    "kind": "lines",
    "identity": [["agentId", "P"], ["id", 7], ["x"], "y", ["a", "b", "c"]],
    "changes": [
        {"path": "/a/b~1c", "before": 1, "after": None, "cause": "drift", "secret": True},
        {"path": "", "cause": "magic", "secret": "yes"},
        {"path": "no pointer", "after": [1]},
        "strange",
        {},
    ],
}
STEP = Step(
    address="lines.a",
    provider="acme",
    account="shop",
    kind="lines",
    identity=Identity((("agentId", "P"), ("id", "7"))),
    changes=(
        RecordedChange(("a", "b/c"), 1, None, Cause.DRIFT, secret=True),
        RecordedChange((), MISSING, MISSING),
        RecordedChange(("no pointer",), MISSING, [1]),
        RecordedChange(("None",), MISSING, MISSING),
    ),
)


def step(**more: Any) -> Step:
    known = {name: getattr(STEP, name) for name in Step.__dataclass_fields__}
    return Step(**{**known, **more})


def test_an_intent_without_an_outcome_is_a_step_in_doubt() -> None:
    (found,) = build(intend(request={"method": "PATCH", "url": "https://x", "fields": ["a"]}, **TARGET)).steps
    assert found == step(method="PATCH", url="https://x", sent_at="10:00")
    assert found.is_in_doubt


def test_an_outcome_ends_its_intent() -> None:
    outcome = conclude(
        result="mismatch",
        message="m",
        status=207,
        request_id="q",
        seconds=0.5,
        wrong_fields=["/a", "b"],
        collateral=[{"path": "/x", "before": 1, "after": 2}],
        provider="ignored",
    )
    (found,) = build(intend(request={"method": "PATCH", "url": "https://x"}, **TARGET), outcome).steps
    assert found == step(
        method="PATCH",
        url="https://x",
        sent_at="10:00",
        result=Result.MISMATCH,
        message="m",
        status=207,
        request_id="q",
        seconds=0.5,
        concluded_at="10:01",
        wrong_fields=(("a",), ("b",)),
        collateral=(RecordedChange(("x",), 1, 2),),
    )
    assert not found.is_in_doubt


def test_an_outcome_without_an_intent_tells_its_own_target_and_was_not_sent() -> None:
    (found,) = build(conclude(result="not_attempted", **TARGET)).steps
    assert found == step(result=Result.NOT_ATTEMPTED, concluded_at="10:01")
    assert not found.is_in_doubt


@pytest.mark.parametrize(
    ("rows", "steps"),
    [
        ([intend(), intend(when="11:00")], [("11:00", None)]),
        ([intend(), intend(when="11:00"), conclude()], [("11:00", Result.VERIFIED)]),
        ([intend(), conclude(), intend(when="11:00")], [("10:00", Result.VERIFIED), ("11:00", None)]),
        ([intend(), conclude(), conclude(result="stale")], [("10:00", Result.STALE)]),
        ([conclude(result="stale"), intend()], [("", Result.STALE), ("10:00", None)]),
        ([conclude(result="stale"), conclude()], [("", Result.VERIFIED)]),
        ([{"event": "settle", "address": "lines.a"}, {"event": "else", "address": "lines.a"}], []),
        (
            [intend("lines.b"), intend(), conclude("lines.b", "rejected")],
            [("10:00", Result.REJECTED), ("10:00", None)],
        ),
    ],
)
def test_intents_and_outcomes_meet_by_address(rows: list[Row], steps: list[tuple[str, Result | None]]) -> None:
    assert [(one.sent_at, one.result) for one in build(*rows).steps] == steps


@pytest.mark.parametrize(
    ("result", "sent", "in_doubt"),
    [
        ("in_doubt", True, True),
        ("something new", True, True),
        (None, True, True),
        ("in_doubt", False, False),
        ("stale", True, False),
    ],
)
def test_what_may_have_been_sent_and_is_not_known_is_in_doubt(result: Json, sent: bool, in_doubt: bool) -> None:
    record = build(*([intend()] if sent else []), conclude(result=result))
    assert record.steps[0].is_in_doubt is in_doubt
    assert record.summary.in_doubt == int(in_doubt)
    assert isinstance(record.steps[0].result, Result)


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("status", 200, 200),
        ("status", 200.9, 200),
        ("status", "200", 0),
        ("status", None, 0),
        ("status", 10**400, 0),
        ("status", float("nan"), 0),
        ("status", float("-inf"), 0),
        ("seconds", 0.25, 0.25),
        ("seconds", 1e15, 0.0),
        ("seconds", -1e14, -1e14),
        ("message", 7, ""),
        ("request_id", ["q"], ""),
        ("wrong_fields", "/a", ()),
        ("wrong_fields", [7], (("7",),)),
        ("collateral", {"path": "/a"}, ()),
    ],
)
def test_what_has_another_shape_is_as_good_as_missing(name: str, value: Json, read: Json) -> None:
    (found,) = build(intend(), conclude(**{name: value})).steps
    assert getattr(found, name) == read


@pytest.mark.parametrize("strange", [7, None, [], {}, "text"])
def test_a_target_of_another_shape_is_empty(strange: Json) -> None:
    row = dict.fromkeys(("provider", "account", "kind", "request", "identity", "changes"), strange)
    text = strange if isinstance(strange, str) else ""
    (found,) = build(intend() | row).steps
    assert found == Step("lines.a", text, text, text, sent_at="10:00")


BEGIN: Row = {
    "event": "begin",
    "run": "r7",
    "when": "09:00",
    "author": "alice",
    "commit": "abc",
    "command": "apply",
    "environment": "staging",
    "undoes": "r0",
    "subject": "Change it",
    "pull_request": "#12",
    "left_out": 3,
    "scope": "--since main",
}


def test_a_run_is_summed_up() -> None:
    record = build(
        BEGIN,
        intend(),
        conclude(),
        intend("lines.b"),
        conclude("lines.c", "rejected"),
        conclude("lines.d", "in_doubt"),
        intend(),
        {"event": "settle", "address": "lines.x"},
        {"event": "forget", "address": "lines.y"},
        {"event": "saw", "address": "lines.z", "path": "/a", "before": 1, "after": 2, "cause": "drift"},
        {"event": "saw", "address": "lines.z", "path": "/a", "gone": True},
        {"event": "end", "exit_code": 4, "interrupted": False, "message": "done"},
        {"event": "end", "exit_code": 5},
        {**BEGIN, "run": "r8"},
    )
    change = RecordedChange(("a",), 1, 2, Cause.DRIFT)
    assert record.settled == ("lines.x",)
    assert record.summary == RunSummary(
        run="r7",
        when="09:00",
        author="alice",
        commit="abc",
        command="apply",
        environment="staging",
        undoes="r0",
        counts={Result.VERIFIED: 1, Result.REJECTED: 1, Result.IN_DOUBT: 1},
        in_doubt=2,
        interrupted=False,
        ended=True,
        exit_code=4,
        message="done",
        damaged_lines=0,
        subject="Change it",
        pull_request="#12",
        left_out=3,
        scope="--since main",
        addresses=("lines.a", "lines.b", "lines.c", "lines.d"),
        forgotten=("lines.y",),
        sightings=(
            Sighting("lines.z", change),
            Sighting("lines.z", RecordedChange(("a",), MISSING, MISSING), gone=True),
        ),
    )


def test_a_run_whose_beginning_is_lost_is_named_by_its_file() -> None:
    summary = build_record("20260101T000000Z%2Fx.jsonl", [intend()], damaged=2).summary
    assert summary == RunSummary("20260101T000000Z/x", "10:00", in_doubt=1, damaged_lines=2, addresses=("lines.a",))
    assert build({**intend(), "when": "08:00"}, BEGIN).summary.when == "09:00"
    assert build_record("r1.jsonl", [], damaged=0) == RunRecord(RunSummary("r1"))
    assert read_run("r1.jsonl", b'{"event": "end"\n' + json.dumps(BEGIN).encode()).summary.damaged_lines == 1


@pytest.mark.parametrize(
    ("end", "interrupted", "exit_code"),
    [
        ({"interrupted": False, "exit_code": 0}, False, 0),
        ({"interrupted": True, "exit_code": 130}, True, 130),
        ({"exit_code": True}, True, None),
        ({"interrupted": 0, "exit_code": "4"}, True, None),
    ],
)
def test_a_run_is_interrupted_unless_its_end_says_otherwise(end: Row, interrupted: bool, exit_code: int | None) -> None:
    summary = build(BEGIN, {"event": "end", **end}).summary
    assert (summary.interrupted, summary.exit_code, summary.ended) == (interrupted, exit_code, True)
    assert (build(BEGIN).summary.interrupted, build(BEGIN).summary.ended) == (True, False)


@pytest.mark.parametrize(
    ("given", "read"), [({"environment": 7}, None), ({"environment": ""}, ""), ({"environment": None}, None)]
)
def test_an_environment_is_a_name_or_none(given: Row, read: str | None) -> None:
    assert build({**BEGIN, **given}).summary.environment == read
    assert build({**BEGIN, "left_out": True}).summary.left_out == 0


@pytest.mark.parametrize(
    ("rows", "changed"),
    [
        ([intend()], True),
        ([intend(), conclude(result="in_doubt")], True),
        ([conclude(result="in_doubt")], True),
        *[([conclude(result=result)], result in {"verified", "accepted", "mismatch", "in_doubt"}) for result in Result],
        ([], False),
    ],
)
def test_a_run_changed_something_or_may_have(rows: list[Row], changed: bool) -> None:
    assert build(BEGIN, *rows).summary.changed is changed


def run(name: str, *rows: Row) -> RunRecord:
    return build_record(f"{name}.jsonl", rows, damaged=0)


def list_open(*records: RunRecord) -> list[tuple[str, str]]:
    found = find_unsettled(records)
    assert all(isinstance(one, Intention) for one in found)
    return [(one.run, one.address) for one in found]


@pytest.mark.parametrize("result", Result)
def test_a_doubt_is_settled_by_a_later_result_that_knows(result: Result) -> None:
    knows = result in {"verified", "accepted", "rejected", "mismatch", "stale"}
    later = run("r2", conclude(result=result))
    assert list_open(later, run("r1", intend())) == ([] if knows else [("r1", "lines.a")])
    assert list_open(run("r2", intend()), run("r1", conclude(result=result))) == [("r2", "lines.a")]


def test_doubts_come_oldest_first_and_the_newest_of_an_address_counts() -> None:
    records = [
        run("r3", intend("lines.a")),
        run("r1", intend("lines.a"), intend("lines.b")),
        run("r2", intend("lines.c")),
    ]
    assert list_open(*records) == [("r3", "lines.a"), ("r1", "lines.b"), ("r2", "lines.c")]


def test_reading_settles_what_came_before_it_and_not_what_its_own_run_leaves() -> None:
    settle = {"event": "settle", "address": "lines.a"}
    assert list_open(run("r1", intend()), run("r2", settle)) == []
    assert list_open(run("r1", intend()), run("r2", {**settle, "address": "lines.z"})) == [("r1", "lines.a")]
    assert list_open(run("r1", intend()), run("r2", settle, intend())) == [("r2", "lines.a")]


def saw(path: str, after: Json = 1, *, address: str = "lines.a", gone: bool = False) -> dict[str, Json]:
    return {"event": "saw", "address": address, "path": path, "after": after, "gone": gone}


def test_what_was_seen_stays_open_until_a_later_check_sees_it_gone() -> None:
    runs = [
        run("r3", saw("/b", gone=True), saw("/never", gone=True)),
        run("r1", saw("/a"), saw("/b"), saw("/a", address="lines.b")),
        run("r2", saw("/a", 2)),
    ]
    found = list_open_sightings(one.summary for one in runs)
    seen: dict[tuple[str, FieldPath], Json] = {place: sighting.change.after for place, sighting in found.items()}
    assert seen == {("lines.a", ("a",)): 2, ("lines.b", ("a",)): 1}
    assert list_open_sightings([]) == {}
