"""Run git: plumbing only, no hooks, no prompts, never the user's index, work tree or branches."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

LOCAL_SECONDS = 60.0
NETWORK_SECONDS = 120.0

_SETTINGS = ("core.hooksPath=/dev/null", "core.fsmonitor=false", "gc.auto=0", "maintenance.auto=false")
_REDIRECTIONS = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_CONFIG",
        "GIT_DIR",
        "GIT_GRAFT_FILE",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_NAMESPACE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_QUARANTINE_PATH",
        "GIT_REPLACE_REF_BASE",
        "GIT_SHALLOW_FILE",
        "GIT_TRACE",
        "GIT_WORK_TREE",
    }
)
"""Variables that lead git to another repository, as inside a hook, or that pollute its output."""


class GitFailure(Exception):  # noqa: N818 -- an expected answer, not an error of ours
    """Git did not do it: `reason` is what it said, on one line."""

    def __init__(self, reason: str, *, output: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.output = output


@dataclass(frozen=True, slots=True)
class Git:
    """Git in one folder with one environment."""

    folder: Path
    environ: Mapping[str, str] = field(repr=False)

    def run(self, *arguments: str, text: str = "", seconds: float = LOCAL_SECONDS) -> str:
        """Return what a command prints; raises GitFailure where it fails or takes too long."""
        return self.run_bytes(*arguments, content=text.encode("utf-8", "replace"), seconds=seconds).decode(
            "utf-8", "replace"
        )

    def run_bytes(self, *arguments: str, content: bytes = b"", seconds: float = LOCAL_SECONDS) -> bytes:
        """Return the octets a command prints."""
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        try:
            done = subprocess.run(  # noqa: S603 -- a list of words, no shell; none of them comes from configuration
                [_find_git(self.environ), *settings, *arguments],
                cwd=self.folder,
                env=dict(self.environ),
                input=content,
                capture_output=True,
                timeout=seconds,
                check=False,
                # Away from the terminal: nothing can prompt there, and a Ctrl-C does not cut a push in two.
                start_new_session=True,
            )
        except subprocess.TimeoutExpired as problem:
            message = f"git {arguments[0]} took longer than {seconds:.0f} seconds"
            raise GitFailure(message) from problem
        except OSError as problem:
            message = f"git cannot be run in {self.folder}: {problem.strerror or problem}"
            raise GitFailure(message) from problem
        if done.returncode:
            raise GitFailure(_read_reason(done.stderr, arguments[0]), output=done.stdout.decode("utf-8", "replace"))
        return done.stdout

    def extend(self, variables: Mapping[str, str]) -> Git:
        """Return the same with more variables in its environment."""
        return replace(self, environ={**self.environ, **variables})


def open_git(folder: Path, *, environ: Mapping[str, str]) -> Git:
    """Return git for a folder, with an environment that neither prompts nor leads to another repository."""
    kept = {name: value for name, value in environ.items() if name not in _REDIRECTIONS}
    quiet = {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GCM_INTERACTIVE": "never",
        "SSH_ASKPASS_REQUIRE": "never",
        "LC_ALL": "C",
    }
    return Git(folder, {**kept, **quiet})


def _find_git(environ: Mapping[str, str]) -> str:
    found = shutil.which("git", path=environ.get("PATH", os.defpath))
    if found is None:
        message = "git is not installed, or not on the PATH"
        raise GitFailure(message)
    return found


def _read_reason(stderr: bytes, command: str) -> str:
    """Pick what a person needs of git's complaint: the first fatal, error or remote line."""
    lines = [line.strip() for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:", "remote:", "ERROR:"))]
    return "; ".join((telling or lines)[:3]) or f"git {command} failed"
