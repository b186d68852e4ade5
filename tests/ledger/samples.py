"""Projects, entries and updates that the tests of the ledger share."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from reconciler.model.diagnostic import Location
from reconciler.model.ledger import Applied
from reconciler.model.outcome import Outcome, Result
from reconciler.model.paths import MISSING
from reconciler.model.plan import Change, Request, Update
from reconciler.model.project import Account, Project
from reconciler.model.resource_type import Identity

BASE_URL = "https://api.us.poly.ai"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def make_project(root: Path, **settings: Any) -> Project:
    account = Account("polyai", "polyai", BASE_URL, "POLYAI_API_KEY")
    return replace(Project(root, {"polyai": account}, ()), **settings)


def make_entry(name: str, *, run: str = "r1", kind: str = "connectors", **fields: object) -> Applied:
    pointers = {f"/{field}": value for field, value in (fields or {"voiceName": "A"}).items()}
    address = f"{kind}.{name}"
    return Applied(address, "polyai", "polyai", kind, {"agentId": "P", "connectorId": name}, pointers, "w", "c", run)


def make_update(name: str = "live-us", *, changes: tuple[Change, ...] = (), url: str = f"{BASE_URL}/x") -> Update:
    changes = changes or (Change(("voiceName",), "A", "B"),)
    body = {change.path[0]: change.after for change in changes}
    identity = Identity((("agentId", "P"), ("connectorId", name)))
    request = Request("PATCH", url, body)
    return Update(
        f"connectors.{name}", "polyai", "polyai", "connectors", identity, changes, request, Location("a.yaml")
    )


def make_outcome(update: Update, result: Result = Result.VERIFIED, **more: Any) -> Outcome:
    return replace(Outcome(update, result, status=200, request_id="q-1", seconds=0.5), **more)


def run_git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def put_before_git(folder: Path, script: str, *, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return an environment in which a script runs before git each time, with the words of git, which is `$REAL`."""
    real, shim = shutil.which("git", path=environ["PATH"]), folder / "bin/git"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nREAL={real}\n{script}\nexec $REAL "$@"\n')
    shim.chmod(0o755)
    return {**environ, "PATH": f"{shim.parent}:{environ['PATH']}"}


def record_calls(folder: Path, *, environ: Mapping[str, str] = os.environ) -> tuple[dict[str, str], Path]:
    """Return an environment in which git writes down how it is called, and where."""
    log = folder / "calls"
    return put_before_git(folder, f'echo "$@" >> {shlex.quote(str(log))}', environ=environ), log


def import_commit(folder: Path, ref: str, files: Mapping[str, bytes]) -> str:
    """Let a ref be a first commit of many files, stored all at once."""
    stream = f"commit {ref}\ncommitter A <a@example.org> 0 +0000\ndata 4\nPast".encode()
    for name, content in files.items():
        stream += f"\nM 100644 inline {name}\ndata {len(content)}\n".encode("utf-8", "surrogateescape") + content
    subprocess.run(["git", "fast-import", "--quiet"], cwd=folder, input=stream + b"\n", check=True)
    return run_git(folder, "rev-parse", ref)


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def _build_entry(name: str, kind: str, fields: dict[str, object], identity: object) -> Applied:
    pointers = {f"/{field}": value for field, value in fields.items()}
    return Applied(f"{kind}.{name}", "polyai", "polyai", kind, identity, pointers, "w", "c", "r")


entries = st.builds(
    _build_entry,
    st.text(min_size=1, max_size=8),
    st.sampled_from(["connectors", "numbers", "../Odd kind", ".", "_x"]),
    st.dictionaries(st.text(max_size=8), json_values, max_size=3),
    st.text(max_size=5) | st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=2),
)
MISSING_BEFORE = Change(("voiceName",), MISSING, "B")
