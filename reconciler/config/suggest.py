"""Name the known word that is nearest to an unknown one."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 60
_LISTED = 12


def find_nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is most like the given one, or None where none is like it."""
    if len(word) > _LONGEST:
        return None
    import difflib

    folded = {name.casefold().replace("-", "_"): name for name in known}
    close = difflib.get_close_matches(word.casefold().replace("-", "_"), list(folded), n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def suggest(word: str, known: Iterable[str]) -> str:
    """Advise on an unknown word: the nearest known one, then the known ones where they are few."""
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
