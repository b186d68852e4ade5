"""Check JSON values against the few kinds that the vendors' documents speak of."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

E164 = re.compile(r"\+[1-9][0-9]{1,14}\Z")


def read_moment(text: str) -> datetime:
    """Return the moment that an ISO 8601 text stands for, UTC where it names no zone. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _is_moment(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(read_moment(value))
    except ValueError:
        return False


KINDS: Mapping[str, Callable[[object], bool]] = MappingProxyType(
    {
        "string": lambda value: isinstance(value, str),
        "boolean": lambda value: isinstance(value, bool),
        "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
        "object": lambda value: isinstance(value, dict),
        "array": lambda value: isinstance(value, list),
        "phone": lambda value: isinstance(value, str) and E164.match(value) is not None,
        "moment": _is_moment,
        "environment": lambda value: isinstance(value, str) and value in {"sandbox", "pre-release", "live"},
        "region": lambda value: isinstance(value, str) and value in {"us", "uk", "eu", "studio"},
    }
)


def fits(value: object, kind: str) -> bool:
    """Tell whether a JSON value is of a kind.

    A kind is a name of `KINDS`, several joined by `|`, and `?` at the end where null is allowed too.
    """
    if value is None:
        return kind.endswith("?")
    return any(KINDS[name](value) for name in kind.removesuffix("?").split("|"))


PHONE_KINDS: Mapping[str, str] = {
    "name": "string",
    "base_prompt": "string",
    "handoff_phone_number": "string",
    "initial_message": "string",
    "language": "string",
    "emotion_recognition": "boolean",
    "elevenlabs_voice_id": "string",
    "voice_speed": "number",
    "speaks_first": "string",
    "wait_time_before_ending_call": "number",
    "call_max_duration": "number",
    "awaiting_response_messages": "string",
    "awaiting_response_max_spoken_count": "number",
    "awaiting_response_timeout": "number",
}
"""What may be written to an OpenCopilot phone agent, in the kinds above."""
