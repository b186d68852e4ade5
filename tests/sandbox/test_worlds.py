"""Two accounts of one vendor are two worlds; each may speak a generation of its own."""

from typing import Any

import pytest

from reconciler.sandbox import SANDBOX_KEYS, SeedError, create_app, join_key
from tests.sandbox.visitor import CONNECTORS, FLUENTS, GALTEA, OPENCOPILOT, Visitor, make_seed

LINE = {"id": "pc-1", "productId": "prod-1", "name": "Support", "phoneNumber": "+14155552671"}
STAGING: dict[str, dict[str, Any]] = {
    "galtea": {"phoneConnections": [{**LINE, "name": "Staging"}]},
    "fluents": {"numbers": [{"number": "+12025550143", "label": "Staging"}]},
    "opencopilot": {"phones": [{"id": "phone-1", "name": "Staging", "phone_number": "+12025550145"}]},
    "polyai": {"connectors": [{"connectorId": "conn-1", "projectId": "PROJECT-1", "name": "Staging"}]},
}
PLACES = {
    "galtea": GALTEA + "/phoneConnections",
    "fluents": FLUENTS + "/v1/numbers/list",
    "opencopilot": OPENCOPILOT + "/phone",
    "polyai": CONNECTORS,
}


def make_worlds(name: str = "staging") -> dict[str, Any]:
    seed = make_seed()
    return {provider: {**seed[provider], "worlds": {name: STAGING[provider]}} for provider in seed}


@pytest.mark.parametrize("provider", list(PLACES))
def test_another_key_shows_another_world(provider: str) -> None:
    visitor = Visitor(seed=make_worlds())
    other, own = (visitor.get(PLACES[provider], key=key).text for key in ("staging", SANDBOX_KEYS[provider]))
    assert ("Staging" in other, "Staging" in own) == (True, False)
    assert other.count("Staging") == 1


@pytest.mark.parametrize("provider", list(PLACES))
def test_an_account_opens_the_first_of_its_worlds_or_the_common_one(provider: str) -> None:
    visitor = Visitor(seed=make_worlds())
    key = SANDBOX_KEYS[provider]
    assert "Staging" in visitor.get(PLACES[provider], key=join_key(key, "NOBODYS_API_KEY", "staging")).text
    common = visitor.get(PLACES[provider], key=join_key(key, "NOBODYS_API_KEY", "nobody"))
    assert common.text == visitor.get(PLACES[provider]).text
    assert visitor.get(PLACES[provider], key="wrong:nobody").status_code == 401


def test_what_is_written_in_one_world_stays_there() -> None:
    visitor = Visitor(seed=make_worlds())
    url = GALTEA + "/phoneConnections/pc-1"
    visitor.send("PATCH", url, {"name": "Moved"}, key="staging")
    visitor.send("PATCH", CONNECTORS + "/conn-1", {"asrLangCode": "no"}, key="staging")
    assert visitor.get(url).json()["name"] == "Support"
    assert visitor.get(CONNECTORS + "/conn-1").json()["asrLangCode"] == "en-US"
    assert visitor.world.read("galtea", "phoneConnections", "pc-1", scope="staging")["name"] == "Moved"


def test_a_world_may_list_its_own_keys_with_their_grants() -> None:
    seed = make_worlds()
    seed["polyai"]["worlds"]["staging"]["keys"] = [{"key": "eu-key", "regions": ["eu"]}]
    visitor = Visitor(seed=seed)
    assert visitor.get(CONNECTORS, key="eu-key").status_code == 401
    assert visitor.get(CONNECTORS.replace("api.us", "api.eu"), key="eu-key").status_code == 200
    assert visitor.get(CONNECTORS, key="staging").status_code == 401


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"worlds": {"a:b": {}}}, "galtea.worlds.a:b: "),
        ({"worlds": []}, "galtea.worlds: "),
        ({"worlds": {"a": {"worlds": {}}}}, "galtea.worlds.a.worlds: "),
        ({"worlds": {"a": {"keys": [{"key": "gsk_sandbox"}]}}}, "galtea.worlds.a.keys: "),
        ({"worlds": {"a": {"generation": 7}}}, "galtea.worlds.a.generation: "),
        ({"generation": "7"}, "galtea.generation: must be 4 or 5"),
    ],
)
def test_a_world_that_cannot_be(section: dict[str, Any], message: str) -> None:
    with pytest.raises(SeedError) as caught:
        create_app(database=None, seed={"galtea": section})
    assert str(caught.value).startswith(message)


def test_a_vendor_that_has_one_generation_takes_none() -> None:
    with pytest.raises(SeedError, match=r"fluents\.generation"):
        create_app(database=None, seed={"fluents": {"generation": "2"}})
