"""`pull --into` in one of several environments: what it has is laid over the common files, and no other world notices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.stage import Stage, Told

COMMON = """\
version: 1
accounts: {fluents: {}}
numbers:
  desk: # the common one
    id: +12025550100
    spec: {label: "Desk ${var.CITY}", description: Day, outbound_only: false}
  night:
    id: +12025550101
    spec: {label: Night}
"""
STAGING = "# Tried first.\nvars: {CITY: Bergen}\n"
LONG = "\n".join(f"Line {place} of the prompt." for place in range(9))


def number(place: int, label: str, **fields: Any) -> dict[str, Any]:
    return {"number": f"+120255509{place:02d}", "label": label, "outbound_only": False, **fields}


def build(folder: Path, *numbers: dict[str, Any], staging: str = STAGING, common: str = COMMON, **more: Any) -> Stage:
    """Stage the world of staging; production is only declared."""
    stage = Stage(folder, seed={"fluents": {"numbers": list(numbers), **more}})
    stage.write("reconciler.yaml", common)
    stage.write("environments/production.yaml", "vars: {CITY: Oslo}\n")
    stage.write("environments/staging.yaml", staging)
    return stage


def pull(stage: Stage, *options: str) -> Told:
    return stage.run("--env", "staging", "pull", "--into", str(stage.folder), *options)


def read_laid(stage: Stage) -> dict[str, Any]:
    laid: dict[str, Any] = yaml.safe_load(stage.read("environments/staging.yaml")).get("resources", {})
    return laid


def test_a_world_is_laid_over_the_common_files(tmp_path: Path) -> None:
    stage = build(tmp_path, number(0, "Desk Bergen", description="Dag"), number(1, "Billing"))
    told = pull(stage)
    assert told.code == 0, told.all
    assert stage.read("environments/staging.yaml").startswith(STAGING)
    assert read_laid(stage) == {
        "numbers.desk": {"id": "+12025550900", "spec": {"description": "Dag"}},
        "numbers.billing": {"id": "+12025550901", "spec": {"label": "Billing", "outbound_only": False}},
        "numbers.night": "absent",
    }
    assert stage.read("reconciler.yaml") == COMMON
    assert "1 laid over resources of the same name, 1 more, 1 absent here" in told.words
    assert "Check with: reconciler --env staging plan" in told.words
    assert stage.run("--env", "staging", "plan", "--detailed-exitcode").code == 0
    before = stage.read("environments/staging.yaml")
    assert "There is nothing new: nothing was written." in pull(stage).words
    assert stage.read("environments/staging.yaml") == before
    assert stage.writes == []


def test_a_resource_that_is_left_to_the_worlds_is_found_by_its_name(tmp_path: Path) -> None:
    common = COMMON.replace("    id: +12025550100\n", "").replace("    id: +12025550101\n", "")
    stage = build(tmp_path, number(0, "Desk Bergen", description="Day"), number(1, "night"), common=common)
    assert stage.run("--env", "staging", "plan").code == 3
    assert pull(stage).code == 0
    assert read_laid(stage) == {
        "numbers.desk": {"id": "+12025550900"},
        "numbers.night": {"id": "+12025550901", "spec": {"label": "night"}},
    }
    assert stage.run("--env", "staging", "plan", "--detailed-exitcode").code == 0


def test_without_other_worlds_such_a_resource_is_a_mistake(tmp_path: Path) -> None:
    stage = Stage(tmp_path, seed={"fluents": {"numbers": [number(0, "x")]}})
    stage.write("reconciler.yaml", COMMON.replace("    id: +12025550100\n", "").replace("${var.CITY}", ""))
    told = stage.run("pull", "--into", str(tmp_path))
    assert (told.code, "identity-missing" in told.err) == (3, True)


def test_long_texts_and_what_hangs_on_them_come_along(tmp_path: Path) -> None:
    prompts = [{"id": "prompt-1", "label": "Greeting", "content": LONG}]
    agents = [{"id": "agent-1", "name": "Reception", "prompt": "prompt-1"}]
    stage = build(tmp_path, number(0, "Billing", inbound_agent="agent-1"), prompts=prompts, agents=agents)
    assert pull(stage).code == 0
    laid = read_laid(stage)
    assert laid["numbers.billing"]["spec"]["inbound_agent"] == "${agents.reception.id}"
    assert laid["prompts.greeting"]["spec"]["content"] == "${file:prompts/greeting.md}"
    assert stage.read("prompts/greeting.md") == LONG + "\n"
    assert stage.run("--env", "staging", "plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("narrowed", [["--match", "label=Billing"], ["--filter", "filters={}"]])
def test_what_was_not_looked_for_is_not_absent(tmp_path: Path, narrowed: list[str]) -> None:
    stage = build(tmp_path, number(1, "Billing"))
    assert pull(stage, *narrowed).code == 0
    assert list(read_laid(stage)) == ["numbers.billing"]


def test_what_is_live_here_stays_common(tmp_path: Path) -> None:
    stage = build(tmp_path, {**number(0, "Desk Bergen"), "number": "+12025550100"}, number(1, "Billing"))
    assert pull(stage).code == 0
    assert list(read_laid(stage)) == ["numbers.billing", "numbers.night"]


def test_what_cannot_be_read_is_neither_absent_nor_taken(tmp_path: Path) -> None:
    stage = build(tmp_path, number(1, "Desk Bergen"))
    stage.trouble("forbidden@fluents")
    told = pull(stage)
    assert told.code == 6
    assert "whether this environment has numbers.desk and 1 more cannot be told" in told.words
    assert stage.read("environments/staging.yaml") == STAGING


def test_what_the_world_says_already_is_not_touched(tmp_path: Path) -> None:
    staging = STAGING + "resources:\n    numbers.night: {spec: {label: Nights}} # as they say here\n"
    stage = build(tmp_path, number(0, "Desk Bergen", description="Day"), staging=staging)
    assert pull(stage).code == 0
    assert stage.read("environments/staging.yaml") == f'{staging}    numbers.desk:\n      id: "+12025550900"\n'


def test_a_section_in_braces_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    staging = STAGING + "resources: {numbers.night: absent}\n"
    prompts = [{"id": "prompt-1", "label": "Greeting", "content": LONG}]
    stage = build(tmp_path, number(0, "Desk Bergen"), staging=staging, prompts=prompts)
    told = pull(stage)
    assert (told.code, "is not written on lines of its own" in told.words) == (5, True)
    assert stage.requests == []
    assert stage.read("environments/staging.yaml") == staging
    assert not (tmp_path / "prompts").exists()


def test_a_difference_that_cannot_be_written_alone_is_told(tmp_path: Path) -> None:
    common = COMMON.replace("label: Night", "label: Night, example_context: {city: Oslo}")
    stage = build(tmp_path, number(0, "Night", description="x"), number(1, "Desk", description=None), common=common)
    told = pull(stage)
    assert "numbers.desk/description is left as git has it: it is not set at the vendor" in told.words
    assert read_laid(stage)["numbers.night"]["id"] == "+12025550900"


def test_what_differs_is_written_without_a_ledger_and_what_cannot_be_told_is_said(tmp_path: Path) -> None:
    common = COMMON.replace("label: Night}", "label: Night, inbound_agent: agent-9}")
    common = common.replace("version: 1\n", "version: 1\nledger: s3://not-there/telephony\n")
    stage = build(tmp_path, number(0, "Desk Bergen", description="Dag"), number(1, "Night"), common=common)
    told = pull(stage)
    assert told.code == 0, told.all
    laid = read_laid(stage)
    assert laid["numbers.desk"] == {"id": "+12025550900", "spec": {"description": "Dag"}}
    assert laid["numbers.night"] == {"id": "+12025550901"}
    assert "what differs of numbers.night in this environment is not written" in told.words


def test_names_that_are_not_unique_are_paired_in_order(tmp_path: Path) -> None:
    common = COMMON + "  night-2: {id: +12025550102, spec: {label: Night}}\n"
    stage = build(tmp_path, number(0, "Night"), number(1, "Night"), number(2, "Night"), common=common)
    assert pull(stage).code == 0
    assert [f"{name} {told['id']}" for name, told in read_laid(stage).items() if "id" in told] == [
        "numbers.night +12025550900",
        "numbers.night-2 +12025550901",
        "numbers.night-3 +12025550902",
    ]


SHARED = """\
version: 1
accounts: {fluents: {}}
numbers:
  desk: {id: +12025550100, spec: {label: Desk, inbound_agent: "${agents.day.id}"}}
  night: {id: +12025550101, spec: {label: Night, inbound_agent: "${agents.owl.id}"}}
agents:
  day: {id: agent-8, spec: {name: Day}}
  owl: {id: agent-9, spec: {name: Owl}}
"""


def test_a_counterpart_takes_from_what_is_here_instead(tmp_path: Path) -> None:
    agents = [{"id": "agent-1", "name": "Sun", "prompt": "prompt-1"}]
    numbers = (number(0, "Desk", inbound_agent="agent-1"), number(1, "Night"))
    prompts = [{"id": "prompt-1", "label": "Sun", "content": "Hello."}]
    stage = build(tmp_path, *numbers, common=SHARED, agents=agents, prompts=prompts)
    told = pull(stage)
    assert told.code == 0, told.all
    laid = read_laid(stage)
    assert laid["numbers.desk"] == {"id": "+12025550900", "spec": {"inbound_agent": "${agents.sun.id}"}}
    assert laid["agents.day"] == "absent"
    assert "agents.owl" not in laid, "a number here would still take from it"
    assert "does not have agents.owl, but numbers.night takes from it and has nothing instead" in told.words
    assert stage.run("--env", "staging", "validate").code == 0
    assert stage.plan("--env", "staging")["updates"] == []


def test_the_first_world_becomes_the_common_files(tmp_path: Path) -> None:
    stage = build(tmp_path, number(0, "Desk"), common="version: 1\naccounts: {fluents: {}}\n")
    assert pull(stage).code == 0
    assert "  desk:\n" in stage.read("fluents.yaml")
    assert stage.read("environments/staging.yaml") == STAGING


def test_the_common_files_are_not_begun_where_another_world_has_resources(tmp_path: Path) -> None:
    stage = build(tmp_path, number(0, "Desk"), common="version: 1\naccounts: {fluents: {}}\n")
    stage.write("environments/production.yaml", "resources:\n  numbers.a: {id: +12025550999}\n")
    assert pull(stage).code == 0
    assert list(read_laid(stage)) == ["numbers.desk"]
