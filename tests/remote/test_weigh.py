"""What a reply and the reading after it come to: repeat, read on, or one of the ends of an update."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from reconciler.model.diagnostic import Location
from reconciler.model.live import Absent, Present, Reading, Unknown
from reconciler.model.outcome import Collateral, Mismatch, Outcome, Result
from reconciler.model.paths import MISSING, Json
from reconciler.model.plan import Change, Request, Update
from reconciler.model.resource_type import Identity
from reconciler.model.spoiled import Spoiled
from reconciler.remote.wire.client import Patience
from reconciler.remote.writing.reply import Reply, Word
from reconciler.remote.writing.send import Attempt, Ready
from reconciler.remote.writing.weigh import (
    Finding,
    conclude,
    examine,
    is_expected,
    list_places,
    may_repeat,
    may_still_land,
)
from reconciler.vendors import load_catalog
from tests.engine.worlds import LINE

IDENTITY = Identity((("id", "1"),))
TEXT = Change(("text",), "old", "new")
FLAG = Change(("flag",), False, True)
HIDDEN_ONE = Change(("hidden",), MISSING, "new")
PATIENCE = Patience(attempts=5, longest_wait_seconds=60.0)

OLD, NEW, OTHER, GONE, DARK = {"text": "old"}, {"text": "new"}, {"text": "other"}, Absent("404"), Unknown("503")


def tried(
    word: Word,
    *changes: Change,
    tries: int = 1,
    before: dict[str, Json] | None = None,
    notes: tuple[str, ...] = (),
    again: bool = False,
    wait: float = 0.0,
    status: int = 0,
) -> Attempt:
    changes = changes or (TEXT,)
    body = {change.path[0]: change.after for change in changes}
    request = Request("PATCH", "https://api.acme.example/lines/1", body)
    update = Update("lines.one", "acme", "acme", "lines", IDENTITY, changes, request, Location("lines.yaml"))
    seen = Present(IDENTITY, OLD if before is None else before)
    reply = Reply(word, "it said so", status, "r-1", again=again, wait_seconds=wait)
    return Attempt(Ready(update, seen, seen, tries=tries, started=10.0, notes=notes), reply)


def look(attempt: Attempt, live: dict[str, Json] | Absent | Unknown) -> Finding:
    return examine(LINE, attempt, [Present(IDENTITY, live) if isinstance(live, dict) else live])


@pytest.mark.parametrize(
    ("word", "changes", "live", "result", "message"),
    [
        (Word.YES, [TEXT], NEW, Result.VERIFIED, ""),
        (Word.YES, [HIDDEN_ONE], OLD, Result.ACCEPTED, ""),
        (Word.YES, [TEXT, HIDDEN_ONE], NEW, Result.ACCEPTED, ""),
        (Word.YES, [TEXT], OLD, Result.MISMATCH, "the vendor said yes, but /text is not as planned"),
        (Word.YES, [TEXT], GONE, Result.MISMATCH, "the vendor said yes, but the object is gone: 404"),
        (Word.YES, [HIDDEN_ONE], GONE, Result.MISMATCH, "the vendor said yes, but the object is gone: 404"),
        (Word.YES, [TEXT], DARK, Result.IN_DOUBT, "the vendor said yes, but it could not be read back: 503"),
        (Word.YES, [HIDDEN_ONE], DARK, Result.ACCEPTED, "what can be read could not be: 503"),
        (Word.NO, [TEXT], OLD, Result.REJECTED, "it said so; read back, nothing changed"),
        (Word.NO, [TEXT], NEW, Result.VERIFIED, "it said so, but read back and equal"),
        (Word.NO, [TEXT], OTHER, Result.MISMATCH, "it said so; read back, /text is not as planned"),
        (
            Word.NO,
            [HIDDEN_ONE],
            OLD,
            Result.REJECTED,
            "it said so; that is the vendor's word: the API cannot be read back",
        ),
        (Word.NO, [TEXT], GONE, Result.REJECTED, "it said so; the object is gone: 404"),
        (Word.NO, [TEXT], DARK, Result.IN_DOUBT, "it said so; it could not be read back: 503"),
        (Word.UNTOUCHED, [TEXT], OLD, Result.REJECTED, "it said so; read back, nothing changed"),
        (Word.UNTOUCHED, [TEXT], NEW, Result.VERIFIED, "it said so; read back and equal all the same"),
        (
            Word.UNTOUCHED,
            [TEXT],
            OTHER,
            Result.STALE,
            "it said so; nothing was done, and /text moved since it was planned",
        ),
        (Word.UNTOUCHED, [HIDDEN_ONE], OLD, Result.REJECTED, "it said so; read back, nothing changed"),
        (Word.UNTOUCHED, [TEXT], GONE, Result.REJECTED, "it said so; nothing was done"),
        (Word.UNTOUCHED, [TEXT], DARK, Result.REJECTED, "it said so; nothing was done"),
        (Word.DOUBT, [TEXT], NEW, Result.VERIFIED, "it said so, but read back and equal"),
        (
            Word.DOUBT,
            [TEXT],
            OLD,
            Result.IN_DOUBT,
            "it said so; read back unchanged so far, last 2.5 s after it was sent; it may still take effect",
        ),
        (Word.DOUBT, [TEXT], OTHER, Result.MISMATCH, "it said so; read back, /text is not as planned"),
        (
            Word.DOUBT,
            [HIDDEN_ONE],
            OLD,
            Result.IN_DOUBT,
            "it said so; the API cannot be read back, so nobody can tell",
        ),
        (Word.DOUBT, [TEXT], GONE, Result.IN_DOUBT, "it said so; it could not be read back: the object is gone: 404"),
        (Word.DOUBT, [TEXT], DARK, Result.IN_DOUBT, "it said so; it could not be read back: 503"),
    ],
)
def test_reply_and_reading_come_to_one_end(
    word: Word, changes: list[Change], live: dict[str, Json] | Absent | Unknown, result: Result, message: str
) -> None:
    attempt = tried(word, *changes, status=207)
    wrong = (("text",),) if live in (OLD, OTHER) and result in {Result.MISMATCH, Result.STALE} else ()
    mismatches = (
        tuple(Mismatch(path, "new", live["text"]) for path in wrong)
        if isinstance(live, dict) and result is Result.MISMATCH
        else ()
    )
    assert conclude(LINE, attempt, look(attempt, live), now=12.5) == Outcome(
        attempt.ready.update, result, message, 207, "r-1", 2.5, wrong, (), mismatches
    )


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_a_no_whatever_can_be_read(status: int) -> None:
    attempt = tried(Word.NO, status=status)
    outcome = conclude(LINE, attempt, look(attempt, DARK), now=12.5)
    assert (outcome.result, outcome.message) == (Result.REJECTED, "it said so; 503")


def test_the_number_of_tries_and_the_notes_are_told() -> None:
    attempt = tried(Word.NO, tries=2, notes=("sent alone", "late"))
    assert conclude(LINE, attempt, look(attempt, OLD), now=12.5).message == (
        "it said so (try 2); read back, nothing changed; sent alone; late"
    )
    attempt = tried(Word.UNTOUCHED, tries=3)
    assert conclude(LINE, attempt, look(attempt, OLD), now=12.5).message.startswith("it said so (try 3); ")
    attempt = tried(Word.YES, notes=("sent alone",))
    assert conclude(LINE, attempt, look(attempt, NEW), now=12.5).message == "sent alone"


def test_several_wrong_fields_are_all_named() -> None:
    attempt = tried(Word.YES, TEXT, FLAG, before={"text": "old", "flag": False})
    outcome = conclude(LINE, attempt, look(attempt, {"text": "old", "flag": False}), now=12.5)
    assert outcome.message == "the vendor said yes, but /text, /flag is not as planned"
    assert outcome.wrong_fields == (("text",), ("flag",))


BLAME = "/fixed, /flag changed too, which was not sent (a side effect of the write, or an edit at the same moment)"


@pytest.mark.parametrize(
    ("word", "live", "result", "message"),
    [
        (Word.YES, NEW, Result.MISMATCH, BLAME),
        (Word.YES, OLD, Result.MISMATCH, "the vendor said yes, but /text is not as planned"),
        (Word.DOUBT, NEW, Result.MISMATCH, f"it said so; {BLAME}"),
        (Word.NO, OLD, Result.MISMATCH, f"it said so; {BLAME}"),
        (Word.UNTOUCHED, OLD, Result.REJECTED, "it said so; read back, nothing changed"),
    ],
)
def test_what_changed_with_it_is_told_where_the_write_may_have_done_it(
    word: Word, live: dict[str, Json], result: Result, message: str
) -> None:
    attempt = tried(word, before={"text": "old", "fixed": "a", "flag": True})
    outcome = conclude(LINE, attempt, look(attempt, {**live, "fixed": "b", "flag": False, "amount": 1}), now=12.5)
    assert (outcome.result, outcome.message) == (result, message)
    damage = (Collateral(("fixed",), "a", "b"), Collateral(("flag",), True, False))
    assert outcome.collateral == (damage if result is Result.MISMATCH else ())


@pytest.mark.parametrize(
    ("live", "finding"),
    [
        (OLD, Finding(Present(IDENTITY, OLD), (("text",),), undone=True)),
        (NEW, Finding(Present(IDENTITY, NEW))),
        (OTHER, Finding(Present(IDENTITY, OTHER), (("text",),), moved=(("text",),))),
        (GONE, Finding(GONE)),
        (DARK, Finding(DARK)),
    ],
)
def test_what_reading_shows_is_right_undone_or_neither(
    live: dict[str, Json] | Absent | Unknown, finding: Finding
) -> None:
    found = look(tried(Word.DOUBT), live)
    assert found == finding
    assert found.right == (live is NEW)


def test_half_a_write_is_neither_right_nor_undone() -> None:
    attempt = tried(Word.DOUBT, TEXT, FLAG, before={"text": "old", "flag": False})
    found = look(attempt, {"text": "new", "flag": False})
    assert (found.right, found.undone, found.wrong) == (False, False, (("flag",),))


def test_what_was_turned_away_is_still_due_where_somebody_did_a_part_of_it() -> None:
    """Law 7: a field that already has the planned value has not moved."""
    attempt = tried(Word.UNTOUCHED, TEXT, FLAG, before={"text": "old", "flag": False}, again=True)
    found = look(attempt, {"text": "new", "flag": False})
    assert (found.undone, found.moved) == (False, ())
    assert is_expected(attempt, found)
    assert may_repeat(LINE, attempt, found, patience=PATIENCE)
    outcome = conclude(LINE, attempt, found, now=12.5)
    assert (outcome.result, outcome.wrong_fields) == (Result.REJECTED, ())
    assert outcome.message == "it said so; nothing was done, and /flag is not as planned yet"


def test_of_two_fields_the_one_that_moved_is_named() -> None:
    attempt = tried(Word.UNTOUCHED, TEXT, FLAG, before={"text": "old", "flag": False}, again=True)
    found = look(attempt, {"text": "theirs", "flag": False})
    assert not is_expected(attempt, found)
    assert not may_repeat(LINE, attempt, found, patience=PATIENCE)
    outcome = conclude(LINE, attempt, found, now=12.5)
    assert (outcome.result, outcome.wrong_fields) == (Result.STALE, (("text",),))
    assert outcome.message == "it said so; nothing was done, and /text moved since it was planned"


@pytest.mark.parametrize("word", [Word.NO, Word.DOUBT])
def test_a_part_that_is_done_after_a_no_or_in_doubt_may_be_ours_and_is_not_sent_again(word: Word) -> None:
    attempt = tried(word, TEXT, FLAG, before={"text": "old", "flag": False}, again=True)
    found = look(attempt, {"text": "new", "flag": False})
    assert not is_expected(attempt, found)
    assert not may_repeat(LINE, attempt, found, patience=PATIENCE)
    assert conclude(LINE, attempt, found, now=12.5).result is Result.MISMATCH


def test_what_was_half_so_before_is_undone_while_it_is_as_before() -> None:
    attempt = tried(Word.DOUBT, TEXT, FLAG, before={"text": "new", "flag": False})
    assert look(attempt, {"text": "new", "flag": False}).undone
    assert not look(attempt, {"text": "old", "flag": False}).undone


def test_what_was_not_shown_before_is_no_damage() -> None:
    attempt = tried(Word.YES, before={"text": "old"})
    assert look(attempt, {"text": "new", "flag": True}).collateral == ()


def test_a_touched_field_that_the_answer_does_not_truly_tell_cannot_be_read() -> None:
    found = look(tried(Word.YES), {"text": Spoiled("…", why="holds a key of ours")})
    assert isinstance(found.reading, Unknown)
    assert "what was answered as text holds a key of ours" in found.reading.reason


@pytest.mark.parametrize(
    ("readings", "place"),
    [
        ([Present(IDENTITY, NEW), Present(IDENTITY, OLD)], 0),
        ([GONE, Present(IDENTITY, OLD)], 1),
        ([DARK, Present(IDENTITY, OLD)], 1),
        ([GONE, DARK], 1),
        ([DARK, GONE], 0),
        ([GONE, Absent("another 404")], 0),
    ],
)
def test_of_two_places_the_one_that_shows_it_counts_then_the_one_that_is_dark(
    readings: Sequence[Reading], place: int
) -> None:
    assert examine(LINE, tried(Word.DOUBT), readings).reading is readings[place]


def test_a_move_is_looked_for_in_its_new_place_and_then_in_the_old_one() -> None:
    kind = load_catalog().resource_types["polyai", "connectors"]
    here = Identity((("agentId", "P-1"), ("connectorId", "c-1")))
    moving = tried(Word.DOUBT, Change(("projectId",), "P-1", "P-2"))
    moving = replace(moving, ready=replace(moving.ready, update=replace(moving.ready.update, identity=here)))
    assert list_places(kind, moving) == (here.replace("agentId", "P-2"), here)
    assert list_places(LINE, tried(Word.DOUBT)) == (IDENTITY,)


@pytest.mark.parametrize(
    ("word", "live", "expected"),
    [
        (Word.YES, NEW, True),
        (Word.YES, OLD, False),
        (Word.DOUBT, OLD, False),
        (Word.DOUBT, NEW, True),
        (Word.NO, OLD, True),
        (Word.NO, OTHER, False),
        (Word.UNTOUCHED, OLD, True),
        (Word.UNTOUCHED, OTHER, False),
        (Word.NO, GONE, False),
    ],
)
def test_whether_reading_shows_what_the_reply_promises(
    word: Word, live: dict[str, Json] | Absent, expected: bool
) -> None:
    attempt = tried(word)
    assert is_expected(attempt, look(attempt, live)) is expected


@pytest.mark.parametrize(
    ("word", "changes", "live", "may"),
    [
        (Word.DOUBT, [TEXT], OLD, True),
        (Word.DOUBT, [TEXT], NEW, False),
        (Word.DOUBT, [TEXT], OTHER, False),
        (Word.DOUBT, [TEXT], DARK, False),
        (Word.DOUBT, [TEXT, HIDDEN_ONE], OLD, False),
        (Word.NO, [TEXT], OLD, False),
        (Word.UNTOUCHED, [TEXT], OLD, False),
        (Word.YES, [TEXT], OLD, False),
    ],
)
def test_whether_a_write_may_still_land(
    word: Word, changes: list[Change], live: dict[str, Json] | Unknown, may: bool
) -> None:
    attempt = tried(word, *changes)
    assert may_still_land(LINE, attempt, look(attempt, live)) is may


@pytest.mark.parametrize(
    ("changes", "live", "may"),
    [
        ([TEXT], OLD, True),
        ([TEXT], NEW, False),
        ([TEXT], OTHER, False),
        ([TEXT], GONE, False),
        ([TEXT], DARK, False),
        ([HIDDEN_ONE], OLD, True),
        ([HIDDEN_ONE], DARK, False),
        ([TEXT, HIDDEN_ONE], NEW, True),
        ([TEXT, HIDDEN_ONE], OLD, True),
        ([TEXT, HIDDEN_ONE], OTHER, False),
    ],
)
def test_a_patch_goes_out_again_only_over_what_it_was_planned_from(
    changes: list[Change], live: dict[str, Json] | Absent | Unknown, may: bool
) -> None:
    attempt = tried(Word.DOUBT, *changes, again=True)
    assert may_repeat(LINE, attempt, look(attempt, live), patience=PATIENCE) is may


def test_a_reply_that_forbids_another_try_is_obeyed_though_nothing_was_done() -> None:
    for word in Word:
        attempt = tried(word, again=False)
        assert not may_repeat(LINE, attempt, look(attempt, OLD), patience=PATIENCE)


@pytest.mark.parametrize(
    ("word", "attempts", "tries"),
    [(Word.UNTOUCHED, 5, 5), (Word.DOUBT, 5, 3), (Word.DOUBT, 2, 2), (Word.UNTOUCHED, 1, 1)],
)
def test_doubt_ends_sooner_than_being_turned_away(word: Word, attempts: int, tries: int) -> None:
    patience = replace(PATIENCE, attempts=attempts)
    for done in range(1, 7):
        attempt = tried(word, again=True, tries=done)
        assert may_repeat(LINE, attempt, look(attempt, OLD), patience=patience) is (done < tries)


def test_a_wait_beyond_patience_ends_the_tries() -> None:
    for wait, may in ((60.0, True), (60.5, False)):
        attempt = tried(Word.UNTOUCHED, again=True, wait=wait)
        assert may_repeat(LINE, attempt, look(attempt, OLD), patience=PATIENCE) is may


STAMPED = replace(LINE, stamp="fixed")


@pytest.mark.parametrize(
    ("word", "stamp", "may"),
    [
        (Word.DOUBT, "1", True),
        (Word.DOUBT, "2", False),
        (Word.UNTOUCHED, "2", True),
    ],
)
def test_a_doubtful_patch_goes_out_again_only_while_the_vendors_stamp_stands_still(
    word: Word, stamp: str, may: bool
) -> None:
    attempt = tried(word, again=True, before={"text": "old", "fixed": "1"})
    found = examine(STAMPED, attempt, [Present(IDENTITY, {"text": "old", "fixed": stamp})])
    assert (found.undone, found.written) == (True, "" if stamp == "1" else "fixed")
    assert may_repeat(STAMPED, attempt, found, patience=PATIENCE) is may


def test_a_stamp_that_moved_is_told_where_nobody_knows_what_was_done() -> None:
    attempt = tried(Word.DOUBT, before={"text": "old", "fixed": "1"})
    found = examine(STAMPED, attempt, [Present(IDENTITY, {"text": "old", "fixed": "2"})])
    outcome = conclude(STAMPED, attempt, found, now=12.5)
    assert outcome.result is Result.IN_DOUBT
    assert outcome.message == (
        "it said so; read back as it was, but fixed moved: the write may have been taken back, or others were made;"
        " it is not sent again over that"
    )
    assert found.collateral == ()
