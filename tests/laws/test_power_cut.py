"""A power cut takes what no flush has put on the disk: no request ever leaves before its own intent is there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.app.context import Context
from reconciler.app.deploy.deployment import Deployment
from reconciler.sandbox import SandboxTransport
from tests.laws.places import STORES, find_settings, make_place
from tests.laws.stage import Stage
from tests.laws.worlds import build_world
from tests.ledger.storage import CLOUD, serve_storage


class Disk:
    """What of a journal has reached the disk: what stood in the file when the last ended flush began."""

    def __init__(self, journal: Any) -> None:
        self._journal = journal
        self.kept = b""
        self.flushes = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    def begin(self, *arguments: Any) -> None:
        self._journal.begin(*arguments)
        self.kept = self._journal.path.read_bytes()

    def flush(self) -> None:
        written = self._journal.path.read_bytes()
        self._journal.flush()
        self.kept, self.flushes = written, self.flushes + 1

    def list_intents(self) -> list[str]:
        lines = [json.loads(line) for line in self.kept.splitlines()]
        return [line["request"]["url"] for line in lines if line["event"] == "intend"]


class Watched(SandboxTransport):
    """Tell of each write that leaves."""

    def __init__(self, app: Any, on_write: Callable[[str], None]) -> None:
        super().__init__(app)
        self._on_write = on_write

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method != "GET":
            self._on_write(str(request.url))
        return await super().handle_async_request(request)


class WatchedStage(Stage):
    on_write: Callable[[str], None]

    @property
    def context(self) -> Context:
        return replace(super().context, transport=lambda _account: Watched(self.app, self.on_write))


class WatchedStore:
    """A store whose journal stands on a watched disk."""

    def __init__(self, store: Any, disks: list[Disk]) -> None:
        self._store, self._disks = store, disks

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def journal(self, run: str) -> Disk:
        self._disks.append(Disk(self._store.journal(run)))
        return self._disks[-1]


@pytest.fixture(params=STORES)
def place(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Path, str]]:
    """Yield the folder of a project and the kind of store that its ledger is in."""
    folder = tmp_path / f"{tmp_path.name}-project"
    make_place(folder, request.param)
    if request.param != "objects":
        yield folder, request.param
        return
    with serve_storage() as (url, _):
        for name, value in {**CLOUD, "AWS_ENDPOINT_URL": url}.items():
            monkeypatch.setenv(name, value)
        yield folder, request.param


def test_every_request_finds_its_intent_on_the_disk(place: tuple[Path, str]) -> None:
    drawn = build_world()
    stage = WatchedStage(place[0], drawn.seed, drawn.declared, settings=find_settings(*place), environ=CLOUD)
    disks: list[Disk] = []
    sent: list[str] = []

    def check(url: str) -> None:
        sent.append(url)
        assert disks[-1].list_intents().count(url) >= sent.count(url), f"{url} left before its intent was on the disk"

    def wrap(deployment: Deployment) -> Deployment:
        store: Any = WatchedStore(deployment.store, disks)
        return replace(deployment, store=store)

    stage.on_write = check
    applied = stage.apply(wrap=wrap)
    assert applied.exit_code == 0, applied.explain()
    assert len(sent) >= len(drawn.declared)
    assert disks[-1].flushes < len(sent), "the intents of a moment share a flush"
    stage.close()
