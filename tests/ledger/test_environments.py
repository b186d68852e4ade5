"""Two environments of one project, in each store: neither waits for the other, and neither is told the other's runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from reconciler.ledger import LockedError, RunEnd, RunHeader, Store, open_store
from reconciler.ledger.stores.objects import ObjectStore
from reconciler.model.outcome import Result

from .samples import Clock, make_outcome, make_project, make_update
from .team import Team

Open = Callable[[str | None], Store]


@pytest.fixture(params=["files", "git", "git below", "objects"])
def open_world(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Return what opens the store of an environment of one project."""
    clock, memory = Clock(), MemoryStore()
    if request.param.startswith("git"):
        team = Team(tmp_path)
        root = team.clone("one") / ("deep/er" if "below" in request.param else "")
        root.mkdir(parents=True, exist_ok=True)
        return lambda environment: team.open(root, environment=environment)
    if request.param == "objects":
        project = {"ledger": "s3://ledgers/telephony"}
        return lambda environment: ObjectStore(
            make_project(tmp_path, environment=environment, **project), clock=clock, environ={}, backend=memory
        )
    return lambda environment: open_store(make_project(tmp_path, environment=environment), clock=clock)


def test_locks_are_apart(open_world: Open) -> None:
    stores = [open_world(name) for name in (None, "staging", "production")]
    with (
        stores[0].lock("ann", ttl_seconds=60),
        stores[1].lock("bob", ttl_seconds=60),
        stores[2].lock("eve", ttl_seconds=60),
    ):
        owners = [holder.owner for store in stores for holder in store.read_locks()]
        assert owners == ["ann", "bob", "eve"]
        with pytest.raises(LockedError, match="bob"):
            open_world("staging").lock("ann", ttl_seconds=60).__enter__()
    with stores[1].lock("bob", ttl_seconds=60), stores[2].lock("eve", ttl_seconds=60):
        (holder,) = open_world("staging").read_locks()
        assert holder.owner == "bob"
        assert open_world("staging").unlock(holder)
        assert len(stores[2].read_locks()) == 1


def test_runs_and_their_doubts_are_apart(open_world: Open) -> None:
    for environment, result in (("staging", Result.IN_DOUBT), ("production", Result.VERIFIED)):
        store = open_world(environment)
        journal = store.journal(f"r-{environment}")
        journal.begin(RunHeader("ann", environment=environment, command="apply"))
        update = make_update()
        journal.intend(update)
        journal.conclude(make_outcome(update, result))
        journal.end(RunEnd())
        store.keep_journal(f"r-{environment}")
    runs = {name: [run.run for run in open_world(name).runs()] for name in (None, "staging", "production")}
    assert runs == {None: ["r-staging", "r-production"], "staging": ["r-staging"], "production": ["r-production"]}
    assert [doubt.run for doubt in open_world("staging").unsettled()] == ["r-staging"]
    assert open_world("production").unsettled() == ()
