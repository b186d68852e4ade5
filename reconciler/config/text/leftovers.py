"""Recognise text that nobody wants live: what a tool left behind, and what holds nothing to be seen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from reconciler.model.invisible import draws_nothing

_POINTER: Final = re.compile(r"version https://(?:git-lfs|hawser)\.github\.com/spec/v[0-9]+\r?\n")
_MARK: Final = re.compile(r"^(?:<{7}|\|{7}|>{7})(?= |\r?$)", re.MULTILINE)

BLANK_ADVICE: Final = 'Write "" in the field itself where nothing is meant, or remove the line.'


@dataclass(frozen=True, slots=True)
class Leftover:
    """What was found, where in the text, and what to do."""

    offset: int
    message: str
    advice: str


def find_leftover(text: str) -> Leftover | None:
    """Find a Git LFS pointer in the place of a text, or the marks of a merge that was not resolved."""
    if _POINTER.match(text):
        advice = "Fetch the text with `git lfs pull`; in CI check out with LFS (`lfs: true`)."
        return Leftover(0, "a Git LFS pointer, and not the text that it stands for", advice)
    mark = _MARK.search(text)
    if mark:
        line = text.count("\n", 0, mark.start()) + 1
        advice = "Resolve the merge. Where the text is about such marks, indent them."
        return Leftover(mark.start(), f"the mark {mark[0]} of a merge that was not resolved, in line {line}", advice)
    return None


def is_blank(text: str) -> bool:
    """Tell whether a text has nothing in it that can be seen."""
    return all(map(draws_nothing, text))


def may_be_unwanted(text: str) -> bool:
    """Tell quickly whether a text is worth a closer look: most values are a word on one line."""
    return "\n" in text or text.isspace() or not text.isprintable() or not text.isascii()
