"""The vendor's stamp decides whether a write without a clear answer may be repeated: only while nothing of the object moved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.outcome import Result
from reconciler.model.project import Declared
from reconciler.sandbox import Arrived
from tests.remote.execute_stage import AGENT, Stage, declare

SEED: dict[str, Any] = {
    "opencopilot": {"generation": "2026", "agents": [{"id": "cx-1", "name": "Desk", "first_message": "Hello"}]},
    "polyai": {
        "agents": [{"agentId": AGENT, "agentName": "Hotel"}],
        "real_time_configs": {AGENT: [{"clientEnv": "live", "variables": {"open": "no"}}]},
    },
}
PHONE_AGENT = replace(
    declare("opencopilot", "agents", "cx", (("id", "cx-1"),), {"first_message": "Hi"}), generation="2026"
)
CONFIG = declare(
    "polyai",
    "real_time_configs",
    "live",
    (("agentId", AGENT), ("clientEnv", "live")),
    {"variables": {"open": "yes"}},
)
PLACES: dict[str, tuple[Declared, tuple[str, str, str], dict[str, Any]]] = {
    "updated_at": (PHONE_AGENT, ("opencopilot", "agents", "cx-1"), {"first_message": "Hello"}),
    "lastUpdated": (CONFIG, ("polyai", "real_time_configs", f"{AGENT}/live"), {"variables": {"open": "no"}}),
}


def run(stamp: str, vice: str, fields: dict[str, Any] | None) -> tuple[Stage, Result, str]:
    """Apply under a vice, while somebody edits the object right after the first write."""
    declared, place, _ = PLACES[stamp]
    stage = Stage(seed=SEED)
    updates = stage.plan(declared)
    stage = Stage(seed=SEED, vices=[vice])

    def edit(arrived: Arrived) -> None:
        if fields is not None and arrived.method == "GET" and len(stage.writes) == 1:
            stage.world.before_request = lambda _: None
            stage.world.edit(*place, fields)

    stage.world.before_request = edit
    (outcome,) = stage.apply(updates)
    return stage, outcome.result, outcome.message


@pytest.mark.parametrize("stamp", PLACES)
def test_what_was_carried_out_and_taken_back_is_not_sent_again(stamp: str) -> None:
    _, place, before = PLACES[stamp]
    stage, result, message = run(stamp, "timeout-after-commit", before)
    assert (len(stage.writes), result) == (1, Result.IN_DOUBT)
    assert f"{stamp} moved" in message
    held = stage.world.read(*place)
    assert {name: held[name] for name in before} == before, "the edit stands"


@pytest.mark.parametrize("stamp", PLACES)
def test_what_stands_still_is_sent_again(stamp: str) -> None:
    stage, result, _ = run(stamp, "timeout-before-commit", None)
    assert (len(stage.writes), result) == (2, Result.VERIFIED)


@pytest.mark.parametrize("stamp", PLACES)
def test_a_stamp_that_moves_is_no_damage(stamp: str) -> None:
    stage, result, message = run(stamp, "slow:0", None)
    assert (len(stage.writes), result, message) == (1, Result.VERIFIED, "")


def test_what_was_turned_away_is_sent_again_whoever_else_wrote() -> None:
    stage, result, _ = run("updated_at", "retry-after-date@writes", {"name": "Reception"})
    assert len(stage.writes) == 2
    assert result is Result.MISMATCH, "another field moved in between, which is told"
