from __future__ import annotations

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.report.diff_words import Row, RowKind, Segment, count_lines, diff_texts, diff_words

TEXTS = st.text(alphabet="ab \n.é", max_size=60)


def join(rows: tuple[Row, ...], side: str) -> str:
    number = f"{side}_line"
    return "\n".join("".join(s.text for s in getattr(row, side)) for row in rows if getattr(row, number) is not None)


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_rows_hold_both_texts_whole(before: str, after: str) -> None:
    rows = diff_texts(before, after, context=None)
    assert join(rows, "before") == before
    assert join(rows, "after") == after


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_line_numbers_rise_by_one_on_each_side(before: str, after: str) -> None:
    rows = diff_texts(before, after, context=None)
    numbers = [row.before_line for row in rows if row.before_line]
    others = [row.after_line for row in rows if row.after_line]
    assert numbers == list(range(1, before.count("\n") + 2))
    assert others == list(range(1, after.count("\n") + 2))


@settings(deadline=None)
@given(TEXTS)
def test_equal_texts_have_no_change(text: str) -> None:
    assert {row.kind for row in diff_texts(text, text, context=None)} == {RowKind.EQUAL}


def test_only_the_changed_words_are_marked() -> None:
    old, new = diff_words("Greet the caller warmly.", "Greet the guest warmly.")
    assert old == (Segment("Greet the "), Segment("caller", changed=True), Segment(" warmly."))
    assert new == (Segment("Greet the "), Segment("guest", changed=True), Segment(" warmly."))


def test_a_run_of_changed_words_is_one_mark() -> None:
    old, new = diff_words("one two three", "four five three")
    assert old == (Segment("one two", changed=True), Segment(" three"))
    assert new == (Segment("four five", changed=True), Segment(" three"))


def test_resembling_lines_are_paired_although_others_come_between() -> None:
    rows = diff_texts("You answer the phone.\nEnd.", "Brand new rule\nYou answer every phone.\nEnd.", context=None)
    assert [row.kind for row in rows] == [RowKind.INSERT, RowKind.CHANGE, RowKind.EQUAL]


def test_far_unchanged_lines_become_gaps() -> None:
    lines = [f"line {number}" for number in range(50)]
    rows = diff_texts("\n".join(lines), "\n".join([*lines[:25], "different", *lines[26:]]), context=2)
    assert [row.kind for row in rows][:1] == [RowKind.GAP]
    assert sum(row.hidden for row in rows) == 45
    assert count_lines(rows) == (1, 1)


def test_huge_texts_stay_cheap() -> None:
    before = "\n".join(f"alpha {number} " * 20 for number in range(5_000))
    after = "\n".join(f"beta {number} " * 20 for number in range(5_000))
    started = time.process_time()
    rows = diff_texts(before, after)
    assert join(rows, "after") == after
    assert time.process_time() - started < 10


def test_one_huge_line_stays_cheap() -> None:
    before, after = ("x y " * 50_000, "z w " * 50_000)
    started = time.process_time()
    (row,) = diff_texts(before, after)[:1]
    assert time.process_time() - started < 10
    assert row.kind in {RowKind.DELETE, RowKind.CHANGE}
