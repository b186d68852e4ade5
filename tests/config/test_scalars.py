"""The schema decides what a plain scalar is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.config.findings import Findings
from reconciler.config.text.events import parse_document
from reconciler.config.text.positions import Plain
from reconciler.config.text.source import Source
from reconciler.config.values.scalars import NULLS

from .conftest import Workspace

WRITTEN = [
    "+14155552671",
    "no",
    "0123",
    "8:30",
    "2024-01-05",
    "1e3",
    "0x1F",
    "true",
    "yes",
    "1_000",
    ".5",
    "-",
    "=",
    "12e03",
    "1.10",
    "o",
]


@pytest.mark.parametrize("text", WRITTEN)
@pytest.mark.parametrize("form", ["{}", '"{}"', "'{}'"])
def test_text_field_takes_what_was_written(workspace: Workspace, text: str, form: str) -> None:
    if text == "-" and form == "{}":
        text = "-x"  # a lone dash begins a list
    declared = workspace.load_line(f"name: {form.format(text)}")
    assert declared.spec == {"name": text}
    assert type(declared.spec["name"]) is str


@pytest.mark.parametrize("text", sorted(NULLS))
def test_unquoted_null_is_none_and_quoted_is_text(workspace: Workspace, text: str) -> None:
    workspace.write("a.yaml", f"phone_connections: {{x: {{id: a, spec: {{voice: {text}}}}}}}\n")
    assert workspace.load_project().resources[0].spec == {"voice": None}
    workspace.write("a.yaml", f'phone_connections: {{x: {{id: a, spec: {{voice: "{text}"}}}}}}\n')
    loaded = workspace.load()
    assert loaded.project
    assert loaded.project.resources[0].spec == {"voice": text}


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("record", "true", True),
        ("record", "True", True),
        ("record", "FALSE", False),
        ("retries", "3", 3),
        ("retries", "+3", 3),
        ("retries", "0x1f", 31),
        ("retries", "0o17", 15),
        ("retries", "0", 0),
        ("speed", "1", 1),
        ("speed", "1.5", 1.5),
        ("speed", ".5", 0.5),
        ("speed", "2.", 2.0),
        ("speed", "5e-1", 0.5),
        ("timeout", "30", 30),
        ("timeout", "never", "never"),
        ("timeout", "1.5", "1.5"),
        ("timeout", "true", "true"),
    ],
)
def test_typed_field(workspace: Workspace, field: str, text: str, value: object) -> None:
    spec = workspace.load_line(f"{field}: {text}").spec
    assert json.dumps(spec) == json.dumps({field: value})


@pytest.mark.parametrize(
    ("field", "text", "advice"),
    [
        ("record", "yes", "Write true."),
        ("record", "no", "Write false."),
        ("record", "Off", "Write false."),
        ("record", "n", "Write false."),
        ("record", "tRUE", "Write true."),
        ("record", "1", "Write true or false."),
        ("record", '"true"', "Remove the quotes"),
        ("retries", "012", "Write 12."),
        ("retries", "00", "Write 0."),
        ("retries", "3.0", "Write 3."),
        ("retries", "3.5", "without a fraction"),
        ("retries", "1_000", "Write a whole number"),
        ("retries", "1:30", "Write a whole number"),
        ("retries", "three", "Write a whole number"),
        ("retries", "9" * 5000, "Write a whole number"),
        ("retries", '"3"', "Remove the quotes"),
        ("retries", "[3]", "Write a whole number."),
        ("speed", ".inf", "finite"),
        ("speed", "-.Inf", "finite"),
        ("speed", ".nan", "finite"),
        ("speed", "1e999", "smaller"),
        ("speed", "1,5", "Write a number"),
        ("name", "[a]", "Write text"),
        ("name", "{a: b}", "Write text"),
        ("hook", "text", "Write a mapping"),
        ("words", "text", "Write a list"),
    ],
)
def test_value_of_another_type_is_refused_with_the_fix(
    workspace: Workspace, field: str, text: str, advice: str
) -> None:
    found = workspace.refuse_line(f"name: ok\n{field}: {text}" if field != "name" else f"{field}: {text}")
    assert found.code == "wrong-type"
    assert advice in found.advice
    assert found.location
    assert (found.location.file, found.location.line) == ("lines.yaml", 5 if field == "name" else 6)
    assert found.location.column == len(f"      {field}: ") + 1
    assert found.excerpt.startswith(f"      {field}: ")
    assert found.path == f"/{field}"
    assert found.address == "lines.main"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("null", None),
        ("~", None),
        ("", None),
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("no", "no"),
        ("12", 12),
        ("-12", -12),
        ("+14155552671", "+14155552671"),
        ("0123", "0123"),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("0x1F", 31),
        ("8:30", "8:30"),
        ("2024-01-05", "2024-01-05"),
        ("1_000", "1_000"),
        ("'12'", "12"),
        ("1.2.3", "1.2.3"),
    ],
)
def test_untyped_place_speaks_yaml_1_2(workspace: Workspace, text: str, value: object) -> None:
    spec = workspace.load_line(f"extra:\n  deep:\n    - {text}\n  flat: {text}").spec
    assert json.dumps(spec["extra"]) == json.dumps({"deep": [value], "flat": value})


def test_untyped_infinity_is_no_json(workspace: Workspace) -> None:
    found = workspace.refuse_line("extra: {a: .inf}")
    assert (found.code, found.path) == ("wrong-type", "/extra/a")


def test_types_reach_into_lists_mappings_and_unions(workspace: Workspace) -> None:
    spec = workspace.load_line(
        """
        words: [no, 8:30, 0123]
        rates: [1, 2.5]
        labels: {a: 1, b: no}
        hook: {url: https://x.example, tries: 3}
        action: {type: transfer, number: +1415}
        """
    ).spec
    assert spec["words"] == ["no", "8:30", "0123"]
    assert spec["rates"] == [1, 2.5]
    assert spec["labels"] == {"a": "1", "b": "no"}
    assert spec["hook"]["tries"] == 3
    assert spec["action"]["number"] == "+1415"


@pytest.mark.parametrize("key", ["no", "123", "true", "null", "~", "1.5", "2024-01-05", "8:30", "+1"])
def test_plain_keys_are_text(workspace: Workspace, key: str) -> None:
    assert workspace.load_line(f"labels:\n  {key}: x").spec == {"labels": {key: "x"}}


PLAIN_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cn", "Cf"], exclude_characters="\ufeff"),
    min_size=1,
    max_size=40,
).filter(lambda text: text == text.strip() and text[0].isalnum() and not set(text) & set(":#") and "  " not in text)


def read_value(text: str) -> object:
    findings = Findings()
    document = parse_document(Source("t.yaml", text), findings=findings)
    assert document, findings.sort()
    return document.root["key"]


@given(text=PLAIN_TEXT)
def test_plain_text_survives(text: str) -> None:
    value = read_value(f"key: {text}\n")
    assert (value, type(value)) == (text, Plain)


@given(text=st.text(st.characters(codec="utf-8")))
def test_quoted_text_survives(text: str) -> None:
    escaped = json.dumps(text, ensure_ascii=False).translate(
        {c: f"\\U{c:08x}" for c in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF)}
    )
    value = read_value(f"key: {escaped}\n")
    assert (value, type(value)) == (text, str)
