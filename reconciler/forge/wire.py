"""What stands between a forge's client and the wire: limits in one shape, retries that repeat no write, a guard."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import quote

import httpx

from reconciler.forge.forges import Forge
from reconciler.model.secret import Secret
from reconciler.remote.wire.guards import ForbiddenRequestError
from reconciler.remote.wire.transport import PatientRetry

LIMITED: Final = 429
FORBIDDEN: Final = 403


class WriteRetry(PatientRetry):
    """Repeat a write only where it cannot have been carried out: 429, or nothing was sent."""

    def is_retryable_status_code(self, status_code: int) -> bool:
        """Tell whether a status allows another attempt."""
        return status_code == LIMITED

    def increment(self) -> WriteRetry:
        """Return the retry with one more attempt counted."""
        return WriteRetry(
            self.patience,
            methods=frozenset(self.allowed_methods),
            exceptions=tuple(self.retryable_exceptions),
            attempts_made=self.attempts_made + 1,
            elapsed_sleep=self.elapsed_sleep,
        )


class LimitTransport(httpx.AsyncBaseTransport):
    """Answer 429 with Retry-After wherever a forge limits us: GitHub says 403, and names the second of the reset."""

    def __init__(self, inner: httpx.AsyncBaseTransport, *, clock: Callable[[], float]) -> None:
        self._inner = inner
        self._clock = clock

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send, and give an answer about limits its one shape."""
        response = await self._inner.handle_async_request(request)
        wait = _find_wait(response, now=self._clock()) if response.status_code in {FORBIDDEN, LIMITED} else None
        if wait is None:
            return response
        headers = [(name, value) for name, value in response.headers.raw if name.lower() != b"retry-after"]
        headers.append((b"Retry-After", str(wait).encode()))
        return httpx.Response(LIMITED, headers=headers, stream=response.stream, extensions=response.extensions)

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self._inner.aclose()


def _find_wait(response: httpx.Response, *, now: float) -> int | None:
    """Return the whole seconds to wait; None where the answer is about something else."""
    asked = response.headers.get("Retry-After", "").strip()
    if asked.isascii() and asked.isdigit():
        return max(1, int(asked))
    for prefix in ("x-ratelimit", "ratelimit"):
        reset = response.headers.get(f"{prefix}-reset", "").strip()
        if response.headers.get(f"{prefix}-remaining", "").strip() == "0" and reset.isascii() and reset.isdigit():
            return max(1, int(reset) - int(now) + 1)
    return None


class TokenAuth(httpx.Auth):
    """Put the token into the forge's header."""

    def __init__(self, forge: Forge, token: Secret) -> None:
        self._forge = forge
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
        """Add the header to a request."""
        request.headers[self._forge.auth_header] = self._forge.auth_prefix + self._token.reveal()
        yield request


def allow_notes(forge: Forge, api: str, repository: str) -> Callable[[httpx.Request], None]:
    """Let nothing through but reads under the API's address, and the writes of comments, issues and proposals of one repository."""
    start = httpx.URL(api)
    root = start.raw_path.decode().rstrip("/")
    safe = "/" if forge.edit_method == "PATCH" else ""
    writes = [
        (method, _compile(path, quote(repository, safe=safe)))
        for method, path in (
            ("POST", forge.comments),
            ("POST", forge.issues),
            ("POST", forge.issue_comments),
            ("POST", forge.reviews),
            (forge.edit_method, forge.comment),
            (forge.edit_method, forge.issue),
            (forge.edit_method, forge.proposal),
        )
    ]

    def guard(request: httpx.Request) -> None:
        url = request.url
        path = url.raw_path.decode()
        there = (url.scheme, url.host, url.port, url.userinfo) == (start.scheme, start.host, start.port, b"")
        if not there or not path.startswith(f"{root}/"):
            message = f"refused to send {request.method} to {url.host}: it is not the API of {forge.name}"
            raise ForbiddenRequestError(message)
        sought = path[len(root) :]
        if request.method != "GET" and not any(
            request.method == method and pattern.fullmatch(sought) for method, pattern in writes
        ):
            message = f"refused to send {request.method} {sought}: it is no comment, no issue and no proposal"
            raise ForbiddenRequestError(message)

    return guard


def _compile(path: str, repository: str) -> re.Pattern[str]:
    return re.compile(path.format(repository=re.escape(repository), number="[0-9]+", comment="[0-9]+"))
