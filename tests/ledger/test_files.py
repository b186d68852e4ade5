"""The ledger in files: what is saved is loaded, and whatever is lost is said and never raised."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.ledger import LedgerConflict, LedgerUnavailable, Store, fingerprint_value, open_store
from reconciler.ledger.encoding import name_safely
from reconciler.model.diagnostic import Severity
from reconciler.model.ledger import Applied
from reconciler.model.secret import Secret

from .samples import Clock, entries, make_entry, make_project


def open_files(root: Path, **settings: Any) -> Store:
    return open_store(make_project(root, **settings), clock=Clock())


def list_codes(store: Store) -> list[str]:
    return [note.code for note in store.load().notes]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(entries, max_size=4), max_size=3))
def test_saved_entries_are_loaded_and_the_last_save_of_an_address_wins(batches: list[list[Applied]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = open_files(Path(folder))
        expected: dict[str, Applied] = {}
        for batch in batches:
            store.save(batch, run="r")
            expected |= {entry.address: entry for entry in batch}
        assert dict(open_files(Path(folder)).load().ledger.entries) == expected


@settings(max_examples=40, deadline=None)
@given(st.lists(entries, max_size=5), st.data())
def test_removed_addresses_are_forgotten_and_no_other(batch: list[Applied], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = open_files(Path(folder))
        store.save(batch, run="r")
        addresses = sorted({entry.address for entry in batch})
        gone = data.draw(st.sets(st.sampled_from(addresses))) if addresses else set()
        store.save((), run="r2", removed=gone)
        assert store.load().ledger.entries.keys() == set(addresses) - gone


@given(st.text(), st.text())
def test_safe_names_are_safe_and_tell_texts_apart(one: str, other: str) -> None:
    assert (name_safely(one) == name_safely(other)) == (one == other)
    assert name_safely(one) == name_safely(one).replace("/", "").replace(".", "").replace("\\", "")
    assert name_safely(one).casefold() != name_safely(other).casefold() or one == other


def test_no_ledger_is_a_note(tmp_path: Path) -> None:
    loaded = open_files(tmp_path).load()
    assert (dict(loaded.ledger.entries), loaded.ledger.version) == ({}, "")
    assert [(note.code, note.severity) for note in loaded.notes] == [("ledger-absent", Severity.NOTE)]
    assert list(tmp_path.iterdir()) == []


def test_the_stored_file_can_be_read_and_compared_by_people(tmp_path: Path) -> None:
    open_files(tmp_path).save([make_entry("b"), make_entry("a", greeting="Grüß Gott")], run="r1")
    text = (tmp_path / ".reconciler/ledger/connectors.json").read_text()
    assert text.index("connectors.a") < text.index("connectors.b")
    assert '"/greeting": "Grüß Gott"\n' in text
    assert (tmp_path / ".reconciler/.gitignore").read_text().endswith("\n*\n")


def test_the_version_names_the_stored_state(tmp_path: Path) -> None:
    store = open_files(tmp_path)
    store.save([make_entry("a")], run="r1")
    first = store.load().ledger.version
    assert first == open_files(tmp_path).load().ledger.version != ""
    store.save([make_entry("a", voiceName="B")], run="r2")
    assert store.load().ledger.version != first


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\x00", b"[]", b'{"format_version": 2, "entries": {}}', b"[" * 100_000,
     b'{"format_version": 1, "entries": {"connectors.a": {"account": 1}}}'],
)  # fmt: skip
def test_a_damaged_file_is_a_warning_and_is_kept_by_the_next_save(tmp_path: Path, content: Any) -> None:
    store = open_files(tmp_path)
    store.save([make_entry("a"), make_entry("n", kind="numbers")], run="r1")
    path = tmp_path / ".reconciler/ledger/connectors.json"
    path.write_bytes(content)
    loaded = open_files(tmp_path).load()
    assert loaded.ledger.entries.keys() == {"numbers.n"}
    assert [(note.code, note.severity) for note in loaded.notes] == [("ledger-foreign", Severity.WARNING)]
    assert "connectors.json" in loaded.notes[0].message
    open_files(tmp_path).save([make_entry("b")], run="r2")
    assert open_files(tmp_path).load().ledger.entries.keys() == {"numbers.n", "connectors.b"}
    assert (path.parent / "connectors.json.damaged-r2").read_bytes() == content


def test_every_truncation_of_the_file_loads(tmp_path: Path) -> None:
    store = open_files(tmp_path)
    store.save([make_entry("a")], run="r1")
    path = tmp_path / ".reconciler/ledger/connectors.json"
    whole = path.read_bytes()
    for size in range(len(whole.rstrip())):
        path.write_bytes(whole[:size])
        assert not store.load().ledger.entries
        assert list_codes(store) == ["ledger-foreign"]


def test_the_ledger_of_another_project_is_not_used_and_not_lost(tmp_path: Path) -> None:
    open_files(tmp_path).save([make_entry("a")], run="r1")
    project = make_project(tmp_path)
    moved = replace(project.accounts["polyai"], base_url="https://api.eu.poly.ai")
    foreign = open_files(tmp_path, accounts={"polyai": moved})
    assert not foreign.load().ledger.entries
    assert list_codes(foreign) == ["ledger-foreign"]
    foreign.save([make_entry("b")], run="r2")
    assert foreign.load().ledger.entries.keys() == {"connectors.b"}
    home = open_files(tmp_path)
    assert home.load().ledger.entries.keys() == {"connectors.a"}
    assert [note.severity for note in home.load().notes] == [Severity.NOTE]


def test_environments_have_ledgers_of_their_own(tmp_path: Path) -> None:
    open_files(tmp_path, environment="staging").save([make_entry("a", voiceName="S")], run="r1")
    open_files(tmp_path).save([make_entry("a", voiceName="P")], run="r2")
    found = open_files(tmp_path, environment="staging").load().ledger.entries["connectors.a"]
    assert found.fields == {"/voiceName": "S"}


def test_an_address_that_another_run_stored_since_the_load_is_a_conflict(tmp_path: Path) -> None:
    one, other = open_files(tmp_path), open_files(tmp_path)
    one.load()
    other.load()
    one.save([make_entry("a", run="r1")], run="r1")
    other.save([make_entry("b", run="r2")], run="r2")
    other.save([make_entry("b", run="r2", voiceName="B")], run="r2")
    with pytest.raises(LedgerConflict) as caught:
        one.save([make_entry("b", run="r1"), make_entry("c")], run="r1")
    assert caught.value.addresses == ("connectors.b",)
    assert open_files(tmp_path).load().ledger.entries["connectors.b"].run == "r2"
    assert "connectors.c" not in open_files(tmp_path).load().ledger.entries


def test_a_folder_that_cannot_be_written_is_loaded_but_not_saved_or_locked(tmp_path: Path) -> None:
    (tmp_path / ".reconciler").write_text("in the way")
    store = open_files(tmp_path)
    assert list_codes(store) == ["ledger-unavailable"]
    attempts: tuple[Callable[[], object], ...] = (
        lambda: store.save([make_entry("a")], run="r1"),
        store.lock("me", ttl_seconds=60).__enter__,
        store.fingerprint_key,
        lambda: store.journal("r1").end(),
    )
    for attempt in attempts:
        with pytest.raises(LedgerUnavailable, match="cannot be"):
            attempt()
    for look in (store.runs, store.unsettled, lambda: store.run("r1")):
        with pytest.raises(LedgerUnavailable, match="cannot be read"):
            look()


def test_a_secret_is_stored_as_a_fingerprint_that_compares(tmp_path: Path) -> None:
    store = open_files(tmp_path)
    store.save([make_entry("a", password=Secret("hunter2"))], run="r1")
    for path in (tmp_path / ".reconciler").rglob("*"):
        assert path.is_dir() or b"hunter2" not in path.read_bytes()
    key = open_files(tmp_path).fingerprint_key()
    stored = open_files(tmp_path).load().ledger.entries["connectors.a"].fields["/password"]
    assert stored == fingerprint_value("hunter2", key=key) == fingerprint_value(Secret("hunter2"), key=key)
    assert stored != fingerprint_value("hunter3", key=key)
    assert (tmp_path / ".reconciler/ledger.key").stat().st_mode & 0o777 == 0o600


def test_a_lost_key_makes_fingerprints_unknown_and_not_different(tmp_path: Path) -> None:
    open_files(tmp_path).save([make_entry("a", password=Secret("hunter2"), voiceName="A")], run="r1")
    (tmp_path / ".reconciler/ledger.key").unlink()
    assert open_files(tmp_path).load().ledger.entries["connectors.a"].fields == {"/voiceName": "A"}


def test_another_folder_means_files_whatever_the_project_says(tmp_path: Path) -> None:
    store = open_store(make_project(tmp_path, ledger="git"), clock=Clock(), folder=tmp_path / "sandbox")
    store.save([make_entry("a")], run="r1")
    assert (tmp_path / "sandbox/ledger/connectors.json").exists()


def test_ten_thousand_addresses_are_one_file_and_load_quickly(tmp_path: Path) -> None:
    store = open_files(tmp_path)
    store.save([make_entry(f"c{number}", voiceName="A", asrLangCode="en-US") for number in range(10_000)], run="r1")
    assert [path.name for path in (tmp_path / ".reconciler/ledger").iterdir()] == ["connectors.json"]
    start = time.process_time()
    assert len(open_files(tmp_path).load().ledger.entries) == 10_000
    assert time.process_time() - start < 5
    assert len(json.loads((tmp_path / ".reconciler/ledger/connectors.json").read_bytes())["entries"]) == 10_000


def test_an_apply_with_nothing_to_do_writes_nothing(tmp_path: Path) -> None:
    store = open_store(make_project(tmp_path), clock=Clock())
    secret: dict[str, Any] = {"password": Secret("hunter2"), "voiceName": "A"}
    store.save([make_entry("a", run="r1", **secret), make_entry("b", run="r1")], run="r1")
    sheet = tmp_path / ".reconciler/ledger/connectors.json"
    before = sheet.stat()
    store.save([make_entry("a", run="r2", **secret), make_entry("b", run="r2")], run="r2")
    assert sheet.stat() == before
    store.save([make_entry("a", run="r3", **secret), make_entry("b", run="r3", voiceName=1)], run="r3")
    store.save([make_entry("b", run="r4", voiceName=True)], run="r4")
    entries = store.load().ledger.entries
    assert (entries["connectors.a"].run, entries["connectors.b"].run) == ("r1", "r4")
    assert entries["connectors.b"].fields["/voiceName"] is True
