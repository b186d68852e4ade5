from __future__ import annotations

import sys
import unicodedata

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.invisible import DEFAULT_IGNORABLE, is_invisible
from reconciler.report.diff_words import RowKind, diff_texts
from reconciler.report.escape import escape_json, escape_terminal

ANYTHING = st.text(st.characters(codec=None), max_size=30)


def test_the_table_is_unicodes_own() -> None:
    property_of = regex.compile(r"\p{Default_Ignorable_Code_Point}")
    listed = {code for first, last in DEFAULT_IGNORABLE for code in range(first, last + 1)}
    assert listed == {code for code in range(sys.maxunicode + 1) if property_of.match(chr(code))}


def test_every_character_is_judged_by_its_category() -> None:
    hidden = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    for code in range(sys.maxunicode + 1):
        character, category = chr(code), unicodedata.category(chr(code))
        if category in hidden or (category == "Zs" and character != " "):
            assert is_invisible(character), hex(code)
        elif is_invisible(character):
            assert category[0] in "MLS", hex(code)


@pytest.mark.parametrize(
    "text", ["Bodø", "東京オフィス", "مكتب الاستقبال", "हिन्दी", "한국어", "Ünïcödé", "עברית", "ไทย", "🙂👍🏽", "→ ✓"]
)
def test_letters_of_all_scripts_and_emoji_stay_readable(text: str) -> None:
    assert escape_terminal(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("❤\ufe0f", r"❤\ufe0f"), ("👩\u200d👧", r"👩\u200d👧"), ("cafe\u0301", r"cafe\u0301"), ("5 \u212b", r"5 \u212b"),
        ("a\xa0b\u3000c", r"a\xa0b\u3000c"), ("\u2800\u3164\u17b4", r"\u2800\u3164\u17b4"), ("\ue000\u0378", r"\ue000\u0378"),
        ("x\U000e0041\U000e0100", r"x\U000e0041\U000e0100"), ("\U00013430", r"\U00013430"), ("\u1112\u1161", r"\u1112\u1161"),
    ],
)  # fmt: skip
def test_what_cannot_be_seen_or_is_not_in_normal_form_is_an_escape(text: str, shown: str) -> None:
    assert escape_terminal(text) == shown


@settings(deadline=None)
@given(ANYTHING | st.text("e\u0301\u0323\u1112\u1161\u11ab\uac00", max_size=8))
def test_what_is_shown_can_be_seen_and_is_in_normal_form(text: str) -> None:
    for shown in (escape_terminal(text), escape_json(text).replace("\n", "")):
        assert not any(map(is_invisible, shown))
        assert unicodedata.is_normalized("NFC", shown)


@settings(deadline=None)
@given(st.text("ab\\ e\u0301éu\u200b03\n", max_size=12), st.text("ab\\ e\u0301éu\u200b03\n", max_size=12))
def test_lines_that_differ_never_look_alike(before: str, after: str) -> None:
    for row in diff_texts(before, after):
        if row.kind is RowKind.CHANGE:
            old, new = ("".join(segment.face for segment in side) for side in (row.before, row.after))
            assert old.rstrip() != new.rstrip()


@pytest.mark.parametrize(
    ("before", "after", "seen"),
    [
        ("café\nx", "cafe\u0301\nx", ("café", r"cafe\u0301")), ("a\u200bb", r"a\u200bb", (r"a\u200bb", r"a\\u200bb")),
        ("end \nx", "end\nx", (r"end\x20", "end")), ("one two", "one\xa0two", ("one two", r"one\xa0two")),
    ],
)  # fmt: skip
def test_what_two_texts_differ_in_is_seen(before: str, after: str, seen: tuple[str, str]) -> None:
    row = diff_texts(before, after)[0]
    assert tuple("".join(segment.face for segment in side) for side in (row.before, row.after)) == seen
