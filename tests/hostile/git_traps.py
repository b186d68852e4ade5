"""Settings of a git repository that start a program, each with the plain call of git that springs it."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.ledger.samples import run_git

IDENTITY = {
    "GIT_AUTHOR_NAME": "Dev",
    "GIT_AUTHOR_EMAIL": "d@x",
    "GIT_COMMITTER_NAME": "Dev",
    "GIT_COMMITTER_EMAIL": "d@x",
}
REF = "refs/reconciler/ledger"


@dataclass(frozen=True, slots=True)
class Trap:
    """`settings` are `key=value` with PROGRAM for a program that leaves a mark; `call` springs them in a naive git."""

    name: str
    settings: tuple[str, ...]
    call: tuple[str, ...]


TRAPS = (
    Trap("fsmonitor", ("core.fsmonitor=PROGRAM",), ("status",)),
    Trap("clean", ("filter.trap.clean=PROGRAM", "filter.trap.required=true"), ("status",)),
    Trap("process", ("filter.trap.process=PROGRAM",), ("status",)),
    Trap("dotted name", ("filter.a.b.clean=PROGRAM",), ("status",)),
    Trap("hooks path", ("core.hooksPath=HOOKS",), ("update-ref", "refs/reconciler/x", "HEAD")),
    Trap("signature", ("gpg.program=PROGRAM", "log.showSignature=true"), ("log", "-1", "refs/signed")),
    Trap("ssh", ("core.sshCommand=PROGRAM", "remote.origin.url=ssh://127.0.0.1:1/x"), ("ls-remote", "origin")),
    Trap("proxy", ("core.gitProxy=PROGRAM", "remote.origin.url=git://127.0.0.1:1/x"), ("ls-remote", "origin")),
    Trap("upload pack", ("remote.origin.uploadpack=PROGRAM",), ("ls-remote", "origin")),
    Trap("receive pack", ("remote.origin.receivepack=PROGRAM",), ("push", "origin", "HEAD:refs/heads/x")),
    Trap("ext", ("protocol.ext.allow=always", "remote.origin.url=ext::PROGRAM %S x"), ("ls-remote", "origin")),
    Trap("foreign", ("protocol.ext.allow=always", "remote.origin.vcs=ext", "remote.origin.url=PROGRAM x"), ("ls-remote", "origin")),
    Trap("instead of", ("protocol.ext.allow=always", "url.ext::PROGRAM x .insteadOf=file://"), ("ls-remote", "origin")),
    Trap("alternates", ("core.alternateRefsCommand=PROGRAM",), ("fetch", "origin")),
)  # fmt: skip

UNSPRUNG = (
    "core.pager=PROGRAM",
    "pager.log=PROGRAM",
    "pager.status=PROGRAM",
    "core.editor=PROGRAM",
    "sequence.editor=PROGRAM",
    "core.askPass=PROGRAM",
    "credential.helper=PROGRAM",
    "credential.https://example.org.helper=PROGRAM",
    "diff.external=PROGRAM",
    "diff.trap.textconv=PROGRAM",
    "diff.trap.command=PROGRAM",
    "merge.trap.driver=PROGRAM",
    "hook.trap.command=PROGRAM",
    "hook.trap.event=reference-transaction",
    "gpg.ssh.defaultKeyCommand=PROGRAM",
    "commit.gpgSign=true",
    "push.gpgSign=if-asked",
    "alias.status=!PROGRAM",
    "alias.rev-parse=!PROGRAM",
    "core.worktree=..",
    "trailer.trap.command=PROGRAM",
    "sendemail.smtpServer=PROGRAM",
)
"""Settings that no plain call of ours springs today; they lie in every trap all the same."""


class TrappedClone:
    """A clone with a remote, a changed file under every filter, a signed commit, and settings that name a program."""

    def __init__(self, folder: Path) -> None:
        self.remote, self.clone, self.mark = folder / "remote.git", folder / "clone", folder / "mark"
        self.program = folder / "program"
        self.program.write_text(f"#!/bin/sh\ntouch {shlex.quote(str(self.mark))}\nexit 1\n")
        self.program.chmod(0o755)
        self._plant_hooks(folder / "hooks")
        run_git(folder, "init", "-q", "--bare", "-b", "main", str(self.remote))
        run_git(folder, "clone", "-q", self.remote.as_uri(), str(self.clone))
        self._commit()

    @property
    def is_sprung(self) -> bool:
        return self.mark.exists()

    def set(self, *settings: str) -> None:
        """Put settings into the repository's own configuration."""
        for setting in settings:
            key, _, value = setting.partition("=")
            key, value = (
                word.replace("PROGRAM", str(self.program)).replace("HOOKS", str(self.hooks)) for word in (key, value)
            )
            run_git(self.clone, "config", key, value)

    def spring(self, trap: Trap) -> None:
        """Call git as somebody would who thinks of no harm."""
        environ = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1"}
        subprocess.run(["git", *trap.call], cwd=self.clone, env=environ, capture_output=True, check=False)

    def _plant_hooks(self, folder: Path) -> None:
        self.hooks = folder
        folder.mkdir()
        for name in ("reference-transaction", "pre-push", "post-index-change", "pre-commit", "post-checkout"):
            (folder / name).symlink_to(self.program)

    def _commit(self) -> None:
        (self.clone / "reconciler.yaml").write_text("one")
        (self.clone / "notes.txt").write_text("one")
        (self.clone / ".gitattributes").write_text("* filter=trap diff=trap merge=trap\n*.txt filter=a.b\n")
        run_git(self.clone, "add", ".")
        words = [word for name in ("user.name=Dev", "user.email=d@x") for word in ("-c", name)]
        run_git(self.clone, *words, "commit", "-q", "-m", "one")
        run_git(self.clone, "push", "-q", "origin", "HEAD:main")
        for name in ("reconciler.yaml", "notes.txt"):
            (self.clone / name).write_text("two")
        self._sign()
        alternate = self.clone / ".git/objects/info/alternates"
        alternate.write_text(f"{self.remote / 'objects'}\n")

    def _sign(self) -> None:
        """Make a commit that claims a signature, so that somebody would want it checked."""
        plain = run_git(self.clone, "cat-file", "commit", "HEAD").split("\n\n")
        signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----"
        done = subprocess.run(
            ["git", "hash-object", "-t", "commit", "-w", "--stdin"],
            cwd=self.clone, input=f"{plain[0]}\n{signature}\n\n{plain[1]}\n", capture_output=True, text=True, check=True,
        )  # fmt: skip
        run_git(self.clone, "update-ref", "refs/signed", done.stdout.strip())


def plant_lookalike(folder: Path, *, program: Path) -> None:
    """Write what a pull request may: files that git takes for a bare repository, with settings that name a program."""
    folder.mkdir(parents=True, exist_ok=True)
    run_git(folder, "init", "-q", str(folder.parent / "made"))
    made = folder.parent / "made"
    (made / "reconciler.yaml").write_text("before")
    run_git(made, "add", ".")
    run_git(made, "-c", "user.name=Dev", "-c", "user.email=d@x", "commit", "-q", "-m", "x")
    git_dir = made / ".git"
    for name in ("HEAD", "objects", "refs", "index"):
        (git_dir / name).rename(folder / name)
    lines = ["[core]", "repositoryformatversion = 0", "bare = false", "worktree = ."]
    lines += [f"{key} = {program}" for key in ("sshCommand", "fsmonitor", "pager", "askPass")]
    lines += ['[filter "trap"]', f"clean = {program}", f"process = {program}", "[user]", "name = Mallory"]
    lines += ['[remote "origin"]', f"url = ext::{program} x", "[protocol]", "allow = always"]
    (folder / "config").write_text("\n".join(lines) + "\n")
    (folder / ".gitattributes").write_text("* filter=trap\n")


def sanitize(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without a user's own settings of git."""
    return {**environ, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}
