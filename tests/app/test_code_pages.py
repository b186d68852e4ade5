"""The pages of `explain CODE`: every code has one, and what can be tried is tried through the real command line."""

from __future__ import annotations

import io
import re
import shlex
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from reconciler.app.learn.code_pages import VALIDATE, Example, read_code_page
from reconciler.cli.options import Globals
from reconciler.cli.root import run
from reconciler.model.codes import CODES
from tests.cli.stage import QUICK

PAGES = {code: read_code_page(code) for code in CODES}
FOLDER = Path(__file__).parent.parent.parent / "reconciler" / "app" / "learn" / "codes"
BARE = "version: 1\naccounts: {galtea: {}, fluents: {}, opencopilot: {}, polyai: {}}\n"
WIDEST = 100
TRIED_AT_LEAST = 150
"""Examples that a test runs, of two for each code. The others tell of vendors, ledgers and forges, in words."""
SIDES = [(code, side) for code, page in PAGES.items() for side in ("wrong", "right") if getattr(page, side).whole]


def take(command: str, folder: Path) -> tuple[int, str]:
    """Run a command of a page, as its reader would in the project's folder; return its exit code and all that it said."""
    words = shlex.split(command)
    if "reconciler" not in words:
        subprocess.run(words, cwd=folder, check=True, capture_output=True)
        return 0, ""
    start = words.index("reconciler")
    environ = {"HOME": str(folder), **dict(word.split("=", 1) for word in words[:start])}
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        code = run(words[start + 1 :], outside=Globals(environ=environ, patience=QUICK))
    return code, said.getvalue()


def try_out(example: Example, folder: Path) -> tuple[int, str]:
    """Carry out one side in a folder that has what the page shows, and a bare project where it shows none."""
    for name, text in {"reconciler.yaml": BARE, **example.files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [take(command, folder) for command in example.commands or (VALIDATE,)][-1]


def tell_codes(said: str) -> set[str]:
    """Return the codes that an output names: beside a diagnostic or an annotation, or after the outcomes of a run."""
    pointers = re.findall(r"`reconciler explain ([a-z-]+|CODE)` tells more(.*)", said)
    beside = re.findall(r"\[([a-z]+(?:-[a-z]+)*)\]|title=([a-z-]+)::", said)
    return {code for pair in beside for code in pair} | set(re.findall(r"[a-z-]+", str(pointers)))


@pytest.mark.parametrize(("code", "side"), SIDES, ids=[f"{code}-{side}" for code, side in SIDES])
def test_the_wrong_example_gives_the_code_and_the_right_one_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, side: str
) -> None:
    monkeypatch.chdir(tmp_path)
    status, said = try_out(getattr(PAGES[code], side), tmp_path)
    assert (code in tell_codes(said)) == (side == "wrong"), said
    if side == "right":
        assert status == 0, said
        assert "error[" not in said


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == CODES.keys()


@pytest.mark.parametrize("code", CODES)
def test_a_page_says_why_wrong_and_right(code: str) -> None:
    page = PAGES[code]
    assert len(page.why) > len("why")
    assert page.why.endswith(".")
    for side in (page.wrong, page.right):
        assert side.text or side.whole
        lines = [line for text in side.shown.values() for line in text.splitlines()]
        assert max(map(len, [*lines, *side.commands]), default=0) <= WIDEST


def test_what_can_be_shown_is_shown() -> None:
    """A code that comes from files alone is no matter of words."""
    assert len(SIDES) >= TRIED_AT_LEAST
