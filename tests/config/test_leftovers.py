"""What nobody wants live is refused with its place and its reason; an empty text that is written is meant."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .conftest import Workspace

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a21\nsize 12345\n"
MERGE = "Hello\n<<<<<<< HEAD\nour words\n=======\ntheir words\n>>>>>>> feature\n"
DIFF3 = "<<<<<<< ours\nA\n||||||| base\nB\n=======\nC\n>>>>>>> theirs\n"
ZERO_WIDTH = "\u200b\ufeff\u00a0\u3000"


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (POINTER, "unwanted-content", "Git LFS pointer"),
        (POINTER.replace("\n", "\r\n"), "unwanted-content", "Git LFS pointer"),
        (MERGE, "unwanted-content", "<<<<<<< of a merge that was not resolved, in line 2"),
        (MERGE.replace("\n", "\r\n"), "unwanted-content", "in line 2"),
        (DIFF3, "unwanted-content", "in line 1"),
        ("A\n||||||| base\nB\n", "unwanted-content", "||||||| of a merge"),
        ("A\n>>>>>>> theirs", "unwanted-content", ">>>>>>> of a merge"),
        ("", "blank-value", "empty"),
        ("\n", "blank-value", "white space only"),
        (" \t\r\n \n", "blank-value", "white space only"),
        (ZERO_WIDTH, "blank-value", "white space only"),
    ],
)
@pytest.mark.parametrize("form", ["${file:p.md}", '"before ${file:p.md} after"'])
def test_a_file_that_nobody_wants_live(workspace: Workspace, content: str, code: str, words: str, form: str) -> None:
    workspace.write("p.md", content.encode())
    found = workspace.refuse_line(f"name: {form}")
    assert (found.code, found.path) == (code, "/name")
    assert str(found.location) == "lines.yaml:5:13"
    assert '"p.md"' in found.message
    assert words in found.message
    assert found.advice


@pytest.mark.parametrize("value", ["", " ", "\n", ZERO_WIDTH])
@pytest.mark.parametrize("form", ["${var.A}", '"${var.A}"', '" ${var.A} "', "${var.A}${var.A}"])
def test_a_variable_that_leaves_nothing_to_be_seen(workspace: Workspace, value: str, form: str) -> None:
    found = workspace.refuse_line(f"name: {form}", variables={"A": value})
    assert (found.code, found.path) == ("blank-value", "/name")
    assert "${var.A}" in found.message


def test_an_empty_variable_within_a_text_is_left_out(workspace: Workspace) -> None:
    assert workspace.load_line('name: "Desk${var.A}"', variables={"A": ""}).spec == {"name": "Desk"}


@pytest.mark.parametrize("text", ['" "', "' \t'", '"\\n"', f'"{ZERO_WIDTH}"', "\u00a0", "\u3000"])
@pytest.mark.parametrize("wrap", ["name: {}", "words: [{}]", "extra: {{deep: {}}}"])
def test_white_space_in_the_file_itself(workspace: Workspace, text: str, wrap: str) -> None:
    assert workspace.refuse_line(wrap.format(text)).code == "blank-value"


@pytest.mark.parametrize("text", [MERGE, DIFF3, POINTER])
def test_leftovers_in_the_file_itself(workspace: Workspace, text: str) -> None:
    block = "name: |\n" + "".join(f"  {line}\n" for line in text.splitlines())
    found = workspace.refuse_line(block)
    assert (found.code, str(found.location)) == ("unwanted-content", "lines.yaml:5:13")


@pytest.mark.parametrize("text", ['""', "''", "|"])
def test_an_empty_text_that_is_written_is_meant(workspace: Workspace, text: str) -> None:
    assert workspace.load_line(f"name: {text}").spec == {"name": ""}


@pytest.mark.parametrize(
    "text", ["Heading\n=======\ntext", "a <<<<<<< b", "<<<<<<<x", "> > > quoted", "<<<<<< six", "   indented\n   too", "\u3000Title"]
)  # fmt: skip
def test_what_only_looks_like_it_is_a_text_like_any_other(workspace: Workspace, text: str) -> None:
    workspace.write("p.md", text.encode())
    assert workspace.load_line("name: ${file:p.md}").spec == {"name": text}


@pytest.mark.parametrize(
    "write", [lambda text: text, lambda text: f"lines: {{}}\n{text}"], ids=["alone", "after others"]
)
@pytest.mark.parametrize("text", [MERGE, DIFF3])
def test_marks_of_a_merge_in_yaml_are_named(workspace: Workspace, text: str, write: Callable[[str], str]) -> None:
    workspace.write("lines.yaml", write(text))
    found = workspace.refuse()
    assert found.code == "unwanted-content"
    assert "a merge that was not resolved" in found.message
    assert found.excerpt.startswith("<<<<<<<")


def test_a_pointer_in_the_place_of_yaml_is_named(workspace: Workspace) -> None:
    workspace.write("lines.yaml", POINTER)
    found = workspace.refuse()
    assert (found.code, str(found.location)) == ("unwanted-content", "lines.yaml:1:1")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("lines:\n\u00a0\u00a0main: {id: line-1}\n", "lines.yaml:2:1"),
        ("lines:\n  main:\n    id: line-1\n    \u00a0spec: {}\n", "lines.yaml:4:5"),
        ("lines:\n  main:\n    id: line-1\n      \u00a0spec: {}\n", "lines.yaml:4:7"),
        ("lines:\n  main:\u00a0\n    id: line-1\n", "lines.yaml:2:8"),
        ("lines:\n  main: {id:\u2009line-1, spec: {}}\nx\n", "lines.yaml:2:13"),
        ("\u200blines: {}\n", "lines.yaml:1:1"),
    ],
)
def test_a_blank_that_is_none_to_yaml_is_named(workspace: Workspace, text: str, place: str) -> None:
    workspace.write("lines.yaml", text)
    found = workspace.load().diagnostics[0]
    assert (found.code, str(found.location)) == ("yaml-syntax", place)
    assert "(U+" in found.message
    assert "plain spaces" in found.advice
