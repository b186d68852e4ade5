"""Whoever lost a swap waits for a random while before the next try, and the whiles grow to a bound."""

from __future__ import annotations

import pytest

from reconciler.ledger.contention import ATTEMPTS, take_turns


def test_the_first_try_is_at_once_and_the_waits_double_to_a_bound() -> None:
    waits: list[float] = []
    drawn: list[float] = []

    def draw(low: float, high: float) -> float:
        drawn.append(low)
        return high

    assert list(take_turns(11, sleep=waits.append, draw=draw)) == list(range(11))
    assert waits == pytest.approx([0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.0, 2.0, 2.0])
    assert set(drawn) == {0}


def test_others_may_come_first_as_often_as_many_at_once_need() -> None:
    assert len(list(take_turns(sleep=lambda _: None))) == ATTEMPTS


def test_a_wait_is_drawn_within_its_bound() -> None:
    waits: list[float] = []
    list(take_turns(3, sleep=waits.append))
    assert 0 <= waits[0] <= 0.02
    assert 0 <= waits[1] <= 0.04
