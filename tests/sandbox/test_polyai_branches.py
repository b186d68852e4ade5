"""What PolyAI keeps on branches and pages: variants, prompts, real-time configuration, deployments."""

from typing import Any

import pytest

from tests.sandbox.visitor import POLYAI, Visitor

AGENT = POLYAI + "/v1/agents/PROJECT-1"
SPRING = AGENT + "/branches/spring"
CONFIGS = AGENT + "/real-time-configs"


def make_seed() -> dict[str, Any]:
    return {
        "polyai": {
            "agents": [{"agentId": "PROJECT-1", "agentName": "Hotel", "behavior": "Be kind."}],
            "phone_numbers": [
                {"number": "+12025550147", "projectId": "PROJECT-1", "clientEnv": "live"},
                {"number": "+12025550148", "projectId": "PROJECT-1", "connectorId": "conn-1"},
            ],
            "connectors": [{"connectorId": "conn-1", "projectId": "PROJECT-1"}],
            "variants": {
                "PROJECT-1": [
                    {"id": "v-1", "name": "Main", "attributeValues": {"values": {"greeting": "Hi", "town": "Oslo"}}},
                    {"id": "v-2", "name": "Night"},
                ]
            },
            "branches": {
                "PROJECT-1": [
                    {"branchId": "spring"},
                    {"branchId": "own", "behavior": "Be brief.", "variants": [{"id": "v-9", "name": "Only"}]},
                ]
            },
            "real_time_configs": {
                "PROJECT-1": [{"clientEnv": "live", "variables": {"open": True, "hours": {"from": 8, "to": 17}}}]
            },
            "deployments": {"PROJECT-1": [{"id": "d-1", "environment": "live"}, {"id": "d-2", "environment": "live"}]},
        }
    }


def visit(**switches: str) -> Visitor:
    return Visitor(seed=make_seed(), switches={name.replace("_", "-"): value for name, value in switches.items()})


def variants(visitor: Visitor, branch: str) -> dict[str, Any]:
    rows = visitor.get(f"{AGENT}/branches/{branch}/variants").json()["variants"]
    return {row["id"]: row for row in rows}


def test_a_branch_holds_what_main_holds_unless_it_says_otherwise() -> None:
    visitor = visit()
    assert variants(visitor, "spring") == variants(visitor, "main")
    assert list(variants(visitor, "own")) == ["v-9"]
    assert visitor.get(SPRING + "/behavior").json() == {"behavior": "Be kind."}
    assert visitor.get(AGENT + "/branches/own/behavior").json() == {"behavior": "Be brief."}
    branches = visitor.get(AGENT + "/branches").json()["branches"]
    assert [branch["branchId"] for branch in branches] == ["main", "spring", "own"]
    assert visitor.get(AGENT + "/branches/nobody/behavior").json()["error_code"] == "BRANCH_NOT_FOUND"


def test_a_variant_is_written_on_a_branch_and_never_on_main() -> None:
    visitor = visit()
    refused = visitor.patch(AGENT + "/branches/main/variants/v-2", {"name": "Day"})
    assert (refused.status_code, refused.json()["error_message"]) == (422, "Cannot directly update main branch")
    written = visitor.patch(SPRING + "/variants/v-2", {"name": "Day"})
    assert (written.status_code, written.json()["name"]) == (200, "Day")
    assert (variants(visitor, "spring")["v-2"]["name"], variants(visitor, "main")["v-2"]["name"]) == ("Day", "Night")


@pytest.mark.parametrize(
    ("key", "body", "status", "code"),
    [
        ("v-2", {"name": "Main"}, 409, "VARIANTS_DUPLICATE_NAME_ERROR"),
        ("v-2", {"name": ""}, 400, "SCHEMA_VALIDATION_FAILED"),
        ("v-2", {"label": "x"}, 400, "SCHEMA_VALIDATION_FAILED"),
        ("v-2", {"isDefault": "yes"}, 400, "SCHEMA_VALIDATION_FAILED"),
        ("v-1", {"isDefault": False}, 400, "VARIANTS_REMOVE_DEFAULT_ERROR"),
        ("v-1", {"attributeValues": {"values": {"hair": "red"}}}, 400, "VARIANTS_BAD_ATTRIBUTES_ERROR"),
        ("v-1", {"attributeValues": {"values": {"town": 7}}}, 400, "SCHEMA_VALIDATION_FAILED"),
        ("v-7", {"name": "x"}, 404, "VARIANTS_NOT_FOUND"),
        ("v-1", [], 400, "SCHEMA_VALIDATION_FAILED"),
    ],
)
def test_what_a_variant_refuses(key: str, body: object, status: int, code: str) -> None:
    visitor = visit()
    answer = visitor.patch(f"{SPRING}/variants/{key}", body)
    assert (answer.status_code, answer.json()["error_code"]) == (status, code)
    assert variants(visitor, "spring") == variants(visitor, "main")


def test_the_name_of_a_variant_may_be_sent_as_it_is() -> None:
    assert visit().patch(SPRING + "/variants/v-2", {"name": "Night"}).status_code == 200


def test_one_variant_of_a_branch_is_the_default() -> None:
    visitor = visit()
    visitor.patch(SPRING + "/variants/v-2", {"isDefault": True})
    assert {key: row["isDefault"] for key, row in variants(visitor, "spring").items()} == {"v-1": False, "v-2": True}
    assert variants(visitor, "main")["v-1"]["isDefault"] is True


@pytest.mark.parametrize(("position", "kept"), [("replace", {}), ("merge", {"town": "Oslo"})])
def test_the_values_of_a_variant_are_replaced_or_merged(position: str, kept: dict[str, str]) -> None:
    body = {"attributeValues": {"values": {"greeting": "Hello"}}}
    answer = visit(polyai_attribute_values=position).patch(SPRING + "/variants/v-1", body).json()
    assert answer["attributeValues"]["values"] == {"greeting": "Hello", **kept}
    assert visit().patch(SPRING + "/variants/v-1", {"attributeValues": {}}).json()["attributeValues"] == {"values": {}}


def test_the_attributes_are_those_that_variants_fill() -> None:
    attributes = visit().get(SPRING + "/attributes").json()["attributes"]
    assert attributes == [{"id": "greeting", "name": "greeting"}, {"id": "town", "name": "town"}]


def test_the_prompt_of_an_agent_is_written_on_a_branch() -> None:
    visitor = visit()
    assert visitor.patch(SPRING + "/behavior", {"behavior": "Be quick."}).json() == {"behavior": "Be quick."}
    assert visitor.get(SPRING + "/behavior").json() == {"behavior": "Be quick."}
    assert visitor.get(AGENT + "/branches/main/behavior").json() == {"behavior": "Be kind."}
    assert visitor.patch(AGENT + "/branches/main/behavior", {"behavior": "x"}).status_code == 422
    free = visit(polyai_main_behavior="written")
    assert free.patch(AGENT + "/branches/main/behavior", {"behavior": "x"}).json() == {"behavior": "x"}
    assert free.get(SPRING + "/behavior").json() == {"behavior": "Be kind."}


@pytest.mark.parametrize("body", [{}, {"behavior": ""}, {"behavior": None}, {"behavior": "x", "name": "y"}, "x"])
def test_what_a_prompt_refuses(body: object) -> None:
    assert visit().patch(SPRING + "/behavior", body).status_code == 400


def test_variables_are_merged_at_the_top_and_replaced_below() -> None:
    visitor = visit()
    before = visitor.get(CONFIGS + "/live").json()
    after = visitor.patch(CONFIGS + "/live/variables", {"variables": {"hours": {"from": 9}, "new": None}}).json()
    assert after["variables"] == {"open": True, "hours": {"from": 9}, "new": None}
    assert after == visitor.get(CONFIGS + "/live").json()
    assert after["lastUpdated"] > before["lastUpdated"]


def test_what_is_not_configured_is_null_and_can_be_written() -> None:
    visitor = visit()
    assert visitor.get(CONFIGS + "/sandbox").json() == {"clientEnv": "sandbox", "variables": None, "schema": None}
    pages = visitor.get(CONFIGS).json()["configPages"]
    assert [page["clientEnv"] for page in pages] == ["sandbox", "pre-release", "live"]
    assert visitor.patch(CONFIGS + "/sandbox/variables", {"variables": {"a": 1}}).json()["variables"] == {"a": 1}
    assert visitor.get(CONFIGS).json()["configPages"][0]["variables"] == {"a": 1}
    assert visitor.get(CONFIGS + "/moon").status_code == 404


def test_variables_keep_to_their_schema() -> None:
    visitor = visit()
    schema = {"required": ["open"], "properties": {"open": {"type": "boolean"}}, "additionalProperties": False}
    assert visitor.send("PUT", CONFIGS + "/sandbox/schema", {"schema": schema}).json()["schema"] == schema
    for variables in ({}, {"open": "yes"}, {"open": True, "more": 1}):
        answer = visitor.patch(CONFIGS + "/sandbox/variables", {"variables": variables})
        assert (answer.status_code, answer.json()["error_code"]) == (400, "REAL_TIME_CONFIG_INVALID_FOR_SCHEMA")
    assert visitor.patch(CONFIGS + "/sandbox/variables", {"variables": {"open": False}}).status_code == 200
    assert visitor.patch(CONFIGS + "/sandbox/variables", {"variables": []}).status_code == 400
    assert visitor.send("PUT", CONFIGS + "/sandbox/schema", {}).status_code == 400


def test_a_number_that_is_routed_nowhere_names_no_connector() -> None:
    visitor = visit()
    number = AGENT + "/telephony/phone-numbers/%2B12025550147"
    assert visitor.get(number).json() == {
        "number": "+12025550147",
        "projectId": "PROJECT-1",
        "accountId": "account_sandbox",
        "clientEnv": "live",
    }
    assert visitor.patch(number, {"connectorId": None}).json()["error_code"] == "SCHEMA_VALIDATION_FAILED"
    assert visitor.patch(number, {}).status_code == 400
    assert visitor.patch(number, {"connectorId": "conn-1"}).json()["connectorId"] == "conn-1"
    strict = visit(polyai_number_environment="must-agree")
    assert strict.patch(number, {"connectorId": "conn-1"}).status_code == 400


def test_several_numbers_are_read_at_once() -> None:
    wanted = {"phoneNumbers": ["+12025550148", "+12025550149"]}
    told = Visitor("down@writes", seed=make_seed()).post(AGENT + "/telephony/phone-numbers/batch", wanted).json()
    assert [row["number"] for row in told["found"]] == ["+12025550148"]
    assert told["notFound"] == ["+12025550149"]


def test_the_agents_of_an_account() -> None:
    visitor = visit()
    agents = visitor.get(POLYAI + "/v1/accounts/account_sandbox/agents").json()
    assert [(agent["agentId"], agent["agentName"], agent["branchCount"]) for agent in agents] == [
        ("PROJECT-1", "Hotel", 3)
    ]
    assert visitor.get(POLYAI + "/v1/accounts/other/agents").status_code == 403


def test_deployments_are_read_only() -> None:
    visitor = visit()
    listed = visitor.get(AGENT + "/deployments?environment=live&limit=1").json()["deployments"]
    assert [row["id"] for row in listed] == ["d-2"]
    assert visitor.get(AGENT + "/deployments/active").json()["activeDeployments"]["live"] == listed[0]
    assert visitor.get(AGENT + "/deployments").status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/branches",
        "/branches/spring/merge",
        "/deployments/publish",
        "/deployments/d-1/promote",
        "/deployments/d-1/rollback",
        "/outbound-calls",
        "/telephony/outbound-calls",
    ],
)
def test_what_publishes_or_calls_is_only_noted(path: str) -> None:
    visitor = visit()
    assert visitor.post(AGENT + path, {}).status_code == 403
    assert [danger.path for danger in visitor.world.dangers] == ["/v1/agents/PROJECT-1" + path]
