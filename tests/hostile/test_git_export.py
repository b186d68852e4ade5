"""An earlier commit is as little to be trusted as a pull request: its tree leads nowhere, fills nothing and starts nothing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler.config.text.reading import MAX_CONFIG_BYTES, MAX_INCLUDED_BYTES
from reconciler.ledger import LedgerUnavailable, export_commit
from reconciler.ledger.stores import git_export
from reconciler.ledger.stores.git_command import GitFailure
from reconciler.ledger.stores.git_open import open_repository
from tests.ledger.samples import run_git

from .git_traps import sanitize

ENVIRON = sanitize(os.environ)
BLOB, LINK, TREE = "100644", "120000", "40000"


class Forge:
    """A repository in which trees are made by hand, as no `git add` would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        run_git(folder, "init", "-q")

    def store(self, kind: str, content: bytes) -> str:
        words = ["git", "hash-object", "-t", kind, "-w", "--stdin", "--literally"]
        done = subprocess.run(words, cwd=self.folder, input=content, capture_output=True, check=True)
        return done.stdout.decode().strip()

    def tree(self, *rows: tuple[str, str, str]) -> str:
        """Store a tree of rows: mode, name, and the text of a file or link, or the name of another tree."""
        content = b""
        for mode, name, text in rows:
            key = text if mode == TREE else self.store("blob", text.encode())
            content += f"{mode} {name}".encode() + b"\0" + bytes.fromhex(key)
        return self.store("tree", content)

    def commit(self, tree: str) -> str:
        return run_git(self.folder, "-c", "user.name=t", "-c", "user.email=t@x", "commit-tree", tree, "-m", "x")

    def export(self, tree: str, into: Path) -> Mapping[str, Path]:
        into.mkdir(exist_ok=True)
        export_commit(self.folder, self.commit(tree), into=into, environ=ENVIRON)
        return {path.relative_to(into).as_posix(): path for path in into.rglob("*") if not path.is_dir() or path.is_symlink()}  # fmt: skip


@pytest.fixture
def forge(tmp_path: Path) -> Forge:
    return Forge(tmp_path / "forge")


def test_no_path_leads_out_and_nothing_hidden_comes_along(forge: Forge, tmp_path: Path) -> None:
    inner = forge.tree((BLOB, "..", "out"), (BLOB, "x", "in"))
    odd = [(BLOB, name, "x") for name in ("..", ".hidden", "/root", "a/../../b")]
    found = forge.export(forge.tree(*odd, (TREE, "deep", inner), (TREE, ".git", inner)), tmp_path / "into")
    assert found.keys() == {"deep/x"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["forge", "into"]


def test_nothing_is_written_through_a_link(forge: Forge, tmp_path: Path) -> None:
    """Git lets no file and no link stand below a link; a tree may say so all the same."""
    outside = tmp_path / "outside"
    outside.mkdir()
    below = forge.tree((BLOB, "file", "x"), (LINK, "link", "/etc"))
    links = forge.tree((LINK, "link", "/etc"), (TREE, "deep", forge.tree((LINK, "link", "/etc"))))
    with pytest.raises(LedgerUnavailable, match="cannot be read here"):
        forge.export(forge.tree((LINK, "a", str(outside)), (TREE, "a", below)), tmp_path / "first")
    found = forge.export(forge.tree((LINK, "b", str(outside)), (TREE, "b", links), (LINK, "c", "c"), (TREE, "c", links)), tmp_path / "second")  # fmt: skip
    assert found.keys() == {"b", "c"}
    assert list(outside.iterdir()) == []


def test_links_are_links_and_circles_are_left(forge: Forge, tmp_path: Path) -> None:
    rows = [(LINK, "near", "deep/x"), (LINK, "far", "/etc/passwd"), (LINK, "one", "two"), (LINK, "two", "one"), (LINK, "long", "x" * 5000), (LINK, "no", "a\0b")]  # fmt: skip
    found = forge.export(forge.tree(*rows, (TREE, "deep", forge.tree((BLOB, "x", "in")))), tmp_path / "into")
    assert found.keys() == {"near", "far", "one", "two", "deep/x"}
    assert found["near"].read_text() == "in"
    assert found["far"].is_symlink()


def test_what_is_too_large_to_be_read_is_there_and_holds_nothing(forge: Forge, tmp_path: Path) -> None:
    large = "x" * (MAX_INCLUDED_BYTES + 1)
    rows = [(BLOB, "a.md", large), (BLOB, "a.yaml", large), (BLOB, "b.md", "x" * MAX_INCLUDED_BYTES)]
    found = forge.export(forge.tree(*rows), tmp_path / "into")
    sizes = {name: path.stat().st_size for name, path in found.items()}
    assert sizes == {"a.md": MAX_CONFIG_BYTES + 1, "a.yaml": len(large), "b.md": MAX_INCLUDED_BYTES}
    with found["a.md"].open("rb") as stream:
        assert stream.read(4) == b"\0\0\0\0"


def test_a_tree_without_end_is_not_listed_to_its_end(forge: Forge, tmp_path: Path) -> None:
    tree = forge.tree((BLOB, "x" * 250, "x"))
    for _ in range(9):
        tree = forge.tree(*((TREE, f"{number}", tree) for number in range(10)))
    with pytest.raises(LedgerUnavailable, match="git ls-tree says more than 16 MiB"):
        forge.export(tree, tmp_path / "into")
    assert list((tmp_path / "into").iterdir()) == []


def test_one_file_named_over_and_over_does_not_fill_the_disk(forge: Forge, tmp_path: Path) -> None:
    files = forge.tree(*((BLOB, f"{number:04}", "x" * MAX_INCLUDED_BYTES) for number in range(30)))
    tree = forge.tree(*((TREE, f"{number:02}", files) for number in range(20)))
    with pytest.raises(LedgerUnavailable, match="hold more than 1024 MiB") as caught:
        forge.export(tree, tmp_path / "into")
    assert "a folder of its own" in caught.value.advice
    assert git_export.LARGEST_EXPORT == 1 << 30


def test_an_object_that_is_not_here_is_named(forge: Forge, tmp_path: Path) -> None:
    tree = forge.tree((BLOB, "x", "gone"))
    commit, blob = forge.commit(tree), run_git(forge.folder, "rev-parse", f"{tree}:x")
    (forge.folder / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(LedgerUnavailable, match=f"the object {blob} is not in this clone"):
        export_commit(forge.folder, commit, into=tmp_path / "into", environ=ENVIRON)


def test_git_is_stopped_in_time(forge: Forge) -> None:
    git = open_repository(forge.folder, environ=ENVIRON).git
    with pytest.raises(GitFailure, match="git hash-object failed"):
        git.run_limited("hash-object", "--stdin-paths", "--no-such-option", most=10)
    with pytest.raises(GitFailure, match="more than 0 MiB"):
        git.run_limited("version", most=3)
