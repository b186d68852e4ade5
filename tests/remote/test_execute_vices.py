"""Every vice of the sandbox at every vendor: an apply converges or tells the truth, and says which."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import pytest

from reconciler.model.outcome import Outcome, Result
from reconciler.model.project import Declared
from reconciler.sandbox import VICES
from tests.remote.execute_stage import Stage, fluents, galtea, opencopilot, polyai

WANTED: dict[str, dict[str, Any]] = {
    "galtea": {"voice": "jack", "name": "Desk"},
    "fluents": {"label": "Desk", "description": "Night"},
    "opencopilot": {"name": "Desk", "base_prompt": "Be brief."},
    "polyai": {"voiceName": "en-US-Neural2-A", "asrLangCode": "en-GB"},
}
SPELLED = [{"slow": "slow:1", "rate-limit": "rate-limit:2/1"}.get(vice, vice) for vice in VICES]
DONE = {Result.VERIFIED, Result.ACCEPTED}
UNTOUCHED = {Result.REJECTED, Result.STALE, Result.REFUSED, Result.NOT_ATTEMPTED}


def declare_all() -> list[Declared]:
    return [
        galtea(0, **WANTED["galtea"]),
        fluents(**WANTED["fluents"]),
        opencopilot(**WANTED["opencopilot"]),
        polyai(0, **WANTED["polyai"]),
        polyai(1, **WANTED["polyai"]),
    ]


def apply(vices: Sequence[str]) -> tuple[Stage, list[tuple[Declared, dict[str, Any], Outcome]]]:
    stage = Stage(vices=list(vices))
    declared = declare_all()
    before = [stage.read(one) for one in declared]
    outcomes = stage.apply(stage.plan(*declared))
    return stage, list(zip(declared, before, outcomes, strict=True))


def leave_out(document: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """Drop what an update touches, and what the vendor derives from that."""
    return {name: value for name, value in document.items() if name not in {*wanted, "ttsLangCode"}}


def check_truth(stage: Stage, declared: Declared, before: dict[str, Any], outcome: Outcome) -> None:
    """Compare what an outcome claims with the vendor's own record."""
    after = stage.read(declared)
    wanted = WANTED[declared.provider]
    claim = f"{declared.address}: {outcome.result}: {outcome.message}"
    if outcome.result is Result.ACCEPTED:
        assert after["name"] == wanted["name"], claim
        assert after["phone_number"] == before["phone_number"], claim
    if outcome.result is Result.VERIFIED:
        assert {name: after[name] for name in wanted} == wanted, claim
        assert leave_out(after, wanted) == leave_out(before, wanted), claim
    if outcome.result in UNTOUCHED:
        assert after == before, claim
    if outcome.result is Result.MISMATCH:
        assert after != {**before, **wanted}, claim
        assert outcome.wrong_fields or outcome.collateral, claim
    assert outcome.message or outcome.result in DONE


@pytest.mark.parametrize("vice", SPELLED)
def test_every_vice_alone(vice: str) -> None:
    stage, story = apply([vice])
    for declared, before, outcome in story:
        check_truth(stage, declared, before, outcome)
    assert stage.world.dangers == []


@pytest.mark.parametrize(
    "vice",
    [
        "late-429",
        "retry-after-date",
        "flaky-503",
        "connect-error",
        "drop-before-commit",
        "drop-after-commit",
        "timeout-before-commit",
        "timeout-after-commit",
        "html-200:1@writes",
        "html-502:2@writes",
        "shuffle-batch",
        "omit-from-batch",
        "empty-201",
        "wrong-content-type",
        "truncated-json@writes",
        "echo-secret",
        "clamp-limit:1",
        "slow:1",
    ],
)
def test_what_passes_is_overcome(vice: str) -> None:
    _, story = apply([vice])
    assert {outcome.result for *_, outcome in story} <= DONE, [(one[2].result, one[2].message) for one in story]


@pytest.mark.parametrize(
    ("vice", "results"),
    [
        ("lost-write", {Result.MISMATCH}),
        ("partial-write", {Result.MISMATCH}),
        ("collateral", {Result.MISMATCH}),
        ("down@writes", {Result.IN_DOUBT}),
        ("down", {Result.REFUSED}),
        ("forbidden@writes", {Result.REJECTED}),
        ("expired-key@writes", {Result.REJECTED}),
        ("html-200@writes", {Result.IN_DOUBT}),
        ("html-404@writes", {Result.IN_DOUBT}),
        ("redirect@writes", {Result.IN_DOUBT}),
        ("connect-error:99@writes", {Result.REJECTED}),
        ("drop-before-commit:99", {Result.IN_DOUBT}),
    ],
)
def test_what_stays_is_told(vice: str, results: set[Result]) -> None:
    _, story = apply([vice])
    found = {outcome.result for declared, _, outcome in story if declared.provider != "opencopilot"}
    assert found <= results, [(one[2].result, one[2].message) for one in story]


PAIRED = [vice for vice in SPELLED if vice not in {"slow:1", "rate-limit:2/1"}]


@pytest.mark.parametrize("first", PAIRED)
def test_vices_in_pairs(first: str) -> None:
    for one, other in combinations(PAIRED, 2):
        if one == first:
            stage, story = apply([one, other])
            for declared, before, outcome in story:
                check_truth(stage, declared, before, outcome)
