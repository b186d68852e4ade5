"""Git, run by us, starts no program that a repository or a folder of the pull request names."""

from __future__ import annotations

import ast
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from reconciler.ledger import (
    LedgerProblem,
    LedgerUnavailable,
    Store,
    current_author,
    current_commit,
    export_commit,
    list_revisions,
    open_store,
)
from reconciler.ledger.origin import describe_commit, note_distrust
from reconciler.ledger.stores.git_branch import push_change
from reconciler.ledger.stores.git_command import GitFailure
from reconciler.ledger.stores.git_objects import Signature
from reconciler.ledger.stores.git_open import open_repository
from reconciler.ledger.stores.git_place import Place, lies_in_tree
from reconciler.ledger.stores.git_repository import Repository
from tests.cli.stage import ROOT, lines
from tests.ledger.samples import Clock, make_entry, make_project, record_calls, run_git

from .git_traps import REF, TRAPS, UNSPRUNG, Trap, TrappedClone, plant_lookalike, sanitize

ENVIRON = sanitize(os.environ)
RUNS = frozenset({"run", "_run", "run_bytes", "run_limited"})
"""What calls git."""


@pytest.fixture
def trapped(tmp_path: Path) -> TrappedClone:
    return TrappedClone(tmp_path)


def open_git_store(folder: Path, *, environ: Mapping[str, str] = ENVIRON) -> Store:
    return open_store(make_project(folder, ledger="git"), clock=Clock(), environ=environ)


def call_everything(folder: Path, *, environ: Mapping[str, str] = ENVIRON) -> None:
    """Make every call of git that any command makes; most fail on a remote that is a trap."""
    current_commit(folder, environ=environ)
    current_author(environ, root=folder)
    store = open_git_store(folder, environ=environ)
    store.load()
    store.fingerprint_key()
    for call in (_look_back, _lock, _save, lambda store: store.keep_journal("r1")):
        with suppress(LedgerProblem):
            call(store)
    repository = Repository(folder, environ=environ)
    for name in ("HEAD", "refs/signed"):
        with suppress(LedgerProblem):
            repository.objects.read_message(name)
    _call_the_rest(folder, repository, environ=environ)


def _call_the_rest(folder: Path, repository: Repository, *, environ: Mapping[str, str]) -> None:
    """Look into another commit, as `plan --since` and `sandbox seed` do, and push a branch, as `ci drift-pr` does."""
    describe_commit(folder, environ=environ)
    note_distrust(folder, environ=environ)
    list_revisions(folder, environ=environ)
    with TemporaryDirectory() as place:
        for revision in ("HEAD", "no such commit"):
            with suppress(LedgerProblem):
                export_commit(folder, revision, into=Path(place), environ=environ)
    with suppress(LedgerProblem):
        repository.objects.read_files(repository.objects.read_head(), folder="reconciler.yaml")
    for contents in ({"reconciler.yaml": b"three"}, {}):
        with suppress(LedgerProblem):
            branch, now = "reconciler/drift", Clock()()
            push_change(folder, branch, contents, message="x", author="Dev", now=now, environ=environ)


def list_verbs() -> set[str]:
    """Find in the source which commands of git are called."""
    found = set[str]()
    for path in (ROOT / "reconciler").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in RUNS:
                words = [
                    word.value for word in node.args if isinstance(word, ast.Constant) and isinstance(word.value, str)
                ]
                found.add(next((word for word in words if not word.startswith("-") and "=" not in word), ""))
    return found - {""}


def test_every_command_of_git_that_the_source_calls_is_tried_against_all_traps_at_once(trapped: TrappedClone) -> None:
    run_git(trapped.clone.parent, "clone", "-q", trapped.remote.as_uri(), "other")
    _save(open_git_store(trapped.clone.parent / "other"))
    (trapped.clone / ".git/objects/info/alternates").unlink()  # what the other has stored must be fetched
    run_git(trapped.clone, "init", "-q", "inner")
    set_all(trapped)
    environ, log = record_calls(trapped.clone.parent, environ=ENVIRON)
    for folder in (trapped.clone, trapped.clone / "inner"):
        call_everything(folder, environ=environ)
    called = [line.split() for line in log.read_text().splitlines()]
    verbs = list_verbs()
    assert len(verbs) > 12
    assert verbs - {word for line in called for word in line} == set()
    assert all("safe.bareRepository=explicit" in line for line in called)
    assert not trapped.is_sprung


def set_all(trapped: TrappedClone) -> None:
    """Set every trap in which the remote is still one."""
    trapped.set(*UNSPRUNG, *(setting for trap in TRAPS for setting in trap.settings if ".url" not in setting))
    run_git(trapped.clone, "config", "--unset", "remote.origin.vcs")
    run_git(trapped.clone, "config", "--remove-section", f"url.ext::{trapped.program} x ")


def _look_back(store: Store) -> None:
    store.runs()
    store.unsettled()


def _lock(store: Store) -> None:
    with store.lock("alice", ttl_seconds=60) as lock:
        lock.refresh()


def _save(store: Store) -> None:
    store.save([make_entry("a")], run="r1")


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.name)
def test_each_trap_springs_without_us_and_never_with_us(trapped: TrappedClone, trap: Trap) -> None:
    trapped.set(*trap.settings)
    call_everything(trapped.clone)
    assert not trapped.is_sprung
    trapped.spring(trap)
    assert trapped.is_sprung


def test_a_ledger_works_in_a_repository_full_of_traps(trapped: TrappedClone) -> None:
    set_all(trapped)
    store = open_git_store(trapped.clone)
    _lock(store)
    _save(store)
    assert set(open_git_store(trapped.clone).load().ledger.entries) == {"connectors.a"}
    assert run_git(trapped.remote, "rev-list", "--count", REF) == "1"
    assert not trapped.is_sprung


def test_a_partial_clone_does_not_fetch_through_a_program_of_its_own(trapped: TrappedClone) -> None:
    trapped.set("remote.origin.promisor=true", "remote.origin.uploadpack=PROGRAM")
    call_everything(trapped.clone)
    assert not trapped.is_sprung
    with pytest.raises(GitFailure, match=r"remote\.origin\.uploadpack"):
        open_repository(trapped.clone, environ=ENVIRON)


COMMANDS = (
    ("validate",),
    ("plan",),
    ("plan", "--since", "HEAD"),
    ("doctor",),
    ("drift",),
    ("apply", "--auto-approve"),
    ("history",),
    ("history", "latest"),
    ("undo", "latest", "--auto-approve"),
    ("unlock", "20261121-083000-4f3a1c", "--auto-approve"),
    ("pull", "--account", "galtea"),
)


@pytest.mark.parametrize(
    ("ledger", "around", "where"),
    [("files", "a clone", "the project"), ("git", "a clone", "above it"), ("git", "nothing", "the project")],
)
def test_a_folder_that_looks_like_a_repository_starts_nothing(
    tmp_path: Path, ledger: str, around: str, where: str
) -> None:
    mark, program = tmp_path / "mark", tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch '{mark}'\nexit 1\n")
    program.chmod(0o755)
    top = tmp_path / "top"
    folder = top / "voice" / "us"
    plant_lookalike(folder if where == "the project" else folder.parent, program=program)
    if around == "a clone":
        run_git(top, "init", "-q")
        run_git(top, "remote", "add", "origin", str(tmp_path / "gone"))
    stage = lines(folder)
    stage.change("reconciler.yaml", "accounts:", f"ledger: {ledger}\naccounts:")
    stage.environ |= {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(tmp_path)}
    for command in COMMANDS:
        told = stage.run(*command)
        assert "Mallory" not in told.all
        told = stage.run("--sandbox", *command)
        assert "bug" not in told.all
    assert not mark.exists()
    subprocess.run(["git", "status"], cwd=folder, env=ENVIRON, capture_output=True, check=False)
    assert mark.exists()


def nest(top: Path) -> Path:
    """Make a clone of its own, with a project that it tracks in a folder of it."""
    run_git(top, "init", "-q")
    project = top / "voice"
    project.mkdir()
    (project / "reconciler.yaml").write_text("version: 1\n")
    run_git(top, "add", ".")
    return project


def test_a_repository_that_came_with_the_tracked_files_is_passed_over(tmp_path: Path) -> None:
    project = nest(tmp_path)
    run_git(project, "init", "-q")
    assert open_repository(project, environ=ENVIRON).place.top == tmp_path


@pytest.mark.parametrize("form", ["file", "link"])
def test_a_pointer_to_a_folder_of_the_work_tree_is_passed_over(tmp_path: Path, form: str) -> None:
    project = nest(tmp_path)
    run_git(tmp_path, "init", "-q", "--bare", str(tmp_path / "bare"))
    for place in (project, tmp_path / "elsewhere"):
        place.mkdir(exist_ok=True)
        if form == "file":
            (place / ".git").write_text("gitdir: ../bare\n")
        else:
            (place / ".git").symlink_to("../bare")
        assert open_repository(place, environ=ENVIRON).place.top == tmp_path


def test_work_trees_submodules_and_inner_clones_are_repositories_of_their_own(trapped: TrappedClone) -> None:
    clone, outer = trapped.clone, trapped.clone.parent / "outer"
    run_git(clone, "worktree", "add", "-q", "inner", "HEAD")
    assert open_repository(clone / "inner", environ=ENVIRON).place.top == clone / "inner"
    run_git(clone.parent, "init", "-q", str(outer))
    run_git(outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", trapped.remote.as_uri(), "part")
    run_git(outer, "clone", "-q", trapped.remote.as_uri(), "other")
    run_git(outer, "init", "-q", "--separate-git-dir", str(clone.parent / "apart"), "third")
    for name in ("part", "other", "third"):
        assert open_repository(outer / name, environ=ENVIRON).place.top == outer / name
    assert current_commit(outer / "part", environ=ENVIRON) == run_git(trapped.remote, "rev-parse", "main")


def test_settings_from_a_file_of_the_work_tree_are_refused(trapped: TrappedClone) -> None:
    (trapped.clone / "shared.cfg").write_text(f"[core]\nsshCommand = {trapped.program}\n")
    run_git(trapped.clone, "config", "include.path", "../shared.cfg")
    note = open_git_store(trapped.clone).load().notes[0]
    assert "shared.cfg, a file that a pull request can change" in note.message
    assert "git config --edit" in note.advice
    assert current_commit(trapped.clone, environ=ENVIRON) == ""


def test_the_user_of_git_is_not_a_file_of_the_work_tree(trapped: TrappedClone) -> None:
    (trapped.clone / ".gitconfig").write_text("[user]\nname = Mallory\n")
    home = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(trapped.clone)}
    with pytest.raises(GitFailure, match=r"\.gitconfig") as caught:
        open_repository(trapped.clone, environ=home)
    assert "GIT_CONFIG_GLOBAL" in caught.value.advice


def test_a_remote_within_the_work_tree_is_refused(trapped: TrappedClone) -> None:
    run_git(trapped.clone, "init", "-q", "--bare", "fake")
    (trapped.clone / "fake/hooks/post-receive").symlink_to(trapped.program)
    for url in ("fake", "./fake", str(trapped.clone / "fake"), (trapped.clone / "fake").as_uri()):
        run_git(trapped.clone, "remote", "set-url", "origin", url)
        with pytest.raises(LedgerUnavailable, match="folder of the work tree"):
            _lock(open_git_store(trapped.clone))
    assert not trapped.is_sprung


@pytest.mark.parametrize(
    ("url", "inside"),
    [
        ("git@github.com:org/repo.git", False),
        ("github.com:org/repo.git", False),
        ("ssh://git@github.com/org/repo.git", False),
        ("https://github.com/org/repo.git", False),
        ("ext::sh -c x", False),
        ("/srv/git/repo.git", False),
        ("file:///srv/git/repo.git", False),
        ("../other", False),
        ("fake", True),
        ("./a:b", True),
        ("../clone/fake", True),
    ],
)
def test_only_a_folder_of_the_work_tree_is_one(url: str, *, inside: bool) -> None:
    assert lies_in_tree(url, place=Place(Path("/home/clone"), Path("/home/clone/.git"))) is inside


class Asking(BaseHTTPRequestHandler):
    """A server of git that wants to know who asks."""

    seen: list[str]

    def do_GET(self) -> None:
        authorization = self.headers.get("Authorization", "")
        self.seen.append(authorization)
        self.send_response(403 if authorization else 401)
        self.send_header("WWW-Authenticate", "Basic")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture
def asking() -> Iterator[tuple[str, list[str]]]:
    seen: list[str] = []
    with HTTPServer(("127.0.0.1", 0), type("Listener", (Asking,), {"seen": seen})) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/x.git", seen
        server.shutdown()


def test_keys_come_from_the_user_and_the_job_and_not_from_a_helper_of_the_repository(
    trapped: TrappedClone, asking: tuple[str, list[str]]
) -> None:
    url, seen = asking
    home = trapped.clone.parent / "home"
    home.mkdir()
    (home / ".gitconfig").write_text('[credential]\nhelper = "!f() { echo username=me; echo password=mine; }; f"\n')
    environ = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(home)}
    trapped.set("credential.helper=PROGRAM", f"credential.{url}.helper=PROGRAM", "core.askPass=PROGRAM")
    run_git(trapped.clone, "remote", "set-url", "origin", url)
    store = open_store(make_project(trapped.clone, ledger="git"), clock=Clock(), environ=environ)
    store.load()
    assert seen[:2] == ["", "Basic bWU6bWluZQ=="]
    assert not trapped.is_sprung
    trapped.set(f"http.{url}.extraheader=Authorization: basic checkout")
    store = open_store(make_project(trapped.clone, ledger="git"), clock=Clock(), environ=environ)
    seen.clear()
    store.load()
    assert seen[0] == "basic checkout"


def test_settings_that_the_job_includes_from_elsewhere_count(
    trapped: TrappedClone, asking: tuple[str, list[str]]
) -> None:
    url, seen = asking
    secrets = trapped.clone.parent / "runner.config"
    secrets.write_text(f'[http "{url}"]\nextraheader = "Authorization: basic included"\n')
    run_git(trapped.clone, "config", f"includeIf.gitdir:{trapped.clone}/.git.path", str(secrets))
    run_git(trapped.clone, "remote", "set-url", "origin", url)
    open_git_store(trapped.clone).load()
    assert seen[0] == "basic included"


def test_the_ssh_command_of_the_environment_counts(trapped: TrappedClone) -> None:
    run_git(trapped.clone, "remote", "set-url", "origin", "ssh://127.0.0.1:1/x")
    trapped.set("core.sshCommand=false")
    environ = {**ENVIRON, "GIT_SSH_COMMAND": str(trapped.program)}
    open_store(make_project(trapped.clone, ledger="git"), clock=Clock(), environ=environ).load()
    assert trapped.is_sprung


def test_a_folder_of_the_path_that_is_not_absolute_is_not_searched(trapped: TrappedClone) -> None:
    (trapped.clone / "git").symlink_to(trapped.program)
    environ = {**ENVIRON, "PATH": f".:{os.curdir}::{os.environ['PATH']}"}
    assert current_commit(trapped.clone, environ=environ).endswith("-dirty")
    assert not trapped.is_sprung


def test_commits_made_by_us_are_not_signed(trapped: TrappedClone) -> None:
    trapped.set("commit.gpgSign=true", "gpg.program=PROGRAM")
    repository = Repository(trapped.clone, environ=ENVIRON)
    commit = repository.objects.create_commit({}, parent="", message="x", signature=Signature("Dev", Clock()()))
    assert repository.objects.read_message(commit)[0].strip() == "x"
    assert not trapped.is_sprung
