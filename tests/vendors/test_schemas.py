"""The shipped schemas: valid by the meta-schemas, in the closed vocabulary, and true to the vendors' pages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from reconciler.model.paths import Json
from reconciler.model.resource_type import ResourceType
from reconciler.vendors import load_catalog, schema_folder
from reconciler.vendors.compile import FIELD_KEYWORDS, RESOURCE_KEYWORDS

FOLDER = schema_folder()
PROVIDERS = sorted(FOLDER.glob("*/provider.json"))
KINDS = sorted(path for path in FOLDER.glob("*/**/*.json") if path.parent.name != "meta" and path not in PROVIDERS)
CATALOG = load_catalog()
RESOURCE_TYPES = list(CATALOG.all_types)

RW, RO, WO, FIXED = "read and write", "read only", "write only", "immutable"

PAGES: dict[str, dict[str, tuple[str, bool]]] = {
    # field: how it can be used, whether null clears it
    "galtea/phone_connections": {
        "id": (RO, False),
        "productId": (FIXED, False),
        "userId": (RO, False),
        "name": (RW, False),
        "phoneNumber": (RW, False),
        "voice": (RW, True),
        "languageCode": (RW, True),
        "agentSpeaksFirst": (RW, False),
        "createdAt": (RO, False),
        "deletedAt": (RO, False),
    },
    "fluents/numbers": {
        "id": (RO, False),
        "user_id": (RO, False),
        "number": (RO, False),
        "active": (RO, False),
        "label": (RW, True),
        "description": (RW, True),
        "outbound_only": (RW, False),
        "example_context": (RW, True),
        "inbound_agent": (RW, True),
        "inbound_agent_name": (RO, False),
        "telephony_provider": (RO, False),
        "telephony_account_connection": (RO, False),
    },
    "opencopilot/agents": {
        "id": (RO, False),
        "phone_number": (RO, False),
        "name": (RW, False),
        "base_prompt": (WO, False),
        "handoff_phone_number": (WO, False),
        "initial_message": (WO, False),
        "language": (WO, False),
        "emotion_recognition": (WO, False),
        "elevenlabs_voice_id": (WO, False),
        "voice_speed": (WO, False),
        "speaks_first": (WO, False),
        "wait_time_before_ending_call": (WO, False),
        "call_max_duration": (WO, False),
        "awaiting_response_messages": (WO, False),
        "awaiting_response_max_spoken_count": (WO, False),
        "awaiting_response_timeout": (WO, False),
    },
    "polyai/connectors": {
        "connectorId": (RO, False),
        "name": (RO, False),
        "accountId": (RO, False),
        "clientEnv": (RO, False),
        "ttsLangCode": (RO, False),
        "disableHandoff": (RO, False),
        "variantId": (RW, True),
        "asrLangCode": (RW, False),
        "voiceName": (RW, False),
        "projectId": (RW, False),
    },
}

NEVER_CALLED = ("buy", "cancel", "detach", "link", "calls", "call", "delete")
EMPTY = {"string": "", "object": {}, "array": []}


def read(path: Path) -> Json:
    return json.loads(path.read_text(encoding="utf-8"))


def read_meta(name: str) -> Json:
    return read(FOLDER / "meta" / name)


def list_keywords(properties: Json) -> set[str]:
    return {key for key in properties if key.startswith("x-")}


@pytest.mark.parametrize("path", KINDS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_resource_type_is_valid_by_the_meta_schema(path: Path) -> None:
    meta = read_meta("resource_type.schema.json")
    Draft202012Validator.check_schema(meta)
    assert [error.message for error in Draft202012Validator(meta).iter_errors(read(path))] == []


@pytest.mark.parametrize("path", PROVIDERS, ids=lambda path: path.parent.name)
def test_a_provider_is_valid_by_the_meta_schema(path: Path) -> None:
    meta = read_meta("provider.schema.json")
    Draft202012Validator.check_schema(meta)
    assert [error.message for error in Draft202012Validator(meta).iter_errors(read(path))] == []
    assert read(path)["name"] == path.parent.name


def test_the_meta_schema_refuses_what_is_not_in_the_vocabulary() -> None:
    validator = Draft202012Validator(read_meta("resource_type.schema.json"))
    document = read(FOLDER / "polyai" / "connectors.json")
    assert not validator.is_valid({**document, "x-magic": True})
    document["properties"]["voiceName"]["x-magic"] = True
    assert not validator.is_valid(document)


def test_compiler_and_meta_schema_know_the_same_keywords() -> None:
    meta = read_meta("resource_type.schema.json")
    assert list_keywords(meta["properties"]) == RESOURCE_KEYWORDS
    assert list_keywords(meta["$defs"]["keywords"]["properties"]) == FIELD_KEYWORDS


@pytest.mark.parametrize("resource_type", RESOURCE_TYPES, ids=lambda known: known.name)
def test_what_may_be_declared_is_a_plain_closed_schema(resource_type: ResourceType) -> None:
    schema = resource_type.spec_schema
    Draft202012Validator.check_schema(schema)
    objects = [schema] if resource_type.union is None else [each["then"] for each in schema["allOf"]]
    assert all(each["additionalProperties"] is False for each in objects)
    assert {name for each in objects for name in each["properties"]} == set(resource_type.owned_fields)
    assert '"x-' not in json.dumps(schema)


@pytest.mark.parametrize("name", PAGES)
def test_every_field_of_the_vendor_page_is_there(name: str) -> None:
    provider, _, kind = name.partition("/")
    resource_type = CATALOG.resource_types[provider, kind]
    used = {
        field.name: (
            FIXED if field.immutable else RO if not field.writable else RW if field.readable else WO,
            field.clearing != "refuse",
        )
        for field in resource_type.fields.values()
    }
    assert used == PAGES[name]


@pytest.mark.parametrize("resource_type", RESOURCE_TYPES, ids=lambda known: known.name)
def test_every_field_is_described(resource_type: ResourceType) -> None:
    assert [field.name for field in resource_type.fields.values() if not field.description.endswith(".")] == []


@pytest.mark.parametrize("resource_type", RESOURCE_TYPES, ids=lambda known: known.name)
def test_every_named_field_is_known(resource_type: ResourceType) -> None:
    """What identity, companions and the like name must be fields, or the engine would look in vain."""
    parts = {part.name for part in resource_type.identity}
    named = {
        *resource_type.match,
        *resource_type.companions,
        *resource_type.carried,
        *resource_type.fallback,
        *resource_type.live_risk,
        *resource_type.list.filters,
        *(part.field for part in resource_type.identity if part.field),
        *(source for field in resource_type.fields.values() for source in field.derived_from),
        *filter(None, (resource_type.label, resource_type.tombstone, resource_type.stamp)),
    }
    assert named <= {*resource_type.fields, *parts, "*"}
    assert {field.moves for field in resource_type.fields.values() if field.moves} <= parts
    assert set(resource_type.list.group) <= parts


@pytest.mark.parametrize("resource_type", RESOURCE_TYPES, ids=lambda known: known.name)
def test_what_an_agent_says_or_follows_is_not_emptied_unseen(resource_type: ResourceType) -> None:
    spoken = {"behavior", "base_prompt", "content", "first_message", "initial_message", "instructions"}
    fields = [field for name, field in resource_type.fields.items() if name in spoken]
    assert [field.name for field in fields if field.schema.get("minLength") != 1 and not field.risk_when_empty] == []


@pytest.mark.parametrize("resource_type", RESOURCE_TYPES, ids=lambda known: known.name)
def test_what_clears_a_field_reads_back_as_cleared(resource_type: ResourceType) -> None:
    """`clear: send-empty` sends the empty value of the type: reading that back must not be a change again."""
    for field in resource_type.fields.values():
        if field.clearing == "account":
            assert [EMPTY[kind] for kind in sorted(field.types & set(EMPTY))] in (list(field.equals_null), []), (
                field.name
            )


def test_endpoints_that_act_for_real_are_not_known() -> None:
    for resource_type in RESOURCE_TYPES:
        writes = [(resource_type.update.method, resource_type.update.path)]
        writes += [(batch.method, batch.path) for batch in (resource_type.batch,) if batch]
        for method, path in writes:
            assert method in {"PATCH", "POST", "PUT"}
            assert set(path.split("/")).isdisjoint(NEVER_CALLED)


def test_vendor_limits_and_shapes() -> None:
    galtea = CATALOG.resource_types["galtea", "phone_connections"]
    assert galtea.fallback == ("productId", "name", "phoneNumber")
    assert galtea.fields["voice"].equals_null == ("",)
    assert galtea.fields["voice"].absence == galtea.fields["languageCode"].absence == "unsupported"
    assert not galtea.list.complete
    fluents = CATALOG.resource_types["fluents", "numbers"]
    assert (fluents.list.paging.style, fluents.list.paging.size) == ("page", 100)
    assert fluents.update.query == (("phone_number", "{number}"),)
    agents = CATALOG.resource_types["opencopilot", "agents"]
    assert agents.companions == ("elevenlabs_voice_id",)
    assert agents.get is None
    assert agents.list.closed
    assert len(agents.fields["language"].schema["enum"]) == 37
    assert "no" in agents.fields["language"].schema["enum"]
    assert len(agents.fields["elevenlabs_voice_id"].schema["enum"]) == 30
    assert CATALOG.providers["opencopilot"].requests_per_minute == 100
    connectors = CATALOG.resource_types["polyai", "connectors"]
    assert connectors.batch is not None
    assert connectors.batch.size <= 25
    assert connectors.fields["projectId"].moves == "agentId"
    prompts = CATALOG.resource_types["fluents", "prompts"]
    assert prompts.fields["content"].risk_when_empty
    actions = CATALOG.resource_types["fluents", "actions"]
    assert actions.carried == ("type",)
    assert actions.find_field(("config", "signature_secret")).secret
    assert not actions.find_field(("config", "phone_number")).secret
    assert CATALOG.resource_types["fluents", "account_connections"].find_field(("credentials", "anything")).secret
    voices = CATALOG.resource_types["fluents", "voices"]
    assert all(voices.find_field((name,)).secret for name in ("api_key", "api_user_id"))
    assert set(CATALOG.providers["polyai"].base_urls) == {"us", "uk", "eu", "studio"}


@pytest.mark.parametrize("name", CATALOG.providers)
def test_keys_go_to_the_vendor_only(name: str) -> None:
    provider = CATALOG.providers[name]
    hosts = {url.removeprefix("https://").partition("/")[0] for url in provider.base_urls.values()}
    assert all(url.startswith("https://") for url in provider.base_urls.values())
    assert hosts == set(provider.hosts)
    assert provider.default_region in provider.base_urls
