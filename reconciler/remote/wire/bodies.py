"""Take in the body of an answer: no more of it than fits, as one JSON document that means one thing, and without our keys.

What a vendor sends is data, whatever it is: the worst that it can do is to tell nothing.
"""

from __future__ import annotations

import json
import math
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import httpx

from reconciler.model.paths import MISSING, Json, Missing
from reconciler.model.spoiled import HOLDS_KEY, NOT_TEXT, Spoiled
from reconciler.remote.wire.sieve import Sieve

LARGEST_BODY: Final = 16 * 2**20
"""Octets of a decoded body. The largest honest page, a hundred objects with long prompts, has a tenth of that."""
MOST_VALUES: Final = 1_000_000
"""Values in a document: what bounds the memory that a body of brackets and commas takes."""
DEEPEST: Final = 64
ACCEPTED_ENCODING: Final = "gzip"

_UNDONE_HEADERS: Final = frozenset({"content-encoding", "content-length", "transfer-encoding", "set-cookie"})
_ANY_ZLIB_HEADER: Final = 47
_LARGE_NUMBER: Final = 10**7


class UnfitBodyError(httpx.HTTPError):
    """The body of an answer cannot be taken in. Asking again would bring the same, so it is not repeated."""


async def take_in(response: httpx.Response) -> httpx.Response:
    """Read a response's body within the limits and return the response as if it had come uncompressed."""
    try:
        content = response.content if response.is_stream_consumed else await _read(response)
    finally:
        await response.aclose()
    _bound(len(content))
    kept = [(name, value) for name, value in response.headers.multi_items() if name.lower() not in _UNDONE_HEADERS]
    return httpx.Response(response.status_code, headers=kept, content=content, extensions=response.extensions)


async def _read(response: httpx.Response) -> bytes:
    encodings = _list_encodings(response)
    if not set(encodings) <= {"gzip", "x-gzip", "deflate"} or len(encodings) > 1:
        message = f"the body is encoded as {', '.join(encodings)[:60]}, which was not asked for"
        raise UnfitBodyError(message)
    unpack = zlib.decompressobj(_ANY_ZLIB_HEADER) if encodings else None
    body = bytearray()
    async for piece in response.aiter_raw():
        try:
            body += piece if unpack is None else unpack.decompress(piece, LARGEST_BODY + 1 - len(body))
        except zlib.error as error:
            raise httpx.DecodingError(str(error)) from error
        _bound(len(body))
    if unpack is not None and body and not unpack.eof:
        message = "the compressed body breaks off"
        raise httpx.DecodingError(message)
    return bytes(body)


def _list_encodings(response: httpx.Response) -> tuple[str, ...]:
    named = response.headers.get_list("content-encoding", split_commas=True)
    return tuple(name.strip().lower() for name in named if name.strip().lower() not in {"", "identity"})


def _bound(length: int) -> None:
    if length > LARGEST_BODY:
        message = f"the body is larger than {LARGEST_BODY // 2**20} MiB"
        raise UnfitBodyError(message)


@dataclass(frozen=True, slots=True)
class Document:
    """A body as JSON, without keys of ours; MISSING where it is empty or no such document, and then `fault` may say why."""

    value: Json | Missing = MISSING
    fault: str = ""


class _UnfitDocumentError(ValueError):
    """The body is JSON by its form, but nothing can be concluded from it."""


def parse(content: bytes, *, sieve: Sieve) -> Document:
    """Read a body. A key that stands twice in one object, or a number that no double holds, makes the document useless."""
    if not content.strip():
        return Document()
    try:
        value = json.loads(
            content, parse_constant=_refuse_constant, parse_float=_read_float, object_pairs_hook=_ObjectReader({}).read
        )
        texts = list_texts(value)
    except _UnfitDocumentError as error:
        return Document(fault=sieve.redact(str(error)))
    except RecursionError:
        return Document(fault="JSON that nests too deep")
    except ValueError:
        return Document()
    together = "\0".join(texts)
    if _is_text(together) and not sieve.holds(together):
        return Document(value)
    return Document(_clean(value, sieve))


def _refuse_constant(name: str) -> Json:
    message = f"{name} is not JSON"
    raise ValueError(message)


def _read_float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        message = "JSON with a number beyond all bounds"
        raise _UnfitDocumentError(message)
    return number


@dataclass(frozen=True, slots=True)
class _ObjectReader:
    """Read the objects of one document; a text that many of them hold is kept once."""

    texts: dict[str, str]

    def read(self, pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        """Make an object of its pairs; refuse a key that stands twice."""
        share = self.texts.setdefault
        read = {name: share(value, value) if type(value) is str else value for name, value in pairs}
        if len(read) < len(pairs):
            twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
            message = f"JSON with the key {twice[:60]!r} twice in one object"
            raise _UnfitDocumentError(message)
        return read


def list_texts(value: Json) -> list[str]:
    """List all texts of a document, keys too, level by level; raise where it is too deep or holds too much."""
    texts: list[str] = []
    level: list[Json] = [value]
    count = depth = 0
    while level:
        count, depth = count + len(level), depth + 1
        if count > MOST_VALUES or depth > DEEPEST:
            message = (
                f"JSON with more than {MOST_VALUES:,} values" if count > MOST_VALUES else "JSON that nests too deep"
            )
            raise _UnfitDocumentError(message)
        level = _take_texts(level, texts)
    return texts


def _take_texts(level: list[Json], texts: list[str]) -> list[Json]:
    """Add the texts of one level, and return the values below it; a document has ten thousands of them."""
    below: list[Json] = []
    for value in level:
        kind = type(value)
        if kind is str:
            texts.append(value)
        elif kind is dict:
            texts += value
            below += value.values()
        elif kind is list:
            below += value
        else:
            texts += _list_own_texts(value)
    return below


def _list_own_texts(value: Json) -> Iterable[str]:
    if isinstance(value, str):
        return (value,)
    return (str(value),) if isinstance(value, int) and value > _LARGE_NUMBER else ()


def _clean(value: Json, sieve: Sieve) -> Json:
    """Copy a document with every text that may not be kept marked as spoiled."""
    if isinstance(value, dict):
        return {_clean(name, sieve): _clean(inner, sieve) for name, inner in value.items()}
    if isinstance(value, list):
        return [_clean(inner, sieve) for inner in value]
    for text in _list_own_texts(value):
        if not _is_text(text):
            return Spoiled(sieve.redact(text.encode("utf-8", "replace").decode()), why=NOT_TEXT)
        if sieve.holds(text):
            return Spoiled(sieve.redact(text), why=HOLDS_KEY)
    return value


def _is_text(text: str) -> bool:
    """Tell whether a text can be written in UTF-8: JSON can spell half of a surrogate pair."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
