"""Weigh what came back from a write: the vendor's yes, its no, surely nothing done, or doubt."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

from reconciler.model.endpoints import BatchEndpoint
from reconciler.model.paths import MISSING, Json, pick
from reconciler.remote.wire.answers import Answer, NoAnswer, shorten

_TOO_MANY = 429
_TRANSIENT = frozenset({408, 500, 502, 503, 504})
_WAITING = frozenset({429, 503})
_REFUSES_KEY = frozenset({401, 403})
_CLIENT_ERRORS = range(400, 500)


class Word(StrEnum):
    """Say how far an answer settles what a write did."""

    YES = "yes"
    NO = "no"
    UNTOUCHED = "untouched"
    """Nothing can have been done: the request was never sent, or turned away at the rate limit."""
    DOUBT = "doubt"
    """It may or may not have been done: only reading tells."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a write got. `again` tells whether the same patch may be sent once more when reading finds it undone."""

    word: Word
    message: str
    status: int = 0
    request_id: str = ""
    again: bool = False
    wait_seconds: float = 0.0
    """How long the vendor asked to wait."""

    @property
    def silent(self) -> bool:
        """Tell whether no usable answer came."""
        return self.status == 0 or self.status in _TRANSIENT

    @property
    def refuses_key(self) -> bool:
        """Tell whether the vendor does not let this key write."""
        return self.status in _REFUSES_KEY


def interpret(answer: Answer | NoAnswer) -> Reply:
    """Weigh the answer to a write of one object.

    A no is believed only in the form of the vendor's own errors: all else comes from something in between. In that form it is a
    no with a status of success too. A no after repeated attempts is in doubt: an earlier one may have been carried out.
    """
    if isinstance(answer, NoAnswer):
        return Reply(Word.DOUBT if answer.sent else Word.UNTOUCHED, f"no answer: {answer.reason}", again=True)
    word, again = _weigh(answer)
    return Reply(word, _describe(answer, word), answer.status, answer.request_id, again, _read_wait(answer))


def _weigh(answer: Answer) -> tuple[Word, bool]:
    foreign = answer.value is MISSING
    if answer.status == _TOO_MANY:
        return (Word.UNTOUCHED if answer.attempts == 1 else Word.DOUBT), True
    if answer.status in _TRANSIENT:
        return Word.DOUBT, True
    if answer.succeeded and not answer.own:
        return (Word.DOUBT, True) if foreign and answer.text else (Word.YES, False)
    refused = (answer.succeeded or answer.status in _CLIENT_ERRORS) and answer.own and answer.attempts == 1
    return (Word.NO if refused else Word.DOUBT), False


def _describe(answer: Answer, word: Word) -> str:
    if word is Word.YES:
        return ""
    words = answer.says or answer.text
    return f"HTTP {answer.status}: {words}" if words else f"HTTP {answer.status}"


def _read_wait(answer: Answer) -> float:
    """Read Retry-After, in seconds or as a date; 0 where there is none that makes sense."""
    wish = answer.headers.get("retry-after") if answer.status in _WAITING else None
    if wish is None:
        return 0.0
    if wish.isdecimal():
        return float(wish)
    try:
        return max(0.0, (parsedate_to_datetime(wish) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return 0.0


def interpret_batch(batch: BatchEndpoint, answer: Answer | NoAnswer, *, keys: Sequence[str]) -> Mapping[str, Reply]:
    """Weigh the answer to a batch, entry by entry, matched by key and never by place.

    An entry that is missing, named twice or not of the documented shape is in doubt.
    """
    whole = interpret(answer)
    if isinstance(answer, NoAnswer) or whole.word is not Word.YES:
        return dict.fromkeys(keys, whole)
    entries = _list_entries(batch, answer)
    counts = Counter(str(entry.get(batch.key)) for entry in entries)
    by_key = {str(entry.get(batch.key)): entry for entry in entries}
    doubt = Reply(Word.DOUBT, "", answer.status, answer.request_id, again=True)
    return {key: _weigh_entry(batch, by_key.get(key), counts[key], doubt=doubt) for key in keys}


def find_strangers(batch: BatchEndpoint, answer: Answer | NoAnswer, *, keys: Sequence[str]) -> tuple[str, ...]:
    """List the keys in a batch answer that were not sent."""
    if isinstance(answer, NoAnswer):
        return ()
    named = dict.fromkeys(str(entry.get(batch.key)) for entry in _list_entries(batch, answer))
    return tuple(shorten(key) for key in named if key not in keys)


def _list_entries(batch: BatchEndpoint, answer: Answer) -> list[Mapping[str, Json]]:
    found = MISSING if answer.value is MISSING else pick(answer.value, batch.results)
    return [entry for entry in found if isinstance(entry, Mapping)] if isinstance(found, list) else []


def _weigh_entry(
    batch: BatchEndpoint,
    entry: Mapping[str, Json] | None,
    count: int,
    *,
    doubt: Reply,
) -> Reply:
    if entry is None:
        return replace(doubt, message="the batch answer left it out")
    success = entry.get(batch.success)
    if count > 1 or not isinstance(success, bool):
        return replace(doubt, message="the batch answer is not clear about it")
    if success:
        return replace(doubt, word=Word.YES, again=False)
    return replace(doubt, word=Word.NO, again=False, message=shorten(_quote_error(entry.get(batch.error))))


def _quote_error(error: Json) -> str:
    if isinstance(error, Mapping):
        words = [error[key] for key in ("message", "error_message", "error") if isinstance(error.get(key), str)]
        return words[0] if words else json.dumps(error, ensure_ascii=False)
    return str(error) if error else "refused without a reason"
