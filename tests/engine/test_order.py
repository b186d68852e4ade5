"""Updates come after those that they take values from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.engine.order import find_levels
from tests.remote.line_stage import update_of


@pytest.mark.parametrize(
    ("follows", "levels"),
    [
        ({}, {}),
        ({"a": "", "b": ""}, {"a": 0, "b": 0}),
        ({"a": "b", "b": ""}, {"a": 1, "b": 0}),
        ({"a": "bc", "b": "c", "c": ""}, {"a": 2, "b": 1, "c": 0}),
        ({"a": "bcd", "b": "", "c": "d", "d": ""}, {"a": 2, "b": 0, "c": 1, "d": 0}),
        ({"a": "xyz", "b": "xa", "x": ""}, {"a": 1, "b": 2, "x": 0}),
        ({"a": "z"}, {"a": 0}),
        ({"a": "b", "b": "a"}, {"a": 0, "b": 1}),
    ],
    ids=["none", "apart", "one", "chain", "deepest", "unplanned-between", "unplanned-only", "circle"],
)
def test_each_level_waits_for_those_below(follows: dict[str, str], levels: dict[str, int]) -> None:
    updates = [
        replace(update_of(name), follows=tuple(f"lines.{one}" for one in others)) for name, others in follows.items()
    ]
    assert find_levels(updates) == {f"lines.{name}": level for name, level in levels.items()}
