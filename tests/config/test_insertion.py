"""Entries are added to a file that people write, and nothing else of it changes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reconciler.config.edit.insertion import add_entries
from tests.config.drawn_yaml import files
from tests.config.test_edit import read

LINES = ["  numbers.desk: # Desk", "    id: x", "    spec:", "      label: a", "  numbers.night: absent"]
ADDED: dict[str, Any] = {"numbers.desk": {"id": "x", "spec": {"label": "a"}}, "numbers.night": "absent"}
BLOCK = "\n".join(LINES) + "\n"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", f"resources:\n{BLOCK}"),
        ("# Only a remark.\n", f"# Only a remark.\nresources:\n{BLOCK}"),
        ("vars: {A: b}", f"vars: {{A: b}}\nresources:\n{BLOCK}"),
        ("resources:\nvars: {}\n", f"resources:\n{BLOCK}vars: {{}}\n"),
        ("resources: # none yet\n", f"resources: # none yet\n{BLOCK}"),
        ("resources:\n  a.b: absent # gone\n\n# More.\nvars: {}\n", f"resources:\n  a.b: absent # gone\n{BLOCK}\n# More.\nvars: {{}}\n"),
        ("resources:\n  a.b:\n    spec:\n      text: |\n        one\n\nvars: {}\n", f"resources:\n  a.b:\n    spec:\n      text: |\n        one\n{BLOCK}\nvars: {{}}\n"),
    ],
)  # fmt: skip
def test_entries_come_last_in_their_section(text: str, wanted: str) -> None:
    assert add_entries(text, "resources", LINES) == wanted


@pytest.mark.parametrize("text", ["resources: {a.b: absent}\n", "{resources: {}}\n", "resources: &a\n  []\n", "- a\n"])
def test_a_section_that_is_not_written_on_lines_is_refused(text: str) -> None:
    assert add_entries(text, "resources", LINES) is None


@pytest.mark.parametrize("column", [0, 1, 2, 4])
def test_entries_take_the_indentation_that_is_there(column: int) -> None:
    own = f"resources:\n{' ' * column}a.b: absent\n"
    if not column:
        assert add_entries("a.b: absent\n", "resources", LINES) == f"a.b: absent\nresources:\n{BLOCK}"
        return
    text = add_entries(own, "resources", LINES)
    assert text is not None
    assert text.startswith(own)
    assert yaml.safe_load(text) == {"resources": {"a.b": "absent", **ADDED}}


def test_line_ends_stay_as_they_are() -> None:
    text = add_entries("vars: {}\r\nresources:\r\n  a.b: absent\r\n", "resources", LINES)
    assert text == f"vars: {{}}\r\nresources:\r\n  a.b: absent\r\n{BLOCK}".replace("\r\n", "\n").replace("\n", "\r\n")


@settings(max_examples=150, deadline=None)
@given(drawn=files(), data=st.data())
def test_the_law_nothing_else_changes(drawn: tuple[str, dict[str, Any]], data: st.DataObject) -> None:
    text, tree = drawn
    section = data.draw(st.sampled_from([*tree, "resources"]))
    assume(not isinstance(tree.get(section), dict) or not ADDED.keys() & tree[section].keys())
    added = add_entries(text, section, LINES)
    if added is None:
        assert section in tree
        return
    before = tree.get(section) or {}
    assert read(added) == {**tree, section: {**before, **ADDED}}
    same = next((place for place, pair in enumerate(zip(text, added, strict=False)) if pair[0] != pair[1]), len(text))
    assert added.endswith(text[same:]), "what was there stands before and behind what was added"
