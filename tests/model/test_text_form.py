from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.text_form import MOST_MARKS, normalise_text

MARKS = st.text(st.characters(categories=["Mn"]), max_size=MOST_MARKS)
WRITTEN = st.lists(st.tuples(st.characters(exclude_categories=["Mn", "Cs"]), MARKS), max_size=8)


@given(WRITTEN, st.sampled_from(["NFC", "NFKC"]))
def test_what_a_language_may_hold_is_in_unicodes_own_form(pairs: list[tuple[str, str]], form: str) -> None:
    text = "".join(letter + marks for letter, marks in pairs)
    assert normalise_text(text, form=form) == unicodedata.normalize(form, text)  # type: ignore[arg-type]


@pytest.mark.parametrize("marks", ["\u0301\u0316", "\u0f73", "\u0344\u0316", "\u0327\u0301"])
def test_more_marks_than_any_language_has_are_taken_in_parts(marks: str) -> None:
    """A sort of 100,000 marks would take minutes."""
    found = normalise_text("a" + marks * 50_000, form="NFC")
    assert found == normalise_text("a" + marks * 50_000, form="NFC")
    assert set(unicodedata.normalize("NFD", found[:40])) == set(unicodedata.normalize("NFD", "a" + marks * 15))
