"""Refs of a git repository that several clones share: read, built and swapped without touching anything of the user's.

The remote is `origin`, or the only one; without a remote the local ref is the shared one. A swap is one push with the
expected old value, which the server checks while it holds the ref: of two that expect the same, one wins.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from reconciler.ledger.contention import take_turns
from reconciler.ledger.errors import LedgerUnavailable
from reconciler.ledger.stores.git_command import NETWORK_SECONDS, Git, GitFailure
from reconciler.ledger.stores.git_open import Opened, open_repository
from reconciler.ledger.stores.git_place import lies_in_tree
from reconciler.ledger.times import format_time

T = TypeVar("T")

_ATTEMPTS = 5
_CONTENDED = re.compile(r"stale info|cannot lock ref|failed to update ref|fetch first|but expected")
"""What git says, here or on the other side, where somebody else moves the same ref."""
_EMAIL = "reconciler@localhost"
_UPLOAD, _RECEIVE = "--upload-pack=git-upload-pack", "--receive-pack=git-receive-pack"
"""What runs on the other side, whatever `remote.*.uploadpack` names."""
_RIGHTS = (
    "Storing the ledger takes the right to push refs/reconciler/* (in GitHub Actions: `permissions: contents: write`). "
    "Plans work without it."
)


@dataclass(frozen=True, slots=True)
class Signature:
    """Who a commit is by, and when."""

    author: str
    when: datetime


class Repository:
    """The git repository that a folder lies in. Every method raises LedgerUnavailable where git does not do it."""

    def __init__(self, folder: Path, *, environ: Mapping[str, str]) -> None:
        self._folder = folder
        self._environ = environ

    @cached_property
    def prefix(self) -> str:
        """Name the folder within the repository with a `/` behind it, "" for its top."""
        return self._opened.place.find_prefix(self._folder)

    @cached_property
    def _opened(self) -> Opened:
        return _attempt(lambda: open_repository(self._folder, environ=self._environ))

    @property
    def _git(self) -> Git:
        return self._opened.git

    @cached_property
    def remote(self) -> str | None:
        """Name the remote that is shared, or None."""
        names = _attempt(lambda: self._git.run("remote")).split()
        if not names:
            return None
        if "origin" not in names and len(names) > 1:
            message = f"none of the remotes {', '.join(names)} is called origin"
            raise LedgerUnavailable(message, advice="Call the remote that holds the ledger `origin`.")
        name = "origin" if "origin" in names else names[0]
        self._refuse_inner_remote(name)
        return name

    def _refuse_inner_remote(self, name: str) -> None:
        """Refuse a remote that is a folder of the work tree: git would run its hooks, and take its settings."""
        urls = _attempt(lambda: self._git.run("remote", "get-url", "--all", name)).splitlines()
        urls += _attempt(lambda: self._git.run("remote", "get-url", "--push", "--all", name)).splitlines()
        for url in urls:
            if lies_in_tree(url, place=self._opened.place):
                message = f"the remote {name} is {url}, a folder of the work tree"
                raise LedgerUnavailable(message, advice="Set it to a repository elsewhere: `git remote set-url`.")

    def read_local(self, ref: str) -> str:
        """Return the commit of the local copy of a ref, "" for none."""
        listing = _attempt(lambda: self._git.run("for-each-ref", "--format=%(objectname)%09%(refname)", ref))
        return _find_ref(listing, ref)

    def read_shared(self, ref: str) -> str:
        """Return the commit of the shared ref, "" for none, and have it at hand."""
        if self.remote is None:
            return self.read_local(ref)
        for _ in range(_ATTEMPTS):
            commit = self._ask_remote(ref)
            if not commit or self._has(commit) or (self._fetch(ref) and self._has(commit)):
                return commit
        message = f"{ref} on {self.remote} moves faster than it can be fetched"
        raise LedgerUnavailable(message, advice="Try again.")

    def copy_local(self, ref: str, commit: str) -> None:
        """Let the local ref follow the shared one, so that `git log` shows it; another process may be faster."""
        if self.remote is not None and commit and self.read_local(ref) != commit:
            try:
                self._git.run("update-ref", "--no-deref", ref, commit)
            except GitFailure:
                return

    def swap(self, ref: str, *, new: str, old: str) -> bool:
        """Set the shared ref to `new` ("" removes it) if it is still `old` ("" for none); tell whether it was.

        Another swap may hold the ref and come to nothing, or be taken back at once: so a refusal that names the ref's value or
        its lock, and not our rights, is tried again.
        """
        refusal: GitFailure | None = None
        for _ in take_turns(_ATTEMPTS):
            refusal = self._try_to_push(ref, new=new, old=old)
            if refusal is None:
                return True
            now = self._ask_remote(ref) if self.remote else self.read_local(ref)
            if now != old or now == new:
                return now == new
            if not _CONTENDED.search(refusal.reason):
                break
        message = f"{ref} cannot be stored in {self.remote or 'the repository'}: {refusal.reason if refusal else ''}"
        raise LedgerUnavailable(message, advice=(refusal.advice if refusal else "") or _RIGHTS) from refusal

    def read_files(self, commit: str, *, folder: str) -> dict[str, bytes]:
        """Return all files of a commit below a folder, by path within it."""
        if not commit:
            return {}
        return _attempt(lambda: self._read_files(commit, folder))

    def list_sizes(self, commit: str, *, folder: str) -> dict[str, int]:
        """Return the sizes of the files right in a folder of a commit, by name."""
        if not commit:
            return {}
        listing = _attempt(lambda: self._git.run("ls-tree", "-l", "-z", "--full-tree", commit, "--", folder))
        rows = [row.partition("\t") for row in listing.split("\0") if row]
        return {path.removeprefix(folder): int(head.split()[3]) for head, _, path in rows if head.split()[1] == "blob"}

    def read_some(self, commit: str, *, folder: str, names: Sequence[str]) -> dict[str, bytes]:
        """Return some files of a folder of a commit, by name."""
        asked = "".join(f"{commit}:{folder}{name}\n" for name in names).encode()
        answer = _attempt(lambda: self._git.run_bytes("cat-file", "--batch", content=asked))
        return dict(zip(names, split_batch(answer), strict=True))

    def read_message(self, commit: str) -> tuple[str, str]:
        """Return the message of a commit and when it was made."""
        text = _attempt(lambda: self._git.run("log", "-1", "--no-show-signature", "--format=%cI%n%B", commit))
        when, _, message = text.partition("\n")
        return message, when

    def read_head(self) -> str:
        """Return the commit that is checked out."""
        return _attempt(lambda: self._git.run("rev-parse", "--verify", "HEAD^{commit}")).strip()

    def read_parents(self, commit: str) -> list[str]:
        """Return the parents of a commit, in order."""
        return _attempt(lambda: self._git.run("log", "-1", "--no-show-signature", "--format=%P", commit)).split()

    def create_commit(
        self, changes: Mapping[str, bytes | None], *, parent: str, message: str, signature: Signature
    ) -> str:
        """Store a commit that changes files of its parent ("" for none), None removes one; no ref points at it yet."""
        return _attempt(lambda: self._create_commit(changes, parent=parent, message=message, signature=signature))

    def _create_commit(
        self, changes: Mapping[str, bytes | None], *, parent: str, message: str, signature: Signature
    ) -> str:
        with tempfile.TemporaryDirectory(prefix="reconciler-") as folder:
            git = self._git.extend({"GIT_INDEX_FILE": str(Path(folder, "index"))})
            git.run("read-tree", parent or "--empty")
            rows = [
                f"100644 {self._store(content)}\t{path}\n"
                if content is not None
                else f"0 {'0' * len(parent)}\t{path}\n"
                for path, content in sorted(changes.items())
            ]
            git.run("update-index", "--add", "--index-info", text="".join(rows))
            tree = git.run("write-tree").strip()
        parents = ("-p", parent) if parent else ()
        signed = self._git.extend(_write_signature(signature))
        return signed.run("-c", "i18n.commitEncoding=UTF-8", "commit-tree", tree, *parents, text=message).strip()

    def _store(self, content: bytes) -> str:
        return self._git.run_bytes("hash-object", "-w", "--stdin", content=content).decode().strip()

    def _read_files(self, commit: str, folder: str) -> dict[str, bytes]:
        listing = self._git.run("ls-tree", "-r", "-z", "--full-tree", commit, "--", folder)
        rows = [row.partition("\t") for row in listing.split("\0") if row]
        names = [path.removeprefix(folder) for _, _, path in rows]
        objects = [head.split()[2] for head, _, _ in rows]
        answer = self._git.run_bytes("cat-file", "--batch", content="".join(f"{one}\n" for one in objects).encode())
        return dict(zip(names, split_batch(answer), strict=True))

    def _has(self, commit: str) -> bool:
        try:
            self._git.run("cat-file", "-e", f"{commit}^{{tree}}")
        except GitFailure:
            return False
        return True

    def _ask_remote(self, ref: str) -> str:
        answer = _attempt(
            lambda: self._git.run(
                "ls-remote", "--refs", "--quiet", _UPLOAD, str(self.remote), ref, seconds=NETWORK_SECONDS
            )
        )
        return _find_ref(answer, ref)

    def _fetch(self, ref: str) -> bool:
        """Fetch without a depth: what is fetched is small, and a depth would cut the user's own history short."""
        options = (
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            "--no-prune",
            "--refmap=",
            "--quiet",
            _UPLOAD,
        )
        try:
            self._git.run("fetch", *options, str(self.remote), ref, seconds=NETWORK_SECONDS)
        except GitFailure:
            return False
        return True

    def _try_to_push(self, ref: str, *, new: str, old: str) -> GitFailure | None:
        try:
            self._push(ref, new=new, old=old)
        except GitFailure as refusal:
            return refusal
        return None

    def _push(self, ref: str, *, new: str, old: str) -> None:
        if self.remote is None and new:
            self._git.run("update-ref", "--no-deref", ref, new, old)
        elif self.remote is None:
            self._git.run("update-ref", "--no-deref", "-d", ref, old)
        else:
            options = ("--no-verify", "--no-signed", "--no-follow-tags", "--recurse-submodules=no", "--quiet", _RECEIVE)
            lease = f"--force-with-lease={ref}:{old}"
            self._git.run("push", *options, lease, self.remote, f"{new}:{ref}", seconds=NETWORK_SECONDS)


def _attempt(action: Callable[[], T]) -> T:
    try:
        return action()
    except GitFailure as problem:
        message = f"the ledger in git cannot be reached: {problem.reason}"
        general = "Check the network and the access to the repository. Plans work without it, apply does not."
        advice = problem.advice or general
        raise LedgerUnavailable(message, advice=advice) from problem


def _find_ref(listing: str, ref: str) -> str:
    """Find the commit of one ref in a list: git lists what lies below it, or ends as it does, too."""
    rows = [line.split("\t") for line in listing.splitlines()]
    return next((commit for commit, name in rows if name == ref), "")


def split_batch(answer: bytes) -> list[bytes]:
    """Take apart what `cat-file --batch` prints: a line with name, type and size, the content, a line feed.

    Raises GitFailure where an object is missing, as in a clone that has only a part of them.
    """
    contents, start = [], 0
    while start < len(answer):
        head = answer.index(b"\n", start)
        words = answer[start:head].split()
        if words[-1] == b"missing":
            raise miss_object(words[0].decode())
        size = int(words[2])
        contents.append(answer[head + 1 : head + 1 + size])
        start = head + size + 2
    return contents


def miss_object(name: str) -> GitFailure:
    """Say that a clone lacks something of its history."""
    message = f"the object {name} is not in this clone"
    return GitFailure(message, advice="Fetch all of it: `git fetch --refetch`, or clone it anew.")


def _write_signature(signature: Signature) -> dict[str, str]:
    name = "".join(letter for letter in signature.author if letter.isprintable() and letter not in "<>").strip(
        " .,;:\"'"
    )
    when = format_time(signature.when)
    return {
        "GIT_AUTHOR_NAME": name or "reconciler",
        "GIT_AUTHOR_EMAIL": _EMAIL,
        "GIT_AUTHOR_DATE": when,
        "GIT_COMMITTER_NAME": "reconciler",
        "GIT_COMMITTER_EMAIL": _EMAIL,
        "GIT_COMMITTER_DATE": when,
    }
