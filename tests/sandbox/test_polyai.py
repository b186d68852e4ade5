import httpx
import pytest

from tests.sandbox.visitor import CONNECTORS, LOCAL, POLYAI, Visitor, make_seed

TELEPHONY = POLYAI + "/v1/agents/PROJECT-1/telephony"


def test_a_connector_has_ten_fields_and_its_language_is_derived() -> None:
    assert Visitor().get(CONNECTORS + "/conn-2").json() == {
        "connectorId": "conn-2",
        "name": "conn-2",
        "accountId": "account_sandbox",
        "projectId": "PROJECT-1",
        "clientEnv": "sandbox",
        "variantId": "",
        "asrLangCode": "en-US",
        "ttsLangCode": "en-GB",
        "voiceName": "en-GB-Wavenet-B",
        "disableHandoff": False,
    }


def test_the_list_holds_the_connectors_of_one_agent() -> None:
    assert [row["connectorId"] for row in Visitor().get(CONNECTORS).json()["connectors"]] == ["conn-1", "conn-2"]


def test_every_answer_carries_a_correlation_id_of_its_own() -> None:
    visitor = Visitor("flaky-503:3")
    answers = [visitor.get(CONNECTORS), visitor.get(CONNECTORS + "/nobody"), visitor.get(CONNECTORS)]
    assert [answer.status_code for answer in answers] == [200, 404, 503]
    assert len({answer.headers["x-polyai-correlation-id"] for answer in answers}) == 3


def test_errors_have_the_envelope() -> None:
    answer = Visitor().get(CONNECTORS + "/conn-9")
    assert answer.status_code == 404
    assert answer.json() == {
        "success": False,
        "error": "Not Found",
        "error_id": "error-1",
        "error_code": "CONNECTORS_NOT_FOUND",
        "error_message": "Connector conn-9 not found",
        "data": None,
    }


def test_an_unknown_agent_or_route() -> None:
    visitor = Visitor()
    assert visitor.get(POLYAI + "/v1/agents/NOBODY/telephony/connectors").json()["error_code"] == "PROJECT_NOT_FOUND"
    assert visitor.get(POLYAI + "/v1/shoes").status_code == 404
    assert visitor.get(POLYAI + "/v1/agents/PROJECT-3/telephony/connectors").json() == {"connectors": []}


@pytest.mark.parametrize("key", ["", "wrong"])
def test_a_key_is_demanded(key: str) -> None:
    answer = Visitor().get(CONNECTORS, key=key)
    assert (answer.status_code, answer.json()["error_code"]) == (401, "AUTH_USER_INVALID_TOKEN")


@pytest.mark.parametrize("status", [401, 404])
def test_a_key_is_bound_to_its_region(status: int) -> None:
    seed = make_seed()
    seed["polyai"]["keys"] = [{"key": "us-key", "regions": ["us"]}, {"key": "eu-key", "regions": ["eu"]}]
    visitor = Visitor(seed=seed, switches={"polyai-wrong-region": status})
    assert visitor.get(CONNECTORS, key="us-key").status_code == 200
    assert visitor.get(CONNECTORS, key="eu-key").status_code == status
    assert visitor.get(CONNECTORS.replace("api.us", "api.eu"), key="eu-key").status_code == 200
    assert visitor.send("GET", CONNECTORS.replace(POLYAI, LOCAL), key="eu-key").status_code == 200


def test_a_connector_lives_in_its_region() -> None:
    seed = make_seed()
    seed["polyai"]["connectors"].append({"connectorId": "conn-eu", "projectId": "PROJECT-EU", "region": "eu"})
    visitor = Visitor(seed=seed)
    here, there = (f"https://api.{region}.poly.ai/v1/agents/PROJECT-EU/telephony/connectors" for region in ("eu", "us"))
    assert "region" not in visitor.get(here + "/conn-eu").json()
    assert visitor.get(there + "/conn-eu").status_code == 404


def test_a_key_opens_the_agents_of_its_grant() -> None:
    seed = make_seed()
    seed["polyai"]["keys"] = [{"key": "half", "agents": ["PROJECT-1"]}]
    visitor = Visitor(seed=seed)
    assert visitor.get(CONNECTORS, key="half").status_code == 200
    assert visitor.get(POLYAI + "/v1/agents/PROJECT-2/telephony/connectors", key="half").status_code == 403
    moved = visitor.send("PATCH", CONNECTORS + "/conn-1", {"projectId": "PROJECT-2"}, key="half")
    assert (moved.status_code, moved.json()["error_code"]) == (403, "USER_ACCESS_FORBIDDEN")


def test_a_patch_changes_what_it_names_and_derives_the_language() -> None:
    visitor = Visitor()
    answer = visitor.patch(CONNECTORS + "/conn-1", {"voiceName": "de-DE-Neural2-B", "variantId": "variant-1"})
    assert answer.json() == visitor.get(CONNECTORS + "/conn-1").json()
    changed = {name: answer.json()[name] for name in ("voiceName", "ttsLangCode", "variantId", "asrLangCode")}
    assert changed == {
        "voiceName": "de-DE-Neural2-B",
        "ttsLangCode": "de-DE",
        "variantId": "variant-1",
        "asrLangCode": "en-US",
    }


def test_null_unassigns_the_variant_and_reads_back_empty() -> None:
    visitor = Visitor()
    visitor.patch(CONNECTORS + "/conn-1", {"variantId": "variant-1"})
    assert visitor.patch(CONNECTORS + "/conn-1", {"variantId": None}).json()["variantId"] == ""
    assert visitor.get(CONNECTORS + "/conn-1").json()["variantId"] == ""


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"variantId": "variant-9"}, 400),
        ({"variantId": 7}, 400),
        ({"voiceName": "jack"}, 400),
        ({"voiceName": "en-us-Neural2-A"}, 400),
        ({"asrLangCode": None}, 400),
        ({"voiceName": None}, 400),
        ({"projectId": None}, 400),
        ({"asrLangCode": ""}, 400),
        ({"variantId": ""}, 400),
        ({"projectId": "NOBODY"}, 404),
        ([], 400),
    ],
)
def test_what_a_patch_refuses(body: object, status: int) -> None:
    visitor = Visitor()
    before = visitor.get(CONNECTORS + "/conn-1").json()
    answer = visitor.patch(CONNECTORS + "/conn-1", body)
    assert answer.status_code == status
    assert answer.json()["success"] is False
    assert visitor.get(CONNECTORS + "/conn-1").json() == before


@pytest.mark.parametrize(("position", "expected"), [("ignored", "en-US"), ("clears", "")])
@pytest.mark.parametrize(("switch", "empty"), [("polyai-null", None), ("polyai-empty-string", "")])
def test_emptying_the_other_fields_is_a_switch(switch: str, empty: str | None, position: str, expected: str) -> None:
    answer = Visitor(switches={switch: position}).patch(CONNECTORS + "/conn-1", {"asrLangCode": empty})
    assert (answer.status_code, answer.json()["asrLangCode"]) == (200, expected)


def test_an_empty_string_may_unassign_the_variant() -> None:
    visitor = Visitor(switches={"polyai-empty-string": "clears"})
    visitor.patch(CONNECTORS + "/conn-1", {"variantId": "variant-1"})
    assert visitor.patch(CONNECTORS + "/conn-1", {"variantId": ""}).json()["variantId"] == ""


def test_read_only_fields_in_a_body_are_ignored() -> None:
    visitor = Visitor()
    body = {"name": "x", "clientEnv": "sandbox", "disableHandoff": True, "ttsLangCode": "de-DE"}
    before = visitor.get(CONNECTORS + "/conn-1").json()
    assert visitor.patch(CONNECTORS + "/conn-1", body).json() == before


def test_a_move_leaves_the_old_path_and_the_variant_behind() -> None:
    visitor = Visitor()
    visitor.patch(CONNECTORS + "/conn-1", {"variantId": "variant-1"})
    answer = visitor.patch(CONNECTORS + "/conn-1", {"projectId": "PROJECT-2"})
    assert (answer.json()["projectId"], answer.json()["variantId"]) == ("PROJECT-2", "")
    assert visitor.get(CONNECTORS + "/conn-1").status_code == 404
    assert visitor.get(CONNECTORS.replace("PROJECT-1", "PROJECT-2") + "/conn-1").json() == answer.json()


def test_an_agent_stays_when_its_last_connector_moves_away() -> None:
    visitor = Visitor()
    old = CONNECTORS.replace("PROJECT-1", "PROJECT-2")
    visitor.patch(old + "/conn-3", {"projectId": "PROJECT-1"})
    assert visitor.get(old).json() == {"connectors": []}


def test_a_batch_read_tells_found_from_not_found() -> None:
    visitor = Visitor()
    answer = visitor.post(CONNECTORS + "/batch", {"connectorIds": ["conn-2", "conn-3", "conn-1"]})
    assert [row["connectorId"] for row in answer.json()["found"]] == ["conn-2", "conn-1"]
    assert answer.json()["notFound"] == ["conn-3"]


@pytest.mark.parametrize("body", [{"connectorIds": []}, {"connectorIds": [1]}, {}])
def test_a_batch_read_that_makes_no_sense_is_a_400(body: object) -> None:
    assert Visitor().post(CONNECTORS + "/batch", body).status_code == 400


def test_a_batch_update_answers_200_entry_by_entry() -> None:
    visitor = Visitor()
    updates = [
        {"connectorId": "conn-1", "asrLangCode": "en-GB"},
        {"connectorId": "conn-9", "asrLangCode": "en-GB"},
        {"connectorId": "conn-2", "voiceName": "jack"},
    ]
    answer = visitor.send("PATCH", CONNECTORS + "/batch", {"updates": updates})
    assert answer.status_code == 200
    first, second, third = answer.json()["results"]
    assert first == {"connectorId": "conn-1", "success": True, "data": visitor.get(CONNECTORS + "/conn-1").json()}
    assert second == {"connectorId": "conn-9", "success": False, "error": "Connector conn-9 not found"}
    assert (third["connectorId"], third["success"]) == ("conn-2", False)
    assert visitor.get(CONNECTORS + "/conn-2").json()["voiceName"] == "en-GB-Wavenet-B"


@pytest.mark.parametrize(("limit", "status"), [(25, 200), (2, 400)])
def test_a_batch_has_a_size_limit(limit: int, status: int) -> None:
    visitor = Visitor(switches={"polyai-batch-limit": limit})
    updates = [{"connectorId": "conn-1", "asrLangCode": f"en-{place}"} for place in range(3)]
    assert visitor.patch(CONNECTORS + "/batch", {"updates": updates}).status_code == status


@pytest.mark.parametrize("body", [{}, {"updates": []}, {"updates": [{"asrLangCode": "x"}]}, {"updates": ["conn-1"]}])
def test_a_batch_that_makes_no_sense_is_a_400(body: object) -> None:
    assert Visitor().patch(CONNECTORS + "/batch", body).status_code == 400


def test_lookup_names_the_connector_of_a_number() -> None:
    visitor = Visitor()
    found = visitor.post(CONNECTORS + "/lookup", {"phoneNumber": "+12025550147"})
    assert found.json()["connectorId"] == "conn-1"
    assert visitor.post(CONNECTORS + "/lookup", {"phoneNumber": "+12025550199"}).status_code == 404


def test_numbers_are_listed_and_reassigned() -> None:
    visitor = Visitor()
    numbers = TELEPHONY + "/phone-numbers"
    assert visitor.get(numbers).json()["phoneNumbers"][0]["connectorId"] == "conn-1"
    assert visitor.get(numbers + "?connectorId=conn-2").json() == {"phoneNumbers": []}
    moved = visitor.patch(numbers + "/%2B12025550147", {"connectorId": "conn-2"})
    assert moved.json() == visitor.get(numbers + "/%2B12025550147").json()
    assert moved.json()["connectorId"] == "conn-2"
    foreign = visitor.patch(numbers + "/%2B12025550147", {"connectorId": "conn-3"})
    assert foreign.json()["error_code"] == "PHONE_NUMBERS_CONNECTOR_DOES_NOT_EXIST"
    assert visitor.get(numbers + "/%2B12025550199").json()["error_code"] == "PHONE_NUMBERS_NOT_FOUND"


def test_variants_of_the_main_branch() -> None:
    visitor = Visitor()
    variants = visitor.get(POLYAI + "/v1/agents/PROJECT-1/branches/main/variants").json()["variants"]
    assert variants[0] == {"id": "variant-1", "name": "Main", "isDefault": True, "attributeValues": {"values": {}}}
    assert [variant["isDefault"] for variant in variants] == [True, False]
    assert visitor.get(POLYAI + "/v1/agents/PROJECT-1/branches/other/variants").status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/telephony/connectors/conn-1"),
        ("POST", "/telephony/phone-numbers"),
        ("DELETE", "/telephony/phone-numbers/+12025550147"),
        ("DELETE", ""),
        ("POST", "/branches/main/variants"),
    ],
)
def test_what_acts_for_real_is_only_noted(method: str, path: str) -> None:
    visitor = Visitor()
    answer: httpx.Response = visitor.send(method, POLYAI + "/v1/agents/PROJECT-1" + path, {})
    assert answer.status_code == 403
    assert len(visitor.world.dangers) == 1
    assert len(visitor.get(CONNECTORS).json()["connectors"]) == 2
