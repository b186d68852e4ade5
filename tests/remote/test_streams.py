"""What goes over a real connection: each request in one piece, over TLS too; an answer that came before its end is read."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable

import httpx
import pytest
import trustme

from reconciler.remote.wire.connections import StraightConnection

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def visit(
    talk: Talk, *, times: int = 1, authority: trustme.CA | None = None, believed: bool = True
) -> list[httpx.Response]:
    """Send requests over one connection to a server that talks so."""
    served, trusted = None, ssl.create_default_context()
    if authority is not None:
        served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(served)
        if believed:
            authority.configure_trust(trusted)

    async def play() -> list[httpx.Response]:
        async with await asyncio.start_server(talk, "127.0.0.1", 0, ssl=served) as listening:
            port = listening.sockets[0].getsockname()[1]
            address = f"{'https' if served else 'http'}://localhost:{port}"
            connection = StraightConnection(address, context=trusted)
            try:
                return [await patch(connection, address) for _ in range(times)]
            finally:
                await connection.aclose()

    return asyncio.run(play())


async def patch(connection: StraightConnection, address: str) -> httpx.Response:
    response = await connection.handle_async_request(httpx.Request("PATCH", address + "/x", json={"voice": "jack"}))
    await response.aread()
    await response.aclose()
    return response


@pytest.mark.parametrize("authority", [None, trustme.CA()], ids=["plain", "over TLS"])
def test_head_and_body_of_a_request_come_in_one_piece(authority: trustme.CA | None) -> None:
    pieces: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(3):
            pieces.append(await reader.read(65536))
            writer.write(ANSWER)
        writer.close()

    responses = visit(talk, times=3, authority=authority)
    assert [response.status_code for response in responses] == [200] * 3
    assert [piece.partition(b"\r\n\r\n")[2] for piece in pieces] == [b'{"voice":"jack"}'] * 3


def test_an_answer_that_came_before_the_end_of_the_request_is_read() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(ANSWER.replace(b"200 OK", b"413 Too Large"))
        await writer.drain()
        writer.close()

    (response,) = visit(talk)
    assert response.status_code == 413


def test_a_connection_that_the_server_closed_in_between_is_opened_anew() -> None:
    opened: list[int] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append(1)
        await reader.read(65536)
        writer.write(ANSWER)
        writer.close()
        await writer.wait_closed()

    assert [response.status_code for response in visit(talk, times=3)] == [200] * 3
    assert len(opened) == 3


def test_a_server_that_says_nothing_is_a_broken_connection() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65536)
        writer.close()

    with pytest.raises(httpx.RemoteProtocolError):
        visit(talk)


def test_a_server_that_nobody_vouches_for_gets_no_request() -> None:
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(65536))
        writer.close()

    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        visit(talk, authority=trustme.CA(), believed=False)
    assert heard == []


def test_a_port_where_nobody_listens_is_no_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    connection = StraightConnection(f"http://127.0.0.1:{port}", context=ssl.create_default_context())
    with pytest.raises(httpx.ConnectError):
        asyncio.run(patch(connection, f"http://127.0.0.1:{port}"))


def test_a_host_that_does_not_answer_is_given_up_in_the_time_to_connect() -> None:
    """Of a server that takes nobody in, the queue is full after a connection or two: then no handshake ends."""
    with socket.socket() as full, contextlib.ExitStack() as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):
            caller = waiting.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(full.getsockname())
        address = f"http://127.0.0.1:{full.getsockname()[1]}"
        connection = StraightConnection(address, context=ssl.create_default_context())
        request = httpx.Request("GET", address, extensions={"timeout": {"connect": 0.2}})
        with pytest.raises(httpx.ConnectTimeout):
            asyncio.run(connection.handle_async_request(request))
