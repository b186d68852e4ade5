"""References over random webs: values as a naive model has them, writes in their order, failures passed on, nothing left over."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from reconciler.app.context import Context
from reconciler.app.deploy.deployment import Deployment
from reconciler.model.live import LiveState
from reconciler.model.outcome import SETTLED, Result
from reconciler.sandbox import SandboxTransport
from tests.laws.stage import Stage
from tests.laws.webs import Node, Piece, Taking, Web, draw_webs, identity_of

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
FEW = settings(max_examples=12, derandomize=True, deadline=None, suppress_health_check=SLOW, phases=[Phase.generate])
PLACES = {
    "numbers": ("fluents", "numbers", identity_of),
    "phone_connections": ("galtea", "phoneConnections", identity_of),
    "connectors": ("polyai", "connectors", lambda node: identity_of(node)["connectorId"]),
}
NO = {"statusCode": 400, "error": "Bad Request", "message": "not like this"}


class Refusing(httpx.AsyncBaseTransport):
    """Answer writes to one object with a no, and let everything else through; a slow vendor keeps others waiting."""

    def __init__(self, inner: httpx.AsyncBaseTransport, refused: str, slow: str) -> None:
        self.inner, self.refused, self.slow = inner, refused, slow

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return await self.inner.handle_async_request(request)
        if request.url.host == self.slow:
            for _ in range(50):
                await asyncio.sleep(0)
        if self.refused and str(request.url).endswith(self.refused):
            body = NO if request.url.host == "api.fluents.ai" else {name: NO[name] for name in ("error", "message")}
            return httpx.Response(400, json=body)
        return await self.inner.handle_async_request(request)


@dataclass
class WebStage(Stage):
    """A stage on which a vendor may refuse one object, or take its time."""

    refused: str = ""
    slow: str = ""

    @property
    def context(self) -> Context:
        context = super().context
        return replace(context, transport=lambda _: Refusing(SandboxTransport(self.app), self.refused, self.slow))


@contextmanager
def set_stage(web: Web, **more: Any) -> Iterator[WebStage]:
    with tempfile.TemporaryDirectory() as name:
        stage = WebStage(Path(name) / "project", web.seed, web.declared, **more)
        try:
            yield stage
        finally:
            stage.close()


def find_writes(stage: Stage, node: Node) -> list[int]:
    """Return at which place among all writes those to a node's object came; a batch carries several."""
    return [index for index, served in enumerate(stage.writes) if _writes_to(served, node)]


def _writes_to(served: Any, node: Node) -> bool:
    if node.kind == "numbers":
        return str(served.query).endswith(identity_of(node).removeprefix("+"))
    if node.kind == "phone_connections":
        return str(served.path).endswith(f"/{identity_of(node)}")
    key = identity_of(node)["connectorId"]
    entries = served.body.get("updates", ()) if isinstance(served.body, dict) else ()
    return str(served.path).endswith(f"/{key}") or any(entry.get("connectorId") == key for entry in entries)


def read_fields(stage: Stage, node: Node) -> dict[str, Any]:
    provider, collection, key = PLACES[node.kind]
    return dict(stage.photograph()[provider, collection, key(node)])


@given(web=draw_webs(), slow=st.sampled_from(["", "api.fluents.ai", "api.galtea.ai", "api.us.poly.ai"]))
@FEW
def test_values_are_those_of_the_model_and_are_written_in_order(web: Web, slow: str) -> None:
    with set_stage(web, slow=slow) as stage:
        plan = stage.plan()
        planned = {
            update.address: {change.path[0]: change.after for change in update.changes} for update in plan.updates
        }
        assert planned == {node.address: web.changes(node) for node in web.order if web.changes(node)}
        for update in plan.updates:
            node = next(one for one in web.order if one.address == update.address)
            assert set(update.follows) == {one.address for one in web.takes_all(node)}

        applied = stage.apply()
        assert applied.exit_code == 0, applied.explain()
        for node in web.order:
            fields = read_fields(stage, node)
            assert {field: fields[field] for field in web.specs[node]} == {
                field: web.value(node, field) for field in web.specs[node]
            }
            first = min(find_writes(stage, node), default=None)
            for source in web.takes_all(node):
                assert first is None or max(find_writes(stage, source), default=-1) < first, (source, node)
        assert stage.plan().updates == ()
        assert stage.plan_exit() == 0


@given(web=draw_webs().filter(lambda web: any(web.changes(node) for node in web.order)), chosen=st.data())
@FEW
def test_a_failure_is_passed_on_to_exactly_what_takes_from_it(web: Web, chosen: st.DataObject) -> None:
    written = [node for node in web.order if web.changes(node) and node.kind != "connectors"]
    failing = chosen.draw(st.sampled_from(written)) if written else None
    refused = str(identity_of(failing)).removeprefix("+") if failing else ""
    with set_stage(web, refused=refused) as stage:
        applied = stage.apply()
        results = {outcome.update.address: outcome for outcome in applied.deployed.outcomes}
        for node in web.order:
            if not web.changes(node):
                continue
            outcome = results[node.address]
            if node == failing:
                assert outcome.result is Result.REJECTED
            elif failing in web.takes_all(node):
                assert outcome.result is Result.NOT_ATTEMPTED
                assert "it takes a value from " in outcome.message
                assert not find_writes(stage, node)
            else:
                assert outcome.result in SETTLED, outcome.message


@given(web=draw_webs())
@FEW
def test_a_reference_costs_no_request_where_its_value_is_declared(web: Web) -> None:
    known = replace(web, identities=dict.fromkeys(web.order))
    plain = replace(
        known,
        specs={node: {field: (web.value(node, field),) for field in fields} for node, fields in web.specs.items()},
    )
    asked = []
    for one in (known, plain):
        with set_stage(one) as stage:
            requests = [(update.address, update.request) for update in stage.plan().updates]
            asked.append((sorted(requests, key=str), sorted(map(str, stage.world.requests))))
    assert asked[0][1] == asked[1][1]
    assert [(address, request.body) for address, request in asked[0][0]] == [
        (address, request.body) for address, request in asked[1][0]
    ]


NUMBER, LINE, CONNECTOR = Node("numbers", 0), Node("phone_connections", 0), Node("connectors", 0)
CHAIN = Web(
    order=(CONNECTOR, NUMBER, LINE),
    numbers_of_lines={0: 0},
    specs={
        CONNECTOR: {},
        NUMBER: {"description": ("voice ", Taking(CONNECTOR, "voiceName"))},
        LINE: {"name": ("x ", Taking(NUMBER, "description"))},
    },
    identities={CONNECTOR: None, NUMBER: ("label", "Number-0"), LINE: ("phoneNumber", Taking(NUMBER, "id"))},
)
"""The line takes from the number, which takes what is live at the connector."""


def look_later(deployment: Deployment) -> Deployment:
    """Let an apply begin when nothing that was read is fresh any more."""
    return replace(deployment, live=LiveState({}, {}))


@pytest.mark.parametrize(
    ("place", "fields", "stale", "words"),
    [
        (("polyai", "connectors", "conn-0"), {"voiceName": "en-US-Other"}, NUMBER, "voiceName, which it takes, was"),
        (("fluents", "numbers", "+12025550000"), {"label": "Else"}, LINE, "no longer has the keys it was found by"),
    ],
)
def test_what_it_takes_is_looked_at_again_before_the_write(
    tmp_path: Path, place: tuple[str, str, str], fields: dict[str, str], stale: Node, words: str
) -> None:
    web = CHAIN if stale == NUMBER else replace(CHAIN, specs={**CHAIN.specs, NUMBER: {}, LINE: {"name": ("y",)}})
    stage = Stage(tmp_path, web.seed, web.declared)

    def meddle(deployment: Deployment) -> Deployment:
        stage.world.put(*place, {**stage.photograph()[place], **fields})
        return look_later(deployment)

    applied = stage.apply(wrap=meddle)
    results = {outcome.update.address: outcome for outcome in applied.deployed.outcomes}
    assert results[stale.address].result is Result.STALE
    assert words in results[stale.address].message
    if stale == NUMBER:
        assert results[LINE.address].result is Result.NOT_ATTEMPTED
        assert f"from {NUMBER.address}, which is stale" in results[LINE.address].message
    assert stage.writes == []
    stage.close()


def test_what_it_takes_is_still_so_where_nobody_touched_it(tmp_path: Path) -> None:
    stage = Stage(tmp_path, CHAIN.seed, CHAIN.declared)
    applied = stage.apply(wrap=look_later)
    assert applied.exit_code == 0, applied.explain()
    assert stage.plan().updates == ()
    stage.close()


def test_updates_of_one_batch_are_parted_by_references(tmp_path: Path) -> None:
    nodes = tuple(Node("connectors", place) for place in range(4))
    first, second, third, fourth = nodes
    specs: dict[Node, dict[str, tuple[Piece, ...]]] = {
        first: {"voiceName": ("en-US-a",)},
        second: {"voiceName": ("en-US-b",)},
        third: {"voiceName": (Taking(first, "voiceName"), "c")},
        fourth: {"voiceName": (Taking(second, "voiceName"), "d")},
    }
    web = Web(nodes, {}, specs, dict.fromkeys(nodes))
    stage = Stage(tmp_path, web.seed, web.declared)
    assert stage.plan().forecast_requests == 2
    assert stage.apply().exit_code == 0
    carried = [{entry["connectorId"] for entry in served.body["updates"]} for served in stage.writes]
    assert carried == [{"conn-0", "conn-1"}, {"conn-2", "conn-3"}]
    stage.close()
