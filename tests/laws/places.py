"""Folders for projects whose ledgers are in each kind of store."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any, Final

from tests.laws.stage import build_settings
from tests.ledger.storage import BUCKET

STORES: Final = ("files", "git", "objects")


def make_place(folder: Path, store: str) -> None:
    """Make the folder of a project; for a ledger in git it is a repository with a remote beside it."""
    folder.mkdir(parents=True)
    if store == "git":
        for words in (("--bare", f"{folder}.git"), (str(folder),)):
            subprocess.run(["git", "init", "-q", *words], check=True, capture_output=True)
        subprocess.run(["git", "remote", "add", "origin", f"{folder}.git"], cwd=folder, check=True)


def find_settings(folder: Path, store: str) -> dict[str, Any]:
    """Return a `reconciler.yaml` that names the store."""
    ledger = f"s3://{BUCKET}/{folder.parent.name}-{folder.name}" if store == "objects" else store
    return {**build_settings(), "ledger": ledger}
