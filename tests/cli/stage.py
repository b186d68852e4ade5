"""A stage for the command line: a project folder, a sandbox that tests look into, and what a command said."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from reconciler.app.context import Context
from reconciler.app.sandbox_state import read_seed
from reconciler.cli.options import Globals
from reconciler.cli.root import run
from reconciler.remote.wire.client import Patience
from reconciler.sandbox import SANDBOX_KEYS, SandboxTransport, Served, World, create_app

ROOT = Path(__file__).parent.parent.parent
CREDENTIALS = {
    "galtea": "GALTEA_API_KEY",
    "fluents": "FLUENTS_API_KEY",
    "opencopilot": "OPENCOPILOT_API_KEY",
    "polyai": "POLYAI_API_KEY",
}
KEYS = {CREDENTIALS[provider]: key for provider, key in SANDBOX_KEYS.items()}
AGENT = "PROJECT-58RP822I"
PHONE = "6f9619ff-8b86-4d01-b42d-00c04fc964ff"
FRONT, NIGHT = "550e8400-e29b-41d4-a716-446655440000", "7c9e6679-7425-40de-944b-e07fc1f90ae7"
VOICE, OTHER_VOICE = "en-US-Neural2-A", "en-US-Neural2-C"


async def sleep_not(_seconds: float) -> None:
    """Let others run, and wait for nothing."""
    await asyncio.sleep(0)


QUICK = Patience(attempts=3, first_wait_seconds=0.0, longest_wait_seconds=5.0, sleep=sleep_not)


@dataclass(frozen=True, slots=True)
class Told:
    """What a command said and returned."""

    code: int
    out: str
    err: str

    @property
    def plan(self) -> Any:
        """The document of `plan --format json`."""
        return json.loads(self.out)

    @property
    def all(self) -> str:
        return self.out + self.err

    @property
    def words(self) -> str:
        """All that was said on one line, wherever it was wrapped."""
        return " ".join(self.all.split())


@dataclass
class Clock:
    """A clock that only a test moves."""

    now: datetime = field(default_factory=lambda: datetime(2026, 11, 21, 8, 30, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@contextmanager
def _no_terminal() -> Iterator[tuple[io.StringIO, io.StringIO]]:
    out, err, stdin = io.StringIO(), io.StringIO(), sys.stdin
    sys.stdin = io.StringIO()
    try:
        with redirect_stdout(out), redirect_stderr(err):
            yield out, err
    finally:
        sys.stdin = stdin


class Stage:
    """One project and one world. Every command runs through the real command line."""

    def __init__(
        self,
        folder: Path,
        *,
        seed: Mapping[str, Any] | None = None,
        files: Mapping[str, str] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.clock = Clock()
        self.environ = dict(KEYS, USER="tester", HOME=str(folder)) if environ is None else dict(environ)
        for name, text in (files or {}).items():
            self.write(name, text)
        self.seed = seed if seed is not None else read_seed(folder) or {}
        self.app = create_app(database=None, seed=self.seed)
        self.vices: tuple[str, ...] = ()

    @property
    def world(self) -> World:
        world: World = self.app.state.world
        return world

    def trouble(self, *vices: str, **switches: object) -> None:
        """Go on with the same objects behind a server that has vices, or other switches."""
        world = self.world
        self.app = create_app(database=None, seed=self.seed, vices=vices, switches=switches)
        self.world.put_all((*address, row) for address, row in world.documents().items())

    def transport(self, _account: object) -> httpx.AsyncBaseTransport:
        return SandboxTransport(self.app)

    def run(self, *arguments: str) -> Told:
        """Run a command in the project's folder, without a terminal."""
        return self.run_plainly("-C", str(self.folder), *arguments)

    def run_in_sandbox(self, *arguments: str) -> Told:
        """Run a command against the project's own sandbox, with its state in files."""
        return self._call(None, "-C", str(self.folder), "--sandbox", *arguments)

    def run_plainly(self, *arguments: str) -> Told:
        """Run a command with nothing added to it."""
        return self._call(self.transport, *arguments)

    def _call(self, transport: Any, *arguments: str) -> Told:
        self.clock.wait(1)
        outside = Globals(transport=transport, environ=self.environ, now=self.clock, patience=QUICK)
        with _no_terminal() as (out, err):
            code = run(arguments, outside=outside)
        return Told(code, out.getvalue(), err.getvalue())

    def context(self, folder: Path) -> Context:
        """Return what a program is told from outside, for the project of a folder."""
        outside = Globals(
            folder=str(folder), transport=self.transport, environ=self.environ, now=self.clock, patience=QUICK
        )
        return outside.build_context()

    def plan(self, *arguments: str) -> Any:
        """Return the plan's document, whatever the exit code."""
        return self.run("plan", "--format", "json", *arguments).plan

    def apply(self, *arguments: str) -> Told:
        return self.run("apply", "--auto-approve", *arguments)

    def settle(self) -> None:
        """Apply everything, so that a test starts from a ledger and a live state that agree."""
        self.settle_with()

    def settle_with(self, *options: str) -> None:
        told = self.apply(*options)
        assert told.code == 0, told.all
        self.world.requests.clear()

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def read(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    def change(self, name: str, old: str, new: str) -> None:
        """Change one place of a file."""
        text = (self.folder / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, (name, old)
        self.write(name, text.replace(old, new))

    @property
    def requests(self) -> list[Served]:
        return self.world.requests

    @property
    def writes(self) -> list[tuple[str, str, Any]]:
        return [(one.method, one.path, one.body) for one in self.requests if one.method != "GET"]

    def forget_ledger(self) -> None:
        shutil.rmtree(self.folder / ".reconciler" / "ledger")


def take_example(name: str, folder: Path) -> Path:
    """Copy an example, so that nothing is written beside the original."""
    target = folder / name
    shutil.copytree(ROOT / "examples" / name, target, ignore=shutil.ignore_patterns(".reconciler"))
    return target


def quickstart(folder: Path, *, vices: Sequence[str] = ()) -> Stage:
    stage = Stage(take_example("quickstart", folder))
    if vices:
        stage.trouble(*vices)
    return stage


LINES = """\
version: 1
accounts: {galtea: {}}
phone_connections:
"""


def lines(folder: Path, *, count: int = 3, voice: str = "jack", head: str = LINES) -> Stage:
    """Stage `count` phone connections that all want another voice than they have."""
    rows = [
        {
            "id": f"pc_{place}",
            "productId": "prod_1",
            "name": f"Line {place}",
            "phoneNumber": f"+1202555{place:04d}",
            "voice": "sarah",
            "languageCode": "en-US",
            "agentSpeaksFirst": False,
        }
        for place in range(count)
    ]
    declared = "".join(f"  line-{place}: {{id: pc_{place}, spec: {{voice: {voice}}}}}\n" for place in range(count))
    return Stage(folder, seed={"galtea": {"phoneConnections": rows}}, files={"reconciler.yaml": head + declared})


HOTLINE = """\
version: 1
accounts: {fluents: {}, polyai: {region: us}}
numbers:
  hotline:
    id: +14155552671
    account: fluents
    spec: {label: Hotline, description: Day}
connectors:
  one: {id: {agentId: PROJECT-58RP822I, connectorId: conn-1}, spec: {voiceName: en-US-Neural2-A}}
  two: {id: {agentId: PROJECT-58RP822I, connectorId: conn-2}, spec: {voiceName: en-US-Neural2-A}}
"""


def hotline(folder: Path, *, text: str = HOTLINE) -> Stage:
    """Stage a number and two connectors, none of which is as declared."""
    connectors = [
        {
            "projectId": AGENT,
            "connectorId": f"conn-{place}",
            "name": f"Connector {place}",
            "clientEnv": "sandbox",
            "voiceName": OTHER_VOICE,
            "asrLangCode": "en-US",
            "variantId": "",
        }
        for place in (1, 2)
    ]
    number = {"number": "+14155552671", "label": "Old", "description": "Old", "outbound_only": False}
    seed = {"fluents": {"numbers": [number]}, "polyai": {"connectors": connectors}}
    return Stage(folder, seed=seed, files={"reconciler.yaml": text})


def causes(plan: Any) -> dict[str, str]:
    """Return the cause of every change of a plan, by address and path."""
    return {update["address"] + change["path"]: change["cause"] for update in plan["updates"] for change in update["changes"]}  # fmt: skip


def statuses(plan: Any) -> dict[str, str]:
    return {planned["address"]: planned["status"] for planned in plan["resources"]}


def run_outside(stage: Stage, *arguments: str, environ: Mapping[str, str]) -> Told:
    """Run a command that would use the network, with an environment that must keep it from doing so."""
    outside = Globals(environ=dict(environ), now=stage.clock, patience=QUICK)
    with _no_terminal() as (out, err):
        code = run(["-C", str(stage.folder), *arguments], outside=outside)
    return Told(code, out.getvalue(), err.getvalue())
