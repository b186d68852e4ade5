"""Name characters that look like a blank and are none to YAML: editors and web pages put them into indentation."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

SPACE_ADVICE: Final = "Type plain spaces instead: it looks like one, but YAML takes it for a letter."

_ODD: Final = "[\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff]"
_WHERE: Final = re.compile(rf"(?:^[ \t]*|[:\-?,\[{{] *)(?={_ODD})")


def find_odd_space(line: str) -> int | None:
    """Return where an odd blank stands at the beginning of a line, or after a sign of YAML's; None where nowhere."""
    found = _WHERE.search(line)
    return found.end() if found else None


def name_space(character: str) -> str:
    """Name a character for people, such as `a no-break space (U+00A0)`."""
    name = unicodedata.name(character, "character").lower()
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name} (U+{ord(character):04X})"
