"""Tell more of a diagnostic code than its line in `model/codes.py`: why it exists, what is wrong, and what is right.

A page is data, `codes/CODE.toml`: `why`, and for each side a sentence, files, and commands. Where the code needs nothing but
files and the sandbox, the example is whole, and a test runs it; where it comes from a vendor's answer, a ledger or a forge,
the text tells the situation.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from reconciler.model.codes import CODES
from reconciler.report.text.explanation import Explanation, Listing

VALIDATE = "reconciler validate"


@dataclass(frozen=True, slots=True)
class Example:
    """One side of a page. `files` are all that the commands need beside a bare project; `shown` those that matter here."""

    text: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    shown: Mapping[str, str] = field(default_factory=dict)
    commands: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether it can be tried as it stands."""
        return bool(self.shown or self.commands)


@dataclass(frozen=True, slots=True)
class CodePage:
    """What is told of a code."""

    code: str
    why: str
    wrong: Example
    right: Example


def read_code_page(code: str) -> CodePage:
    """Read the page of a known code. The right side lays its files over those of the wrong one, and runs the same unless it says so."""
    source = resources.files("reconciler.app.learn").joinpath("codes", f"{code}.toml")
    page = tomllib.loads(source.read_text(encoding="utf-8"))
    wrong = _read_side(page["wrong"], Example())
    return CodePage(code, " ".join(page["why"].split()), wrong, _read_side(page["right"], wrong))


def _read_side(side: Mapping[str, Any], other: Example) -> Example:
    own: Mapping[str, str] = side.get("files", {})
    commands = tuple(side.get("run", other.commands if own else ()))
    return Example(side.get("text", ""), {**other.files, **own}, own, commands)


def explain_code(code: str) -> Explanation:
    """Return what `explain` says of a code."""
    page = read_code_page(code)
    listings = (Listing("Why", page.why), _list_side("Wrong", page.wrong), _list_side("Right", page.right))
    return Explanation(code, CODES[code], listings=listings)


def _list_side(heading: str, side: Example) -> Listing:
    lines: list[str] = []
    for name, text in side.shown.items():
        lines += [f"# {name}", *text.splitlines()]
    lines += [f"$ {command}" for command in side.commands]
    return Listing(heading, side.text, tuple(lines))
