"""What the answer to a write says, word by word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from reconciler.model.paths import MISSING, Json
from reconciler.remote.wire.answers import Answer, NoAnswer
from reconciler.remote.writing.reply import Reply, Word, find_strangers, interpret, interpret_batch
from reconciler.vendors import load_catalog

BATCH = load_catalog().resource_types["polyai", "connectors"].batch
assert BATCH is not None


@pytest.mark.parametrize(
    ("given", "reply"),
    [
        (Answer(200, {}, request_id="r1"), Reply(Word.YES, "", 200, "r1")),
        (
            Answer(400, {}, own=True, says="no such voice", text="x", request_id="r2"),
            Reply(Word.NO, "HTTP 400: no such voice", 400, "r2"),
        ),
        (Answer(499, {}, own=True), Reply(Word.NO, "HTTP 499", 499)),
        (Answer(500, {}, own=True), Reply(Word.DOUBT, "HTTP 500", 500, again=True)),
        (Answer(501, {}, own=True), Reply(Word.DOUBT, "HTTP 501", 501)),
        (Answer(301, {}, own=True), Reply(Word.DOUBT, "HTTP 301", 301)),
        (Answer(399, {}, own=True), Reply(Word.DOUBT, "HTTP 399", 399)),
        (Answer(502, MISSING, text="HTML page: Bad"), Reply(Word.DOUBT, "HTTP 502: HTML page: Bad", 502, again=True)),
        (
            Answer(503, {}, headers={"retry-after": "7"}),
            Reply(Word.DOUBT, "HTTP 503", 503, again=True, wait_seconds=7.0),
        ),
        (Answer(500, {}, headers={"retry-after": "7"}), Reply(Word.DOUBT, "HTTP 500", 500, again=True)),
        (NoAnswer(sent=True, reason="cut"), Reply(Word.DOUBT, "no answer: cut", again=True)),
        (NoAnswer(sent=False, reason="refused"), Reply(Word.UNTOUCHED, "no answer: refused", again=True)),
    ],
)
def test_an_answer_becomes_one_reply(given: Answer | NoAnswer, reply: Reply) -> None:
    assert interpret(given) == reply


@pytest.mark.parametrize(
    ("status", "silent", "refuses_key"),
    [(0, True, False), (200, False, False), (401, False, True), (403, False, True), (408, True, False)]
    + [(status, status != 501, False) for status in range(500, 505)],
)
def test_what_a_status_alone_says(status: int, silent: bool, refuses_key: bool) -> None:
    reply = Reply(Word.DOUBT, "", status)
    assert (reply.silent, reply.refuses_key) == (silent, refuses_key)


def entry(error: Json = None, *, success: Json = False) -> dict[str, Json]:
    return {"connectorId": "a", "success": success} | ({} if error is None else {"error": error})


@pytest.mark.parametrize(
    ("rows", "reply"),
    [
        ([entry(success=True)], Reply(Word.YES, "", 200, "r")),
        ([entry()], Reply(Word.NO, "refused without a reason", 200, "r")),
        ([entry("")], Reply(Word.NO, "refused without a reason", 200, "r")),
        ([entry("too\nlong")], Reply(Word.NO, "too long", 200, "r")),
        ([entry({"message": 1, "error_message": "b", "error": "c"})], Reply(Word.NO, "b", 200, "r")),
        ([entry({"message": "a", "error_message": "b"})], Reply(Word.NO, "a", 200, "r")),
        ([entry({"error": "c"})], Reply(Word.NO, "c", 200, "r")),
        ([entry({"code": "größer"})], Reply(Word.NO, '{"code": "größer"}', 200, "r")),
        ([], Reply(Word.DOUBT, "the batch answer left it out", 200, "r", again=True)),
        ([None, "a"], Reply(Word.DOUBT, "the batch answer left it out", 200, "r", again=True)),
        ([entry(success=1)], Reply(Word.DOUBT, "the batch answer is not clear about it", 200, "r", again=True)),
        (
            [entry(success=True), entry(success=True)],
            Reply(Word.DOUBT, "the batch answer is not clear about it", 200, "r", again=True),
        ),
    ],
)
def test_an_entry_of_a_batch_becomes_one_reply(rows: list[Json], reply: Reply) -> None:
    assert BATCH is not None
    other = {"connectorId": "b", "success": True}
    found = interpret_batch(BATCH, Answer(200, {"results": [other, *rows]}, request_id="r"), keys=["a", "b"])
    assert found == {"a": reply, "b": Reply(Word.YES, "", 200, "r")}


@pytest.mark.parametrize("answer", [Answer(429, {}), NoAnswer(sent=True, reason="cut"), Answer(500, {"results": []})])
def test_a_batch_that_got_no_yes_has_one_reply_for_all(answer: Answer | NoAnswer) -> None:
    assert BATCH is not None
    assert interpret_batch(BATCH, answer, keys=["a", "b"]) == {"a": interpret(answer), "b": interpret(answer)}


def test_strangers_are_named_once_and_short() -> None:
    assert BATCH is not None
    rows = [{"connectorId": key} for key in ("z", "a", "z", "y\ny")] + [{}]
    assert find_strangers(BATCH, Answer(200, {"results": rows}), keys=["a"]) == ("z", "y y", "None")
    assert find_strangers(BATCH, NoAnswer(sent=True, reason="cut"), keys=["a"]) == ()
    assert find_strangers(BATCH, Answer(200, MISSING), keys=["a"]) == ()


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
