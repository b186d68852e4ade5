"""Journals in commits: a commit stores the journal and one page of the index, and lets go of what has expired."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.ledger.journals.index import digest_journal, list_digests, parse_index
from reconciler.ledger.journals.retention import KEPT_RUNS
from reconciler.ledger.stores.git_journals import CommitJournals
from reconciler.ledger.stores.git_objects import Objects, Signature
from reconciler.ledger.stores.git_open import open_repository

from .samples import import_commit, run_git

NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
FOLDER = "projects/us/"


def write_journal(name: str) -> bytes:
    begin = {"event": "begin", "run": name, "when": "2025-01-01T00:00:00Z", "command": "apply"}
    return json.dumps(begin).encode() + b"\n"


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    run_git(tmp_path, "init", "-q")
    return Objects(open_repository(tmp_path, environ=os.environ).git)


def add(journals: CommitJournals, name: str) -> tuple[dict[str, bytes | None], CommitJournals]:
    """Add a journal; return what that changes, and the journals of the commit that it makes."""
    changes = journals.add(name, write_journal(name), now=NOW)
    parent, signature = journals.commit, Signature("A", NOW)
    commit = journals.objects.create_commit(changes, parent=parent, message="x", signature=signature)
    return changes, CommitJournals(journals.objects, commit, journals.folder)


def list_indexed(page: bytes | None) -> list[str]:
    assert page is not None
    return list(parse_index(page))


@pytest.mark.parametrize("folder", ["", FOLDER])
def test_a_journal_is_stored_with_its_page_of_the_index(objects: Objects, folder: str) -> None:
    journals = CommitJournals(objects, "", folder)
    for name in ("20261031-1.jsonl", "20261101-1.jsonl", "20261101-2.jsonl"):
        changes, journals = add(journals, name)
        page = f"{folder}journal-index/{name[:6]}.jsonl"
        assert changes.keys() == {f"{folder}journal/{name}", page}
        assert changes[f"{folder}journal/{name}"] == write_journal(name)
        assert list_indexed(changes[page])[-1] == name
    assert list_indexed(changes[page]) == ["20261101-1.jsonl", "20261101-2.jsonl"]
    assert list_indexed(journals.read_index()) == ["20261031-1.jsonl", "20261101-1.jsonl", "20261101-2.jsonl"]


def test_journals_are_read_by_name(objects: Objects) -> None:
    journals = CommitJournals(objects, "", FOLDER)
    for name in ("20261031-1.jsonl", "20261101-22.jsonl"):
        _, journals = add(journals, name)
    size = len(write_journal("20261031-1.jsonl"))
    assert journals.list_sizes() == {"20261031-1.jsonl": size, "20261101-22.jsonl": size + 1}
    assert journals.read_some(["20261101-22.jsonl"]) == {"20261101-22.jsonl": write_journal("20261101-22.jsonl")}
    assert {digest.name for digest in list_digests(journals)} == {"20261031-1.jsonl", "20261101-22.jsonl"}


def test_what_the_index_lacks_is_added_to_it(objects: Objects, tmp_path: Path) -> None:
    lost = "20261101-1.jsonl"
    commit = import_commit(tmp_path, "refs/heads/past", {f"journal/{lost}": write_journal(lost)})
    _, journals = add(CommitJournals(objects, commit, ""), "20261101-2.jsonl")
    assert parse_index(journals.read_index())[lost] == digest_journal(lost, write_journal(lost))


def test_what_has_expired_goes_with_its_line_and_an_empty_page(objects: Objects, tmp_path: Path) -> None:
    names = [f"20250{place > 1:d}-{place:04}.jsonl" for place in range(KEPT_RUNS + 2)]
    past = {f"journal/{name}": write_journal(name) for name in names} | {"journal-index/202500.jsonl": b"x"}
    commit = import_commit(tmp_path, "refs/heads/past", past)
    new = "20261121-1.jsonl"
    changes, journals = add(CommitJournals(objects, commit, ""), new)
    pages = {"journal-index/202500.jsonl", "journal-index/202501.jsonl", "journal-index/202611.jsonl"}
    assert changes.keys() == {*(f"journal/{name}" for name in (*names[:3], new)), *pages}
    assert {path for path, content in changes.items() if content is None} == {
        *(f"journal/{name}" for name in names[:3]),
        "journal-index/202500.jsonl",
    }
    assert list_indexed(journals.read_index()) == [*names[3:], new]
    assert journals.list_sizes().keys() == {*names[3:], new}
