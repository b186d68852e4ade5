"""What the hand-written pages claim in a form that can be checked, is checked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reconciler.app.problem import Exit
from reconciler.config import load_project
from reconciler.config.settings import project_file
from reconciler.config.settings.accounts import _KEYS as ACCOUNT_SETTINGS
from reconciler.config.settings.project_file import KEYS as PROJECT_KEYS
from reconciler.config.text import aliases, reading
from reconciler.config.text import events as yaml_events
from reconciler.engine.attribute import attribute
from reconciler.model.outcome import Result
from reconciler.model.paths import MISSING
from reconciler.report.text.outcomes import COUNTED
from reconciler.vendors import load_catalog
from tests.docs.pages import ROOT, Block, list_blocks

DOCS = ROOT / "docs"
VALUES = {"A": "a", "B": "b", "C": None, "nothing": MISSING, "cannot be read": MISSING}


def read_table(page: str, *, first: str) -> list[list[str]]:
    """Return the rows of the table whose head begins with a word, without marks."""
    lines = (DOCS / page).read_text(encoding="utf-8").splitlines()
    heads = (number for number, line in enumerate(lines[1:]) if line.startswith("|---"))
    start = next(number for number in heads if lines[number].startswith(f"| {first} |"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().strip("`") for cell in line.strip("|").split("|")])
    return rows


@pytest.mark.parametrize("row", read_table("attribution.md", first="last applied"), ids=" ".join)
def test_the_truth_table_is_what_the_engine_says(row: list[str]) -> None:
    last, declared, live, verdict = row
    cause = attribute(last=VALUES[last], declared=VALUES[declared], live=VALUES[live])
    assert (cause.value if cause else "no change") == verdict


def test_the_truth_table_has_all_rows() -> None:
    rows = [tuple(row[:3]) for row in read_table("attribution.md", first="last applied")]
    assert len(set(rows)) == len(rows) == 10


def test_every_exit_code_is_explained() -> None:
    assert [int(row[0]) for row in read_table("exit-codes.md", first="code")] == [int(code) for code in Exit]


def test_every_outcome_is_explained() -> None:
    said = {COUNTED[result].partition(" (")[0] for result in Result}
    assert {row[0] for row in read_table("concepts.md", first="outcome")} == said


def test_every_setting_is_explained() -> None:
    assert [row[0] for row in read_table("configuration.md", first="setting")] == sorted(
        ACCOUNT_SETTINGS, key=[row[0] for row in read_table("configuration.md", first="setting")].index
    )
    assert {row[0] for row in read_table("configuration.md", first="key")} == set(PROJECT_KEYS)


def test_the_limits_are_those_of_the_code() -> None:
    limits = {row[0]: row[1] for row in read_table("configuration.md", first="what")}
    numbers = {
        what: [int(word.replace(",", "")) for word in re.findall(r"\d[\d,]*", text)] for what, text in limits.items()
    }
    assert list(numbers.values()) == [
        [reading.MAX_CONFIG_BYTES // 2**20],
        [reading.MAX_INCLUDED_BYTES // 2**20, 8],
        [256],
        [aliases.MAX_DEPTH],
        [aliases.MAX_ALIAS_VALUES, aliases.MAX_ALIAS_CHARACTERS],
        [yaml_events.MAX_PROBLEMS],
        [project_file.MAX_GLOBS],
    ]


YAML_BLOCKS = [
    block
    for page in (*sorted(DOCS.glob("*.md")), ROOT / "README.md")
    if page.name not in {"ci.md", "sandbox.md"}
    for block in list_blocks(page)
    if block.language == "yaml"
]
"""Blocks of a project: workflows and seeds are tried in tests/ci and tests/sandbox."""


@pytest.mark.parametrize("block", YAML_BLOCKS, ids=lambda block: f"{block.page}:{block.line}")
def test_the_yaml_of_a_page_is_valid(block: Block, tmp_path: Path) -> None:
    text = "\n".join(block.lines) + "\n"
    environment = re.match(r"# (environments/(\w+)\.yaml)", text)
    if environment:
        (tmp_path / "environments").mkdir()
        (tmp_path / environment[1]).write_text(text, encoding="utf-8")
        text = "\n".join(next(each.lines for each in YAML_BLOCKS if each.page == block.page)) + "\n"
    main = re.search(r"^version:", text, re.MULTILINE) is not None
    if not main:
        (tmp_path / "reconciler.yaml").write_text("version: 1\n", encoding="utf-8")
    (tmp_path / ("reconciler.yaml" if main else "part.yaml")).write_text(text, encoding="utf-8")
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "receptionist.md").write_text("Be kind.\n", encoding="utf-8")
    name = environment[2] if environment else None
    loaded = load_project(tmp_path, catalog=load_catalog(), environment=name, environ={})
    assert loaded.diagnostics == ()


def test_there_is_yaml_to_check() -> None:
    assert len(YAML_BLOCKS) >= 3
