"""Take signals in while a run must not be torn: Ctrl-C, a polite kill, a terminal that closes."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final, Self

_SIGNALS: Final = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Interrupts:
    """Hold signals back, tell what they ask for, and let a second one through.

    Signals that were to be ignored (`nohup`) stay ignored. Outside the main thread nothing can be held back.
    """

    def __init__(self, on_first: Callable[[], None] = lambda: None) -> None:
        self.received = False
        """Whether there was one."""
        self._on_first = on_first
        self._count = 0
        self._wake: Callable[[], object] | None = None
        self._before: dict[int, object] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            wanted = [number for number in _SIGNALS if signal.getsignal(number) not in (signal.SIG_IGN, None)]
            self._before = {number: signal.signal(number, self._receive) for number in wanted}
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)  # type: ignore[arg-type] # what `signal` gave us goes back to it

    @contextmanager
    def cancelling(self) -> Iterator[None]:
        """Within a running loop: let the second signal cancel the current task; counting begins anew after it."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        self._wake = lambda: loop.call_soon_threadsafe(self._take, task)
        try:
            yield
        finally:
            self._wake, self._count = None, 0

    def _receive(self, _number: int, _frame: FrameType | None) -> None:
        if self._wake is not None:
            self._wake()
        else:
            self._take(None)

    def _take(self, task: asyncio.Task[object] | None) -> None:
        self.received = True
        self._count += 1
        if self._count == 1:
            self._on_first()
        elif task is None:
            raise KeyboardInterrupt
        else:
            task.cancel()


@contextmanager
def hold_interrupts() -> Iterator[None]:
    """Do a short thing whole, such as giving back a lock; an interrupt in between comes after it."""
    with Interrupts() as interrupts:
        yield
    if interrupts.received:
        raise KeyboardInterrupt
