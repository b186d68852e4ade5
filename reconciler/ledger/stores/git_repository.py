"""Refs of a git repository that several clones share: read and swapped without touching anything of the user's.

The remote is `origin`, or the only one; without a remote the local ref is the shared one. A swap is one push with the
expected old value, which the server checks while it holds the ref: of two that expect the same, one wins.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Final

from reconciler.ledger.contention import take_turns
from reconciler.ledger.encoding import name_safely
from reconciler.ledger.errors import LedgerUnavailable
from reconciler.ledger.stores.git_command import LOCAL_SECONDS, NETWORK_SECONDS, Git, GitFailure
from reconciler.ledger.stores.git_objects import Objects, attempt
from reconciler.ledger.stores.git_open import Opened, open_repository
from reconciler.ledger.stores.git_place import lies_in_tree

_ATTEMPTS: Final = 5
_CONTENDED: Final = re.compile(r"stale info|cannot lock ref|failed to update ref|fetch first|but expected")
"""What git says, here or on the other side, where somebody else moves the same ref."""
_UPLOAD, _RECEIVE = "--upload-pack=git-upload-pack", "--receive-pack=git-receive-pack"
"""What runs on the other side, whatever `remote.*.uploadpack` names."""
_ALONE: Final = ("--no-tags", "--no-write-fetch-head", "--refmap=")
"""What fetches a commit and nothing else. No depth: what is fetched is small, and a depth would cut the user's own history short."""
_RIGHTS: Final = (
    "Storing the ledger takes the right to push refs/reconciler/* (in GitHub Actions: `permissions: contents: write`). "
    "Plans work without it."
)


class Repository:
    """The git repository that a folder lies in. Every method raises LedgerUnavailable where git does not do it."""

    def __init__(self, folder: Path, *, environ: Mapping[str, str]) -> None:
        self._folder = folder
        self._environ = environ

    @cached_property
    def prefix(self) -> str:
        """Name the folder within the repository with a `/` behind it, "" for its top."""
        return self._opened.place.find_prefix(self._folder)

    @property
    def project(self) -> str:
        """Name the folder as one part of a path or a ref that all projects of the repository share, "" for its top."""
        return name_safely(self.prefix.removesuffix("/"))

    @cached_property
    def objects(self) -> Objects:
        """Return what its commits hold."""
        return Objects(self._git)

    @cached_property
    def remote(self) -> str | None:
        """Name the remote that is shared, or None."""
        names = self._run("remote").split()
        if not names:
            return None
        if "origin" not in names and len(names) > 1:
            message = f"none of the remotes {', '.join(names)} is called origin"
            raise LedgerUnavailable(message, advice="Call the remote that holds the ledger `origin`.")
        name = "origin" if "origin" in names else names[0]
        self._refuse_inner_remote(name)
        return name

    @cached_property
    def _opened(self) -> Opened:
        return attempt(lambda: open_repository(self._folder, environ=self._environ))

    @property
    def _git(self) -> Git:
        return self._opened.git

    def _refuse_inner_remote(self, name: str) -> None:
        """Refuse a remote that is a folder of the work tree: git would run its hooks, and take its settings."""
        for what in ((), ("--push",)):
            for url in self._run("remote", "get-url", *what, "--all", name).splitlines():
                if lies_in_tree(url, place=self._opened.place):
                    message = f"the remote {name} is {url}, a folder of the work tree"
                    raise LedgerUnavailable(message, advice="Set it to a repository elsewhere: `git remote set-url`.")

    def read_local(self, ref: str) -> str:
        """Return the commit of the local copy of a ref, "" for none."""
        return _find_ref(self._run("for-each-ref", "--format=%(objectname)%09%(refname)", ref), ref)

    def read_shared(self, ref: str) -> str:
        """Return the commit of the shared ref, "" for none, and have it at hand."""
        reason = "it moves faster than it can be fetched"
        for _ in range(_ATTEMPTS):
            commit = self._look_up(ref)
            if not commit or self._has(commit):
                return commit
            try:
                self._git.run("fetch", *_ALONE, _UPLOAD, str(self.remote), ref, seconds=NETWORK_SECONDS)
            except GitFailure as problem:
                reason = problem.reason
            if self._has(commit):
                return commit
        message = f"{ref} on {self.remote} cannot be fetched: {reason}"
        raise LedgerUnavailable(message, advice="Try again.")

    def copy_local(self, ref: str, commit: str) -> None:
        """Let the local ref follow the shared one, so that `git log` shows it; another process may be faster."""
        if self.remote is not None and commit:
            with contextlib.suppress(GitFailure):
                self._git.run("update-ref", "--no-deref", ref, commit)

    def swap(self, ref: str, *, new: str, old: str) -> bool:
        """Set the shared ref to `new` ("" removes it) if it is still `old` ("" for none); tell whether it was.

        Another swap may hold the ref and come to nothing, or be taken back at once: so a refusal that names the ref's value or
        its lock, and not our rights, is tried again.
        """
        for _ in take_turns(_ATTEMPTS):
            try:
                self._push(ref, new=new, old=old)
            except GitFailure as problem:
                refusal = problem
            else:
                return True
            now = self._look_up(ref)
            if now != old:
                return now == new
            if not _CONTENDED.search(refusal.reason):
                break
        message = f"{ref} cannot be stored in {self.remote or 'the repository'}: {refusal.reason}"
        raise LedgerUnavailable(message, advice=refusal.advice or _RIGHTS) from refusal

    def _look_up(self, ref: str) -> str:
        """Return the commit of the shared ref, "" for none, wherever that commit is."""
        if self.remote is None:
            return self.read_local(ref)
        return _find_ref(self._run("ls-remote", _UPLOAD, self.remote, ref, seconds=NETWORK_SECONDS), ref)

    def _run(self, *arguments: str, seconds: float = LOCAL_SECONDS) -> str:
        return attempt(lambda: self._git.run(*arguments, seconds=seconds))

    def _has(self, commit: str) -> bool:
        try:
            self._git.run("cat-file", "-e", f"{commit}^{{tree}}")
        except GitFailure:
            return False
        return True

    def _push(self, ref: str, *, new: str, old: str) -> None:
        if self.remote is None:
            change = (ref, new, old) if new else ("-d", ref, old)
            self._git.run("update-ref", "--no-deref", *change)
        else:
            lease = f"--force-with-lease={ref}:{old}"
            self._git.run("push", _RECEIVE, lease, self.remote, f"{new}:{ref}", seconds=NETWORK_SECONDS)


def _find_ref(listing: str, ref: str) -> str:
    """Find the commit of one ref in a list: git lists what lies below it, or ends as it does, too."""
    rows = [line.split() for line in listing.splitlines()]
    return next((commit for commit, name in rows if name == ref), "")
