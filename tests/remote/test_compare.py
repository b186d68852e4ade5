"""Compare and set: what a fresh reading says about sending an update."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.diagnostic import Location
from reconciler.model.live import Absent, Present, Unknown
from reconciler.model.outcome import Result
from reconciler.model.paths import MISSING, Json
from reconciler.model.plan import Change, Request, Update
from reconciler.model.resource_type import Identity
from reconciler.model.spoiled import Spoiled
from reconciler.remote.writing.compare import Verdict, describe_moves, is_comparable, judge, quote
from tests.engine.worlds import LINE

IDENTITY = Identity((("id", "1"),))


def update_of(*changes: Change) -> Update:
    body = {change.path[0]: change.after for change in changes}
    request = Request("PATCH", "https://api.acme.example/lines/1", body)
    return Update("lines.one", "acme", "acme", "lines", IDENTITY, changes, request, Location("lines.yaml"))


TEXT = Change(("text",), "old", "new")
HIDDEN_ONE = Change(("hidden",), MISSING, "new")


def live(**value: Json) -> Present:
    return Present(IDENTITY, value)


def test_what_is_as_it_was_planned_from_may_be_sent() -> None:
    reading = live(text="old")
    assert judge(LINE, update_of(TEXT), reading) is reading
    assert judge(LINE, update_of(TEXT, Change(("flag",), False, True)), live(text="new", flag=False)) == live(
        text="new", flag=False
    )


def test_what_cannot_be_read_back_is_sent_even_where_the_rest_is_so() -> None:
    reading = live(text="new")
    assert judge(LINE, update_of(TEXT, HIDDEN_ONE), reading) is reading


@pytest.mark.parametrize(
    ("reading", "result", "message"),
    [
        (Unknown("503"), Result.REFUSED, "nothing was sent: it could not be read right before the write: 503"),
        (Absent("404"), Result.STALE, "nothing was sent: the object is gone: 404"),
        (live(text="new"), Result.VERIFIED, "already so, nothing was sent"),
    ],
)
def test_why_nothing_is_sent(reading: Present | Absent | Unknown, result: Result, message: str) -> None:
    assert judge(LINE, update_of(TEXT), reading) == Verdict(result, message)


def test_a_field_that_moved_is_named_with_both_values() -> None:
    found = judge(LINE, update_of(TEXT, Change(("flag",), False, True)), live(text="newer", flag=False))
    message = 'nothing was sent: /text was "old" when planned and is "newer" now'
    assert found == Verdict(Result.STALE, message, (("text",),))


def test_an_object_that_was_deleted_is_not_written() -> None:
    buried = replace(LINE, tombstone="fixed")
    found = judge(buried, update_of(TEXT), live(text="old", fixed="2026-01-01"))
    assert found == Verdict(Result.STALE, "nothing was sent: the object was deleted (fixed is set)")
    assert isinstance(judge(buried, update_of(TEXT), live(text="old", fixed=None)), Present)


def test_a_touched_field_that_the_answer_does_not_truly_tell_refuses() -> None:
    spoiled = live(text=Spoiled("…", why="holds a key of ours"), flag=True)
    found = judge(LINE, update_of(TEXT), spoiled)
    assert isinstance(found, Verdict)
    assert (found.result, found.wrong_fields) == (Result.REFUSED, ())
    assert "what was answered as text holds a key of ours" in found.message
    assert judge(LINE, update_of(Change(("flag",), True, False)), spoiled) is spoiled


def test_an_edit_can_be_noticed_where_one_touched_field_can_be_read() -> None:
    assert is_comparable(LINE, update_of(HIDDEN_ONE, TEXT))
    assert not is_comparable(LINE, update_of(HIDDEN_ONE))


def test_moves_are_told_field_by_field_and_secrets_are_not() -> None:
    update = update_of(TEXT, replace(TEXT, path=("fixed",), secret=True))
    moved = (("text",), ("fixed",), ("merged", "a"))
    told = describe_moves(LINE, update, moved=moved, live={"text": None, "fixed": "loud"})
    assert told == (
        '/text was "old" when planned and is null now; '
        "/fixed was (secret) when planned and is (secret) now; "
        "the rest of /merged/a, which travels with it, moved since it was planned"
    )


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (MISSING, "(none)"),
        ("größer", '"größer"'),
        ("x" * 58, '"' + "x" * 58 + '"'),
        ("x" * 59, '"' + "x" * 58 + "…"),
    ],
)
def test_a_value_is_quoted_short(value: Json, told: str) -> None:
    assert quote(value) == told
    assert quote(value, secret=True) == "(secret)"
