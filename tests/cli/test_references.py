"""References through the command line: who is left alone through whom, targets, saved plans, what moves in between, explain."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.stage import AGENT, OTHER_VOICE, Stage, statuses, take_example

NUMBER = "+14155552671"
PROJECT = """\
version: 1
accounts: {galtea: {}, fluents: {}, polyai: {region: us}}
numbers:
  front.desk:
    account: fluents
    match: {label: Desk}
    spec: {description: "voice ${connectors.live.voiceName}"}
phone_connections:
  line:
    match: {productId: prod_1, phoneNumber: "${numbers.front.desk.id}"}
    spec: {voice: jack}
connectors:
  live: {id: {agentId: PROJECT-58RP822I, connectorId: conn-1}, spec: {asrLangCode: en-GB}}
  copy: {id: {agentId: PROJECT-58RP822I, connectorId: conn-2}, spec: {voiceName: "${connectors.live.voiceName}"}}
"""
SEED: dict[str, Any] = {
    "fluents": {"numbers": [{"number": NUMBER, "label": "Desk", "description": "Old", "outbound_only": False}]},
    "galtea": {
        "phoneConnections": [
            {
                "id": "pc_1",
                "productId": "prod_1",
                "name": "Line 1",
                "phoneNumber": NUMBER,
                "voice": "sarah",
                "languageCode": "en-US",
                "agentSpeaksFirst": False,
            }
        ]
    },
    "polyai": {
        "connectors": [
            {
                "projectId": AGENT,
                "connectorId": f"conn-{place}",
                "name": f"Connector {place}",
                "clientEnv": "sandbox",
                "voiceName": voice,
                "asrLangCode": "en-US",
                "variantId": "",
            }
            for place, voice in ((1, OTHER_VOICE), (2, "en-US-Neural2-A"))
        ]
    },
}


def stage(folder: Path, *, text: str = PROJECT) -> Stage:
    return Stage(folder, seed=json.loads(json.dumps(SEED)), files={"reconciler.yaml": text})


def alter(staged: Stage, place: tuple[str, str, str], **fields: object) -> None:
    """Change a live object behind everybody's back."""
    provider, collection, key = place
    staged.world.put(provider, collection, key, {**find(staged, place), **fields})


def find(staged: Stage, place: tuple[str, str, str]) -> dict[str, Any]:
    provider, collection, key = place
    name = {"numbers": "number", "connectors": "connectorId"}[collection]
    return next(dict(row) for row in staged.world.rows(provider, collection) if row[name] == key)


def test_a_plan_says_whose_values_it_brings_and_an_apply_leaves_nothing_over(tmp_path: Path) -> None:
    staged = stage(tmp_path)
    told = staged.run("plan")
    assert f'→ "{OTHER_VOICE}" (connectors.live)' in told.words
    assert f'→ "voice {OTHER_VOICE}" (connectors.live)' in told.words
    assert staged.apply().code == 0
    assert staged.run("plan", "--detailed-exitcode").code == 0
    ledger = json.dumps([json.loads(path.read_text()) for path in tmp_path.rglob(".reconciler/ledger/**/*.json")])
    assert f"voice {OTHER_VOICE}" in ledger
    assert "${" not in ledger


def test_a_plain_id_is_named_too(tmp_path: Path) -> None:
    text = PROJECT.replace('match: {productId: prod_1, phoneNumber: "${numbers.front.desk.id}"}', "id: pc_1")
    text = text.replace("spec: {voice: jack}", "spec: {phoneNumber: +12025550199}").replace(
        "connectors:\n", "  other: {id: pc_2}\nconnectors:\n"
    )
    staged = stage(tmp_path, text=text)
    (change,) = next(one for one in staged.plan()["updates"] if one["address"] == "phone_connections.line")["changes"]
    assert change["owner_before"] == "numbers.front.desk"
    assert "owners" not in change


@pytest.mark.parametrize(
    ("spoil", "status", "code", "words"),
    [
        (lambda s: s.trouble("forbidden:polyai@reads"), "unknown", 6, "403"),
        (lambda s: s.change("reconciler.yaml", "connectorId: conn-1", "connectorId: conn-9"), "absent", 1, "404"),
        (
            lambda s: s.change("reconciler.yaml", "{asrLangCode: en-GB}", "{projectId: PROJECT-2, asrLangCode: en-GB}"),
            "refused",
            5,
            "moves the object",
        ),
    ],
)
def test_what_takes_from_it_is_left_alone_too(
    tmp_path: Path, spoil: Callable[[Stage], None], status: str, code: int, words: str
) -> None:
    staged = stage(tmp_path)
    spoil(staged)
    told = staged.run("plan")
    assert told.code == code
    plan = staged.plan()
    of = {planned["address"]: planned for planned in plan["resources"]}
    assert statuses(plan)["connectors.live"] == status
    for address in ("numbers.front.desk", "connectors.copy"):
        if address == "connectors.copy" and status == "unknown":
            continue  # it cannot be read itself
        assert (of[address]["status"], of[address]["through"]) == (status, "connectors.live")
        assert words in of[address]["reason"]
        assert f"{address}" in told.words
    assert (of["phone_connections.line"]["status"], of["phone_connections.line"]["through"]) == (
        status,
        "numbers.front.desk",
    )
    assert (
        f"numbers.front.desk is {status}: it takes connectors.live.voiceName" in of["phone_connections.line"]["reason"]
    )
    assert plan["updates"] == []
    assert "account-all-absent" not in told.all
    assert staged.writes == []


def test_what_cannot_be_found_through_another_is_unknown_through_it(tmp_path: Path) -> None:
    staged = stage(tmp_path)
    alter(staged, ("fluents", "numbers", NUMBER), label="Moved")
    of = {planned["address"]: planned for planned in staged.plan()["resources"]}
    assert of["numbers.front.desk"]["status"] == "absent"
    assert (of["phone_connections.line"]["status"], of["phone_connections.line"]["through"]) == (
        "absent",
        "numbers.front.desk",
    )


def test_a_live_value_that_is_not_there_is_refused(tmp_path: Path) -> None:
    staged = stage(tmp_path, text=PROJECT.replace("voice ${connectors.live.voiceName}", "${connectors.live.variantId}"))
    told = staged.run("plan")
    assert (told.code, "reference-empty" in told.all) == (5, True)
    assert "connectors.live.variantId has no value" in told.words


def test_a_live_value_is_held_to_the_schema_of_its_place(tmp_path: Path) -> None:
    text = PROJECT.replace("spec: {voice: jack}", 'spec: {phoneNumber: "${connectors.live.voiceName}"}')
    staged = stage(tmp_path, text=text)
    assert statuses(staged.plan())["phone_connections.line"] == "refused"
    assert "(from ${connectors.live.voiceName})" in staged.run("plan").words


def test_an_object_is_looked_for_once_it_can_be_and_no_request_is_sent_twice(tmp_path: Path) -> None:
    staged = stage(tmp_path)
    staged.run("plan", "--target", "phone_connections.line")
    asked = [(one.host, one.path) for one in staged.requests if "voices" not in one.path]
    hosts = list(dict.fromkeys(host for host, _ in asked))
    assert hosts.index("api.galtea.ai") == len(hosts) - 1
    assert len({str(one) for one in staged.requests}) == len(staged.requests)
    assert {host: sum(one == host for one, _ in asked) for host in hosts} == {
        "api.fluents.ai": 1,
        "api.us.poly.ai": 1,
        "api.galtea.ai": 2,  # the second shows that the list ended
    }


def test_a_target_reads_what_it_takes_and_writes_only_what_is_named(tmp_path: Path) -> None:
    staged = stage(tmp_path)
    plan = staged.plan("--target", "phone_connections.line")
    assert list(statuses(plan)) == ["phone_connections.line"]
    staged.requests.clear()
    assert staged.apply("--target", "phone_connections.*").code == 0
    assert [path for _, path, _ in staged.writes] == ["/phoneConnections/pc_1"]
    assert {one.host for one in staged.requests if one.method == "GET"} == {
        "api.galtea.ai",
        "api.fluents.ai",
        "api.us.poly.ai",
    }


def test_a_resource_that_takes_nothing_is_read_as_ever(tmp_path: Path) -> None:
    staged = stage(tmp_path)
    staged.plan("--target", "connectors.live")
    assert {one.host for one in staged.requests} == {"api.us.poly.ai"}


def test_a_saved_plan_holds_while_what_it_took_does(tmp_path: Path) -> None:
    staged = stage(tmp_path)
    plan = str(tmp_path / "plan.json")
    staged.run("plan", "--out", plan)
    staged.requests.clear()
    assert staged.apply(plan).code == 0
    assert len(staged.writes) == 4
    assert staged.run("plan", "--detailed-exitcode").code == 0


def test_a_saved_plan_is_stale_when_a_value_that_it_took_moved(tmp_path: Path) -> None:
    staged = stage(tmp_path)
    plan = str(tmp_path / "plan.json")
    staged.run("plan", "--out", plan)
    alter(staged, ("polyai", "connectors", "conn-1"), voiceName="en-US-Neural2-F")
    told = staged.apply(plan)
    assert (told.code, staged.writes) == (5, [])
    assert "connectors.live.voiceName, which it takes, was" in told.words
    assert "plan-stale" in told.all


@pytest.mark.parametrize(
    "forge",
    [
        lambda update: update.update(follows=[]),
        lambda update: update.pop("taken"),
        lambda update: update["taken"][0].update(path="/asrLangCode", value="en-US"),
        lambda update: update["changes"][0].update(after="voice of somebody else"),
    ],
)
def test_a_saved_plan_cannot_take_other_values(tmp_path: Path, forge: Callable[[Any], None]) -> None:
    from reconciler.model.plan_document import compute_digest

    staged = stage(tmp_path)
    file = tmp_path / "plan.json"
    staged.run("plan", "--out", str(file))
    document = json.loads(file.read_text())
    forge(next(one for one in document["updates"] if one["address"] == "numbers.front.desk"))
    document["digest"] = compute_digest(document)
    file.write_text(json.dumps(document))
    told = staged.apply(str(file))
    assert (told.code, staged.writes) == (5, [])


def test_an_undo_needs_no_references(tmp_path: Path) -> None:
    staged = stage(tmp_path)
    assert staged.apply().code == 0
    assert staged.run("undo", "latest", "--auto-approve").code == 0
    assert find(staged, ("fluents", "numbers", NUMBER))["description"] == "Old"


def test_a_pull_knows_what_is_declared_through_references(tmp_path: Path) -> None:
    told = stage(tmp_path).run("pull", "phone_connections")
    assert told.code == 0
    assert "pc_1" not in told.out


def test_explain_tells_both_directions(tmp_path: Path) -> None:
    staged = stage(tmp_path)
    told = staged.run("explain", "numbers.front.desk")
    assert "takes connectors.live.voiceName for spec.description (reconciler.yaml:7:25)" in told.words
    assert "taken by phone_connections.line, numbers.front.desk.id (reconciler.yaml:10:45)" in told.words
    told = staged.run("explain", "phone_connections.line")
    assert "the only one with productId prod_1, phoneNumber ${numbers.front.desk.id}" in told.words


def test_a_sandbox_without_a_seed_holds_what_is_taken(tmp_path: Path) -> None:
    staged = stage(tmp_path)
    staged.transport = None  # type: ignore[assignment]
    told = staged.run("--sandbox", "plan", "--detailed-exitcode")
    assert (told.code, "No changes" in told.out) == (0, True), told.all


def test_the_calls_lead_from_one_declared_stop_to_the_next(tmp_path: Path) -> None:
    plan = stage(tmp_path).plan()
    nodes = {node["key"]: node for node in plan["calls"]["nodes"]}
    assert nodes[f"number:{NUMBER}"]["provider"] == "fluents"
    assert {"source": "phone_connections.line", "target": f"number:{NUMBER}", "label": "dials"} in plan["calls"][
        "edges"
    ]


def test_the_example_is_written_from_the_prompt_to_the_number(tmp_path: Path) -> None:
    staged = Stage(take_example("references", tmp_path))
    plan = staged.plan()
    owners = {update["address"] + change["path"]: change.get("owners") for update in plan["updates"] for change in update["changes"]}  # fmt: skip
    assert owners["numbers.front-desk/inbound_agent"] == ["agents.receptionist"]
    assert owners["agents.receptionist/prompt"] == ["prompts.receptionist"]
    reach = next(update["reach"] for update in plan["updates"] if update["address"] == "agents.receptionist")
    assert reach == [{"kind": "numbers", "names": ["+12025550143"]}]
    edges = {(edge["source"], edge["target"]) for edge in plan["calls"]["edges"]}
    assert ("phone_connections.test-line", "number:+12025550143") in edges
    assert ("number:+12025550143", "agents.receptionist") in edges
    assert staged.apply().code == 0
    written = [path.split("/")[2] if path.startswith("/v1") else "galtea" for _, path, _ in staged.writes]
    assert written[:3] == ["prompts", "agents", "numbers"]
    assert staged.run("plan", "--detailed-exitcode").code == 0


def test_a_shell_completes_addresses(tmp_path: Path) -> None:
    from click.shell_completion import ShellComplete

    from reconciler.cli.root import root

    stage(tmp_path)
    complete = ShellComplete(root, {}, "reconciler", "_RECONCILER_COMPLETE")
    for arguments in (["plan", "--target"], ["apply", "--allow-protected"], ["drift"]):
        found = complete.get_completions(["-C", str(tmp_path), *arguments], "connectors.")
        assert [one.value for one in found] == ["connectors.copy", "connectors.live"], arguments
    (tmp_path / "reconciler.yaml").write_text("version: 2\n")
    assert complete.get_completions(["-C", str(tmp_path), "plan", "--target"], "connectors.") == []
