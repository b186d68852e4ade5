"""Run asynchronous work from code that is not, and work that waits beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

Result = TypeVar("Result")


def run_to_end(work: Callable[[], Awaitable[Result]]) -> Result:
    """Run work in an event loop of its own and return its result; in another thread where a loop runs in this one.

    The coroutine itself returns nothing: where `asyncio.run` puts the handler of SIGINT back, Python builds the `repr` of
    the finished task with all that it returned (M: 156 ms and 7 MiB for 10,000 live objects).
    """
    results: list[Result] = []

    async def keep() -> None:
        results.append(await work())

    if _is_inside_loop():
        _run_in_thread(keep)
    else:
        asyncio.run(keep())
    return results[0]


def begin(work: Callable[[], Result]) -> Future[Result]:
    """Begin work in a thread of its own, and return what it will come to.

    Nothing waits for it at the end of the process: whoever interrupts a command need not wait for a remote that is silent.
    """
    from concurrent.futures import Future

    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is asked for
            future.set_exception(error)

    Thread(target=run, name="reconciler", daemon=True).start()
    return future


def _is_inside_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _run_in_thread(work: Callable[[], Awaitable[None]]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    async def wait() -> None:
        await work()

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="reconciler") as pool:
        pool.submit(lambda: asyncio.run(wait())).result()
