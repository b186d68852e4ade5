"""Decide what an unquoted scalar is, by the types that its field may have.

A field of text takes exactly the characters that were written. Booleans and numbers take the forms of the YAML 1.2 core
schema and nothing else; what that schema would change in silence is refused for a typed field and stays text in an
untyped place: digits with a leading plus (a phone number) and digits with a leading zero (a code).
"""

from __future__ import annotations

import math
import re
from typing import Final

from reconciler.config.text.source import quote
from reconciler.model.paths import Json

NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})

_BOOLEANS: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_YES: Final = {"yes": "true", "y": "true", "on": "true", "no": "false", "n": "false", "off": "false"}
_DIGITS: Final = re.compile(r"[-+]?[0-9]+")
_BASED: Final = re.compile(r"0x[0-9a-fA-F]+|0o[0-7]+")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE: Final = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_LEADING_ZERO: Final = re.compile(r"[-+]?0[0-9]+")
_LONGEST_NUMBER: Final = 300

NAMES: Final = {
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "a mapping",
    "array": "a list",
    "null": "null",
}
"""JSON types as people say them."""


class WrongTypeError(Exception):
    """The scalar cannot be of the wanted type; `advice` is the fix."""

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(message)
        self.advice = advice


def name_types(types: frozenset[str]) -> str:
    """Name JSON types for people."""
    return " or ".join(NAMES[name] for name in NAMES if name in types)


def convert_scalar(text: str, types: frozenset[str]) -> Json:
    """Convert an unquoted scalar that is not null; raise WrongTypeError where it is of none of the types.

    With no types the place is untyped and the core schema decides.
    """
    wanted = types - {"null"}
    if wanted == {"string"}:
        return str(text)
    if wanted == {"boolean"}:
        return _read_boolean(text)
    if wanted in ({"integer"}, {"number"}, {"integer", "number"}):
        return _read_number(text, whole=wanted == {"integer"})
    return _choose(text, wanted)


def _read_boolean(text: str) -> bool:
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    meant = _YES.get(text.casefold()) or _BOOLEANS.get(text.capitalize())
    advice = f"Write {str(meant).lower()}." if meant is not None else "Write true or false."
    message = f"{quote(text)} is neither true nor false"
    raise WrongTypeError(message, advice)


def _read_number(text: str, *, whole: bool) -> int | float:
    name = "a whole number" if whole else "a number"
    if _LEADING_ZERO.fullmatch(text):
        message = f"{quote(text)} has a leading zero, which some read as octal"
        raise WrongTypeError(message, f"Write {text.lstrip('+-0') or '0'}.")
    number = _parse_number(text)
    if number is None:
        message = f"{quote(text)} is not {name}"
        raise WrongTypeError(message, f"Write {name} without quotes or unit.")
    if whole and isinstance(number, float):
        fix = f"Write {int(number)}." if number.is_integer() else "Write it without a fraction or exponent."
        message = f"{quote(text)} is not {name}"
        raise WrongTypeError(message, fix)
    return number


def _parse_number(text: str) -> int | float | None:
    """Read a number in a form of the core schema; None for anything else. JSON has no infinity and no NaN."""
    if _NOT_FINITE.fullmatch(text):
        message = f"{quote(text)} is not a number that JSON can hold"
        raise WrongTypeError(message, "Write a finite number, or text in quotes.")
    if not text or len(text) > _LONGEST_NUMBER:
        return None
    if _DIGITS.fullmatch(text):
        return int(text)
    if _BASED.fullmatch(text):
        return int(text, 0)
    if not _FLOAT.fullmatch(text):
        return None
    number = float(text)
    if math.isinf(number):
        message = f"{quote(text)} is too large for a number"
        raise WrongTypeError(message, "Write a smaller number, or text in quotes.")
    return number


def _choose(text: str, wanted: frozenset[str]) -> Json:
    """Let the core schema decide among several types; text where it decides for a type that is not wanted."""
    value = _read_core(text)
    if not wanted or _name_type(value) & wanted:
        return value
    return str(text)


def _read_core(text: str) -> Json:
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _LEADING_ZERO.fullmatch(text) or (text.startswith("+") and _DIGITS.fullmatch(text)):
        return str(text)
    number = _parse_number(text)
    return str(text) if number is None else number


def _name_type(value: Json) -> frozenset[str]:
    if isinstance(value, bool):
        return frozenset({"boolean"})
    if isinstance(value, int):
        return frozenset({"integer", "number"})
    return frozenset({"number" if isinstance(value, float) else "string"})
