"""Law 11: an apply of 60 updates whose output, terminal, disk, code page or parent ends, at every outcome line.

However it is ended: what is in flight is finished, the journal and the ledger know of each write that the vendor has,
the lock is gone, the exit code says what happened, and a second apply finishes the work.
"""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import pty
import re
import resource
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from fcntl import ioctl
from pathlib import Path

import pytest

from reconciler.cli.options import Globals
from reconciler.cli.root import run
from tests.cli.stage import LINES, QUICK, Stage, lines

COUNT = 60
HEAD = LINES.replace("{galtea: {}}", "{galtea: {requests_per_minute: 600000}}\nguards: {max_percent: 100}")


class Ending(io.StringIO):
    """A stdout that does something at one of its outcome lines, before it takes it."""

    def __init__(self, last: int, act: Callable[[], None]) -> None:
        super().__init__()
        self._left, self._act = last, act

    def write(self, text: str, /) -> int:
        if "verified" in text and "phone_connections.line-" in text:
            self._left -= 1
            if self._left == 0:
                self._act()
        return super().write(text)


def fail(number: int) -> Callable[[], None]:
    def act() -> None:
        raise OSError(number, os.strerror(number))

    return act


def close() -> None:
    raise ValueError("I/O operation on closed file.")


def strike(number: int) -> Callable[[], None]:
    return lambda: os.kill(os.getpid(), number)


ENDINGS: list[tuple[str, Callable[[], None], set[int]]] = [
    ("a reader that left", fail(errno.EPIPE), {0, 4}),
    ("a full log disk", fail(errno.ENOSPC), {0, 4}),
    ("a terminal that is gone", fail(errno.EIO), {0, 4}),
    ("a closed stream", close, {0, 4}),
    ("a closed terminal", strike(signal.SIGHUP), {130}),
    ("a polite kill", strike(signal.SIGTERM), {130}),
    ("Ctrl-C", strike(signal.SIGINT), {130}),
]
"""What ends it, how, and the exit codes that tell of it: 0 where everything was in flight already."""


def apply(stage: Stage, out: io.TextIOBase, err: io.TextIOBase | None = None) -> int:
    """Apply in this process with streams that may fail."""
    stage.clock.wait(1)
    outside = Globals(transport=stage.transport, environ=stage.environ, now=stage.clock, patience=QUICK)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err or io.StringIO()):
        return run(("-C", str(stage.folder), "apply", "--auto-approve"), outside=outside)


def read_ledger(state: Path) -> dict[str, object]:
    entries = json.loads((state / "ledger" / "phone_connections.json").read_bytes())["entries"]
    return {entry["identity"]: entry["fields"]["/voice"] for entry in entries.values()}


def check_recorded(stage: Stage) -> None:
    state = stage.folder / ".reconciler"
    written = {row["id"]: "jack" for row in stage.world.rows("galtea", "phoneConnections") if row["voice"] == "jack"}
    assert written
    assert read_ledger(state) == written
    assert not (state / "lock.json").exists()
    (journal,) = (state / "journal").glob("*.jsonl")
    events = [json.loads(line) for line in journal.read_text("utf-8").splitlines()]
    outcomes = [event["result"] for event in events if event["event"] == "outcome"]
    assert (len(outcomes), outcomes.count("verified")) == (COUNT, len(written))
    assert events[-1]["event"] == "end"


def finish(stage: Stage) -> str:
    """Apply again, see that nothing is left to do, and return what was told."""
    told = stage.apply()
    assert told.code == 0, told.all
    assert {row["voice"] for row in stage.world.rows("galtea", "phoneConnections")} == {"jack"}
    assert len(read_ledger(stage.folder / ".reconciler")) == COUNT
    return told.words


def check_finished(stage: Stage) -> None:
    assert "in-doubt" not in finish(stage)


@pytest.mark.parametrize("place", range(1, COUNT + 1))
def test_every_outcome_line_can_be_the_last_one(tmp_path: Path, place: int) -> None:
    stage = lines(tmp_path, count=COUNT, head=HEAD)
    what, act, codes = ENDINGS[place % len(ENDINGS)]
    err = io.StringIO()
    code = apply(stage, Ending(place, act), err)
    assert code in codes, (what, code, err.getvalue())
    assert "bug" not in err.getvalue()
    check_recorded(stage)
    if place % 3 == 0:
        check_finished(stage)


@contextlib.contextmanager
def limit_files(stage: Stage, octets: int) -> Iterator[None]:
    """From the first write on, let no file grow beyond a size: then no line fits, whatever was held back."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(arrived: object) -> None:
        if getattr(arrived, "method", "") == "PATCH":
            resource.setrlimit(resource.RLIMIT_FSIZE, (octets, hard))

    stage.world.before_request = limit
    try:
        yield
    finally:
        stage.world.before_request = None
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("place", [*range(12, COUNT, 12), COUNT])
def test_no_line_fits_the_journal_from_some_outcome_on(tmp_path: Path, place: int) -> None:
    """The journal of 60 updates has about 27,000 bytes; whichever line does not fit, nothing is sent after it."""
    stage = lines(tmp_path, count=COUNT, head=HEAD)
    err = io.StringIO()
    with limit_files(stage, place * 430):
        code = apply(stage, io.StringIO(), err)
    words = " ".join(err.getvalue().split())
    assert code in {1, 4}
    assert "bug" not in words
    assert "journal-cut" in words
    assert stage.writes
    assert not (tmp_path / ".reconciler" / "lock.json").exists()
    # Of those whose intent went to the disk, and that were then kept back, no line could be written: they are looked at again.
    doubts = re.findall(r"ended before it knew what became of .*?: (.*?)[:(]", finish(stage))
    assert set(doubts) <= {"/voice has not landed"}


def test_without_a_journal_line_nothing_is_sent(tmp_path: Path) -> None:
    stage = lines(tmp_path, count=COUNT, head=HEAD)
    with limit_files(stage, COUNT * 150):
        apply(stage, io.StringIO())
    assert 0 < len(stage.writes) < COUNT
    (journal,) = (tmp_path / ".reconciler" / "journal").glob("*.jsonl")
    assert journal.read_text("utf-8").count('"event": "intend"') >= len(stage.writes)


@pytest.mark.parametrize("code_page", ["ascii", "latin-1", "cp1252", "gbk", "utf-16"])
def test_a_code_page_that_lacks_our_signs(tmp_path: Path, code_page: str) -> None:
    stage = lines(tmp_path, count=COUNT, head=HEAD)
    out, err = io.BytesIO(), io.BytesIO()
    streams = [io.TextIOWrapper(stream, encoding=code_page, write_through=True) for stream in (out, err)]
    assert apply(stage, *streams) == 0
    shown = out.getvalue().decode(code_page)
    assert shown.count("verified") >= COUNT
    assert ("✓" in shown) == (code_page == "utf-16")
    check_recorded(stage)


def test_nothing_new_is_sent_once_the_reader_of_a_pipe_has_left(tmp_path: Path) -> None:
    """The reader goes while requests are in flight, long before the next line would be written to it."""
    stage = lines(tmp_path, count=COUNT, head=HEAD)
    reading, writing = os.pipe()
    seen = 0

    def leave(arrived: object) -> None:
        nonlocal seen
        seen += getattr(arrived, "method", "") == "PATCH"
        if seen == 10:
            os.close(reading)
            stage.world.before_request = None

    stage.world.before_request = leave
    with os.fdopen(writing, "w", encoding="utf-8") as out:
        assert apply(stage, out) == 4
    assert 10 <= len(stage.writes) <= 30
    check_recorded(stage)
    check_finished(stage)


@pytest.mark.parametrize("lost", ["stdout", "both"])
def test_where_nobody_can_be_told_nothing_is_sent(tmp_path: Path, lost: str) -> None:
    stage = lines(tmp_path, count=3, head=HEAD)
    closed, err = io.StringIO(), io.StringIO()
    closed.close()
    if lost == "both":
        err.close()
    assert apply(stage, closed, err) == 1
    assert stage.writes == []
    assert not (tmp_path / ".reconciler" / "lock.json").exists()


def test_without_stderr_the_outcomes_are_still_told(tmp_path: Path) -> None:
    stage = lines(tmp_path, count=3, head=HEAD)
    err = io.StringIO()
    err.close()
    out = io.StringIO()
    assert apply(stage, out, err) == 0
    assert "Applied 3 updates" in out.getvalue()


def test_our_own_failure_to_show_an_outcome_ends_nothing(tmp_path: Path) -> None:
    """Law 11 holds for our own bugs, too: they are called ours, and after the ledger is saved."""

    def stumble() -> None:
        raise KeyError("a mistake in a report")

    stage = lines(tmp_path, count=COUNT, head=HEAD)
    err = io.StringIO()
    assert apply(stage, Ending(1, stumble), err) == 1
    assert "This is a bug in reconciler" in err.getvalue()
    check_recorded(stage)
    check_finished(stage)


def test_a_second_interrupt_ends_at_once_and_still_records_what_is_known(tmp_path: Path) -> None:
    stage = lines(tmp_path, count=COUNT, head=HEAD)

    def insist() -> None:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)

    assert apply(stage, Ending(20, insist)) == 130
    written = {row["id"]: "jack" for row in stage.world.rows("galtea", "phoneConnections") if row["voice"] == "jack"}
    assert len(read_ledger(tmp_path / ".reconciler")) >= 20
    assert read_ledger(tmp_path / ".reconciler").items() <= written.items()
    assert not (tmp_path / ".reconciler" / "lock.json").exists()
    told = stage.apply()
    assert told.code == 0, told.all
    assert {row["voice"] for row in stage.world.rows("galtea", "phoneConnections")} == {"jack"}


class Screen(io.StringIO):
    """A stderr that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_progress_counts_each_write_as_it_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stage, screen = lines(tmp_path, count=COUNT, head=HEAD), Screen()
    first: list[str] = []

    def note(arrived: object) -> None:
        if getattr(arrived, "method", "") == "PATCH":
            first.append(screen.getvalue())

    stage.world.before_request = note
    assert apply(stage, io.StringIO(), screen) == 0
    assert "1/60 phone_connections.line-" in first[0]
    assert "60/60 phone_connections.line-" in first[-1]
    assert "61/60" not in screen.getvalue()
    assert screen.getvalue().endswith("\n")


COMMAND = [sys.executable, "-m", "reconciler"]
PARENT = """
import os, signal, subprocess, sys
last, command = int(sys.argv[1]), sys.argv[2:]
child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
for line in child.stdout:
    last -= "verified" in line
    if last <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def write_project(folder: Path) -> list[str]:
    """Write a project whose sandbox lives in its folder; return the command that applies it."""
    stage = lines(folder, count=COUNT, head=HEAD)
    stage.write("sandbox.yaml", json.dumps(stage.seed))
    return [*COMMAND, "-C", str(folder), "--sandbox", "apply", "--auto-approve"]


def check_real(folder: Path) -> None:
    state = folder / ".reconciler" / "sandbox"
    assert not (state / "lock.json").exists()
    shown = subprocess.run([*COMMAND, "-C", str(folder), "--sandbox", "plan", "--format", "json"], capture_output=True, check=False)  # fmt: skip
    in_sync = [row for row in json.loads(shown.stdout)["resources"] if row["status"] == "in_sync"]
    assert len(read_ledger(state)) == len(in_sync) > 0


def test_a_terminal_that_closes(tmp_path: Path) -> None:
    command = write_project(tmp_path)
    master, slave = pty.openpty()
    with subprocess.Popen(
        command,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        preexec_fn=lambda: ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - the one way to a controlling terminal
    ) as process:
        os.close(slave)
        shown = b""
        while shown.count(b"verified") < 1:
            shown += os.read(master, 200)
        os.close(master)
        assert process.wait(timeout=60) in {0, 130}
    check_real(tmp_path)


def test_a_parent_that_is_killed(tmp_path: Path) -> None:
    command = write_project(tmp_path)
    subprocess.run([sys.executable, "-c", PARENT, "30", *command], check=False, timeout=60)
    deadline = time.monotonic() + 60
    while (tmp_path / ".reconciler" / "sandbox" / "lock.json").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    check_real(tmp_path)
