"""Serve the sandbox in a process of its own, as `serve` does for anyone."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

_SCRIPT = """
import json, sys
from reconciler.sandbox import create_app, serve
told = json.loads(sys.stdin.read())
serve(create_app(database=None, seed=told["seed"], vices=told["vices"]), port=told["port"])
"""


@contextmanager
def serve_in_process(seed: Mapping[str, Any], *vices: str) -> Iterator[str]:
    """Yield the base URL of a running sandbox."""
    port = _find_port()
    told = json.dumps({"seed": seed, "vices": vices, "port": port})
    process = subprocess.Popen([sys.executable, "-c", _SCRIPT], stdin=subprocess.PIPE, text=True)
    assert process.stdin is not None
    process.stdin.write(told)
    process.stdin.close()
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


def _find_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, "the sandbox ended before it served"
        try:
            # Nobody's path: no vice and no counter sees it.
            httpx.get(url + "/nobody", timeout=5)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(url)
