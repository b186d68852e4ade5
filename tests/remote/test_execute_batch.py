"""Updates of one PolyAI agent travel together; the answer is matched by id and never believed further than that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from reconciler.model.outcome import Outcome, Result
from reconciler.model.paths import MISSING, Json
from reconciler.remote.wire.answers import Answer, NoAnswer
from reconciler.remote.writing.reply import Word, find_strangers, interpret, interpret_batch
from tests.remote.execute_stage import CATALOG, OTHER_AGENT, Stage, polyai

VOICE = "en-US-Neural2-A"
BATCH = CATALOG.resource_types["polyai", "connectors"].batch
assert BATCH is not None


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


def answer(value: Json, *, status: int = 200) -> Answer:
    return Answer(status, value)


def weigh(value: Json) -> dict[str, Word]:
    assert BATCH is not None
    replies = interpret_batch(BATCH, answer(value), keys=["a", "b"])
    return {key: reply.word for key, reply in replies.items()}


@pytest.mark.parametrize("value", [{}, [], {"results": None}, {"results": {"a": True}}, {"results": ["a", "b"]}, "ok"])
def test_an_answer_of_another_shape_leaves_everything_in_doubt(value: Json) -> None:
    assert weigh(value) == {"a": Word.DOUBT, "b": Word.DOUBT}


def test_contradictions_and_unclear_entries_are_in_doubt() -> None:
    twice = [{"connectorId": "a", "success": True}, {"connectorId": "a", "success": False}]
    assert weigh({"results": [*twice, {"connectorId": "b", "success": "true"}]}) == {"a": Word.DOUBT, "b": Word.DOUBT}


def test_entries_that_were_not_sent_are_ignored_and_named() -> None:
    assert BATCH is not None
    value = {"results": [{"connectorId": "z", "success": True}, {"connectorId": "a", "success": True}]}
    assert weigh(value) == {"a": Word.YES, "b": Word.DOUBT}
    assert find_strangers(BATCH, answer(value), keys=["a", "b"]) == ("z",)


@pytest.mark.parametrize("error", ["no such voice", {"message": "no such voice"}, {"code": "no such voice"}])
def test_an_entrys_error_is_quoted_whatever_its_shape(error: Json) -> None:
    assert BATCH is not None
    value = {"results": [{"connectorId": "a", "success": False, "error": error}]}
    reply = interpret_batch(BATCH, answer(value), keys=["a"])["a"]
    assert reply.word is Word.NO
    assert "no such voice" in reply.message


@pytest.mark.parametrize(
    ("given", "word", "again"),
    [
        (Answer(200, {"id": "x"}), Word.YES, False),
        (Answer(204, MISSING), Word.YES, False),
        (Answer(200, MISSING, text="HTML page: Gateway"), Word.DOUBT, True),
        (Answer(400, {"message": "no"}, own=True), Word.NO, False),
        (Answer(200, {"success": False}, own=True), Word.NO, False),
        (Answer(400, {"message": "a gateway's"}), Word.DOUBT, False),
        (Answer(404, MISSING, text="HTML page: Gateway"), Word.DOUBT, False),
        (Answer(400, {"message": "no"}, attempts=2, own=True), Word.DOUBT, False),
        (Answer(429, {"message": "slow down"}), Word.UNTOUCHED, True),
        (Answer(429, {"message": "slow down"}, attempts=2), Word.DOUBT, True),
        (Answer(302, MISSING), Word.DOUBT, False),
        (Answer(500, {"message": "oops"}), Word.DOUBT, True),
        (Answer(408, MISSING), Word.DOUBT, True),
        (NoAnswer(sent=True, reason="cut"), Word.DOUBT, True),
        (NoAnswer(sent=False, reason="refused"), Word.UNTOUCHED, True),
    ],
)
def test_what_each_answer_settles(given: Answer | NoAnswer, word: Word, again: bool) -> None:
    reply = interpret(given)
    assert (reply.word, reply.again) == (word, again)


@pytest.mark.parametrize(
    ("wish", "low", "high"),
    [("7", 7, 7), ("soon", 0, 0), ("Fri, 31 Dec 99999999999 23:59:59 GMT", 0, 0), ("", 0, 0), ("-3", 0, 0)],
)
def test_retry_after_in_seconds(wish: str, low: float, high: float) -> None:
    assert low <= interpret(Answer(429, {}, headers={"retry-after": wish})).wait_seconds <= high


def test_retry_after_as_a_date() -> None:
    wish = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    assert 25 < interpret(Answer(503, {}, headers={"retry-after": wish})).wait_seconds <= 30
    past = format_datetime(datetime.now(UTC) - timedelta(seconds=30), usegmt=True)
    assert interpret(Answer(503, {}, headers={"retry-after": past})).wait_seconds == 0
