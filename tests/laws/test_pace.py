"""Against a vendor that counts, an apply of many updates never runs into its limit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler.model.outcome import Result
from tests.laws.stage import Applied, Stage, build_settings
from tests.laws.swift_time import SwiftTime, let_time_fly
from tests.laws.worlds import VOICES

COUNT = 160
LIMIT = "rate-limit:100/60@opencopilot"


def apply_many(folder: Path, time: SwiftTime, *, pace: int | None) -> tuple[Stage, Applied]:
    """Update many phone agents at a vendor that takes 100 requests a minute."""
    settings = build_settings()
    settings["accounts"]["opencopilot"] = {} if pace is None else {"requests_per_minute": pace}
    phones = [{"id": f"phone-{place}", "phone_number": f"+1303555{place:04d}", "name": "Old"} for place in range(COUNT)]
    declared = {
        f"agent-{place}": {"id": f"phone-{place}", "spec": {"name": f"New {place}", "elevenlabs_voice_id": VOICES[0]}}
        for place in range(COUNT)
    }
    seed: dict[str, Any] = {"opencopilot": {"phones": phones}}
    seen: dict[str, Any] = {"settings": settings, "vices": (LIMIT,), "clock": time, "patience": None}
    stage = Stage(folder, seed, {"account": "opencopilot", "agents": declared}, **seen)
    return stage, stage.apply()


def count_denied(stage: Stage) -> int:
    return sum(served.status == 429 for served in stage.world.requests)


def check_done(stage: Stage, applied: Applied) -> None:
    assert applied.exit_code == 0, applied.explain()[-2000:]
    assert {one.result for one in applied.deployed.outcomes} == {Result.ACCEPTED}
    assert len(stage.writes) == COUNT
    assert count_denied(stage) == 0


def test_the_known_limit_is_never_met(tmp_path: Path) -> None:
    with let_time_fly() as time:
        start = time.now
        stage, applied = apply_many(tmp_path, time, pace=None)
        minutes = (time.now - start) / 60
        assert stage.plan_exit() == 0
    check_done(stage, applied)
    assert minutes < 1.5 * len(stage.world.requests) / 100, "and not much slower than the limit allows"


def test_a_pace_that_is_too_fast_does_meet_it(tmp_path: Path) -> None:
    """The test above can fail."""
    with let_time_fly() as time:
        stage, _ = apply_many(tmp_path, time, pace=1_000)
    assert count_denied(stage) > 0


@pytest.mark.parametrize("pace", [20, 60, 100])
def test_an_account_s_own_pace_holds(tmp_path: Path, pace: int) -> None:
    with let_time_fly() as time:
        start = time.now
        stage, applied = apply_many(tmp_path, time, pace=pace)
        minutes = (time.now - start) / 60
    check_done(stage, applied)
    assert minutes > 0.8 * (len(stage.world.requests) / pace - 1)
