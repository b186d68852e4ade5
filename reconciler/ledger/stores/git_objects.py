"""What commits hold: read and stored without touching anything of the user's. No ref is moved here."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from reconciler.ledger.errors import LedgerUnavailable
from reconciler.ledger.stores.git_command import Git, GitFailure
from reconciler.ledger.times import format_time

T = TypeVar("T")

_EMAIL: Final = "reconciler@localhost"
_CRUD: Final = " .,:;<>\"\\'"
"""Of what git takes no name that holds nothing else."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Who a commit is by, and when."""

    author: str
    when: datetime

    def write(self) -> Mapping[str, str]:
        """Return it as the variables that git reads."""
        name = "".join(filter(str.isprintable, self.author))
        when = format_time(self.when)
        return {
            "GIT_AUTHOR_NAME": name if name.strip(_CRUD) else "reconciler",
            "GIT_AUTHOR_EMAIL": _EMAIL,
            "GIT_AUTHOR_DATE": when,
            "GIT_COMMITTER_NAME": "reconciler",
            "GIT_COMMITTER_EMAIL": _EMAIL,
            "GIT_COMMITTER_DATE": when,
        }


class Objects:
    """The objects of a repository. Every method raises LedgerUnavailable where git does not do it; "" is no commit."""

    def __init__(self, git: Git) -> None:
        self._git = git

    def read_files(self, commit: str, *, folder: str) -> dict[str, bytes]:
        """Return the files right in a folder of a commit by name; of a file itself, its content by ""."""
        rows = {path: row[2] for row, path in self._list(commit, folder)}
        return dict(zip(rows, self._read(rows.values()), strict=True))

    def list_sizes(self, commit: str, *, folder: str) -> dict[str, int]:
        """Return the sizes of the files right in a folder of a commit, by name."""
        return {path: int(row[3]) for row, path in self._list(commit, folder, "-l")}

    def read_some(self, commit: str, *, folder: str, names: Sequence[str]) -> dict[str, bytes]:
        """Return some files of a folder of a commit, by name."""
        return dict(zip(names, self._read(f"{commit}:{folder}{name}" for name in names), strict=True))

    def read_head(self) -> str:
        """Return the commit that is checked out."""
        return self._run("rev-parse", "--verify", "HEAD^{commit}").strip()

    def read_parents(self, commit: str) -> list[str]:
        """Return the parents of a commit, in order."""
        return self._show(commit, "%P").split()

    def read_message(self, commit: str) -> tuple[str, str]:
        """Return the message of a commit and when it was made."""
        when, _, message = self._show(commit, "%cI%n%B").partition("\n")
        return message, when

    def create_commit(
        self, changes: Mapping[str, bytes | None], *, parent: str, message: str, signature: Signature
    ) -> str:
        """Store a commit that changes files of its parent, None removes one; no ref points at it yet."""
        tree = attempt(lambda: self._create_tree(changes, parent=parent))
        git, parents = self._git.extend(signature.write()), ("-p", parent) if parent else ()
        return attempt(lambda: git.run("commit-tree", tree, *parents, text=message)).strip()

    def _create_tree(self, changes: Mapping[str, bytes | None], *, parent: str) -> str:
        with tempfile.TemporaryDirectory() as folder:
            git = self._git.extend({"GIT_INDEX_FILE": f"{folder}/index"})
            git.run("read-tree", parent or "--empty")
            rows = (
                f"0 {'0' * len(parent)}\t{path}\0" if content is None else f"100644 {self._store(content)}\t{path}\0"
                for path, content in sorted(changes.items())
            )
            git.run("update-index", "-z", "--index-info", text="".join(rows))
            return git.run("write-tree").strip()

    def _store(self, content: bytes) -> str:
        return self._git.run_bytes("hash-object", "-w", "--stdin", content=content).decode().strip()

    def _list(self, commit: str, folder: str, *options: str) -> list[tuple[list[str], str]]:
        """List the files right in a folder: mode, kind, name and more of each, and what follows the folder in its path."""
        if not commit:
            return []
        listing = self._run("ls-tree", *options, "-z", commit, "--", folder)
        rows = [row.partition("\t") for row in listing.split("\0")]
        return [(head.split(), path.removeprefix(folder)) for head, _, path in rows if " blob " in head]

    def _show(self, commit: str, form: str) -> str:
        return self._run("log", "-1", f"--format={form}", commit)

    def _read(self, names: Iterable[str]) -> list[bytes]:
        asked = "".join(f"{name}\n" for name in names).encode()
        return attempt(lambda: split_batch(self._git.run_bytes("cat-file", "--batch", content=asked)))

    def _run(self, *arguments: str) -> str:
        return attempt(lambda: self._git.run(*arguments))


def attempt(action: Callable[[], T]) -> T:
    """Return what an action does; raise LedgerUnavailable where git does not do it."""
    try:
        return action()
    except GitFailure as problem:
        message = f"the ledger in git cannot be reached: {problem.reason}"
        general = "Check the network and the access to the repository. Plans work without it, apply does not."
        raise LedgerUnavailable(message, advice=problem.advice or general) from problem


def split_batch(answer: bytes) -> list[bytes]:
    """Take apart what `cat-file --batch` prints: a line with name, type and size, the content, a line feed.

    Raises GitFailure where an object is missing, as in a clone that has only a part of them.
    """
    contents, start = [], 0
    while start < len(answer):
        head = answer[start : answer.index(b"\n", start)]
        if head.endswith(b" missing"):
            raise miss_object(head.removesuffix(b" missing").decode())
        first = start + len(head) + 1
        end = first + int(head.split()[2])
        contents.append(answer[first:end])
        start = end + 1
    return contents


def miss_object(name: str) -> GitFailure:
    """Say that a clone lacks something of its history."""
    message = f"the object {name} is not in this clone"
    return GitFailure(message, advice="Fetch all of it: `git fetch --refetch`, or clone it anew.")
