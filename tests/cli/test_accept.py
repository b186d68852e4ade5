"""`drift --accept`: what somebody changed in a console comes back as a one-line edit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.stage import HOTLINE, Stage, hotline

PROJECT = """\
# The hotline.
version: 1
accounts: {fluents: {}, polyai: {region: us}}
numbers:
  hotline:
    id: +14155552671
    account: fluents
    spec:
      label: 'Hotline'        # what people call it
      description: Day        # when
      example_context: {city: Oslo, plan: gold}
"""


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    stage = hotline(tmp_path, text=PROJECT)
    stage.settle()
    return stage


def edit_console(stage: Stage, **values: Any) -> None:
    (number,) = stage.world.rows("fluents", "numbers")
    stage.world.put("fluents", "numbers", number["number"], {**number, **values})


def test_a_console_edit_becomes_an_edit_of_its_value(stage: Stage) -> None:
    edit_console(stage, label="Night's line", example_context={"city": "Bodø", "plan": "gold"})
    told = stage.run("drift", "--accept")
    assert told.code == 0, told.all
    assert "Wrote 2 values into reconciler.yaml" in told.words
    wanted = PROJECT.replace("'Hotline' ", "'Night''s line' ").replace("city: Oslo", 'city: "Bodø"')
    assert stage.read("reconciler.yaml").replace('"Bodø"', "Bodø") == wanted.replace('"Bodø"', "Bodø")
    assert stage.run("plan", "--detailed-exitcode").code == 0
    before = stage.read("reconciler.yaml")
    told = stage.run("drift", "--accept")
    assert (told.code, stage.read("reconciler.yaml")) == (0, before)
    assert "nothing was written" in told.words
    assert stage.writes == []


def test_only_what_is_named_is_accepted(stage: Stage) -> None:
    edit_console(stage, label="Night", description="Night")
    assert stage.run("drift", "--accept", "numbers.*/label").code == 0
    assert "label: 'Night'" in stage.read("reconciler.yaml")
    assert "description: Day " in stage.read("reconciler.yaml")
    told = stage.run("drift", "--accept", "numbers.nobody")
    assert told.code == 64
    assert "nothing of 'numbers.nobody' moved outside git" in told.words
    assert stage.run("drift", "label").code == 64


def test_a_long_text_grows_into_a_block_and_a_file_keeps_its_ways(stage: Stage) -> None:
    (stage.folder / "prompts").mkdir()
    (stage.folder / "prompts/day.md").write_bytes(b"\xef\xbb\xbfOne.\r\nTwo.\r\n")
    stage.change("reconciler.yaml", "description: Day ", "description: ${file:prompts/day.md} ")
    stage.settle()
    edit_console(stage, label="First line\nSecond line", description="One.\nTwo and a half.\nThree.")
    assert stage.run("drift", "--accept").code == 0
    text = stage.read("reconciler.yaml")
    assert "      label: |-        # what people call it\n        First line\n        Second line\n" in text
    assert "${file:prompts/day.md}" in text
    assert (stage.folder / "prompts/day.md").read_bytes() == b"\xef\xbb\xbfOne.\r\nTwo and a half.\r\nThree.\r\n"
    assert stage.run("plan", "--detailed-exitcode").code == 0


def test_what_comes_from_nowhere_alone_is_named_and_left(stage: Stage) -> None:
    stage.change("reconciler.yaml", "'Hotline'", '"${var.CITY} line"')
    stage.change("reconciler.yaml", "description: Day", "description: ${var.WHEN}")
    stage.settle_with("--var", "CITY=Oslo", "--var", "WHEN=Day")
    edit_console(stage, label="Bergen line", description="Night")
    before = stage.read("reconciler.yaml")
    told = stage.run("--var", "CITY=Oslo", "--var", "WHEN=Day", "drift", "--accept")
    assert told.code == 2
    assert "numbers.hotline/label is left as git has it: it is put together" in told.words
    assert "the variable WHEN comes from --var" in told.words
    assert stage.read("reconciler.yaml") == before


def test_a_conflict_takes_a_word_more(stage: Stage) -> None:
    stage.change("reconciler.yaml", "'Hotline'", "'Ours'")
    edit_console(stage, label="Theirs")
    assert stage.run("drift", "--accept").code == 0
    assert "'Ours'" in stage.read("reconciler.yaml")
    told = stage.run("drift", "--accept", "numbers.hotline/label")
    assert told.code == 64
    assert "--conflicts lets the live value win" in told.words
    assert stage.run("drift", "--accept", "--conflicts").code == 0
    assert "'Theirs'" in stage.read("reconciler.yaml")


def test_what_would_break_the_project_is_put_back(stage: Stage) -> None:
    edit_console(stage, label="Night")
    before = stage.read("reconciler.yaml")
    stage.write("broken.yaml", "numbers: {a: {id: five}}\n")
    told = stage.run("drift", "--accept")
    assert told.code == 3
    assert stage.read("reconciler.yaml") == before


def test_in_one_of_several_environments_the_value_goes_into_its_own_file(tmp_path: Path) -> None:
    stage = hotline(tmp_path, text=HOTLINE)
    stage.write("environments/production.yaml", "# Production.\nvars: {}\n")
    stage.write("environments/staging.yaml", "vars: {}\n")
    assert stage.run("--env", "production", "apply", "--auto-approve").code == 0
    edit_console(stage, label="Night")
    told = stage.run("--env", "production", "drift", "--accept")
    assert told.code == 0, told.all
    assert stage.read("reconciler.yaml") == HOTLINE
    assert stage.read("environments/production.yaml") == (
        "# Production.\nvars: {}\nresources:\n  numbers.hotline:\n    spec:\n      label: Night\n"
    )
    assert stage.run("--env", "production", "plan", "--detailed-exitcode").code == 0
    assert stage.run("--env", "production", "apply", "--auto-approve").code == 0
    edit_console(stage, label="Late night", description="Late")
    assert stage.run("--env", "production", "drift", "--accept").code == 0
    assert stage.read("environments/production.yaml").endswith("label: Late night\n      description: Late\n")


TEXTS = """\
version: 1
accounts: {fluents: {}}
numbers:
  hotline:
    id: +14155552671
    account: fluents
    spec:
      label: ${file:texts/label.md}
      description: ${file:texts/${var.LANGUAGE}.md}
"""


@pytest.mark.parametrize(
    ("other", "file"),
    [
        ("vars: {LANGUAGE: en}\n", "environments/production.yaml"),
        ("vars: {LANGUAGE: 'no'}\n", "texts/en.md"),
        ("vars: {LANGUAGE: en}\nresources: {numbers.hotline: absent}\n", "texts/en.md"),
        ("vars: {LANGUAGE: en}\nresources:\n  numbers.hotline: {spec: {description: Own}}\n", "texts/en.md"),
        ("vars: {LANGUAGE: x}\nresources: {numbers.hotline: {spec: {label: '${file:texts/${var.LANGUAGE}.md}'}}}\n", "environments/production.yaml"),
    ],
)  # fmt: skip
def test_a_text_is_written_where_no_other_environment_reads_it(tmp_path: Path, other: str, file: str) -> None:
    stage = hotline(tmp_path, text=TEXTS)
    for name, text in {"label": "Hotline", "en": "Day", "no": "Dag", "x": "X"}.items():
        stage.write(f"texts/{name}.md", f"{text}\n")
    stage.write("environments/production.yaml", "vars: {LANGUAGE: en}\n")
    stage.write("environments/staging.yaml", other)
    assert stage.run("--env", "production", "apply", "--auto-approve").code == 0
    edit_console(stage, description="Night\nand day")
    told = stage.run("--env", "production", "drift", "--accept")
    assert (told.code, f"into {file}." in told.words) == (0, True), told.all
    assert "Night\n" in stage.read(file)
    assert stage.run("--env", "production", "plan", "--detailed-exitcode").code == 0
    assert (stage.read("texts/en.md") == "Day\n") is (file != "texts/en.md")


def test_a_text_that_two_environments_name_themselves_is_left(tmp_path: Path) -> None:
    stage = hotline(tmp_path, text=TEXTS.replace("${var.LANGUAGE}", "x"))
    for name in ("label", "x", "own"):
        stage.write(f"texts/{name}.md", f"{name}\n")
    for name in ("production", "staging"):
        overlay = "resources: {numbers.hotline: {spec: {description: '${file:texts/own.md}'}}}\n"
        stage.write(f"environments/{name}.yaml", overlay)
    assert stage.run("--env", "production", "apply", "--auto-approve").code == 0
    edit_console(stage, description="Night")
    told = stage.run("--env", "production", "drift", "--accept")
    assert (told.code, "texts/own.md is read in the environment staging too" in told.words) == (2, True), told.all
    assert stage.read("texts/own.md") == "own\n"


def test_without_a_ledger_nobody_can_tell_what_to_accept(stage: Stage) -> None:
    edit_console(stage, label="Night")
    stage.forget_ledger()
    told = stage.run("drift", "--accept")
    assert told.code == 6
    assert "cannot be told" in told.words
    assert stage.read("reconciler.yaml") == PROJECT


def test_what_is_not_set_any_more_and_cannot_be_null_is_left_and_the_rest_written(stage: Stage) -> None:
    edit_console(stage, label=None, description="Night")
    told = stage.run("drift", "--accept")
    assert (told.code, "it is not set at the vendor, and null cannot be declared" in told.words) == (2, True), told.all
    assert "label: 'Hotline'" in stage.read("reconciler.yaml")
    assert "description: Night" in stage.read("reconciler.yaml")
