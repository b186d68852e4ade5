"""Stand between the network and a vendor: what a proxy, a rate limiter or a bad line does to requests."""

import math
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from email.utils import formatdate

from reconciler.sandbox.trouble.dial import Dial
from reconciler.sandbox.trouble.faults import AnswerTimedOut, ConnectionDropped, ConnectRefused

Headers = tuple[tuple[str, str], ...]
_PAGE = b"<!DOCTYPE html><html><head><title>Gateway</title></head><body><h1>Please stand by</h1></body></html>\n"
_SUCCESS = range(200, 300)
_FIRST_ERROR = 400


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and body, as they go over the wire."""

    status: int
    headers: Headers
    body: bytes

    def find(self, name: str) -> str:
        """Return a header, empty where it is missing."""
        return next((value for key, value in self.headers if key.lower() == name), "")


@dataclass(frozen=True, slots=True)
class Denial:
    """An error that the vendor is to give its own shape."""

    status: int
    message: str
    headers: Headers = ()


class Gate:
    """Apply the vices that need not understand a request."""

    def __init__(self, dial: Dial, clock: Callable[[], float]) -> None:
        self._dial = dial
        self._clock = clock
        self._served: dict[str, deque[float]] = {}

    def refuse_connection(self, provider: str, side: str) -> None:
        """Raise ConnectRefused where nothing can be sent."""
        if self._dial.strikes("connect-error", provider, side):
            raise ConnectRefused(provider)

    def delay(self, provider: str, side: str) -> float:
        """Return how many seconds an answer is late."""
        vice = self._dial.find("slow", provider, side)
        return 0.0 if vice is None else (vice.count or 0) / 1000

    def stop(self, provider: str, side: str) -> Answer | Denial | None:
        """Return the answer of a request that never reaches the vendor, None where it does."""
        if self._dial.strikes("drop-before-commit", provider, side):
            raise ConnectionDropped(provider)
        if self._dial.strikes("timeout-before-commit", provider, side):
            raise AnswerTimedOut(provider)
        return self._stop_at_proxy(provider, side) or self._deny(provider, side) or self._limit(provider, side)

    def spoil(self, provider: str, side: str, answer: Answer, told: Iterable[str]) -> Answer:
        """Return what becomes of a vendor's answer on its way back; `told` is what the request told it."""
        if answer.status in _SUCCESS:
            self._break_line(provider, side)
            if side == "writes" and self._dial.strikes("empty-201", provider, side):
                return Answer(201, (("content-length", "0"),), b"")
            if answer.body and self._dial.strikes("truncated-json", provider, side):
                answer = replace(answer, body=answer.body[: len(answer.body) // 2])
        elif answer.status >= _FIRST_ERROR and self._dial.has("echo-secret", provider):
            answer = replace(answer, body=_echo(answer.body, " ".join(told)))
        if self._dial.find("wrong-content-type", provider, side) and "json" in answer.find("content-type"):
            answer = replace(answer, headers=_set_header(answer.headers, "content-type", "text/plain"))
        return replace(answer, headers=_set_header(answer.headers, "content-length", str(len(answer.body))))

    def _break_line(self, provider: str, side: str) -> None:
        if self._dial.strikes("drop-after-commit", provider, side):
            raise ConnectionDropped(provider)
        if self._dial.strikes("timeout-after-commit", provider, side):
            raise AnswerTimedOut(provider)

    def _stop_at_proxy(self, provider: str, side: str) -> Answer | None:
        for status in (200, 404, 502):
            if self._dial.strikes(f"html-{status}", provider, side):
                return Answer(status, (("content-type", "text/html"),), _PAGE)
        if self._dial.strikes("redirect", provider, side):
            return Answer(302, (("location", "https://elsewhere.invalid/"),), b"")
        return None

    def _deny(self, provider: str, side: str) -> Denial | None:
        for name, status, message in (
            ("down", 503, "Service unavailable"),
            ("forbidden", 403, "Forbidden"),
            ("expired-key", 401, "The key has expired"),
        ):
            if self._dial.find(name, provider, side):
                return Denial(status, message)
        flaky = self._dial.find("flaky-503", provider, side)
        if flaky and flaky.count and self._dial.count("flaky-503", provider) % flaky.count == 0:
            return Denial(503, "Service unavailable")
        return None

    def _limit(self, provider: str, side: str) -> Denial | None:
        late = self._dial.find("late-429", provider, side)
        if late and self._dial.count("late-429", provider) == (late.count or 0) + 1:
            return _slow_down("1")
        dated = self._dial.find("retry-after-date", provider, side)
        if dated and self._dial.count("retry-after-date", provider) == 1:
            # A second is lost to the format.
            return _slow_down(formatdate(time.time() + 2, usegmt=True))
        return self._limit_rate(provider, side)

    def _limit_rate(self, provider: str, side: str) -> Denial | None:
        vice = self._dial.find("rate-limit", provider, side)
        if vice is None or vice.count is None:
            return None
        now, served = self._clock(), self._served.setdefault(provider, deque())
        while served and served[0] <= now - vice.seconds:
            served.popleft()
        if len(served) >= vice.count:
            wait = served[0] + vice.seconds - now if served else vice.seconds
            return _slow_down(str(max(1, math.ceil(wait))))
        served.append(now)
        return None


def _slow_down(retry_after: str) -> Denial:
    return Denial(429, "Too many requests", (("retry-after", retry_after),))


def _set_header(headers: Headers, name: str, value: str) -> Headers:
    return (*((key, old) for key, old in headers if key.lower() != name), (name, value))


def _echo(body: bytes, told: str) -> bytes:
    """Add what a request told to every message of a JSON error, and to the end of any other."""
    import json

    try:
        document = json.loads(body)
    except ValueError:
        return body + told.encode()
    for name in ("message", "error_message"):
        if isinstance(document.get(name), str):
            document[name] += f" (got {told})"
    return json.dumps(document).encode()
