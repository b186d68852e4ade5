"""Every vice, alone and in pairs, and every switch: a whole run converges or reports truthfully."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest

from reconciler.sandbox import SWITCHES, VICES
from tests.laws.neighbours import build_neighbours
from tests.laws.stage import Applied, Stage, build_settings
from tests.laws.truth import check_truth
from tests.laws.worlds import Drawn, build_world, find_shown, holds

SPELLED = {"slow": "slow:1", "rate-limit": "rate-limit:6/1", "clamp-limit": "clamp-limit:1"}
VICE_NAMES = tuple(SPELLED.get(name, name) for name in VICES)
MORE = (
    "html-200:2@reads",
    "html-404:2@reads",
    "html-404@writes",
    "lost-write:2",
    "down@writes",
    "down@reads",
    "down:galtea",
    "forbidden@writes",
    "expired-key:polyai",
    "expired-key@writes",
    "truncated-json@writes",
    "truncated-json:2@reads",
    "drop-after-commit:9",
    "drop-before-commit:9",
    "timeout-after-commit:9",
    "timeout-before-commit:9@reads",
    "connect-error:9",
    "redirect@writes",
    "empty-201:3",
    "wrong-content-type@reads",
)
BLIND = frozenset({"opencopilot"})
"""What was lost there cannot be seen, by anybody."""


class Second:
    """A clock of the vendors' own that runs much faster than the run, so that a rate limit passes."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 0.05
        return self.now


def run(folder: Path, vices: tuple[str, ...], drawn: Drawn) -> tuple[Stage, Applied]:
    """Apply under vices and hold every word against the world."""
    settings = build_settings(apis=drawn.apis)
    stage = Stage(folder, drawn.seed, drawn.declared, settings=settings, vices=vices, clock=Second())
    before = stage.photograph()
    applied = stage.apply()
    check_truth(drawn, applied, before, stage.photograph())
    assert stage.world.dangers == []
    return stage, applied


def check_recovery(stage: Stage, drawn: Drawn) -> None:
    """After the trouble one clean run makes everything so that can be seen."""
    stage.app = stage.open_app()
    second = stage.apply()
    assert second.exit_code == 0, second.explain()
    after = stage.photograph()
    for address, place in drawn.places.items():
        for name, wanted in find_shown(drawn, address).items():
            if place[0] not in BLIND - drawn.apis.keys() or name == "name":
                assert holds(after[place], name, wanted), f"{address}.{name}: {after[place].get(name)!r}"
    assert stage.plan_exit() == 0
    assert stage.world.dangers == []


@pytest.mark.parametrize("build", [build_world, build_neighbours], ids=["usual", "neighbours"])
@pytest.mark.parametrize("vice", [*VICE_NAMES, *MORE])
def test_a_vice(tmp_path: Path, vice: str, build: Callable[[], Drawn]) -> None:
    drawn = build()
    stage, _ = run(tmp_path, (vice,), drawn)
    check_recovery(stage, drawn)


PAIRS = tuple(combinations(VICE_NAMES, 2))


@pytest.mark.parametrize("first", VICE_NAMES[:-1])
def test_vices_in_pairs(tmp_path: Path, first: str) -> None:
    """Each pair once, at the vice that stands first in the list."""
    for number, pair in enumerate(PAIRS):
        if pair[0] == first:
            drawn = build_world()
            stage, _ = run(tmp_path / str(number), pair, drawn)
            check_recovery(stage, drawn)
            stage.close()


POSITIONS = [(name, choice) for name, switch in SWITCHES.items() for choice in switch.choices or ("1", "2", "1000")]


@pytest.mark.parametrize("clear", ["", "send-null", "send-empty"])
@pytest.mark.parametrize(("switch", "position"), POSITIONS)
def test_a_switch(tmp_path: Path, switch: str, position: str, clear: str) -> None:
    """Whatever the vendors really do: it is done, or it is said that it is not."""
    drawn = build_world()
    if clear:
        drawn.declared["numbers"]["back"]["spec"].update(label=None, description=None)
        drawn.declared["numbers"]["front"]["spec"]["example_context"] = None
    stage = Stage(
        tmp_path, drawn.seed, drawn.declared, settings=build_settings(clear=clear), switches={switch: position}
    )
    before = stage.photograph()
    applied = stage.apply()
    check_truth(drawn, applied, before, stage.photograph())
    assert (stage.plan_exit() == 0) == (applied.exit_code == 0), applied.explain()
    assert stage.world.dangers == []


@pytest.mark.parametrize(("switch", "position"), POSITIONS)
def test_a_switch_beside_secrets_and_branches(tmp_path: Path, switch: str, position: str) -> None:
    drawn = build_neighbours()
    stage = Stage(
        tmp_path, drawn.seed, drawn.declared, settings=build_settings(apis=drawn.apis), switches={switch: position}
    )
    before = stage.photograph()
    applied = stage.apply()
    check_truth(drawn, applied, before, stage.photograph())
    assert (stage.plan_exit() == 0) == (applied.exit_code == 0), applied.explain()
    assert stage.world.dangers == []
