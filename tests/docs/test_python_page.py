"""The page about Python is a program that runs."""

from __future__ import annotations

import contextlib
import io
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import ROOT, list_blocks


def test_the_examples_run_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("quickstart", "environments"):
        shutil.copytree(ROOT / "examples" / name, tmp_path / "examples" / name, ignore=shutil.ignore_patterns(".reconciler"))  # fmt: skip
    monkeypatch.chdir(tmp_path)
    blocks = [block for block in list_blocks(ROOT / "docs/python.md") if block.language == "python"]
    assert len(blocks) == 7
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()) as out:
        for block in blocks:
            exec(compile("\n".join(block.lines), "docs/python.md", "exec"), names)  # noqa: S102 -- our own page is the program
    assert "numbers.front-desk" in out.getvalue()
    assert "numbers.front-desk ('label',) Front desk Staging Front desk Boston as git says" in out.getvalue()
