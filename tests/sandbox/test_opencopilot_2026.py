"""OpenCX as it is today: whole agents, nine writable fields, a whole agent as the answer."""

from typing import Any

import pytest

from tests.sandbox.visitor import OPENCOPILOT, OTHER_VOICE, VOICE, Visitor

AGENT = OPENCOPILOT + "/phone/agent-1"
FIELDS: dict[str, Any] = {
    "name": "Night desk",
    "type": "outbound",
    "voice_id": OTHER_VOICE,
    "language": "de",
    "first_message": "Guten Abend",
    "instructions": ["scenario-1"],
    "handoff_phone_number": "+12025550199",
    "use_org_knowledgebase": True,
    "actionIds": ["action-1"],
}


def visit(**switches: str) -> Visitor:
    rows = [{"id": "agent-1", "name": "Desk", "voice_id": VOICE, "first_message": "Hello"}, {"id": "agent-2"}]
    seed = {"opencopilot": {"generation": 2026, "agents": rows}}
    return Visitor(seed=seed, switches={name.replace("_", "-"): value for name, value in switches.items()})


def read(visitor: Visitor, place: int = 0) -> dict[str, Any]:
    agent: dict[str, Any] = visitor.get(OPENCOPILOT + "/phone").json()[place]
    return agent


def test_the_list_is_a_bare_array_of_whole_agents() -> None:
    agents = visit().get(OPENCOPILOT + "/phone").json()
    assert [agent["id"] for agent in agents] == ["agent-1", "agent-2"]
    required = {
        "org_id",
        "phone_number",
        "accent",
        "speed",
        "interruptible",
        "model",
        "flow",
        "custom_llm",
        "created_at",
    }
    assert required <= set(agents[1])
    assert (agents[1]["language"], agents[1]["actionIds"], agents[1]["type"]) == (["en"], None, "inbound")


def test_one_agent_cannot_be_read() -> None:
    answer = visit().get(AGENT)
    assert (answer.status_code, answer.json()["message"]) == (404, "Cannot GET /phone/agent-1")


def test_nine_fields_are_written_and_the_whole_agent_is_answered() -> None:
    visitor = visit()
    before = read(visitor)
    answer = visitor.patch(AGENT, {**FIELDS, "model": "oppie-vox-2", "accent": "x"})
    assert answer.status_code == 200
    assert answer.json() == read(visitor)
    changed = {name: value for name, value in answer.json().items() if before[name] != value}
    assert changed.pop("updated_at") > before["updated_at"]
    assert changed == {**FIELDS, "language": ["de"]}


def test_updated_at_moves_with_each_write_and_with_nothing_else() -> None:
    visitor = visit()
    stamps = [read(visitor)["updated_at"], read(visitor)["updated_at"]]
    visitor.patch(AGENT, {"name": "Desk"})
    stamps.append(read(visitor)["updated_at"])
    visitor.world.edit("opencopilot", "agents", "agent-1", {"name": "By hand"})
    stamps.append(read(visitor)["updated_at"])
    assert stamps[0] == stamps[1] < stamps[2] < stamps[3]
    assert read(visitor, 1)["updated_at"] == visit().get(OPENCOPILOT + "/phone").json()[1]["updated_at"]


def test_all_actions_are_not_no_actions() -> None:
    visitor = visit()
    assert visitor.patch(AGENT, {"actionIds": []}).json()["actionIds"] == []
    assert visitor.patch(AGENT, {"actionIds": None}).json()["actionIds"] is None


@pytest.mark.parametrize(("position", "written", "shown"), [("list", "no", ["no"]), ("text", "no", "no")])
def test_language_is_written_as_a_text(position: str, written: str, shown: object) -> None:
    visitor = visit(opencopilot_language=position)
    assert visitor.patch(AGENT, {"language": written}).json()["language"] == shown
    assert visitor.patch(AGENT, {"language": [written]}).status_code == 400


def test_language_may_be_a_list_both_ways() -> None:
    visitor = visit(opencopilot_language="lists")
    assert visitor.patch(AGENT, {"language": ["no", "en"]}).json()["language"] == ["no", "en"]


@pytest.mark.parametrize(("position", "message"), [("clears", None), ("ignored", "Hello")])
def test_null_is_a_switch(position: str, message: str | None) -> None:
    answer = visit(opencopilot_null=position).patch(AGENT, {"first_message": None})
    assert answer.json()["first_message"] == message


@pytest.mark.parametrize(
    "body",
    [
        {"name": None},
        {"type": "both"},
        {"voice_id": "nobody"},
        {"instructions": "be kind"},
        {"handoff_phone_number": "12"},
        {"use_org_knowledgebase": "yes"},
        [],
    ],
)
def test_what_is_refused(body: object) -> None:
    visitor = visit()
    before = read(visitor)
    assert visitor.patch(AGENT, body).status_code == 400
    assert read(visitor) == before


def test_null_and_unknown_fields_may_be_refused() -> None:
    assert visit(opencopilot_null="400").patch(AGENT, {"voice_id": None}).status_code == 400
    assert visit(opencopilot_unknown_fields="400").patch(AGENT, {"model": "oppie-vox-2"}).status_code == 400


def test_a_write_may_answer_nothing() -> None:
    visitor = visit(opencopilot_patch_answer="empty")
    assert visitor.patch(AGENT, {"name": "x"}).content == b""
    assert read(visitor)["name"] == "x"
    assert visitor.patch(OPENCOPILOT + "/phone/nobody", {"name": "x"}).status_code == 404


def test_voices_are_listed() -> None:
    voices = visit().get(OPENCOPILOT + "/phone/voices").json()
    assert VOICE in [voice["voice_id"] for voice in voices]
    assert set(voices[0]) == {"voice_id", "name", "labels", "description", "preview_url"}
    assert Visitor().get(OPENCOPILOT + "/phone/voices").status_code == 404


def test_the_generation_is_chosen_for_all_worlds_by_a_switch() -> None:
    visitor = Visitor(seed={"opencopilot": {"agents": [{"id": "a"}]}}, switches={"opencopilot-generation": "2026"})
    assert [agent["id"] for agent in visitor.get(OPENCOPILOT + "/phone").json()] == ["a"]
    assert Visitor(seed={}).get(OPENCOPILOT + "/phone").json() == {"items": [], "next": None}


@pytest.mark.parametrize("path", ["", "/buy", "/sip/transfer-destinations", "/sip/inbound-trunk"])
def test_what_creates_or_buys_is_only_noted(path: str) -> None:
    visitor = visit()
    assert visitor.post(f"{OPENCOPILOT}/phone{path}", {}).status_code == 403
    assert [danger.path for danger in visitor.world.dangers] == ["/phone" + path]
