"""`${secret.NAME}` from end to end: it reaches the vendor in one body, and no output, file, query or other request."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.stage import KEYS, Stage

SID, TOKEN, NEW = "AC-c4n4ry-sid-7Qx", "c4n4ry-token-Zt9", "c4n4ry-rotated-Lm3"
CONNECTION = "0b6f6f0e-6a49-4f6c-8f38-0f6f2f6f9f10"
PROJECT = f"""\
version: 1
accounts: {{fluents: {{}}}}
account_connections:
  carrier:
    id: {CONNECTION}
    spec:
      type: account_connection_twilio
      label: Carrier
      credentials: {{twilio_account_sid: "${{secret.SID}}", twilio_auth_token: "${{secret.TOKEN}}"}}
"""


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    row = {
        "id": CONNECTION,
        "type": "account_connection_twilio",
        "label": "Old",
        "credentials": {"twilio_account_sid": "AC-c4n4ry-live", "twilio_auth_token": "c4n4ry-live"},
    }
    environ = dict(KEYS, USER="tester", RECONCILER_SECRET_SID=SID, RECONCILER_SECRET_TOKEN=TOKEN)
    return Stage(
        tmp_path,
        seed={"fluents": {"account_connections": [row]}},
        files={"reconciler.yaml": PROJECT},
        environ=environ,
    )


def read_tree(folder: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in folder.rglob("*") if path.is_file())


def test_it_travels_once_and_is_seen_nowhere(stage: Stage) -> None:
    saved = str(stage.folder / "plan.json")
    commands: list[tuple[str, ...]] = [
        ("plan", "--format", style, "--out", saved) for style in ("text", "json", "markdown", "html", "sarif")
    ]
    commands += [
        ("show", saved),
        ("explain", "account_connections.carrier"),
        ("validate",),
        ("apply", saved, "--auto-approve"),
    ]
    commands += [("plan", "-v"), ("history", "latest"), ("drift",), ("pull",), ("pull", "--declared", "--all-fields")]
    for command in commands:
        told = stage.run(*command)
        assert told.code == 0, (command, told.all)
        assert "c4n4ry" not in told.all, command
    (write,) = stage.writes
    assert write[2]["credentials"] == {"twilio_account_sid": SID, "twilio_auth_token": TOKEN}
    assert "c4n4ry" not in str([(one.path, one.query) for one in stage.requests])
    assert "c4n4ry" not in read_tree(stage.folder)


def test_a_rotation_is_told_without_what_it_is(stage: Stage) -> None:
    assert stage.apply().code == 0
    assert stage.run("plan", "--detailed-exitcode").code == 0
    stage.environ["RECONCILER_SECRET_TOKEN"] = NEW
    (update,) = stage.plan()["updates"]
    assert {change["path"]: change["secret"] for change in update["changes"]}
    assert all(change["secret"] for change in update["changes"])
    assert "c4n4ry" not in json.dumps(update)
    assert stage.apply().code == 0
    assert stage.writes[-1][2]["credentials"]["twilio_auth_token"] == NEW
    assert stage.run("plan", "--detailed-exitcode").code == 0


def test_a_plan_needs_it_and_a_check_does_not(stage: Stage) -> None:
    del stage.environ["RECONCILER_SECRET_TOKEN"]
    for command in ("plan", "apply", "drift"):
        told = stage.run(command)
        assert told.code == 3
        assert "secret-missing" in told.err
        assert "reconciler.yaml:9:" in told.err
    told = stage.run("validate")
    assert told.code == 0
    assert "note[secret-missing]" in told.err
    stage.transport = None  # type: ignore[assignment, method-assign]
    assert stage.run("--sandbox", "plan").code == 0


def test_a_refusing_vendor_is_quoted_without_it(stage: Stage) -> None:
    stage.trouble("echo-secret", "forbidden@writes")
    told = stage.run("apply", "--auto-approve")
    assert told.code == 1
    assert "c4n4ry" not in told.all
    assert "c4n4ry" not in read_tree(stage.folder)
