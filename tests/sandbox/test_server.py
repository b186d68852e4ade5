import socket

import httpx
import pytest

from reconciler.sandbox import create_app, serve
from reconciler.sandbox.server import open_listener
from tests.sandbox.served import serve_in_process
from tests.sandbox.visitor import VOICE, make_seed

BEARER = {"Authorization": "Bearer gsk_sandbox"}


def test_all_four_are_served_on_one_port() -> None:
    with serve_in_process(make_seed()) as url:
        assert len(httpx.get(url + "/phoneConnections", headers=BEARER).json()) == 3
        fluents = {"Authorization": "Bearer fluents_sandbox"}
        assert httpx.get(url + "/v1/numbers/list", headers=fluents).json()["total"] == 2
        opencopilot = {"Authorization": "Bearer ocx_live_sandbox"}
        answer = httpx.patch(url + "/phone/phone-1", headers=opencopilot, json={"elevenlabs_voice_id": VOICE})
        assert (answer.status_code, answer.content) == (200, b"")
        connectors = url + "/v1/agents/PROJECT-1/telephony/connectors"
        assert len(httpx.get(connectors, headers={"x-api-key": "polyai_sandbox"}).json()["connectors"]) == 2


@pytest.mark.parametrize(
    ("vice", "name"),
    [
        ("connect-error@writes", "Support"),
        ("drop-before-commit", "Support"),
        ("timeout-before-commit", "Support"),
        ("drop-after-commit", "New"),
        ("timeout-after-commit", "New"),
    ],
)
def test_a_fault_ends_the_connection_without_an_answer(vice: str, name: str) -> None:
    with serve_in_process(make_seed(), vice) as url, httpx.Client(headers=BEARER) as client:
        support = url + "/phoneConnections/pc-1"
        assert client.get(support).status_code == 200
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            client.patch(support, json={"name": "New"})
        assert client.get(support).json()["name"] == name
        assert client.patch(support, json={"name": "Newer"}).json()["name"] == "Newer"


def test_a_host_header_of_a_vendor_narrows_the_routes() -> None:
    with serve_in_process(make_seed()) as url:
        headers = {"Authorization": "Bearer ocx_live_sandbox", "Host": "api.open.cx"}
        assert httpx.get(url + "/phone", headers=headers).status_code == 200
        assert httpx.get(url + "/phoneConnections", headers=headers).json()["statusCode"] == 404


def test_no_answer_waits_for_the_acknowledgment_of_its_head() -> None:
    with open_listener(port=0) as listener, socket.create_connection(listener.getsockname()[:2]):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.2", "example.com", "::"])  # noqa: S104 - these are refused
def test_only_loopback_is_served(host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        serve(create_app(database=None, seed=None), port=1, host=host)
