"""Try a swap again that somebody else was faster at: after a random while, so that many at once get their turns."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from typing import Final

ATTEMPTS: Final = 40
"""Each swap that is lost is one that somebody else won, so this is how many others may come first."""
_FIRST_SECONDS: Final = 0.01
_LONGEST_SECONDS: Final = 2.0

_lots = secrets.SystemRandom()


def take_turns(
    attempts: int = ATTEMPTS,
    *,
    sleep: Callable[[float], None] = time.sleep,
    draw: Callable[[float, float], float] = _lots.uniform,
) -> Iterator[int]:
    """Yield the number of each attempt; before all but the first, wait up to twice as long as before the one before."""
    for attempt in range(attempts):
        if attempt:
            sleep(draw(0, min(_LONGEST_SECONDS, _FIRST_SECONDS * 2**attempt)))
        yield attempt
