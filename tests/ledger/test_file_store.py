"""The ledger in plain files: its key, its conflicts, and what is no part of it."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest
from filelock import FileLock

from reconciler.ledger import LedgerConflict, Store, open_store
from reconciler.ledger.fingerprints import create_key, format_key
from reconciler.ledger.stores.files import LockFile
from reconciler.model.diagnostic import Diagnostic, Severity

from .samples import Clock, make_entry, make_project


def open_one(root: Path) -> Store:
    return open_store(make_project(root), clock=Clock())


def test_what_another_run_stored_after_the_load_is_a_conflict(tmp_path: Path) -> None:
    one, other = open_one(tmp_path), open_one(tmp_path)
    one.save([make_entry("a")], run="r1")
    one, other = open_one(tmp_path), open_one(tmp_path)
    one.load()
    other.save([make_entry("a", run="r2", voiceName="B")], run="r2")
    with pytest.raises(LedgerConflict):
        one.save([make_entry("a", run="r3", voiceName="C")], run="r3")


def test_the_first_key_of_several_runs_is_everybodys(tmp_path: Path) -> None:
    """A run that waited for its turn to make a key takes the one that was made meanwhile."""
    state = tmp_path / ".reconciler"
    state.mkdir()
    first, found = create_key(), list[bytes]()
    with FileLock(state / ".guard"):
        waiting = threading.Thread(target=lambda: found.append(open_one(tmp_path).fingerprint_key()))
        waiting.start()
        time.sleep(0.1)
        (state / "ledger.key").write_bytes(format_key(first))
    waiting.join()
    assert found == [first]
    assert open_one(tmp_path).fingerprint_key() == first


def test_hidden_files_are_no_part_of_the_ledger(tmp_path: Path) -> None:
    open_one(tmp_path).save([make_entry("a")], run="r1")
    (tmp_path / ".reconciler" / "ledger" / ".connectors.json").write_text("not ours")
    (tmp_path / ".reconciler" / "ledger" / "notes.txt").write_text("not ours")
    assert open_one(tmp_path).load().notes == ()


def test_a_ledger_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / ".reconciler" / "ledger").mkdir(parents=True)
    (tmp_path / ".reconciler" / "ledger" / "connectors.json").mkdir()
    loaded = open_one(tmp_path).load()
    (note,) = loaded.notes
    assert loaded.ledger.entries == {}
    assert note.message.startswith("the ledger cannot be read: ")
    assert note.message.endswith("; nothing is known of earlier applies")
    assert note == Diagnostic("ledger-unavailable", note.message, Severity.WARNING, advice="Make the folder readable.")


def test_everybody_may_read_a_lock_and_only_its_owner_the_key(tmp_path: Path) -> None:
    mask = os.umask(0)
    try:
        LockFile(tmp_path / ".reconciler", None).swap("held", expected=None)
        open_one(tmp_path).fingerprint_key()
    finally:
        os.umask(mask)
    assert (tmp_path / ".reconciler" / "lock.json").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / ".reconciler" / "ledger.key").stat().st_mode & 0o777 == 0o600
