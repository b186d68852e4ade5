"""Links of the documentation lead somewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, list_anchors, list_links, name_page

ELSEWHERE = ("https://", "mailto:")


def find_fault(page: Path, target: str) -> str:
    """Say what is wrong with a link; empty where it leads somewhere."""
    if target.startswith(ELSEWHERE):
        return ""
    path, _, anchor = target.partition("#")
    place = (page.parent / path).resolve() if path else page
    if not place.is_relative_to(ROOT):
        return "leads out of the repository"
    if not place.exists():
        return "does not exist"
    return "has no such heading" if anchor and anchor not in list_anchors(place) else ""


@pytest.mark.parametrize("page", PAGES, ids=name_page)
def test_links_lead_somewhere(page: Path) -> None:
    faults = [(line, target, fault) for line, target in list_links(page) if (fault := find_fault(page, target))]
    assert faults == []


def test_every_page_is_reached_from_the_index() -> None:
    index = ROOT / "docs" / "index.md"
    linked = {(index.parent / target.partition("#")[0]).resolve() for _, target in list_links(index)}
    pages = {page for page in PAGES if page.is_relative_to(ROOT / "docs") and page != index}
    assert {name_page(page) for page in pages - linked} == set()


def test_faults_are_found(tmp_path: Path) -> None:
    index = ROOT / "docs" / "index.md"
    assert find_fault(index, "concepts.md#the-window") == ""
    assert find_fault(index, "concepts.md#no-such-heading") == "has no such heading"
    assert find_fault(index, "nowhere.md") == "does not exist"
    assert find_fault(index, "../../outside.md") == "leads out of the repository"
    page = tmp_path / "page.md"
    page.write_text("# A b\n\n## A b\n\n```text\n[x](y.md)\n```\n`[x](y.md)` [c](d.md)\n", encoding="utf-8")
    assert list_anchors(page) == {"a-b", "a-b-1"}
    assert list(list_links(page)) == [(8, "d.md")]
