"""The way to a vendor: one client an account, retries, pace, and the guard that knows which requests exist.

httpx brings a command line of its own, whose imports take 40 ms (M) and which nothing here uses. It is kept out as if what it
needs were not installed: for that httpx has a stub.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import cast

_COMMAND_LINE = "httpx._main"

if "httpx" not in sys.modules:
    sys.modules[_COMMAND_LINE] = cast("ModuleType", None)
    try:
        import httpx as httpx
    finally:
        del sys.modules[_COMMAND_LINE]
