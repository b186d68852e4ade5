"""Read the files of a folder as a commit has them, without touching the work tree."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from reconciler.ledger.errors import LedgerUnavailable
from reconciler.ledger.stores.git_command import Git, GitFailure
from reconciler.ledger.stores.git_open import open_repository
from reconciler.ledger.stores.git_repository import split_batch

LARGEST_FILE: Final = 4 * 1024 * 1024
_PLAIN: Final = frozenset({"100644", "100755"})


def export_files(folder: Path, revision: str, *, environ: Mapping[str, str]) -> dict[str, bytes]:
    """Return the plain files below a folder as a commit has them, by path within it.

    Links, submodules and what is larger than `LARGEST_FILE` are left out, and so is a path that leads elsewhere. Raises
    LedgerUnavailable where git does not know the commit.
    """
    try:
        opened = open_repository(folder, environ=environ)
        commit = opened.git.run(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
        ).strip()
        prefix = folder.resolve().relative_to(opened.place.top).as_posix()
        return _read_all(opened.git, commit, "" if prefix == "." else f"{prefix}/")
    except GitFailure as problem:
        message = f"the commit {revision} cannot be read here: {problem.reason}"
        raise LedgerUnavailable(message, advice=problem.advice) from problem


def _read_all(git: Git, commit: str, prefix: str) -> dict[str, bytes]:
    listing = git.run("ls-tree", "-r", "-l", "-z", "--full-tree", commit, "--", *([prefix] if prefix else []))
    found = {}
    for row in filter(None, listing.split("\0")):
        head, _, path = row.partition("\t")
        mode, _, name, size = head.split()
        inside = path.removeprefix(prefix)
        if mode in _PLAIN and int(size) <= LARGEST_FILE and _is_wanted(inside):
            found[inside] = name
    return dict(zip(found, _read_blobs(git, list(found.values())), strict=True))


def _is_wanted(path: str) -> bool:
    """Leave out hidden files, which a project never reads, and what would leave the folder."""
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and not any(part.startswith(".") for part in parts)


def _read_blobs(git: Git, names: list[str]) -> list[bytes]:
    answer = git.run_bytes("cat-file", "--batch", content="".join(f"{name}\n" for name in names).encode())
    return split_batch(answer)
