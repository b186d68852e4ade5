"""Decide what an unquoted scalar of a seed is, as people write phone numbers and language codes in it.

The forms are those of the YAML 1.2 core schema: `no` is a string, a date is a string. One thing differs: what starts with a
plus is a string, for `+14155552671` is a phone number.
"""

import re

_WORDS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_INTEGER = re.compile(r"-?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"-?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_LONGEST_NUMBER = 300


def read_scalar(text: str) -> str | float | bool | None:
    """Return the value that an unquoted scalar stands for."""
    if text in _NULLS:
        return None
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > _LONGEST_NUMBER:
        return str(text)
    if _INTEGER.fullmatch(text):
        return int(text, 0 if text[:2] in {"0x", "0o"} else 10)
    return float(text) if _FLOAT.fullmatch(text) else str(text)
