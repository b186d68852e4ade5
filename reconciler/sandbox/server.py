"""Serve the sandbox on a loopback port."""

import asyncio
import ipaddress
import socket

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from reconciler.sandbox.trouble.faults import Fault

Peer = tuple[str, int]


class Door:
    """Turn a fault into a connection that ends without an answer."""

    def __init__(self, app: ASGIApp, lines: dict[Peer, asyncio.Transport]) -> None:
        self._app = app
        self._lines = lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, or hang up."""
        try:
            await self._app(scope, receive, send)
        except Fault:
            self._lines[scope["client"]].abort()
            # The server would answer 500 unless it has noticed that the client is gone.
            while (await receive())["type"] != "http.disconnect":
                pass


def open_listener(*, port: int, host: str = "127.0.0.1") -> socket.socket:
    """Open a port, on loopback only: these vendors know every key. 0 takes any free one.

    Raises ValueError for another host, OSError where the port is taken.
    """
    if not _is_loopback(host):
        msg = f"the sandbox listens on loopback only, not on {host}"
        raise ValueError(msg)
    listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    # What is accepted inherits it. asyncio sets it only on sockets that name their protocol, and without it the kernel keeps the
    # body of each answer for 40 ms, until the client has acknowledged the head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def serve(app: ASGIApp, *, listener: socket.socket) -> None:
    """Serve on an open port until interrupted."""
    lines: dict[Peer, asyncio.Transport] = {}
    protocol = _make_protocol(lines)
    door = Door(app, lines)
    config = uvicorn.Config(door, http=protocol, log_level="warning", lifespan="off", ws="none")
    uvicorn.Server(config).run(sockets=[listener])


def _make_protocol(lines: dict[Peer, asyncio.Transport]) -> type[asyncio.Protocol]:
    class KnownLines(H11Protocol):
        """Remember each open connection by its client's address."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the class it extends
            lines[transport.get_extra_info("peername")[:2]] = transport
            super().connection_made(transport)

        def connection_lost(self, exc: Exception | None) -> None:
            lines.pop(self.client, None)  # type: ignore[arg-type]  # an address, once connected
            super().connection_lost(exc)

    return KnownLines


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
