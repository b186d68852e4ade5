"""Apply again and again, each time in a new world, and be killed one boundary later: `python -m tests.laws.victim ROOT`.

A boundary stands before and after each request, each line of the journal and the saving of the ledger. Each try is a
forked process that kills itself with SIGKILL, so nothing is flushed, closed or unlocked. Writes how many there were to stdout.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from reconciler.app.context import Context
from reconciler.app.deploy.deployment import Deployment
from reconciler.sandbox import SandboxTransport
from tests.laws.stage import Stage
from tests.laws.worlds import Drawn, build_world

TOO_MANY = 500


class Fate:
    """Count boundaries, and end this process at the chosen one."""

    def __init__(self, last: int) -> None:
        self._left = last

    def approach(self, what: str, place: Path) -> None:
        if self._left == 0:
            place.write_text(what, encoding="utf-8")
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1


class MortalTransport(SandboxTransport):
    """Carry requests to the sandbox, with a boundary on both sides of each."""

    def __init__(self, app: Any, approach: Callable[[str], None]) -> None:
        super().__init__(app)
        self._approach = approach

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._approach(f"before {request.method} {request.url.path}")
        response = await super().handle_async_request(request)
        self._approach(f"after {request.method} {request.url.path}")
        return response


class Mortal:
    """Stand before a store or a journal, with a boundary on both sides of each step."""

    def __init__(self, inner: Any, steps: frozenset[str], approach: Callable[[str], None]) -> None:
        self._inner, self._steps, self._approach = inner, steps, approach

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name == "journal":
            lines = frozenset({"begin", "intend", "conclude", "settle", "end"})
            return lambda run: Mortal(found(run), lines, self._approach)
        return self._surround(name, found) if name in self._steps else found

    def _surround(self, name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        def surrounded(*args: Any, **kwargs: Any) -> Any:
            self._approach(f"before {name}")
            result = step(*args, **kwargs)
            self._approach(f"after {name}")
            return result

        return surrounded


class MortalStage(Stage):
    """A stage whose way to the vendors has boundaries."""

    approach: Callable[[str], None]

    @property
    def context(self) -> Context:
        return replace(super().context, transport=lambda _account: MortalTransport(self.app, self.approach))


def live_and_die(folder: Path, drawn: Drawn, last: int) -> None:
    """Apply in this process until its boundary comes; return where it never does."""
    fate = Fate(last)
    stage = MortalStage(folder, drawn.seed, drawn.declared)
    stage.approach = lambda what: fate.approach(what, folder / "died.txt")

    def wrap(deployment: Deployment) -> Deployment:
        return replace(deployment, store=Mortal(deployment.store, frozenset({"save"}), stage.approach))

    stage.apply(wrap=wrap)


def main() -> None:
    root, drawn = Path(sys.argv[1]), build_world()
    for last in range(TOO_MANY):
        child = os.fork()
        if child == 0:
            live_and_die(root / f"{last:03d}", drawn, last)
            os._exit(0)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != -signal.SIGKILL:
            sys.stdout.write(str(last))
            return


if __name__ == "__main__":
    main()
