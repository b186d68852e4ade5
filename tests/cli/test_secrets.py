"""Keys reach their vendor and nothing else: no output, plan, ledger, journal or other host, whatever a vendor echoes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler.app.sandbox_state import read_seed
from tests.cli.stage import CREDENTIALS, Stage, lines, take_example

KEYS = {provider: f"{prefix}Zq7-s3cr3t-{provider}-Xw9" for provider, prefix in (("galtea", "gsk_"), ("fluents", "fl_"), ("opencopilot", "ocx_live_"), ("polyai", "pk_"))}  # fmt: skip
TELLING = "s3cr3t"


def keyed(folder: Path) -> Stage:
    """Stage the quickstart with keys that cannot be mistaken for anything else."""
    place = take_example("quickstart", folder)
    seed: dict[str, Any] = {name: dict(section) for name, section in (read_seed(place) or {}).items()}
    for provider in ("galtea", "opencopilot", "polyai"):
        seed[provider]["keys"] = [{"key": KEYS[provider]}]
    seed["fluents"] = {"worlds": {KEYS["fluents"]: seed["fluents"]}}
    environ = {CREDENTIALS[provider]: key for provider, key in KEYS.items()} | {"USER": "tester"}
    return Stage(place, seed=seed, environ=environ)


def trouble(stage: Stage, vices: tuple[str, ...]) -> None:
    from reconciler.sandbox import create_app

    stage.app = create_app(database=None, seed=stage.seed, vices=vices)


@pytest.mark.parametrize("text", ["${var.GALTEA_API_KEY}", "${env.GALTEA_API_KEY}", "${GALTEA_API_KEY}", "${var.HOME}"])
def test_no_environment_variable_but_our_own_can_be_read(tmp_path: Path, text: str) -> None:
    stage = lines(tmp_path)
    stage.environ["GALTEA_API_KEY"] = KEYS["galtea"]
    stage.change(
        "reconciler.yaml", "line-0: {id: pc_0, spec: {voice: jack}", f"line-0: {{id: pc_0, spec: {{name: '{text}'}}"
    )
    told = stage.run("plan")
    assert told.code == 3
    assert TELLING not in told.all
    stage.environ["RECONCILER_VAR_GALTEA_API_KEY"] = "not the key"
    assert stage.run("validate").code == (0 if text == "${var.GALTEA_API_KEY}" else 3)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example",
        "https://api.galtea.ai.evil.example",
        "https://api.galtea.ai@evil.example",
        "http://api.galtea.ai",
        "https://evil.example/#api.galtea.ai",
        "https://api.open.cx",
    ],
)
@pytest.mark.parametrize("command", [("plan",), ("apply", "--auto-approve"), ("doctor",), ("pull",)])
def test_a_key_goes_to_no_other_host(tmp_path: Path, url: str, command: tuple[str, ...]) -> None:
    stage = lines(tmp_path)
    stage.change("reconciler.yaml", "galtea: {}", f"galtea: {{base_url: '{url}'}}")
    told = stage.run(*command)
    assert told.code == 3
    assert "error[bad-base-url]" in told.err
    assert stage.requests == []


def test_only_the_environment_can_allow_a_host(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    stage.change("reconciler.yaml", "galtea: {}", "galtea: {base_url: 'https://proxy.example/phoneConnections'}")
    stage.environ["RECONCILER_ALLOWED_HOSTS"] = "proxy.example"
    assert stage.run("validate").code == 0


def test_redirects_are_not_followed(tmp_path: Path) -> None:
    stage = keyed(tmp_path)
    trouble(stage, ("redirect",))
    assert stage.run("plan").code == 6
    assert {one.host for one in stage.requests} <= {"api.galtea.ai", "api.fluents.ai", "api.open.cx", "api.us.poly.ai"}
    assert not any("elsewhere" in one.host for one in stage.requests)
