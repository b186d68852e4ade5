import pytest

from tests.sandbox.visitor import OPENCOPILOT, OTHER_VOICE, VOICE, Visitor, grow_phones

ROOT = OPENCOPILOT + "/phone"


def test_id_name_and_number_are_all_that_can_be_read() -> None:
    assert Visitor().get(ROOT).json() == {
        "items": [
            {"id": "phone-1", "name": "Reception", "phone_number": "+12025550145"},
            {"id": "phone-2", "name": None, "phone_number": "+12025550146"},
        ],
        "next": None,
    }


@pytest.mark.parametrize(("switches", "sizes"), [({}, [20, 20, 5]), ({"opencopilot-page-size": 30}, [30, 15])])
def test_a_cursor_leads_through_the_list(switches: dict[str, object], sizes: list[int]) -> None:
    visitor = Visitor(seed=grow_phones(45), switches=switches)
    pages = [visitor.get(ROOT).json()]
    while pages[-1]["next"] is not None:
        pages.append(visitor.get(ROOT, params=[("cursor", pages[-1]["next"])]).json())
    assert [len(page["items"]) for page in pages] == sizes
    assert len({row["id"] for page in pages for row in page["items"]}) == 45


def test_a_cursor_that_nobody_gave_is_a_400() -> None:
    assert Visitor().get(ROOT + "?cursor=nonsense").status_code == 400


def test_there_is_no_get_of_one_phone() -> None:
    answer = Visitor().get(ROOT + "/phone-1")
    assert answer.json() == {"statusCode": 404, "message": "Cannot GET /phone/phone-1", "error": "Not Found"}


def test_a_patch_answers_200_with_no_body_and_writes() -> None:
    visitor = Visitor()
    body = {
        "name": "Desk",
        "base_prompt": "Hi.",
        "handoff_phone_number": "+12025550100",
        "initial_message": "Welcome",
        "language": "no",
        "emotion_recognition": True,
        "elevenlabs_voice_id": OTHER_VOICE,
        "voice_speed": 1.1,
        "speaks_first": "user-speaks-first",
        "wait_time_before_ending_call": 10,
        "call_max_duration": 30_000,
        "awaiting_response_messages": "One moment,Still here",
        "awaiting_response_max_spoken_count": 2,
        "awaiting_response_timeout": 5,
    }
    answer = visitor.patch(ROOT + "/phone-1", body)
    assert (answer.status_code, answer.content) == (200, b"")
    written = visitor.world.read("opencopilot", "phones", "phone-1")
    assert {name: written[name] for name in body} == body
    assert visitor.get(ROOT).json()["items"][0]["name"] == "Desk"


def test_a_voice_changed_at_the_console_is_overwritten_by_any_patch() -> None:
    visitor = Visitor()
    visitor.world.edit("opencopilot", "phones", "phone-1", {"elevenlabs_voice_id": OTHER_VOICE})
    visitor.patch(ROOT + "/phone-1", {"elevenlabs_voice_id": VOICE, "language": "en"})
    assert visitor.world.read("opencopilot", "phones", "phone-1")["elevenlabs_voice_id"] == VOICE


@pytest.mark.parametrize(
    "body",
    [
        {"name": "Desk"},
        {"elevenlabs_voice_id": "adam"},
        {"elevenlabs_voice_id": None},
        {"elevenlabs_voice_id": VOICE, "language": "nb"},
        {"elevenlabs_voice_id": VOICE, "language": False},
        {"elevenlabs_voice_id": VOICE, "speaks_first": "nobody"},
        {"elevenlabs_voice_id": VOICE, "base_prompt": None},
        {"elevenlabs_voice_id": VOICE, "name": None},
        {"elevenlabs_voice_id": VOICE, "voice_speed": "fast"},
        {"elevenlabs_voice_id": VOICE, "emotion_recognition": 1},
        {"elevenlabs_voice_id": VOICE, "awaiting_response_messages": ["a"]},
        [],
    ],
)
def test_what_a_patch_refuses(body: object) -> None:
    visitor = Visitor()
    before = visitor.world.read("opencopilot", "phones", "phone-1")
    answer = visitor.patch(ROOT + "/phone-1", body)
    assert answer.status_code == 400
    assert set(answer.json()) == {"statusCode", "message", "error"}
    assert visitor.world.read("opencopilot", "phones", "phone-1") == before


@pytest.mark.parametrize("status", [404, 500])
def test_an_unknown_phone(status: int) -> None:
    visitor = Visitor(switches={"opencopilot-unknown-id": status})
    assert visitor.patch(ROOT + "/phone-9", {"elevenlabs_voice_id": VOICE}).status_code == status


@pytest.mark.parametrize(("position", "status"), [("free", 200), ("21600", 400)])
def test_the_maximum_duration_is_a_switch(position: str, status: int) -> None:
    visitor = Visitor(switches={"opencopilot-max-duration": position})
    body = {"elevenlabs_voice_id": VOICE, "call_max_duration": 21_601}
    assert visitor.patch(ROOT + "/phone-1", body).status_code == status
    assert visitor.patch(ROOT + "/phone-1", {**body, "call_max_duration": 21_600}).status_code == 200


@pytest.mark.parametrize("key", ["", "ocx_wrong"])
def test_a_key_is_demanded(key: str) -> None:
    assert Visitor().get(ROOT, key=key).json()["statusCode"] == 401


@pytest.mark.parametrize(("method", "path"), [("POST", "/buy"), ("DELETE", "/phone-1"), ("POST", "/phone-1/call")])
def test_what_acts_for_real_is_only_noted(method: str, path: str) -> None:
    visitor = Visitor()
    assert visitor.send(method, ROOT + path, {}).status_code == 403
    assert [danger.path for danger in visitor.world.dangers] == ["/phone" + path]
    assert len(visitor.get(ROOT).json()["items"]) == 2
