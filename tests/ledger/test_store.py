"""Which store a project has: where its files are, whose clock it goes by, and what of the environment it hears."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler.ledger import Store, open_store
from reconciler.ledger.errors import LedgerUnavailable
from reconciler.ledger.stores.files import FileStore
from reconciler.ledger.stores.git import GitStore
from reconciler.ledger.stores.objects import ObjectStore

from .samples import Clock, make_entry, make_project
from .storage import BUCKET, Storage
from .team import Team


def check_clock(store: Store) -> None:
    """A lock of a store is held from the time that the clock shows."""
    with store.lock("alice", ttl_seconds=60):
        (holder,) = store.read_locks()
    assert (holder.created, holder.expires) == ("2026-11-21T08:30:00Z", "2026-11-21T08:31:00Z")


@pytest.mark.parametrize(
    ("ledger", "folder"), [("files", None), ("files", "else"), ("git", "else"), ("s3://bucket/prefix", "else")]
)
def test_files_are_in_the_project_unless_another_folder_is_named(
    tmp_path: Path, ledger: str, folder: str | None
) -> None:
    named = tmp_path / folder if folder else None
    store = open_store(make_project(tmp_path, ledger=ledger), clock=Clock(), folder=named)
    assert isinstance(store, FileStore)
    assert list(tmp_path.iterdir()) == [], "nothing is written yet"
    store.save([make_entry("a")], run="r1")
    assert (tmp_path / (folder or ".reconciler") / "ledger" / "connectors.json").exists()
    assert (tmp_path / ".reconciler").exists() == (folder is None)
    check_clock(store)


def wall_off(clone: Path) -> Mapping[str, str]:
    """Return an environment in which no repository is looked for above the folders of a clone."""
    return {**os.environ, "GIT_CEILING_DIRECTORIES": str(clone)}


def test_a_ledger_in_git_is_that_of_the_repository_which_the_environment_lets_see(team: Team) -> None:
    clone = team.clone("one")
    (clone / "deep").mkdir()
    project = make_project(clone / "deep", ledger="git")
    store = open_store(project, clock=team.clock)
    assert isinstance(store, GitStore)
    assert [note.code for note in store.load().notes] == ["ledger-absent"]
    check_clock(store)
    walled = open_store(project, clock=team.clock, environ=wall_off(clone))
    assert [note.code for note in walled.load().notes] == ["ledger-unavailable"]


def test_a_ledger_in_a_bucket_is_reached_as_the_environment_allows(tmp_path: Path, cloud: Storage) -> None:
    project = make_project(tmp_path, ledger=f"s3://{BUCKET}/{tmp_path.name}")
    store = open_store(project, clock=Clock())
    assert isinstance(store, ObjectStore)
    check_clock(store)
    assert cloud.writes > 0
    with pytest.raises(LedgerUnavailable):
        open_store(project, clock=Clock(), environ={}).read_locks()
