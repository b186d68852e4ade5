from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.report.escape import escape_json, escape_terminal
from reconciler.report.text.paint import Line, measure, measure_line, wrap

ANYTHING = st.text(st.characters(codec=None))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31m", r"\x1b[31m"), ("\x9b31m", r"\x9b31m"), ("a\nb\r\tc", r"a\nb\r\tc"), ("\u202eexe", r"\u202eexe"),
        ("\u2066x\u2069", r"\u2066x\u2069"), ("\u200f\u200e\u200b", r"\u200f\u200e\u200b"), ("\ufeff", r"\ufeff"),
        ("\ud800", r"\ud800"), ("\U000e0041", r"\U000e0041"), ("\x00\x7f", r"\x00\x7f"), ("\u2028", r"\u2028"),
        ("日本 é 📞 → ✓", "日本 é 📞 → ✓"),
    ],
)  # fmt: skip
def test_what_could_deceive_is_shown(text: str, shown: str) -> None:
    assert escape_terminal(text) == shown


@settings(deadline=None)
@given(ANYTHING)
def test_nothing_that_moves_the_cursor_is_left(text: str) -> None:
    shown = escape_terminal(text)
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in shown)
    assert escape_terminal(shown) == shown
    shown.encode()


@settings(deadline=None)
@given(ANYTHING)
def test_escaped_json_is_the_same_value(text: str) -> None:
    written = escape_json(json.dumps([text], ensure_ascii=False))
    assert json.loads(written) == [text]
    written.encode()


@settings(deadline=None)
@given(st.lists(st.tuples(st.just(""), st.text("ab 日/?\u0301")), max_size=6), st.integers(4, 30), st.integers(0, 2))
def test_wrapping_keeps_all_but_spaces(spans: list[tuple[str, str]], width: int, hang: int) -> None:
    line: Line = tuple(spans)
    lines = wrap(line, width=width, hang=hang)
    assert all(measure_line(part) <= width for part in lines)
    kept = "".join(text for part in lines for _, text in part)
    assert kept.replace(" ", "") == "".join(text for _, text in line).replace(" ", "")


def test_wide_characters_count_twice() -> None:
    assert (measure("abc"), measure("日本"), measure("→")) == (3, 4, 1)
