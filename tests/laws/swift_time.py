"""An event loop in which waiting takes no time, so that minutes of pacing are tested in a moment."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any, TypeVar, TypeVarTuple

_CREEP = 1e-6
_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")


class SwiftTime:
    """The time of the loop and of the vendors: it moves only when everybody waits."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.threads = 0
        """How many threads are at work: until they are done, not everybody waits."""

    def __call__(self) -> float:
        return self.now


class _SwiftSelector(selectors.BaseSelector):
    """Ask a real selector, and let time pass instead of waiting."""

    def __init__(self, time: SwiftTime) -> None:
        self._inner, self._time = selectors.DefaultSelector(), time

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or self._time.threads:
            return self._inner.select(timeout)
        found = self._inner.select(0)
        # Never quite still: who rounds a moment down and asks again must see that it has come.
        self._time.now += _CREEP if found else max(timeout, _CREEP)
        return found

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._inner.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._inner.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._inner.modify(fileobj, events, data)

    def close(self) -> None:
        self._inner.close()

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._inner.get_map()


class _SwiftLoop(asyncio.SelectorEventLoop):
    def __init__(self, time: SwiftTime) -> None:
        self._swift_time = time
        super().__init__(_SwiftSelector(time))

    def time(self) -> float:
        return self._swift_time.now

    def run_in_executor(self, executor: Executor | None, func: Callable[[*_Ts], _T], *args: *_Ts) -> asyncio.Future[_T]:
        """Let time stand still while a thread is at work."""
        self._swift_time.threads += 1
        running = super().run_in_executor(executor, func, *args)
        running.add_done_callback(self._note_end)
        return running

    def _note_end(self, _running: object) -> None:
        self._swift_time.threads -= 1

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - as the loop has it
        """Wait for the threads however long they take: they do not live in swift time."""
        del timeout
        await super().shutdown_default_executor()


class _SwiftPolicy(asyncio.DefaultEventLoopPolicy):
    def __init__(self, time: SwiftTime) -> None:
        super().__init__()
        self._swift_time = time

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return _SwiftLoop(self._swift_time)


@contextmanager
def let_time_fly() -> Iterator[SwiftTime]:
    """Run every event loop of the block in swift time."""
    time, before = SwiftTime(), asyncio.get_event_loop_policy()
    asyncio.set_event_loop_policy(_SwiftPolicy(time))
    try:
        yield time
    finally:
        asyncio.set_event_loop_policy(before)
