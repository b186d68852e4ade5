"""`show` of several saved plans: those of one world are one plan, others stand under their own names, and the worst counts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.model.plan import Scope
from reconciler.model.plan_document import compute_digest, read_plan
from tests.cli.stage import ROOT, Stage, Told, lines

FORMATS = ("text", "json", "markdown", "html", "github", "gitlab", "sarif", "junit")
ACCOUNTS = "version: 1\naccounts:\n  north: {provider: galtea}\n  south: {provider: galtea, credential: GALTEA_SOUTH_KEY}\nphone_connections:\n"
ROWS = "".join(f"  line-{place}: {{account: {account}, id: pc_{place}, spec: {{voice: jack}}}}\n" for place, account in enumerate(("north", "south", "south")))  # fmt: skip


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Three lines at two accounts of one vendor, none of them as declared."""
    made = lines(tmp_path / "north", count=3)
    made.write("reconciler.yaml", ACCOUNTS + ROWS)
    made.environ["GALTEA_SOUTH_KEY"] = made.environ["GALTEA_API_KEY"]
    return made


def save(stage: Stage, name: str, *options: str) -> str:
    file = stage.folder.parent / name
    told = stage.run("plan", "--out", str(file), *options)
    assert file.exists(), told.all
    return str(file)


def show(stage: Stage, *words: str) -> Told:
    return stage.run_plainly("show", *words)


def test_parts_of_one_plan_are_that_plan(stage: Stage) -> None:
    files = [save(stage, f"plan-{name}.json", "--account", name) for name in ("north", "south")]
    whole = read_plan(json.loads(Path(save(stage, "whole.json")).read_text()))
    report = json.loads(show(stage, *files, "--format", "json").out)
    (entry,) = report["plans"]
    assert (entry["name"], entry["files"]) == ("", files)
    merged = read_plan(entry["plan"])
    assert (merged.updates, merged.resources, merged.calls, merged.binding) == (
        whole.updates,
        whole.resources,
        whole.calls,
        whole.binding,
    )
    assert merged.scope == Scope(plans=2)
    assert (merged.forecast_requests, report["summary"]["update"]) == (whole.forecast_requests, 3)
    for style in FORMATS:
        told = show(stage, *files, "--format", style)
        assert told.code == 0, told.all
        assert [f"line-{place}" in told.out for place in range(3)] == [True] * 3, style
    assert "2 plans as one: together they looked at all that is declared." in show(stage, *files).words
    schema = json.loads((ROOT / "schemas/plans.schema.json").read_text())
    assert list(Draft202012Validator(schema).iter_errors(report)) == []
    plan_schema = json.loads((ROOT / "schemas/plan.schema.json").read_text())
    assert list(Draft202012Validator(plan_schema).iter_errors(entry["plan"])) == []


def test_what_none_of_them_looked_at_is_said(stage: Stage) -> None:
    files = [save(stage, f"{place}.json", "--target", f"*.line-{place}") for place in range(2)]
    for style in FORMATS:
        told = show(stage, *files, "--format", style)
        if style != "json":
            assert "2 plans as one: 1 declared resource was not looked at" in told.words, style
    assert json.loads(show(stage, *files, "--format", "json").out)["plans"][0]["plan"]["scope"]["left_out"] == 1


def test_a_merged_plan_can_be_applied_as_one(stage: Stage) -> None:
    files = [save(stage, f"{place}.json", "--target", f"*.line-{place}") for place in range(2)]
    merged = stage.folder.parent / "merged.json"
    merged.write_text(json.dumps(json.loads(show(stage, *files, "--format", "json").out)["plans"][0]["plan"]))
    assert stage.run("apply", str(merged), "--auto-approve").code == 0
    assert sorted(path for _, path, _ in stage.writes) == ["/phoneConnections/pc_0", "/phoneConnections/pc_1"]


def test_two_that_say_the_same_of_a_resource_show_it_once(stage: Stage) -> None:
    files = [save(stage, f"plan-{number}.json", "--target", f"*.line-[{number}1]") for number in (0, 2)]
    told = show(stage, *files)
    assert told.code == 0
    assert "line-1 stands in" in told.words
    assert told.out.count("phone_connections.line-1 ") == 1
    assert "3 to update" in told.out
    assert "plan-overlap" in show(stage, *files, "--format", "github").out
    assert show(stage, files[0], files[0]).out.count("phone_connections.line-1 ") == 1


def test_two_that_contradict_each_other_are_refused(stage: Stage) -> None:
    first = save(stage, "first.json")
    stage.world.put("galtea", "phoneConnections", "pc_1", {**row(stage, "pc_1"), "voice": "jack"})
    told = show(stage, first, save(stage, "second.json"))
    assert (told.code, told.out) == (5, "")
    assert "error[plan-overlap]" in told.err
    assert "first.json and" in told.words
    assert "say different things of phone_connections.line-1" in told.words


def row(stage: Stage, key: str) -> dict[str, Any]:
    return next(dict(found) for found in stage.world.documents().values() if found["id"] == key)


def test_every_file_that_is_no_plan_is_named(stage: Stage, tmp_path: Path) -> None:
    good, edited = save(stage, "good.json"), tmp_path / "edited.json"
    edited.write_text(Path(good).read_text().replace("jack", "jill"))
    told = show(stage, good, str(edited), str(tmp_path / "gone.json"))
    assert (told.code, told.out) == (5, "")
    assert ("error[plan-edited]" in told.err, "error[plan-invalid]" in told.err) == (True, True)
    assert "gone.json: No such file" in told.words


# --- several worlds ---------------------------------------------------------------------------------------------------


@pytest.fixture
def worlds(stage: Stage) -> Mapping[str, str]:
    """Plans of two environments, the second of which wants another voice of one line and has nothing else to do."""
    stage.write("environments/production.yaml", "vars: {}\n")
    other = "{spec: {voice: sarah}}"
    stage.write("environments/staging.yaml", f"resources: {{phone_connections.line-0: {other}, phone_connections.line-1: {other}, phone_connections.line-2: {{id: pc_9}}}}\n")  # fmt: skip
    return {name: save(stage, f"{name}.json", "--env", name) for name in ("production", "staging")}


def test_worlds_stand_under_their_names_in_every_format(stage: Stage, worlds: Mapping[str, str]) -> None:
    for style in FORMATS:
        told = show(stage, *worlds.values(), "--format", style)
        assert told.code == 1, style  # what one of them found absent
        assert ("production" in told.out, "staging" in told.out) == (True, True), style
        assert "line-2" in told.out, style
    text = show(stage, *worlds.values()).out
    assert re.findall(r"^## .*$", text, re.MULTILINE) == ["## production", "## staging"]
    assert text.splitlines()[-1] == "2 plans in 2 parts — 3 updates: 3 not attributed; 1 absent."
    markdown = show(stage, *worlds.values(), "--format", "markdown").out
    assert markdown.startswith("<!-- reconciler:plans -->\n<h2>2 plans in 2 parts — 3 updates")
    assert [line for line in markdown.splitlines() if line.startswith("<h3>")][1].startswith("<h3>Plan for <code>staging</code>")  # fmt: skip
    html = show(stage, *worlds.values(), "--format", "html").out
    assert html.count('data-part="production"') == 3
    (chosen,) = re.findall(r"const chosen = {(.*?)};", html)
    assert set(re.findall(r'data-facet="(\w+)"', html)) - set(re.findall(r"(\w+): new Set", chosen)) == set()
    assert 'data-facet="part"' in html
    notes = json.loads(show(stage, *worlds.values(), "--format", "gitlab").out)
    assert sum("— in staging" in note["description"] for note in notes) >= 1
    report = json.loads(show(stage, *worlds.values(), "--format", "json").out)
    assert [entry["plan"]["environment"] for entry in report["plans"]] == ["production", "staging"]
    assert (report["summary"]["update"], report["summary"]["absent"]) == (3, 1)


def test_the_exit_code_is_the_worst_one(stage: Stage, worlds: Mapping[str, str]) -> None:
    good = worlds["production"]
    assert show(stage, good).code == 0
    assert show(stage, good, "--detailed-exitcode").code == 2
    assert show(stage, worlds["staging"]).code == 0
    assert show(stage, worlds["staging"], "--detailed-exitcode").code == 1
    assert show(stage, *worlds.values()).code == 1
    stage.trouble("down")
    unread = save(stage, "unread.json", "--env", "staging", "--target", "*.line-0")
    assert show(stage, good, unread, "--detailed-exitcode").code == 6
    assert show(stage, good, str(save(stage, "more.json", "--env", "production", "--target", "*.line-0"))).code == 5


def test_plans_of_other_files_are_told_apart_by_theirs(stage: Stage) -> None:
    first = save(stage, "first.json")
    stage.change("reconciler.yaml", "id: pc_0, spec: {voice: jack}", "id: pc_0, spec: {voice: jack, name: Other}")
    told = show(stage, first, save(stage, "second.json"))
    words = " ".join(told.out.split()).replace("/ ", "/")  # a long path is wrapped
    assert re.findall(r"## \S+/(\w+\.json)", words) == ["first.json", "second.json"]
    assert " ".join(told.err.split()).count("is the live object of an update in") == 3
    assert "Apply one of them" in told.err


def test_a_project_in_a_folder_of_its_repository_is_named_by_it(stage: Stage, worlds: Mapping[str, str]) -> None:
    stage.environ["GITHUB_WORKSPACE"] = str(stage.folder.parent)
    files = [save(stage, f"in-{name}.json", "--env", name) for name in worlds]
    assert json.loads(Path(files[0]).read_text())["project"] == "north"
    told = show(stage, *files)
    assert "## north for production" in told.out
    notices = show(stage, *files, "--format", "github").out
    assert "file=north/reconciler.yaml" in notices


def test_text_stays_within_what_a_comment_holds(stage: Stage, tmp_path: Path) -> None:
    document = json.loads(Path(save(stage, "one.json")).read_text())
    files = []
    for number in range(120):
        document |= {"environment": f"world-{number:03}"}
        document["digest"] = compute_digest(document)
        files.append(tmp_path / f"{number}.json")
        files[-1].write_text(json.dumps(document))
    markdown = show(stage, *map(str, files), "--format", "markdown").out
    assert len(markdown) <= 60_000
    assert "120 plans in 120 parts — 360 updates" in markdown
    assert re.search(r"Left out to stay within 60,000 characters: \d+ parts \(world-\d+", markdown)
