"""Name the known word that is nearest to an unknown one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_LONGEST = 60
_LISTED = 12
_MOST_KNOWN = 5000
COMPARISONS = 10_000
"""How many names may be compared while one project is loaded: enough for each mistake that is shown."""
_left: ContextVar[int | None] = ContextVar("comparisons left", default=None)


@contextmanager
def limit_suggestions(comparisons: int) -> Iterator[None]:
    """Compare so many names for suggestions and no more: a mass of mistakes must not take a mass of time."""
    token = _left.set(comparisons)
    try:
        yield
    finally:
        _left.reset(token)


def may_suggest(comparisons: int = 1) -> bool:
    """Take some of the comparisons that are left; tell whether there were any."""
    left = _left.get()
    if left is not None:
        _left.set(left - comparisons)
    return left is None or left > 0


def find_nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is most like the given one, or None where none is like it."""
    names = list(known)[:_MOST_KNOWN]
    if len(word) > _LONGEST or not may_suggest(len(names)):
        return None
    return _compare(word, names)


def _compare(word: str, known: Iterable[str]) -> str | None:
    import difflib

    folded = {name.casefold().replace("-", "_"): name for name in known}
    close = difflib.get_close_matches(word.casefold().replace("-", "_"), list(folded), n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def suggest(word: str, known: Iterable[str]) -> str:
    """Advise on an unknown word: the nearest known one, then the known ones where they are few."""
    if not may_suggest():
        return ""
    names = sorted(known)
    nearest = find_nearest(word, names)
    parts = [f"Did you mean `{nearest}`?"] if nearest else []
    if names and (not nearest or len(names) <= _LISTED):
        parts.append(f"Known: {list_names(names)}.")
    return " ".join(parts)


def list_names(names: Iterable[str]) -> str:
    """Write names as a list for people, shortened where there are many."""
    ordered = list(names)
    more = len(ordered) - _LISTED
    listed = ", ".join(f"`{name}`" for name in ordered[:_LISTED])
    return f"{listed} and {more} more" if more > 0 else listed


def with_article(title: str) -> str:
    """Put the indefinite article before a title: "a PolyAI connector", "an OpenCopilot phone agent"."""
    return f"{'an' if title[:1] in 'AEIOaeio' else 'a'} {title}"
