"""`sandbox serve|reset|vices`: the simulated vendors seen from outside."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from reconciler.cli.root import run
from reconciler.sandbox import SWITCHES, VICES
from tests.cli.stage import Stage

ROOT = Path(__file__).parents[2]
SEED = "galtea:\n  phoneConnections:\n    - {id: pc_1, productId: p, name: Line, phoneNumber: +12025550143}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    spec = "phone_connections:\n  line: {id: pc_1, spec: {name: New}}\n"
    (tmp_path / "reconciler.yaml").write_text(f"version: 1\naccounts: {{galtea: {{}}}}\n{spec}")
    (tmp_path / "sandbox.yaml").write_text(SEED)
    return tmp_path


@pytest.fixture
def served(project: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "reconciler", "-C", str(project), "sandbox", "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        address = re.search(r"http://127\.0\.0\.1:[1-9]\d*", process.stderr.readline())
        assert address
        try:
            yield process, address.group()
        finally:
            process.kill()


def test_serve_names_the_port_that_it_took_and_answers_on_it(served: tuple[subprocess.Popen[str], str]) -> None:
    process, address = served
    answer = httpx.get(f"{address}/phoneConnections/pc_1", headers={"Authorization": "Bearer gsk_sandbox"})
    assert answer.json()["name"] == "Line"
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) in (0, 130, -signal.SIGINT)


def test_serve_names_the_keys_of_every_world(project: Path) -> None:
    seed = SEED + "  worlds: {spare: {phoneConnections: []}}\npolyai: {keys: [{key: only-this}]}\n"
    (project / "sandbox.yaml").write_text(seed)
    command = [sys.executable, "-m", "reconciler", "-C", str(project), "sandbox", "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        lines = [process.stderr.readline().split() for _ in range(6)]
        process.kill()
    assert [" ".join(line) for line in lines[1:]] == [
        "galtea key gsk_sandbox",
        "galtea key spare (world spare)",
        "fluents key fluents_sandbox",
        "opencopilot key ocx_live_sandbox",
        "polyai key only-this",
    ]


@pytest.mark.parametrize("world", ["galtea-eu", "GALTEA_EU_KEY"])
def test_two_accounts_of_one_vendor_are_two_worlds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], world: str
) -> None:
    """A world is named after its account, or after the variable that holds the account's key."""
    (tmp_path / "reconciler.yaml").write_text(
        "version: 1\naccounts: {galtea: {}, galtea-eu: {provider: galtea, credential: GALTEA_EU_KEY}}\n"
        "phone_connections:\n"
        "  here: {account: galtea, id: pc_1, spec: {name: Changed}}\n"
        "  there: {account: galtea-eu, id: pc_2, spec: {name: Abroad}}\n"
    )
    rows = "{phoneConnections: [{id: pc_2, productId: p, name: Abroad, phoneNumber: +12025550144}]}"
    (tmp_path / "sandbox.yaml").write_text(f"{SEED}  worlds:\n    {world}: {rows}\n")
    at = ["-C", str(tmp_path), "--sandbox"]
    assert run([*at, "apply", "--auto-approve"]) == 0
    shown = capsys.readouterr().out
    assert ("phone_connections.here" in shown, "phone_connections.there" in shown) == (True, False)
    assert run([*at, "plan", "--detailed-exitcode"]) == 0


def test_a_vendor_that_is_only_a_schema_is_said_not_to_be_played(tmp_path: Path) -> None:
    """A copy of the package has one more vendor: Galtea's schemas under another name."""
    copy = tmp_path / "copy"
    shutil.copytree(ROOT / "reconciler", copy / "reconciler", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "schemas", copy / "schemas")
    (copy / "schemas" / "zenith").mkdir()
    provider = (ROOT / "schemas/galtea/provider.json").read_text(encoding="utf-8").replace("GALTEA_", "ZENITH_")
    provider = (
        provider.replace('"galtea"', '"zenith"').replace('"Galtea"', '"Zenith"').replace("galtea.ai", "zenith.example")
    )
    (copy / "schemas/zenith/provider.json").write_text(provider, encoding="utf-8")
    kind = (ROOT / "schemas/galtea/phone_connections.json").read_text(encoding="utf-8")
    (copy / "schemas/zenith/trunks.json").write_text(kind, encoding="utf-8")
    project = tmp_path / "project"
    project.mkdir()
    (project / "reconciler.yaml").write_text(
        "version: 1\naccounts: {zenith: {}, galtea: {}}\n"
        "trunks: {main: {id: t_1, spec: {name: New}}}\n"
        "phone_connections: {line: {id: pc_1, spec: {name: New}}}\n"
    )
    (project / "sandbox.yaml").write_text(SEED)
    told = {
        word: _run_copy(copy, project, *word.split()) for word in ("plan", "pull trunks", "doctor --account zenith")
    }
    said = "the sandbox does not play Zenith: account zenith was not read"
    assert [word for word, (code, text) in told.items() if said not in text] == []
    assert [code for code, _ in told.values()] == [6, 6, 0]
    assert "~ phone_connections.line" in told["plan"][1]
    assert "ZENITH_API_KEY" not in "".join(text for _, text in told.values())


def _run_copy(copy: Path, project: Path, *words: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "reconciler", "-C", str(project), "--sandbox", *words]
    environ = {**os.environ, "PYTHONPATH": str(copy), "COLUMNS": "200"}
    ran = subprocess.run(command, env=environ, cwd=copy, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout + ran.stderr


def test_a_taken_port_is_said(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(["-C", str(project), "sandbox", "serve", "--port", str(port)]) == 1
    assert f"Port {port} cannot be opened" in capsys.readouterr().err


def test_reset_sows_the_seed_anew(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = ["-C", str(project)]
    assert run([*at, "sandbox", "reset"]) == 0
    assert "nothing to reset" in capsys.readouterr().out
    assert run([*at, "--sandbox", "apply", "--auto-approve"]) == 0
    assert run([*at, "--sandbox", "plan", "--detailed-exitcode"]) == 0
    assert run([*at, "sandbox", "reset"]) == 0
    assert run([*at, "--sandbox", "plan", "--detailed-exitcode"]) == 2


def test_vices_lists_every_vice_and_switch(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sandbox", "vices"]) == 0
    shown = capsys.readouterr().out
    assert [name for name in (*VICES, *SWITCHES) if f"  {name} " not in shown] == []


BARE = """\
version: 1
accounts: {galtea: {}, polyai: {region: us}}
phone_connections:
  one: {id: pc_1, spec: {voice: jack}}
  two: {id: pc_2, spec: {voice: jack}}
connectors:
  live: {id: {agentId: PROJECT-9, connectorId: c-1}, spec: {voiceName: en-US-Neural2-A}}
"""


@pytest.mark.parametrize("command", [("plan",), ("drift",), ("apply", "--auto-approve"), ("plan", "--format", "markdown"), ("doctor",)])  # fmt: skip
def test_what_the_sandbox_lacks_is_to_be_seeded_and_no_wrong_key(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "reconciler.yaml").write_text(BARE, encoding="utf-8")
    (tmp_path / "sandbox.yaml").write_text("{}\n", encoding="utf-8")
    told = Stage(tmp_path, seed={}).run("--sandbox", *command)
    words = told.words
    assert "simulated vendors do not have it" in words
    for wrong in ("wrong key", "requests went to", "belongs to uk", "_API_KEY"):
        assert wrong not in words
    if command == ("plan",):
        assert words.count("error[") == 2
