"""The room that a run holds back is never less than what it then writes."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.app.deploy.room import estimate_room
from reconciler.ledger import RunEnd, RunHeader, open_store
from reconciler.model.outcome import Outcome, Result
from reconciler.model.paths import MISSING
from reconciler.model.plan import Change
from reconciler.model.project import Declared
from tests.ledger.samples import Clock, json_values, make_entry, make_project, make_update

values = json_values | st.text(st.sampled_from('aß"\n✓😀'), max_size=400)


def declare(name: str, fields: dict[str, Any]) -> Declared:
    update = make_update(name)
    return Declared(
        address=update.address,
        kind=update.kind,
        account=update.account,
        provider=update.provider,
        identity=update.identity,
        match={},
        spec=fields,
        location=update.location,
    )


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(values, values, values), min_size=1, max_size=5))
def test_journal_and_ledger_fit(rows: list[tuple[Any, Any, Any]]) -> None:
    updates = [
        make_update(f"n{number}", changes=(Change(("voiceName",), before, after),))
        for number, (before, after, _) in enumerate(rows)
    ]
    entries = [make_entry(f"n{number}", voiceName=after, greeting=more) for number, (_, after, more) in enumerate(rows)]
    declared = [
        declare(f"n{number}", {"voiceName": after, "greeting": more}) for number, (_, after, more) in enumerate(rows)
    ]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        store = open_store(make_project(root), folder=root / ".reconciler", clock=Clock())
        journal = store.journal("r1")
        journal.begin(RunHeader("alice"))
        for update in updates:
            journal.conclude(Outcome(update, Result.NOT_ATTEMPTED, "the disk is full"))
        journal.end(RunEnd())
        store.save(entries, run="r1")
        written = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    assert written <= estimate_room(updates, declared, [])


def test_what_is_stored_already_counts() -> None:
    """A new ledger file holds what others applied, too."""
    stored = [make_entry("a", greeting="g" * 1_000_000)]
    assert estimate_room([], [], stored) - estimate_room([], [], []) >= 1_000_000


def test_what_was_not_there_weighs_next_to_nothing() -> None:
    update = make_update(changes=(Change(("voiceName",), MISSING, None),))
    long = replace(update, changes=(Change(("voiceName",), MISSING, "v" * 1_000),))
    assert estimate_room([long], [], []) - estimate_room([update], [], []) >= 1_000
