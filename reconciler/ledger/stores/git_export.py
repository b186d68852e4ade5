"""Write the files of a folder as a commit has them into another folder, without touching the work tree.

Who wrote the commit is not known, so no more is done than to copy: no filter runs, nothing is fetched for a pointer, and
what was written is read afterwards by the reader of today's files, with its limits. A link is written as the link that it
is, when all files are there, so that no file can be written through one.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from pathlib import Path, PurePath, PurePosixPath
from typing import Final

from reconciler.config.discover import SUFFIXES
from reconciler.config.text.reading import MAX_CONFIG_BYTES, MAX_INCLUDED_BYTES, is_hidden
from reconciler.ledger.errors import CommitUnknown, LedgerUnavailable
from reconciler.ledger.stores.git_command import Git, GitFailure
from reconciler.ledger.stores.git_objects import miss_object, split_batch
from reconciler.ledger.stores.git_open import open_repository

LARGEST_EXPORT: Final = 1024 * 1024 * 1024
"""How many octets of files are written for one commit."""
LONGEST_LISTING: Final = 16 * 1024 * 1024
"""How long the list of a commit's files may be: a tree that names itself over and over has no end."""
_AT_ONCE: Final = 32 * 1024 * 1024
_FILES: Final = frozenset({"100644", "100755"})
_LINK: Final = "120000"
_LONGEST_LINK: Final = 4095
_FETCH: Final = "Fetch more of it: in GitHub Actions `fetch-depth: 0` of actions/checkout, in GitLab CI `GIT_DEPTH: 0`."
_NAME: Final = (
    "Name a commit, a tag or a branch as git does: HEAD^1, origin/main, 1a2b3c4. What is elsewhere is fetched first."
)


@dataclass(frozen=True, slots=True)
class _Row:
    """A file or link of a commit: its name in git's store, and its path below the folder."""

    name: str
    path: str
    size: int
    link: bool = False

    @property
    def readable(self) -> bool:
        """Tell whether it is small enough to be read: as a configuration file, an included one, or a link."""
        limit = MAX_CONFIG_BYTES if self.path.endswith(SUFFIXES) else MAX_INCLUDED_BYTES
        return self.size <= (_LONGEST_LINK if self.link else limit)


def export_commit(folder: Path, revision: str, *, into: Path, environ: Mapping[str, str]) -> str:
    """Write the files and links below a folder as a commit has them, and return the commit's full name.

    Submodules and hidden files are left out, and so is a path that leads elsewhere; what is too large to be read later is
    there, too large and empty. Raises CommitUnknown where this clone has no such commit, LedgerUnavailable where it cannot be
    read.
    """
    try:
        opened = open_repository(folder, environ=environ)
        commit = _find_commit(opened.git, revision)
        rows = _list_rows(opened.git, commit, prefix=opened.place.find_prefix(folder))
        _write_rows(opened.git, rows, into)
    except (GitFailure, OSError) as problem:
        reason = problem.reason if isinstance(problem, GitFailure) else problem.strerror
        message = f"the commit {revision} cannot be read here: {reason}"
        raise LedgerUnavailable(message, advice=getattr(problem, "advice", "")) from problem
    return commit


def list_revisions(folder: Path, *, environ: Mapping[str, str]) -> list[str]:
    """List the branches and tags by which people call commits; none where there is no repository."""
    try:
        git = open_repository(folder, environ=environ).git
        listing = git.run("for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/remotes", "refs/tags")
    except GitFailure:
        return []
    return listing.splitlines()


def _find_commit(git: Git, revision: str) -> str:
    """Return the full name of a commit; what begins with a dash is not taken for an option."""
    with contextlib.suppress(GitFailure):
        return git.run("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}").strip()
    shallow = git.run("rev-parse", "--is-shallow-repository").strip() == "true"
    part = ", which has only a part of the history" if shallow else ""
    message = f"{revision or 'an empty text'} names no commit of this clone{part}"
    raise CommitUnknown(message, advice=_FETCH if part and revision[:1] not in {"", "-"} else _NAME)


def _list_rows(git: Git, commit: str, *, prefix: str) -> list[_Row]:
    arguments = ("ls-tree", "-r", "-l", "-z", commit, "--", *([prefix] if prefix else []))
    listing = git.run_limited(*arguments, most=LONGEST_LISTING).decode(errors="replace")
    rows = []
    for row in filter(None, listing.split("\0")):
        head, _, path = row.partition("\t")
        mode, _, name, size = head.split()
        inside = path.removeprefix(prefix)
        if mode in {*_FILES, _LINK} and _is_wanted(inside):
            if not size.isdigit():
                raise miss_object(name)
            rows.append(_Row(name, inside, int(size), link=mode == _LINK))
    return rows


def _is_wanted(path: str) -> bool:
    """Leave out hidden files, which a project never reads, and what would leave the folder on any system."""
    parts = PurePosixPath(path).parts
    strange = path.startswith("/") or PurePath(path).parts != parts or ".." in parts
    return bool(parts) and not strange and not any(map(is_hidden, parts))


def _write_rows(git: Git, rows: Sequence[_Row], into: Path) -> None:
    files = [row for row in rows if not row.link]
    small = [row for row in files if row.readable]
    if sum(row.size for row in small) > LARGEST_EXPORT:
        message = f"its files hold more than {LARGEST_EXPORT >> 20} MiB"
        raise GitFailure(message, advice="Put the project into a folder of its own.")
    for row, content in _read_rows(git, small):
        _make_place(into, row).write_bytes(content)
    for row in (row for row in files if not row.readable):
        with _make_place(into, row).open("wb") as stream:
            stream.truncate(MAX_CONFIG_BYTES + 1)
    for row, target in _read_rows(git, [row for row in rows if row.link and row.readable]):
        if b"\0" not in target and not _lies_behind_link(into, row):
            _make_place(into, row).symlink_to(os.fsdecode(target))


def _lies_behind_link(into: Path, row: _Row) -> bool:
    """Tell whether a tree that no `git add` made would have something written through a link."""
    return any((into / parent).is_symlink() for parent in PurePosixPath(row.path).parents[:-1])


def _make_place(into: Path, row: _Row) -> Path:
    place = into / row.path
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


def _read_rows(git: Git, rows: Sequence[_Row]) -> Iterator[tuple[_Row, bytes]]:
    """Yield what rows hold, a part of them at a time, so that not all is in memory at once."""
    ends = accumulate(row.size for row in rows)
    for _, part in groupby(zip(rows, ends, strict=True), key=lambda pair: pair[1] // _AT_ONCE):
        chunk = [row for row, _ in part]
        asked = "".join(f"{row.name}\n" for row in chunk).encode()
        yield from zip(chunk, split_batch(git.run_bytes("cat-file", "--batch", content=asked)), strict=True)
