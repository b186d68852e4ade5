"""Keep the trouble of one account from the others: what its part of the work raises becomes its own unknown."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final, TypeVar

T = TypeVar("T")

BUG_ADVICE: Final = "This is a bug in reconciler, not your mistake. Please report it with this line; the other accounts are not affected."


async def keep_apart(job: Coroutine[Any, Any, T], *, instead: Callable[[str], T]) -> T:
    """Run a job; where it raises, return what `instead` makes of a line that says so."""
    try:
        return await job
    except Exception as error:  # noqa: BLE001 - vendors answer what nobody thought of, and the others must go on
        return instead(describe_bug(error))


def describe_bug(error: Exception) -> str:
    """Name an error that nobody foresaw and where it happened, without its message, which may quote anything."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"reconciler itself failed: {type(error).__name__}{place}"
