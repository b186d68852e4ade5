"""Every command and format on streams that lack signs, fail or are closed (law 11)."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
from pathlib import Path

import pytest

from reconciler.cli.options import Globals
from reconciler.cli.outlet import SIGNS, fit_signs
from reconciler.cli.root import run
from tests.cli.stage import QUICK, Stage, quickstart

TEXTS = (("validate",), ("plan",), ("drift",), ("history",), ("history", "latest"), ("doctor",), ("explain",), ("--help",), ("plan", "--nonsense"), ("pull",))  # fmt: skip
DOCUMENTS = (
    *(("plan", "--format", style) for style in ("json", "markdown", "html", "github", "gitlab", "sarif", "junit")),
    ("history", "--format", "json"),
    ("doctor", "--format", "json"),
    ("schema",),
)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Stage a project with letters of two alphabets, a run in its history, and changes to plan."""
    staged = quickstart(tmp_path_factory.mktemp("streams"))
    staged.settle()
    staged.world.edit("galtea", "phoneConnections", "phoneConnection_123", {"voice": "megan"})
    staged.change("config/fluents.yaml", "Nights and weekends", "Nächte und 週末 …")
    return staged


def call(stage: Stage, words: tuple[str, ...], out: io.TextIOBase, err: io.TextIOBase) -> int:
    outside = Globals(transport=stage.transport, environ=stage.environ, now=stage.clock, patience=QUICK)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        return run(("-C", str(stage.folder), *words), outside=outside)


def write_as(code_page: str) -> tuple[io.BytesIO, io.TextIOWrapper]:
    octets = io.BytesIO()
    return octets, io.TextIOWrapper(octets, encoding=code_page, write_through=True)


@pytest.mark.parametrize("code_page", ["ascii", "cp1252", "gbk"])
@pytest.mark.parametrize("words", TEXTS, ids=" ".join)
def test_text_has_the_signs_that_the_stream_has(stage: Stage, words: tuple[str, ...], code_page: str) -> None:
    (out, out_stream), (err, err_stream) = write_as(code_page), write_as(code_page)
    code = call(stage, words, out_stream, err_stream)
    told = stage.run(*words)
    assert code == told.code
    shown = out.getvalue().decode(code_page) + err.getvalue().decode(code_page)
    assert "bug" not in shown
    assert len(shown) > len(told.all) // 2


@pytest.mark.parametrize("code_page", ["ascii", "gbk"])
@pytest.mark.parametrize("words", DOCUMENTS, ids=" ".join)
def test_what_programs_read_is_utf8(stage: Stage, words: tuple[str, ...], code_page: str) -> None:
    (out, out_stream), (_, err_stream) = write_as(code_page), write_as(code_page)
    call(stage, words, out_stream, err_stream)
    text = out.getvalue().decode("utf-8")
    assert "bug" not in text.casefold()[:200]
    if words[-1] in {"json", "sarif", "gitlab"}:
        json.loads(text)
    if words[:1] == ("plan",) and words[-1] in {"json", "html", "markdown"}:
        assert "週末" in text


class Failing(io.StringIO):
    """A stream that takes nothing."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    def write(self, text: str, /) -> int:  # noqa: ARG002 - the stream's signature
        raise OSError(self._number, os.strerror(self._number))


@pytest.mark.parametrize("words", [*TEXTS[:7], ("plan", "--format", "json"), ("schema",)], ids=" ".join)
@pytest.mark.parametrize("number", [errno.EPIPE, errno.ENOSPC])
def test_a_result_that_is_lost_is_a_failure_and_no_bug(stage: Stage, words: tuple[str, ...], number: int) -> None:
    """A reader that left knows it; a full disk is told."""
    err = io.StringIO()
    assert call(stage, words, Failing(number), err) == 1
    assert "bug" not in err.getvalue()
    assert ("The output could not be written: No space left" in err.getvalue()) == (number == errno.ENOSPC)


def test_without_any_stream_a_command_still_ends(stage: Stage) -> None:
    assert call(stage, ("plan",), Failing(errno.EIO), Failing(errno.EIO)) == 1


def test_our_own_signs_have_a_stand_in_and_others_an_escape() -> None:
    for sign, instead in SIGNS.items():
        assert fit_signs(sign, "ascii") == instead
    assert fit_signs("ü → 週", "cp1252") == "ü -> \\u9031"
    assert fit_signs("\ud800", "utf-8") == "\\ud800"


def test_a_saved_plan_is_whole_whatever_the_code_page(stage: Stage, tmp_path: Path) -> None:
    (_, out_stream), (_, err_stream) = write_as("ascii"), write_as("ascii")
    call(stage, ("plan", "--out", str(tmp_path / "plan.json")), out_stream, err_stream)
    assert "週末" in (tmp_path / "plan.json").read_text("utf-8")
