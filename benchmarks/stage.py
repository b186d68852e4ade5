"""What the benchmarks share: a project, a vendor in its own process, and measured commands of an installed wheel.

With `RECONCILER_BENCHMARK=/path/to/reconciler` that command is measured, whatever it is.
"""

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
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

from vendor import make_connection, make_number

HERE = Path(__file__).parent
_COMPILED = TemporaryDirectory()
ENVIRONMENT: Mapping[str, str] = {
    **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
    "GALTEA_API_KEY": "gsk_benchmark",
    "FLUENTS_API_KEY": "fluents_benchmark",
    "PYTHONPYCACHEPREFIX": _COMPILED.name,
    "HOME": "",
    "XDG_STATE_HOME": "",
}
"""For measured commands, whose modules are compiled after the first run, as an installer leaves them. Without a home there
is no key for verdicts, so that `validate` remembers none.
"""
REMEMBERING: Mapping[str, str] = {"HOME": _COMPILED.name}
"""For a command that may remember its verdict."""


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


@cache
def find_program() -> tuple[str, ...]:
    """Return the command to measure: this source as people get it, built and installed alone, without what tests need."""
    chosen = os.environ.get("RECONCILER_BENCHMARK")
    if chosen:
        return (chosen,)
    folder = Path(_COMPILED.name)
    _run_quietly("uv", "build", "--wheel", "--out-dir", str(folder), str(HERE.parent))
    _run_quietly("uv", "venv", "--python", sys.executable, str(folder / "installed"))
    python = str(folder / "installed" / "bin" / "python")
    _run_quietly("uv", "pip", "install", "--python", python, str(next(folder.glob("*.whl"))))
    return (str(folder / "installed" / "bin" / "reconciler"),)


def _run_quietly(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


_SLOW_DISK = """
import os, time
fsync = os.fsync
def sync_slowly(handle):
    time.sleep({seconds})
    fsync(handle)
os.fsync = sync_slowly
"""


def slow_down_disk(milliseconds: float) -> dict[str, str]:
    """Return the environment of a command for which each flush of a file takes longer."""
    if not milliseconds:
        return {}
    folder = Path(_COMPILED.name, "slow")
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(_SLOW_DISK.format(seconds=milliseconds / 1000))
    return {"PYTHONPATH": str(folder)}


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
    count: int,
    *,
    changed: int,
    per_file: int = 100,
    port: int = 1,
    concurrency: int = 10,
    vendor: str = "galtea",
    accounts: int = 1,
) -> Iterator[Path]:
    """Write a project that declares everything live, `changed` of it with another value, in files of `per_file`.

    With several accounts each of them holds the same `count` objects.
    """
    with TemporaryDirectory() as place:
        folder = Path(place)
        settings = f"provider: {vendor}, concurrency: {concurrency}, base_url: 'http://127.0.0.1:{port}"
        names = [vendor] if accounts == 1 else [f"{vendor}-{place:03d}" for place in range(accounts)]
        # Of several accounts each has a path of its own, since one address holds each object once.
        listed = "".join(f"  {name}: {{{settings}{'/' + name if accounts > 1 else ''}'}}\n" for name in names)
        guards = "guards: {max_updates: 10000000, max_percent: 100}"
        (folder / "reconciler.yaml").write_text(f"version: 1\naccounts:\n{listed}{guards}\n")
        every = count // changed if changed else 0
        for name in names:
            prefix = "" if accounts == 1 else f"{name}-"
            (folder / name).mkdir()
            for start in range(0, count, per_file):
                text = write_file(
                    range(start, min(count, start + per_file)), vendor=vendor, account=name, every=every, prefix=prefix
                )
                (folder / name / f"{start:05d}.yaml").write_text(text)
        yield folder


def write_file(places: range, *, vendor: str, account: str, every: int, prefix: str) -> str:
    """Write a file of resources as people write it."""
    kind, declare = ("numbers", declare_number) if vendor == "fluents" else ("phone_connections", declare_connection)
    return f"account: {account}\n{kind}:\n" + "".join(declare(place, every, prefix) for place in places)


def declare_connection(place: int, every: int, prefix: str) -> str:
    """Return the declaration of one connection."""
    live = make_connection(place)
    voice = "jack" if every and place % every == 0 else live["voice"]
    return f"""  {prefix}line-{place:05d}:
    id: {live["id"]}
    spec:
      name: {live["name"]}
      phoneNumber: {live["phoneNumber"]}
      voice: {voice}
      languageCode: {live["languageCode"]}
      agentSpeaksFirst: false
"""


def declare_number(place: int, every: int, prefix: str) -> str:
    """Return the declaration of one of Fluents' numbers."""
    live = make_number(place)
    description = "Front desk" if every and place % every == 0 else live["description"]
    return f"""  {prefix}number-{place:05d}:
    id: "{live["number"]}"
    spec:
      label: {live["label"]}
      description: {description}
      outbound_only: false
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


def run(
    arguments: Sequence[str], *, program: Sequence[str] = (), environment: Mapping[str, str] = MappingProxyType({})
) -> Measured:
    """Run a command in its own process and measure it from outside."""
    launched = [sys.executable, "-S", "-c", _LAUNCHER, "--", *(program or find_program()), *arguments]
    told = subprocess.run(launched, capture_output=True, text=True, env={**ENVIRONMENT, **environment}, check=True)
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


def cheapest(arguments: Sequence[str], *, times: int = 3, **more: Any) -> Measured:
    """Run a command several times and return the run that took the least processor time; the first one compiles."""
    return min((run(arguments, **more) for _ in range(times)), key=lambda measured: measured.processor)


def describe_load() -> str:
    """Say how busy the machine is: what waits is measured by the clock, and others' work falls on it."""
    return f"load of the last minute {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""


def show(name: str, value: str, note: str = "") -> None:
    """Print a row."""
    print(f"  {name:<42} {value:>12}  {note}".rstrip())


def describe_machine() -> str:
    """Describe the machine in general terms."""
    version = ".".join(map(str, sys.version_info[:3]))
    return f"{os.cpu_count()} cores, {sys.platform}, Python {version}, {describe_load()}"
