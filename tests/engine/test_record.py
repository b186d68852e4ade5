"""What is stored already is told from news, to the very JSON value."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.engine.record import is_recorded
from reconciler.model.ledger import Applied, Undone
from reconciler.model.paths import Json
from reconciler.model.secret import Secret

STORED = Applied(
    address="lines.a",
    account="acme",
    provider="acme",
    kind="lines",
    identity={"agent": "a", "line": "1"},
    fields={"/name": "A", "/rate": 1, "/on": True, "/words": ["a", {"b": None}], "/none": None},
    when="2026-01-01T00:00:00Z",
    commit="c1",
    run="r1",
)


def test_the_run_that_made_it_so_is_no_news() -> None:
    assert is_recorded(replace(STORED, when="2026-02-01T00:00:00Z", commit="c2", run="r2"), STORED)


def test_without_an_entry_everything_is_news() -> None:
    assert not is_recorded(STORED, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("account", "other"),
        ("provider", "other"),
        ("kind", "other"),
        ("identity", "1"),
        ("undone", {"/name": Undone("r0", "B")}),
        ("fields", {}),
    ],
)
def test_each_part_of_an_entry_counts(name: str, value: Json) -> None:
    assert not is_recorded(replace(STORED, **{name: value}), STORED)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/name", "B"),
        ("/name", Secret("A")),
        ("/rate", 1.0),
        ("/rate", True),
        ("/on", 1),
        ("/words", ["a"]),
        ("/words", ["a", {"b": 0}]),
        ("/words", ["a", {"c": None}]),
        ("/words", {"a": 1}),
        ("/none", False),
        ("/more", None),
    ],
)
def test_each_value_counts_with_its_type(path: str, value: Json) -> None:
    changed = replace(STORED, fields={**STORED.fields, path: value})
    assert not is_recorded(changed, STORED)
    assert not is_recorded(STORED, changed)
