"""What is taken out of answers, however it is spelled, and what stays."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.secret import HIDDEN, Secret
from reconciler.remote.wire.sieve import Sieve

KEY = "gsk_9f8e7d6c5b4a-3210_ZYXW"
SIEVE = Sieve([Secret(KEY), Secret("short")])
_BLOCKS = st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), max_size=8)


@given(before=_BLOCKS, after=_BLOCKS)
def test_a_key_is_found_in_every_spelling(before: str, after: str) -> None:
    held = before + KEY + after
    for spelled in (
        held,
        held.upper(),
        quote(held, safe=""),
        "".join(f"%{ord(sign):02x}" for sign in held),
        quote(quote(held, safe=""), safe=""),
        b64encode(held.encode()).decode(),
        urlsafe_b64encode(held.encode()).decode().rstrip("="),
        quote(b64encode(held.encode()).decode(), safe=""),
    ):
        assert SIEVE.holds(f"seen: {spelled} (twice)"), spelled
        assert not SIEVE.holds(SIEVE.redact(f"seen: {spelled} (twice)"))


@given(start=st.integers(0, len(KEY)), end=st.integers(0, len(KEY)))
def test_the_longer_part_gives_a_key_away_and_the_shorter_does_not(start: int, end: int) -> None:
    part = KEY[start:end]
    telling = len(part) > len(KEY) / 2
    assert SIEVE.holds(f"key {part}…") is telling
    if telling:
        assert SIEVE.holds(b64encode(f"x{part}y".encode()).decode())
        assert SIEVE.redact(f"key {part}…") == f"key {HIDDEN}…"


def test_a_key_is_cut_out_of_the_words_around_it() -> None:
    assert SIEVE.redact(f"bad key {KEY}, again {KEY}!") == f"bad key {HIDDEN}, again {HIDDEN}!"
    assert SIEVE.redact("too short to tell: but here it is all of it: short") == (
        f"too {HIDDEN} to tell: but here it is all of it: {HIDDEN}"
    )


@pytest.mark.parametrize(
    "text",
    ["", "Hello, this is the clinic. %41%zz 100%", "gsk_9f8e…ZYXW", "bG9uZyBiYXNlNjQgdGV4dCB0aGF0IGlzIG5vIGtleQ=="],
)
def test_other_texts_stay(text: str) -> None:
    assert not SIEVE.holds(text)
    assert SIEVE.redact(text) == text


def test_a_thousand_keys_are_looked_for_as_one_is() -> None:
    many = Sieve([Secret(f"key-number-{place:06d}-of-a-fleet") for place in range(1_000)])
    assert many.holds("token=key-number-000777-of-a-fleet")
    assert many.holds(b64encode(b"?key-number-000777-of-a-fleet").decode())
    assert not many.holds("a prompt about the number of keys in a fleet of cars" * 100)
