"""What the environment says about the way out: what works, and what is said where it cannot work."""

from __future__ import annotations

import asyncio
from pathlib import Path

import certifi
import httpx
import pytest

from reconciler.remote.wire.environment import FaultyVariableError, SocksTransport, find_proxy, share_trust
from reconciler.remote.wire.transport import build_transport
from tests.cli.stage import KEYS, lines, run_outside

HOST = "https://api.galtea.ai"
PROXY = "http://proxy.example.com:3128"


@pytest.mark.parametrize(
    "entry",
    ["*", "api.galtea.ai", ".galtea.ai", "galtea.ai", "*.galtea.ai", "API.Galtea.AI:443", " x , *.galtea.ai:443"],
)
def test_a_host_is_excepted_from_the_proxy(entry: str) -> None:
    assert find_proxy(HOST, environ={"HTTPS_PROXY": PROXY, "NO_PROXY": entry}) is None
    assert (
        find_proxy("https://api.open.cx:8443", environ={"HTTPS_PROXY": PROXY, "NO_PROXY": "api.open.cx:443"}) == PROXY
    )


@pytest.mark.parametrize("entry", ["galtea.ai:8443", "altea.ai", "10.0.0.0/8", "::1", "[::1]:443"])
def test_another_host_is_not(entry: str) -> None:
    assert find_proxy(HOST, environ={"HTTPS_PROXY": PROXY, "NO_PROXY": entry}) == PROXY


@pytest.mark.parametrize(
    ("url", "entry"),
    [("http://10.1.2.3", "10.0.0.0/8"), ("http://[fd00::7]:80", "fd00::/8"), ("http://[fd00::7]", "[fd00::7]:80")],
)
def test_addresses_are_excepted_by_network(url: str, entry: str) -> None:
    assert find_proxy(url, environ={"HTTP_PROXY": PROXY, "NO_PROXY": entry}) is None


FAULTS = {
    ("HTTPS_PROXY", "http://proxy:port"): "HTTPS_PROXY holds no URL",
    ("https_proxy", "http://"): "https_proxy names no host",
    ("HTTPS_PROXY", "ftp://user:pa55@proxy"): "HTTPS_PROXY names a proxy of a kind that cannot be used",
    ("ALL_PROXY", "socks4://proxy:1080"): "socks5 and socks5h can",
    ("NO_PROXY", "10.0.0.0/99"): "NO_PROXY has '10.0.0.0/99', which is no network",
    ("no_proxy", "intern:http"): "no_proxy has 'intern:http', whose port is no number",
    ("SSL_CERT_FILE", "/nowhere/ca.pem"): "SSL_CERT_FILE names /nowhere/ca.pem, which cannot be read: No such file",
    ("SSL_CERT_FILE", __file__): f"SSL_CERT_FILE names {__file__}, which holds no certificates in PEM form",
    ("SSL_CERT_DIR", "/nowhere"): "SSL_CERT_DIR names /nowhere, which is not a folder",
}


@pytest.mark.parametrize(("named", "words"), FAULTS.items())
@pytest.mark.parametrize("command", ["plan", "drift", "pull", "doctor", "apply"])
def test_every_command_names_the_variable_and_its_fault(
    tmp_path: Path, named: tuple[str, str], words: str, command: str
) -> None:
    stage = lines(tmp_path, count=1)
    told = run_outside(stage, command, environ={**KEYS, "HOME": str(tmp_path), named[0]: named[1]})
    assert "".join(words.split()) in "".join(told.all.split())
    assert told.code != 0
    assert "bug" not in told.all
    assert "pa55" not in told.all


def test_socks_takes_a_library_that_is_named_where_it_is_missing() -> None:
    environ = {"ALL_PROXY": "socks5h://proxy:1080"}
    assert find_proxy(HOST, environ=environ) == "socks5h://proxy:1080"
    with pytest.raises(FaultyVariableError, match="ALL_PROXY names a SOCKS proxy, which takes the library socksio"):
        find_proxy(HOST, environ=environ, find_library=lambda _name: None)


def test_requests_go_through_a_socks_proxy() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in (b"\x05\x00", b"\x05\x00\x00\x01" + bytes(6), b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"):
            heard.append(await reader.read(1024))
            writer.write(answer)
        writer.close()
        await writer.wait_closed()

    async def ask() -> bytes:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        way = build_transport("http://api.example", environ={"ALL_PROXY": f"socks5://127.0.0.1:{port}"})
        response = await way.handle_async_request(httpx.Request("GET", "http://api.example/x"))
        content = await response.aread()
        await response.aclose()
        await way.aclose()
        server.close()
        await server.wait_closed()
        return content

    heard: list[bytes] = []
    assert asyncio.run(ask()) == b"[]"
    assert b"api.example" in heard[1]
    assert heard[2].startswith(b"GET /x")


def test_a_proxy_that_speaks_something_else_is_named_and_not_a_bug() -> None:
    class Babel(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            raise RuntimeError(request.method)

    with pytest.raises(httpx.ProxyError, match="does not speak SOCKS"):
        asyncio.run(SocksTransport(Babel()).handle_async_request(httpx.Request("GET", "http://api.example/")))


def test_certificates_of_the_environment_are_trusted(tmp_path: Path) -> None:
    own = tmp_path / "ca.pem"
    own.write_bytes(Path(certifi.where()).read_bytes())
    assert share_trust({"SSL_CERT_FILE": str(own)}).cert_store_stats()["x509_ca"] > 0
    assert share_trust({"SSL_CERT_DIR": str(tmp_path)}) is share_trust({"SSL_CERT_DIR": str(tmp_path)})
