"""Say by an example what a text must look like, where a regular expression would say it to few."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

_EXAMPLES: Final = (
    "+12025550143",
    "https://example.com/path",
    "550e8400-e29b-41d4-a716-446655440000",
    "2026-12-31",
    "en-US",
)
"""Forms that people know, from the narrow to the wide."""
_ANYTHING: Final = ("", " ", "?", "a b")
"""What only a form takes that an example says nothing of."""
_TOLD: Final = re.compile(r"for example ([^\s,;]+?)[.,;]?(?:\s|$)")


@cache
def describe_form(pattern: str, *, description: str = "") -> str:
    """Return advice on a pattern: the example that its description has, one that people know, or the pattern itself."""
    form = re.compile(pattern)
    told = _TOLD.search(description)
    if told and form.search(told[1]):
        return f"Write it like {told[1]}."
    narrow = not any(form.search(text) for text in _ANYTHING)
    fitting = [example for example in _EXAMPLES if form.search(example)]
    if narrow and len(fitting) == 1:
        return f"Write it like {fitting[0]}."
    return f"It must match {pattern}."
