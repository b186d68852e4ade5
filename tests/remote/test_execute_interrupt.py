"""An interrupt lets what is in flight finish and be verified; a cancel leaves intents that tell what is in doubt."""

from __future__ import annotations

import asyncio

import pytest

from reconciler.model.outcome import Result
from tests.remote.execute_stage import Stage, build_seed, fluents, galtea


def test_the_request_in_flight_finishes_and_the_rest_is_not_attempted() -> None:
    stage = Stage(seed=build_seed(galtea=6), concurrency=1)
    updates = stage.plan(*(galtea(place, voice="jack") for place in range(6)))

    def press(arrived: object) -> None:
        if getattr(arrived, "path", "") == "/phoneConnections/pc_2" and getattr(arrived, "method", "") == "PATCH":
            stage.stop.request("interrupted before its turn")

    stage.world.before_request = press
    outcomes = stage.apply(updates)
    assert [one.result for one in outcomes] == [Result.VERIFIED] * 3 + [Result.NOT_ATTEMPTED] * 3
    assert outcomes[3].message == "interrupted before its turn"
    assert len(stage.diary.outcomes) == 6
    assert [stage.read(galtea(place))["voice"] for place in range(6)] == ["jack"] * 3 + ["sarah"] * 3


def test_nothing_starts_after_an_interrupt_before_the_first_write() -> None:
    stage = Stage()
    updates = stage.plan(galtea(0, voice="jack"), fluents(label="Desk"))
    stage.stop.request("interrupted before its turn")
    assert {one.result for one in stage.apply(updates)} == {Result.NOT_ATTEMPTED}
    assert stage.world.requests == []


def test_an_interrupted_doubt_is_settled_by_reading_but_not_sent_again() -> None:
    stage = Stage(vices=["drop-before-commit"])
    updates = stage.plan(galtea(0, voice="jack"))

    def press(arrived: object) -> None:
        if getattr(arrived, "method", "") == "PATCH":
            stage.stop.request("interrupted before its turn")

    stage.world.before_request = press
    outcome = stage.apply(updates)[0]
    assert outcome.result is Result.IN_DOUBT
    assert "unchanged so far" in outcome.message
    assert len(stage.writes) == 1


def test_a_cancelled_run_leaves_an_intent_for_every_request_that_went_out() -> None:
    stage = Stage(seed=build_seed(galtea=4), vices=["slow:20"], concurrency=2)
    updates = stage.plan(*(galtea(place, voice="jack") for place in range(4)))

    async def cut() -> None:
        sent = asyncio.Event()
        stage.world.before_request = lambda arrived: sent.set() if arrived.method == "PATCH" else None
        task = asyncio.create_task(stage.carry(updates))
        await sent.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cut())
    assert [address for address, _ in stage.diary.intents] == ["phone_connections.line-0", "phone_connections.line-1"]
    assert stage.diary.outcomes == []


def test_accounts_do_not_wait_for_each_other() -> None:
    stage = Stage(vices=["slow:150@galtea"])
    updates = stage.plan(galtea(0, voice="jack"), fluents(label="Desk"))
    order: list[str] = []
    asyncio.run(stage.carry(updates, on_outcome=lambda outcome: order.append(outcome.update.provider)))
    assert order == ["fluents", "galtea"]
