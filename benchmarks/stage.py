"""What the benchmarks share: a project of phone connections, a vendor in its own process, and measured commands."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from vendor import make_connection

HERE = Path(__file__).parent
_COMPILED = TemporaryDirectory()
ENVIRONMENT: Mapping[str, str] = {
    **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
    "GALTEA_API_KEY": "gsk_benchmark",
    "PYTHONPYCACHEPREFIX": _COMPILED.name,
}
"""For measured commands, whose modules are compiled after the first run, as an installer leaves them."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one command took."""

    seconds: float
    processor: float
    """Seconds of processor time: what a busy machine does not change."""
    mebibytes: float
    exit_code: int


@dataclass(frozen=True, slots=True)
class Server:
    """A vendor in its own process."""

    port: int

    def count(self) -> dict[str, float]:
        """Return the requests answered so far by method, and the processor time they took as `seconds`."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/count") as answer:
            return dict(json.load(answer))


@contextmanager
def serve(count: int, *, delay: float) -> Iterator[Server]:
    """Run the vendor until the block ends."""
    command = [sys.executable, str(HERE / "vendor.py"), "--count", str(count), "--delay", str(delay)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Server(int(process.stdout.readline()))
        finally:
            process.terminate()


@contextmanager
def open_project(
    count: int, *, changed: int, per_file: int = 100, port: int = 1, concurrency: int = 10
) -> Iterator[Path]:
    """Write a project that declares every connection, `changed` of them with another voice, in files of `per_file`."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        account = f"{{base_url: 'http://127.0.0.1:{port}', concurrency: {concurrency}}}"
        guards = "guards: {max_updates: 10000, max_percent: 100}"
        (folder / "reconciler.yaml").write_text(f"version: 1\naccounts:\n  galtea: {account}\n{guards}\n")
        (folder / "lines").mkdir()
        every = count // changed if changed else 0
        for start in range(0, count, per_file):
            declared = (declare(place, every) for place in range(start, min(count, start + per_file)))
            text = "phone_connections:\n" + "".join(declared)
            (folder / "lines" / f"{start:05d}.yaml").write_text(text)
        yield folder


def declare(place: int, every: int) -> str:
    """Return the declaration of one connection as people write it."""
    live = make_connection(place)
    voice = "jack" if every and place % every == 0 else live["voice"]
    return f"""  line-{place:05d}:
    id: {live["id"]}
    spec:
      name: {live["name"]}
      phoneNumber: {live["phoneNumber"]}
      voice: {voice}
      languageCode: {live["languageCode"]}
      agentSpeaksFirst: false
"""


_LAUNCHER = """
import json, resource, subprocess, sys, time
started = time.perf_counter()
code = subprocess.run(sys.argv[2:], stdout=sys.stderr.fileno()).returncode
seconds = time.perf_counter() - started
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, code]))
"""
"""A process of its own starts and measures the command: a child counts as its own the memory of whoever started it."""


def run(arguments: Sequence[str], *, program: Sequence[str] = (sys.executable, "-m", "reconciler")) -> Measured:
    """Run a command in its own process and measure it from outside."""
    launched = [sys.executable, "-S", "-c", _LAUNCHER, "--", *program, *arguments]
    told = subprocess.run(launched, capture_output=True, text=True, env=dict(ENVIRONMENT), check=True)
    seconds, processor, memory, code = json.loads(told.stdout)
    # Linux counts KiB, macOS bytes.
    unit = 1024 if sys.platform == "darwin" else 1
    return Measured(seconds, processor, memory / unit / 1024, code)


def take(function: Callable[[], object]) -> float:
    """Return the seconds of processor time that a function takes."""
    gc.collect()
    started = time.process_time()
    function()
    return time.process_time() - started


def best(function: Callable[[], float], *, times: int = 3) -> float:
    """Return the least of several measurements: what is above it is the machine's doing."""
    return min(function() for _ in range(times))


def show(name: str, value: str, note: str = "") -> None:
    """Print a row."""
    print(f"  {name:<42} {value:>12}  {note}".rstrip())


def describe_machine() -> str:
    """Describe the machine in general terms."""
    version = ".".join(map(str, sys.version_info[:3]))
    return f"{os.cpu_count()} cores, {sys.platform}, Python {version}"
