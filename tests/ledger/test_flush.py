"""One flush serves all that wait in a moment, begins after they came, and its failure is everybody's."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest

from reconciler.ledger import Journal, LedgerUnavailable, RunHeader
from reconciler.ledger.journals.flush import SharedFlush

from .samples import Clock, make_update


class Disk:
    """A disk that takes as long as a test wants, and knows what was written when each flush began."""

    def __init__(self) -> None:
        self.written: list[int] = []
        self.flushed: list[tuple[int, ...]] = []
        self.begun = threading.Semaphore(0)
        self.may_go_on = threading.Event()
        self.fails = False

    def flush(self) -> None:
        held = tuple(self.written)
        self.begun.release()
        self.may_go_on.wait()
        if self.fails:
            raise OSError(5, "Input/output error")
        self.flushed.append(held)


async def let_all_come() -> None:
    """Let tasks go on until nothing is left to do but to wait."""
    for _ in range(5):
        await asyncio.sleep(0)


async def write(disk: Disk, shared: SharedFlush, number: int) -> None:
    disk.written.append(number)
    await shared.wait()
    assert number in disk.flushed[-1]


def test_who_comes_in_a_moment_shares_a_flush_and_who_comes_later_has_the_next() -> None:
    disk = Disk()

    async def play() -> None:
        shared = SharedFlush(disk.flush)
        first = [asyncio.create_task(write(disk, shared, number)) for number in range(10)]
        await let_all_come()
        assert disk.begun.acquire(timeout=10)
        later = [asyncio.create_task(write(disk, shared, number)) for number in range(10, 20)]
        await let_all_come()
        assert not disk.begun.acquire(timeout=0.05), "one flush at a time"
        disk.may_go_on.set()
        await asyncio.gather(*first, *later)

    asyncio.run(play())
    assert disk.flushed == [tuple(range(10)), tuple(range(20))]


def test_a_flush_that_fails_fails_for_all_who_wait() -> None:
    disk = Disk()
    disk.fails = True
    disk.may_go_on.set()

    async def play() -> list[BaseException | None]:
        shared = SharedFlush(disk.flush)
        return await asyncio.gather(*(shared.wait() for _ in range(3)), return_exceptions=True)

    assert [type(problem) for problem in asyncio.run(play())] == [OSError] * 3


def test_a_disk_that_failed_once_is_not_believed_again(tmp_path: Path) -> None:
    """After a failed flush the system may call the lost pages clean, and the next one a success."""
    troubles: list[OSError] = []

    def sync(handle: int) -> None:
        if troubles:
            raise troubles.pop()
        os.fsync(handle)

    journal = Journal(tmp_path / ".reconciler/journal/r1.jsonl", run="r1", clock=Clock(), key=bytes, sync=sync)
    journal.begin(RunHeader("alice"))
    journal.intend(make_update())
    troubles.append(OSError(5, "Input/output error"))
    for _ in range(2):
        with pytest.raises(LedgerUnavailable, match="Input/output error"):
            journal.flush()
    journal.close()
