"""Hold updates back until what they take values from is written, across accounts (order of references)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from reconciler.model.outcome import SETTLED, Outcome, Result
from reconciler.model.plan import Update

_WORDS: Mapping[Result, str] = {
    Result.REJECTED: "was rejected",
    Result.MISMATCH: "is not as planned",
    Result.IN_DOUBT: "is in doubt",
    Result.STALE: "is stale",
    Result.REFUSED: "was refused",
    Result.NOT_ATTEMPTED: "was not attempted",
}


class Queue:
    """The outcomes of one apply, as they come in, and who waits for them."""

    def __init__(self, updates: Sequence[Update], on_outcome: Callable[[Outcome], None]) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self._on_outcome = on_outcome
        self._settled = {update.address: asyncio.Event() for update in updates}

    def record(self, outcome: Outcome) -> None:
        """Keep an outcome, tell whoever wants to know, and let go what waits for it."""
        address = outcome.update.address
        self.outcomes[address] = outcome
        self._on_outcome(outcome)
        self._settled[address].set()

    async def wait(self, updates: Sequence[Update]) -> None:
        """Wait until everything that updates follow has its outcome."""
        ahead = dict.fromkeys(address for update in updates for address in update.follows if address in self._settled)
        for address in ahead:
            await self._settled[address].wait()

    def find_obstacle(self, update: Update) -> str:
        """Say through whom an update cannot be attempted; empty where all that it follows is as planned."""
        for address in update.follows:
            outcome = self.outcomes.get(address)
            if outcome is not None and outcome.result not in SETTLED:
                return f"it takes a value from {address}, which {_WORDS[outcome.result]}"
        return ""

    def holds(self, address: str) -> bool:
        """Tell whether this apply holds an update of a resource."""
        return address in self._settled
