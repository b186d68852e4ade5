"""Sending one group: the last look, the intent before the request, and what an answer teaches about the account."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import httpx
import pytest

from reconciler.model.outcome import Result
from reconciler.model.plan import Change, Request
from reconciler.remote.wire.guards import ForbiddenRequestError
from reconciler.remote.writing.compare import Verdict
from reconciler.remote.writing.reply import Reply, Word
from reconciler.remote.writing.run import SILENT_LIMIT, Lane, Run
from reconciler.remote.writing.send import Attempt, Ready, Withheld, send_apart, send_group
from tests.remote.line_stage import HIDDEN, KIND, LineStage, break_off, refuse, update_of

FIXED = Change(("fixed",), "a", "b")


def make_ready(stage: LineStage, name: str, *changes: Change, **settings: Any) -> Ready:
    seen = stage.ready(name)
    return Ready(update_of(name, *changes), seen, seen, **settings)


def send(
    stage: LineStage, *group: Ready, lane: Lane | None = None, how: Callable[..., Any] = send_group
) -> tuple[tuple[Attempt | Withheld, ...], Lane]:
    async def run_it() -> tuple[tuple[Attempt | Withheld, ...], Lane]:
        async with stage.run() as fresh:
            run = replace(fresh, lane=lane or fresh.lane)
            return await how(group, run), run.lane

    return asyncio.run(run_it())


def send_one(stage: LineStage, *changes: Change, lane: Lane | None = None, **settings: Any) -> Attempt | Withheld:
    ((part,), _) = send(stage, make_ready(stage, "a", *changes, **settings), lane=lane)
    return part


def attempted(part: Attempt | Withheld) -> Attempt:
    assert isinstance(part, Attempt), part
    return part


def withheld(part: Attempt | Withheld) -> Withheld:
    assert isinstance(part, Withheld), part
    return part


def test_an_update_is_intended_sent_and_counted() -> None:
    stage = LineStage({"a": {"text": "old"}}, seconds_to_write=1.5)
    ready = make_ready(stage, "a")
    ((part,), lane) = send(stage, ready)
    assert part == Attempt(replace(ready, tries=1, started=100.0), Reply(Word.YES, "", 200))
    assert stage.diary.intents == [(("lines.a",), ready.update.request)]
    assert stage.windows == [("lines.a", 1.5)]
    assert stage.asked == [("PATCH", "/lines/a", {"text": "new"})]
    assert (lane.intended, lane.silent, lane.halted, lane.resume_at) == ({"lines.a"}, 0, "", 0.0)


def test_a_second_try_counts_on_and_keeps_its_start_and_its_first_reading() -> None:
    stage = LineStage({"a": {"text": "old"}})
    before = replace(stage.ready("a"), value={"text": "old", "amount": 1})
    ((part,), _) = send(stage, replace(make_ready(stage, "a", tries=2, started=7.0), before=before))
    ready = attempted(part).ready
    assert (ready.tries, ready.started, ready.before) == (3, 7.0, before)


def test_the_first_try_takes_the_last_look_as_what_was_there_before() -> None:
    stage = LineStage({"a": {"text": "old", "amount": 1}})
    ready = make_ready(stage, "a")
    stage.now += 5.0
    stage.lines["a"]["amount"] = 2
    ((part,), _) = send(stage, ready)
    assert attempted(part).ready.before.value["amount"] == 2
    assert attempted(part).ready.seen.value["amount"] == 2


@pytest.mark.parametrize(("age", "reads"), [(4.9, 0), (5.0, 1)])
def test_a_reading_that_grew_old_is_made_again(age: float, reads: int) -> None:
    stage = LineStage({"a": {"text": "old"}})
    ready = make_ready(stage, "a")
    stage.now += age
    send(stage, ready)
    assert len(stage.reads) == reads


def test_only_the_old_readings_of_a_group_are_made_again() -> None:
    stage = LineStage({name: {"text": "old"} for name in "ab"})
    old = make_ready(stage, "a")
    stage.now += 9.0
    send(stage, old, make_ready(stage, "b"))
    assert stage.reads == ["/lines/a"]


def test_a_type_that_can_only_be_listed_is_not_read_again() -> None:
    stage = LineStage({"a": {"text": "old"}}, kind=replace(KIND, get=None))
    ready = make_ready(stage, "a")
    stage.now += 60.0
    ((part,), _) = send(stage, ready)
    assert stage.reads == []
    assert attempted(part).ready.notes == ("its fields were last read 60.0 s before the answer",)


def test_what_moved_is_withheld_and_the_rest_of_its_group_sent() -> None:
    stage = LineStage({name: {"text": "old"} for name in "abc"})
    group = [make_ready(stage, name) for name in "abc"]
    stage.now += 9.0
    stage.lines["b"]["text"] = "theirs"
    parts, _ = send(stage, *group)
    assert withheld(parts[0]).update.address == "lines.b"
    assert withheld(parts[0]).why == Verdict(
        Result.STALE, 'nothing was sent: /text was "old" when planned and is "theirs" now', (("text",),)
    )
    assert [attempted(part).ready.update.address for part in parts[1:]] == ["lines.a", "lines.c"]
    assert [entry["id"] for entry in stage.writes[0][1]["updates"]] == ["a", "c"]


@pytest.mark.parametrize("why", ["interrupted", "halted"])
def test_nothing_is_sent_where_the_run_or_the_account_came_to_its_end(why: str) -> None:
    stage = LineStage({"a": {"text": "old"}})
    lane = Lane(halted=why if why == "halted" else "")
    if why == "interrupted":
        stage.stop.request(why)
    part = withheld(send_one(stage, lane=lane))
    assert (part.update.address, part.why) == ("lines.a", why)
    assert stage.asked == []


class Meanwhile:
    """A journal during whose flush something comes up; several intents may be on their way to the disk."""

    def __init__(self, happen: Callable[[], None]) -> None:
        self.happen = happen

    async def intend(self, _updates: object, _request: object) -> None:
        self.happen()

    def conclude(self, _outcome: object) -> None:
        raise AssertionError("steps of a write conclude nothing")


def send_meanwhile(
    stage: LineStage, happen: Callable[[Run], None], *group: Ready
) -> tuple[tuple[Attempt | Withheld, ...], set[str]]:
    """Return what became of a group, and of which updates a request may have been sent."""

    async def run_it() -> tuple[tuple[Attempt | Withheld, ...], set[str]]:
        async with stage.run() as fresh:
            run = replace(fresh, journal=Meanwhile(lambda: happen(run)))
            return await send_group(group, run), run.lane.intended

    return asyncio.run(run_it())


@pytest.mark.parametrize("names", ["a", "ab"])
@pytest.mark.parametrize("why", ["interrupted", "halted"])
def test_an_end_that_comes_while_the_intent_goes_to_the_disk_keeps_the_request_back(names: str, why: str) -> None:
    stage = LineStage({name: {"text": "old"} for name in names})

    def end(run: Run) -> None:
        if why == "halted":
            run.lane.halted = why
        else:
            run.stop.request(why)

    parts, intended = send_meanwhile(stage, end, *(make_ready(stage, name) for name in names))
    assert [withheld(part).why for part in parts] == [why] * len(names)
    assert (stage.asked, intended) == ([], set())


@pytest.mark.parametrize("names", ["a", "ab"])
def test_a_wish_for_rest_that_comes_while_the_intent_goes_to_the_disk_counts_as_turned_away(names: str) -> None:
    stage = LineStage({name: {"text": "old"} for name in names})
    group = [make_ready(stage, name) for name in names]
    turned_away = Reply(Word.UNTOUCHED, "the vendor asked to wait before it was sent", again=True)
    parts, intended = send_meanwhile(stage, lambda run: setattr(run.lane, "resume_at", 130.0), *group)
    assert [attempted(part) for part in parts] == [
        Attempt(replace(ready, tries=1, started=100.0), turned_away) for ready in group
    ]
    assert stage.asked == []
    assert intended == {f"lines.{name}" for name in names}


def test_a_second_try_that_is_kept_back_leaves_the_first_one_sent() -> None:
    stage = LineStage({"a": {"text": "old"}})
    ready = make_ready(stage, "a", tries=1, last=Reply(Word.DOUBT, "cut", again=True))
    ((part,), intended) = send_meanwhile(stage, lambda run: run.stop.request("interrupted"), ready)
    assert (attempted(part).reply, attempted(part).ready.tries) == (Reply(Word.DOUBT, "cut", again=False), 1)
    assert (stage.asked, intended) == ([], {"lines.a"})


def test_what_was_tried_before_keeps_its_earlier_reply_and_is_not_tried_again() -> None:
    stage = LineStage({"a": {"text": "old"}})
    last = Reply(Word.DOUBT, "cut", 500, again=True)
    part = attempted(send_one(stage, lane=Lane(halted="halted"), tries=1, last=last))
    assert (part.reply, part.ready.tries) == (replace(last, again=False), 1)
    ready = make_ready(stage, "a", tries=1, last=last)
    stage.now += 9.0
    stage.lines["a"]["text"] = "theirs"
    ((moved,), _) = send(stage, ready)
    assert attempted(moved).reply == replace(last, again=False)
    assert stage.writes == []


def test_a_vendor_that_asked_for_rest_gets_it_before_the_last_look() -> None:
    stage = LineStage({"a": {"text": "old"}})
    ready = make_ready(stage, "a")
    send(stage, ready, lane=Lane(resume_at=108.0))
    assert stage.waits == [8.0]
    assert [method for method, _, _ in stage.asked] == ["GET", "PATCH"]
    send(stage, ready, lane=Lane(resume_at=stage.now))
    assert stage.waits == [8.0]


def test_a_reading_serves_a_wave_while_it_will_be_fresh_to_its_end() -> None:
    stage = LineStage({}, fresh_seconds=5.0)

    async def ask() -> list[bool]:
        async with stage.run() as run:
            return [run.will_last(stage.now - age) for age in (0.0, 2.9, 3.0, 4.0)]

    assert asyncio.run(ask()) == [True, True, False, False]


def test_one_request_carries_a_group_and_each_entry_has_its_own_reply() -> None:
    stage = LineStage({name: {"text": "old"} for name in "ab"})
    answer = {"results": [{"id": "b", "success": True}, {"id": "a", "success": False, "error": "no"}]}
    stage.replies = [lambda _: httpx.Response(200, json=answer)]
    parts, lane = send(stage, make_ready(stage, "a"), make_ready(stage, "b"))
    assert [attempted(part).reply.word for part in parts] == [Word.NO, Word.YES]
    assert [attempted(part).ready.tries for part in parts] == [1, 1]
    assert [attempted(part).ready.notes for part in parts] == [(), ()]
    assert stage.writes == [("/lines/batch", {"updates": [{"id": name, "text": "new"} for name in "ab"]})]
    assert [addresses for addresses, _ in stage.diary.intents] == [("lines.a", "lines.b")]
    assert lane.intended == {"lines.a", "lines.b"}
    assert [address for address, _ in stage.windows] == ["lines.a", "lines.b"]


def test_a_batch_answer_that_names_others_is_noted() -> None:
    stage = LineStage({name: {"text": "old"} for name in "ab"})
    rows = [{"id": name, "success": True} for name in "abyz"]
    stage.replies = [lambda _: httpx.Response(200, json={"results": rows})]
    parts, _ = send(stage, make_ready(stage, "a"), make_ready(stage, "b"))
    note = "the batch answer also named what was not sent: y, z"
    assert [attempted(part).ready.notes for part in parts] == [(note,), (note,)]


def test_a_batch_that_is_refused_as_a_whole_is_sent_one_by_one() -> None:
    stage = LineStage({name: {"text": "old"} for name in "ab"}, [refuse(400)])
    parts, _ = send(stage, make_ready(stage, "a"), make_ready(stage, "b"))
    assert [path for path, _ in stage.writes] == ["/lines/batch", "/lines/a", "/lines/b"]
    assert [attempted(part).reply.word for part in parts] == [Word.YES, Word.YES]
    assert {attempted(part).ready.notes for part in parts} == {
        ("the batch was refused as a whole, so it was sent alone",)
    }


@pytest.mark.parametrize("reply", [refuse(401), refuse(403), refuse(429), refuse(500), break_off])
def test_a_batch_without_a_plain_no_is_not_taken_apart(reply: Callable[[Any], httpx.Response]) -> None:
    stage = LineStage({name: {"text": "old"} for name in "ab"}, [reply])
    parts, _ = send(stage, make_ready(stage, "a"), make_ready(stage, "b"))
    assert [path for path, _ in stage.writes] == ["/lines/batch"]
    assert len(parts) == 2


def test_entries_that_are_all_refused_are_not_sent_again() -> None:
    stage = LineStage({name: {"text": "old"} for name in "ab"})
    rows = [{"id": name, "success": False} for name in "ab"]
    stage.replies = [lambda _: httpx.Response(200, json={"results": rows})]
    send(stage, make_ready(stage, "a"), make_ready(stage, "b"))
    assert len(stage.writes) == 1


def test_what_was_withheld_from_a_refused_batch_is_told_with_the_rest() -> None:
    stage = LineStage({name: {"text": "old"} for name in "abc"}, [refuse(400)])
    group = [make_ready(stage, name) for name in "abc"]
    stage.now += 9.0
    stage.lines["b"]["text"] = "theirs"
    parts, _ = send(stage, *group)
    assert [type(part) for part in parts] == [Withheld, Attempt, Attempt]
    assert [path for path, _ in stage.writes] == ["/lines/batch", "/lines/a", "/lines/c"]


def test_a_group_of_a_type_without_a_batch_is_our_bug() -> None:
    stage = LineStage({name: {"text": "old"} for name in "ab"}, kind=replace(KIND, batch=None))
    with pytest.raises(ValueError, match=r"^acme/lines has no batch endpoint$"):
        send(stage, make_ready(stage, "a"), make_ready(stage, "b"))


@pytest.mark.parametrize("size", [1, 2])
def test_nothing_is_sent_without_an_intent_and_the_account_rests(size: int) -> None:
    stage = LineStage({name: {"text": "old"} for name in "ab"})
    stage.diary.trouble = OSError(28, "No space left on device")
    parts, lane = send(stage, *(make_ready(stage, name) for name in "ab"[:size]))
    words = "the journal cannot be written: No space left on device"
    assert [withheld(part).why for part in parts] == [words] * size
    assert (stage.writes, lane.halted, lane.intended) == ([], words, set())


def test_trouble_with_the_journal_that_has_no_number_is_told_in_its_words() -> None:
    stage = LineStage({"a": {"text": "old"}})
    stage.diary.trouble = OSError("it is gone")
    ((part,), lane) = send(stage, make_ready(stage, "a"), lane=Lane())
    assert withheld(part).why == lane.halted == "the journal cannot be written: it is gone"


def filled(stage: LineStage, *replies: Callable[[Any], httpx.Response], lane: Lane | None = None) -> Any:
    stage.replies = list(replies)
    ((part,), lane) = send(stage, make_ready(stage, "a", notes=("first",)), lane=lane)
    return part, lane


NOTE = "the vendor refuses the plan's body alone: fixed went along with their live values"


def test_required_fields_go_along_once_the_vendor_refused_the_body_alone() -> None:
    stage = LineStage({"a": {"text": "old", "fixed": "x"}}, seconds_to_write=1.0)
    stage.on_read = lambda _: stage.lines["a"].update(fixed="y")
    part, lane = filled(stage, refuse(400))
    assert [body for _, body in stage.writes] == [{"text": "new"}, {"fixed": "y", "text": "new"}]
    assert (part.reply.word, part.ready.notes, part.ready.tries) == (Word.YES, ("first", NOTE), 1)
    assert part.ready.seen.value["fixed"] == "y"
    assert lane.filled == {"acme/lines"}
    assert [len(addresses) for addresses, _ in stage.diary.intents] == [1, 1]


def test_they_go_along_at_once_where_the_vendor_is_known_to_want_them() -> None:
    stage = LineStage({"a": {"text": "old", "fixed": "x"}})
    part, _ = filled(stage, lane=Lane(filled={"acme/lines"}))
    assert [body for _, body in stage.writes] == [{"fixed": "x", "text": "new"}]
    assert (part.ready.notes, stage.reads) == (("first", NOTE), [])


@pytest.mark.parametrize("reply", [refuse(404), refuse(500), refuse(429), break_off, lambda _: httpx.Response(400)])
def test_no_other_answer_fills_them_in(reply: Callable[[Any], httpx.Response]) -> None:
    stage = LineStage({"a": {"text": "old", "fixed": "x"}})
    part, lane = filled(stage, reply)
    assert (len(stage.writes), part.ready.notes, lane.filled) == (1, ("first",), set())


def test_nothing_is_filled_in_where_all_required_fields_are_in_the_body() -> None:
    stage = LineStage({"a": {"fixed": "a"}}, [refuse(400)])
    assert attempted(send_one(stage, FIXED)).reply.word is Word.NO
    assert len(stage.writes) == 1
    stage = LineStage({"a": {"fixed": "a"}})
    assert attempted(send_one(stage, FIXED, lane=Lane(filled={"acme/lines"}))).ready.notes == ()


def test_what_is_refused_with_them_too_shows_the_first_refusal() -> None:
    stage = LineStage({"a": {"text": "old", "fixed": "x"}})
    part, lane = filled(stage, refuse(400, "no such text"), refuse(400, "never"))
    assert part.reply.message == "HTTP 400: no such text"
    assert part.ready.notes == ("first", "refused too with fixed filled in: HTTP 400: never")
    assert lane.filled == set()


def test_an_unclear_answer_to_the_second_body_is_the_one_that_counts() -> None:
    stage = LineStage({"a": {"text": "old", "fixed": "x"}})
    part, _ = filled(stage, refuse(400), refuse(500, "oops"))
    assert (part.reply.word, part.reply.status, part.ready.notes) == (Word.DOUBT, 500, ("first", NOTE))


def test_what_moved_before_the_second_body_keeps_the_first_refusal() -> None:
    stage = LineStage({"a": {"text": "old", "fixed": "x"}})
    stage.on_read = lambda _: stage.lines["a"].update(text="theirs")
    part, _ = filled(stage, refuse(400))
    assert (part.reply.status, len(stage.writes), part.ready.notes) == (400, 1, ("first",))


def test_an_end_before_the_second_body_keeps_the_first_refusal() -> None:
    stage = LineStage({"a": {"fixed": "f", "text": "old"}}, replies=[refuse(400)])
    ready = make_ready(stage, "a", tries=1, last=Reply(Word.DOUBT, "cut", again=True))

    def end(run: Run) -> None:
        if stage.writes:
            run.stop.request("interrupted")

    ((part,), intended) = send_meanwhile(stage, end, ready)
    assert (attempted(part).reply.status, attempted(part).ready.tries) == (400, 2)
    assert (len(stage.writes), intended) == (1, {"lines.a"})


def test_a_journal_that_breaks_before_the_second_body_keeps_the_first_refusal() -> None:
    stage = LineStage({"a": {"text": "old", "fixed": "x"}})

    def fill_the_disk(_: int) -> None:
        stage.diary.trouble = OSError(28, "No space left on device")

    stage.on_read = fill_the_disk
    part, lane = filled(stage, refuse(400))
    assert (part.reply.status, part.reply.word, len(stage.writes)) == (400, Word.NO, 1)
    assert "No space left" in lane.halted


@pytest.mark.parametrize(
    ("seconds", "told"), [(5.0, ()), (5.5, ("its fields were last read 5.5 s before the answer",))]
)
def test_the_window_is_named_where_it_is_longer_than_a_reading_is_fresh(seconds: float, told: tuple[str, ...]) -> None:
    stage = LineStage({"a": {"text": "old"}}, seconds_to_write=seconds)
    assert attempted(send_one(stage)).ready.notes == told
    assert stage.windows == [("lines.a", seconds)]


def test_a_note_is_not_told_twice() -> None:
    stage = LineStage({"a": {"text": "old"}}, seconds_to_write=6.0)
    note = "its fields were last read 6.0 s before the answer"
    assert attempted(send_one(stage, notes=(note, "x"))).ready.notes == (note, "x")


def test_no_window_is_claimed_where_nothing_touched_can_be_read() -> None:
    stage = LineStage({"a": {"text": "old"}}, seconds_to_write=6.0)
    assert attempted(send_one(stage, HIDDEN)).ready.notes == ()
    assert stage.windows == []


@pytest.mark.parametrize("status", [401, 403])
def test_an_account_that_refuses_the_key_is_left_alone(status: int) -> None:
    stage = LineStage({"a": {"text": "old"}}, [refuse(status, "bad key")])
    _, lane = send(stage, make_ready(stage, "a"))
    assert lane.halted == f"account shop: the vendor refused a write before: HTTP {status}: bad key"


def test_the_first_reason_for_leaving_an_account_alone_stays() -> None:
    stage = LineStage({name: {"text": "old"} for name in "ab"}, [refuse(401, "bad key"), refuse(403, "other")])
    group = [make_ready(stage, name) for name in "ab"]

    async def run_it(run: Run) -> Sequence[Any]:
        return await asyncio.gather(*(send_group((ready,), run) for ready in group))

    async def both() -> str:
        async with stage.run() as run:
            await run_it(run)
            return run.lane.halted

    assert "HTTP 401" in asyncio.run(both())


def test_silence_in_a_row_ends_an_account_and_an_answer_starts_the_count_anew() -> None:
    stage = LineStage({"a": {"text": "old"}}, [refuse(503, "down"), refuse(400), break_off])
    lane = Lane(silent=SILENT_LIMIT - 2)
    for halted, silent in ((False, SILENT_LIMIT - 1), (False, 0), (False, 1)):
        send(stage, make_ready(stage, "a"), lane=lane)
        assert (bool(lane.halted), lane.silent) == (halted, silent)
    lane = Lane(silent=SILENT_LIMIT - 1)
    stage.replies = [refuse(503, "down")]
    send(stage, make_ready(stage, "a"), lane=lane)
    assert lane.halted == f"account shop: {SILENT_LIMIT} writes in a row failed: HTTP 503: down"


def test_a_vendor_that_asks_for_rest_gets_it_up_to_our_patience() -> None:
    for wish, until in (("7", 107.0), ("90", 160.0)):
        stage = LineStage({"a": {"text": "old"}}, [refuse(429, **{"retry-after": wish})])
        _, lane = send(stage, make_ready(stage, "a"))
        assert lane.resume_at == until
    stage = LineStage({"a": {"text": "old"}}, [refuse(429, **{"retry-after": "7"})])
    lane = Lane(resume_at=500.0)
    stage.now = 499.0
    _, lane = send(stage, make_ready(stage, "a"), lane=lane)
    assert lane.resume_at == 507.0
    stage.replies = [refuse(429, **{"retry-after": "1"})]
    lane = Lane()
    lane.resume_at = stage.now
    stage.seconds_to_write = -50.0
    _, lane = send(stage, make_ready(stage, "a"), lane=lane)
    assert lane.resume_at == stage.now + 50.0, "an earlier wish that lasts longer stays"


def broken(request: Request) -> Request:
    return replace(request, url="https://elsewhere.example/lines/a")


def test_what_raises_before_an_intent_is_withheld_and_after_it_in_doubt() -> None:
    stage = LineStage({"a": {"text": "old"}})
    ready = make_ready(stage, "a")
    ready = replace(ready, update=replace(ready.update, request=broken(ready.update.request)))
    with pytest.raises(ForbiddenRequestError):
        send(stage, ready)
    ((part,), lane) = send(stage, ready, how=send_apart)
    assert lane.halted.startswith("reconciler itself failed: ForbiddenRequestError")
    assert attempted(part).reply == Reply(Word.DOUBT, lane.halted)
    assert (attempted(part).ready.tries, attempted(part).ready.started) == (1, 100.0)
    again = replace(ready, tries=2, started=7.0)
    ((part,), _) = send(stage, again, how=send_apart)
    assert (attempted(part).ready.tries, attempted(part).ready.started) == (3, 7.0)


def test_a_bug_before_the_intent_leaves_the_group_unsent() -> None:
    stage = LineStage({name: {"text": "old"} for name in "ab"}, kind=replace(KIND, batch=None))
    parts, lane = send(stage, make_ready(stage, "a"), make_ready(stage, "b"), how=send_apart)
    assert "ValueError" in lane.halted
    assert [withheld(part).why for part in parts] == [lane.halted] * 2


def test_a_bug_does_not_hide_why_the_account_came_to_its_end() -> None:
    stage = LineStage({name: {"text": "old"} for name in "ab"}, kind=replace(KIND, batch=None))
    group = [make_ready(stage, name) for name in "ab"]
    stage.now += 9.0
    lane = Lane()

    def halt(_: int) -> None:
        lane.halted = "first"

    stage.on_read = halt
    parts, _ = send(stage, *group, lane=lane, how=send_apart)
    assert lane.halted == "first"
    assert all("ValueError" in str(withheld(part).why) for part in parts)
