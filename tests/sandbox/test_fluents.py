import pytest

from tests.sandbox.visitor import FLUENTS, NUMBER, NUMBER_UPDATE, Visitor, grow_phones, make_seed


def test_a_number_is_read_with_its_references_as_objects() -> None:
    number = Visitor().get(NUMBER).json()
    assert number["inbound_agent"]["id"] == "agent-1"
    assert number["inbound_agent"]["prompt"]["content"] == "Be kind."
    assert number["inbound_agent"]["openai_account_connection"]["credentials"] == {"openai_api_key": "sk-secret"}
    assert number["telephony_account_connection"]["credentials"] == {"openai_api_key": "sk-secret"}
    assert number["inbound_agent_name"] == "Ann"


def test_an_update_answers_201_with_references_as_ids() -> None:
    answer = Visitor().post(NUMBER_UPDATE, {"label": "Back desk"})
    assert answer.status_code == 201
    assert answer.json() == {
        "id": answer.json()["id"],
        "user_id": answer.json()["user_id"],
        "number": "+12025550143",
        "active": True,
        "label": "Back desk",
        "inbound_agent_name": "Ann",
        "outbound_only": False,
        "example_context": {"town": "Bonn"},
        "telephony_provider": "twilio",
        "description": "",
        "inbound_agent": "agent-1",
        "telephony_account_connection": "ac-1",
    }


def test_a_raw_plus_is_a_space() -> None:
    visitor = Visitor()
    assert visitor.get(FLUENTS + "/v1/numbers?phone_number=+12025550143").status_code == 404
    assert visitor.post(FLUENTS + "/v1/numbers/update?phone_number=+12025550143", {"label": "x"}).status_code == 404


def test_the_list_is_an_envelope() -> None:
    page = Visitor().get(FLUENTS + "/v1/numbers/list").json()
    assert {name: page[name] for name in page if name != "items"} == {
        "page": 1,
        "size": 10,
        "has_more": False,
        "total": 2,
        "total_is_estimated": False,
    }
    assert [row["inbound_agent"] for row in page["items"]] == ["agent-1", "agent-1"]


def test_pages_are_of_ten_and_end() -> None:
    visitor = Visitor(seed=grow_phones(25))
    pages = [visitor.get(f"{FLUENTS}/v1/numbers/list?page={page}").json() for page in (1, 2, 3, 4)]
    assert [len(page["items"]) for page in pages] == [10, 10, 5, 0]
    assert [page["has_more"] for page in pages] == [True, True, False, False]
    assert len({row["number"] for page in pages for row in page["items"]}) == 25


@pytest.mark.parametrize("query", ["size=101", "size=0", "page=0", "page=x"])
def test_a_page_that_cannot_be_is_a_400_with_a_list_of_messages(query: str) -> None:
    answer = Visitor().get(f"{FLUENTS}/v1/numbers/list?{query}")
    assert answer.status_code == 400
    assert isinstance(answer.json()["message"], list)
    assert Visitor().get(f"{FLUENTS}/v1/numbers/list?size=100").status_code == 200


def test_references_in_the_list_are_a_switch() -> None:
    page = Visitor(switches={"fluents-list-references": "objects"}).get(FLUENTS + "/v1/numbers/list").json()
    assert page["items"][0]["inbound_agent"]["name"] == "Ann"


def test_errors_are_those_of_nestjs() -> None:
    visitor = Visitor()
    absent = visitor.get(FLUENTS + "/v1/numbers?phone_number=%2B19999999999")
    assert absent.status_code == 404
    assert absent.json() == {"statusCode": 404, "message": "Number not found", "error": "Not Found"}
    lost = visitor.get(FLUENTS + "/v1/shoes")
    assert lost.json() == {"statusCode": 404, "message": "Cannot GET /v1/shoes", "error": "Not Found"}
    assert visitor.get(FLUENTS + "/v1/numbers").json()["statusCode"] == 400


@pytest.mark.parametrize("key", ["", "nobody"])
def test_a_key_is_demanded(key: str) -> None:
    answer = Visitor().get(FLUENTS + "/v1/numbers/list", key=key)
    assert answer.status_code == 401
    assert answer.json()["statusCode"] == 401


def test_another_key_shows_another_world() -> None:
    seed = make_seed()
    seed["fluents"]["worlds"] = {"fluents_staging": {"numbers": [{"number": "+12025550143", "label": "Staging"}]}}
    visitor = Visitor(seed=seed)
    assert visitor.get(NUMBER, key="fluents_staging").json()["label"] == "Staging"
    visitor.send("POST", NUMBER_UPDATE, {"label": "moved"}, key="fluents_staging")
    assert visitor.get(NUMBER).json()["label"] == "Front desk"
    assert visitor.world.read("fluents", "numbers", "+12025550143", scope="fluents_staging")["label"] == "moved"


@pytest.mark.parametrize(
    "body",
    [
        {"label": 7},
        {"outbound_only": "no"},
        {"example_context": "x"},
        {"inbound_agent": "agent-9"},
        {"description": []},
        [],
    ],
)
def test_what_an_update_refuses(body: object) -> None:
    visitor = Visitor()
    answer = visitor.post(NUMBER_UPDATE, body)
    assert answer.status_code == 400
    assert isinstance(answer.json()["message"], list)
    assert visitor.get(NUMBER).json()["label"] == "Front desk"


def test_what_is_not_writable_is_ignored_or_refused() -> None:
    body = {"telephony_account_connection": None, "active": False, "number": "+1"}
    visitor = Visitor()
    before = visitor.get(NUMBER).json()
    assert visitor.post(NUMBER_UPDATE, body).status_code == 201
    assert visitor.get(NUMBER).json() == before
    strict = Visitor(switches={"fluents-unknown-fields": "400"})
    assert "property active should not exist" in strict.post(NUMBER_UPDATE, body).json()["message"]


def test_repointing_a_number_changes_the_derived_name() -> None:
    visitor = Visitor()
    assert visitor.post(NUMBER_UPDATE, {"inbound_agent": "agent-2"}).json()["inbound_agent_name"] == "Bob"
    assert visitor.get(NUMBER).json()["inbound_agent"]["name"] == "Bob"


def test_an_inline_agent_rewrites_the_shared_agent() -> None:
    visitor = Visitor()
    visitor.post(NUMBER_UPDATE, {"inbound_agent": {"name": "Eve", "prompt": {"content": "Be rude."}}})
    other = visitor.get(FLUENTS + "/v1/numbers?phone_number=%2B12025550144").json()["inbound_agent"]
    assert (other["id"], other["name"], other["prompt"]["content"]) == ("agent-1", "Eve", "Be rude.")
    bob = visitor.get(FLUENTS + "/v1/agents?id=agent-2").json()
    assert bob["prompt"]["content"] == "Be rude."
    assert [danger.path for danger in visitor.world.dangers] == [
        "/v1/numbers/update (inline inbound_agent)",
        "/v1/numbers/update (inline prompt)",
    ]


@pytest.mark.parametrize(
    ("switches", "sent", "expected"),
    [
        ({}, {}, {"town": "Bonn"}),
        ({"fluents-empty-object": "clears"}, {}, {}),
        ({}, {"tier": "gold"}, {"tier": "gold"}),
        ({"fluents-example-context": "merge"}, {"tier": "gold"}, {"town": "Bonn", "tier": "gold"}),
        ({"fluents-example-context": "merge"}, {}, {"town": "Bonn"}),
        ({}, None, {"town": "Bonn"}),
        ({"fluents-null": "clears", "fluents-empty-object": "clears"}, None, {}),
    ],
)
def test_example_context(switches: dict[str, str], sent: object, expected: dict[str, str]) -> None:
    visitor = Visitor(switches=switches)
    assert visitor.post(NUMBER_UPDATE, {"example_context": sent}).status_code == 201
    assert visitor.get(NUMBER).json()["example_context"] == expected


@pytest.mark.parametrize(("position", "label"), [("ignored", "Front desk"), ("clears", "")])
def test_null_is_a_switch(position: str, label: str) -> None:
    visitor = Visitor(switches={"fluents-null": position})
    assert visitor.post(NUMBER_UPDATE, {"label": None}).json()["label"] == label


def test_null_may_be_refused() -> None:
    answer = Visitor(switches={"fluents-null": "400"}).post(NUMBER_UPDATE, {"label": None})
    assert answer.json()["message"] == ["label should not be null"]


def test_null_may_detach_the_agent() -> None:
    visitor = Visitor(switches={"fluents-null": "clears"})
    assert visitor.post(NUMBER_UPDATE, {"inbound_agent": None}).json()["inbound_agent_name"] is None
    assert visitor.get(NUMBER).json()["inbound_agent"] is None


@pytest.mark.parametrize(
    "act",
    [
        "numbers/buy",
        "numbers/cancel",
        "numbers/detach",
        "numbers/link",
        "agents/create",
        "voices/create",
        "calls/create",
        "account_connections/add_to_steering_pool",
        "account_connections/remove_from_steering_pool",
    ],
)
def test_what_acts_for_real_is_only_noted(act: str) -> None:
    visitor = Visitor()
    assert visitor.post(f"{FLUENTS}/v1/{act}?phone_number=%2B12025550143", {}).status_code == 403
    assert [danger.path for danger in visitor.world.dangers] == [f"/v1/{act}"]
    assert visitor.get(FLUENTS + "/v1/numbers/list").json()["total"] == 2
