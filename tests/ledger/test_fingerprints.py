"""Keyed fingerprints stand for secrets, and compare only with those of the same key."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from reconciler.ledger.fingerprints import (
    KEY_BYTES,
    create_key,
    fingerprint_value,
    format_key,
    keep_comparable,
    parse_key,
)
from reconciler.model.paths import Json
from reconciler.model.secret import Secret

KEY = bytes(range(KEY_BYTES))


def test_a_key_is_random_and_travels_as_a_line_of_text() -> None:
    one, other = create_key(), create_key()
    assert one != other
    assert len(one) == KEY_BYTES == 32
    assert format_key(KEY) == b"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
    assert parse_key(format_key(one)) == one


@pytest.mark.parametrize("content", [None, b"", b"xy", b"00", format_key(KEY) + b"00", "é".encode()])
def test_what_is_no_key_is_none(content: bytes | None) -> None:
    assert parse_key(content) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [("é", r'"\u00e9"'), (Secret("é"), r'"\u00e9"'), ({"b": Secret("x"), "a": [1]}, '{"a": [1], "b": "x"}'), (1, "1")],
)
def test_a_fingerprint_names_its_key_and_follows_from_the_value(value: Json, text: str) -> None:
    digest = hmac.new(KEY, text.encode(), "sha256").hexdigest()
    assert fingerprint_value(value, key=KEY) == f"hmac-sha256:{hashlib.sha256(KEY).hexdigest()[:8]}:{digest}"


def test_only_fingerprints_of_this_key_compare() -> None:
    ours, theirs = fingerprint_value("a", key=KEY), fingerprint_value("a", key=create_key())
    fields = {"/ours": ours, "/theirs": theirs, "/plain": "hmac-sha256", "/number": 1}
    plain = {"/plain": "hmac-sha256", "/number": 1}
    assert keep_comparable(fields, key=KEY) == {"/ours": ours, **plain}
    assert keep_comparable(fields, key=None) == plain
