"""How many requests an apply costs, what is foreseen of that, and how an account rests where its vendor asks for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from reconciler.model.live import LiveState, Present
from reconciler.model.outcome import Result
from reconciler.model.plan import Update
from reconciler.model.resource_type import Identity
from reconciler.remote.wire.client import Patience
from reconciler.remote.writing.execute import WRITE_PATIENCE
from reconciler.remote.writing.forecast import Forecast, forecast
from reconciler.remote.writing.waves import plan_waves
from reconciler.sandbox import SandboxTransport
from tests.remote.execute_stage import (
    CATALOG,
    OTHER_AGENT,
    Stage,
    Watch,
    build_seed,
    fluents,
    galtea,
    opencopilot,
    polyai,
)


def copy_updates(stage: Stage, count: int) -> list[Update]:
    """Make updates of many phone connections from the plan of the first."""
    first = stage.plan(galtea(0, voice="jack"))[0]
    return [
        replace(
            first,
            address=f"phone_connections.line-{place}",
            identity=Identity((("id", f"pc_{place}"),)),
            request=replace(first.request, url=first.request.url.replace("pc_0", f"pc_{place}")),
        )
        for place in range(count)
    ]


def test_a_thousand_updates_cost_forty_readings() -> None:
    stage = Stage(seed=build_seed(galtea=1000))
    outcomes = stage.apply(copy_updates(stage, 1000))
    assert {one.result for one in outcomes} == {Result.VERIFIED}
    assert (len(stage.writes), stage.reads) == (1000, 40)


class Ticking(SandboxTransport):
    """A way to the vendor on which each write takes a tenth of a second."""

    def __init__(self, app: Any, watch: Watch) -> None:
        super().__init__(app)
        self._watch = watch

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._watch.now += 0.1 * (request.method == "PATCH")
        return await super().handle_async_request(request)


@pytest.mark.parametrize("age", [0.0, 1.5, 2.9, 3.1, 4.0, 4.9])
def test_readings_at_the_edge_of_their_age_are_read_again_together(age: float) -> None:
    watch = Watch()
    stage = Stage(seed=build_seed(galtea=20), clock=watch)
    stage.build_transport = lambda: Ticking(stage.app, watch)
    updates = copy_updates(stage, 20)
    rows = {key: row for (_, _, _, key), row in stage.world.documents().items()}
    readings = {update.address: Present(update.identity, rows[update.identity["id"]], watch.now) for update in updates}
    watch.now += age
    outcomes = stage.apply(updates, state=LiveState(readings, {}))
    assert {one.result for one in outcomes} == {Result.VERIFIED}
    assert stage.reads <= 2, "once before the writes at most, and once after"


def test_the_forecast_says_what_it_then_costs() -> None:
    stage = Stage(seed=build_seed(galtea=120))
    updates = copy_updates(stage, 120)
    foreseen = forecast(updates, catalog=CATALOG, accounts=stage.accounts)
    stage.apply(updates)
    assert foreseen.requests == len(stage.world.requests) == 126


@pytest.mark.parametrize(("count", "rounds"), [(1, 3), (10, 4), (120, 15)])
def test_the_forecast_lets_waves_overlap(count: int, rounds: int) -> None:
    stage = Stage(seed=build_seed(galtea=count))
    accounts = {name: replace(account, concurrency=10) for name, account in stage.accounts.items()}
    foreseen = forecast(copy_updates(stage, count), catalog=CATALOG, accounts=accounts, latency_seconds=0.1)
    assert foreseen.seconds == pytest.approx(rounds * 0.1)


def test_the_forecast_adds_requests_and_takes_the_slowest_account() -> None:
    stage = Stage()
    updates = stage.plan(
        galtea(0, voice="jack"),
        fluents(label="Desk"),
        opencopilot(name="Desk"),
        polyai(0, voiceName="en-US-Neural2-A"),
        polyai(1, voiceName="en-US-Neural2-A"),
    )
    accounts = {name: replace(account, requests_per_minute=None) for name, account in stage.accounts.items()}
    foreseen = forecast(updates, catalog=CATALOG, accounts=accounts, latency_seconds=0.1)
    assert foreseen.requests == 4 * 3
    assert foreseen.seconds == pytest.approx(3 / 100 * 60)
    assert forecast([], catalog=CATALOG, accounts=accounts) == Forecast(0, 0.0)


def test_a_paced_account_writes_in_small_waves() -> None:
    stage = Stage()
    updates = copy_updates(stage, 40)
    waves = plan_waves(updates, catalog=CATALOG, requests_per_minute=120, fresh_seconds=5.0)
    assert [len(wave) for wave in waves] == [10] * 4
    assert [update for wave in waves for group in wave for update in group] == updates


def test_a_batch_is_never_cut_by_a_wave() -> None:
    stage = Stage(seed=build_seed(connectors=30))
    updates = stage.plan(*(polyai(place, voiceName="en-US-Neural2-A") for place in range(30)))
    waves = plan_waves(updates, catalog=CATALOG, requests_per_minute=12, fresh_seconds=5.0)
    assert [[len(group) for group in wave] for wave in waves] == [[25], [5]]


def build_resting_stage(vice: str) -> tuple[Stage, Watch, list[float]]:
    clock, waits = Watch(), list[float]()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        clock.now += seconds

    patience = Patience(attempts=4, first_wait_seconds=0.0, longest_wait_seconds=5.0, sleep=sleep)
    return Stage(clock=clock, vices=[vice], patience=patience), clock, waits


@pytest.mark.parametrize("vice", ["late-429:0@galtea@writes", "retry-after-date@galtea@writes"])
def test_an_account_rests_as_long_as_the_vendor_asks(vice: str) -> None:
    stage, _, waits = build_resting_stage(vice)
    outcome = stage.apply(stage.plan(galtea(0, voice="jack")))[0]
    assert outcome.result is Result.VERIFIED
    assert 0.5 < max(waits) <= 2.0
    assert len(stage.writes) == 2


def test_what_moves_during_the_rest_is_not_overwritten() -> None:
    stage, clock, _ = build_resting_stage("late-429:0@galtea@writes")
    updates = stage.plan(galtea(0, voice="jack"))

    def edit(_arrived: object) -> None:
        if clock.now > 1000.0:
            stage.edit(galtea(0), voice="megan")

    async def sleep(seconds: float) -> None:
        clock.now += 10 * seconds

    stage.patience = replace(stage.patience, sleep=sleep)
    stage.world.before_request = edit
    outcome = stage.apply(updates)[0]
    assert (outcome.result, outcome.wrong_fields) == (Result.STALE, (("voice",),))
    assert stage.read(galtea(0))["voice"] == "megan"
    assert len(stage.writes) == 1


def test_a_longer_rest_than_we_have_patience_for_ends_the_update() -> None:
    stage, _, waits = build_resting_stage("late-429:0@galtea@writes")
    stage.patience = replace(stage.patience, longest_wait_seconds=0.5)
    outcome = stage.apply(stage.plan(galtea(0, voice="jack")))[0]
    assert (outcome.result, outcome.status) == (Result.REJECTED, 429)
    assert "nothing changed" in outcome.message
    assert max(waits) <= 0.5


def test_writers_leave_repeating_to_whoever_looks_again_first() -> None:
    assert WRITE_PATIENCE.attempts == 1


@pytest.mark.parametrize("vice", ["flaky-503:2@writes", "connect-error:2@writes"])
def test_writers_that_repeat_by_themselves_work_too(vice: str) -> None:
    stage = Stage(vices=[vice], write_patience=Patience(attempts=3, first_wait_seconds=0.0))
    updates = stage.plan(galtea(0, voice="jack"), galtea(1, voice="jack"), polyai(0, projectId=OTHER_AGENT))
    assert {one.result for one in stage.apply(updates)} == {Result.VERIFIED}


def test_one_account_at_its_limit_does_not_run_into_it() -> None:
    stage = Stage(seed=build_seed(galtea=6), vices=["rate-limit:60/1@galtea"], requests_per_minute=1200)
    outcomes = stage.apply(copy_updates(stage, 6))
    assert {one.result for one in outcomes} == {Result.VERIFIED}
    assert all(one.status != 429 for one in stage.world.requests)
