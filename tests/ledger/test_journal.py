"""The journal: what is read back is what was written, a cut anywhere tells the truth, and no secret is in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.ledger import RunEnd, RunHeader, RunRecord, Store, fingerprint_value, open_store
from reconciler.ledger.journals.history import find_unsettled, read_run
from reconciler.model.outcome import Collateral, Result
from reconciler.model.paths import MISSING
from reconciler.model.plan import Cause, Change
from reconciler.model.secret import Secret

from .samples import MISSING_BEFORE, Clock, make_outcome, make_project, make_update


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(make_project(tmp_path), clock=Clock())


def read_record(store: Store) -> RunRecord:
    record = store.run("r1")
    assert record is not None
    return record


def write_run(store: Store, run: str, *steps: tuple[str, Result | None], end: bool = True) -> None:
    journal = store.journal(run)
    journal.begin(RunHeader("alice", "abc", environment="staging"))
    for name, result in steps:
        journal.intend(make_update(name))
        if result:
            journal.conclude(make_outcome(make_update(name), result))
    if end:
        journal.end()
    journal.close()


def test_a_run_is_read_back_whole(store: Store) -> None:
    update = make_update(changes=(Change(("a", "b/c"), None, [1], Cause.DRIFT), MISSING_BEFORE))
    journal = store.journal("r1")
    journal.begin(RunHeader("alice", "abc", "undo", "staging", "1.0", undoes="r0"))
    journal.intend(update)
    collateral = (Collateral(("x",), 1, 2),)
    journal.conclude(make_outcome(update, Result.MISMATCH, wrong_fields=(("a", "b/c"),), collateral=collateral))
    journal.conclude(make_outcome(make_update("never"), Result.NOT_ATTEMPTED))
    journal.end(RunEnd(message="done"))
    record = read_record(store)
    summary = record.summary
    assert store.runs() == (summary,)
    assert (summary.run, summary.author, summary.commit, summary.command) == ("r1", "alice", "abc", "undo")
    assert (summary.environment, summary.undoes, summary.interrupted) == ("staging", "r0", False)
    assert summary.counts == {Result.MISMATCH: 1, Result.NOT_ATTEMPTED: 1}
    step, never = record.steps
    assert [(c.path, c.before, c.after) for c in step.changes] == [
        (("a", "b/c"), None, [1]),
        (("voiceName",), MISSING, "B"),
    ]
    assert (step.identity, step.changes[0].cause) == (update.identity, Cause.DRIFT)
    assert (step.status, step.request_id, step.seconds, step.method) == (200, "q-1", 0.5, "PATCH")
    assert (step.wrong_fields, step.collateral[0].before) == ((("a", "b/c"),), 1)
    assert (never.sent_at, never.changes[0].after, never.is_in_doubt) == ("", "B", False)
    assert store.unsettled() == ()
    assert store.run("r9") is None


def test_a_cut_at_every_byte_tells_the_truth(store: Store, tmp_path: Path) -> None:
    """An update is in doubt exactly while its intent is whole and its outcome is not."""
    write_run(store, "r1", ("one", Result.VERIFIED), ("two", Result.REJECTED))
    whole = (tmp_path / ".reconciler/journal/r1.jsonl").read_bytes()
    ends = [index for index, octet in enumerate(whole) if octet == ord("\n")]
    assert len(ends) == 6
    for size in range(len(whole) + 1):
        record = read_run("r1.jsonl", whole[:size])
        lines = sum(end <= size for end in ends)
        in_doubt = {2: ["connectors.one"], 4: ["connectors.two"]}.get(lines, [])
        assert [doubt.address for doubt in find_unsettled([record])] == in_doubt
        assert record.summary.interrupted == (lines < 6)
        assert record.summary.in_doubt == len(in_doubt)
        assert record.summary.run == "r1"
        assert record.summary.damaged_lines <= 1


@given(st.binary(max_size=200) | st.text(alphabet='{}[]":,ent1\n', max_size=60).map(str.encode))
def test_garbage_is_read_without_an_error(content: Any) -> None:
    summary = read_run("r1.jsonl", content).summary
    assert summary.interrupted
    assert summary.run == "r1"


@given(st.fixed_dictionaries({}, optional={
    name: st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.lists(st.text())) | st.just({})
    for name in ("address", "changes", "identity", "request", "result", "status", "seconds", "collateral", "when")
}), st.sampled_from(["begin", "intend", "outcome", "settle", "end"]))  # fmt: skip
def test_lines_of_a_strange_shape_are_read_without_an_error(row: dict[str, Any], event: str) -> None:
    line = json.dumps({"event": event} | row).encode()
    assert read_run("r1.jsonl", line + b"\n" + line).summary.damaged_lines == 0


def test_a_journal_continues_after_a_torn_line(store: Store, tmp_path: Path) -> None:
    write_run(store, "r1", ("one", None), end=False)
    path = tmp_path / ".reconciler/journal/r1.jsonl"
    path.write_bytes(path.read_bytes() + b'{"event": "outc')
    journal = store.journal("r1")
    journal.conclude(make_outcome(make_update("one")))
    journal.end()
    summary = read_record(store).summary
    assert (summary.damaged_lines, summary.in_doubt, summary.interrupted) == (1, 0, False)


@pytest.mark.parametrize(
    ("later", "settled"),
    [(Result.VERIFIED, True), (Result.REJECTED, True), (Result.STALE, True), (Result.NOT_ATTEMPTED, False),
     (Result.REFUSED, False), (Result.IN_DOUBT, False)],
)  # fmt: skip
def test_a_doubt_stays_until_a_later_run_knows(store: Store, later: Result, settled: bool) -> None:
    write_run(store, "r1", ("one", None), end=False)
    assert [(doubt.run, doubt.address) for doubt in store.unsettled()] == [("r1", "connectors.one")]
    journal = store.journal("r2")
    if later is Result.IN_DOUBT:
        journal.intend(make_update("one"))
    journal.conclude(make_outcome(make_update("one"), later))
    journal.end()
    assert bool(store.unsettled()) is not settled


def test_a_doubt_is_settled_by_reading_again(store: Store) -> None:
    write_run(store, "r1", ("one", Result.IN_DOUBT), ("two", Result.IN_DOUBT))
    journal = store.journal("r2")
    journal.settle("connectors.one", message="live equals the planned value")
    journal.end()
    assert [doubt.address for doubt in store.unsettled()] == ["connectors.two"]


def test_the_run_that_holds_the_lock_is_not_in_doubt(store: Store) -> None:
    with store.lock("alice", ttl_seconds=60, run="r1"):
        write_run(store, "r1", ("one", None), end=False)
        assert store.unsettled() == ()
    assert len(store.unsettled()) == 1


def test_runs_are_listed_newest_first(store: Store) -> None:
    for run in ("20260101T000000Z-aaaa", "20260103T000000Z-aaaa", "20260102T000000Z-aaaa"):
        write_run(store, run, ("one", Result.VERIFIED))
    assert [run.run[:8] for run in store.runs()] == ["20260103", "20260102", "20260101"]


@pytest.mark.parametrize("wrap", [str, Secret])
def test_no_secret_reaches_the_journal(store: Store, tmp_path: Path, wrap: Callable[[str], object]) -> None:
    changes = (Change(("password",), wrap("oldhunter"), wrap("hunter2"), secret=True),)
    update = make_update(changes=changes, url="https://api.us.poly.ai/x?p=hunter2")
    journal = store.journal("r1")
    journal.intend(update)
    collateral = (Collateral(("password",), wrap("oldhunter"), wrap("hunter2")),)
    message = "the vendor said: hunter2 is not oldhunter"
    journal.conclude(
        make_outcome(update, Result.REJECTED, message=message, request_id="hunter2", collateral=collateral)
    )
    journal.end()
    text = (tmp_path / ".reconciler/journal/r1.jsonl").read_text()
    assert "hunter" not in text
    change = read_record(store).steps[0].changes[0]
    assert (change.secret, change.after) == (True, fingerprint_value("hunter2", key=store.fingerprint_key()))


def test_a_short_secret_does_not_spoil_the_address(store: Store) -> None:
    update = make_update(changes=(Change(("pin",), None, "c", secret=True),))
    journal = store.journal("r1")
    journal.intend(update)
    journal.end()
    step = read_record(store).steps[0]
    assert (step.address, step.changes[0].before) == ("connectors.live-us", None)
