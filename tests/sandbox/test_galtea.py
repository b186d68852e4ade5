import httpx
import pytest

from tests.sandbox.visitor import GALTEA, Visitor, grow_phones, make_seed

ROOT = GALTEA + "/phoneConnections"


def ids(response: httpx.Response) -> list[str]:
    return [row["id"] for row in response.json()]


def test_the_list_is_a_bare_array_of_whole_objects() -> None:
    rows = Visitor().get(ROOT).json()
    assert [row["id"] for row in rows] == ["pc-3", "pc-2", "pc-1"]
    assert rows[2] == {
        "id": "pc-1",
        "productId": "prod-1",
        "userId": "user_sandbox",
        "name": "Support",
        "phoneNumber": "+14155552671",
        "voice": None,
        "languageCode": None,
        "agentSpeaksFirst": False,
        "createdAt": "2024-01-01T00:00:00.000Z",
        "deletedAt": None,
    }


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ([("ids", "pc-1"), ("ids", "pc-3")], {"pc-1", "pc-3"}),
        ([("ids[]", "pc-1"), ("ids[]", "pc-2")], {"pc-1", "pc-2"}),
        ([("productIds", "prod-1")], {"pc-1", "pc-2"}),
        ([("productIds", "prod-foreign")], set()),
        ([("names", "Support")], {"pc-1", "pc-3"}),
        ([("names", "Supp")], set()),
        ([("name", "supp")], {"pc-1", "pc-3"}),
        ([("phoneNumbers", "+14155552671")], {"pc-1"}),
        ([("phoneNumber", "415555")], {"pc-1", "pc-2"}),
        ([("names", "Support"), ("productIds", "prod-2")], {"pc-3"}),
        ([("fromCreatedAt", "2024-01-01T00:01:00Z")], {"pc-2", "pc-3"}),
        ([("toCreatedAt", "2024-01-01T00:01:00+00:00")], {"pc-1", "pc-2"}),
    ],
)
def test_filters(params: list[tuple[str, str]], expected: set[str]) -> None:
    assert set(ids(Visitor().get(ROOT, params=params))) == expected


def test_a_raw_plus_in_the_query_is_a_space() -> None:
    visitor = Visitor()
    assert ids(visitor.get(ROOT + "?phoneNumbers=+14155552671")) == []
    assert ids(visitor.get(ROOT + "?phoneNumbers=%2B14155552671")) == ["pc-1"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sort=createdAt&sort=asc", ["pc-1", "pc-2", "pc-3"]),
        ("sort%5B%5D=createdAt&sort%5B%5D=desc", ["pc-3", "pc-2", "pc-1"]),
        ("sort=-createdAt", ["pc-3", "pc-2", "pc-1"]),
        ("sort=phoneNumber&sort=asc", ["pc-1", "pc-2", "pc-3"]),
        ("sort=createdAt&sort=asc&limit=1&offset=1", ["pc-2"]),
        ("sort=createdAt&sort=asc&offset=2", ["pc-3"]),
        ("offset=3", []),
    ],
)
def test_sort_and_page(query: str, expected: list[str]) -> None:
    assert ids(Visitor().get(f"{ROOT}?{query}")) == expected


@pytest.mark.parametrize("query", ["limit=-1", "limit=x", "offset=-2", "sort=shoe", "fromCreatedAt=yesterday"])
def test_a_query_that_makes_no_sense_is_a_400(query: str) -> None:
    assert Visitor().get(f"{ROOT}?{query}").status_code == 400


def test_rows_past_ten_thousand_are_silently_missing() -> None:
    visitor = Visitor(seed=grow_phones(10_001))
    assert len(visitor.get(ROOT).json()) == 10_000
    assert len(visitor.get(ROOT + "?offset=10000").json()) == 1


def test_the_largest_page_is_a_switch() -> None:
    assert len(Visitor(switches={"galtea-max-limit": 2}).get(ROOT + "?limit=3").json()) == 2


def test_soft_deleted_rows_are_hidden_everywhere() -> None:
    visitor = Visitor()
    visitor.world.edit("galtea", "phoneConnections", "pc-1", {"deletedAt": "2024-02-01T00:00:00Z"})
    assert ids(visitor.get(ROOT)) == ["pc-3", "pc-2"]
    assert visitor.get(ROOT + "/pc-1").status_code == 404
    assert visitor.patch(ROOT + "/pc-1", {"name": "x"}).status_code == 404


def test_one_object_and_an_absent_one() -> None:
    visitor = Visitor()
    assert visitor.get(ROOT + "/pc-2").json()["voice"] == "jack"
    absent = visitor.get(ROOT + "/pc-9")
    assert absent.status_code == 404
    assert absent.json() == {"error": "Not Found", "message": "Phone connection not found"}


@pytest.mark.parametrize("path", ["/connections", "/phoneConnections/pc-1/voice", "/v1/numbers/list", "/phone"])
def test_an_unknown_route_is_html(path: str) -> None:
    answer = Visitor().get(GALTEA + path)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert f"Cannot GET {path}" in answer.text


def test_an_unknown_route_escapes_what_it_repeats() -> None:
    assert "<script>" not in Visitor().get(GALTEA + "/%3Cscript%3E").text


@pytest.mark.parametrize("key", ["", "gsk_wrong"])
def test_a_key_is_demanded(key: str) -> None:
    answer = Visitor().get(ROOT, key=key)
    assert answer.status_code == 401
    assert set(answer.json()) == {"error", "message"}


def test_a_legacy_key_works() -> None:
    seed = make_seed()
    seed["galtea"]["keys"] = [{"key": "gsk-old"}]
    assert Visitor(seed=seed).get(ROOT, key="gsk-old").status_code == 200


def test_a_product_outside_the_grant_is_forbidden_and_hidden() -> None:
    seed = make_seed()
    seed["galtea"]["keys"] = [{"key": "gsk_half", "products": ["prod-1"]}]
    visitor = Visitor(seed=seed)
    assert ids(visitor.get(ROOT, key="gsk_half")) == ["pc-2", "pc-1"]
    assert visitor.get(ROOT + "?productIds=prod-2", key="gsk_half").status_code == 403
    assert visitor.get(ROOT + "?productIds=prod-x", key="gsk_half").json() == []
    assert visitor.get(ROOT + "/pc-3", key="gsk_half").status_code == 403
    assert visitor.send("PATCH", ROOT + "/pc-3", {"name": "x"}, key="gsk_half").status_code == 403


def test_what_its_own_client_asks_first() -> None:
    visitor = Visitor()
    versions = visitor.get(GALTEA + "/minimum-sdk-version", key="")
    assert set(versions.json()) == {"latestSdkVersionPublished", "minimumSdkVersionSupported"}
    voices = visitor.get(ROOT + "/voices").json()["voices"]
    assert [voice["id"] for voice in voices] == ["sarah", "theo", "megan", "jack"]
    assert voices[3] == {"id": "jack", "name": "Jack", "languageCode": "en-US", "gender": "Male"}


def test_a_patch_changes_what_it_names_and_answers_the_object() -> None:
    visitor = Visitor()
    answer = visitor.patch(ROOT + "/pc-2", {"agentSpeaksFirst": True})
    assert answer.status_code == 200
    assert answer.json() == visitor.get(ROOT + "/pc-2").json()
    assert (answer.json()["agentSpeaksFirst"], answer.json()["voice"]) == (True, "jack")


@pytest.mark.parametrize("empty", [None, ""])
def test_null_and_empty_voice_are_one(empty: str | None) -> None:
    visitor = Visitor()
    assert visitor.patch(ROOT + "/pc-2", {"voice": empty}).json()["voice"] is None
    assert visitor.get(ROOT + "/pc-2").json()["voice"] is None


@pytest.mark.parametrize(
    "body",
    [
        {"voice": "adam"},
        {"phoneNumber": "4155552671"},
        {"phoneNumber": "+0155552671"},
        {"phoneNumber": None},
        {"name": None},
        {"name": 7},
        {"agentSpeaksFirst": "no"},
        {"agentSpeaksFirst": None},
        {"productId": "prod-2"},
        {"deletedAt": "now"},
        [],
        "text",
    ],
)
def test_what_a_patch_refuses(body: object) -> None:
    visitor = Visitor()
    before = visitor.world.read("galtea", "phoneConnections", "pc-2")
    answer = visitor.patch(ROOT + "/pc-2", body)
    assert answer.status_code == 400
    assert set(answer.json()) == {"error", "message"}
    assert visitor.world.read("galtea", "phoneConnections", "pc-2") == before


def test_a_body_that_is_not_json_is_a_400() -> None:
    assert Visitor().send("PATCH", ROOT + "/pc-2", content=b"{nope").status_code == 400


@pytest.mark.parametrize("status", [400, 409])
def test_a_name_is_unique_in_its_product(status: int) -> None:
    visitor = Visitor(switches={"galtea-duplicate-name": status})
    assert visitor.patch(ROOT + "/pc-2", {"name": "Support"}).status_code == status
    assert visitor.patch(ROOT + "/pc-3", {"name": "Billing"}).status_code == 200
    assert visitor.patch(ROOT + "/pc-1", {"name": "Support"}).status_code == 200


def test_strict_patch_demands_the_documented_fields() -> None:
    visitor = Visitor(switches={"galtea-patch": "strict"})
    assert "productId" in visitor.patch(ROOT + "/pc-1", {"voice": "jack"}).json()["message"]
    filled = {"productId": "prod-1", "name": "Support", "phoneNumber": "+14155552671", "voice": "jack"}
    assert visitor.patch(ROOT + "/pc-1", filled).json()["voice"] == "jack"


@pytest.mark.parametrize(("form", "status"), [("204", 204), ("id", 200)])
def test_a_patch_may_answer_less(form: str, status: int) -> None:
    visitor = Visitor(switches={"galtea-patch-answer": form})
    answer = visitor.patch(ROOT + "/pc-1", {"voice": "jack"})
    assert answer.status_code == status
    assert answer.content == b"" if form == "204" else answer.json() == {"id": "pc-1"}
    assert visitor.get(ROOT + "/pc-1").json()["voice"] == "jack"


def test_sending_the_soft_delete_mark_deletes() -> None:
    visitor = Visitor()
    visitor.patch(ROOT + "/pc-1", {"deletedAt": "2024-02-01T00:00:00Z"})
    assert visitor.get(ROOT + "/pc-1").status_code == 404


@pytest.mark.parametrize(("position", "user"), [("ignored", "user_sandbox"), ("written", "user_2")])
def test_read_only_fields_in_a_body(position: str, user: str) -> None:
    visitor = Visitor(switches={"galtea-read-only": position})
    visitor.patch(ROOT + "/pc-1", {"id": "pc-77", "userId": "user_2"})
    assert visitor.get(ROOT + "/pc-1").json()["userId"] == user


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("DELETE", "/pc-1"), ("DELETE", "/batch")])
def test_what_acts_for_real_is_only_noted(method: str, path: str) -> None:
    visitor = Visitor()
    assert visitor.send(method, ROOT + path, {"ids": ["pc-1"]}).status_code == 403
    assert [danger.method for danger in visitor.world.dangers] == [method]
    assert len(visitor.get(ROOT).json()) == 3
