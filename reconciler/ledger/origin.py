"""Where a run comes from: its commit, its author, its name."""

from __future__ import annotations

import getpass
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler.ledger.stores.git_command import GitDistrust, GitFailure
from reconciler.ledger.stores.git_open import open_repository, read_user_setting
from reconciler.ledger.times import Clock, in_utc
from reconciler.model.diagnostic import Diagnostic, Severity

_STATUS = ("status", "--porcelain", "--untracked-files=no", "--no-renames", "--ignore-submodules=all")
_MERGED = re.compile(r"Merge (pull request #\d+|branch ')")
_PULL_REQUEST = re.compile(
    r"\AMerge pull request (#\d+)|\A[^\n]*\((#\d+)\)\s*$|^See merge request [^\s!]*(!\d+)\s*$", re.MULTILINE
)
_AUTHOR_VARIABLES = ("GITHUB_ACTOR", "GITLAB_USER_LOGIN")


@dataclass(frozen=True, slots=True)
class CommitWords:
    """What a commit's message says: its subject, and the pull request that brought it (`#12`, `!12`) where it names one."""

    subject: str = ""
    pull_request: str = ""


def new_run_id(clock: Clock) -> str:
    """Return a new name for a run, e.g. `20261121-083000-4f3a1c1c`: lower case, so that it is a file name anywhere.

    It sorts by time, in UTC, to a fraction of a second: an undo may follow its apply in the same one.
    """
    start = in_utc(clock())
    fraction = start.microsecond * 0x1000 // 1_000_000
    return f"{start:%Y%m%d-%H%M%S}-{fraction:03x}{secrets.token_hex(2)[1:]}"


def current_commit(root: Path, *, environ: Mapping[str, str] = os.environ) -> str:
    """Return the commit that is checked out, with `-dirty` where tracked files below `root` differ from it.

    Returns "" where there is no git, no repository or no commit yet. Filters that `.gitattributes` ask for do not run:
    a filtered file that git has to look into counts as different.
    """
    try:
        opened = open_repository(root, environ=environ)
        commit = opened.git.run("rev-parse", "--verify", "HEAD").strip()
        changed = replace(opened.git, folder=root).run(*_STATUS, ".")
    except GitFailure:
        return ""
    return f"{commit}-dirty" if changed.strip() else commit


def note_distrust(root: Path, *, environ: Mapping[str, str] = os.environ) -> tuple[Diagnostic, ...]:
    """Say so where the commit is not known because git does not trust the repository, and how that is mended."""
    try:
        open_repository(root, environ=environ)
    except GitDistrust as problem:
        message = f"the commit of this run is not known: {problem.reason}"
        return (Diagnostic("repository-untrusted", message, Severity.WARNING, advice=problem.advice),)
    except GitFailure:
        return ()
    return ()


def describe_commit(root: Path, *, environ: Mapping[str, str] = os.environ) -> CommitWords:
    """Return what the message of the commit that is checked out says; nothing where there is none."""
    try:
        message = open_repository(root, environ=environ).git.run("log", "-1", "--format=%B")
    except GitFailure:
        return CommitWords()
    return read_message(message)


def read_message(message: str) -> CommitWords:
    """Find subject and pull request in a commit's message, as GitHub and GitLab write it on merging and squashing."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    if not lines:
        return CommitWords()
    subject = lines[1] if len(lines) > 1 and _MERGED.match(lines[0]) else lines[0]
    found = _PULL_REQUEST.search(message)
    review = next(filter(None, found.groups())) if found else ""
    return CommitWords(subject.removesuffix(f"({review})").rstrip(), review)


def current_author(environ: Mapping[str, str], *, root: Path) -> str:
    """Name who runs this: the CI's user, git's `user.name` in the project, or the login name."""
    for name in _AUTHOR_VARIABLES:
        if environ.get(name, "").strip():
            return environ[name].strip()
    return _read_git_name(root, environ) or _read_login(environ)


def _read_git_name(root: Path, environ: Mapping[str, str]) -> str:
    try:
        return open_repository(root, environ=environ).find_setting("user.name").strip()
    except GitFailure:
        return read_user_setting("user.name", folder=root, environ=environ)


def _read_login(environ: Mapping[str, str]) -> str:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        if environ.get(name):
            return environ[name]
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
