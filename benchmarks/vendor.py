"""Play Galtea and Fluents over a loopback port with a fixed delay, so cheaply that what is measured is the client.

The whole sandbox (`reconciler sandbox serve`) is more faithful and slower; here only the calls that a plan and an apply
of phone connections, or of Fluents' numbers, send are answered. `GET /count` tells how many requests were answered by method, and the seconds of
processor time that the server took for them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import socket
import time
from collections import Counter
from typing import Any
from urllib.parse import parse_qs

import uvicorn

_ACCOUNT = re.compile(r"^/(galtea|fluents)-\d+")
"""The path of one of several accounts, which hold the same."""
VOICES = [{"id": name, "name": name} for name in ("sarah", "theo", "megan", "jack")]


def make_connection(place: int) -> dict[str, Any]:
    """Return the live object at a place of the list."""
    return {
        "id": f"phoneConnection_{place:05d}",
        "productId": f"product_{place // 100:03d}",
        "userId": "user_1",
        "name": f"Line {place:05d}",
        "phoneNumber": f"+1202{place:07d}",
        "voice": "sarah",
        "languageCode": "en-US",
        "agentSpeaksFirst": False,
        "createdAt": "2026-01-01T00:00:00.000Z",
        "deletedAt": None,
    }


def make_number(place: int) -> dict[str, Any]:
    """Return the live number at a place of Fluents' list."""
    return {
        "id": f"00000000-0000-4000-8000-{place:012d}",
        "user_id": "user_1",
        "number": f"+1202{place:07d}",
        "active": True,
        "label": f"Line {place:05d}",
        "description": f"Answers for customer {place // 100}",
        "outbound_only": False,
        "example_context": {},
        "inbound_agent": None,
        "inbound_agent_name": None,
        "telephony_provider": "twilio",
        "telephony_account_connection": None,
    }


class Vendor:
    """Answer after the delay."""

    def __init__(self, count: int, seconds: float) -> None:
        rows = (make_connection(place) for place in range(count))
        self.rows = {row["id"]: row for row in rows}
        self.numbers = {row["number"]: row for row in map(make_number, range(count))}
        self.seconds = seconds
        self.served: Counter[str] = Counter()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        status, value = await self.answer(
            scope["method"], scope["path"], parse_qs(scope["query_string"].decode()), body
        )
        content = json.dumps(value).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def answer(self, method: str, path: str, query: dict[str, list[str]], body: bytes) -> tuple[int, Any]:
        path = _ACCOUNT.sub("", path)
        if path == "/count":
            return 200, {**self.served, "seconds": time.process_time()}
        self.served[method] += 1
        await asyncio.sleep(self.seconds)
        if path == "/phoneConnections/voices":
            return 200, {"voices": VOICES}
        if path == "/phoneConnections":
            return 200, self.list_rows(query)
        if path.startswith("/numbers"):
            return self.answer_number(method, path, query, body)
        row = self.rows.get(path.rpartition("/")[2])
        if row is None:
            return 404, {"error": "Not Found", "message": "Phone connection not found"}
        if method == "PATCH":
            row.update(json.loads(body))
        return 200, row

    def answer_number(self, method: str, path: str, query: dict[str, list[str]], body: bytes) -> tuple[int, Any]:
        if path == "/numbers/list":
            page, size = int(query["page"][0]), int(query["size"][0])
            rows = list(self.numbers.values())
            cut = rows[(page - 1) * size : page * size]
            more = page * size < len(rows)
            return 200, {"items": cut, "page": page, "size": size, "has_more": more, "total": len(rows)}
        row = self.numbers.get(query["phone_number"][0])
        if row is None:
            return 404, {"statusCode": 404, "message": "Not found", "error": "Not Found"}
        if method == "POST":
            row.update(json.loads(body))
        return 201 if method == "POST" else 200, row

    def list_rows(self, query: dict[str, list[str]]) -> list[dict[str, Any]]:
        if "ids" in query:
            rows = [self.rows[key] for key in query["ids"] if key in self.rows]
        else:
            rows = list(self.rows.values())
        offset, limit = int(query.get("offset", ["0"])[0]), int(query.get("limit", ["10000"])[0])
        return rows[offset : offset + limit]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="phone connections")
    parser.add_argument("--delay", type=float, default=50, help="milliseconds that each answer takes longer")
    options = parser.parse_args()
    listener = socket.create_server(("127.0.0.1", 0))
    # What is accepted inherits it. asyncio sets it only on sockets that name their protocol: without it the kernel keeps the body of
    # each answer for 40 ms, until the client has acknowledged the head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    print(listener.getsockname()[1], flush=True)
    vendor = Vendor(options.count, options.delay / 1000)
    config = uvicorn.Config(vendor, log_level="warning", lifespan="off", ws="none")
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
