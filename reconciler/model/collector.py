"""Spare the garbage collector walks that find nothing."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def pause_collector() -> Iterator[None]:
    """Pause the garbage collector where values are made that stay: it would walk half a million of them over and over.

    Afterwards everything counts as old at once, or the next collection would walk it all. It rests for the whole process: only
    the command line, whose process it is, lets it rest while vendors are waited for.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.freeze()
            gc.unfreeze()
            gc.enable()
