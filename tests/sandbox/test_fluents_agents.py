"""Fluents' agents and what hangs on them: shared objects, expanded reads, unions, secrets."""

from typing import Any

import pytest

from tests.sandbox.visitor import FLUENTS, NUMBER, Visitor, make_seed

AGENT = FLUENTS + "/v1/agents?id=agent-1"
AGENT_UPDATE = FLUENTS + "/v1/agents/update?id=agent-1"
COLLECTIONS = ("agents", "prompts", "actions", "voices", "webhooks", "account_connections")

FIELDS: dict[str, Any] = {
    "name": "Zoe",
    "label": "Night",
    "description": "At night",
    "language": "de",
    "initial_message": "Good evening",
    "interrupt_sensitivity": "high",
    "context_endpoint": "https://example.com",
    "noise_suppression": True,
    "endpointing_sensitivity": "relaxed",
    "ivr_navigation_mode": "off",
    "conversation_speed": 0.5,
    "initial_message_delay": 1000,
    "openai_model_name_override": "gpt-4",
    "ask_if_human_present_on_idle": True,
    "run_do_not_call_detection": True,
    "llm_fallback": {"provider": "azure", "model_name": "gpt-4"},
    "deepgram_keywords": {"kansas": "10"},
    "idle_time_seconds": 10,
    "llm_temperature": 0.2,
    "enable_recording": True,
    "provider": "openai",
    "model": "gpt-4o",
    "call_duration_sec": 10,
    "max_idle_check_count": 10,
}


def open_house(**switches: str) -> Visitor:
    """Visit two agents that share everything."""
    seed = make_seed()
    seed["fluents"] |= {
        "actions": [
            {"id": "transfer", "type": "action_transfer_call", "config": {"phone_number": "+12025550111"}},
            {"id": "external", "type": "action_external"},
        ],
        "voices": [
            {"id": "calm", "type": "voice_eleven_labs", "api_key": "el-secret"},
            {"id": "brisk", "type": "voice_rime"},
        ],
        "webhooks": [{"id": "hook", "url": "https://example.com/hook"}],
        "prompts": [{"id": "prompt-2", "content": "Be brief.", "prompt_template": {"id": "template-1"}}],
    }
    for agent in seed["fluents"]["agents"]:
        agent |= {"voice": "calm", "webhook": "hook", "actions": ["transfer", "external"]}
    return Visitor(seed=seed, switches={name.replace("_", "-"): position for name, position in switches.items()})


def update(visitor: Visitor, collection: str, key: str, body: object) -> Any:
    answer = visitor.post(f"{FLUENTS}/v1/{collection}/update?id={key}", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def refuse(visitor: Visitor, collection: str, key: str, body: object) -> list[str]:
    answer = visitor.post(f"{FLUENTS}/v1/{collection}/update?id={key}", body)
    assert answer.status_code == 400
    messages: list[str] = answer.json()["message"]
    return messages


def show(visitor: Visitor, collection: str, key: str) -> Any:
    answer = visitor.get(f"{FLUENTS}/v1/{collection}?id={key}")
    assert answer.status_code == 200
    return answer.json()


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_every_collection_is_listed_in_pages_and_read_by_id(collection: str) -> None:
    visitor = open_house()
    page = visitor.get(f"{FLUENTS}/v1/{collection}/list?size=1").json()
    assert (page["page"], page["size"], page["total_is_estimated"]) == (1, 1, False)
    assert [show(visitor, collection, row["id"]) for row in page["items"]] == page["items"]
    assert page["has_more"] == (page["total"] > 1)
    assert visitor.get(f"{FLUENTS}/v1/{collection}?id=nobody").status_code == 404
    assert visitor.get(f"{FLUENTS}/v1/{collection}").status_code == 400


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_every_collection_is_written_with_a_201(collection: str) -> None:
    visitor = open_house()
    row = visitor.get(f"{FLUENTS}/v1/{collection}/list").json()["items"][0]
    typed = {"type": row["type"]} if "type" in row else {}
    after = update(visitor, collection, row["id"], {**typed, "label": "Renamed", "description": "Anew"})
    assert (after["label"], after["description"]) == ("Renamed", "Anew")
    assert show(visitor, collection, row["id"]) == after


def test_rows_are_sorted_by_the_column_that_is_asked_for() -> None:
    page = open_house().get(FLUENTS + "/v1/voices/list?sort_column=type&sort_desc=true").json()
    assert [voice["type"] for voice in page["items"]] == ["voice_rime", "voice_eleven_labs"]


def test_an_agent_is_read_with_everything_behind_it() -> None:
    agent = show(open_house(), "agents", "agent-1")
    assert agent["prompt"]["content"] == "Be kind."
    assert agent["voice"]["api_key"] == "el-secret"
    assert agent["webhook"]["url"] == "https://example.com/hook"
    assert [action["id"] for action in agent["actions"]] == ["transfer", "external"]
    assert agent["actions"][1]["config"]["signature_secret"] == "sandbox-signature-secret"
    assert agent["openai_account_connection"]["credentials"] == {"openai_api_key": "sk-secret"}


def test_an_agent_that_says_nothing_has_a_prompt_of_its_own_and_a_voice() -> None:
    visitor = Visitor(seed={"fluents": {"agents": [{"id": "a"}, {"id": "b"}]}})
    first, second = (show(visitor, "agents", key) for key in ("a", "b"))
    assert first["prompt"]["id"] != second["prompt"]["id"]
    assert first["voice"] == second["voice"]
    assert (first["name"], first["actions"], first["webhook"], first["language"]) == ("a", [], None, "en")


def test_every_field_of_an_agent_can_be_written() -> None:
    visitor = open_house()
    after = update(visitor, "agents", "agent-1", FIELDS)
    assert after == show(visitor, "agents", "agent-1")
    assert {name: after[name] for name in FIELDS} == FIELDS
    assert visitor.get(NUMBER).json()["inbound_agent_name"] == "Zoe"


def test_references_are_written_as_ids_and_shared_objects_stay_as_they_are() -> None:
    visitor = open_house()
    body = {"prompt": "prompt-2", "voice": "brisk", "actions": ["external"], "webhook": "hook"}
    after = update(visitor, "agents", "agent-1", body)
    assert (after["prompt"]["id"], after["voice"]["id"], after["webhook"]["id"]) == ("prompt-2", "brisk", "hook")
    assert [action["id"] for action in after["actions"]] == ["external"]
    assert show(visitor, "agents", "agent-2")["prompt"]["id"] == "prompt-1"
    assert update(visitor, "agents", "agent-1", {"actions": []})["actions"] == []
    assert visitor.world.dangers == []


@pytest.mark.parametrize(
    ("body", "shared"),
    [
        ({"prompt": {"content": "Be rude."}}, lambda agent: agent["prompt"]["content"] == "Be rude."),
        ({"voice": {"type": "voice_eleven_labs", "stability": 1}}, lambda agent: agent["voice"]["stability"] == 1),
        ({"webhook": {"url": "https://evil.example"}}, lambda agent: agent["webhook"]["url"] == "https://evil.example"),
        (
            {"actions": [{"id": "external", "type": "action_external", "label": "Mine"}]},
            lambda agent: agent["actions"][1]["label"] == "Mine",
        ),
        (
            {"actions": ["external", {"type": "action_external", "label": "By its place"}]},
            lambda agent: agent["actions"][1]["label"] == "By its place",
        ),
    ],
)
def test_an_inline_object_rewrites_what_another_agent_uses_too(body: dict[str, Any], shared: Any) -> None:
    visitor = open_house()
    assert not shared(show(visitor, "agents", "agent-2"))
    update(visitor, "agents", "agent-1", body)
    assert shared(show(visitor, "agents", "agent-2"))
    assert [danger.path for danger in visitor.world.dangers] == [f"/v1/agents/update (inline {next(iter(body))})"]


def test_an_inline_object_where_nothing_is_makes_a_new_one() -> None:
    visitor = Visitor()
    body = {"webhook": {"url": "https://example.com/new"}, "actions": [{"type": "action_dtmf"}] * 2}
    after = update(visitor, "agents", "agent-2", body)
    assert after["webhook"]["url"] == "https://example.com/new"
    assert [action["type"] for action in after["actions"]] == ["action_dtmf", "action_dtmf"]
    assert visitor.get(FLUENTS + "/v1/webhooks/list").json()["items"] == [after["webhook"]]
    assert len(visitor.world.dangers) == 3


def test_a_prompt_can_be_written_on_its_own_and_speaks_through_all_its_agents() -> None:
    visitor = open_house()
    after = update(
        visitor, "prompts", "prompt-1", {"content": "Be brief.", "tags": ["b", "a"], "collect_fields": ["x"]}
    )
    assert (after["content"], after["tags"], after["collect_fields"]) == ("Be brief.", ["b", "a"], ["x"])
    assert [show(visitor, "agents", key)["prompt"] for key in ("agent-1", "agent-2")] == [after, after]
    assert visitor.get(NUMBER).json()["inbound_agent"]["prompt"] == after


def test_a_template_is_written_as_an_id_and_read_as_an_object() -> None:
    visitor = open_house()
    assert show(visitor, "prompts", "prompt-2")["prompt_template"] == {"id": "template-1"}
    after = update(visitor, "prompts", "prompt-2", {"prompt_template": "template-9"})["prompt_template"]
    assert (after["id"], after["required_context_keys"]) == ("template-9", [])
    assert visitor.world.dangers == []
    update(visitor, "prompts", "prompt-2", {"prompt_template": {"label": "Mine"}})
    assert [danger.path for danger in visitor.world.dangers] == ["/v1/prompts/update (inline prompt_template)"]


UNIONS = [("actions", "external"), ("voices", "calm"), ("account_connections", "ac-1")]


@pytest.mark.parametrize(("collection", "key"), UNIONS)
def test_a_union_demands_its_type(collection: str, key: str) -> None:
    assert refuse(open_house(), collection, key, {"label": "x"}) == [
        "type must be a string",
        "type should not be empty",
    ]
    assert update(open_house(fluents_type="optional"), collection, key, {"label": "x"})["label"] == "x"


def test_a_transfer_needs_a_number() -> None:
    visitor = open_house()
    assert refuse(visitor, "actions", "transfer", {"type": "action_transfer_call", "config": {"phone_number": "1"}})
    assert refuse(visitor, "actions", "external", {"type": "action_transfer_call", "label": "x"})
    config = {"phone_number": "+12025550112"}
    after = update(visitor, "actions", "transfer", {"type": "action_transfer_call", "config": config})
    assert after["config"] == config
    assert show(visitor, "agents", "agent-2")["actions"][0]["config"] == config


@pytest.mark.parametrize(("position", "kept"), [("replace", False), ("merge", True)])
def test_a_config_is_replaced_or_merged_and_keeps_the_vendors_own_secret(position: str, kept: bool) -> None:
    visitor = open_house(fluents_nested=position)
    body = {"type": "action_external", "config": {"name": "other"}}
    config = update(visitor, "actions", "external", body)["config"]
    assert (config["name"], config["signature_secret"]) == ("other", "sandbox-signature-secret")
    assert ("url" in config) == kept


def test_a_voice_may_have_fields_that_nobody_documented() -> None:
    visitor = open_house()
    after = update(visitor, "voices", "brisk", {"type": "voice_cartesia", "emotion": ["calm"]})
    assert (after["type"], after["emotion"], after["id"]) == ("voice_cartesia", ["calm"], "brisk")


@pytest.mark.parametrize(("position", "shown"), [("clear", "secret"), ("masked", "********")])
def test_secrets_are_shown_in_clear_or_masked_at_every_depth(position: str, shown: str) -> None:
    visitor = open_house(fluents_credentials=position)
    connection = show(visitor, "account_connections", "ac-1")
    assert shown in connection["credentials"]["openai_api_key"]
    assert visitor.get(FLUENTS + "/v1/account_connections/list").json()["items"] == [connection]
    number = visitor.get(NUMBER).json()
    agent = number["inbound_agent"]
    assert number["telephony_account_connection"] == agent["openai_account_connection"] == connection
    assert shown in agent["voice"]["api_key"]
    assert shown in agent["actions"][1]["config"]["signature_secret"]


def test_credentials_can_be_written() -> None:
    visitor = open_house()
    sent = {"type": "account_connection_openai", "credentials": {"openai_api_key": "sk-new"}}
    update(visitor, "account_connections", "ac-1", sent)
    assert visitor.world.read("fluents", "account_connections", "ac-1")["credentials"] == {"openai_api_key": "sk-new"}


@pytest.mark.parametrize("name", ["prompt", "voice", "webhook", "openai_account_connection", "deepgram_keywords"])
def test_an_empty_object_changes_nothing(name: str) -> None:
    visitor = open_house()
    before = show(visitor, "agents", "agent-1")
    assert update(visitor, "agents", "agent-1", {name: {}}) == before
    assert visitor.world.dangers == []


def test_an_empty_object_may_clear() -> None:
    visitor = open_house(fluents_empty_object="clears")
    update(visitor, "agents", "agent-1", {"deepgram_keywords": {"kansas": 1}})
    assert update(visitor, "agents", "agent-1", {"deepgram_keywords": {}})["deepgram_keywords"] == {}


def test_null_detaches_where_it_clears_and_what_is_demanded_stays() -> None:
    visitor = open_house(fluents_null="clears")
    after = update(visitor, "agents", "agent-1", {"webhook": None, "openai_account_connection": None, "name": None})
    assert (after["webhook"], after["openai_account_connection"], after["name"]) == (None, None, "")
    assert refuse(visitor, "agents", "agent-1", {"prompt": None}) == ["prompt should not be null"]
    assert update(open_house(), "agents", "agent-1", {"prompt": None, "webhook": None})["webhook"]["id"] == "hook"


def test_an_agent_without_a_webhook_says_null_or_nothing() -> None:
    assert Visitor().get(AGENT).json()["webhook"] is None
    assert "webhook" not in Visitor(switches={"fluents-empty-reference": "absent"}).get(AGENT).json()


def test_an_agents_answers_may_name_ids() -> None:
    visitor = open_house(fluents_agent_references="ids")
    after = update(visitor, "agents", "agent-1", {"label": "x"})
    assert (after["prompt"], after["voice"], after["actions"]) == ("prompt-1", "calm", ["transfer", "external"])
    assert visitor.get(FLUENTS + "/v1/agents/list").json()["items"][0] == after
    assert show(visitor, "agents", "agent-1")["prompt"]["id"] == "prompt-1"


def test_what_is_kept_in_another_form() -> None:
    visitor = open_house(fluents_keyword_values="text", fluents_subscriptions="sorted")
    after = update(visitor, "agents", "agent-1", {"deepgram_keywords": {"kansas": 10}})
    assert after["deepgram_keywords"] == {"kansas": "10"}
    hook = update(visitor, "webhooks", "hook", {"subscriptions": ["event_message", "event_action"]})
    assert hook["subscriptions"] == ["event_action", "event_message"]


@pytest.mark.parametrize(
    "body",
    [
        {"name": 7},
        {"llm_temperature": "hot"},
        {"actions": {}},
        {"actions": ["nobody"]},
        {"webhook": 1},
        {"prompt": "x"},
        {"voice": ""},
        {"voice": {"stability": 1}},
        {"prompt": {"content": 7}},
    ],
)
def test_what_an_agent_refuses(body: object) -> None:
    visitor = open_house(fluents_empty_object="clears")
    before = show(visitor, "agents", "agent-1")
    refuse(visitor, "agents", "agent-1", body)
    assert show(visitor, "agents", "agent-1") == before


def test_what_is_not_writable_may_be_refused() -> None:
    assert refuse(open_house(fluents_unknown_fields="400"), "webhooks", "hook", {"user_id": "x"}) == [
        "property user_id should not exist"
    ]
