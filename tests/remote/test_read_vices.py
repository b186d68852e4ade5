"""Every vice that concerns reading: what is there is found, or said to be unknown; never absent, never wrong."""

from __future__ import annotations

import pytest

from reconciler.model.live import Absent, Unknown
from reconciler.sandbox import SANDBOX_KEYS
from tests.remote.read_stage import PROVIDERS, Stage, build_seed, count_outcomes, declare, identify, match, point

HARMLESS = (
    "late-429",
    "retry-after-date",
    "flaky-503",
    "connect-error",
    "clamp-limit:10",
    "repeat-rows",
    "short-page",
    "estimated-total",
    "wrong-content-type",
    "slow:1",
    "html-502:1",
    "timeout-before-commit@reads",
    "drop-before-commit@reads",
)
FATAL = (
    "html-200",
    "html-404",
    "html-502",
    "redirect",
    "connect-error:10000",
    "down",
    "forbidden",
    "expired-key",
    "truncated-json",
)
COUNT = 60


@pytest.mark.parametrize("vice", HARMLESS)
def test_a_vice_that_can_be_outlived(vice: str) -> None:
    stage = Stage(seed=build_seed(COUNT), vices=[vice])
    live = stage.read(*(declare(provider, place) for provider in PROVIDERS for place in range(COUNT)))
    assert count_outcomes(live) == {"Present": 4 * COUNT}
    for address, reading in live.readings.items():
        assert not isinstance(reading, Absent | Unknown)
        assert reading.identity.parts[-1][1].removeprefix("+1202555").lstrip("pch0") == address.split(".")[1].lstrip(
            "0"
        )


@pytest.mark.parametrize("vice", HARMLESS)
def test_absence_is_proved_under_a_vice_too(vice: str) -> None:
    stage = Stage(seed=build_seed(COUNT), vices=[vice])
    wanted = [declare(provider, place) for provider in PROVIDERS for place in (0, COUNT - 1, COUNT + 1, COUNT + 2)]
    assert count_outcomes(stage.read(*wanted)) == {"Present": 8, "Absent": 8}


@pytest.mark.parametrize("vice", FATAL)
def test_a_vice_that_hides_everything_leaves_everything_unknown(vice: str) -> None:
    stage = Stage(seed=build_seed(COUNT), vices=[vice])
    by_id = [declare(provider, place) for provider in PROVIDERS for place in range(COUNT)]
    by_match = [
        match("galtea", "m", {"name": "Line 1"}),
        match("polyai", "m", {"agentId": "P0", "name": "Connector 0"}),
    ]
    live = stage.read(*by_id, *by_match)
    assert count_outcomes(live) == {"Unknown": 4 * COUNT + 2}
    for reading in live.readings.values():
        assert isinstance(reading, Unknown)
        assert reading.reason.startswith("GET https://api.")
        assert reading.advice


@pytest.mark.parametrize("vice", FATAL)
@pytest.mark.parametrize("sick", PROVIDERS)
def test_one_sick_vendor_leaves_the_others_well(vice: str, sick: str) -> None:
    stage = Stage(vices=[f"{vice}@{sick}"])
    live = stage.read(*(declare(provider, place) for provider in PROVIDERS for place in range(6)))
    assert count_outcomes(live) == {"Present": 18, "Unknown": 6}


def test_a_refused_key_is_asked_once_and_names_its_variable() -> None:
    stage = Stage(seed=build_seed(COUNT), vices=["expired-key"], settings={"concurrency": 1})
    live = stage.read(*(declare("polyai", place) for place in range(COUNT)))
    unknown = live.readings["connectors.1"]
    assert isinstance(unknown, Unknown)
    assert stage.served == 1
    assert "POLYAI_API_KEY" in unknown.advice
    assert "region" in unknown.advice
    assert "request id" in unknown.reason


def test_a_vendor_that_is_down_is_not_hammered() -> None:
    seed = build_seed(0)
    seed["polyai"] = build_seed(100, agents=50)["polyai"]
    stage = Stage(seed=seed, vices=["down"], settings={"concurrency": 1}, patience={"attempts": 3})
    stage.read(*(point("polyai", str(place), identify("polyai", place, agents=50)) for place in range(100)))
    assert stage.served == 9, "three questions, each asked three times"


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("vice", ["expired-key", "forbidden", "down"])
def test_an_echoed_key_never_shows(provider: str, vice: str) -> None:
    stage = Stage(vices=["echo-secret", vice])
    reading = stage.read_one(declare(provider, 1))
    assert isinstance(reading, Unknown)
    assert SANDBOX_KEYS[provider] not in repr(reading)


def test_a_newer_generation_of_opencopilot_is_named() -> None:
    reading = Stage(vices=["newer-api"]).read_one(declare("opencopilot", 1))
    assert isinstance(reading, Unknown)
    assert reading.code == "answer-shape"
    assert "2024-09" in reading.reason


def test_a_redirect_is_named_and_not_followed() -> None:
    stage = Stage(vices=["redirect"])
    reading = stage.read_one(declare("galtea", 1))
    assert isinstance(reading, Unknown)
    assert "redirected to" in reading.reason
    assert "not followed" in reading.reason
    assert stage.served == 1


def test_a_list_that_never_ends_is_confirmed_one_by_one_where_that_is_possible() -> None:
    stage = Stage(seed=build_seed(COUNT), vices=["cursor-loop", "clamp-limit:20"])
    wanted = [declare(provider, place) for provider in PROVIDERS for place in (1, 2, COUNT + 1)]
    live = stage.read(*wanted)
    assert count_outcomes(live) == {"Present": 8, "Absent": 3, "Unknown": 1}
    assert isinstance(live.readings[f"agents.{COUNT + 1}"], Unknown)


def test_a_wrong_region_is_not_absence() -> None:
    seed = build_seed(4)
    seed["polyai"]["keys"] = [{"key": "polyai_sandbox", "regions": ["eu"]}]
    live = Stage(seed=seed).read(*(declare("polyai", place) for place in range(4)))
    assert count_outcomes(live) == {"Unknown": 4}
