"""Find what a CI system obeys when it stands in a log: one place decides for every output.

GitHub takes `::name::` at the start of a line, behind blanks and colours too, and `##[name]` anywhere; Azure takes
`##vso[name]` and `##[name]`, TeamCity `##teamcity[name]`; GitLab takes `section_start:` and `section_end:`.
"""

from __future__ import annotations

import re
from typing import Final

WITHIN_LINE: Final = re.compile(r"##(?=\w*\[)|section_(?=(?:start|end):)")
"""What counts wherever it stands in a line."""
AT_START: Final = re.compile(r"^((?:\s|\x1b\[[0-9;]*[mK])*):(?=:)")
"""What counts at the start of a line only."""


def holds_command(text: str) -> bool:
    """Tell whether a CI system that prints the text would obey any line of it."""
    return bool(WITHIN_LINE.search(text)) or any(AT_START.match(line) for line in text.splitlines())
