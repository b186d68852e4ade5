"""Law 12: a file that people write is edited at its values only, and then means what it meant with the new values."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from reconciler.config.edit.files import Edit, edit_text
from reconciler.config.edit.nodes import Alias, Entries, Node, compose, end_line, start_line
from reconciler.config.findings import Findings
from reconciler.config.text.events import parse_document
from reconciler.config.text.positions import Plain
from reconciler.config.text.source import Source
from reconciler.config.text.writing import Spelled
from reconciler.config.values.scalars import NULLS, convert_scalar
from reconciler.config.values.shapes import ANY, Shape
from tests.config.drawn_yaml import VALUES, files, list_paths

TEXT = Shape(types=frozenset({"string"}), text=True)


def read(text: str) -> Any:
    """Return what the tool reads, by the way that every file takes."""
    findings = Findings()
    document = parse_document(Source("a.yaml", text), findings=findings)
    assert document is not None, findings.errors
    assert not findings.errors
    return settle(document.root)


def settle(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: settle(value) for key, value in node.items()}
    if isinstance(node, list):
        return [settle(value) for value in node]
    if type(node) is Plain:
        return None if node in NULLS else convert_scalar(node.replace("$${", "${"), frozenset())
    return node.replace("$${", "${") if isinstance(node, str) else node


def pick(tree: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        tree = tree[key]
    return tree


def put(tree: Any, path: tuple[str, ...], value: Any) -> None:
    pick(tree, path[:-1])[path[-1]] = value


def cut(text: str, paths: list[tuple[str, ...]]) -> list[str]:
    """Return what stands outside the lines of the named values."""
    root, parts, done = compose(text), [], 0
    spans = sorted(span for path in paths if (span := find_span(root, text, path)))
    for start, end in spans:
        parts.append(text[done:start])
        done = end
    return [*parts, text[done:]]


def find_span(root: Node | None, text: str, path: tuple[str, ...]) -> tuple[int, int] | None:
    node, key = root, None
    for name in path:
        if not isinstance(node, Entries) or node.flow:
            break
        key, node = next(entry for entry in node.entries if entry[0].value == name)
        if isinstance(node, Alias):
            return None
    assert node is not None
    start = key.end if key is not None else 0
    end = node.end if node.end and text[node.end - 1] == "\n" else end_line(text, node.end)
    return (start, max(start, end))


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(files(), st.data())
def test_only_the_values_change_and_the_file_means_them(drawn: tuple[str, dict[str, Any]], data: st.DataObject) -> None:
    text, tree = drawn
    assert read(text) == tree
    paths = data.draw(st.lists(st.sampled_from(list_paths(tree)), min_size=1, max_size=3, unique=True))
    paths = [path for path in paths if not any(path != other and path[: len(other)] == other for other in paths)]
    edits = [Edit(path, pick(tree, path), data.draw(VALUES)) for path in paths]
    assume(all(isinstance(edit.new, (dict, list)) or _holds(edit.new) for edit in edits))
    edited = edit_text(text, edits)
    left = {edit.path for edit, _ in edited.left}
    wanted = copy.deepcopy(tree)
    for edit in edits:
        if edit.path not in left:
            put(wanted, edit.path, edit.new)
    assert read(edited.text) == wanted
    done = [path for path in paths if path not in left]
    for now, before in zip(cut(edited.text, done), cut(text, done), strict=True):
        # A comment within a list stands behind it once the element below the comment is gone.
        assert now.endswith(before)
        assert all(line.strip()[:1] in ("", "#") for line in now.removesuffix(before).splitlines())
    again = edit_text(edited.text, [Edit(edit.path, edit.new, edit.new) for edit in edits])
    assert again.text == edited.text
    for edit, reason in edited.left:
        assert "*" in text, (edit, reason)


def _holds(value: Any) -> bool:
    return not isinstance(value, str) or value.encode("utf-8", "ignore").decode() == value


def edit(text: str, path: str, old: Any, new: Any, shape: Shape = ANY) -> str:
    edited = edit_text(text, [Edit(tuple(path.split("/")), old, new, shape)])
    assert edited.left == ()
    return edited.text


@pytest.mark.parametrize(
    ("before", "old", "new", "after"),
    [
        ("k: +14155552671  # c\n", "+14155552671", "+12025550143", "k: +12025550143  # c\n"),
        ("k: old\n", "old", "no", "k: no\n"),
        ("k: old\n", "old", "a: b", 'k: "a: b"\n'),
        ("k: 'old'\n", "old", "it's", "k: 'it''s'\n"),
        ("k: 'old'\n", "old", "a\tb", 'k: "a\\tb"\n'),
        ("k:  # c\n", None, "x", "k: x  # c\n"),
        ("{a: 1, k: 'old'}\n", "old", "it's #1", "{a: 1, k: 'it''s #1'}\n"),
        ('{k: "old", a: 1}\n', "old", "new", '{k: "new", a: 1}\n'),
        ("{k: &x 'old'}\n", "old", "new", "{k: &x 'new'}\n"),
        ("{k: 'old'}\n", "old", "one\ntwo", '{k: "one\\ntwo"}\n'),
        ("{k: old}\n", "old", "a, b", '{k: "a, b"}\n'),
        ("{k: old}\n", "old", "a?", '{k: "a?"}\n'),
        ("k: {a: 1, k: old}\n", None, None, "k: {a: 1, k: old}\n"),
        ("k: old", "old", "one\ntwo", "k: |-\n  one\n  two"),
        ("k: |\r\n  one\r\n# c\r\n", "one\n", "two\nthree\n", "k: |\r\n  two\r\n  three\r\n# c\r\n"),
        ("k: |-   # c\n    one\n\nz: 1\n", "one", "two", "k: |-   # c\n    two\n\nz: 1\n"),
        ("k: |\n  one\n", "one\n", "one", "k: |-\n  one\n"),
        ("k: |+\n  one\n\nz: 1\n", "one\n\n", "two\n\n", "k: |+\n  two\n\nz: 1\n"),
        ("k: |\n  one\n\nz: 1\n", "one\n", "two\n\n\n", 'k: "two\\n\\n\\n"\n\nz: 1\n'),
        ("k: >\n  some long\n  words\n\n  more\n", "some long words\nmore\n", "some long words\nless\n", "k: >\n  some long\n  words\n\n  less\n"),
        ('k: "a $${x}"\n', "a ${x}", "b ${y}", 'k: "b $${y}"\n'),
        ('k: "a $$${x}"\n', "a $${x}", "b $$${y}", 'k: "b $$$${y}"\n'),
    ],
)  # fmt: skip
def test_a_text_keeps_its_style_where_it_can(before: str, old: Any, new: Any, after: str) -> None:
    assert edit(before, "k", old, new, TEXT) == after


@pytest.mark.parametrize(
    ("before", "old", "new", "after"),
    [
        ("k: [a, b]  # c\n", ["a", "b"], ["a", "x", "b"], "k: [a, x, b]  # c\n"),
        ("k:\n- a  # first\n# on b\n- b\n", ["a", "b"], ["a", "c"], "k:\n- a  # first\n# on b\n- c\n"),
        ("k:\n- a  # first\n# on b\n- b\n", ["a", "b"], ["b"], "k:\n# on b\n- b\n"),
        ('k:\n  - "a"\n', ["a"], ["a", "b"], 'k:\n  - "a"\n  - "b"\n'),
        ("k: ['a', 'b']\n", ["a", "b"], ["x", "a", "c"], "k: ['x', 'a', 'c']\n"),
        ('k: ["a"]\n', ["a"], ["a", "b", "d"], 'k: ["a", "b", "d"]\n'),
        ("k:\n- a\nz: 1\n", ["a"], [], "k: []\nz: 1\n"),
        ("k: []\n", [], ["a"], "k: [a]\n"),
        ("k: {x}\n", {"x": None}, {"x": None, "z": 2}, "k: {x, z: 2}\n"),
        ("k: {x: 1}\n", {"x": 1}, {"x": 1, "${y}": 2}, 'k: {x: 1, "${y}": 2}\n'),
        ("k:\n  x: 1  # one\n  y: 2\n", {"x": 1, "y": 2}, {"x": 1, "y": 3}, "k:\n  x: 1  # one\n  y: 3\n"),
        ("k:\n  x: 1\n  y: 2\n", {"x": 1, "y": 2}, {"y": 2, "z": True}, "k:\n  y: 2\n  z: true\n"),
        ("k:\n  x: 1\n", {"x": 1}, None, "k: null\n"),
        ("k: null\n", None, {"x": 1}, "k:\n  x: 1\n"),
        ("k:\n- x: 1\n  y: 2\n- z\n", [{"x": 1, "y": 2}, "z"], [{"x": 5, "y": 2}, "z"], "k:\n- x: 5\n  y: 2\n- z\n"),
    ],
)
def test_of_lists_and_mappings_only_what_differs_is_touched(before: str, old: Any, new: Any, after: str) -> None:
    assert edit(before, "k", old, new) == after


def test_a_value_behind_an_alias_is_written_where_all_its_readers_agree() -> None:
    text = "a: &shared old  # here\nb: *shared\n"
    edits = [Edit(("a",), "old", "new"), Edit(("b",), "old", "new")]
    assert edit_text(text, edits).text == "a: &shared new  # here\nb: *shared\n"
    for some in (edits[:1], edits[1:], [edits[0], Edit(("b",), "old", "other")]):
        edited = edit_text(text, some)
        assert edited.text == text
        assert len(edited.left) == len(some)
        assert "2 places read it through an alias" in edited.left[0][1]


def test_a_value_that_is_gone_is_left_and_named() -> None:
    edited = edit_text("a: 1\n", [Edit(("b", "c"), 1, 2), Edit(("a",), 1, 2)])
    assert edited.text == "a: 2\n"
    assert [reason for _, reason in edited.left] == ["the file does not hold it any more"]


def test_lines_are_found_at_the_edges() -> None:
    assert (start_line("a\nb", 0), start_line("a\nb", 2), end_line("a\nb", 0), end_line("a\nb", 2)) == (0, 2, 2, 3)


def test_what_is_put_together_is_left_and_a_reference_gives_way_to_another() -> None:
    text = 'a: "x ${var.X}"\nb: [ "${agents.one.id}", two ]\nc: ${agents.one.id}  # who\n'
    edited = edit_text(text, [Edit(("a",), "x 1", "y")])
    assert (edited.text, edited.left[0][1]) == (text, 'it is put together: "x ${var.X}"')
    assert edit_text(text, [Edit(("b",), ["1", "two"], ["1", "three"])]).text == text.replace("two", "three")
    named = Edit(("c",), "1", Spelled("${agents.two.id}"), TEXT, named=True)
    assert edit_text(text, [named]).text == text.replace("${agents.one.id}  # who", "${agents.two.id}  # who")
    assert edit_text(text, [Edit(("c",), "1", "2", TEXT, named=True)]).text == text.replace(
        "${agents.one.id}  #", "2  #"
    )
