"""The real command, killed by the vendor's own hand while a write is on the line: before it is done, and after."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.laws.stage import ENVIRON, build_settings
from tests.laws.worlds import build_world

SERVER = """
import json, os, pathlib, signal, socket, sys
import uvicorn
from reconciler.sandbox import create_app

told = json.loads(sys.stdin.read())
app = create_app(database=None, seed=told["seed"])
count = 0

def strike():
    os.kill(int(pathlib.Path(told["victim"]).read_text()), signal.SIGKILL)

async def deadly(scope, receive, send):
    global count
    writes = scope["type"] == "http" and scope["method"] != "GET"
    count += writes
    chosen = writes and count == told["number"]
    if chosen and told["side"] == "before":
        strike()
    async def answer(message):
        if chosen and told["side"] == "after" and message["type"] == "http.response.start":
            strike()
        await send(message)
    await app(scope, receive, answer)

listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(deadly, log_level="warning", lifespan="off", ws="none")).run(sockets=[listener])
"""


@contextmanager
def serve_deadly(victim: Path, *, side: str, number: int) -> Iterator[str]:
    """Yield the URL of a sandbox that kills the victim at one of its writes."""
    told = {"seed": build_world().seed, "victim": str(victim), "side": side, "number": number}
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(told))
        process.stdin.close()
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "reconciler", "-C", str(folder), *words]
    environ = {**os.environ, **ENVIRON}
    return subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(folder: Path, *words: str) -> tuple[int, str]:
    process = start(folder, *words)
    output, errors = process.communicate(timeout=60)
    return process.returncode, output + errors


@pytest.mark.parametrize(("side", "number"), [("before", 1), ("after", 1), ("before", 5), ("after", 6)])
def test_a_kill_while_a_write_is_on_the_line(tmp_path: Path, side: str, number: int) -> None:
    folder, victim = tmp_path / "project", tmp_path / "victim.pid"
    folder.mkdir()
    with serve_deadly(victim, side=side, number=number) as url:
        settings = build_settings()
        for name, account in settings["accounts"].items():
            account.pop("region", None)
            account["base_url"] = f"{url}/v1" if name == "fluents" else url
        (folder / "reconciler.yaml").write_text(json.dumps(settings), encoding="utf-8")
        (folder / "resources.yaml").write_text(json.dumps(build_world().declared), encoding="utf-8")
        doomed = start(folder, "apply", "--auto-approve")
        victim.write_text(str(doomed.pid), encoding="utf-8")
        doomed.communicate(timeout=60)
        assert doomed.returncode == -9

        code, told = run(folder, "plan", "--format", "json")
        assert code == 0, told
        assert "ended before it knew what became of" in told
        code, told = run(folder, "apply", "--auto-approve")
        assert code == 0, told
        assert "took over the lock, whose process is gone," in " ".join(told.split())
        code, told = run(folder, "plan", "--detailed-exitcode")
        assert code == 0, told
        assert "ended before it knew" not in " ".join(told.split())
