"""Asynchronous work runs wherever the caller is, and its result is never turned into text."""

from __future__ import annotations

import asyncio
import threading

import pytest

from reconciler.app.running import run_to_end


class Unspeakable:
    """A result that must not be shown."""

    def __repr__(self) -> str:
        raise AssertionError("nobody asked for this text")


async def find() -> Unspeakable:
    await asyncio.sleep(0)
    return Unspeakable()


async def fail() -> None:
    raise LookupError("gone")


def test_the_result_is_handed_over_and_never_shown() -> None:
    assert isinstance(run_to_end(find), Unspeakable)


def test_inside_a_running_loop_it_runs_beside_it() -> None:
    async def call() -> tuple[bool, int]:
        found = isinstance(run_to_end(find), Unspeakable)
        return found, threading.active_count()

    assert asyncio.run(call())[0]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("reconciler")]


def test_what_it_raises_reaches_the_caller() -> None:
    with pytest.raises(LookupError):
        run_to_end(fail)

    async def call() -> None:
        with pytest.raises(LookupError):
            run_to_end(fail)

    asyncio.run(call())
