"""Let an httpx client talk to the sandbox in its own process."""

import httpx
from starlette.types import ASGIApp

from reconciler.sandbox.trouble.faults import AnswerTimedOut, ConnectionDropped, ConnectRefused, Fault

_ERRORS: dict[type[Fault], tuple[type[httpx.TransportError], str]] = {
    ConnectRefused: (httpx.ConnectError, "connection refused"),
    ConnectionDropped: (httpx.ReadError, "connection reset by peer"),
    AnswerTimedOut: (httpx.ReadTimeout, "timed out"),
}


class SandboxTransport(httpx.AsyncBaseTransport):
    """Carry requests to the application, and its faults back as httpx would report them."""

    def __init__(self, app: ASGIApp) -> None:
        self._inner = httpx.ASGITransport(app=app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the application's answer. Raises the errors of a real connection."""
        try:
            return await self._inner.handle_async_request(request)
        except Fault as fault:
            error, message = _ERRORS[type(fault)]
            raise error(message, request=request) from fault

    async def aclose(self) -> None:
        """Close the transport; the application lives on."""
        await self._inner.aclose()
