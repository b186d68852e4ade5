"""Read the documentation: pages, fenced blocks, headings, links."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md")

_FENCE = re.compile(r"(?P<indent> *)(?P<marks>`{3,})(?P<language>\S*)\s*\Z")
_HEADING = re.compile(r"#{1,6} +(?P<title>.+?)\s*\Z")
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<target>[^)\s]+)\)|^\[[^\]]+\]: (?P<reference>\S+)")
_CODE = re.compile(r"`+[^`]*`+")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block; `line` is that of its opening marks."""

    page: str
    line: int
    language: str
    lines: tuple[str, ...]


def name_page(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def list_blocks(page: Path) -> list[Block]:
    blocks: list[Block] = []
    opening: tuple[int, str, str] | None = None
    held: list[str] = []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        fence = _FENCE.match(line)
        if opening is None and fence:
            opening, held = (number, fence["marks"], fence["language"]), []
        elif opening is not None and fence and fence["marks"] == opening[1] and not fence["language"]:
            blocks.append(Block(name_page(page), opening[0], opening[2], tuple(held)))
            opening = None
        elif opening is not None:
            held.append(line)
    assert opening is None, f"{page}: the block of line {opening} is not closed"
    return blocks


def list_prose(page: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines outside of fenced blocks with their numbers."""
    inside = False
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        if _FENCE.match(line):
            inside = not inside
        elif not inside:
            yield number, line


def list_links(page: Path) -> Iterator[tuple[int, str]]:
    for number, line in list_prose(page):
        for link in _LINK.finditer(_CODE.sub("", line)):
            yield number, link["target"] or link["reference"]


def list_anchors(page: Path) -> frozenset[str]:
    """Collect the anchors of a page as code hosts make them: a second equal heading gets `-1`."""
    counts: Counter[str] = Counter()
    anchors = set()
    for _, line in list_prose(page):
        heading = _HEADING.match(line)
        if heading:
            slug = re.sub(r"[^\w\- ]", "", heading["title"].lower()).replace(" ", "-")
            anchors.add(f"{slug}-{counts[slug]}" if counts[slug] else slug)
            counts[slug] += 1
    return frozenset(anchors)
