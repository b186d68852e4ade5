"""Share one flush of a journal among all that are about to be sent in the same moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class SharedFlush:
    """Flush in a thread, so that the disk holds up nobody but who waits for it. Belongs to one event loop."""

    def __init__(self, flush: Callable[[], None]) -> None:
        self._flush = flush
        self._running: asyncio.Task[None] | None = None
        self._next: asyncio.Task[None] | None = None

    async def wait(self) -> None:
        """Return when a flush that began after this call has ended; raise what it raised.

        Whoever comes while one is running shares the one after it.
        """
        if self._next is None:
            self._next = asyncio.create_task(self._follow(self._running))
        await asyncio.shield(self._next)

    async def _follow(self, running: asyncio.Task[None] | None) -> None:
        if running is not None:
            await asyncio.wait([running])
        self._running, self._next = self._next, None
        await asyncio.to_thread(self._flush)
