"""Keys reach their vendor and nothing else: no output, plan, ledger, journal or other host, whatever a vendor echoes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.app.sandbox_state import read_seed
from reconciler.cli.root import COMMANDS
from tests.cli.stage import CREDENTIALS, Stage, lines, take_example

KEYS = {provider: f"{prefix}Zq7-s3cr3t-{provider}-Xw9" for provider, prefix in (("galtea", "gsk_"), ("fluents", "fl_"), ("opencopilot", "ocx_live_"), ("polyai", "pk_"))}  # fmt: skip
TELLING = "s3cr3t"
TROUBLES = (
    (),
    ("echo-secret", "expired-key"),
    ("echo-secret", "forbidden"),
    ("echo-secret", "forbidden@writes"),
    ("echo-secret", "expired-key@writes"),
    ("echo-secret", "probe-fails"),
    ("echo-secret", "down"),
    ("echo-secret", "html-502"),
    ("redirect",),
)


def keyed(folder: Path) -> Stage:
    """Stage the quickstart with keys that cannot be mistaken for anything else."""
    place = take_example("quickstart", folder)
    seed: dict[str, Any] = {name: dict(section) for name, section in (read_seed(place) or {}).items()}
    for provider in ("galtea", "opencopilot", "polyai"):
        seed[provider]["keys"] = [{"key": KEYS[provider]}]
    seed["fluents"] = {"worlds": {KEYS["fluents"]: seed["fluents"]}}
    environ = {CREDENTIALS[provider]: key for provider, key in KEYS.items()} | {"USER": "tester"}
    return Stage(place, seed=seed, environ=environ)


def list_commands(folder: Path) -> Iterator[tuple[str, ...]]:
    """List every command in every format; a command that is not here fails the test below."""
    plan = str(folder / "plan.json")
    for style in ("text", "json", "markdown", "html", "github"):
        yield "plan", "--format", style, "--out", plan
        yield "drift", "--format", style
        yield "show", plan, "--format", style
    for style in ("text", "json", "github", "gitlab", "sarif"):
        yield "validate", "--format", style
    yield from (("doctor",), ("doctor", "--format", "json"), ("pull",), ("pull", "--declared", "--all-fields"))
    yield from (("explain",), ("explain", "connectors.live-us"), ("schema",), ("sandbox", "vices"), ("unlock",))
    yield from (("forget", "numbers.nobody", "--auto-approve"),)
    yield from (("compare", "a", "b"), ("compare", "a", "b", "--format", "json"))
    yield from (("completion", "bash"),)
    yield from (("init", "new"), ("ci", "comment", plan, "--dry-run"))
    yield from (("apply", "--auto-approve"), ("apply", plan, "--auto-approve"))
    yield from (
        ("history",),
        ("history", "--format", "json"),
        ("history", "latest"),
        ("undo", "latest", "--auto-approve"),
    )


def read_tree(folder: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("vices", TROUBLES, ids=" ".join)
def test_no_key_is_ever_told_or_written(tmp_path: Path, vices: tuple[str, ...]) -> None:
    stage = keyed(tmp_path)
    trouble(stage, vices)
    for command in list_commands(stage.folder):
        told = stage.run("-v", *command)
        assert TELLING not in told.all, command
        assert "Traceback" not in told.all
        assert "bug in reconciler" not in told.all, (command, told.all)
    assert TELLING not in read_tree(stage.folder)
    assert stage.requests
    assert TELLING not in str([(one.path, one.query, one.body) for one in stage.requests])


def trouble(stage: Stage, vices: tuple[str, ...]) -> None:
    from reconciler.sandbox import create_app

    stage.app = create_app(database=None, seed=stage.seed, vices=vices)


def test_a_vendor_really_echoes_and_is_quoted_without_the_key(tmp_path: Path) -> None:
    """Or the test above would prove nothing."""
    stage = keyed(tmp_path)
    trouble(stage, ("echo-secret", "forbidden@writes"))
    told = stage.apply()
    assert told.code == 1
    assert "Forbidden (got " in told.words


def test_every_command_was_tried(tmp_path: Path) -> None:
    assert {command[0] for command in list_commands(tmp_path)} == set(COMMANDS)


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
