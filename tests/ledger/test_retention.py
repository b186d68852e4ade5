"""What may go of old journals: nothing that is young, new, lost, or needed to answer an open question."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from reconciler.ledger.journals.index import Digest, digest_journal
from reconciler.ledger.journals.retention import KEPT_DAYS, KEPT_RUNS, choose_expired
from reconciler.model.paths import Json

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def run(
    number: int, *rows: Mapping[str, Json], days: float = 100, environment: str | None = None, whole: bool = True
) -> Digest:
    when = (NOW - timedelta(days=days)).isoformat()
    begin = {"event": "begin", "run": f"r{number}", "when": when, "command": "apply", "environment": environment}
    content = b"".join(
        json.dumps(row).encode() + b"\n" for row in ([begin] if whole else []) + [dict(row) for row in rows]
    )
    return digest_journal(f"r{number}.jsonl", content)


def step(event: str, address: str = "a", result: str = "verified") -> dict[str, Json]:
    return {"event": event, "address": address, "when": "w"} | ({"result": result} if event == "outcome" else {})


def saw(address: str = "a", *, gone: bool = False) -> dict[str, Json]:
    return {"event": "saw", "address": address, "path": "/x", "gone": gone}


def expire(*digests: Digest, kept_runs: int = 1) -> list[str]:
    return sorted(name.removesuffix(".jsonl") for name in choose_expired(digests, now=NOW, kept_runs=kept_runs))


def test_the_newest_runs_are_kept_however_old() -> None:
    digests = [run(number) for number in (2, 1, 4, 3)]
    assert expire(*digests) == ["r1", "r2", "r3"]
    assert expire(*digests, kept_runs=3) == ["r1"]
    assert expire(*digests, kept_runs=4) == expire(*digests, kept_runs=5) == []
    assert choose_expired(digests, now=NOW) == frozenset()
    assert KEPT_RUNS == 1_000


def test_the_name_of_a_run_tells_its_age_and_not_that_of_its_file() -> None:
    digests = [replace(run(number), name=f"x{9 - number}.jsonl") for number in (1, 2, 3)]
    assert expire(*digests) == ["x7", "x8"]


def test_what_asks_nothing_that_is_open_is_not_kept_beside_what_does() -> None:
    digests = [run(1, step("intend", "b")), run(2, step("settle", "b")), run(3, step("intend", "c")), run(4)]
    assert expire(*digests) == ["r1", "r2"]


@pytest.mark.parametrize(("days", "expired"), [(KEPT_DAYS, []), (KEPT_DAYS + 0.01, ["r1"]), (1, [])])
def test_a_young_run_is_kept_however_many_follow_it(days: float, expired: list[str]) -> None:
    assert expire(run(1, days=days), run(2), run(3)) == sorted([*expired, "r2"])


def test_each_environment_keeps_its_own() -> None:
    digests = [run(number, environment=name) for number, name in enumerate(["a", "b", "a", "b", None])]
    assert expire(*digests) == ["r0", "r1"]


def test_a_run_whose_beginning_or_time_is_lost_is_kept() -> None:
    lost = run(1, step("outcome"), whole=False)
    timeless = digest_journal("r2.jsonl", b'{"event": "begin", "run": "r2", "command": "apply", "when": "soon"}\n')
    assert expire(lost, timeless, run(3), run(4)) == ["r3"]


@pytest.mark.parametrize(
    "rows",
    [
        [step("intend")],
        [step("intend"), step("outcome", result="in_doubt")],
        [saw()],
    ],
)
def test_an_open_question_keeps_its_run(rows: list[Mapping[str, Json]]) -> None:
    assert expire(run(1, *rows), run(2), run(3)) == ["r2"]


def test_a_question_that_was_answered_goes_with_its_answer() -> None:
    asked = run(1, step("intend"))
    for answer in (run(2, step("settle")), run(2, step("outcome"))):
        assert expire(asked, answer, run(3)) == ["r1", "r2"]
    assert expire(run(1, saw()), run(2, saw(gone=True)), run(3)) == ["r1", "r2"]


def test_a_kept_question_keeps_its_answer() -> None:
    """Else it would be open again: whatever is told of an address that a kept run asks about stays."""
    both = run(1, step("intend", "a"), step("intend", "b"))
    assert expire(both, run(2, step("settle", "a")), run(3)) == []
    assert expire(both, run(2, step("settle", "a"), step("settle", "b")), run(3)) == ["r1", "r2"]


def test_what_a_kept_answer_asks_in_turn_keeps_its_answer_too() -> None:
    digests = [
        run(1, step("intend", "a"), step("intend", "b")),
        run(2, step("settle", "b"), saw("c")),
        run(3, saw("c", gone=True)),
        run(4, step("outcome", "d")),
        run(5),
    ]
    assert expire(*digests) == ["r4"]


def test_a_question_of_another_environment_keeps_nothing_here() -> None:
    asked = run(1, step("intend"), environment="staging")
    assert expire(asked, run(2, step("outcome")), run(3)) == ["r2"]
