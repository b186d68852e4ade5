"""YAML as we write it means the same to our loader, to YAML 1.1 and to YAML 1.2."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from reconciler.config import load_project
from reconciler.config.text.writing import find_obstacle, write_entries, write_flat, write_scalar
from reconciler.vendors import load_catalog
from tests.config.yaml12 import CoreLoader

CATALOG = load_catalog()
TRAPS = [
    "ends in empty lines\n\n\n\n",
    "", "no", "No", "y", "on", "null", "~", "true", "+14155552671", "0123", "8:30", "2024-01-05", "1e3", "0x1F", ".5", "-", "- a", "a: b",
    "a #b", "# a", "!tag", "&a", "*a", "|", ">", "%a", "@a", "`a", "'a'", '"a"', "a\\b", "{a}", "[a]", "a,b", "? a", "=", "<<", "...", "---",
    "a\nb", "a\n", "a\n\n", "\na", " a\nb", "a\n  b\n c", "a\n ", "a \nb ", "\ta\nb", "a\n\tb", "a\r\nb", "a\x85b", "a\u2028b\nc",
    "\ufeffa\nb", "\u202eabc", "a\x00b", "\x1b[31m", "Bjørn", "🙂", "🙂\n🙂", "${var.X}", "$${", "$$${a", "a\n${file:x}\nb", "...\n---\n",
    "# a\n# b", "- a\n- b", "\n\n a", "a\n\n\n", "a" * 300, "1_000", "0b1", "1:20:30", ".inf", ".NaN", "Infinity", "NULL", "Off",
]  # fmt: skip

TEXTS = st.one_of(st.sampled_from(TRAPS), st.text(max_size=30), st.text(alphabet=" \n\t#:-'\"${}ab", max_size=25))
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=8,
)


def load(folder: Path, spec: dict[str, Any]) -> dict[str, Any]:
    lines = [
        "version: 1",
        "numbers:",
        "  a:",
        '    id: "+12025550143"',
        "    account: fluents",
        *write_entries({"spec": spec}, indent=4),
    ]
    (folder / "reconciler.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    loaded = load_project(folder, catalog=CATALOG, environ={})
    assert loaded.project is not None, (loaded.diagnostics, lines)
    return dict(loaded.project.resources[0].spec)


@pytest.mark.parametrize("text", TRAPS)
def test_every_trap_comes_back_as_written(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, {"label": text}) == {"label": text}
    assert load(tmp_path, {"example_context": {"a": text}}) == {"example_context": {"a": text}}
    assert load(tmp_path, {"example_context": {"a": [text, {"b": text}]}}) == {
        "example_context": {"a": [text, {"b": text}]}
    }


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(label=TEXTS, context=st.dictionaries(TEXTS, VALUES, min_size=1, max_size=3))
@example(label="x", context={"<<": {"a": 1}})
@example(label="x", context={"\u1100\u1161" * 80: 1})
@example(label="x", context={'"\uf900': None, "\\\uf900": '"\uf900'})
def test_any_value_comes_back_as_written(tmp_path: Path, label: str, context: dict[str, Any]) -> None:
    spec = {"label": label, "example_context": context}
    if find_obstacle(spec):
        return
    read = load(tmp_path, spec)
    assert read == spec
    assert repr(read) == repr(spec), "types and signs too"


@settings(max_examples=300, deadline=None)
@given(value=VALUES)
def test_other_readers_agree(value: Any) -> None:
    if find_obstacle(value):
        return
    text = "\n".join(write_entries({"key": value})) + "\n"
    escaped = escape(value)
    assert yaml.load(text, CoreLoader) == {"key": escaped}  # noqa: S506 - a safe loader with fewer types
    if not has_odd_float(value):
        assert yaml.safe_load(text) == {"key": escaped}


@settings(max_examples=200, deadline=None)
@given(values=st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4))
@example(values={"what becomes longer": ["A${'"]})
@example(values={"a question": "A?"})
def test_other_readers_agree_about_one_line(values: dict[str, Any]) -> None:
    if find_obstacle(values) or has_odd_float(values):
        return
    text = f"key: {write_flat(values)}\n"
    assert yaml.load(text, CoreLoader) == {"key": escape(values)}  # noqa: S506 - a safe loader with fewer types
    assert yaml.safe_load(text) == {"key": escape(values)}


def escape(value: Any) -> Any:
    """Other readers know nothing of interpolation."""
    if isinstance(value, str):
        return value.replace("${", "$${")
    if isinstance(value, dict):
        return {key: escape(below) for key, below in value.items()}
    return [escape(entry) for entry in value] if isinstance(value, list) else value


def has_odd_float(value: Any) -> bool:
    """PyYAML reads 1e+16 as text: a known bug of its YAML 1.1."""
    if isinstance(value, float):
        return "e" in repr(value)
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(map(has_odd_float, below))


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("\ud800", "surrogate"),
        (" ", "white space only"),
        ({"a": ["\u200b\n"]}, "white space only"),
        ("a\n>>>>>>> theirs\n", "a merge that was not resolved"),
        ({"\udfff": 1}, "surrogate"),
        (float("inf"), "finite"),
        (10**400, "too long"),
        ({"k" * 2000: 1}, "too long"),
        ({"\u1100\u1161" * 100: 1}, "too long"),
        ([{"a": ["\ud800"]}], "surrogate"),
    ],
)
def test_what_cannot_be_written_is_said(value: Any, why: str) -> None:
    assert why in find_obstacle(value)


def test_depth_is_bounded() -> None:
    value: Any = "x"
    for _ in range(40):
        value = [value]
    assert "deep" in find_obstacle(value)


def test_the_ordinary_stays_readable() -> None:
    written = "\n".join(
        write_entries(
            {"label": "Front desk", "prompt": "Hello.\n\nBye.\n", "id": "+1415", "list": ["a", 1], "empty": {}}
        )
    )
    assert written == 'label: Front desk\nprompt: |\n  Hello.\n\n  Bye.\nid: "+1415"\nlist:\n  - a\n  - 1\nempty: {}'
    assert write_scalar("no") == '"no"'
    assert write_scalar("\u202e") == '"\\u202E"'
