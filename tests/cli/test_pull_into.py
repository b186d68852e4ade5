"""`pull --into`: live objects as files that a reviewer takes for hand-written, and never over what is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.stage import Stage, Told

PROMPT = (
    "You answer calls.\n\nBe kind.\nBe brief.\nSay what you do.\nAsk before you act.\nNever guess.\nEnd with thanks."
)
ODD = ["Bodø", "Bodø", "", "東京オフィス", "مكتب", "🙂 smile", "no", "0123", "8:30", "it's \"odd\"", "two\nlines", "<b>&amp;", "${var.X} line", "a: b #c", " blank "]  # fmt: skip


def build_seed(**more: Any) -> dict[str, Any]:
    numbers = [{"number": f"+1202555{place:04d}", "label": name, "inbound_agent": "agent-1"} for place, name in enumerate(ODD)]  # fmt: skip
    fluents = {
        "prompts": [{"id": "prompt-1", "content": PROMPT}, {"id": "prompt-2", "label": "Shared", "content": "Hi."}],
        "voices": [{"id": "voice-1", "type": "voice_azure", "label": "Calm", "voice_name": "en-US-AriaNeural"}],
        "agents": [
            {"id": "agent-1", "name": "Réception", "prompt": "prompt-1", "voice": "voice-1"},
            {"id": "agent-2", "name": "Billing", "prompt": "prompt-2", "voice": "voice-1"},
        ],
        "numbers": numbers,
    }
    lines = [{"id": "pc_1", "productId": "prod_1", "name": "Support", "phoneNumber": "+12025550143", "voice": "sarah"}]
    return {"fluents": fluents, "galtea": {"phoneConnections": lines}, **more}


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    folder = tmp_path / "here"
    folder.mkdir()
    return Stage(folder, seed=build_seed())


def look(stage: Stage, folder: Path) -> Told:
    """Plan the project of another folder."""
    return stage.run_plainly("-C", str(folder), "plan", "--detailed-exitcode")


def read_all(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in sorted(folder.rglob("*")) if path.is_file()}  # fmt: skip


def test_a_project_begins_where_there_is_none(stage: Stage, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    told = stage.run("pull", "--into", str(folder), "--account", "fluents", "--account", "galtea")
    assert told.code == 0, told.all
    files = read_all(folder)
    assert set(files) == {".gitignore", "reconciler.yaml", "fluents/agents.yaml", "fluents/numbers.yaml", "fluents/prompts.yaml", "fluents/voices.yaml", "galtea.yaml", "prompts/reception.md"}  # fmt: skip
    remark, settings = files["reconciler.yaml"].split("\n", 1)
    assert remark.startswith("# Begun by")
    assert settings == "version: 1\naccounts:\n  fluents: {}\n  galtea: {}\n"
    assert files["prompts/reception.md"] == PROMPT + "\n"
    assert "  reception:\n" in files["fluents/agents.yaml"]
    assert "prompt: ${prompts.reception.id}" in files["fluents/agents.yaml"]
    assert "voice: ${voices.calm.id}" in files["fluents/agents.yaml"]
    assert "content: ${file:prompts/reception.md}" in files["fluents/prompts.yaml"]
    assert "inbound_agent: ${agents.reception.id}" in files["fluents/numbers.yaml"]
    assert "account:" not in files["fluents/agents.yaml"]
    names = set(yaml.safe_load(files["fluents/numbers.yaml"])["numbers"])
    assert {"bodo", "bodo-2", "no", "0123", "8-30", "it-s-odd", "two-lines"} <= names
    told = look(stage, folder)
    assert told.code == 0, told.all
    assert stage.run_plainly("-C", str(folder), "validate").code == 0


def test_a_project_begins_with_the_settings_that_were_used(tmp_path: Path) -> None:
    phones = [{"id": "6f9619ff-8b86-4d01-b42d-00c04fc964ff", "name": "Reception", "phone_number": "+12025550143"}]
    (tmp_path / "here").mkdir()
    stage = Stage(tmp_path / "here", seed=build_seed(opencopilot={"phones": phones}))
    settings = """{provider: fluents, base_url: "http://127.0.0.1:9/v1", clear: {example_context: send-empty}, timeout_seconds: 5}"""
    accounts = f"{{calls: {settings}, opencopilot: {{concurrency: 3, widen: {{elevenlabs_voice_id: [new]}}}}}}"
    stage.write("reconciler.yaml", f"version: 1\naccounts: {accounts}\n")
    stage.environ["RECONCILER_ALLOWED_HOSTS"] = "127.0.0.1"
    assert stage.run("pull", "--into", str(tmp_path / "new")).code == 0
    outer = yaml.safe_load(stage.read("reconciler.yaml"))["accounts"]
    assert yaml.safe_load((tmp_path / "new/reconciler.yaml").read_text("utf-8"))["accounts"] == outer
    assert look(stage, tmp_path / "new").code == 0


def test_only_what_is_new_is_added_and_nothing_is_touched(stage: Stage) -> None:
    stage.write("reconciler.yaml", "version: 1\naccounts: {fluents: {}}\n# Mine.\nagents:\n  desk: {id: agent-1, spec: {name: Réception}}\n")  # fmt: skip
    before = stage.read("reconciler.yaml")
    told = stage.run("pull", "--into", str(stage.folder / "pulled"))
    assert told.code == 0, told.all
    assert "Left out as declared already: 1 live object" in told.words
    assert stage.read("reconciler.yaml") == before
    assert "inbound_agent: ${agents.desk.id}" in stage.read("pulled/fluents/numbers.yaml")
    assert "${file:pulled/prompts/reception.md}" in stage.read("pulled/fluents/prompts.yaml")
    assert stage.run("plan", "--detailed-exitcode").code == 0
    files = read_all(stage.folder)
    told = stage.run("pull", "--into", str(stage.folder / "pulled"))
    assert (told.code, read_all(stage.folder)) == (0, files)
    assert "There is nothing new: nothing was written." in told.words


def test_a_name_stands_beside_an_id_that_nothing_declares(stage: Stage, tmp_path: Path) -> None:
    told = stage.run("pull", "numbers", "--into", str(tmp_path / "new"), "--account", "fluents")
    assert told.code == 0, told.all
    assert "inbound_agent: agent-1  # Réception" in (tmp_path / "new/fluents.yaml").read_text("utf-8")
    assert look(stage, tmp_path / "new").code == 0


@pytest.mark.parametrize("trouble", ["file", "yaml", "hidden"])
def test_the_destination_is_looked_at_before_anything_is_read(stage: Stage, tmp_path: Path, trouble: str) -> None:
    folder = tmp_path / "there"
    if trouble == "file":
        folder.write_text("x")
    elif trouble == "yaml":
        folder.mkdir()
        (folder / "chart.yaml").write_text("apiVersion: v1\n")
    else:
        stage.write("reconciler.yaml", "version: 1\naccounts: {fluents: {}}\n")
        folder = stage.folder / ".hidden"
    before = read_all(tmp_path)
    told = stage.run("pull", "--into", str(folder))
    assert told.code == 5, told.all
    assert stage.requests == []
    assert read_all(tmp_path) == before


def test_nothing_is_written_where_there_is_nothing(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "here", seed={"galtea": {"phoneConnections": []}})
    (tmp_path / "here").mkdir(exist_ok=True)
    told = stage.run("pull", "--into", str(tmp_path / "new"), "--account", "galtea")
    assert (told.code, (tmp_path / "new").exists()) == (0, False)


def test_what_shows_little_comes_as_a_scaffold(tmp_path: Path) -> None:
    phones = [{"id": "6f9619ff-8b86-4d01-b42d-00c04fc964ff", "name": "Reception", "phone_number": "+12025550143"}]
    (tmp_path / "here").mkdir()
    stage = Stage(tmp_path / "here", seed={"opencopilot": {"phones": phones}})
    assert stage.run("pull", "--into", str(tmp_path / "new"), "--account", "opencopilot").code == 0
    text = (tmp_path / "new/opencopilot.yaml").read_text("utf-8")
    assert "    # spec:\n    #   name: Reception\n    #   elevenlabs_voice_id: # fill this in" in text
    assert look(stage, tmp_path / "new").code == 0


def test_only_what_an_object_can_have_is_told_as_not_shown(tmp_path: Path) -> None:
    voices = [
        {"id": "v-1", "type": "voice_azure", "label": "Calm", "voice_name": "en-US-AriaNeural"},
        {"id": "v-2", "type": "voice_eleven_labs", "label": "Warm", "voice_id": "x", "api_key": "canary"},
    ]
    files = {"reconciler.yaml": "version: 1\naccounts: {fluents: {}}\n"}
    text = Stage(tmp_path, seed={"fluents": {"voices": voices[:1]}}, files=files).run("pull", "voices").out
    assert ("calm:" in text, "does not show" in text) == (True, False)
    text = Stage(tmp_path, seed={"fluents": {"voices": voices}}, files=files).run("pull", "voices").out
    assert "  # Secrets are not here: api_key. Declare them as ${secret.NAME}.\n" in text
    assert "canary" not in text


def test_the_order_is_that_of_people(tmp_path: Path) -> None:
    rows = [{"number": f"+1202555{place:04d}", "label": f"Line {place}"} for place in (10, 9, 100, 2)]
    stage = Stage(tmp_path, seed={"fluents": {"numbers": [*rows, {"number": "+12025559999", "label": "Line"}]}})
    stage.write("reconciler.yaml", "version: 1\naccounts: {fluents: {}}\n")
    names = [line.strip(" :") for line in stage.run("pull", "numbers").out.splitlines() if line.startswith("  line")]
    assert names == ["line", "line-2", "line-9", "line-10", "line-100"]


def test_one_name_in_two_places_is_told_apart_by_the_place(tmp_path: Path) -> None:
    connectors = [
        {"projectId": agent, "connectorId": f"conn-{agent}-{place}", "name": "Front desk", "clientEnv": "live", "voiceName": "en-US-Neural2-C"}
        for agent in ("PROJECT-1", "PROJECT-2")
        for place in range(2)
    ]  # fmt: skip
    numbers = [{"number": "+12025550100", "label": "Front desk"}]
    labelled = [{"id": "prompt-2", "label": "Desk", "content": "Hi."}, {"id": "prompt-1", "content": "Hello."}]
    agents = [{"id": "agent-1", "name": "Desk", "prompt": "prompt-1"}]
    phones = [{"id": "6f9619ff-8b86-4d01-b42d-00c04fc964ff", "name": "Desk", "phone_number": "+12025550143"}]
    seed = {
        "fluents": {"numbers": numbers, "prompts": labelled, "agents": agents},
        "polyai": {"connectors": connectors},
        "opencopilot": {"phones": phones},
    }
    stage = Stage(tmp_path, seed=seed)
    stage.write("reconciler.yaml", "version: 1\naccounts: {opencopilot: {}, polyai: {}, fluents: {}}\n")
    text = stage.run("pull", "--group", "agentId=PROJECT-1", "--group", "agentId=PROJECT-2").out
    connected = list(yaml.safe_load(text)["connectors"])
    assert connected == ["front-desk", "front-desk-2", "front-desk-project-2", "front-desk-project-2-2"]
    assert list(yaml.safe_load(text)["agents"]) == ["desk", "desk-fluents"], "the first account keeps the plain name"
    assert list(yaml.safe_load(text)["prompts"]) == ["desk", "desk-2"]
    assert yaml.safe_load(text)["prompts"]["desk"]["id"] == "prompt-2", "what has the name itself keeps it"
    assert "    id: {agentId: PROJECT-1, connectorId: conn-PROJECT-1-0}\n" in text


POLYAI = {
    "agents": [{"agentId": agent, "agentName": agent.title(), "accountId": "ws-1"} for agent in ("PROJECT-1", "PROJECT-2")],
    "connectors": [
        {"projectId": agent, "connectorId": f"conn-{agent}", "name": agent, "clientEnv": "live", "voiceName": "en-US-Neural2-C"}
        for agent in ("PROJECT-1", "PROJECT-2")
    ],
}  # fmt: skip
PROJECT = "version: 1\naccounts: {polyai: {workspace: ws-1}}\n"


def test_agents_are_found_where_the_account_names_the_workspace(tmp_path: Path) -> None:
    stage = Stage(tmp_path, seed={"polyai": POLYAI}, files={"reconciler.yaml": PROJECT})
    told = stage.run("pull", "connectors", "--into", str(tmp_path))
    assert told.code == 0, told.all
    assert stage.read("polyai.yaml").count("connectorId:") == 2
    assert stage.run("plan", "--detailed-exitcode").code == 0
    stage.write("reconciler.yaml", PROJECT.replace("{workspace: ws-1}", "{}"))
    (tmp_path / "polyai.yaml").unlink()
    told = stage.run("pull", "connectors")
    assert told.code == 64
    assert "set `workspace` on account polyai" in told.words


def test_a_workspace_that_may_not_be_seen_is_told(tmp_path: Path) -> None:
    stage = Stage(tmp_path, seed={"polyai": POLYAI}, files={"reconciler.yaml": PROJECT})
    stage.environ["POLYAI_API_KEY"] = "wrong"
    told = stage.run("pull", "connectors")
    assert told.code == 6
    assert "which agentId account polyai has cannot be read" in told.words


def test_a_group_that_one_kind_is_declared_in_is_looked_through_for_all(tmp_path: Path) -> None:
    connectors = "connectors: {mine: {id: {agentId: PROJECT-1, connectorId: conn-0}, spec: {}}}\n"
    project = f"version: 1\naccounts: {{polyai: {{}}}}\n{connectors}"
    stage = Stage(tmp_path, seed=NARROWABLE, files={"reconciler.yaml": project})
    told = stage.run("pull", "numbers", "connectors")
    assert (told.code, told.out.count("number:"), told.out.count("conn-1}")) == (0, 4, 1), told.all


def test_groups_may_stand_in_a_file(tmp_path: Path) -> None:
    project = "version: 1\naccounts: {polyai: {}}\n"
    stage = Stage(tmp_path, seed={"polyai": POLYAI}, files={"reconciler.yaml": project, "agents.txt": "# Ours.\nPROJECT-2\n\n"})  # fmt: skip
    told = stage.run("pull", "connectors", "--group", f"agentId=@{tmp_path / 'agents.txt'}")
    assert (told.code, told.out.count("connectorId:")) == (0, 1)
    assert stage.run("pull", "--group", "agentId=@nowhere").code == 64


NARROWABLE = {
    "galtea": {
        "phoneConnections": [
            {"id": f"pc_{place}", "productId": "prod_1", "name": f"Line {place}", "phoneNumber": f"+1202555{place:04d}", "createdAt": f"2026-0{place + 1}-01T00:00:00.000Z"}
            for place in range(4)
        ]
    },
    "fluents": {"numbers": [{"number": "+12025550100", "label": "Front desk"}]},
    "polyai": {
        "connectors": [
            {"projectId": "PROJECT-1", "connectorId": f"conn-{place}", "name": "Desk", "clientEnv": "live", "voiceName": "en-US-Neural2-C"}
            for place in range(2)
        ],
        "phone_numbers": [
            {"number": f"+1202558000{place}", "projectId": "PROJECT-1", "connectorId": f"conn-{place % 2}"} for place in range(4)
        ],
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("filters", "count", "left_out"),
    [
        (["name=Line 2"], 1, "numbers"),
        (["phoneNumber=5550003"], 1, "numbers"),
        (["fromCreatedAt=2026-03-01T00:00:00Z"], 2, "agents"),
        (["fromCreatedAt=2026-02-01T00:00:00Z", "toCreatedAt=2026-03-01T00:00:00Z"], 2, "connectors"),
        (["connectorId=conn-1"], 2, "phone_connections"),
        (["connectorId=conn-1", "name=Line 2"], 3, "prompts"),
    ],
)
def test_a_pull_is_narrowed_as_only_the_vendor_can(
    tmp_path: Path, filters: list[str], count: int, left_out: str
) -> None:
    project = "version: 1\naccounts: {galtea: {}, fluents: {}, polyai: {}}\n"
    stage = Stage(tmp_path, seed=NARROWABLE, files={"reconciler.yaml": project})
    told = stage.run("pull", "--group", "agentId=PROJECT-1", *(word for each in filters for word in ("--filter", each)))
    assert (told.code, told.out.count("    id:")) == (0, count), told.all
    unread = told.words.partition("Not read, as their lists have none of these filters: ")[2]
    assert left_out in unread
    assert "group-missing" not in told.err, "a list that is not read needs no group"
    assert all("/v1/agents/list" not in one.path for one in stage.requests)


def test_an_unknown_filter_is_told(tmp_path: Path) -> None:
    stage = Stage(tmp_path, seed=NARROWABLE, files={"reconciler.yaml": "version: 1\naccounts: {galtea: {}}\n"})
    told = stage.run("pull", "--filter", "fromCreateAt=2026-01-01")
    assert (told.code, "Did you mean `fromCreatedAt`?" in told.words) == (64, True)
    assert "is not NAME=VALUE" in stage.run("pull", "--filter", "name").words
    told = stage.run("pull", "--filter", "fromCreatedAt=yesterday")
    assert (told.code, "must be an ISO 8601 date" in told.words) == (6, True)


def test_the_vendor_is_asked_for_no_more_values_than_its_list_takes(tmp_path: Path) -> None:
    stage = Stage(tmp_path, seed=NARROWABLE, files={"reconciler.yaml": "version: 1\naccounts: {galtea: {}}\n"})
    names = [word for place in range(120) for word in ("--match", f"name=Line {place}")]
    assert stage.run("pull", *names).out.count("    id:") == 4
    assert all("names=" not in one.query for one in stage.requests)


def test_a_pull_is_narrowed_by_fields_and_by_the_vendors_own_filters(tmp_path: Path) -> None:
    rows = [
        {"id": f"pc_{place}", "productId": f"prod_{place % 2}", "name": f"Line {place}", "phoneNumber": f"+1202555{place:04d}"}
        for place in range(6)
    ]  # fmt: skip
    project = "version: 1\naccounts: {galtea: {}}\n"
    stage = Stage(tmp_path, seed={"galtea": {"phoneConnections": rows}}, files={"reconciler.yaml": project})
    told = stage.run("pull", "--product", "prod_1", "--match", "name=Line [135]", "--match", "name=Line 2")
    assert (told.code, told.out.count("    id:")) == (0, 3)
    assert any("productIds" in one.query for one in stage.requests)
    told = stage.run("pull", "--match", "name=*4*")
    assert told.out.count("    id:") == 1
    assert "Left out as not fitting: 5 live objects." in told.words
    assert stage.run("pull", "--match", "nmae=x").code == 64
