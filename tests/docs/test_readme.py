"""The README's commands on the sandbox work as a newcomer types them: in a terminal that asks and is answered."""

from __future__ import annotations

import contextlib
import os
import pty
import shutil
import subprocess
from pathlib import Path

from tests.docs.console import make_shim
from tests.docs.pages import ROOT, list_blocks

README = ROOT / "README.md"
TOOL = ".venv/bin/reconciler "


def list_sandbox_commands() -> list[str]:
    parts = [
        part.partition("  #")[0].strip()
        for block in list_blocks(README)
        if block.language == "sh"
        for line in block.lines
        for part in line.split("&&")
    ]
    return [part for part in parts if part.startswith(TOOL)]


def run_in_terminal(command: str, *, folder: Path, answer: str) -> tuple[int, str]:
    """Run a command on a terminal of its own that holds an answer already; return its status and what it showed."""
    terminal, inner = pty.openpty()
    os.write(terminal, f"{answer}\n".encode())
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "dumb", "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        ["sh", "-c", command], cwd=folder, env=environ, stdin=inner, stdout=inner, stderr=inner, start_new_session=True
    )
    os.close(inner)
    shown = b""
    with contextlib.suppress(OSError):  # a terminal whose last user is gone
        while part := os.read(terminal, 65536):
            shown += part
    os.close(terminal)
    return process.wait(timeout=60), shown.decode("utf-8", "replace")


def test_the_commands_on_the_sandbox_work_one_after_the_other(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns(".reconciler"))
    (tmp_path / ".venv").mkdir()
    make_shim(tmp_path / ".venv" / "bin")
    commands = list_sandbox_commands()
    ran = [(command, *run_in_terminal(command, folder=tmp_path, answer="yes")) for command in commands]
    assert [(command, shown) for command, status, shown in ran[:-1] if status] == []
    assert ran[-1][1] == 5, ran[-1]
    assert "could not be taken back, as named above" in ran[-1][2]
    assert [command.split()[-1] for command in commands] == ["plan", "apply", "--detailed-exitcode", "latest"]
    assert "Only 'yes' is accepted" in ran[1][2]
    assert "No changes." in ran[2][2]


def test_another_answer_sends_nothing(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns(".reconciler"))
    (tmp_path / ".venv").mkdir()
    make_shim(tmp_path / ".venv" / "bin")
    command = f"{TOOL} -C examples/quickstart --sandbox apply"
    status, shown = run_in_terminal(command, folder=tmp_path, answer="y")
    assert status == 5
    assert "Not approved. Nothing was sent." in shown
