"""What became of one HTTP request, as values that are safe to keep and to show: no key of ours passes this door."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.model.paths import MISSING, FieldPath, Json, Missing, pick
from reconciler.remote.wire.bodies import Document, parse
from reconciler.remote.wire.sieve import Sieve

if TYPE_CHECKING:
    import httpx

    from reconciler.model.resource_type import Provider

EXCERPT_LENGTH = 200
URL_LENGTH = 160
_SHOWN_HEADERS = ("content-type", "location", "retry-after")
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_WHOLE = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answered after all retries.

    `value` is the JSON body, MISSING where the body is empty or no JSON document that means one thing; what it may not hold is
    marked in it as `Spoiled`. `text` is a short excerpt of a body that is not JSON. `says` is the vendor's own error message.
    `own` tells whether the body has all that an error of this vendor has, `form` whether it has nothing else. `size` counts
    its octets. `attempts` above one means that an earlier attempt got 429 or 5xx, or did not connect: a 5xx may hide a commit.
    `seconds` runs from the first attempt to the end of the last one, waiting for retries included.
    """

    status: int
    value: Json | Missing
    text: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    request_id: str = ""
    url: str = ""
    seconds: float = 0.0
    method: str = "GET"
    says: str = ""
    attempts: int = 1
    own: bool = False
    form: bool = False
    size: int = 0

    @property
    def succeeded(self) -> bool:
        """Tell whether the status is one of success: the vendors answer 200, 201 and 204 alike."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the class of an HTTP status is its first digit

    @property
    def whole(self) -> bool:
        """Tell whether a read got what it asked for: 206 is a part, 203 was changed on its way, 202 is a promise."""
        return self.status == _WHOLE

    def name_request(self) -> str:
        """Name the request and the status that it got, without the vendor's words."""
        return f"{self.method} {shorten(self.url, length=URL_LENGTH)} -> {self.status}"

    def describe(self) -> str:
        """Name the request and what it got: for a reason that a person reads."""
        words = self.says or self.text
        shown = self.name_request()
        shown += f': "{words}"' if words else ""
        return shown + (f" (request id {self.request_id})" if self.request_id else "")


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """No answer came. `sent` is False only where nothing can have reached the server, in any attempt.

    `unaskable` tells that the service is well all the same: only this one question cannot be asked. `advice` says what to do
    where that is known better than of any failure to connect.
    """

    sent: bool
    reason: str
    seconds: float = 0.0
    url: str = ""
    method: str = "GET"
    unaskable: bool = False
    advice: str = ""

    def describe(self) -> str:
        """Name the request and why it has no answer."""
        return f"{self.method} {shorten(self.url, length=URL_LENGTH)} -> no answer: {self.reason}"


def shorten(text: str, *, length: int = EXCERPT_LENGTH) -> str:
    """Put a text on one line, without control characters, no longer than `length`."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= length else line[: length - 1] + "…"


def read_answer(response: httpx.Response, *, provider: Provider, sieve: Sieve, url: str) -> Answer:
    """Turn a response whose body was read into an answer; the caller adds method, time and attempts."""
    document = parse(response.content, sieve=sieve)
    keys = document.value.keys() if isinstance(document.value, Mapping) else frozenset()
    own = bool(provider.error_form) and provider.error_form <= keys
    says = _find_message(document.value, provider.error_messages) if own or not response.is_success else ""
    return Answer(
        status=response.status_code,
        value=document.value,
        text=shorten(sieve.redact(_excerpt(response.content, document))),
        headers={
            name: shorten(sieve.redact(response.headers[name])) for name in _SHOWN_HEADERS if name in response.headers
        },
        request_id=shorten(sieve.redact(_find_request_id(response, provider))),
        url=sieve.redact(url),
        says=shorten(sieve.redact(says)),
        own=own,
        form=own and keys <= provider.error_form,
        size=len(response.content),
    )


def _excerpt(content: bytes, document: Document) -> str:
    """Quote a body that is not JSON; a cut JSON document may hold secrets of the account, so it is only named."""
    text = content[: 100 * EXCERPT_LENGTH].decode("utf-8", "replace").strip()
    if document.value is not MISSING or not text:
        return ""
    if document.fault:
        return document.fault
    if text.startswith(("{", "[")):
        return f"{len(content)} bytes of JSON that breaks off or is malformed"
    title = _TITLE.search(text)
    if title:
        return f"HTML page: {_TAG.sub('', title.group(1))}"
    return ("HTML page: " if text.startswith("<") else "") + _TAG.sub(" ", text)


def _find_message(value: Json | Missing, pointers: tuple[FieldPath, ...]) -> str:
    for path in pointers:
        found = pick(value, path)
        if isinstance(found, str) and found:
            return str(found)
        if isinstance(found, list) and found:
            return "; ".join(str(part) for part in found)
    return ""


def _find_request_id(response: httpx.Response, provider: Provider) -> str:
    return response.headers.get(provider.request_id_header, "") if provider.request_id_header else ""
