"""Environments from the command line: chosen or asked for, checked together, and worlds apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.stage import Stage, lines

STAGING = "resources: {phone_connections.line-0: {spec: {voice: theo}}, phone_connections.line-1: absent}\n"


def worlds(folder: Path) -> Stage:
    """Stage three lines in two environments, of which staging says something of two."""
    stage = lines(folder)
    stage.write("environments/staging.yaml", STAGING)
    stage.write("environments/production.yaml", "guards: {max_updates: 2}\n")
    return stage


@pytest.mark.parametrize("command", ["plan", "apply", "drift", "history", "unlock", "pull", "doctor"])
def test_none_chosen_is_a_question_that_lists_them(tmp_path: Path, command: str) -> None:
    told = worlds(tmp_path).run(command)
    assert told.code == 64
    assert "environment-missing" in told.err
    assert "production, staging" in told.words
    assert "--env production" in told.words
    assert told.out == ""


def test_each_way_to_choose(tmp_path: Path) -> None:
    stage = worlds(tmp_path)
    assert stage.plan("--env", "staging")["environment"] == "staging"
    stage.environ["RECONCILER_ENV"] = "production"
    assert stage.plan()["environment"] == "production"
    del stage.environ["RECONCILER_ENV"]
    stage.change("reconciler.yaml", "version: 1\n", "version: 1\nenvironment: staging\n")
    plan = stage.plan()
    assert plan["environment"] == "staging"
    assert [update["address"] for update in plan["updates"]] == ["phone_connections.line-0", "phone_connections.line-2"]
    assert plan["updates"][0]["changes"][0]["after"] == "theo"
    assert plan["updates"][0]["changes"][0]["file"] == "environments/staging.yaml"


def test_environments_of_variables_alone_may_be_left_out_with_a_warning(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    stage.write("environments/staging.yaml", "vars: {A: b}\n")
    told = stage.run("plan")
    assert told.code == 0
    assert "warning[environment-missing]" in told.words


def test_guards_of_an_environment_count(tmp_path: Path) -> None:
    stage = worlds(tmp_path)
    assert stage.apply("--env", "production").code == 5
    assert stage.writes == []
    assert stage.apply("--env", "staging").code == 0


def test_every_environment_is_checked_and_what_they_share_is_told(tmp_path: Path) -> None:
    stage = worlds(tmp_path)
    for arguments in (("validate", "--env", "*"), ("validate",)):
        told = stage.run(*arguments)
        assert told.code == 0
        assert "Valid: 3 resources in production, 2 resources in staging" in told.words
        assert told.words.count("environments-share") == 2
        assert "line-0 is one live object in production and staging" in told.words
    assert stage.run("validate", "--env", "staging").words.startswith("Valid: 2 resources in staging")
    stage.write("environments/staging.yaml", STAGING.replace("theo", "[a]"))
    told = stage.run("validate", "--format", "json")
    assert told.code == 3
    (error,) = [found for found in json.loads(told.out)["diagnostics"] if found["severity"] == "error"]
    assert error["file"] == "environments/staging.yaml"


def test_a_finding_of_one_environment_names_it(tmp_path: Path) -> None:
    stage = worlds(tmp_path)
    stage.change("reconciler.yaml", "line-2: {id: pc_2, spec: {voice: jack}}", "line-2: {spec: {voice: '${var.V}'}}")
    stage.write("environments/production.yaml", "vars: {V: jack}\n")
    told = stage.run("validate")
    assert told.code == 3
    assert '"V" is not defined (in staging)' in told.words
    assert "line-2 does not say which live object it is" in told.words
    assert "which live object it is (in" not in told.words


def test_a_saved_plan_belongs_to_its_environment(tmp_path: Path) -> None:
    stage = worlds(tmp_path)
    saved = str(tmp_path / "plan.json")
    assert stage.run("--env", "staging", "plan", "--out", saved).code == 0
    told = stage.apply("--env", "production", saved)
    assert told.code == 5
    assert "made for environment staging, not for environment production" in told.words
    stage.write("environments/staging.yaml", STAGING.replace("theo", "megan"))
    told = stage.apply("--env", "staging", saved)
    assert (told.code, stage.writes) == (5, [])
    assert "the configuration changed since" in told.words


def test_ledgers_are_apart(tmp_path: Path) -> None:
    stage = worlds(tmp_path)
    assert stage.apply("--env", "staging").code == 0
    causes = {
        name: {change["cause"] for update in stage.plan("--env", name)["updates"] for change in update["changes"]}
        for name in ("staging", "production")
    }
    assert causes == {"staging": set(), "production": {"unattributed"}}


def test_in_the_sandbox_each_is_a_world_with_its_own_seed(tmp_path: Path) -> None:
    stage = worlds(tmp_path)
    row = {"productId": "prod_1", "name": "Line", "phoneNumber": "+12025550100", "languageCode": "en-US"}
    rows = [{**row, "id": f"pc_{place}", "name": f"Line {place}", "voice": "sarah"} for place in range(3)]
    stage.write("sandbox.yaml", json.dumps({"galtea": {"phoneConnections": rows}}))
    rows[0]["voice"] = "theo"
    stage.write("environments/staging/sandbox.yaml", json.dumps({"galtea": {"phoneConnections": rows}}))
    stage.transport = None  # type: ignore[assignment, method-assign]
    count = {name: len(stage.plan("--sandbox", "--env", name)["updates"]) for name in ("staging", "production")}
    assert count == {"staging": 1, "production": 3}
    assert stage.apply("--sandbox", "--env", "staging").code == 0
    assert (tmp_path / ".reconciler/sandbox/staging/state.sqlite").is_file()
    assert len(stage.plan("--sandbox", "--env", "production")["updates"]) == 3
    assert stage.plan("--sandbox", "--env", "staging")["updates"] == []
    assert stage.run("--env", "staging", "sandbox", "reset").code == 0
    assert len(stage.plan("--sandbox", "--env", "staging")["updates"]) == 1


def test_comparing_sends_nothing_but_gets(tmp_path: Path) -> None:
    stage = worlds(tmp_path)
    told = stage.run("compare", "staging", "production")
    assert told.code == 0, told.all
    assert {one.method for one in stage.requests} == {"GET"}
    assert 'git staging "theo" · production "jack"' in told.words
    assert "not in staging, as its file says" in told.words


def test_explaining_a_resource_asks_which_environment_is_meant(tmp_path: Path) -> None:
    stage = worlds(tmp_path)
    stage.change("reconciler.yaml", "line-2: {id: pc_2, spec", "line-2: {spec")
    stage.write("environments/staging.yaml", STAGING[:-2] + ", phone_connections.line-2: {id: pc_2}}\n")
    told = stage.run("explain", "phone_connections.line-2")
    assert (told.code, "environment-missing" in told.err) == (64, True)
    told = stage.run("--env", "staging", "explain", "phone_connections.line-0")
    assert (told.code, '"theo"' in told.words or "theo (environments/staging.yaml:1:" in told.words) == (0, True)
    assert stage.run("explain", "numbers").code == 0


def test_names_of_environments_are_completed(tmp_path: Path) -> None:
    from click.shell_completion import ShellComplete

    from reconciler.cli.options import Globals
    from reconciler.cli.root import root

    worlds(tmp_path)
    complete = ShellComplete(root, {"obj": Globals(folder=str(tmp_path))}, "reconciler", "_COMPLETE")
    for arguments in (["--env"], ["plan", "--env"], ["compare"], ["compare", "staging"]):
        assert [each.value for each in complete.get_completions(arguments, "")] == ["production", "staging"]
        assert [each.value for each in complete.get_completions(arguments, "s")] == ["staging"]
