"""Each promise of docs/security.md names the tests that hold it, and they are there."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.docs.pages import ROOT

PAGE = ROOT / "docs/security.md"
PROMISING = (
    "What a pull request cannot do",
    "What a vendor cannot do",
    "Where keys go",
    "Git",
    "What is stored where",
)
"""Sections in which whatever is said is a promise, but for what only leads to one."""
LEADS_IN = frozenset({
    "Each promise names the tests",
    "What a vendor answers is data",
    "Git is run to name the commit",
    "The user's and the machine's settings",
    "Since filters do not run",
})  # fmt: skip
"""How the paragraphs begin that explain, or say what is trusted."""
_TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def split_page(text: str) -> Iterator[tuple[str, str]]:
    """Yield each bullet, row and paragraph with the title of its section."""
    title = ""
    for block in re.split(r"\n\n+", re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
        if block.startswith("#"):
            title = block.lstrip("# ").strip()
        elif block.startswith("|"):
            yield from ((title, row) for row in block.splitlines()[2:])
        elif block.startswith("- "):
            yield from ((title, f"- {bullet}") for bullet in re.split(r"^- ", block, flags=re.MULTILINE)[1:])
        elif block.strip():
            yield title, block.strip()


PROMISES = [
    said
    for title, said in split_page(PAGE.read_text(encoding="utf-8"))
    if title in PROMISING and not any(said.startswith(words) for words in LEADS_IN)
]


@pytest.mark.parametrize("said", PROMISES, ids=lambda said: " ".join(said.split())[:50])
def test_a_promise_names_tests_that_exist(said: str) -> None:
    named = _TEST.findall(said)
    assert named, "name the test that holds it"
    for path, function in named:
        content = (ROOT / path).read_text(encoding="utf-8")
        assert f"def {function}(" in content if function else "def test_" in content


def test_all_sections_are_there() -> None:
    titles = {title for title, _ in split_page(PAGE.read_text(encoding="utf-8"))}
    assert set(PROMISING) <= titles
    assert len(PROMISES) > 35


def test_every_name_of_a_test_on_the_page_is_one() -> None:
    named = re.findall(r"`((?:[\w/]+/)?test_\w+\.py)`", PAGE.read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).is_file()] == []
