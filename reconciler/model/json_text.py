"""Write JSON values as text: by a fast encoder, and by Python's own what that one refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

import orjson

from reconciler.model.paths import Json

INDENT: Final = 2


def write_json(value: Json, *, sort_keys: bool = False, replace: Callable[[object], Json] | None = None) -> bytes:
    """Return a value as indented JSON in UTF-8. `replace` turns what is no JSON value into one, or raises TypeError.

    The fast encoder takes neither lone surrogates nor whole numbers beyond 64 bits; a vendor may answer both. The text is the
    same either way, except for the exponents of very large and small numbers.
    """
    option = orjson.OPT_INDENT_2 | (orjson.OPT_SORT_KEYS if sort_keys else 0)
    try:
        return orjson.dumps(value, default=replace, option=option)
    except orjson.JSONEncodeError:
        text = json.dumps(value, indent=INDENT, sort_keys=sort_keys, ensure_ascii=False, default=replace)
        return text.encode("utf-8", "surrogatepass")
