"""What one vendor may answer, as data: each bend takes the vendor's honest answer and returns what comes instead."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any
from urllib.parse import quote

import httpx

from tests.cli.stage import KEYS

KEY = "gsk_9f8e7d6c5b4a-3210_ZYXW"
Bend = Callable[[httpx.Request, httpx.Response], httpx.Response]


class Meddler(httpx.AsyncBaseTransport):
    """Stand between our client and one vendor, and bend what comes back; count what was asked."""

    def __init__(self, inner: httpx.AsyncBaseTransport, bend: Bend, methods: frozenset[str]) -> None:
        self._inner, self._bend, self._methods = inner, bend, methods
        self.requests = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        response = await self._inner.handle_async_request(request)
        await response.aread()
        if request.method not in self._methods or not response.is_success:
            return response
        return self._bend(request, response)


class Rekey(httpx.AsyncBaseTransport):
    """Put the sandbox's key where ours stands: ours looks like a real one."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        headers = dict(request.headers)
        if headers["authorization"] == f"Bearer {KEY}":
            headers["authorization"] = f"Bearer {KEYS['GALTEA_API_KEY']}"
        await request.aread()
        return await self._inner.handle_async_request(
            httpx.Request(request.method, request.url, headers=headers, content=request.content)
        )


class Stream(httpx.AsyncByteStream):
    """A body that is made as it is read."""

    def __init__(self, piece: bytes, count: int | None = None) -> None:
        self._piece, self._count = piece, count
        self.sent = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self._count is None or self.sent < self._count:
            self.sent += 1
            yield self._piece


def rows_with(**fields: Any) -> Bend:
    """Lay fields over every object that is answered."""

    def lay(value: Any) -> Any:
        if isinstance(value, list):
            return [lay(row) for row in value]
        return {**value, **fields} if isinstance(value, Mapping) and "id" in value else value

    def bend(_request: httpx.Request, response: httpx.Response) -> httpx.Response:
        return httpx.Response(response.status_code, content=json.dumps(lay(response.json())))

    return bend


def rows_named(name: str) -> Bend:
    return rows_with(**{name: "x"})


def answer(status: int, content: bytes | str, **headers: str) -> Bend:
    """Answer this and nothing else."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _request, _response: httpx.Response(status, content=content, headers=named)


def stream(piece: bytes, count: int | None = None, **headers: str) -> Bend:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _request, _response: httpx.Response(200, stream=Stream(piece, count), headers=named)


def rewrite(old: bytes, new: bytes) -> Bend:
    """Replace octets of the body, where it has them."""

    def bend(_request: httpx.Request, response: httpx.Response) -> httpx.Response:
        return httpx.Response(response.status_code, content=response.content.replace(old, new))

    return bend


def relabel(status: int, **headers: str) -> Bend:
    """Leave the body, under another status and with more headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _request, response: httpx.Response(status, content=response.content, headers=named)


def list_twice(_request: httpx.Request, response: httpx.Response) -> httpx.Response:
    """List every object a second time, with another voice."""
    rows = response.json()
    again = [{**row, "voice": "theo"} for row in rows] if isinstance(rows, list) else []
    return httpx.Response(200, content=json.dumps([*rows, *again] if again else rows))


def show_key_everywhere(request: httpx.Request, response: httpx.Response) -> httpx.Response:
    """Put the key wherever it spoils nothing that is declared."""
    for bend in HARMLESS.values():
        response = bend(request, response)
    return response


_BOMB = gzip.compress(b"[" + b" " * 2**20 * 64 + b"]")

SPOILING: Mapping[str, Bend] = {
    "the key as a value": rows_with(voice=KEY),
    "the key in upper case": rows_with(voice=KEY.upper()),
    "the key within a text": rows_with(voice=f"see {KEY} there"),
    "the key percent-encoded": rows_with(voice="".join(f"%{ord(sign):02X}" for sign in KEY)),
    "the key percent-encoded twice": rows_with(voice=quote(quote(KEY + "/", safe=""), safe="")),
    "the key in base64": rows_with(voice=b64encode(f"Bearer {KEY}".encode()).decode()),
    "the key in base64, one further": rows_with(voice=b64encode(f"Bearer:{KEY}!".encode()).decode()),
    "the longer part of the key": rows_with(voice=f"{KEY[:16]}..."),
    "the key deep within": rows_with(voice={"deep": [{"er": KEY}]}),
    "the key as a name deep within": rows_with(voice={"deep": {KEY: 1}}),
    "the key as an id": rows_with(id=KEY),
    "half of a surrogate pair": rows_with(voice="\ud83d"),
}
"""A declared field, or the identity, cannot be used: unknown."""

HARMLESS: Mapping[str, Bend] = {
    "the key in a field that is not ours": rows_with(name=KEY, note={"x": [KEY]}),
    "the key as a field's name": rows_named(KEY),
    "half of a surrogate pair elsewhere": rows_with(name="\udc00 line"),
    "the key in headers": relabel(200, content_type=f"application/json; x={KEY}", x_request_id=KEY),
    "an encoding of text that is none": relabel(200, content_type="application/json; charset=hex"),
}
"""What is declared can be compared and planned all the same, and nothing is shown that should not be."""

UNTELLING: Mapping[str, Bend] = {
    "a part of the object": relabel(206),
    "an object changed on its way": relabel(203),
    "a promise": relabel(202),
    "a name twice": rewrite(b'"voice":', b'"voice":"theo","voice":'),
    "an id twice with different content": list_twice,
    "a number beyond all bounds": rewrite(b'"agentSpeaksFirst":false', b'"agentSpeaksFirst":1e999'),
    "a gateway without a route": answer(404, '{"message": "no Route matched with those values"}'),
    "a gateway in front of the vendor": answer(404, '{"statusCode": 404, "message": "Resource not found"}'),
    "a framework's own 404": answer(
        404, '{"timestamp": 1, "status": 404, "error": "Not Found", "message": "-", "path": "/"}'
    ),
    "a page": answer(404, "<html><title>404</title></html>"),
    "a page with the key torn by marks": answer(502, f"<title>{KEY[:9]}<i></i>{KEY[9:]}</title>"),
    "nothing": answer(200, b""),
    "brackets without end": answer(200, b"[" * 100_000),
    "depth that JSON allows": answer(200, b'{"a":' * 500 + b"1" + b"}" * 500),
    "more values than fit": answer(200, b"[" + b"{}," * 1_000_001 + b"{}]"),
    "a bomb": stream(_BOMB, 1, content_encoding="gzip"),
    "three bombs in each other": stream(gzip.compress(gzip.compress(_BOMB)), 1, content_encoding="gzip, gzip, gzip"),
    "an encoding nobody asked for": stream(b"\x1b\x00", 1, content_encoding="br"),
    "a compressed body that breaks off": stream(gzip.compress(b"[]" * 99)[:-9], 1, content_encoding="gzip"),
    "a body without end": stream(b" " * 2**20),
    "a wait without end": answer(429, "{}", retry_after="9" * 400),
    "a wait until the end of days": answer(503, "{}", retry_after="Fri, 31 Dec 99999999999 23:59:59 GMT"),
    "another place": answer(302, "", location=f"https://elsewhere.invalid/?k={KEY}\x1b[2J"),
}
"""Nothing is known of the object."""
