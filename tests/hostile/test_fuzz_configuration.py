"""The first door: whatever YAML and settings hold, there is never a traceback and always a place."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.app.problem import Problem
from reconciler.app.sandbox_state import build_sandbox
from reconciler.config import Loaded, load_project
from reconciler.model.diagnostic import Diagnostic
from reconciler.report.text.diagnostics import render_diagnostics
from reconciler.vendors import load_catalog

CATALOG = load_catalog()
WHOLE = (Path(__file__).parents[2] / "examples/one-file/reconciler.yaml").read_text(encoding="utf-8")
SEED = (Path(__file__).parents[2] / "examples/one-file/sandbox.yaml").read_text(encoding="utf-8")
PIECES = st.sampled_from(
    ["\n", "  ", ": ", "- ", "{", "}", "[", "]", "'", '"', "|", ">", "&a ", "*a", "<<: ", "!!x ", "---\n", "# ", "\t", "\u00a0", "\ufeff",
     "\u2028", "\x00", "${var.A}", "${file:x}", "${secret.S}", "${numbers.hotline.id}", "${", "$${", "~", "null", "-1", "9" * 400, ".nan",
     "version", "accounts", "account", "spec", "match", "id", "guards", "exclude", "ledger", "environment", "<<<<<<< a\n", "\\ud800"]
)  # fmt: skip
FILES = frozenset({"reconciler.yaml", "environments/prod.yaml"})
WORLD = """\
vars: {CITY: Oslo, EMPTY: ""}
accounts: {polyai: {region: eu, credential: POLYAI_STAGING_API_KEY}, galtea: {timeout_seconds: 5}}
guards: {max_updates: 10, max_percent: 50}
resources:
  numbers.hotline:
    id: "+12025550199"
    spec: {label: "${var.CITY}", description: null}
    ignore: {label: {reason: a test, until: 2026-12-15}}
  connectors.front-desk: absent
  phone_connections.only-here: {id: pc_9, account: galtea, spec: {voice: jack}, protect: true}
"""
NOISE = st.one_of(PIECES, st.text(max_size=4))
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), PIECES)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6) | PIECES, inner, max_size=3),
    max_leaves=8,
)


@st.composite
def damage(draw: Callable[[st.SearchStrategy[Any]], Any], text: str) -> str:
    """Cut pieces out of a good file, and put others in."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        text = text[:start] + draw(NOISE) + text[end:]
    return text


def load(text: str) -> Loaded:
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "reconciler.yaml").write_bytes(text.encode("utf-8", "surrogatepass"))
        return load_project(Path(place), catalog=CATALOG, environ={"RECONCILER_VAR_A": "x"})


def check(loaded: Loaded, *, files: frozenset[str] = frozenset({"reconciler.yaml"})) -> None:
    errors = [each for each in loaded.diagnostics if each.severity.value == "error"]
    assert (loaded.project is None) == bool(errors)
    for each in errors:
        assert each.location is not None, each
        assert each.location.file in files
        assert min(each.location.line, each.location.column) >= 1
        assert each.message
        assert "\n" not in each.message
    assert "\x1b" not in render_diagnostics(loaded.diagnostics, colour=False, width=80)


@settings(max_examples=150, deadline=None)
@given(text=damage(WHOLE))
def test_a_damaged_project_is_loaded_or_told_with_a_place(text: str) -> None:
    check(load(text))


@settings(max_examples=100, deadline=None)
@given(
    setting=st.sampled_from(["accounts", "guards", "exclude", "ledger", "environment", "account", "version"]),
    value=VALUES,
)
def test_any_value_of_a_setting_is_taken_or_told_with_a_place(setting: str, value: object) -> None:
    check(
        load(
            f"version: 1\naccounts: {{galtea: {{}}}}\n{setting}: {write(value)}\n"
            if setting != "accounts"
            else f"version: 1\naccounts: {write(value)}\n"
        )
    )


@settings(max_examples=100, deadline=None)
@given(
    setting=st.sampled_from(["provider", "region", "base_url", "credential", "api", "clear", "concurrency", "timeout_seconds"]), value=VALUES
)  # fmt: skip
def test_any_value_of_an_account_is_taken_or_told_with_a_place(setting: str, value: object) -> None:
    check(load(f"version: 1\naccounts: {{galtea: {{{setting}: {write(value)}}}}}\n"))


@settings(max_examples=60, deadline=None)
@given(text=damage(SEED))
def test_a_damaged_seed_is_planted_or_told(text: str) -> None:
    with tempfile.TemporaryDirectory() as place:
        root = Path(place).resolve()
        (root / "sandbox.yaml").write_bytes(text.encode("utf-8", "surrogatepass"))
        for each in plant(root):
            assert each.code == "bad-vice" or (each.location and each.location.file == "sandbox.yaml"), each


@settings(max_examples=60, deadline=None)
@given(text=damage(WORLD))
def test_a_damaged_environment_is_laid_over_or_told_with_a_place(text: str) -> None:
    with tempfile.TemporaryDirectory() as place:
        root = Path(place).resolve()
        (root / "reconciler.yaml").write_text(WHOLE, encoding="utf-8")
        (root / "environments").mkdir()
        (root / "environments/prod.yaml").write_bytes(text.encode("utf-8", "surrogatepass"))
        check(load_project(root, catalog=CATALOG, environment="prod", environ={}), files=FILES)


def plant(root: Path) -> tuple[Diagnostic, ...]:
    """Build a sandbox, and return what is wrong with its seed."""
    try:
        build_sandbox(root).state.world.close()
    except Problem as problem:
        return problem.diagnostics
    return ()


def write(value: object) -> str:
    """Write a value as one would who quotes too little: on one line, text as it is."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {write(below)}" for key, below in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(write, value)) + "]"
    return str(value)
