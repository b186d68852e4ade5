"""The example with three worlds from end to end: adopt, change in one, compare, promote by editing, apply, drift, accept."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from reconciler.app.sandbox_state import build_sandbox
from reconciler.vendors import schema_folder
from tests.cli.stage import Stage, take_example

SCHEMA = jsonschema_rs.validator_for(json.loads((schema_folder() / "comparison.schema.json").read_text()))
WORLDS = ("norway", "staging", "us")
VOICE = "en-US-Neural2-F"


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    made = Stage(take_example("environments", tmp_path), seed={})
    made.transport = None  # type: ignore[assignment, method-assign]
    made.environ = {"USER": "tester"}
    return made


def compare(stage: Stage, left: str, right: str) -> dict[str, dict[str, Any]]:
    """Return the differences of each resource by path."""
    told = stage.run("--sandbox", "compare", left, right, "--format", "json")
    assert told.code == 0, told.all
    SCHEMA.validate(json.loads(told.out))
    return {
        each["address"]: {one["path"]: one for one in each["differences"]} for each in json.loads(told.out)["resources"]
    }


def change_live(stage: Stage, environment: str, **fields: str) -> None:
    """Change the connector of a world as somebody with a console would."""
    world = build_sandbox(stage.folder, environment=environment).state.world
    (row,) = world.rows("polyai", "connectors")
    world.put("polyai", "connectors", row["connectorId"], {**row, **fields})


def test_every_world_is_valid_and_shares_nothing(stage: Stage) -> None:
    told = stage.run("validate", "--env", "*")
    assert told.code == 0
    assert told.words == "Valid: 4 resources in norway, 2 resources in staging, 3 resources in us (3 files)."


GROUPS = {"us": "PROJECT-58RP822I", "staging": "PROJECT-STAGING", "norway": "PROJECT-NORWAY"}


def forget_declarations(stage: Stage) -> None:
    """Go back to the noon of the example: accounts and variables are named, and everything else is in consoles."""
    for place in ("config", "texts"):
        shutil.rmtree(stage.folder / place)
    for name in WORLDS:
        text = stage.read(f"environments/{name}.yaml")
        stage.write(f"environments/{name}.yaml", text.partition("resources:\n")[0])


def adopt(stage: Stage, name: str) -> None:
    told = stage.run("--sandbox", "--env", name, "pull", "--into", str(stage.folder / "config"), "--group", f"agentId={GROUPS[name]}")  # fmt: skip
    assert told.code == 0, told.all
    assert stage.run("--sandbox", "--env", name, "plan", "--detailed-exitcode").code == 0


def test_three_worlds_are_adopted_one_over_the_other(stage: Stage) -> None:
    forget_declarations(stage)
    before = {name: stage.read(f"environments/{name}.yaml") for name in WORLDS}
    adopt(stage, "us")
    assert stage.read("environments/us.yaml") == before["us"], "the first world becomes the common files"
    stage.change("config/fluents.yaml", "  front-desk-boston:\n", "  front-desk:\n")
    stage.change("config/fluents.yaml", "label: Front desk Boston\n", "label: Front desk ${var.CITY}\n")
    common = stage.read("config/fluents.yaml")
    for name in ("staging", "norway"):
        adopt(stage, name)
        assert stage.read(f"environments/{name}.yaml").startswith(before[name])
    assert stage.read("config/fluents.yaml") == common
    assert stage.read("environments/staging.yaml").removeprefix(before["staging"]) == (
        "resources:\n"
        "  numbers.front-desk:\n"
        '    id: "+12025550100"\n'
        "  connectors.reception: # Reception\n"
        "    id: {agentId: PROJECT-STAGING, connectorId: conn-reception}\n"
        "  numbers.night-desk: absent\n"
    )
    laid = yaml.safe_load(stage.read("environments/norway.yaml"))["resources"]
    assert laid["numbers.front-desk"] == {"id": "+4721000100", "spec": {"description": "Hilser og avtaler timer."}}
    assert laid["numbers.night-desk"] == laid["connectors.reception"] == "absent"
    told = stage.run("validate", "--env", "*")
    assert told.words == "Valid: 4 resources in norway, 2 resources in staging, 3 resources in us (4 files)."
    for name in WORLDS:
        assert stage.run("--sandbox", "--env", name, "apply", "--auto-approve").code == 0
        assert stage.run("--sandbox", "--env", name, "drift").code == 0
    label = compare(stage, "staging", "norway")["numbers.front-desk"]["/label"]
    assert label["intended"] is True
    assert label["live"] == {"staging": "Front desk Staging", "norway": "Front desk Oslo"}


def test_the_keys_of_a_new_world_are_checked_before_it_is_pulled(stage: Stage) -> None:
    stage.write("environments/uk.yaml", "vars: {CITY: London, LANGUAGE: en}\n")
    assert stage.run("--sandbox", "--env", "uk", "validate").code == 3
    told = stage.run("--sandbox", "--env", "uk", "doctor")
    assert (told.code, "All is well." in told.words) == (0, True), told.all


def test_a_change_goes_from_staging_to_the_others(stage: Stage) -> None:
    for name in WORLDS:
        protected = ("--allow-protected", "numbers.front-desk")
        assert stage.run("--sandbox", "--env", name, "apply", "--auto-approve", *protected).code == 0
        assert stage.run("--sandbox", "--env", name, "plan", "--detailed-exitcode").code == 0

    stage.change(
        "environments/staging.yaml", "conn-reception}\n", f"conn-reception}}\n    spec: {{voiceName: {VOICE}}}\n"
    )
    assert stage.run("--sandbox", "--env", "us", "plan", "--detailed-exitcode").code == 0
    assert stage.apply("--sandbox", "--env", "staging").code == 0
    voice = compare(stage, "staging", "us")["connectors.reception"]["/voiceName"]
    assert voice["intended"] is True
    assert voice["declared"] == voice["live"] == {"staging": VOICE, "us": "en-US-Neural2-A"}

    stage.change("environments/staging.yaml", f"    spec: {{voiceName: {VOICE}}}\n", "")
    stage.change("config/phones.yaml", "voiceName: en-US-Neural2-A", f"voiceName: {VOICE}")
    assert stage.run("--sandbox", "--env", "staging", "plan", "--detailed-exitcode").code == 0
    pending = compare(stage, "staging", "us")["connectors.reception"]["/voiceName"]
    assert pending["intended"] is False
    assert stage.apply("--sandbox", "--env", "us").code == 0
    assert compare(stage, "staging", "us")["connectors.reception"] == {}
    assert stage.run("--sandbox", "--env", "norway", "plan", "--detailed-exitcode").code == 0

    change_live(stage, "us", asrLangCode="en-GB")
    told = stage.run("--sandbox", "--env", "us", "drift")
    assert (told.code, "en-GB" in told.words) == (2, True), told.all
    assert stage.run("--sandbox", "--env", "staging", "drift").code == 0
    moved = compare(stage, "us", "staging")["connectors.reception"]["/asrLangCode"]
    assert moved["intended"] is False
    assert moved["declared"] == {"us": "en-US", "staging": "en-US"}
    assert moved["live"] == {"us": "en-GB", "staging": "en-US"}

    before = stage.read("config/phones.yaml")
    told = stage.run("--sandbox", "--env", "us", "drift", "--accept")
    assert (told.code, "into environments/us.yaml" in told.words) == (0, True), told.all
    assert stage.read("config/phones.yaml") == before
    assert stage.read("environments/us.yaml").endswith("conn-live-us}\n    spec:\n      asrLangCode: en-GB\n")
    for name in WORLDS:
        assert stage.run("--sandbox", "--env", name, "plan", "--detailed-exitcode").code == 0
    accepted = compare(stage, "us", "staging")["connectors.reception"]["/asrLangCode"]
    assert accepted["intended"] is True


@pytest.mark.parametrize("style", ["text", "markdown", "html"])
def test_every_format_tells_intended_from_not(stage: Stage, style: str) -> None:
    change_live(stage, "us", asrLangCode="en-GB<b>")
    told = stage.run("--sandbox", "compare", "staging", "us", "--format", style, "--detailed-exitcode")
    assert told.code == 2
    for part in ("3 resources, 2 differences intended, 1 not", "connectors.reception", "asrLangCode", "not intended"):
        assert part in told.words, part
    assert ("en-GB<b>" in told.words) is (style == "text")
    assert "not in staging, as its file says" in told.words
    assert stage.writes == []


def test_an_intended_difference_that_is_not_live_is_told(stage: Stage) -> None:
    change_live(stage, "us", asrLangCode="en-GB")
    told = stage.run("--sandbox", "compare", "us", "norway", "--target", "connectors.*")
    assert "asrLangCode intended, but live is not as git says" in told.words
    assert "2 differences intended (1 of them not live as git says), 0 not" in told.words
    assert 'live us "en-GB" · norway "nb-NO"' in told.words
    assert "voiceName intended git" in told.words
    chosen = ("--target", "connectors.*", "--detailed-exitcode", "--format", "json")
    told = stage.run("--sandbox", "compare", "us", "norway", *chosen)
    assert (told.code, json.loads(told.out)["summary"]["astray"]) == (2, 1)
    SCHEMA.validate(json.loads(told.out))


def test_what_cannot_be_read_is_not_the_same(stage: Stage) -> None:
    told = stage.run("--sandbox", "--vice", "forbidden@polyai", "compare", "staging", "us", "--format", "json")
    assert told.code == 6
    SCHEMA.validate(json.loads(told.out))
    reception = next(each for each in json.loads(told.out)["resources"] if each["address"] == "connectors.reception")
    assert all(place["trouble"] for place in reception["in"].values())
    assert reception["differences"] == []


def test_one_world_is_not_compared_with_itself(stage: Stage) -> None:
    assert stage.run("--sandbox", "compare", "us", "us").code == 64


def test_an_unknown_world_is_told(stage: Stage) -> None:
    told = stage.run("--sandbox", "compare", "staging", "su")
    assert told.code == 3
    assert "environment-unknown" in told.err


def test_saved_plans_are_bound_to_the_files_of_their_world(stage: Stage) -> None:
    saved = str(stage.folder / "plan.json")
    assert stage.run("--sandbox", "--env", "us", "plan", "--out", saved).code == 0
    stage.change("environments/us.yaml", "CITY: Boston", "CITY: Austin")
    told = stage.run("--sandbox", "--env", "us", "apply", saved, "--auto-approve")
    assert (told.code, "the configuration changed since" in told.words) == (5, True)
