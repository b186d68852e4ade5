"""Traps of YAML: each is a clear error with a place, or handled."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.config.findings import Findings
from reconciler.config.text.events import FASTEST_PARSER, MAX_PROBLEMS, parse_document
from reconciler.config.text.positions import Document
from reconciler.config.text.source import Source
from reconciler.model.diagnostic import Diagnostic
from reconciler.report.escape import escape_terminal

from .conftest import Workspace

PARSERS = [FASTEST_PARSER, yaml.SafeLoader]


def parse(text: str, parser: object = FASTEST_PARSER) -> tuple[Document | None, tuple[Diagnostic, ...]]:
    findings = Findings()
    document = parse_document(Source("t.yaml", text), findings=findings, parser=parser)  # type: ignore[arg-type]
    return document, findings.sort()


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 10)}]\n" for n in range(8)
)
LADDER = "a0: &a0 " + "[" * 40 + "]" * 40 + "\n" + "".join(f"a{n}: &a{n} [[[[[*a{n - 1}]]]]]\n" for n in range(1, 40))


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("a: 1\nb: 2\na: 3\n", "duplicate-key", 3, 1),
        ("{a: 1, 'a': 2}\n", "duplicate-key", 1, 8),
        ("a: !!python/object/apply:os.system [x]\n", "unknown-tag", 1, 4),
        ("a: !!str 1\n", "unknown-tag", 1, 4),
        ("a: ! x\n", "unknown-tag", 1, 4),
        ("a: !secret x\n", "unknown-tag", 1, 4),
        ("a: !!set {x}\n", "unknown-tag", 1, 4),
        ("!!str a: 1\n", "unknown-tag", 1, 1),
        ("a: 1\n---\nb: 2\n", "multiple-documents", 2, 1),
        ("a: *b\n", "yaml-alias-unknown", 1, 4),
        ("a: &a [*a]\n", "yaml-alias-unknown", 1, 8),
        ("a: &a {b: *a}\n", "yaml-alias-unknown", 1, 11),
        (BOMB, "alias-limit", 6, None),
        ("a: &a " + "x" * 1_000_000 + "\nb: [" + "*a, " * 21 + "]\n", "alias-limit", 2, None),
        (LADDER, "nested-too-deep", 6, None),
        ("a: &d {x: 1}\nb:\n  <<: *d\n", "unknown-key", 3, 3),
        ("a:\n\tb: 1\n", "yaml-syntax", 2, 1),
        ("a: [1, 2\n", "yaml-syntax", 2, 1),
        ("a: b: c\n", "yaml-syntax", 1, 5),
        ("a: @x\n", "yaml-syntax", 1, 4),
        ("? [a, b]\n: 1\n", "non-string-key", 1, 3),
        ("? {a: b}\n: {c: [d]}\n", "non-string-key", 1, 3),
        ("a: &a x\n*a : 1\n", "non-string-key", 2, 1),
        ("{[a]: 1}\n", "non-string-key", 1, 2),
        ("[" * 100_000, "nested-too-deep", 1, 65),
        ("a: " + "{a: " * 500, "nested-too-deep", 1, None),
        ("- " * 500, "nested-too-deep", 1, 129),
        ("a: x\0y\n", "yaml-syntax", 1, 5),
        ("a: \x1b[31m\n", "yaml-syntax", 1, 4),
        ("a: 1\nb: x\u2028y\n", "yaml-syntax", 2, 5),
        ("a: x\x85y\n", "yaml-syntax", 1, 5),
        ('a: "\\ud800"\n', "yaml-syntax", 1, None),
        ("%YAML 3.0\n--- a\n", "yaml-syntax", 1, None),
        ("a: 'x\n", "yaml-syntax", None, None),
    ],
)
def test_trap(text: str, code: str, line: int | None, column: int | None, parser: object) -> None:
    _, found = parse(text, parser)
    assert [each.code for each in found] == [code]
    assert found[0].location
    assert found[0].advice
    assert line is None or found[0].location.line == line
    assert column is None or found[0].location.column == column
    assert escape_terminal(found[0].excerpt).isprintable(), "a report shows it as it is, by an escape"
    assert len(found[0].excerpt) <= 170


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("", None),
        ("# only a comment\n", None),
        ("---\n", ""),
        ("---\na: 1\n...\n", {"a": "1"}),
        ("%YAML 1.2\n---\na: 1\n", {"a": "1"}),
        ("a: 1\r\nb: |\r\n  x\r\n  y\r\n", {"a": "1", "b": "x\ny\n"}),
        (
            "a: &a {x: [1, 2]}\nb: *a\nc: [*a, *a]\n",
            {"a": {"x": ["1", "2"]}, "b": {"x": ["1", "2"]}, "c": [{"x": ["1", "2"]}] * 2},
        ),
        ("a: &a\nb: *a\n", {"a": "", "b": ""}),
        ("&k a: 1\nb: *k\n", {"a": "1", "b": "a"}),
        ("'<<': 1\n", {"<<": "1"}),
        ("a: >-\n  x\n  y\n", {"a": "x y"}),
        ("? a\n: b\n? c\n", {"a": "b", "c": ""}),
        ("[a, [b, {c: d}], []]", ["a", ["b", {"c": "d"}], []]),
        ("a: \U0001f600 \xe9\n", {"a": "\U0001f600 \xe9"}),
    ],
)
def test_ordinary_yaml(text: str, root: object, parser: object) -> None:
    document, found = parse(text, parser)
    assert found == ()
    assert document
    assert document.root == root


@pytest.mark.parametrize("parser", PARSERS)
def test_places(parser: object) -> None:
    document, _ = parse("a: &x {b: [c,\n  d]}\ne:\n  'f' : *x\n  g: |\n    h\n", parser)
    assert document
    places, root = document.places, document.root
    locate = document.source.locate
    seen = {
        "a": (places.of_key(root, "a"), places.of_value(root, "a")),
        "b": (places.of_key(root["a"], "b"), places.of_value(root["a"], "b")),
        "d": (places.of_value(root["a"]["b"], 1),) * 2,
        "f": (places.of_key(root["e"], "f"), places.of_value(root["e"], "f")),
        "g": (places.of_key(root["e"], "g"), places.of_value(root["e"], "g")),
        "alias": (places.of_key(root["e"]["f"], "b"), places.of_value(root["e"]["f"]["b"], 0)),
    }
    assert {name: [(locate(p).line, locate(p).column) for p in pair] for name, pair in seen.items()} == {
        "a": [(1, 1), (1, 4)],
        "b": [(1, 8), (1, 11)],
        "d": [(2, 3), (2, 3)],
        "f": [(4, 3), (4, 9)],
        "g": [(5, 3), (5, 6)],
        "alias": [(1, 8), (1, 12)],
    }


def test_what_is_refused_leaves_the_places_of_the_rest_right() -> None:
    document, found = parse("a: 1\n<<: {x: [y]}\n? [q]\n: {z: 1}\na: [2]\nb:\n  c: 3\n")
    assert [each.code for each in found] == ["unknown-key", "non-string-key", "duplicate-key"]
    assert document
    assert document.root == {"a": "1", "b": {"c": "3"}}
    assert document.source.locate(document.places.of_value(document.root, "a")).line == 1
    assert document.source.locate(document.places.of_value(document.root["b"], "c")).line == 7


def test_duplicate_names_the_first_line() -> None:
    _, found = parse("x:\n  a: 1\n  b: 2\n  a: 3\n")
    assert "first in line 2" in found[0].message


def test_flood_of_mistakes_ends() -> None:
    _, found = parse("a: 1\n" * 10_000)
    assert len(found) == MAX_PROBLEMS + 1


def test_hint_for_tabs_and_interpolation_in_flow() -> None:
    assert "spaces" in parse("a:\n\tb: 1\n")[1][0].advice
    assert "quotes" in parse("a: {b: ${var.X}}\n")[1][0].advice


@settings(max_examples=300, deadline=None)
@given(text=st.one_of(st.text(), st.text("ab:{}[]-&*!?|>'\"#%@`~<,. \n\t0", max_size=60)))
def test_any_text_is_a_document_or_findings(text: str) -> None:
    document, found = parse(text)
    assert (document is not None) or found


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(st.binary(), st.text("ab:{}[]-&*!?|>'\"#$ \n0", max_size=80).map(str.encode)))
def test_any_file_is_loaded_or_found_wrong(workspace: Workspace, content: bytes) -> None:
    workspace.write("any.yaml", content)
    loaded = workspace.load()
    assert (loaded.project is None) == any(each.severity == "error" for each in loaded.diagnostics)
    assert all(each.location and each.location.file == "any.yaml" for each in loaded.diagnostics)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    value=st.text("abc01+-.:{}[],&*!|>'\"#$~ \n", max_size=40),
    key=st.sampled_from(["name", "speed", "record", "extra", "words", "hook", "action"]),
)
def test_any_value_is_loaded_or_found_wrong(workspace: Workspace, key: str, value: str) -> None:
    workspace.write_line(f"{key}: {value}")
    loaded = workspace.load()
    assert (loaded.project is None) == bool([each for each in loaded.diagnostics if each.severity == "error"])


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"\xff\xfel\x00", "bad-encoding", "UTF-16"),
        (b"lines:\n  \xe9: 1\n", "bad-encoding", "line 2"),
        (b"lines: {a: {id: x}}\n" + b"#" * (20 * 1024 * 1024), "file-too-large", "20 MiB"),
        (b"- a\n", "bad-document", "list"),
        (b"text\n", "bad-document", "text"),
        (b"lines: []\n", "bad-document", "list"),
        (b"lines: {a: x}\n", "bad-document", "text"),
    ],
)
def test_file_that_is_not_for_us(workspace: Workspace, content: bytes, code: str, words: str) -> None:
    workspace.write("a.yaml", content)
    found = workspace.refuse()
    assert found.code == code
    assert words in found.message
    assert found.location
    assert found.location.file == "a.yaml"


def test_huge_sparse_file_is_not_read(workspace: Workspace) -> None:
    with (workspace.root / "a.yaml").open("wb") as stream:
        stream.truncate(50 * 1024**3)
    assert workspace.refuse().code == "file-too-large"


@pytest.mark.parametrize("content", [b"", b"# nothing\n", b"lines:\n", b"lines: {}\n", b"\xef\xbb\xbflines:\r\n"])
def test_empty_files_and_kinds_declare_nothing(workspace: Workspace, content: bytes) -> None:
    workspace.write("a.yaml", content)
    assert workspace.load_project().resources == ()


def test_byte_order_mark_and_crlf(workspace: Workspace) -> None:
    workspace.write("a.yaml", b"\xef\xbb\xbflines:\r\n  a:\r\n    id: x\r\n    spec:\r\n      name: a b\r\n")
    (declared,) = workspace.load_project().resources
    assert declared.spec == {"name": "a b"}
    assert (declared.location.line, declared.location.column) == (2, 3)


@pytest.mark.parametrize("target", ["loop.yaml", "missing.yaml"])
def test_broken_link(workspace: Workspace, target: str) -> None:
    (workspace.root / "loop.yaml").symlink_to(target)
    assert workspace.refuse().code in {"file-unreadable", "file-not-found"}


def test_link_out_of_the_project(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "outside.yaml").write_text("password: x: y\n")
    (workspace.root / "a.yaml").symlink_to(tmp_path / "outside.yaml")
    found = workspace.refuse()
    assert found.code == "file-outside"
    assert "password" not in str(found)


def test_pipe_does_not_block(workspace: Workspace) -> None:
    os.mkfifo(workspace.root / "a.yaml")
    assert workspace.refuse().code == "file-unreadable"


def test_folder_with_the_name_of_a_file_is_entered(workspace: Workspace) -> None:
    workspace.write("a.yaml/b.yaml", "lines: {a: {id: x}}\n")
    assert [each.address for each in workspace.load_project().resources] == ["lines.a"]
