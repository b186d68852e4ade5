"""One apply at a time: who holds the lock is said, and a lock that nobody holds any more ends."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconciler.app.deploy.locking import open_store_locked
from reconciler.app.workspace import open_workspace
from reconciler.cli.options import Globals
from reconciler.sandbox import Arrived
from tests.cli.stage import Stage, Told, lines


@contextmanager
def somebody_applies(stage: Stage) -> Iterator[str]:
    """Hold the project's lock as another run would; yield that run."""
    outside = Globals(folder=str(stage.folder), environ={"GITHUB_ACTOR": "mira"}, now=stage.clock)
    with open_store_locked(open_workspace(outside.build_context())) as (_, _, run):
        yield run


def test_a_second_apply_is_refused_while_the_first_runs(tmp_path: Path) -> None:
    """Not a lock that was merely left: the second one comes at the moment of the first one's first write."""
    stage = lines(tmp_path)
    seen: list[Told] = []

    def come_too(arrived: Arrived) -> None:
        if arrived.method != "GET" and not seen:
            import threading

            stage.world.before_request = None
            thread = threading.Thread(target=lambda: seen.append(apply_beside(stage)))
            thread.start()
            thread.join()

    stage.world.before_request = come_too
    assert stage.apply().code == 0
    assert seen[0].code == 5
    assert "another apply holds the lock" in seen[0].words
    assert len(stage.writes) == 3


def apply_beside(stage: Stage) -> Told:
    """Apply from another process."""
    import os

    done = subprocess.run(
        [sys.executable, "-c", APPLY, str(stage.folder), stage.clock.now.isoformat()],
        capture_output=True,
        text=True,
        env={**os.environ, **stage.environ},
        timeout=60,
        check=False,
    )
    return Told(done.returncode, done.stdout, done.stderr)


APPLY = """
import sys
from datetime import datetime
from reconciler.cli.options import Globals
from reconciler.cli.root import run
now = datetime.fromisoformat(sys.argv[2])
sys.exit(run(["-C", sys.argv[1], "apply", "--auto-approve"], outside=Globals(now=lambda: now)))
"""


@pytest.mark.parametrize("command", [("apply", "--auto-approve"), ("undo", "latest", "--auto-approve")])
def test_whoever_holds_it_is_named_and_what_to_do(tmp_path: Path, command: tuple[str, ...]) -> None:
    stage = lines(tmp_path)
    stage.settle()
    with somebody_applies(stage) as run:
        told = stage.run(*command)
        assert told.code == 5
        assert "error[ledger-locked]" in told.err
        for word in ("mira", run, f"`reconciler unlock {run}`"):
            assert word in told.words
    assert stage.requests == []
    assert stage.run(*command).code == 0


def test_reading_needs_no_lock(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    stage.settle()
    with somebody_applies(stage):
        for command in (("validate",), ("plan",), ("drift",), ("history",)):
            assert stage.run(*command).code == 0


def hold_elsewhere(stage: Stage, **facts: object) -> str:
    """Leave the lock of a run on another machine; return its run."""
    with somebody_applies(stage) as run:
        holder = json.loads((stage.folder / ".reconciler" / "lock.json").read_text("utf-8"))
    stage.write(".reconciler/lock.json", json.dumps(holder | {"machine": "another one", "host": "runner-7"} | facts))
    return run


def test_unlock_wants_the_name_of_the_run_and_asks(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    assert stage.run("unlock").out == "There was no lock.\n"
    run = hold_elsewhere(stage)
    for words in ((), ("20200101-000000-000000",)):
        told = stage.run("unlock", *words, "--auto-approve")
        assert told.code == 64
        assert f"reconciler unlock {run}" in told.words
    told = stage.run("unlock", run)
    assert told.code == 5
    assert "no terminal to ask on" in told.words
    told = stage.run("unlock", run, "--auto-approve")
    assert (told.code, "mira" in told.out, run in told.words) == (0, True, True)
    assert stage.apply().code == 0


def test_unlock_refuses_for_a_process_that_lives_on_this_machine(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    with somebody_applies(stage) as run:
        told = stage.run("unlock", run, "--auto-approve")
        assert told.code == 5
        assert "lives on this machine" in told.words
        assert stage.apply().code == 5


def test_the_lock_of_a_process_here_that_is_gone_is_taken_over_at_once(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    with somebody_applies(stage):
        left = json.loads((tmp_path / ".reconciler" / "lock.json").read_text("utf-8"))
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    stage.write(".reconciler/lock.json", json.dumps(left | {"pid": int(gone.stdout)}))
    told = stage.apply()
    assert told.code == 0
    assert "warning[lock-expired]: took over the lock, whose process is gone, of mira" in told.words


def test_a_process_of_another_machine_of_the_same_name_is_not_ours_to_judge(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    hold_elsewhere(stage, host=socket.gethostname(), pid=2**22 - 1)
    assert stage.apply().code == 5


def test_a_lock_whose_run_died_ends_by_itself_and_that_is_said(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    hold_elsewhere(stage)
    stage.clock.wait(200)
    assert stage.apply().code == 5
    stage.clock.wait(200)
    told = stage.apply()
    assert told.code == 0
    assert "warning[lock-expired]: took over the expired lock of mira" in told.words
    assert not (tmp_path / ".reconciler" / "lock.json").exists()


def test_a_damaged_lock_is_a_lock_until_it_is_old(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    stage.write(".reconciler/lock.json", "{")
    told = stage.apply()
    assert told.code == 5 or "lock-expired" in told.words
    assert stage.run("unlock", "unknown", "--auto-approve").code == 0
    assert stage.apply().code == 0


@pytest.mark.parametrize(
    "command", [("apply",), ("apply", "--auto-approve", "--target", "nobody.*"), ("undo", "nothing")]
)
def test_the_lock_is_given_back_whatever_happens(tmp_path: Path, command: tuple[str, ...]) -> None:
    stage = lines(tmp_path)
    assert stage.run(*command).code in {5, 64}
    assert not (tmp_path / ".reconciler" / "lock.json").exists()
