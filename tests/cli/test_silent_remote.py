"""A ledger whose remote says nothing: the vendors are read meanwhile, and nobody who interrupts waits for it."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.ledger.samples import run_git
from tests.sandbox.served import serve_in_process

SEED = {
    "galtea": {
        "phoneConnections": [
            {"id": "pc-1", "productId": "p-1", "name": "Desk", "phoneNumber": "+12025550143", "voice": "sarah"}
        ]
    }
}
PROJECT = """version: 1
ledger: git
accounts:
  galtea: {provider: galtea, base_url: 'URL'}
phone_connections:
  desk: {id: pc-1, spec: {voice: jack}}
"""


def open_clone(folder: Path, url: str) -> dict[str, str]:
    """Make a project in a clone, and return an environment in which git falls silent wherever it would ask the remote."""
    run_git(folder, "init", "--quiet", "--bare", "shared.git")
    run_git(folder, "clone", "--quiet", "shared.git", "clone")
    (folder / "clone" / "reconciler.yaml").write_text(PROJECT.replace("URL", url))
    real, shim = shutil.which("git"), folder / "bin" / "git"
    shim.parent.mkdir()
    asked = shlex.quote(str(folder / "asked"))
    shim.write_text(
        f'#!/bin/sh\ncase " $* " in *" fetch "*|*" ls-remote "*) touch {asked}; exec sleep 60;; esac\nexec {real} "$@"\n'
    )
    shim.chmod(0o755)
    return {**os.environ, "PATH": f"{shim.parent}:{os.environ['PATH']}", "GALTEA_API_KEY": "gsk_sandbox"}


def wait_for(what: Path) -> None:
    end = time.monotonic() + 60
    while not what.exists():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_an_interrupt_ends_a_plan_that_waits_for_its_ledger(tmp_path: Path) -> None:
    with serve_in_process(SEED) as url:
        environ = open_clone(tmp_path, url)
        command = [sys.executable, "-m", "reconciler", "-C", str(tmp_path / "clone"), "plan"]
        with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as plan:
            wait_for(tmp_path / "asked")
            time.sleep(0.5)
            assert plan.poll() is None
            plan.send_signal(signal.SIGINT)
            began = time.monotonic()
            output, errors = plan.communicate(timeout=50)
    assert plan.returncode == 130, output + errors
    assert "Traceback" not in errors
    assert time.monotonic() - began < 40
