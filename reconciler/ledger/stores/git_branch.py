"""Push one change to a branch of our own, without touching the work tree, the index or any other branch."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from reconciler.ledger.errors import LedgerUnavailable
from reconciler.ledger.stores.git_objects import Objects, Signature
from reconciler.ledger.stores.git_repository import Repository


def push_change(
    root: Path,
    branch: str,
    contents: Mapping[str, bytes],
    *,
    message: str,
    author: str,
    now: datetime,
    environ: Mapping[str, str],
) -> None:
    """Let a branch be the commit that is checked out with files changed; remove it where none is.

    `contents` are whole files by path below `root`. A branch that holds the same change on the same commit stays as it is. Raises
    LedgerUnavailable where git does not do it.
    """
    repository = Repository(root, environ=environ)
    ref = f"refs/heads/{branch}"
    old, new = repository.read_shared(ref), ""
    if contents:
        objects = repository.objects
        head = objects.read_head()
        changes = {f"{repository.prefix}{path}": content for path, content in contents.items()}
        if old and objects.read_parents(old) == [head] and _holds(objects, old, changes):
            return
        new = objects.create_commit(changes, parent=head, message=message, signature=Signature(author, now))
    if new != old and not repository.swap(ref, new=new, old=old):
        text = f"somebody else moved {branch} at the same time"
        raise LedgerUnavailable(text, advice="Run it again: the branch belongs to this command alone.")


def _holds(objects: Objects, commit: str, changes: Mapping[str, bytes]) -> bool:
    return all(objects.read_files(commit, folder=path).get("") == content for path, content in changes.items())
