"""Reading back, waiting for what may still land, and sending again: how often, how long, and what for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import httpx
import pytest

from reconciler.model.outcome import Outcome, Result
from reconciler.model.plan import Change
from reconciler.remote.writing.reply import Reply, Word
from reconciler.remote.writing.send import Attempt, Ready
from reconciler.remote.writing.settle import settle
from tests.remote.line_stage import HIDDEN, TEXT, LineStage, break_off, refuse, update_of

QUICK = {"attempts": 4, "first_wait_seconds": 0.25}


def tried(stage: LineStage, name: str, word: Word, *changes: Change, again: bool = False, tries: int = 1) -> Attempt:
    seen = stage.ready(name)
    reply = Reply(word, "it said so", again=again)
    return Attempt(Ready(update_of(name, *changes), seen, seen, tries=tries, started=stage.now), reply)


def settle_all(stage: LineStage, attempts: Sequence[Attempt]) -> list[Outcome]:
    async def run_it() -> list[Outcome]:
        async with stage.run() as run:
            run.lane.intended.update(attempt.ready.update.address for attempt in attempts)
            return list(await settle(attempts, run))

    return asyncio.run(run_it())


def settle_one(stage: LineStage, attempt: Attempt) -> Outcome:
    (outcome,) = settle_all(stage, [attempt])
    return outcome


def test_what_is_right_at_once_is_read_once_together() -> None:
    stage = LineStage({name: {"text": "old"} for name in "abc"}, patience=QUICK)
    attempts = [tried(stage, name, Word.YES) for name in "abc"]
    for name in "abc":
        stage.lines[name]["text"] = "new"
    assert [one.result for one in settle_all(stage, attempts)] == [Result.VERIFIED] * 3
    assert (stage.reads, stage.waits) == (["/lines"], [0.0])


@pytest.mark.parametrize(("longest", "waits"), [(60.0, [0.0, 0.25, 0.5, 1.0]), (0.4, [0.0, 0.25, 0.4, 0.4])])
def test_reads_that_lag_are_waited_for_with_growing_patience(longest: float, waits: list[float]) -> None:
    stage = LineStage({"a": {"text": "old"}}, patience={**QUICK, "longest_wait_seconds": longest})
    outcome = settle_one(stage, tried(stage, "a", Word.YES))
    assert (outcome.result, stage.waits) == (Result.MISMATCH, waits)
    assert outcome.seconds == pytest.approx(sum(waits))


def test_only_what_is_not_as_it_should_be_is_read_again() -> None:
    stage = LineStage({name: {"text": "old"} for name in "abc"}, patience=QUICK)
    attempts = [tried(stage, name, Word.YES) for name in "abc"]

    def land(reads: int) -> None:
        for name in "a" if reads == 1 else "b" if reads == 2 else "c":
            stage.lines[name]["text"] = "new"

    stage.on_read = land
    assert [one.result for one in settle_all(stage, attempts)] == [Result.VERIFIED] * 3
    assert stage.reads == ["/lines", "/lines", "/lines/c"]


def test_what_stays_unreadable_is_read_twice() -> None:
    stage = LineStage({"a": {"text": "old"}}, patience=QUICK)
    attempt = tried(stage, "a", Word.YES)
    stage.dark = True
    assert settle_one(stage, attempt).result is Result.IN_DOUBT
    assert len(stage.reads) == 2


def test_a_reading_that_failed_once_is_made_again() -> None:
    stage = LineStage({"a": {"text": "old"}}, patience=QUICK)
    attempt = tried(stage, "a", Word.YES)

    def recover(reads: int) -> None:
        stage.dark, stage.lines["a"]["text"] = reads == 1, "new"

    stage.on_read = recover
    assert settle_one(stage, attempt).result is Result.VERIFIED


@pytest.mark.parametrize(
    ("timeout", "waits"), [(30.0, [2.0, 4.0, 8.0, 16.0]), (31.0, [2.0, 4.0, 8.0, 16.0, 1.0]), (1.5, [1.5])]
)
def test_what_may_still_land_is_read_for_as_long_as_a_request_may_take(timeout: float, waits: list[float]) -> None:
    stage = LineStage({"a": {"text": "old"}}, settings={"timeout_seconds": timeout})
    outcome = settle_one(stage, tried(stage, "a", Word.DOUBT))
    assert (outcome.result, stage.waits) == (Result.IN_DOUBT, [0.0, *waits])
    assert outcome.message.endswith(f"last {timeout:.1f} s after it was sent; it may still take effect")


@pytest.mark.parametrize(
    ("late", "result"), [("new", Result.VERIFIED), ("other", Result.MISMATCH)], ids=["landed", "moved"]
)
def test_the_wait_ends_where_it_landed(late: str, result: Result) -> None:
    stage = LineStage({name: {"text": "old"} for name in "ab"})
    attempts = [tried(stage, name, Word.DOUBT) for name in "ab"]

    def land(reads: int) -> None:
        if reads == 3:
            stage.lines["a"]["text"] = late

    stage.on_read = land
    assert [one.result for one in settle_all(stage, attempts)] == [result, Result.IN_DOUBT]
    assert stage.reads == ["/lines", "/lines", "/lines", "/lines/b", "/lines/b"]


def test_a_late_reading_that_fails_does_not_replace_what_was_seen() -> None:
    stage = LineStage({"a": {"text": "old"}})
    attempt = tried(stage, "a", Word.DOUBT)

    def fail(reads: int) -> None:
        stage.dark = reads > 1

    stage.on_read = fail
    assert "read back unchanged so far" in settle_one(stage, attempt).message
    assert len(stage.reads) == 2


def test_a_wish_to_end_ends_the_wait() -> None:
    stage = LineStage({"a": {"text": "old"}})
    attempt = tried(stage, "a", Word.DOUBT)

    def interrupt(reads: int) -> None:
        if reads == 2:
            stage.stop.request("interrupted")

    stage.on_read = interrupt
    assert settle_one(stage, attempt).result is Result.IN_DOUBT
    assert stage.waits == [0.0, 2.0]


def test_what_was_found_undone_is_sent_again_alone_after_one_wait() -> None:
    stage = LineStage({name: {"text": "old"} for name in "abc"}, patience=QUICK)
    attempts = [tried(stage, name, Word.UNTOUCHED, again=True, tries=tries) for name, tries in (("a", 1), ("b", 3))]
    attempts.append(tried(stage, "c", Word.NO))
    outcomes = {one.update.address: one for one in settle_all(stage, attempts)}
    assert {name: one.result for name, one in outcomes.items()} == {
        "lines.c": Result.REJECTED,
        "lines.a": Result.VERIFIED,
        "lines.b": Result.VERIFIED,
    }
    assert stage.writes == [("/lines/a", {"text": "new"}), ("/lines/b", {"text": "new"})]
    assert stage.waits == [0.0, 2.0, 0.0], "the wait fits the most tries, and all go out together"


def test_the_wait_before_another_try_has_an_end() -> None:
    stage = LineStage({"a": {"text": "old"}}, patience={**QUICK, "longest_wait_seconds": 0.3})
    assert settle_one(stage, tried(stage, "a", Word.UNTOUCHED, again=True)).result is Result.VERIFIED
    assert stage.waits == [0.0, 0.3, 0.0]


def test_a_patch_that_may_not_go_out_again_is_not_sent() -> None:
    stage = LineStage({"a": {"text": "old"}}, patience={"attempts": 4, "first_wait_seconds": 0.0})
    assert settle_one(stage, tried(stage, "a", Word.DOUBT)).result is Result.IN_DOUBT
    assert stage.writes == []


@pytest.mark.parametrize("why", ["interrupted", "halted"])
def test_nothing_goes_out_again_where_nothing_new_is_sent(why: str) -> None:
    stage = LineStage({"a": {"text": "old"}}, patience=QUICK)
    attempt = tried(stage, "a", Word.UNTOUCHED, again=True)

    async def run_it() -> Outcome:
        async with stage.run() as run:
            if why == "interrupted":
                stage.stop.request(why)
            else:
                run.lane.halted = why
            (outcome,) = await settle([attempt], run)
            return outcome

    assert asyncio.run(run_it()).result is Result.REJECTED
    assert stage.writes == []


def test_tries_end_and_the_last_one_is_told() -> None:
    stage = LineStage({"a": {"text": "old"}}, [refuse(429)] * 9, patience=QUICK)
    outcome = settle_one(stage, tried(stage, "a", Word.UNTOUCHED, again=True))
    assert (outcome.result, outcome.status) == (Result.REJECTED, 429)
    assert outcome.message == "HTTP 429: no (try 4); read back, nothing changed"
    assert len(stage.writes) == 3


def test_what_somebody_moved_between_two_tries_is_not_overwritten() -> None:
    stage = LineStage({"a": {"text": "old"}}, patience=QUICK, fresh_seconds=0.1)
    attempt = tried(stage, "a", Word.UNTOUCHED, again=True)

    def edit(reads: int) -> None:
        if reads == 2:
            stage.lines["a"]["text"] = "theirs"

    stage.on_read = edit
    outcome = settle_one(stage, attempt)
    assert (outcome.result, outcome.message) == (
        Result.STALE,
        "it said so; nothing was done, and /text moved since it was planned",
    )
    assert stage.writes == []


def test_what_somebody_did_a_part_of_between_two_tries_is_finished() -> None:
    stage = LineStage({"a": {"text": "old", "flag": False}}, patience=QUICK)
    attempt = tried(stage, "a", Word.UNTOUCHED, TEXT, Change(("flag",), False, True), again=True)
    stage.lines["a"]["text"] = "new"
    outcome = settle_one(stage, attempt)
    assert (outcome.result, stage.lines["a"]) == (Result.VERIFIED, {"text": "new", "flag": True})
    assert len(stage.writes) == 1


def test_what_cannot_be_read_back_is_tried_again_and_accepted() -> None:
    stage = LineStage({"a": {"text": "old"}}, patience=QUICK)
    outcome = settle_one(stage, tried(stage, "a", Word.DOUBT, TEXT, HIDDEN, again=True))
    assert (outcome.result, len(stage.writes)) == (Result.ACCEPTED, 1)


def test_a_try_without_an_answer_that_was_carried_out_is_verified() -> None:
    stage = LineStage({"a": {"text": "old"}}, patience=QUICK)

    def carry_out_and_break_off(body: dict[str, object]) -> httpx.Response:
        stage.lines["a"].update(body)
        return break_off({})

    stage.replies = [carry_out_and_break_off]
    outcome = settle_one(stage, tried(stage, "a", Word.DOUBT, again=True))
    assert outcome.result is Result.VERIFIED
    assert outcome.message == "no answer: the connection broke (try 2), but read back and equal"


def test_the_reading_that_found_it_undone_is_what_the_next_try_goes_by() -> None:
    stage = LineStage({"a": {"text": "old"}}, patience=QUICK, fresh_seconds=2.5)
    attempt = tried(stage, "a", Word.UNTOUCHED, again=True)
    stage.now += 2.4
    assert settle_one(stage, attempt).result is Result.VERIFIED
    assert [method for method, _, _ in stage.asked] == ["GET", "PATCH", "GET"]
