"""What a client sends, what it never sends, and how it waits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from reconciler import __version__
from reconciler.model.paths import MISSING
from reconciler.model.plan import Request
from reconciler.model.secret import Secret
from reconciler.remote.wire.client import (
    Answer,
    ForbiddenRequestError,
    NoAnswer,
    resolve_keys,
)
from reconciler.remote.wire.environment import find_proxy
from tests.remote.read_stage import Stage, build_accounts

KEYS = {"galtea": "gsk_k", "fluents": "flu_k", "opencopilot": "ocx_k", "polyai": "poly_k"}
NUMBER_UPDATE = "https://api.fluents.ai/v1/numbers/update?phone_number=%2B12025550143"
CONNECTOR = "https://api.us.poly.ai/v1/agents/P-1/telephony/connectors"


def get(stage: Stage, account: str = "galtea", path: str = "/x", query: Any = ()) -> Answer | NoAnswer:
    async def run() -> Answer | NoAnswer:
        async with stage.readers() as readers:
            return await readers[account].get(path, query)

    return asyncio.run(run())


def send(stage: Stage, account: str, method: str, url: str, **body: Any) -> Answer | NoAnswer:
    async def run() -> Answer | NoAnswer:
        async with stage.writers() as writers:
            return await writers[account].send(Request(method, url, body))

    return asyncio.run(run())


class Script:
    """Answer request after request from a list; the last one again and again."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


def ok(value: Any = None) -> httpx.Response:
    return httpx.Response(200, json={} if value is None else value)


def expect_answer(answer: Answer | NoAnswer) -> Answer:
    assert isinstance(answer, Answer), answer
    return answer


def expect_none(answer: Answer | NoAnswer) -> NoAnswer:
    assert isinstance(answer, NoAnswer), answer
    return answer


@pytest.mark.parametrize(
    ("account", "header", "value"),
    [
        ("galtea", "Authorization", "Bearer gsk_k"),
        ("fluents", "Authorization", "Bearer flu_k"),
        ("opencopilot", "Authorization", "Bearer ocx_k"),
        ("polyai", "x-api-key", "poly_k"),
    ],
)
def test_the_key_travels_in_the_vendors_header(account: str, header: str, value: str) -> None:
    script = Script(ok())
    get(Stage(script=script, keys=KEYS), account)
    (request,) = script.requests
    assert request.headers[header] == value
    assert request.headers["User-Agent"] == f"reconciler/{__version__}"
    assert str(request.url) == f"{build_accounts()[account].base_url}/x"


def test_a_query_is_encoded_so_that_every_server_reads_it_alike() -> None:
    script = Script(ok())
    get(Stage(script=script), query=[("phoneNumbers", "+1 2&x=y"), ("ids", "a"), ("ids", "b")])
    assert script.requests[0].url.raw_path == b"/x?phoneNumbers=%2B1%202%26x%3Dy&ids=a&ids=b"


def test_a_reader_cannot_write() -> None:
    script = Script(ok())

    async def run() -> None:
        async with Stage(script=script).readers() as readers:
            line = readers["fluents"]._line
            await line.exchange("POST", NUMBER_UPDATE, body={"label": "x"})

    with pytest.raises(ForbiddenRequestError):
        asyncio.run(run())
    assert script.requests == []


@pytest.mark.parametrize(
    ("account", "method", "url"),
    [
        ("fluents", "POST", NUMBER_UPDATE),
        ("galtea", "PATCH", "https://api.galtea.ai/phoneConnections/pc_1"),
        ("opencopilot", "PATCH", "https://api.open.cx/phone/6f96"),
        ("polyai", "PATCH", f"{CONNECTOR}/c-1"),
        ("polyai", "PATCH", f"{CONNECTOR}/batch"),
    ],
)
def test_updates_are_sent(account: str, method: str, url: str) -> None:
    script = Script(ok())
    assert expect_answer(send(Stage(script=script), account, method, url, name="é")).succeeded
    assert str(script.requests[0].url) == url
    assert script.requests[0].content == '{"name":"é"}'.encode()


@pytest.mark.parametrize(
    ("account", "method", "url"),
    [
        ("fluents", "POST", "https://api.fluents.ai/v1/numbers/buy"),
        ("fluents", "POST", "https://api.fluents.ai/v1/numbers/cancel?phone_number=%2B1"),
        ("fluents", "POST", "https://api.fluents.ai/v1/calls/create"),
        ("fluents", "POST", "https://api.fluents.ai/v1/numbers/update"),
        ("fluents", "POST", f"{NUMBER_UPDATE}&force=true"),
        ("fluents", "DELETE", NUMBER_UPDATE),
        ("fluents", "GET", NUMBER_UPDATE),
        ("fluents", "POST", NUMBER_UPDATE.replace("api.fluents.ai", "api.fluents.ai.evil.example")),
        ("fluents", "POST", NUMBER_UPDATE.replace("https://", "https://user@")),
        ("fluents", "POST", NUMBER_UPDATE.replace("https://", "http://")),
        ("fluents", "POST", NUMBER_UPDATE.replace(".ai/", ".ai:8443/")),
        ("fluents", "POST", NUMBER_UPDATE.replace("/v1/", "/v2/")),
        ("galtea", "DELETE", "https://api.galtea.ai/phoneConnections/batch"),
        ("galtea", "DELETE", "https://api.galtea.ai/phoneConnections/pc_1"),
        ("galtea", "POST", "https://api.galtea.ai/phoneConnections"),
        ("galtea", "PATCH", "https://api.galtea.ai/phoneConnections/pc_1/../../users/1"),
        ("galtea", "PATCH", "https://api.galtea.ai/phoneConnections/pc_1?x=1"),
        ("opencopilot", "POST", "https://api.open.cx/phone/buy"),
        ("opencopilot", "POST", "https://api.open.cx/phone/1/call"),
        ("opencopilot", "DELETE", "https://api.open.cx/phone/1"),
        ("polyai", "DELETE", f"{CONNECTOR}/c-1"),
        ("polyai", "POST", f"{CONNECTOR}/batch"),
        ("polyai", "PATCH", "https://api.eu.poly.ai/v1/agents/P-1/telephony/connectors/c-1"),
        ("polyai", "DELETE", "https://api.us.poly.ai/v1/agents/P-1/telephony/phone-numbers/1"),
    ],
)
def test_nothing_but_updates_can_be_sent(account: str, method: str, url: str) -> None:
    script = Script(ok())
    with pytest.raises(ForbiddenRequestError):
        send(Stage(script=script), account, method, url)
    assert script.requests == []


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize("act", [get, lambda stage: send(stage, "fluents", "POST", NUMBER_UPDATE)])
def test_a_passing_failure_is_outlived(status: int, act: Callable[[Stage], Answer | NoAnswer]) -> None:
    stage = Stage(script=Script(httpx.Response(status), httpx.Response(status), ok()))
    answer = expect_answer(act(stage))
    assert (answer.status, answer.attempts) == (200, 3)
    first, second = stage.waits.seconds
    assert 0.25 <= first <= 0.5 <= second <= 1.0


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 501])
def test_other_answers_stand(status: int) -> None:
    script = Script(httpx.Response(status))
    assert expect_answer(get(Stage(script=script))).status == status
    assert len(script.requests) == 1


def test_one_500_on_a_read_is_repeated_as_a_502_is() -> None:
    script = Script(httpx.Response(500), ok([]))
    assert expect_answer(get(Stage(script=script))).attempts == 2


def test_a_500_on_a_write_is_not_repeated_by_the_client() -> None:
    script = Script(httpx.Response(500), ok([]))
    assert expect_answer(send(Stage(script=script), "fluents", "POST", NUMBER_UPDATE, label="x")).attempts == 1


def test_attempts_are_bounded() -> None:
    script = Script(httpx.Response(503, json={"message": "asleep"}))
    answer = expect_answer(get(Stage(script=script, patience={"attempts": 4})))
    assert (answer.status, answer.attempts, answer.says, len(script.requests)) == (503, 4, "asleep", 4)


def test_retry_after_in_seconds_is_honoured() -> None:
    stage = Stage(script=Script(httpx.Response(429, headers={"Retry-After": "17"}), ok()))
    assert expect_answer(get(stage)).status == 200
    assert stage.waits.seconds == [17.0]


def test_retry_after_as_a_date_is_honoured() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    stage = Stage(script=Script(httpx.Response(429, headers={"Retry-After": date}), ok()))
    assert expect_answer(get(stage)).status == 200
    assert 25 < stage.waits.seconds[0] <= 30


@pytest.mark.parametrize("wish", ["soon", "-5", "0", ""])
def test_a_retry_after_that_says_nothing_is_passed_over(wish: str) -> None:
    stage = Stage(script=Script(httpx.Response(429, headers={"Retry-After": wish}), ok()))
    assert expect_answer(get(stage)).status == 200
    assert 0.25 <= stage.waits.seconds[0] <= 0.5


def test_a_wait_that_is_too_long_is_not_begun() -> None:
    script = Script(httpx.Response(429, headers={"Retry-After": "3600"}, json={"message": "come back later"}), ok())
    stage = Stage(script=script)
    answer = expect_answer(get(stage))
    assert (answer.status, answer.says, answer.headers["retry-after"]) == (429, "come back later", "3600")
    assert (stage.waits.seconds, len(script.requests)) == ([], 1)


def test_all_waits_together_are_bounded() -> None:
    stage = Stage(
        script=Script(httpx.Response(429, headers={"Retry-After": "50"})), patience={"total_wait_seconds": 120.0}
    )
    assert expect_answer(get(stage)).status == 429
    assert stage.waits.seconds == [50.0, 50.0]


@pytest.mark.parametrize(
    "error",
    [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), httpx.ReadTimeout("slow"), httpx.ReadError("cut")],
)
def test_a_read_is_repeated_after_any_failure_of_the_connection(error: Exception) -> None:
    assert expect_answer(get(Stage(script=Script(error, error, ok())))).attempts == 3


@pytest.mark.parametrize("error", [httpx.ReadTimeout("slow"), httpx.ReadError("cut"), httpx.RemoteProtocolError("odd")])
def test_a_write_that_may_have_arrived_is_not_repeated(error: Exception) -> None:
    script = Script(error, ok())
    assert expect_none(send(Stage(script=script), "fluents", "POST", NUMBER_UPDATE)).sent
    assert len(script.requests) == 1


@pytest.mark.parametrize("error", [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow")])
def test_a_write_that_cannot_have_arrived_is_repeated(error: Exception) -> None:
    assert expect_answer(send(Stage(script=Script(error, ok())), "fluents", "POST", NUMBER_UPDATE)).attempts == 2
    assert not expect_none(send(Stage(script=Script(error)), "fluents", "POST", NUMBER_UPDATE)).sent


def test_an_attempt_that_arrived_is_not_forgotten_when_the_next_one_cannot_connect() -> None:
    script = Script(httpx.Response(503), httpx.ConnectError("refused"))
    assert expect_none(send(Stage(script=script), "fluents", "POST", NUMBER_UPDATE)).sent


def test_a_body_that_breaks_off_is_an_attempt_like_any_other() -> None:
    class Broken(httpx.AsyncByteStream):
        async def __aiter__(self) -> Any:
            yield b'[{"id": '
            raise httpx.RemoteProtocolError("peer closed connection")

    calls: list[str] = []

    def serve(request: httpx.Request) -> httpx.Response:
        calls.append(request.method)
        return httpx.Response(200, stream=Broken()) if len(calls) == 1 else ok([])

    assert expect_answer(get(Stage(script=serve))).value == []
    assert len(calls) == 2


def test_redirects_are_not_followed() -> None:
    script = Script(httpx.Response(302, headers={"Location": "https://evil.example/?k=gsk_k"}))
    answer = expect_answer(get(Stage(script=script, keys=KEYS)))
    assert answer.headers["location"] == "https://evil.example/?k=(secret)"
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    ("content", "value", "text"),
    [
        (b"", MISSING, ""),
        (b"  \n", MISSING, ""),
        (b"null", None, ""),
        (b'{"a": 1}', {"a": 1}, ""),
        (b'{"a": NaN}', MISSING, "10 bytes of JSON that breaks off or is malformed"),
        (b'[{"credentials": "s3cret"', MISSING, "25 bytes of JSON that breaks off or is malformed"),
        (b"<html><title>Bad\nGateway</title><p>gsk_k", MISSING, "HTML page: Bad Gateway"),
        (b"<p>gsk_k was wrong\x1b[31m</p>", MISSING, "HTML page: (secret) was wrong [31m"),
        (b"[" * 100_000, MISSING, "JSON that nests too deep"),
        (b"x" * 500, MISSING, "x" * 199 + "…"),
    ],
)
def test_a_body_is_json_or_a_short_excerpt(content: bytes, value: Any, text: str) -> None:
    answer = expect_answer(get(Stage(script=Script(httpx.Response(200, content=content)), keys=KEYS)))
    assert (answer.value, answer.text) == (value, text)


@pytest.mark.parametrize(
    ("account", "body", "says"),
    [
        ("galtea", {"error": "Bad Request", "message": "no voice gsk_k"}, "no voice (secret)"),
        ("fluents", {"statusCode": 400, "message": ["a must be b", "c"], "error": "Bad"}, "a must be b; c"),
        ("opencopilot", {"statusCode": 400, "error": "Bad Request"}, "Bad Request"),
        ("polyai", {"error": "Bad Request", "error_code": "X", "error_message": "TTS probe"}, "TTS probe"),
        ("polyai", {"error_code": "X", "error_message": ""}, "X"),
        ("galtea", ["odd"], ""),
    ],
)
def test_the_vendors_words_are_found(account: str, body: Any, says: str) -> None:
    script = Script(httpx.Response(400, json=body))
    answer = expect_answer(get(Stage(script=script, keys={**KEYS, account: "gsk_k"}), account))
    assert answer.says == says


def test_the_request_id_is_kept() -> None:
    script = Script(httpx.Response(500, headers={"X-PolyAI-Correlation-Id": "abc-1"}, json={"error_message": "oh"}))
    answer = expect_answer(get(Stage(script=script), "polyai"))
    assert answer.request_id == "abc-1"
    assert answer.describe() == 'GET https://api.us.poly.ai/x -> 500: "oh" (request id abc-1)'


@pytest.mark.parametrize("key", ["gsk\n_k", "gsk k", "schlüssel"])
def test_a_key_that_no_header_can_carry_is_never_shown(key: str) -> None:
    script = Script(ok())
    answer = expect_none(get(Stage(script=script, keys={**KEYS, "galtea": key})))
    assert not answer.sent
    assert "GALTEA_API_KEY" in answer.reason
    assert key not in repr(answer)
    assert script.requests == []


def test_a_secret_leaves_in_the_body_alone_and_no_answer_repeats_it() -> None:
    echo = httpx.Response(400, json={"error": "bad token hush-hush for hush-hush"})
    script = Script(echo)
    nested = {"voice": Secret("hush-hush", name="T"), "deep": {"list": [Secret("other")], "n": 1}}
    answer = expect_answer(
        send(Stage(script=script), "galtea", "PATCH", "https://api.galtea.ai/phoneConnections/x", **nested)
    )
    assert json.loads(script.requests[0].content) == {"voice": "hush-hush", "deep": {"list": ["other"], "n": 1}}
    assert "hush-hush" not in str(script.requests[0].url) + str(script.requests[0].headers)
    assert "hush-hush" not in answer.describe() + answer.says + str(answer.value)
    assert "bad token (secret)" in answer.describe()


def test_clients_and_answers_do_not_show_the_key() -> None:
    stage = Stage(script=Script(ok()), keys=KEYS)

    async def run() -> str:
        async with stage.readers() as readers, stage.writers() as writers:
            answer = await readers["polyai"].get("/x")
            return repr((readers, writers, answer, vars(readers["polyai"])))

    assert not any(key in asyncio.run(run()) for key in KEYS.values())


def test_keys_come_from_the_named_variables_only() -> None:
    accounts = build_accounts()
    environ = {"GALTEA_API_KEY": " gsk_a\r\n", "FLUENTS_API_KEY": "  ", "OTHER": "x"}
    keys = resolve_keys(accounts.values(), environ)
    assert {name: key.reveal() for name, key in keys.items()} == {"galtea": "gsk_a"}


@pytest.mark.parametrize(
    ("environ", "proxy"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://proxy:3128"}, "http://proxy:3128"),
        ({"https_proxy": "proxy:3128"}, "http://proxy:3128"),
        ({"ALL_PROXY": "socks5://proxy"}, "socks5://proxy"),
        ({"HTTP_PROXY": "http://proxy"}, None),
        ({"HTTPS_PROXY": "http://proxy", "NO_PROXY": "example.org, .galtea.ai"}, None),
        ({"HTTPS_PROXY": "http://proxy", "no_proxy": "*"}, None),
        ({"HTTPS_PROXY": "http://proxy", "NO_PROXY": "tea.ai"}, "http://proxy"),
    ],
)
def test_the_proxy_of_the_environment_is_used(environ: dict[str, str], proxy: str | None) -> None:
    assert find_proxy("https://api.galtea.ai", environ=environ) == proxy
    assert find_proxy("http://127.0.0.1:8080", environ={**environ, "HTTP_PROXY": "http://proxy"}) is None
