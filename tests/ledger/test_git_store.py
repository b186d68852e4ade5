"""The ledger in a git ref: shared by clones, raced for by clones, and never in the way of the user's own work."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from reconciler.ledger import (
    LedgerConflict,
    LedgerUnavailable,
    LockedError,
    LockLost,
    RunHeader,
    Store,
    fingerprint_value,
    open_store,
)
from reconciler.model.diagnostic import Severity
from reconciler.model.outcome import Result
from reconciler.model.secret import Secret

from .samples import Clock, make_entry, make_outcome, make_project, make_update, record_calls, run_git
from .team import IDENTITY, Team

REF = "refs/reconciler/ledger"


def write_run(store: Store, run: str) -> None:
    journal = store.journal(run)
    journal.begin(RunHeader("alice", "abc123"))
    journal.intend(make_update())
    journal.conclude(make_outcome(make_update()))
    journal.end()


def list_addresses(store: Store) -> set[str]:
    return set(store.load().ledger.entries)


def list_codes(store: Store) -> list[str]:
    return [note.code for note in store.load().notes]


def test_what_one_clone_saves_another_loads(team: Team) -> None:
    one, other = team.join("one"), team.join("other")
    assert list_codes(other) == ["ledger-absent"]
    one.save([make_entry("a", greeting="Grüß Gott"), make_entry("n", kind="numbers")], run="r1")
    loaded = other.load()
    assert loaded.notes == ()
    assert loaded.ledger.entries == one.load().ledger.entries
    assert loaded.ledger.entries["connectors.a"].fields == {"/greeting": "Grüß Gott"}
    assert loaded.ledger.version == run_git(team.remote, "rev-parse", REF)
    other.save([], run="r2", removed=["connectors.a"])
    assert list_addresses(one) == {"numbers.n"}


@pytest.mark.parametrize("shape", ["--depth=1", "--single-branch", "--filter=blob:none", "--no-checkout"])
def test_clones_of_every_shape_read_and_write(team: Team, shape: str) -> None:
    run_git(team.remote, "config", "uploadpack.allowFilter", "true")
    team.join("one").save([make_entry("a")], run="r1")
    clone = team.clone("other", shape)
    depth = run_git(clone, "rev-list", "--count", "HEAD")
    store = team.open(clone)
    store.save([make_entry("b")], run="r2")
    with store.lock("alice", ttl_seconds=60):
        pass
    assert list_addresses(team.join("third")) == {"connectors.a", "connectors.b"}
    assert run_git(clone, "rev-list", "--count", "HEAD") == depth


def test_the_history_of_the_ref_is_the_history_of_applies(team: Team) -> None:
    store = team.join("one")
    for run in ("r1", "r2"):
        write_run(store, run)
        store.save([make_entry("live-us", run=run)], run=run)
    log = run_git(team.folder / "one", "log", "--format=%an|%s|%b", REF)
    assert "alice|apply r2 by alice: 1 verified|connectors.live-us: verified (voiceName)" in log
    assert "apply r1 by alice: 1 verified" in log
    assert "Commit: abc123" in log
    assert [run.run for run in team.join("other").runs()] == ["r2", "r1"]
    assert list((team.folder / "one/.reconciler/journal").iterdir()) == []


def test_a_journal_that_ends_after_the_save_is_kept_by_a_commit_of_its_own(team: Team) -> None:
    store = team.join("one")
    journal = store.journal("r1")
    journal.begin(RunHeader("alice"))
    journal.intend(make_update())
    store.save([make_entry("live-us")], run="r1")
    store.keep_journal("r1")
    assert team.join("other").runs() == ()
    assert [doubt.address for doubt in store.unsettled()] == ["connectors.live-us"]
    journal.conclude(make_outcome(make_update()))
    journal.end()
    store.keep_journal("r1")
    store.keep_journal("r1")
    assert run_git(team.remote, "rev-list", "--count", REF) == "2"
    record = team.join("third").run("r1")
    assert record is not None
    assert record.summary.counts == {Result.VERIFIED: 1}
    assert store.unsettled() == ()


def test_nothing_of_the_user_is_touched(team: Team) -> None:
    clone = team.clone("one")
    (clone / "staged.txt").write_text("staged")
    run_git(clone, "add", "staged.txt")
    (clone / "reconciler.yaml").write_text("edited")
    for hook in ("pre-push", "reference-transaction", "pre-commit", "post-index-change"):
        path = clone / ".git/hooks" / hook
        path.write_text("#!/bin/sh\ntouch hooked\nexit 1\n")
        path.chmod(0o755)
    index = (clone / ".git/index").read_bytes()
    before = [run_git(clone, *words) for words in (("branch", "-av"), ("tag",), ("rev-parse", "HEAD"))]
    store = team.open(clone)
    with store.lock("alice", ttl_seconds=60) as lock:
        lock.refresh()
        write_run(store, "r1")
        store.save([make_entry("a")], run="r1")
    assert not (clone / "hooked").exists()
    assert (clone / ".git/index").read_bytes() == index
    assert [run_git(clone, *words) for words in (("branch", "-av"), ("tag",), ("rev-parse", "HEAD"))] == before
    assert run_git(clone, "status", "--porcelain").split() == ["M", "reconciler.yaml", "A", "staged.txt"]
    assert not (clone / ".git/FETCH_HEAD").exists()


def test_git_variables_of_a_hook_do_not_lead_astray(team: Team) -> None:
    clone = team.clone("one")
    astray = {**os.environ, "GIT_DIR": str(team.remote), "GIT_INDEX_FILE": "/nowhere", "GIT_WORK_TREE": "/"}
    team.open(clone, environ=astray).save([make_entry("a")], run="r1")
    assert run_git(clone, "rev-parse", REF) == run_git(team.remote, "rev-parse", REF)


def test_addresses_that_do_not_overlap_are_merged(team: Team) -> None:
    one, other = team.join("one"), team.join("other")
    one.load()
    other.load()
    one.save([make_entry("a")], run="r1")
    other.save([make_entry("b")], run="r2")
    assert list_addresses(one) == {"connectors.a", "connectors.b"}


def test_an_address_that_another_clone_stored_since_the_load_is_a_conflict(team: Team) -> None:
    one, other = team.join("one"), team.join("other")
    one.load()
    other.save([make_entry("a", run="r2")], run="r2")
    with pytest.raises(LedgerConflict, match="r2") as caught:
        one.save([make_entry("a", run="r1")], run="r1")
    assert caught.value.addresses == ("connectors.a",)
    assert other.load().ledger.entries["connectors.a"].run == "r2"
    assert run_git(team.remote, "rev-list", "--count", REF) == "1"


def test_of_many_clones_that_save_at_once_none_is_lost(team: Team) -> None:
    stores = [team.join(f"clone{number}") for number in range(4)]
    gate = threading.Barrier(len(stores))

    def work(number: int) -> None:
        gate.wait()
        stores[number].save([make_entry(f"c{number}")], run=f"r{number}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(stores))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert list_addresses(team.join("last")) == {f"connectors.c{number}" for number in range(len(stores))}
    assert run_git(team.remote, "rev-list", "--count", REF) == str(len(stores))


APPLY = """
import sys, time
from datetime import datetime, UTC
from pathlib import Path
from reconciler.ledger import LockedError, open_store
from tests.ledger.samples import make_project
store = open_store(make_project(Path(sys.argv[1]), ledger="git"), clock=lambda: datetime.now(UTC))
print("ready", flush=True)
sys.stdin.readline()
try:
    with store.lock(sys.argv[1], ttl_seconds=60):
        print("proceeds", flush=True)
        sys.stdin.readline()
except LockedError as problem:
    print("refused", flush=True)
"""


def test_of_two_processes_in_two_clones_exactly_one_proceeds(team: Team) -> None:
    home = Path(__file__).parents[2]
    applies = [
        subprocess.Popen(
            [sys.executable, "-c", APPLY, str(team.clone(name))],
            cwd=home, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )
        for name in ("one", "other")
    ]  # fmt: skip
    answers = []
    for apply in applies:
        assert apply.stdout is not None
        assert apply.stdout.readline() == "ready\n"
    for apply in applies:
        assert apply.stdin is not None
        apply.stdin.write("\n")
    for apply in applies:
        assert apply.stdout is not None
        answers.append(apply.stdout.readline().strip())
    for apply in applies:
        apply.communicate("\n", timeout=60)
    assert sorted(answers) == ["proceeds", "refused"]
    assert run_git(team.remote, "for-each-ref", "refs/reconciler/lock") == ""


def test_the_lock_names_its_owner_in_every_clone(team: Team) -> None:
    one, other = team.join("one"), team.join("other")
    with one.lock("alice", ttl_seconds=60, run="r1") as lock:
        with pytest.raises(LockedError, match=r"alice.*r1"):
            other.lock("bob", ttl_seconds=60).__enter__()
        team.clock.advance(50)
        lock.refresh()
        team.clock.advance(50)
        with pytest.raises(LockedError):
            other.lock("bob", ttl_seconds=60).__enter__()
        team.clock.advance(10)
        with other.lock("bob", ttl_seconds=60) as taken:
            assert [note.code for note in taken.notes] == ["lock-expired"]
            with pytest.raises(LockLost, match="bob"):
                lock.refresh()
    assert one.read_locks() == ()


def test_unlock_removes_a_lock_of_another_clone(team: Team) -> None:
    one, other = team.join("one"), team.join("other")
    with one.lock("alice", ttl_seconds=60) as lock:
        assert [holder.owner for holder in other.read_locks()] == ["alice"]
        assert other.unlock(lock.holder)
        assert not other.unlock(lock.holder)
        with other.lock("bob", ttl_seconds=60), pytest.raises(LockLost, match="bob"):
            lock.refresh()
        with pytest.raises(LockLost, match="removed"):
            lock.refresh()
    assert [note.code for note in lock.notes] == ["lock-expired"]


def test_a_damaged_lock_ends_one_time_to_live_after_its_commit(team: Team) -> None:
    clone = team.clone("one")
    run_git(clone, "push", "-q", "origin", "HEAD:refs/reconciler/lock")
    store = team.open(clone)
    team.clock.now = team.clock.now.replace(year=2020)
    with pytest.raises(LockedError, match="somebody unknown"):
        store.lock("alice", ttl_seconds=60).__enter__()
    team.clock.now = team.clock.now.replace(year=2090)
    with store.lock("alice", ttl_seconds=60) as lock:
        assert len(lock.notes) == 1


def test_a_fork_without_push_rights_reads_and_nothing_else(team: Team) -> None:
    team.join("one").save([make_entry("a")], run="r1")
    team.refuse_pushes()
    fork = team.join("fork")
    assert list_addresses(fork) == {"connectors.a"}
    assert list_codes(fork) == []
    with pytest.raises(LedgerUnavailable, match="you may not push here") as caught:
        fork.lock("eve", ttl_seconds=60).__enter__()
    assert "contents: write" in caught.value.advice
    with pytest.raises(LedgerUnavailable):
        fork.save([make_entry("b")], run="r2")
    assert list_addresses(team.join("last")) == {"connectors.a"}


def test_offline_the_copy_serves_a_plan_and_the_lock_fails(team: Team) -> None:
    store = team.join("one")
    store.save([make_entry("a")], run="r1")
    team.remote.rename(team.folder / "away")
    offline = team.open(team.folder / "one")
    loaded = offline.load()
    assert set(loaded.ledger.entries) == {"connectors.a"}
    assert [(note.code, note.severity) for note in loaded.notes] == [("ledger-unavailable", Severity.WARNING)]
    assert "local copy" in loaded.notes[0].message
    for attempt in (
        lambda: offline.lock("a", ttl_seconds=9).__enter__(),
        lambda: offline.save([make_entry("b")], run="r"),
    ):
        with pytest.raises(LedgerUnavailable):
            attempt()


def test_a_lock_that_cannot_be_removed_is_said_and_hides_no_result(team: Team) -> None:
    with team.join("one").lock("alice", ttl_seconds=60) as lock:
        team.remote.rename(team.folder / "away")
    assert [note.code for note in lock.notes] == ["ledger-unavailable"]
    assert lock.holder.expires in lock.notes[0].message


def test_a_lost_remote_ref_is_told_and_stored_again(team: Team) -> None:
    store = team.join("one")
    store.save([make_entry("a")], run="r1")
    run_git(team.remote, "update-ref", "-d", REF)
    assert list_codes(store) == ["ledger-unavailable"]
    assert list_addresses(store) == {"connectors.a"}
    store.save([make_entry("b")], run="r2")
    assert list_addresses(team.join("other")) == {"connectors.a", "connectors.b"}


def test_a_repository_without_a_remote_keeps_its_own_ref(tmp_path: Path) -> None:
    run_git(tmp_path, "init", "-q")
    store = open_store(make_project(tmp_path, ledger="git"), clock=Clock())
    assert list_codes(store) == ["ledger-absent"]
    with store.lock("alice", ttl_seconds=60) as lock:
        lock.refresh()
        with pytest.raises(LockedError):
            store.lock("bob", ttl_seconds=60).__enter__()
        write_run(store, "r1")
        store.save([make_entry("a")], run="r1")
    assert list_addresses(open_store(make_project(tmp_path, ledger="git"), clock=Clock())) == {"connectors.a"}
    assert run_git(tmp_path, "for-each-ref", "--format=%(refname)") == REF


def test_a_folder_without_a_repository_is_a_note_for_plans(tmp_path: Path) -> None:
    store = open_store(make_project(tmp_path, ledger="git"), clock=Clock())
    assert list_codes(store) == ["ledger-unavailable"]
    assert len(store.fingerprint_key()) == 32
    with pytest.raises(LedgerUnavailable, match="not a git repository"):
        store.runs()
    with pytest.raises(LedgerUnavailable, match="not a git repository"):
        store.lock("alice", ttl_seconds=60).__enter__()


def test_a_repository_of_another_user_is_named_with_the_command_that_mends_it(team: Team) -> None:
    clone = team.clone("one's own")
    store = team.open(clone, environ={**os.environ, "GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"})
    note = store.load().notes[0]
    assert "git does not trust" in note.message
    assert note.advice.startswith(f"`git config --global --add safe.directory {shlex.quote(str(clone))}`")
    with pytest.raises(LedgerUnavailable, match="belongs to another user") as caught:
        store.lock("alice", ttl_seconds=60).__enter__()
    assert "safe.directory" in caught.value.advice


def test_a_machine_without_git_is_a_note_for_plans(team: Team) -> None:
    store = team.open(team.clone("one"), environ={"PATH": "/nowhere"})
    assert "git is not installed" in store.load().notes[0].message


def test_projects_and_environments_of_one_repository_do_not_meet(team: Team) -> None:
    clone = team.clone("one")
    for name in ("voice/us", "voice/eu"):
        (clone / name).mkdir(parents=True)
    us, eu = team.open(clone / "voice/us"), team.open(clone / "voice/eu")
    us.save([make_entry("a", voiceName="US")], run="r1")
    eu.load()
    eu.save([make_entry("a", voiceName="EU")], run="r2")
    staging = team.open(clone / "voice/us", environment="staging")
    staging.load()
    staging.save([make_entry("a", voiceName="S")], run="r3")
    found = [store.load().ledger.entries["connectors.a"].fields["/voiceName"] for store in (us, eu, staging)]
    assert found == ["US", "EU", "S"]
    assert list_codes(team.open(clone)) == ["ledger-absent"]
    with us.lock("alice", ttl_seconds=60), eu.lock("bob", ttl_seconds=60), staging.lock("eve", ttl_seconds=60):
        for store in (us, eu, staging):
            with pytest.raises(LockedError):
                store.lock("mallory", ttl_seconds=60).__enter__()


def test_a_foreign_ref_is_a_warning_and_its_history_is_kept(team: Team) -> None:
    clone = team.clone("one")
    (clone / "ledger").mkdir()
    (clone / "ledger/connectors.json").write_text("not ours")
    run_git(clone, "add", ".")
    run_git(clone, *IDENTITY, "commit", "-q", "-m", "x")
    run_git(clone, "push", "-q", "origin", f"HEAD:{REF}")
    store = team.join("other")
    assert list_codes(store) == ["ledger-foreign"]
    store.save([make_entry("a")], run="r1")
    assert list_addresses(store) == {"connectors.a"}
    assert run_git(team.remote, "show", f"{REF}~1:ledger/connectors.json") == "not ours"


def test_clones_share_the_key_of_the_fingerprints(team: Team) -> None:
    one = team.join("one")
    one.save([make_entry("a", password=Secret("hunter2"))], run="r1")
    other = team.join("other")
    stored = other.load().ledger.entries["connectors.a"].fields["/password"]
    assert stored == fingerprint_value("hunter2", key=other.fingerprint_key())
    assert "hunter2" not in run_git(team.remote, "log", "-p", REF)


def test_a_remote_of_another_name_is_found_and_several_are_refused(team: Team) -> None:
    clone = team.clone("one")
    run_git(clone, "remote", "rename", "origin", "upstream")
    team.open(clone).save([make_entry("a")], run="r1")
    assert list_addresses(team.join("other")) == {"connectors.a"}
    run_git(clone, "remote", "add", "second", str(team.folder))
    with pytest.raises(LedgerUnavailable, match="origin"):
        team.open(clone).lock("alice", ttl_seconds=60).__enter__()


def list_files(team: Team) -> set[str]:
    return set(run_git(team.remote, "ls-tree", "-r", "--name-only", REF).splitlines())


def test_each_project_and_environment_has_its_place(team: Team) -> None:
    clone = team.clone("one")
    (clone / "voice/us").mkdir(parents=True)
    run = "20261121-083000-aaaa"
    for root, environment in (
        (clone, None),
        (clone / "voice/us", None),
        (clone, "Staging"),
        (clone / "voice/us", "eu"),
    ):
        store = team.open(root, environment=environment)
        with store.lock("alice", ttl_seconds=60):
            write_run(store, run)
            store.save([make_entry("a")], run=run)
            locks = run_git(
                team.remote, "for-each-ref", "--format=%(refname)", "refs/reconciler/lock", "refs/reconciler/locks"
            )
            world = f"@{environment.replace('S', '%53')}" if environment else ""
            name = ("voice%2Fus" if root != clone else "") + world
            assert locks == (f"refs/reconciler/locks/{name}" if name else "refs/reconciler/lock")
    own = {f"journal/{run}.jsonl", "journal-index/202611.jsonl", "ledger.key", "ledger/connectors.json"}
    voice = {f"projects/voice%2Fus/{name}" for name in (*own, "ledger/@eu/connectors.json")}
    assert list_files(team) == {*own, "ledger/@%53taging/connectors.json", *voice}
    assert [each.run for each in team.open(clone / "voice/us", environment="eu").runs()] == []
    assert team.open(clone / "voice/us").run(run) is not None


def test_a_save_before_the_end_says_what_it_records_and_who_does(team: Team) -> None:
    clone = team.clone("one")
    run_git(clone, "config", "user.name", "Jürgen")
    environ = {name: value for name, value in os.environ.items() if name not in {"GITHUB_ACTOR", "GITLAB_USER_LOGIN"}}
    store = team.open(clone, environ=environ)
    store.save([make_entry("b")], run="r1", removed=["connectors.a"])
    when = int(team.clock().timestamp())
    expected = f"Jürgen|{when}|Record 2 resources of run r1\n\nconnectors.a\nconnectors.b"
    assert run_git(clone, "log", "--format=%an|%at|%B", REF) == expected
    team.clock.advance(60)
    write_run(store, "r1")
    store.keep_journal("r1")
    head = run_git(clone, "log", "-1", "--format=%an|%at|%s", REF)
    assert head == f"alice|{when + 60}|apply r1 by alice: 1 verified"


def test_nothing_to_store_is_no_commit(team: Team) -> None:
    store = team.join("one")
    store.save([], run="r1")
    store.keep_journal("r1")
    journal = store.journal("r1")
    journal.begin(RunHeader("alice"))
    store.save([], run="r1")
    store.keep_journal("r1")
    assert run_git(team.remote, "for-each-ref", REF) == ""
    journal.end()
    store.save([], run="r1")
    assert run_git(team.remote, "rev-list", "--count", REF) == "1"
    assert store.run("r1") is not None


def test_a_run_is_found_here_in_the_ref_or_nowhere(team: Team) -> None:
    store = team.join("one")
    write_run(store, "r1")
    for each in (store, team.open(team.folder / "one")):
        record = each.run("r1")
        assert record is not None
        assert record.summary.run == "r1"
        assert each.run("r2") is None
    store.keep_journal("r1")
    kept = team.join("other").run("r1")
    assert kept is not None
    assert kept == record
    assert [step.address for step in kept.steps] == ["connectors.live-us"]


def test_a_store_saves_again_over_what_it_saved_itself(team: Team) -> None:
    one, other = team.join("one"), team.join("other")
    one.load()
    for voice in ("A", "B"):
        one.save([make_entry("a", voiceName=voice)], run="r1")
    other.load()
    other.save([make_entry("a", run="r2")], run="r2")
    for gone in ((), ("connectors.a",)):
        with pytest.raises(LedgerConflict):
            one.save([] if gone else [make_entry("a")], run="r3", removed=gone)


def test_what_was_stored_is_read_without_asking_again(team: Team) -> None:
    environ, log = record_calls(team.folder)
    store = team.open(team.clone("one"), environ=environ)
    write_run(store, "r1")
    store.save([make_entry("a")], run="r1")
    asked = log.read_text().count("ls-remote")
    assert [run.run for run in store.runs()] == ["r1"]
    assert log.read_text().count("ls-remote") == asked


def overtake(team: Team, store: Store, *, name: str, run: str) -> None:
    """Let a clone save while the next push of another one is on its way."""
    before = run_git(team.remote, "for-each-ref", "--format=%(objectname)", REF)
    store.save([make_entry(name)], run=run)
    now = run_git(team.remote, "rev-parse", REF)
    run_git(team.remote, "update-ref", *((REF, before) if before else ("-d", REF)))
    team.outrun(REF, now)


def test_who_is_overtaken_builds_on_what_was_stored_meanwhile(team: Team) -> None:
    one, other = team.join("one"), team.join("other")
    one.load()
    overtake(team, other, name="b", run="r2")
    one.save([make_entry("a")], run="r1")
    assert list_addresses(team.join("third")) == {"connectors.a", "connectors.b"}
    overtake(team, other, name="c", run="r3")
    write_run(one, "r4")
    one.keep_journal("r4")
    last = team.open(team.folder / "third")
    assert list_addresses(last) == {"connectors.a", "connectors.b", "connectors.c"}
    assert [run.run for run in last.runs()] == ["r4"]
    assert list((team.folder / "one/.reconciler/journal").iterdir()) == []


def test_the_key_is_made_once_and_read_ever_after(team: Team) -> None:
    one = team.join("one")
    key = one.fingerprint_key()
    assert one.fingerprint_key() == key
    assert run_git(team.remote, "for-each-ref", REF) == ""
    for run in ("r1", "r2"):
        one.save([make_entry("a", run=run)], run=run)
        assert run_git(team.remote, "show", f"{REF}:ledger.key") == key.hex()
    other = team.join("other")
    write_run(other, "r3")
    other.keep_journal("r3")
    assert run_git(team.remote, "show", f"{REF}:ledger.key") == key.hex()
    assert other.fingerprint_key() == key


def test_a_key_that_cannot_be_read_is_not_replaced(team: Team) -> None:
    """As in a clone that lost a part of its objects."""
    store = team.join("one")
    store.save([make_entry("a")], run="r1")
    blob = run_git(team.folder / "one", "rev-parse", f"{REF}:ledger.key")
    (team.folder / "one/.git/objects" / blob[:2] / blob[2:]).unlink()
    broken = team.open(team.folder / "one")
    loaded = broken.load()
    assert (loaded.ledger.entries, [note.code for note in loaded.notes]) == ({}, ["ledger-unavailable"])
    assert loaded.notes[0].message.endswith(f"{blob} is not in this clone; nothing is known of earlier applies")
    assert len(broken.fingerprint_key()) == 32
    write_run(broken, "r2")
    with pytest.raises(LedgerUnavailable):
        broken.save([make_entry("b")], run="r2")
    with pytest.raises(LedgerUnavailable):
        broken.keep_journal("r2")
    assert run_git(team.remote, "rev-list", "--count", REF) == "1"


def test_offline_the_copy_tells_what_runs_did(team: Team) -> None:
    store = team.join("one")
    write_run(store, "r1")
    store.save([make_entry("a")], run="r1")
    team.remote.rename(team.folder / "away")
    offline = team.open(team.folder / "one")
    assert [run.run for run in offline.runs()] == ["r1"]
    assert offline.run("r1") is not None
    assert offline.unsettled() == ()
    assert offline.fingerprint_key() == store.fingerprint_key()
    bare = team.folder / "bare"
    run_git(team.folder, "init", "-q", "bare")
    run_git(bare, "remote", "add", "origin", str(team.remote))
    blind = team.open(bare)
    (note,) = blind.load().notes
    assert note.message.endswith("; nothing is known of earlier applies")
    assert note.advice == "Check the network and the access to the repository. Plans work without it, apply does not."
    with pytest.raises(LedgerUnavailable):
        blind.runs()
    with pytest.raises(LedgerUnavailable):
        blind.unsettled()
    with pytest.raises(LedgerUnavailable):
        blind.run("r1")


def test_a_lost_ref_is_noted(team: Team) -> None:
    store = team.join("one")
    store.save([make_entry("a")], run="r1")
    run_git(team.remote, "update-ref", "-d", REF)
    (note,) = store.load().notes
    assert (note.code, note.severity) == ("ledger-unavailable", Severity.NOTE)
    assert note.message == f"the remote has no {REF}; what this clone has of it is used"
    assert note.advice == "The next apply stores it there again."
