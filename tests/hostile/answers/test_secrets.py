"""What the environment puts into secret fields comes back through no answer, unless where it belongs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.stage import Stage
from tests.hostile.soundness import check_keyless

SID, TOKEN = "AC0123456789abcdef0123456789abcdef", "tok_9876543210fedcba9876543210"
CARRIER = "0b6f6f0e-6a49-4f6c-8f38-0f6f2f6f9f10"
PROJECT = f"""\
version: 1
accounts: {{fluents: {{}}, galtea: {{}}}}
account_connections:
  carrier:
    id: {CARRIER}
    spec:
      type: account_connection_twilio
      credentials: {{twilio_account_sid: "${{secret.SID}}", twilio_auth_token: "${{secret.TOKEN}}"}}
numbers:
  front: {{id: "+12025550143", account: fluents, spec: {{label: Hello}}}}
"""


def stage_echo(folder: Path, **number: Any) -> Stage:
    connection = {"id": CARRIER, "type": "account_connection_twilio", "credentials": {"twilio_auth_token": "old"}}
    numbers = [{"number": "+12025550143", "label": "Old", "description": "Day", **number}]
    seed = {"fluents": {"numbers": numbers, "account_connections": [connection]}}
    stage = Stage(folder, seed=seed, files={"reconciler.yaml": PROJECT})
    stage.environ |= {"RECONCILER_SECRET_SID": SID, "RECONCILER_SECRET_TOKEN": TOKEN}
    return stage


COMMANDS = (
    ("plan",),
    ("plan", "--format", "json"),
    ("apply", "--auto-approve"),
    ("history", "latest"),
    ("drift",),
    ("pull", "--declared", "--all-fields"),
    ("doctor",),
)


@pytest.mark.parametrize("field", ["label", "description", "user_id"])
def test_a_secret_that_is_shown_elsewhere_goes_nowhere(tmp_path: Path, field: str) -> None:
    stage = stage_echo(tmp_path, **{field: f"see {TOKEN}"})
    told = "".join(stage.run(*command).all for command in COMMANDS)
    kept = [path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file()]
    for secret in (SID, TOKEN):
        check_keyless("\n".join([told, *kept]), key=secret)
    assert ("holds a key of ours" in stage.run("plan").words) == (field == "label"), (
        "only what is declared must be known"
    )


def test_a_secret_that_is_shown_where_it_belongs_is_no_trouble(tmp_path: Path) -> None:
    stage = stage_echo(tmp_path)
    assert stage.apply().code == 0
    stage.world.edit("fluents", "account_connections", CARRIER, {"credentials": {"twilio_auth_token": TOKEN}})
    assert stage.run("plan", "--detailed-exitcode").code == 0


def test_the_key_of_another_account_is_not_told_by_doctor(tmp_path: Path) -> None:
    stage = stage_echo(tmp_path, label=f"see {TOKEN}")
    stage.environ["GALTEA_API_KEY"] = TOKEN
    assert TOKEN not in stage.run("doctor").all
