"""A stage for the laws: a project folder, the four vendors behind the real clients, and the commands of `app`."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
from starlette.applications import Starlette

from reconciler.app.context import Context, tell_time
from reconciler.app.deploy.approval import Allowances
from reconciler.app.deploy.carry_out import Deployed, carry_out
from reconciler.app.deploy.deployment import Deployment, prepare
from reconciler.app.deploy.locking import open_store_locked
from reconciler.app.deploy.sending import Watch
from reconciler.app.review.review import Review, judge_plan, review
from reconciler.app.workspace import open_workspace
from reconciler.model.plan import Plan, Request
from reconciler.model.secret import reveal_within
from reconciler.remote.wire.client import Patience
from reconciler.sandbox import SANDBOX_KEYS, SandboxTransport, World, create_app
from tests.laws.worlds import SECRETS

Documents = dict[tuple[str, str, str], dict[str, Any]]

PROVIDERS = ("galtea", "fluents", "opencopilot", "polyai")
ENVIRON = {
    "GALTEA_API_KEY": SANDBOX_KEYS["galtea"],
    "FLUENTS_API_KEY": SANDBOX_KEYS["fluents"],
    "OPENCOPILOT_API_KEY": SANDBOX_KEYS["opencopilot"],
    "POLYAI_API_KEY": SANDBOX_KEYS["polyai"],
    "RECONCILER_AUTHOR": "tests",
    **{f"RECONCILER_SECRET_{name}": value for name, value in SECRETS.items()},
}
ALLOW_ALL = Allowances(max_updates=1_000, accept_conflicts=True)


async def sleep_not(_seconds: float) -> None:
    """Let others run, and wait for nothing."""
    await asyncio.sleep(0)


QUICK = Patience(attempts=4, first_wait_seconds=0.0, longest_wait_seconds=60.0, sleep=sleep_not)


def build_settings(
    *, clear: str = "", pace: int = 600_000, apis: Mapping[str, str] = MappingProxyType({})
) -> dict[str, Any]:
    """Return a `reconciler.yaml` with the four accounts."""
    accounts: dict[str, dict[str, Any]] = {name: {"requests_per_minute": pace} for name in PROVIDERS}
    accounts["polyai"]["region"] = "us"
    if clear:
        accounts["fluents"]["clear"] = clear
    for name, api in apis.items():
        accounts[name]["api"] = api
    return {"version": 1, "accounts": accounts, "guards": {"max_updates": 1_000, "max_percent": 100}}


@dataclass
class Stage:
    """One project and one world. Several applications may serve the same world: one with vices, one without."""

    folder: Path
    seed: Mapping[str, Any]
    declared: Mapping[str, Any]
    settings: Mapping[str, Any] = field(default_factory=build_settings)
    vices: Sequence[str] = ()
    switches: Mapping[str, object] = field(default_factory=dict)
    now: Callable[[], datetime] = tell_time
    clock: Callable[[], float] | None = None
    patience: Patience | None = QUICK
    environ: Mapping[str, str] = field(default_factory=dict)
    """What else stands in the environment: the way to git, or to a cloud."""

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.declare(self.declared)
        self.app = self.open_app(self.vices)

    def open_app(self, vices: Sequence[str] = ()) -> Starlette:
        """Open one more application over the same world."""
        more: dict[str, Any] = {} if self.clock is None else {"clock": self.clock}
        database = self.folder / ".world" / "world.sqlite"
        return create_app(database=database, seed=self.seed, vices=vices, switches=self.switches, **more)

    def declare(self, declared: Mapping[str, Any]) -> None:
        """Write the project: JSON is YAML, and leaves no scalar to doubt."""
        (self.folder / "reconciler.yaml").write_text(json.dumps(self.settings), encoding="utf-8")
        (self.folder / "resources.yaml").write_text(json.dumps(declared), encoding="utf-8")

    def close(self) -> None:
        self.world.close()

    @property
    def world(self) -> World:
        world: World = self.app.state.world
        return world

    @property
    def context(self) -> Context:
        return Context(
            folder=self.folder,
            environ={**ENVIRON, **self.environ},
            now=self.now,
            transport=lambda _account: SandboxTransport(self.app),
            patience=self.patience,
        )

    def review(self) -> Review:
        return review(self.context)

    def plan(self) -> Plan:
        return self.review().plan

    def plan_exit(self) -> int:
        """Return what `plan --detailed-exitcode` exits with."""
        return int(judge_plan(self.plan(), detailed=True))

    def apply(self, *, wrap: Callable[[Deployment], Deployment] = lambda deployment: deployment) -> Applied:
        """Review and deploy, as `apply --auto-approve` does."""
        workspace = open_workspace(self.context)
        with open_store_locked(workspace) as (store, lock, run):
            found = review(self.context, workspace=workspace)
            prepared = wrap(prepare(found, ALLOW_ALL, store=store, lock=lock, run=run))
            assert prepared.refusals == ()
            return Applied(found.plan, carry_out(prepared, watch=Watch()))

    def lose_ledger(self) -> None:
        shutil.rmtree(self.folder / ".reconciler")

    def photograph(self) -> Documents:
        """Return everything that the vendors hold, in the world that all accounts share."""
        held = self.world.documents().items()
        return {(provider, collection, key): row for (provider, scope, collection, key), row in held if not scope}

    def send(self, request: Request) -> httpx.Response:
        """Send one request by hand, with the right key."""
        return asyncio.run(self._send(request))

    async def _send(self, request: Request) -> httpx.Response:
        headers = {
            "Authorization": f"Bearer {SANDBOX_KEYS[find_provider(request.url)]}",
            "x-api-key": SANDBOX_KEYS["polyai"],
        }
        async with httpx.AsyncClient(transport=SandboxTransport(self.app), headers=headers) as client:
            return await client.request(request.method, request.url, json=reveal_within(request.body))

    @property
    def methods(self) -> set[str]:
        return {served.method for served in self.world.requests}

    @property
    def writes(self) -> list[Any]:
        return [served for served in self.world.requests if served.method != "GET"]


def find_provider(url: str) -> str:
    hosts = {"api.galtea.ai": "galtea", "api.fluents.ai": "fluents", "api.open.cx": "opencopilot"}
    return hosts.get(httpx.URL(url).host, "polyai")


@dataclass(frozen=True)
class Applied:
    """What an apply showed and did."""

    plan: Plan
    deployed: Deployed

    @property
    def exit_code(self) -> int:
        return int(self.deployed.exit_code)

    def explain(self) -> str:
        """Tell the story of a run for the message of an assertion."""
        outcomes = [f"{one.update.address}: {one.result} {one.message}" for one in self.deployed.outcomes]
        planned = [f"{one.address}: {one.status} {one.reason}" for one in self.plan.resources]
        return "\n".join([*planned, *outcomes, f"exit {self.exit_code}"])
