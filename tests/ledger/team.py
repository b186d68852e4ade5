"""A bare repository as remote, and clones of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reconciler.ledger import Store, open_store

from .samples import Clock, make_project, run_git

IDENTITY = ("-c", "user.name=Dev", "-c", "user.email=dev@example.org")


class Team:
    """A shared repository, a clock, and clones that people and CI work in."""

    def __init__(self, folder: Path, *, clock: Clock | None = None) -> None:
        self.folder = folder
        self.clock = clock or Clock()
        self.remote = folder / "remote.git"
        run_git(folder, "init", "-q", "--bare", "-b", "main", str(self.remote))
        seed = self.clone("seed")
        for text in ("one", "two"):
            (seed / "reconciler.yaml").write_text(text)
            run_git(seed, "add", "reconciler.yaml")
            run_git(seed, *IDENTITY, "commit", "-q", "-m", text)
        run_git(seed, "push", "-q", "origin", "HEAD:main")

    def clone(self, name: str, *options: str) -> Path:
        run_git(self.folder, "clone", "-q", *options, self.remote.as_uri(), name)
        return self.folder / name

    def open(self, root: Path, *, environ: Mapping[str, str] = os.environ, **settings: Any) -> Store:
        return open_store(make_project(root, ledger="git", **settings), clock=self.clock, environ=environ)

    def join(self, name: str, *options: str) -> Store:
        return self.open(self.clone(name, *options))

    def refuse_pushes(self) -> None:
        self.receive("echo 'you may not push here' >&2; exit 1")

    def outrun(self, ref: str, commit: str) -> None:
        """Let somebody else set a ref while the next push of it is on its way."""
        self.receive(f"unset GIT_QUARANTINE_PATH; git update-ref {ref} {commit}; rm hooks/pre-receive")

    def receive(self, script: str) -> None:
        """Let the remote run a script before it takes a push."""
        hook = self.remote / "hooks/pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\n{script}\n")
        hook.chmod(0o755)
