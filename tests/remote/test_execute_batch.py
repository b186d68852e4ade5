"""Updates of one PolyAI agent travel together; the answer is matched by id and never believed further than that."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from reconciler.model.outcome import Outcome, Result
from tests.remote.execute_stage import OTHER_AGENT, Stage, polyai

VOICE = "en-US-Neural2-A"


def apply(vices: Sequence[str] = (), **settings: object) -> tuple[Stage, list[Outcome]]:
    stage = Stage(vices=list(vices), **settings)  # type: ignore[arg-type]
    return stage, list(stage.apply(stage.plan(*(polyai(place, voiceName=VOICE) for place in range(3)))))


def results(outcomes: Sequence[Outcome]) -> list[Result]:
    return [one.result for one in outcomes]


@pytest.mark.parametrize("vices", [(), ("shuffle-batch",), ("omit-from-batch",), ("shuffle-batch", "omit-from-batch")])
def test_one_request_carries_all(vices: Sequence[str]) -> None:
    stage, outcomes = apply(vices)
    assert results(outcomes) == [Result.VERIFIED] * 3
    assert len(stage.writes) == 1


def test_an_entry_left_out_is_settled_by_reading() -> None:
    _, outcomes = apply(["omit-from-batch"])
    assert [one.message for one in outcomes] == ["", "", "the batch answer left it out, but read back and equal"]


def test_a_failed_entry_is_rejected_with_its_own_words() -> None:
    stage, outcomes = apply(["fail-in-batch"])
    assert results(outcomes) == [Result.VERIFIED, Result.REJECTED, Result.VERIFIED]
    assert outcomes[1].message
    assert stage.read(polyai(1))["voiceName"] == "en-US-Neural2-C"


@pytest.mark.parametrize("vice", ["drop-after-commit", "drop-before-commit", "timeout-after-commit", "empty-201"])
def test_a_batch_without_a_clear_answer_is_settled_by_reading(vice: str) -> None:
    stage, outcomes = apply([vice])
    assert results(outcomes) == [Result.VERIFIED] * 3
    assert all(stage.read(polyai(place))["voiceName"] == VOICE for place in range(3))


def test_a_batch_refused_as_a_whole_is_sent_one_by_one() -> None:
    stage, outcomes = apply(switches={"polyai-batch-limit": "2"})
    assert results(outcomes) == [Result.VERIFIED] * 3
    assert all("refused as a whole" in one.message for one in outcomes)
    assert [path.rsplit("/", 1)[1] for _, path, _ in stage.writes] == ["batch", "conn-0", "conn-1", "conn-2"]


def test_a_stale_entry_leaves_the_batch() -> None:
    stage = Stage()
    updates = stage.plan(*(polyai(place, voiceName=VOICE) for place in range(3)))
    stage.edit(polyai(1), voiceName="en-US-Neural2-F")
    assert results(stage.apply(updates)) == [Result.VERIFIED, Result.STALE, Result.VERIFIED]
    assert [entry["connectorId"] for entry in stage.writes[0][2]["updates"]] == ["conn-0", "conn-2"]


def test_a_move_travels_alone() -> None:
    stage = Stage()
    updates = stage.plan(polyai(0, projectId=OTHER_AGENT), polyai(1, voiceName=VOICE), polyai(2, voiceName=VOICE))
    assert results(stage.apply(updates)) == [Result.VERIFIED] * 3
    assert len(stage.writes) == 2
