"""What a forge may answer, to whatever it is asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from tests.ci.fake_forge import ROBOT, TOKEN, FakeForge
from tests.hostile.papers import TEXT

MOST_REQUESTS = 1_000
"""250 commits, and 100 pages each of commits, comments and issues, are the most that one command asks for."""
Answer = Callable[[int], Response]


def say(value: Any, status: int = 200, **headers: str) -> Answer:
    """Answer the same, always."""
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return lambda _number: Response(content, status, named, "application/json")


def list_without_end(number: int) -> Response:
    """List a hundred notes that nobody has seen yet, and name another page."""
    rows = [{"id": place, "number": place, "body": TEXT, "user": {"login": "x"}} for place in range(number * 100, number * 100 + 100)]  # fmt: skip
    link = '<https://elsewhere.invalid/?page=2>; rel="next"'
    return Response(json.dumps(rows), 200, {"Link": link}, "application/json")


NOTE = {"id": 1, "number": 1, "body": "<!-- reconciler:plan:a -->" + TEXT, "user": {"login": ROBOT}, "html_url": TEXT}
ANSWERS: Mapping[str, Answer] = {
    "no JSON": say(b"<html><title>no</title>"),
    "nothing": say(b""),
    "brackets without end": say(b"[" * 200_000),
    "depth": say(b'{"message":' * 5_000 + b"1" + b"}" * 5_000, 422),
    "numbers": say([1, 2, 3]),
    "a text": say("x"),
    "rows of nothing": say([{}, None, [], {"user": None, "number": True}]),
    "an author without a name": say([{**NOTE, "user": None}]),
    "our own mark, and texts that deceive": say([NOTE]),
    "the token": say({"message": f"bad {TOKEN} {TEXT}"}, 403),
    "another place": say({}, 302, Location=f"https://elsewhere.invalid/{TOKEN}"),
    "a wait without end": say({}, 429, Retry_After="9" * 300),
    "a body that is too large": say(b" " * (17 * 2**20)),
    "a list without end": list_without_end,
}


class Answering(FakeForge):
    """A forge that answers everything in one way."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self._answer = answer

    async def answer(self, request: Request) -> Response:
        """Answer, and count."""
        self.seen.append((request.method, request.url.path))
        return self._answer(len(self.seen))
