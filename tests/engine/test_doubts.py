"""What is said, at the next plan, of a write that was in doubt."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.engine.doubts import DoubtfulChange, settle_doubt
from reconciler.model.live import Absent, Present, Reading, Unknown
from reconciler.model.paths import MISSING
from reconciler.model.resource_type import Identity
from reconciler.model.spoiled import HOLDS_KEY, Spoiled
from reconciler.vendors import load_catalog
from tests.engine.worlds import LINE

LINES = load_catalog().resource_types["galtea", "phone_connections"]
CHANGES = (DoubtfulChange(("voice",), "sarah", "jack"), DoubtfulChange(("name",), "Old", "New"))


def live(**fields: Any) -> Present:
    return Present(Identity((("id", "pc_1"),)), fields)


@pytest.mark.parametrize(
    ("reading", "words"),
    [
        (live(voice="jack", name="New"), "/voice, /name has landed"),
        (live(voice="sarah", name="Old"), "/voice, /name has not landed: it is as it was before"),
        (live(voice="jack", name="Old"), "/voice has landed; /name has not landed: it is as it was before"),
        (
            live(voice="theo", name="New"),
            "/voice is something else now, neither as before nor as sent; /name has landed",
        ),
        (Unknown("GET -> 503"), "it is still in doubt: GET -> 503"),
        (Absent("GET -> 404"), "nobody can tell what it did: the object is gone (GET -> 404)"),
        (
            live(voice=Spoiled("(secret)", why=HOLDS_KEY), name="New"),
            "it is still in doubt: pc_1: what was answered as voice holds a key of ours",
        ),
    ],
)
def test_a_doubt_is_settled_in_words(reading: Reading, words: str) -> None:
    assert settle_doubt(LINES, CHANGES, reading) == words


def test_what_is_not_known_of_a_write_is_not_guessed() -> None:
    secret = DoubtfulChange(("voice",), MISSING, MISSING)
    assert settle_doubt(LINES, [secret], live(voice="jack")) == "/voice cannot be compared, so nobody can tell"
    assert settle_doubt(LINES, [], live()) == "it named no field"


@pytest.mark.parametrize(
    ("held", "words"),
    [
        ({"a": "new", "theirs": 1}, "/merged has landed"),
        ({"a": "old", "theirs": 1}, "/merged has not landed: it is as it was before"),
        ({"a": "other"}, "/merged is something else now, neither as before nor as sent"),
    ],
)
def test_of_an_object_only_what_was_sent_counts(held: dict[str, str], words: str) -> None:
    change = DoubtfulChange(("merged",), {"a": "old"}, {"a": "new"})
    assert settle_doubt(LINE, [change], live(merged=held)) == words
