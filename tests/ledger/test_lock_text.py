"""The text of a lock: what one holder and several are written as, and what is read of any text."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import pytest

from reconciler.ledger.holder import LockHolder
from reconciler.ledger.lock_text import Stored, format_holders, read_holders
from reconciler.model.paths import Json

ONE = LockHolder("alice", "host", 7, "r1", "c", "e", 60.0, "t1", "m", ("a", "b"))
ALL = LockHolder("bob", "höst", 8, "r2", "c", "e", 60.5, "t2", "m")
WHEN = "2026-11-21T08:30:00Z"
SUSPECT = LockHolder("somebody unknown", "an unknown host", 0, "", WHEN, "2026-11-21T08:31:00Z", 60.0, "")


def read(text: str, when: str = WHEN) -> tuple[LockHolder, ...]:
    return read_holders(Stored(text, "v", when), ttl_seconds=60.0)


def test_one_holder_is_written_as_builds_without_accounts_wrote_it() -> None:
    assert format_holders([ALL]) == (
        "{\n"
        ' "created": "c",\n'
        ' "expires": "e",\n'
        ' "host": "h\\u00f6st",\n'
        ' "machine": "m",\n'
        ' "owner": "bob",\n'
        ' "pid": 8,\n'
        ' "run": "r2",\n'
        ' "token": "t2",\n'
        ' "ttl_seconds": 60.5\n'
        "}\n"
    )
    assert json.loads(format_holders([ONE]) or "") == {**asdict(ONE), "accounts": ["a", "b"]}


def test_several_are_a_list_and_nobody_is_nothing() -> None:
    text = format_holders([ONE, ALL]) or ""
    assert [row["token"] for row in json.loads(text)["holders"]] == ["t1", "t2"]
    assert text.startswith('{\n "holders": [\n')
    assert format_holders([]) is None
    assert read_holders(None, ttl_seconds=60.0) == ()


@pytest.mark.parametrize("holders", [(ONE,), (ALL,), (ONE, ALL), (ALL, ONE, replace(ONE, accounts=()))])
def test_what_is_written_is_read_back(holders: tuple[LockHolder, ...]) -> None:
    text = format_holders(holders) or ""
    assert read(text) == holders
    assert read(f"Hold the lock\n\n{text}") == holders


ROW = {name: value for name, value in asdict(ALL).items() if name not in {"machine", "accounts"}}


@pytest.mark.parametrize(
    ("row", "holder"),
    [
        (ROW, replace(ALL, machine="")),
        ({**ROW, "ttl_seconds": 60}, replace(ALL, machine="", ttl_seconds=60.0)),
        ({**ROW, "ttl_seconds": "60"}, replace(ALL, machine="", ttl_seconds=60.0)),
        ({**ROW, "more": 1, "accounts": []}, replace(ALL, machine="", accounts=())),
    ],
)
def test_a_holder_of_an_earlier_build_is_read(row: dict[str, Json], holder: LockHolder) -> None:
    assert read(json.dumps(row)) == (holder,)


@pytest.mark.parametrize(
    "row",
    [
        7,
        None,
        [],
        {},
        {name: value for name, value in ROW.items() if name != "ttl_seconds"},
        {name: value for name, value in ROW.items() if name != "token"},
        {**ROW, "ttl_seconds": "soon"},
        {**ROW, "pid": "8"},
        {**ROW, "owner": 7},
        {**ROW, "machine": None},
        {**ROW, "accounts": "a"},
        {**ROW, "accounts": ["a", 7]},
        {**ROW, "accounts": {"a": 1}},
    ],
)
def test_a_damaged_holder_is_somebody_who_holds_all_for_one_time_to_live(row: Any) -> None:
    assert read(json.dumps({"holders": [row, ROW]})) == (SUSPECT, replace(ALL, machine=""))


@pytest.mark.parametrize(
    "text", ["", "no lock", "{", '{"holders": []}', '{"holders": 7}', "[" * 100_000, "{" * 100_000]
)
def test_any_other_text_is_one_damaged_holder(text: str) -> None:
    assert read(text) == (SUSPECT,)


def test_without_a_time_a_damaged_holder_has_none() -> None:
    assert read("{", when="") == (replace(SUSPECT, created="", expires=""),)
