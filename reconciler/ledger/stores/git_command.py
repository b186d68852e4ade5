"""Run git: plumbing only, no hooks, no prompts, no program that a repository names, never the user's index or branches."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Timer

LOCAL_SECONDS = 60.0
NETWORK_SECONDS = 120.0

_REDIRECTIONS = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_ATTR_SOURCE",
        "GIT_COMMON_DIR",
        "GIT_CONFIG",
        "GIT_CONFIG_PARAMETERS",
        "GIT_DIR",
        "GIT_EXTERNAL_DIFF",
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
"""Variables that lead git to another repository or other settings, as inside a hook, or that pollute its output."""

_QUIET = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GCM_INTERACTIVE": "never",
    "SSH_ASKPASS_REQUIRE": "never",
    "LC_ALL": "C",
}
_UNLESS_SET = {"GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh", "GIT_PROXY_COMMAND": ""}
"""No remote helper that is a program of its own, and no proxy that is one, but what the environment asks for."""


class GitFailure(Exception):  # noqa: N818 -- an expected answer, not an error of ours
    """Git did not do it: `reason` is what it said, on one line, `advice` what mends it where that is known."""

    def __init__(self, reason: str, *, advice: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.advice = advice


class GitDistrust(GitFailure):
    """The repository belongs to somebody else, and git will not touch it until it is told to."""


@dataclass(frozen=True, slots=True)
class Git:
    """Git in one folder with one environment; `options` stand before the command."""

    folder: Path
    environ: Mapping[str, str] = field(repr=False)
    options: tuple[str, ...] = ()

    def run(self, *arguments: str, text: str = "", seconds: float = LOCAL_SECONDS) -> str:
        """Return what a command prints; raises GitFailure where it fails or takes too long."""
        content = text.encode(errors="replace")
        return self.run_bytes(*arguments, content=content, seconds=seconds).decode(errors="replace")

    def run_bytes(self, *arguments: str, content: bytes = b"", seconds: float = LOCAL_SECONDS) -> bytes:
        """Return the octets a command prints."""
        try:
            done = subprocess.run(  # noqa: S603 -- a list of words, no shell; none of them comes from configuration
                self._list_words(arguments),
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
        except (OSError, ValueError) as problem:
            raise self._describe_start(problem) from problem
        if done.returncode:
            raise _read_failure(done.stderr, command=arguments[0])
        return done.stdout

    def run_limited(self, *arguments: str, most: int, seconds: float = LOCAL_SECONDS) -> bytes:
        """Return the octets a command prints, and stop it where they are more than `most`: then it is a GitFailure."""
        try:
            with subprocess.Popen(  # noqa: S603 -- as above
                self._list_words(arguments),
                cwd=self.folder,
                env=dict(self.environ),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            ) as process:
                output = _read_limited(process, most + 1, seconds=seconds)
        except (OSError, ValueError) as problem:
            raise self._describe_start(problem) from problem
        if len(output) > most:
            message = f"git {arguments[0]} says more than {most >> 20} MiB"
            raise GitFailure(message)
        if process.returncode:
            message = f"git {arguments[0]} failed"
            raise GitFailure(message)
        return output

    def _list_words(self, arguments: Sequence[str]) -> list[str]:
        return [_find_git(self.environ), "--no-pager", *self.options, *arguments]

    def _describe_start(self, problem: OSError | ValueError) -> GitFailure:
        return GitFailure(f"git cannot be run in {self.folder}: {getattr(problem, 'strerror', None) or problem}")

    def extend(self, variables: Mapping[str, str]) -> Git:
        """Return the same with more variables in its environment."""
        return replace(self, environ={**self.environ, **variables})


def prepare_git(folder: Path, *, environ: Mapping[str, str], settings: tuple[str, ...]) -> Git:
    """Return git for a folder, with an environment that neither prompts nor leads to another repository.

    It still looks for a repository by itself: see `git_open`, which names one.
    """
    kept = {name: value for name, value in environ.items() if name not in _REDIRECTIONS}
    path = os.pathsep.join(filter(os.path.isabs, kept.get("PATH", os.defpath).split(os.pathsep)))
    options = [word for setting in settings for word in ("-c", setting)]
    return Git(folder, {**_UNLESS_SET, **kept, **_QUIET, "PATH": path}, tuple(options))


def _read_limited(process: subprocess.Popen[bytes], most: int, *, seconds: float) -> bytes:
    """Read what a process prints; end it after so many octets, or so many seconds."""
    end = Timer(seconds, process.kill)
    end.start()
    try:
        output = process.stdout.read(most) if process.stdout else b""
        if len(output) == most:
            process.kill()
        process.wait()
    finally:
        end.cancel()
    return output


def _find_git(environ: Mapping[str, str]) -> str:
    found = shutil.which("git", path=environ["PATH"])
    if found is None:
        message = "git is not installed, or not on the PATH"
        raise GitFailure(message, advice="Install git, or use `ledger: files`.")
    return found


def _read_failure(stderr: bytes, *, command: str) -> GitFailure:
    """Pick what a person needs of git's complaint: the first fatal, error or remote line."""
    lines = [line.strip() for line in stderr.decode(errors="replace").splitlines() if line.strip()]
    if any("dubious ownership" in line or "unsafe repository" in line for line in lines):
        return _describe_distrust(lines)
    telling = [line for line in lines if line.startswith(("fatal:", "error:", "remote:", "ERROR:", "! ["))]
    return GitFailure("; ".join((telling or lines)[:3]) or f"git {command} failed")


def _describe_distrust(lines: list[str]) -> GitDistrust:
    """Name the folder that git itself names: in a container it may be known by another name."""
    mending = "git config --global --add safe.directory "
    folder = _unquote(next((line.removeprefix(mending) for line in lines if line.startswith(mending)), ""))
    advice = f"`{mending}{shlex.quote(folder or '*')}` tells git that the folder is yours."
    return GitDistrust(f"git does not trust {folder or 'the repository'}: it belongs to another user", advice=advice)


def _unquote(text: str) -> str:
    try:
        return (shlex.split(text) or [""])[0]
    except ValueError:
        return text
