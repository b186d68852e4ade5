"""Each vice does what its line in the registry says, and nothing else."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from reconciler.sandbox import VICES
from tests.sandbox.visitor import (
    CONNECTORS,
    FLUENTS,
    GALTEA,
    NUMBER,
    NUMBER_UPDATE,
    OPENCOPILOT,
    VOICE,
    Visitor,
    grow_phones,
)

LIST = GALTEA + "/phoneConnections"
SUPPORT = LIST + "/pc-1"
PHONE = OPENCOPILOT + "/phone/phone-1"


def statuses(visitor: Visitor, count: int, url: str = LIST) -> list[int]:
    return [visitor.get(url).status_code for _ in range(count)]


def name_of(visitor: Visitor) -> Any:
    return visitor.world.read("galtea", "phoneConnections", "pc-1")["name"]


def test_late_429_strikes_once() -> None:
    visitor = Visitor("late-429:2")
    assert statuses(visitor, 5) == [200, 200, 429, 200, 200]
    assert statuses(Visitor("late-429"), 4) == [200, 200, 200, 429]


def test_late_429_says_when_to_come_back_in_the_vendors_shape() -> None:
    answer = Visitor("late-429:0").get(LIST)
    assert (answer.headers["retry-after"], set(answer.json())) == ("1", {"error", "message"})


def test_retry_after_may_be_a_date() -> None:
    visitor = Visitor("retry-after-date")
    answer = visitor.get(LIST)
    moment = parsedate_to_datetime(answer.headers["retry-after"])
    assert answer.status_code == 429
    assert -1 < (moment - datetime.now(UTC)).total_seconds() <= 2
    assert visitor.get(LIST).status_code == 200


def test_rate_limit_counts_requests_in_a_window() -> None:
    now = [0.0]
    visitor = Visitor("rate-limit:2/60", clock=lambda: now[0])
    assert statuses(visitor, 2) == [200, 200]
    now[0] = 20.5
    refused = visitor.get(LIST)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "40")
    assert visitor.get(OPENCOPILOT + "/phone").status_code == 200
    now[0] = 60.0
    assert statuses(visitor, 3) == [200, 200, 429]


def test_rate_limit_is_a_hundred_a_minute_unless_told() -> None:
    visitor = Visitor("rate-limit@opencopilot", clock=lambda: 0.0)
    assert statuses(visitor, 101, OPENCOPILOT + "/phone").index(429) == 100


def test_flaky_503_strikes_every_nth_time() -> None:
    assert statuses(Visitor("flaky-503:2"), 5) == [200, 503, 200, 503, 200]


@pytest.mark.parametrize("status", [200, 404, 502])
def test_a_proxy_answers_html(status: int) -> None:
    visitor = Visitor(f"html-{status}:1")
    answer = visitor.patch(SUPPORT, {"name": "x"})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html")
    assert name_of(visitor) == "Support"
    assert visitor.get(LIST).json()


def test_a_proxy_without_a_count_never_stops() -> None:
    assert statuses(Visitor("html-502"), 4) == [502] * 4


def test_redirect_points_at_another_host() -> None:
    answer = Visitor("redirect").get(LIST)
    assert (answer.status_code, answer.headers["location"]) == (302, "https://elsewhere.invalid/")


def test_connect_error_sends_nothing() -> None:
    visitor = Visitor("connect-error:2")
    for _ in range(2):
        with pytest.raises(httpx.ConnectError):
            visitor.get(LIST)
    assert visitor.world.requests == []
    assert visitor.get(LIST).status_code == 200


@pytest.mark.parametrize(
    ("vice", "error", "name"),
    [
        ("drop-before-commit", httpx.ReadError, "Support"),
        ("drop-after-commit", httpx.ReadError, "New"),
        ("timeout-before-commit", httpx.ReadTimeout, "Support"),
        ("timeout-after-commit", httpx.ReadTimeout, "New"),
    ],
)
def test_a_write_without_an_answer(vice: str, error: type[Exception], name: str) -> None:
    visitor = Visitor(vice)
    assert visitor.get(LIST).status_code == 200
    started = time.monotonic()
    with pytest.raises(error):
        visitor.patch(SUPPORT, {"name": "New"})
    assert time.monotonic() - started < 2
    assert name_of(visitor) == name
    assert visitor.patch(SUPPORT, {"name": "Newer"}).status_code == 200


def test_a_read_may_break_too() -> None:
    visitor = Visitor("drop-before-commit:1@reads")
    assert visitor.patch(SUPPORT, {"name": "New"}).status_code == 200
    with pytest.raises(httpx.ReadError):
        visitor.get(LIST)


def test_a_refused_write_is_not_a_commit() -> None:
    visitor = Visitor("drop-after-commit")
    assert visitor.patch(SUPPORT, {"voice": "adam"}).status_code == 400
    with pytest.raises(httpx.ReadError):
        visitor.patch(SUPPORT, {"voice": "jack"})


def test_slow_adds_latency() -> None:
    started = time.monotonic()
    assert Visitor("slow:80").get(LIST).status_code == 200
    assert time.monotonic() - started >= 0.08


Follow = Callable[[Visitor], list[list[str]]]


def follow_galtea(visitor: Visitor) -> list[list[str]]:
    """Page as one must: on by what came, until nothing comes."""
    pages: list[list[str]] = []
    offset = 0
    while not pages or pages[-1]:
        rows = visitor.get(f"{LIST}?limit=10&offset={offset}&sort=createdAt&sort=asc").json()
        pages.append([row["phoneNumber"] for row in rows])
        offset += len(rows)
    return pages[:-1]


def follow_fluents(visitor: Visitor) -> list[list[str]]:
    pages: list[list[str]] = []
    for page in range(1, 20):
        found = visitor.get(f"{FLUENTS}/v1/numbers/list?size=10&page={page}").json()
        pages.append([row["number"] for row in found["items"]])
        if not found["has_more"]:
            break
    return pages


def follow_opencopilot(visitor: Visitor) -> list[list[str]]:
    pages: list[list[str]] = []
    cursor: str | None = ""
    while cursor is not None:
        found = visitor.get(OPENCOPILOT + "/phone", params=[("cursor", cursor)] if cursor else ()).json()
        pages.append([row["phone_number"] for row in found["items"]])
        cursor = found["next"]
    return pages


FOLLOW: list[Follow] = [follow_galtea, follow_fluents, follow_opencopilot]
SWITCHES = {"opencopilot-page-size": 10}
NUMBERS = [f"+1202556{place:04d}" for place in range(35)]


@pytest.mark.parametrize("follow", FOLLOW)
@pytest.mark.parametrize(
    "vice", [[], ["clamp-limit:4"], ["repeat-rows"], ["short-page"], ["short-page", "repeat-rows"]]
)
def test_paging_vices_lose_nothing_for_one_who_pages_on(follow: Follow, vice: list[str]) -> None:
    visitor = Visitor(*vice, seed=grow_phones(35), switches=SWITCHES)
    assert list(dict.fromkeys(row for page in follow(visitor) for row in page)) == NUMBERS


@pytest.mark.parametrize("follow", FOLLOW)
def test_clamp_limit_gives_smaller_pages(follow: Follow) -> None:
    pages = follow(Visitor("clamp-limit:4", seed=grow_phones(35), switches=SWITCHES))
    assert [len(page) for page in pages] == [4] * 8 + [3]


@pytest.mark.parametrize("follow", FOLLOW)
def test_repeat_rows_repeats_the_last_row(follow: Follow) -> None:
    pages = follow(Visitor("repeat-rows", seed=grow_phones(35), switches=SWITCHES))
    assert pages[1][0] == pages[0][-1]
    assert sum(len(page) for page in pages) > 35


@pytest.mark.parametrize("follow", FOLLOW)
def test_short_page_is_short_in_the_middle(follow: Follow) -> None:
    pages = follow(Visitor("short-page", seed=grow_phones(35), switches=SWITCHES))
    assert [len(page) for page in pages][:3] == [10, 5, 10]


def test_estimated_total_is_too_small_and_says_so() -> None:
    page = Visitor("estimated-total", seed=grow_phones(35)).get(FLUENTS + "/v1/numbers/list").json()
    assert (page["total"], page["total_is_estimated"], page["has_more"]) == (17, True, True)


def test_cursor_loop_never_ends() -> None:
    visitor = Visitor("cursor-loop", seed=grow_phones(25), switches=SWITCHES)
    cursor, pages = "", []
    for _ in range(12):
        found = visitor.get(OPENCOPILOT + "/phone", params=[("cursor", cursor)] if cursor else ()).json()
        pages.append(found["items"][0]["phone_number"])
        cursor = found["next"]
        assert cursor
    assert len(set(pages)) < len(pages)
    assert visitor.get(FLUENTS + "/v1/numbers/list?page=99").json()["has_more"] is True
    assert visitor.get(LIST + "?offset=990").json()


def test_lost_write_answers_success() -> None:
    visitor = Visitor("lost-write")
    answer = visitor.patch(SUPPORT, {"name": "New"})
    assert (answer.status_code, answer.json()["name"]) == (200, "New")
    assert name_of(visitor) == "Support"


def test_lost_write_may_recover() -> None:
    visitor = Visitor("lost-write:1")
    visitor.patch(SUPPORT, {"name": "New"})
    visitor.patch(SUPPORT, {"name": "Newer"})
    assert name_of(visitor) == "Newer"


def test_partial_write_keeps_the_first_field() -> None:
    visitor = Visitor("partial-write")
    visitor.patch(SUPPORT, {"name": "New", "voice": "jack"})
    live = visitor.get(SUPPORT).json()
    assert (live["name"], live["voice"]) == ("New", None)


@pytest.mark.parametrize(
    ("url", "write", "body", "touched"),
    [
        (SUPPORT, SUPPORT, {"name": "New"}, {"name"}),
        (NUMBER, NUMBER_UPDATE, {"label": "New"}, {"label"}),
        (CONNECTORS + "/conn-1", CONNECTORS + "/conn-1", {"asrLangCode": "de-DE"}, {"asrLangCode"}),
    ],
)
def test_collateral_changes_one_field_that_was_not_sent(
    url: str, write: str, body: dict[str, str], touched: set[str]
) -> None:
    visitor = Visitor("collateral")
    before = visitor.get(url).json()
    assert visitor.send("POST" if "update" in write else "PATCH", write, body).is_success
    after = visitor.get(url).json()
    changed = {name for name in before if before[name] != after[name]}
    assert touched < changed
    assert len(changed) == 2


def test_wipe_on_patch_resets_what_is_absent() -> None:
    visitor = Visitor("wipe-on-patch")
    visitor.patch(LIST + "/pc-2", {"name": "New", "phoneNumber": "+14155552699"})
    assert visitor.world.read("galtea", "phoneConnections", "pc-2")["voice"] is None
    visitor.post(NUMBER_UPDATE, {"label": "New"})
    assert visitor.get(NUMBER).json()["example_context"] == {}
    visitor.patch(PHONE, {"elevenlabs_voice_id": VOICE})
    assert visitor.world.read("opencopilot", "phones", "phone-1")["base_prompt"] is None


def test_wipe_on_patch_has_wiped_a_prompt() -> None:
    visitor = Visitor("wipe-on-patch")
    visitor.post(FLUENTS + "/v1/prompts/update?id=prompt-1", {"label": "Main"})
    assert visitor.get(FLUENTS + "/v1/agents?id=agent-1").json()["prompt"]["content"] == ""


def test_probe_fails_for_a_good_voice() -> None:
    visitor = Visitor("probe-fails:1")
    body = {"voiceName": "de-DE-Neural2-B"}
    assert "TTS probe" in visitor.patch(CONNECTORS + "/conn-1", body).json()["error_message"]
    assert visitor.patch(CONNECTORS + "/conn-1", body).status_code == 200


def patch_batch(visitor: Visitor, value: str = "de-DE") -> list[dict[str, Any]]:
    updates = [{"connectorId": key, "asrLangCode": value} for key in ("conn-1", "conn-2")]
    answer = visitor.patch(CONNECTORS + "/batch", {"updates": updates})
    assert answer.status_code == 200
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


def languages(visitor: Visitor) -> list[str]:
    return [visitor.world.read("polyai", "connectors", key)["asrLangCode"] for key in ("conn-1", "conn-2")]


def test_shuffle_batch_keeps_everything() -> None:
    visitor = Visitor("shuffle-batch")
    assert [result["connectorId"] for result in patch_batch(visitor)] == ["conn-2", "conn-1"]
    assert languages(visitor) == ["de-DE", "de-DE"]


def test_omit_from_batch_hides_what_was_done() -> None:
    visitor = Visitor("omit-from-batch")
    assert [result["connectorId"] for result in patch_batch(visitor)] == ["conn-1"]
    assert languages(visitor) == ["de-DE", "de-DE"]


def test_fail_in_batch_fails_every_nth() -> None:
    visitor = Visitor("fail-in-batch")
    assert [result["success"] for result in patch_batch(visitor)] == [True, False]
    assert languages(visitor) == ["de-DE", "en-US"]
    assert [result["success"] for result in patch_batch(Visitor("fail-in-batch:1"))] == [False, False]


@pytest.mark.parametrize(("vice", "status"), [("down", 503), ("forbidden", 403), ("expired-key", 401)])
@pytest.mark.parametrize("spelling", ["{}:galtea", "{}@galtea"])
def test_one_vendor_says_no_to_everything(vice: str, status: int, spelling: str) -> None:
    visitor = Visitor(spelling.format(vice))
    assert statuses(visitor, 3) == [status] * 3
    assert visitor.patch(SUPPORT, {"name": "x"}).json()["message"]
    assert visitor.get(OPENCOPILOT + "/phone").status_code == 200
    assert Visitor(vice).get(OPENCOPILOT + "/phone").json()["statusCode"] == status


def test_newer_api() -> None:
    visitor = Visitor("newer-api")
    phones = visitor.get(OPENCOPILOT + "/phone").json()
    assert (type(phones), phones[0]["base_prompt"]) == (list, "Hello.")
    assert {"voice", "languageCode"}.isdisjoint(visitor.get(SUPPORT).json())
    assert visitor.get(LIST + "/voices").headers["content-type"].startswith("text/html")
    assert visitor.patch(LIST + "/pc-2", {"voice": "megan", "name": "New"}).status_code == 200
    assert visitor.world.read("galtea", "phoneConnections", "pc-2")["voice"] == "jack"


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        (LIST + "/nobody", "gsk_sandbox"),
        (CONNECTORS + "/nobody", "polyai_sandbox"),
        (FLUENTS + "/v1/x", "fluents_sandbox"),
    ],
)
def test_echo_secret_is_in_every_error(url: str, secret: str) -> None:
    assert secret in Visitor("echo-secret").get(url).text
    assert secret not in Visitor().get(url).text


def test_echo_secret_in_an_html_error() -> None:
    assert "gsk_sandbox" in Visitor("echo-secret", "html-502").get(LIST).text


def test_echo_secret_repeats_what_was_sent() -> None:
    visitor = Visitor("echo-secret")
    answer = visitor.send("PATCH", LIST + "/nobody", {"name": "what was sent"})
    assert answer.status_code == 404
    assert "what was sent" in answer.json()["message"]


def test_truncated_json_is_not_json() -> None:
    visitor = Visitor("truncated-json:1")
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        visitor.get(LIST).json()
    assert visitor.get(LIST).json()


def test_wrong_content_type_leaves_the_body_alone() -> None:
    answer = Visitor("wrong-content-type").get(LIST)
    assert answer.headers["content-type"] == "text/plain"
    assert len(answer.json()) == 3


def test_empty_201_has_written() -> None:
    visitor = Visitor("empty-201:1")
    answer = visitor.patch(SUPPORT, {"name": "New"})
    assert (answer.status_code, answer.content) == (201, b"")
    assert name_of(visitor) == "New"
    assert visitor.get(LIST).json()
    assert visitor.patch(SUPPORT, {"name": "Newer"}).json()["name"] == "Newer"


def test_a_vice_may_concern_one_vendor_and_one_side() -> None:
    visitor = Visitor("html-200@galtea@writes")
    assert visitor.get(LIST).json()
    assert visitor.patch(SUPPORT, {"name": "x"}).headers["content-type"] == "text/html"
    assert visitor.patch(PHONE, {"elevenlabs_voice_id": VOICE}).content == b""


def test_a_posted_read_is_a_read() -> None:
    visitor = Visitor("html-200@polyai@writes")
    assert visitor.post(CONNECTORS + "/batch", {"connectorIds": ["conn-1"]}).json()["found"]
    assert visitor.patch(CONNECTORS + "/batch", {"updates": []}).headers["content-type"] == "text/html"


def test_vices_add_up() -> None:
    visitor = Visitor("flaky-503:2@galtea", "shuffle-batch", "late-429:1@opencopilot")
    assert statuses(visitor, 2) == [200, 503]
    assert statuses(visitor, 2, OPENCOPILOT + "/phone") == [200, 429]
    assert [result["connectorId"] for result in patch_batch(visitor)] == ["conn-2", "conn-1"]


@pytest.mark.parametrize("vice", sorted(VICES))
def test_no_vice_breaks_the_sandbox_itself(vice: str) -> None:
    """Whatever happens is an answer or an error of the transport, never one of ours."""
    visitor = Visitor(vice if vice != "slow" else "slow:1")
    for _ in range(3):
        for url, body in (
            (LIST, None),
            (SUPPORT, {"name": "x"}),
            (PHONE, {"elevenlabs_voice_id": VOICE}),
            (CONNECTORS, None),
        ):
            try:
                answer = visitor.get(url) if body is None else visitor.patch(url, body)
            except httpx.TransportError:
                continue
            assert answer.status_code in {200, 201, 302, 401, 403, 404, 429, 502, 503}
