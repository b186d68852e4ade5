"""Each line of a journal, word by word."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler.ledger.errors import LedgerUnavailable
from reconciler.ledger.fingerprints import fingerprint_value
from reconciler.ledger.journals.journal import Journal, RunEnd, RunHeader, name_journal
from reconciler.model.outcome import Collateral, Result
from reconciler.model.paths import MISSING, Json
from reconciler.model.plan import Cause, Change, Request
from reconciler.model.secret import Secret

from .samples import Clock, make_outcome, make_update

WHEN = "2026-11-21T08:30:00Z"
KEY = b"k"
TOKEN = fingerprint_value("token", key=KEY)
OLD = fingerprint_value("old token", key=KEY)


class Synced:
    """Counts the flushes, with the size of the journal at each."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def __call__(self, handle: int) -> None:
        self.sizes.append(os.fstat(handle).st_size)


def make_journal(tmp_path: Path, **settings: Any) -> Journal:
    path = tmp_path / ".reconciler" / "journal" / "r1.jsonl"
    return Journal(path, **{"run": "r1", "clock": Clock(), "key": lambda: KEY, **settings})


def write(tmp_path: Path, *deeds: Callable[[Journal], None]) -> list[Json]:
    journal = make_journal(tmp_path)
    for deed in deeds:
        deed(journal)
    journal.close()
    content = journal.path.read_bytes()
    assert content.endswith(b"\n")
    return [json.loads(line) for line in content.splitlines()]


def write_one(tmp_path: Path, deed: Callable[[Journal], None]) -> Json:
    (row,) = write(tmp_path, deed)
    return row


def test_a_run_begins_with_who_runs_what(tmp_path: Path) -> None:
    header = RunHeader("alice", "abc", "undo", "staging", "1.0", "r0", "Change it", "#12", 3, scope="--since main")
    assert write_one(tmp_path, lambda journal: journal.begin(header)) == {
        "event": "begin",
        "when": WHEN,
        "format_version": 1,
        "run": "r1",
        "author": "alice",
        "commit": "abc",
        "command": "undo",
        "environment": "staging",
        "tool_version": "1.0",
        "undoes": "r0",
        "subject": "Change it",
        "pull_request": "#12",
        "left_out": 3,
        "scope": "--since main",
    }


def test_a_run_ends_with_how(tmp_path: Path) -> None:
    first, second = write(
        tmp_path,
        lambda journal: journal.end(),
        lambda journal: journal.end(RunEnd(interrupted=True, exit_code=130, message="m")),
    )
    assert first == {"event": "end", "when": WHEN, "interrupted": False, "exit_code": 0, "message": ""}
    assert second == {"event": "end", "when": WHEN, "interrupted": True, "exit_code": 130, "message": "m"}


CHANGES = (
    Change(("a", "b/c"), None, [1], Cause.DRIFT, last_applied=7),
    Change(("blind",), MISSING, "x", last_applied="last"),
    Change(("new",), MISSING, None),
    Change(("token",), Secret("old token"), Secret("token"), secret=True),
    Change(("cleared",), "token", None, secret=True),
)
TARGET = {
    "address": "connectors.live-us",
    "provider": "polyai",
    "account": "polyai",
    "kind": "connectors",
    "identity": [["agentId", "P"], ["connectorId", "live-us"]],
    "changes": [
        {"path": "/a/b~1c", "cause": "drift", "before": None, "after": [1]},
        {"path": "/blind", "cause": "unattributed", "before": "last", "after": "x"},
        {"path": "/new", "cause": "unattributed", "after": None},
        {"path": "/token", "cause": "unattributed", "before": OLD, "after": TOKEN, "secret": True},
        {"path": "/cleared", "cause": "unattributed", "before": TOKEN, "after": None, "secret": True},
    ],
}
UPDATE = make_update(changes=CHANGES, url="https://x/old token/token?id=7")


def test_an_intent_tells_the_target_and_of_the_body_its_names_only(tmp_path: Path) -> None:
    assert write_one(tmp_path, lambda journal: journal.intend(UPDATE)) == {
        "event": "intend",
        "when": WHEN,
        **TARGET,
        "request": {
            "method": "PATCH",
            "url": "https://x/(secret)/(secret)?id=7",
            "fields": ["a", "blind", "cleared", "new", "token"],
        },
    }


def test_an_intent_may_be_of_another_request(tmp_path: Path) -> None:
    batch = Request("POST", "https://x/batch", {"updates": [1]})
    row = write_one(tmp_path, lambda journal: journal.intend(UPDATE, batch))
    assert row["request"] == {"method": "POST", "url": "https://x/batch", "fields": ["updates"]}


OUTCOME = make_outcome(
    UPDATE,
    Result.MISMATCH,
    message="it said old token, not token",
    request_id="q token",
    wrong_fields=(("a", "b/c"), ("x",)),
    collateral=(
        Collateral(("seen",), 1, None),
        Collateral(("token",), Secret("old token"), "token"),
        Collateral(("gone",), 1, MISSING),
    ),
)
TOLD = {
    "event": "outcome",
    "when": WHEN,
    "address": "connectors.live-us",
    "result": "mismatch",
    "message": "it said (secret), not (secret)",
    "status": 200,
    "request_id": "q (secret)",
    "seconds": 0.5,
    "wrong_fields": ["/a/b~1c", "/x"],
    "collateral": [
        {"path": "/seen", "before": 1, "after": None},
        {"path": "/token", "before": OLD, "after": TOKEN},
        {"path": "/gone", "before": 1},
    ],
}


def test_an_outcome_tells_the_target_only_where_no_intent_did(tmp_path: Path) -> None:
    alone = write_one(tmp_path, lambda journal: journal.conclude(OUTCOME))
    assert alone == TARGET | TOLD
    (tmp_path / "b").mkdir()
    _, after = write(tmp_path / "b", lambda journal: journal.intend(UPDATE), lambda journal: journal.conclude(OUTCOME))
    assert after == TOLD


@pytest.mark.parametrize(
    ("deed", "row"),
    [
        (
            lambda journal: journal.settle("lines.a", message="as planned"),
            {"event": "settle", "address": "lines.a", "message": "as planned"},
        ),
        (lambda journal: journal.forget("lines.a"), {"event": "forget", "address": "lines.a"}),
        (
            lambda journal: journal.miss("lines.a", ("a", "b/c")),
            {"event": "saw", "address": "lines.a", "path": "/a/b~1c", "gone": True},
        ),
        (
            lambda journal: journal.see(UPDATE, CHANGES[0]),
            {
                "event": "saw",
                "address": "connectors.live-us",
                "path": "/a/b~1c",
                "cause": "drift",
                "before": 7,
                "after": None,
            },
        ),
        (
            lambda journal: journal.see(UPDATE, CHANGES[2]),
            {"event": "saw", "address": "connectors.live-us", "path": "/new", "cause": "unattributed"},
        ),
        (
            lambda journal: journal.see(UPDATE, CHANGES[3]),
            {
                "event": "saw",
                "address": "connectors.live-us",
                "path": "/token",
                "cause": "unattributed",
                "after": OLD,
                "secret": True,
            },
        ),
    ],
)
def test_what_else_a_run_does_has_a_line_of_its_own(
    tmp_path: Path, deed: Callable[[Journal], None], row: dict[str, Json]
) -> None:
    assert write_one(tmp_path, deed) == {"when": WHEN, **row}


def test_a_secret_that_nobody_marked_is_covered_and_the_key_is_read_for_it_only(tmp_path: Path) -> None:
    asked: list[int] = []

    def read_key() -> bytes:
        asked.append(1)
        return KEY

    journal = make_journal(tmp_path, key=read_key)
    journal.intend(make_update(changes=(Change(("deep",), None, 1),)))
    assert asked == []
    journal.intend(make_update(changes=(Change(("deep",), None, {"in": Secret("token")}),)))
    journal.close()
    assert json.loads(journal.path.read_bytes().splitlines()[1])["changes"][0]["after"] == {"in": TOKEN}


def test_the_first_and_the_last_line_are_flushed_and_the_others_when_somebody_asks(tmp_path: Path) -> None:
    synced = Synced()
    journal = make_journal(tmp_path, sync=synced)
    journal.flush()
    assert synced.sizes == [], "nothing was written yet"
    journal.begin(RunHeader("alice"))
    journal.intend(UPDATE)
    assert synced.sizes == [first := len(journal.path.read_bytes().splitlines(keepends=True)[0])]
    journal.flush()
    assert synced.sizes == [first, size := journal.path.stat().st_size]
    journal.end()
    assert synced.sizes[2] > size
    count = len(synced.sizes)
    journal.close()
    assert len(synced.sizes) == count, "it is closed once"


def test_a_close_flushes_what_was_written(tmp_path: Path) -> None:
    synced = Synced()
    journal = make_journal(tmp_path, sync=synced)
    journal.forget("lines.a")
    journal.close()
    assert synced.sizes == [journal.path.stat().st_size]


def test_a_journal_that_cannot_be_written_stops_the_run(tmp_path: Path) -> None:
    journal = make_journal(tmp_path)
    (tmp_path / ".reconciler").write_bytes(b"a file")
    with pytest.raises(LedgerUnavailable) as caught:
        journal.begin(RunHeader("alice"))
    assert caught.value.message.startswith(f"the journal {journal.path} cannot be written: ")
    assert caught.value.advice == "Make the folder writable or free some space. Without a journal nothing is sent."


def test_a_flush_that_failed_fails_again_in_the_same_words(tmp_path: Path) -> None:
    calls: list[int] = []

    def break_down(_: int) -> None:
        calls.append(1)
        raise OSError(5, "Input/output error")

    journal = make_journal(tmp_path, sync=break_down)
    for _ in range(2):
        with pytest.raises(
            LedgerUnavailable, match=f"the journal {journal.path} cannot be written: Input/output error"
        ):
            journal.begin(RunHeader("alice"))
    journal.close()
    assert len(calls) == 1


@pytest.mark.parametrize(("left", "lines"), [(b"", 1), (b"{}\n", 2), (b'{"event": "tor', 2)])
def test_a_line_that_a_kill_left_open_is_closed(tmp_path: Path, left: bytes, lines: int) -> None:
    journal = make_journal(tmp_path)
    journal.path.parent.mkdir(parents=True)
    journal.path.write_bytes(left)
    journal.forget("lines.a")
    journal.close()
    content = journal.path.read_bytes()
    assert content.startswith(left)
    assert content.count(b"\n") == lines
    assert json.loads(content.splitlines()[-1])["event"] == "forget"


def test_the_file_is_for_its_owner_only_and_below_a_folder_that_git_ignores(tmp_path: Path) -> None:
    journal = make_journal(tmp_path)
    journal.forget("lines.a")
    journal.close()
    assert journal.path.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / ".reconciler" / ".gitignore").exists()
    assert not (tmp_path / ".reconciler" / "journal" / ".gitignore").exists()


def test_space_is_held_back_and_given_back_with_the_journal(tmp_path: Path) -> None:
    journal = make_journal(tmp_path)
    journal.hold_back(4096)
    assert journal.path.read_bytes() == b""
    journal.close()


@pytest.mark.parametrize(("octets", "size"), [(2**62, f"{2**42} MiB")])
def test_a_disk_without_room_is_told_before_anything_is_sent(tmp_path: Path, octets: int, size: str) -> None:
    journal = make_journal(tmp_path)
    with pytest.raises(LedgerUnavailable) as caught:
        journal.hold_back(octets)
    journal.close()
    beginning = f"the disk of {journal.path.parent} has no room for {size} that this run may have to write: "
    assert caught.value.message.startswith(beginning)
    assert len(caught.value.message) > len(beginning)
    assert caught.value.advice == "Free some space. Nothing was sent."


def test_a_run_names_its_file() -> None:
    assert name_journal("20260101T000000Z-a/b") == "20260101%54000000%5A-a%2Fb.jsonl"
