"""Variables and files in values."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.config.text.reading import MAX_INCLUDED_BYTES

from .conftest import Workspace


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${var.A}", "x"),
        ('"${var.A}"', "x"),
        ("<${ var.A }-${var.B}>", "<x-7>"),
        ("$${var.A}", "${var.A}"),
        ("$$${var.A}", "$${var.A}"),
        ("cost: $5", None),
        ("a $ b {c} $(d) {{e}}", "a $ b {c} $(d) {{e}}"),
        ("${var.NESTED}", "${var.A}"),
        ("${var.NULL}", "null"),
        ("${file:p/one.md}", "line 1\nline 2\n${var.A}"),
        ("'${file: p/one.md } end'", "line 1\nline 2\n${var.A} end"),
        ("${file:p/../p/bom.md}", "text"),
        ("${file:p/blank.md}", "text\n"),
    ],
)
def test_interpolation(workspace: Workspace, text: str, value: str | None) -> None:
    workspace.write("p/one.md", b"line 1\r\nline 2\n${var.A}\n")
    workspace.write("p/bom.md", b"\xef\xbb\xbftext")
    workspace.write("p/blank.md", b"text\n\n")
    known = {"A": "x", "B": "7", "NESTED": "${var.A}", "NULL": "null"}
    if value is None:
        text, value = f"'{text}'", text
    assert workspace.load_line(f"name: {text}", variables=known).spec == {"name": value}


def test_interpolation_in_blocks_lists_and_mappings(workspace: Workspace) -> None:
    spec = workspace.load_line(
        """
        name: |
          Hello ${var.A},
          bye $${x}
        words: ["${var.A}"]
        extra: {deep: [{a: "${var.N}"}]}
        """,
        variables={"A": "x", "N": "12"},
    ).spec
    assert spec == {"name": "Hello x,\nbye ${x}\n", "words": ["x"], "extra": {"deep": [{"a": "12"}]}}


def test_lone_variable_takes_the_type_of_its_field(workspace: Workspace) -> None:
    known = {"SPEED": "1.5", "N": "3", "YES": "true"}
    spec = workspace.load_line('speed: ${var.SPEED}\nretries: "${var.N}"\nrecord: ${var.YES}', variables=known).spec
    assert spec == {"speed": 1.5, "retries": 3, "record": True}


@pytest.mark.parametrize("value", ["yes", "null", "1"])
def test_lone_variable_of_the_wrong_type(workspace: Workspace, value: str) -> None:
    found = workspace.refuse_line("record: ${var.X}", variables={"X": value})
    assert (found.code, found.location and found.location.line) == ("wrong-type", 5)


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("${var.MISSING}", "variable-undefined", "RECONCILER_VAR_MISSING"),
        ("${var.HOEM}", "variable-undefined", "`HOME_LINE`"),
        ("${env.HOME}", "bad-interpolation", "RECONCILER_VAR_"),
        ("${HOME}", "bad-interpolation", "$${"),
        ("${numbers.front-desk.number}", "unknown-reference", "none of this kind"),
        ("${var.A", "bad-interpolation", "$${"),
        ("${}", "bad-interpolation", "$${"),
        ("${file:}", "file-outside", "project folder"),
        ("${file:nope.md}", "file-not-found", "project folder"),
        ("${file:/etc/passwd}", "file-outside", "project folder"),
        ("${file:~/x}", "file-outside", "project folder"),
        ("${file:C:/x}", "file-outside", "project folder"),
        ("${file:../outside.md}", "file-outside", "project"),
        ("${file:link.md}", "file-outside", "project"),
        ("${file:out/outside.md}", "file-outside", "project"),
        ("${file:.git/config}", "file-outside", "hidden"),
        ("${file:hidden.md}", "file-outside", "hidden"),
        ("${file:p}", "file-unreadable", "directory"),
        ("${file:loop.md}", "file-unreadable", "symbolic"),
        ("${file:latin.md}", "bad-encoding", "UTF-8"),
        ("${file:big.md}", "file-too-large", "Split"),
        ('"${file:a\\0b}"', "file-unreadable", "Check"),
    ],
)
def test_refused(workspace: Workspace, tmp_path: Path, text: str, code: str, words: str) -> None:
    (tmp_path / "outside.md").write_text("secret")
    workspace.write("p/x.md", "x")
    workspace.write(".git/config", "token")
    workspace.write("latin.md", b"\xe9")
    workspace.write("big.md", b"x" * (MAX_INCLUDED_BYTES + 1))
    for name, target in {
        "link.md": "../outside.md",
        "out": "..",
        "hidden.md": ".git/config",
        "loop.md": "loop.md",
    }.items():
        (workspace.root / name).symlink_to(target)
    found = workspace.refuse_line(
        f"name: {text}",
        variables={"A": "x", "HOME_LINE": "y", "HOEM2": "z"} if "HOEM" not in text else {"HOME_LINE": "y"},
    )
    assert found.code == code
    assert words in found.advice + found.message
    assert (found.location and found.location.line, found.path) == (5, "/name")


@pytest.mark.parametrize(
    ("path", "advice"),
    [
        ("prompts/x.md", "Paths start at the project folder: write ${file:config/prompts/x.md}."),
        ("../config/prompts/x.md", "Paths start at the project folder: write ${file:config/prompts/x.md}."),
        ("recepton.md", "Did you mean ${file:config/reception.md}? Check the path; it starts at the project folder."),
        ("de/hello.md", "Paths start at the project folder: write ${file:texts/de/hello.md}."),
        (
            "hello.md",
            "Paths start at the project folder. Files of that name: `texts/de/hello.md`, `texts/en/hello.md`.",
        ),
        ("away.md", "Move the file into the project; symbolic links are followed before this is checked."),
        ("key.md", "Check the path; it starts at the project folder."),
        ("zzz.md", "Check the path; it starts at the project folder."),
    ],
)
def test_a_file_that_lies_elsewhere_in_the_project_is_named(workspace: Workspace, path: str, advice: str) -> None:
    for name in ("config/prompts/x.md", "config/reception.md", "texts/de/hello.md", "texts/en/hello.md", ".git/key.md"):
        workspace.write(name, "x")
    (workspace.root / "away.md").symlink_to("../away.md")
    assert workspace.refuse_line(f"name: ${{file:{path}}}").advice == advice


def test_link_inside_the_project_is_followed(workspace: Workspace) -> None:
    workspace.write("p/x.md", "text\n")
    (workspace.root / "link.md").symlink_to("p/x.md")
    assert workspace.load_line("name: ${file:link.md}").spec == {"name": "text"}


def test_interpolation_cannot_explode(workspace: Workspace) -> None:
    workspace.write("big.md", b"x" * MAX_INCLUDED_BYTES)
    found = workspace.refuse_line("name: " + "${file:big.md}" * 200)
    assert (found.code, "256 MiB" in found.message) == ("file-too-large", True)


def test_origins_of_variables_in_order(workspace: Workspace) -> None:
    workspace.write("environments/prod.yaml", "vars: {A: no, B: 0123, C: '3'}\n")
    workspace.write_line("name: ${var.A} ${var.B} ${var.C}")
    environ = {"RECONCILER_VAR_B": "env", "RECONCILER_VAR_C": "env", "B": "ignored"}
    project = workspace.load_project(environment="prod", environ=environ, variables={"C": "line"})
    assert project.resources[0].spec == {"name": "no env line"}
    assert project.environment == "prod"


def test_other_environment_variables_are_out_of_reach(workspace: Workspace) -> None:
    found = workspace.refuse_line("name: ${var.GALTEA_API_KEY}", environ={"GALTEA_API_KEY": "gsk_secret"})
    assert found.code == "variable-undefined"
    assert "gsk_secret" not in str(found)


@pytest.mark.parametrize("name", ["prd", "../prod", "", "/etc/x"])
def test_unknown_environment_lists_the_existing_ones(workspace: Workspace, name: str) -> None:
    workspace.write("environments/prod.yaml", "vars: {}\n")
    workspace.write("environments/test.yml", "vars: {}\n")
    found = workspace.refuse(environment=name)
    assert found.code == "environment-unknown"
    assert "`prod`" in found.advice


def test_environment_without_any(workspace: Workspace) -> None:
    assert "environments/prod.yaml" in workspace.refuse(environment="prod").advice


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("vars: [a]\n", "bad-setting"),
        ("vars: {A: {b: c}}\n", "wrong-type"),
        ("vars: {A: }\n", "wrong-type"),
        ("vars: {a-b: c}\n", "bad-setting"),
        ("var: {A: b}\n", "unknown-key"),
        ("vars: {A: 1, A: 2}\n", "duplicate-key"),
        ("- x\n", "bad-document"),
    ],
)
def test_environment_file_with_mistakes(workspace: Workspace, text: str, code: str) -> None:
    workspace.write("environments/prod.yaml", text)
    found = workspace.refuse(environment="prod")
    assert (found.code, found.location and found.location.file) == (code, "environments/prod.yaml")


def test_variables_of_the_command_line_are_checked(workspace: Workspace) -> None:
    assert workspace.refuse(variables={"a b": "c"}).code == "bad-setting"
    assert workspace.refuse(variables={"A": "\udcff"}).code == "bad-encoding"
