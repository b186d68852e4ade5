"""Ask one account during one reading, and stop asking when it is clear that no answer will be better than the last."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from reconciler.model.paths import MISSING
from reconciler.remote.wire.answers import Answer, NoAnswer
from reconciler.remote.wire.client import ReadClient

T = TypeVar("T")

FAILURES_BEFORE_REST = 3
_UNAUTHORIZED = 401
_TOO_MANY = 429
_SERVER_ERRORS = 500

_REFUSED_KEY = "refused key"
_NO_CONNECTION = "no connection"
_AT_ONCE = frozenset({_REFUSED_KEY, _NO_CONNECTION})


@dataclass(frozen=True, slots=True)
class Told:
    """An answer and when it was asked for (not when it came: an object is as old as the question), on the monotonic clock."""

    answer: Answer | NoAnswer
    asked_at: float


class Source:
    """Read from one account, with a memory of its failures.

    A refused key or a host that cannot be reached ends the account's reading at once; any other failure of the whole service
    (429 or 5xx after all retries, no answer, a page instead of JSON) after three of a kind in a row. Later questions are not sent: they
    get the same answer. Make a new source for each reading, so that a service that recovered is asked again.
    """

    def __init__(self, reader: ReadClient, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.reader = reader
        self.account = reader.account
        self.provider = reader.provider
        self.clock = clock
        self._places = asyncio.Semaphore(max(1, reader.account.concurrency))
        self._last_failure = ""
        self._in_a_row = 0
        self._final: Answer | NoAnswer | None = None

    async def get(self, path: str, query: Sequence[tuple[str, str]] = ()) -> Told:
        """Send a GET, unless the account's reading has ended."""
        async with self._places:
            asked_at = self.clock()
            if self._final is not None:
                return Told(self._final, asked_at)
            answer = await self.reader.get(path, query)
        self._remember(answer)
        return Told(answer, asked_at)

    def _remember(self, answer: Answer | NoAnswer) -> None:
        failure = _name_failure(answer)
        self._in_a_row = self._in_a_row + 1 if failure and failure == self._last_failure else 1
        self._last_failure = failure
        if failure and (failure in _AT_ONCE or self._in_a_row >= FAILURES_BEFORE_REST):
            self._final = self._final or answer


def _name_failure(answer: Answer | NoAnswer) -> str:
    """Name what is wrong with the whole service; empty where the answer is about one object only."""
    if isinstance(answer, NoAnswer):
        if answer.unaskable:
            return ""
        return "no answer" if answer.sent else _NO_CONNECTION
    if answer.status == _UNAUTHORIZED:
        return _REFUSED_KEY
    if answer.status == _TOO_MANY or answer.status >= _SERVER_ERRORS:
        return str(answer.status)
    return "not JSON" if answer.value is MISSING else ""


async def run_all(jobs: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run jobs side by side and return their results in order; the first failure cancels the rest."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(job) for job in jobs]
    return [task.result() for task in tasks]
