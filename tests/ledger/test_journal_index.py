"""The index of journals tells what the journals tell, in every store; what has expired takes no open question along."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from obstore.store import MemoryStore

from reconciler.ledger import Journal, RunEnd, RunHeader, Store, open_store
from reconciler.ledger.journals import retention
from reconciler.ledger.journals.folder import JournalFolder
from reconciler.ledger.journals.history import find_unsettled, list_open_sightings, read_run
from reconciler.ledger.journals.index import (
    Digest,
    JournalSource,
    digest_journal,
    format_index,
    list_digests,
    list_summaries,
    parse_index,
)
from reconciler.ledger.stores.bucket import Bucket
from reconciler.ledger.stores.git import LEDGER_REF
from reconciler.ledger.stores.git_journals import CommitJournals
from reconciler.ledger.stores.git_repository import Repository
from reconciler.ledger.stores.objects import BucketJournals, ObjectStore
from reconciler.model.outcome import Result
from reconciler.model.plan import Cause, Change

from .samples import Clock, make_entry, make_outcome, make_project, make_update
from .team import Team

NAMES = ("one", "two", "three")
CHANGE = Change(("label",), "a", "b", Cause.DRIFT, last_applied="c")

Deed = tuple[str, str, Any]
deeds = st.one_of(
    st.tuples(st.just("intend"), st.sampled_from(NAMES), st.none()),
    st.tuples(st.just("conclude"), st.sampled_from(NAMES), st.sampled_from(Result)),
    st.tuples(st.sampled_from(["settle", "see", "miss", "tear"]), st.sampled_from(NAMES), st.none()),
)
runs = st.lists(st.tuples(st.lists(deeds, max_size=8), st.booleans()), min_size=1, max_size=6)


def do(journal: Journal, deed: Deed) -> None:
    what, name, result = deed
    update = make_update(name, changes=(CHANGE,))
    match what:
        case "intend":
            journal.intend(update)
        case "conclude":
            journal.conclude(make_outcome(update, result))
        case "settle":
            journal.settle(update.address, message="")
        case "see":
            journal.see(update, CHANGE)
        case "miss":
            journal.miss(update.address, CHANGE.path)
        case "tear":
            with journal.path.open("ab") as stream:
                stream.write(b'{"event": "int\n')


def write_run(store: Store, run: str, told: list[Deed], *, end: bool = True) -> bytes:
    journal = store.journal(run)
    journal.begin(RunHeader("alice", "abc"))
    for deed in told:
        do(journal, deed)
    if end:
        journal.end(RunEnd())
    journal.close()
    return journal.path.read_bytes()


@given(runs)
@settings(max_examples=60, deadline=None)
def test_an_index_tells_what_the_journals_tell(tmp_path_factory: pytest.TempPathFactory, told: Any) -> None:
    store = open_store(make_project(tmp_path_factory.mktemp("p")), clock=Clock())
    contents = {
        f"r{number}.jsonl": write_run(store, f"r{number}", list(each), end=end)
        for number, (each, end) in enumerate(told)
    }
    whole = [read_run(name, content) for name, content in contents.items()]
    index = parse_index(format_index(digest_journal(name, content) for name, content in contents.items()))
    read = [digest.read() for digest in index.values()]
    assert [record.summary for record in read] == [record.summary for record in whole]
    assert find_unsettled(read) == find_unsettled(whole)
    store.keep_journal("r0")
    assert store.unsettled() == find_unsettled(whole)
    assert store.runs() == tuple(sorted((record.summary for record in whole), key=lambda run: run.run, reverse=True))


@given(runs, st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_what_expires_takes_no_open_question_along(
    tmp_path_factory: pytest.TempPathFactory, told: Any, kept: int
) -> None:
    clock = Clock()
    store = open_store(make_project(tmp_path_factory.mktemp("p")), clock=clock)
    digests = [
        digest_journal(f"r{number}.jsonl", write_run(store, f"r{number}", list(each), end=end))
        for number, (each, end) in enumerate(told)
    ]
    later = clock() + timedelta(days=retention.KEPT_DAYS + 1)
    expired = retention.choose_expired(digests, now=later, kept_runs=kept)
    rest = [digest for digest in digests if digest.name not in expired]
    assert find_unsettled(map(Digest.read, rest)) == find_unsettled(map(Digest.read, digests))
    assert list_open(rest) == list_open(digests)
    assert {digest.name for digest in digests[len(digests) - kept :]} <= {digest.name for digest in rest}
    assert retention.choose_expired(digests, now=clock(), kept_runs=kept) == frozenset()
    if not any(each for each, _ in told):
        assert len(rest) == min(kept, len(told))


def list_open(digests: list[Digest]) -> Any:
    return list_open_sightings(list_summaries(digests, environment=None))


INVENTED = (b"[]", b"{}", b"[1]", b'[{"event": 1}]', b"[" * 9000, b"nonsense", b'[{"event": "outcome", "address": []}]')


@pytest.mark.parametrize("rows", INVENTED)
@pytest.mark.parametrize(
    "head", ['"r1.jsonl", {size}, 0, true', "[], {size}, 0, 1", '"r1.jsonl", "{size}", {{}}, 0', "1"]
)
def test_an_index_that_somebody_made_up_breaks_nothing(tmp_path: Path, head: str, rows: bytes) -> None:
    store = open_store(make_project(tmp_path), clock=Clock())
    size = len(write_run(store, "r1", []))
    line = f"[{head.format(size=size)}, {crc32(rows)}]".encode() + b"\t" + rows + b"\n"
    (tmp_path / ".reconciler/journal-index.jsonl").write_bytes(line)
    assert [run.run for run in store.runs()] == ["r1"]
    assert store.unsettled() == ()


def test_a_journal_that_somebody_made_up_is_indexed_as_it_is_read() -> None:
    content = b"".join(
        b'{"event": "%s", "address": %s, "result": %s}\n' % (event, address, result)
        for event in (b"begin", b"intend", b"outcome", b"saw", b"end")
        for address in (b"[]", b"{}", b"1", b"null", b'"a"')
        for result in (b"[]", b'"verified"')
    )
    assert digest_journal("r1.jsonl", content).read().summary == read_run("r1.jsonl", content).summary


class Counting:
    """A source of journals that notes which were read."""

    def __init__(self, source: JournalSource) -> None:
        self._source = source
        self.read: list[str] = []

    def list_sizes(self) -> Mapping[str, int]:
        return self._source.list_sizes()

    def read_index(self) -> bytes:
        return self._source.read_index()

    def read_some(self, names: Sequence[str]) -> Mapping[str, bytes]:
        self.read += names
        return self._source.read_some(names)


@dataclass(frozen=True)
class World:
    """A ledger that is opened anew for each command, and its journals."""

    open: Callable[[], Store]
    find_source: Callable[[], JournalSource]


@pytest.fixture(params=["files", "git", "objects"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    clock = Clock()
    if request.param == "git":
        team = Team(tmp_path)
        clone = team.clone("one")
        repository = Repository(clone, environ=os.environ)
        return World(
            lambda: team.open(clone),
            lambda: CommitJournals(repository.objects, repository.read_shared(LEDGER_REF), ""),
        )
    if request.param == "objects":
        project, backend = make_project(tmp_path, ledger="s3://bucket/p"), MemoryStore()
        return World(
            lambda: ObjectStore(project, clock=clock, environ={}, backend=backend),
            lambda: BucketJournals(Bucket(project.ledger, environ={}, backend=backend)),
        )
    return World(
        lambda: open_store(make_project(tmp_path), clock=clock),
        lambda: JournalFolder(tmp_path / ".reconciler/journal"),
    )


def name_run(month: int) -> str:
    return f"2026{month:02d}01-000000-aaaa"


def test_every_store_reads_no_journal_that_its_index_knows(world: World) -> None:
    for month in (1, 2, 3):
        write_run(world.open(), name_run(month), [("intend", "one", None)])
        world.open().save([make_entry("one", label=month)], run=name_run(month))
    write_run(world.open(), name_run(4), [("conclude", "one", Result.VERIFIED)])
    world.open().keep_journal(name_run(4))
    assert world.open().unsettled() == ()
    write_run(world.open(), name_run(5), [("intend", "two", None)], end=False)
    assert [doubt.address for doubt in world.open().unsettled()] == ["connectors.two"]
    assert [run.run for run in world.open().runs()] == [name_run(month) for month in (5, 4, 3, 2, 1)]
    source = Counting(world.find_source())
    assert {digest.name[:8] for digest in list_digests(source)} >= {f"2026{month:02d}01" for month in (1, 2, 3, 4)}
    assert set(source.read) <= {f"{name_run(5)}.jsonl"}
    record = world.open().run(name_run(4))
    assert record is not None
    assert record.steps[0].changes, "one run is read whole, from its own journal"
