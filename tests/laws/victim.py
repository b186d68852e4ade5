"""Apply again and again, each time in a new world, and be killed at another boundary: `python -m tests.laws.victim ROOT STORE`.

A boundary of the run stands before and after each request, each line of the journal and the saving of the ledger. Of reads,
which change nothing, two stand for all. What a store does has boundaries of its own: before the first and after each command
of git that moves a ref, or write to object storage. There a try is dear, so of the run's boundaries, which are the same over
every store, those are tried that leave something else behind. Each try is a forked process that is killed with SIGKILL, so
nothing is flushed, closed or unlocked. Writes the names of the worlds to stdout.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Any

import httpx

from reconciler.app.context import Context
from reconciler.app.deploy.deployment import Deployment
from reconciler.sandbox import SandboxTransport
from tests.laws.doom import Doom, write_git
from tests.laws.places import find_settings, make_place
from tests.laws.stage import Stage
from tests.laws.worlds import build_world
from tests.ledger.storage import CLOUD

TOO_MANY = 500
DEAR = frozenset({"git", "objects"})
TELLING = ("after intend", "after conclude", "before save", "after save")
"""Boundaries of the run that leave something else for a store to tell than the one before."""


class Fate:
    """Count boundaries, and end this process at the chosen one."""

    def __init__(self, last: int, place: Path) -> None:
        self._last, self._place = last, place
        self.met: list[str] = []

    def approach(self, what: str) -> None:
        if len(self.met) == self._last:
            self._place.write_text(what, encoding="utf-8")
            os.kill(os.getpid(), signal.SIGKILL)
        self.met.append(what)


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


class Grounds:
    """Where worlds are made whose ledgers are in one kind of store, and the doom that waits in them."""

    def __init__(self, root: Path, store: str) -> None:
        self.root, self.store = root, store
        self.drawn = build_world()
        root.mkdir(parents=True, exist_ok=True)
        self.doom = Doom(root / "doom")
        if store == "git":
            write_git(root / "bin" / "git", self.doom)

    def live(self, name: str, fate: Fate | None = None) -> Fate:
        """Apply in a new world, in this process; return the boundaries that were met."""
        folder = self.root / name
        make_place(folder, self.store)
        fate = fate or Fate(-1, folder / "died.txt")
        stage = MortalStage(folder, self.drawn.seed, self.drawn.declared, settings=find_settings(folder, self.store))
        stage.environ = {**CLOUD, "PATH": f"{self.root / 'bin'}{os.pathsep}{os.defpath}"}
        stage.approach = fate.approach

        def wrap(deployment: Deployment) -> Deployment:
            return replace(deployment, store=Mortal(deployment.store, frozenset({"save"}), fate.approach))

        stage.apply(wrap=wrap)
        return fate

    def kill_at(self, last: int) -> str:
        """Let a child die at a boundary of the run."""
        name = f"run-{last:03d}"
        with fork() as child:
            if child == 0:
                self.live(name, Fate(last, self.root / name / "died.txt"))
        return name if was_killed(child) else ""

    def kill_in_store(self, number: int, side: str) -> str:
        """Let a child die at a boundary of its store; return "" where it met fewer."""
        name = f"store-{number:02d}-{side}"
        with fork() as child:
            if child == 0:
                self.doom.await_write(os.getpid(), number=number, side=side, place=self.root / name / "died.txt")
                self.live(name)
        killed = was_killed(child)
        self.doom.lift()
        return name if killed else ""

    def list_boundaries(self) -> list[int]:
        """Choose the boundaries of the run."""
        with fork() as child:
            if child == 0:
                met = self.live("whole").met
                (self.root / "met.txt").write_text("\n".join(met), encoding="utf-8")
        assert not was_killed(child)
        kinds = [" ".join(what.split()[:2]) for what in (self.root / "met.txt").read_text("utf-8").splitlines()]
        if self.store in DEAR:
            return [kinds.index(kind) for kind in TELLING]
        firsts = {kinds.index(kind) for kind in kinds}
        return sorted(firsts | {at for at, kind in enumerate(kinds) if "GET" not in kind})


@contextmanager
def fork() -> Iterator[int]:
    """Yield twice: 0 in a child, which ends after the block, and its number in the parent."""
    sys.stdout.flush()
    child = os.fork()
    try:
        yield child
    finally:
        if child == 0:
            failed = sys.exc_info()[0] is not None
            if failed:
                traceback.print_exc()
            sys.stderr.flush()
            os._exit(failed)


def was_killed(child: int) -> bool:
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in {0, -signal.SIGKILL}, f"a try failed: {code}"
    return code == -signal.SIGKILL


def main() -> None:
    grounds = Grounds(Path(sys.argv[1]), sys.argv[2])
    names = [grounds.kill_at(last) for last in grounds.list_boundaries()]
    if grounds.store in DEAR:
        names.append(grounds.kill_in_store(0, "before"))
        names += takewhile(bool, (grounds.kill_in_store(number, "after") for number in range(TOO_MANY)))
    sys.stdout.write("\n".join(names))


if __name__ == "__main__":
    main()
