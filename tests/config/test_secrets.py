"""`${secret.NAME}`: only into secret fields, only from the environment, never shown."""

from __future__ import annotations

import pytest

from reconciler.config.values.shapes import compile_shape, mark_secrets
from reconciler.model.diagnostic import Severity
from reconciler.model.field import Field
from reconciler.model.secret import Secret

from .conftest import Workspace

VALUE = "Zq7-a-long-enough-secret"
SET = {"RECONCILER_SECRET_TOKEN": VALUE}


def test_a_secret_field_takes_the_secret_as_a_secret(workspace: Workspace) -> None:
    token = workspace.load_line("token: ${secret.TOKEN}", environ=SET).spec["token"]
    assert isinstance(token, Secret)
    assert (token.reveal(), token.name) == (VALUE, "TOKEN")
    assert VALUE not in f"{token} {token!r}"


def test_text_around_a_secret_becomes_part_of_it(workspace: Workspace) -> None:
    token = workspace.load_line('token: "Bearer $${x} ${var.A}${ secret.TOKEN }"', environ=SET, variables={"A": "a-"})
    assert token.spec["token"].reveal() == f"Bearer ${{x}} a-{VALUE}"


@pytest.mark.parametrize("spec", ["token:", 'token: ""', "token: null"])
def test_nothing_and_empty_are_no_secrets(workspace: Workspace, spec: str) -> None:
    workspace.write_line(spec)
    assert "secret-in-clear" not in workspace.codes()


@pytest.mark.parametrize(
    "spec",
    [
        "token: hunter2-hunter2-hunter2",
        'token: "hunter2-hunter2-hunter2"',
        "token: 12345678901234567890",
        "token: ${var.hunter2}",
        "token: ${file:hunter2}",
        "token: $${secret.hunter2}",
        "token: |\n  hunter2\n  hunter2",
    ],
)
def test_a_text_in_clear_is_refused_and_not_repeated(workspace: Workspace, spec: str) -> None:
    found = workspace.refuse_line(spec, environ=SET, variables={"hunter2": "x" * 30})
    assert (found.code, found.path) == ("secret-in-clear", "/token")
    assert "RECONCILER_SECRET_NAME" in found.advice
    assert "hunter2" not in str(found)
    assert "1234567890" not in str(found)


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ("name: ${secret.TOKEN}", "/name"),
        ("name: at ${secret.TOKEN}", "/name"),
        ("extra: {a: [1, '${secret.TOKEN}']}", "/extra/a/1"),
        ("labels: {a: '${secret.TOKEN}'}", "/labels/a"),
        ("retries: ${secret.TOKEN}", "/retries"),
    ],
)
def test_a_secret_goes_nowhere_else(workspace: Workspace, spec: str, path: str) -> None:
    found = workspace.refuse_line(spec, environ=SET)
    assert (found.code, found.path) == ("secret-misplaced", path)
    assert VALUE not in str(found)


def test_a_secret_is_no_id_and_no_key_to_match_by(workspace: Workspace) -> None:
    workspace.write("a.yaml", "lines: {a: {id: '${secret.TOKEN}'}, b: {match: {name: '${secret.TOKEN}'}}}\n")
    assert workspace.codes(environ=SET) == ["secret-misplaced", "secret-misplaced"]


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, "is not set"),
        ({"RECONCILER_SECRET_TOKEN": ""}, "is empty"),
        ({"RECONCILER_SECRET_TOKEN": " \n"}, "is empty"),
        ({"RECONCILER_VAR_TOKEN": VALUE, "TOKEN": VALUE}, "is not set"),
    ],
)
def test_a_missing_secret_is_an_error_with_its_place(workspace: Workspace, environ: dict[str, str], words: str) -> None:
    found = workspace.refuse_line("name: x\ntoken: ${secret.TOKEN}", environ=environ)
    assert (found.code, str(found.location)) == ("secret-missing", "lines.yaml:6:14")
    assert words in found.message
    assert "RECONCILER_SECRET_TOKEN" in found.advice


def test_to_check_files_needs_no_secrets(workspace: Workspace) -> None:
    workspace.write_line("token: ${secret.T}")
    loaded = workspace.load(absent_secrets="note")
    assert loaded.project, loaded.diagnostics
    (note,) = loaded.diagnostics
    assert (note.code, note.severity, note.path) == ("secret-missing", Severity.NOTE, "/token")
    assert workspace.codes(absent_secrets="note", environ={"RECONCILER_SECRET_T": "short"}) == ["invalid-value"]


def test_the_sandbox_never_sees_a_real_secret(workspace: Workspace) -> None:
    workspace.write_line("token: ${secret.TOKEN}")
    for environ in (SET, {}):
        loaded = workspace.load(absent_secrets="stand-in", environ=environ)
        assert loaded.project, loaded.diagnostics
        assert loaded.diagnostics == ()
        assert loaded.project.resources[0].spec["token"].reveal() == "stand-in-for-TOKEN"


def test_a_digest_holds_to_the_names_of_secrets(workspace: Workspace) -> None:
    digests = set()
    for name in ("ONE", "TWO"):
        workspace.write_line(f"token: ${{secret.{name}}}")
        environ = {f"RECONCILER_SECRET_{name}": VALUE}
        digests |= {workspace.compute_digest(environ=environ)}
    assert len(digests) == 2


def test_what_lies_below_a_secret_is_secret_at_every_depth() -> None:
    schema = {
        "type": "object",
        "properties": {
            "outer": {
                "type": "object",
                "properties": {
                    "keys": {"type": "object", "properties": {"sid": {"type": "string"}}},
                    "name": {"type": "string"},
                },
            }
        },
    }
    keys = Field("keys", {}, secret=True)
    fields = {"outer": Field("outer", {}, fields={"keys": keys, "name": Field("name", {})})}
    outer = mark_secrets(compile_shape(schema), fields).fields["outer"]
    assert (outer.secret, outer.fields["name"].secret, outer.fields["keys"].secret) == (False, False, True)
    inner = outer.fields["keys"]
    assert inner.fields["sid"].secret
    assert inner.extra
    assert inner.items
    assert inner.extra.secret
    assert inner.items.secret


def test_secrets_in_the_entries_of_a_list_are_secret_too() -> None:
    entry = {"type": "object", "properties": {"key": {"type": "string"}, "name": {"type": "string"}}}
    schema = {"type": "object", "properties": {"hooks": {"type": "array", "items": entry}}}
    entries = Field("hooks", {}, fields={"key": Field("key", {}, secret=True), "name": Field("name", {})})
    hooks = mark_secrets(compile_shape(schema), {"hooks": Field("hooks", {}, entries=entries)}).fields["hooks"]
    assert hooks.items
    assert (hooks.items.fields["key"].secret, hooks.items.fields["name"].secret) == (True, False)
    whole = Field("hooks", {}, entries=Field("hooks", {}, secret=True))
    closed = mark_secrets(compile_shape(schema), {"hooks": whole}).fields["hooks"]
    assert closed.items
    assert closed.items.fields["name"].secret
