"""Find a project, its files and its resources."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconciler.config import load_project
from reconciler.config.discover import is_excluded
from reconciler.model.diagnostic import Location
from reconciler.model.resource_type import Catalog

from .conftest import Workspace

LINE = "lines: {%s: {id: %s}}\n"


def list_addresses(workspace: Workspace) -> list[str]:
    return [declared.address for declared in workspace.load_project().resources]


def test_no_project(tmp_path: Path, catalog: Catalog) -> None:
    for start in (tmp_path, tmp_path / "missing"):
        loaded = load_project(start, catalog=catalog, environ={})
        assert (loaded.project, loaded.files) == (None, 0)
        assert [each.code for each in loaded.diagnostics] == ["no-project"]
        assert "reconciler init" in loaded.diagnostics[0].advice


@pytest.mark.parametrize(
    ("below", "where"),
    [
        (["telephony"], "One lies in {telephony}: name"),
        (["c", "b", "a", "d"], "One lies in {a} (or {b}, {c}): name"),
        ([".hidden"], "Run `reconciler init`"),
        (["a/b"], "Run `reconciler init`"),
    ],
)
def test_a_project_right_below_is_named(tmp_path: Path, catalog: Catalog, below: list[str], where: str) -> None:
    for name in below:
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "reconciler.yaml").write_text("version: 1\n")
    places = {name: f'"{tmp_path / name}"' for name in ("telephony", "a", "b", "c")}
    (missing,) = load_project(tmp_path, catalog=catalog, environ={}).diagnostics
    assert missing.advice.startswith(where.format_map(places))


def test_project_is_found_from_below(workspace: Workspace, catalog: Catalog) -> None:
    below = workspace.root / "a" / "b"
    below.mkdir(parents=True)
    loaded = load_project(below, catalog=catalog, environ={})
    assert loaded.project
    assert loaded.project.root == workspace.root


def test_broken_project_file_is_not_passed_over(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "reconciler.yaml").write_text("version: 1\n")
    (workspace.root / "reconciler.yaml").unlink()
    (workspace.root / "reconciler.yaml").symlink_to("missing")
    assert workspace.codes() == ["file-not-found"]


def test_one_file_may_hold_everything(workspace: Workspace) -> None:
    workspace.write(
        "reconciler.yaml",
        "version: 1\nphone_connections: {a: {id: p1, spec: {voice: jack}}}\nnumbers: {b: {account: fluents, id: +12025550143}}\n",
    )
    assert list_addresses(workspace) == ["phone_connections.a", "numbers.b"]


def test_files_that_are_read(workspace: Workspace) -> None:
    workspace.write(
        "reconciler.yaml", "version: 1\naccounts: {parley: {region: north}}\nexclude: [build, 'x/**/skip-*.yaml']\n"
    )
    read = ["a.yaml", "b.yml", "deep/er/c.yaml", "deep/environments/d.yaml", "x/y/keep.yaml"]
    left = [
        "a.txt", ".hidden.yaml", ".github/w.yaml", "sandbox.yaml", "deep/sandbox.yaml", "environments/prod.yaml", "build/a.yaml",
        "deep/build/a.yaml", "x/skip-a.yaml", "x/y/z/skip-b.yaml", "nested/reconciler.yaml", "nested/a.yaml", "nested/deep/a.yaml", "a.yaml.bak",
    ]  # fmt: skip
    for number, name in enumerate(read):
        workspace.write(name, LINE % (f"line-{number}", f"l-{number}"))
    for name in left:
        workspace.write(name, "what: ever\n")
    loaded = workspace.load()
    assert loaded.project, loaded.diagnostics
    assert sorted(each.location.file for each in loaded.project.resources) == sorted(read)
    assert loaded.files == len(read) + 1


def test_links_to_folders_are_not_followed(workspace: Workspace) -> None:
    workspace.write("a/a.yaml", LINE % ("a", "a"))
    (workspace.root / "a" / "loop").symlink_to("..")
    (workspace.root / "again").symlink_to("a")
    assert list_addresses(workspace) == ["lines.a"]


@pytest.mark.parametrize(
    ("path", "glob", "excluded"),
    [
        ("a/b.yaml", "b.yaml", True),
        ("a/b.yaml", "*.yaml", True),
        ("a/b.yaml", "a", True),
        ("a/b.yaml", "a/", True),
        ("a/b.yaml", "./a/*", True),
        ("a/b.yaml", "/a/b.yaml", True),
        ("a/b.yaml", "a/**", True),
        ("a/b/c.yaml", "a/*/c.yaml", True),
        ("a/b/c.yaml", "**/c.yaml", True),
        ("a/b/c/d.yaml", "a/**/d.yaml", True),
        ("a/d.yaml", "a/**/d.yaml", True),
        ("a/b/c.yaml", "a/c.yaml", False),
        ("a/b.yaml", "b/*", False),
        ("ab.yaml", "a?.yaml", True),
        ("ab.yaml", "[!a]*", False),
        ("/".join("a" * 40), "/".join(["**", "a"] * 30) + "/b", False),
    ],
)
def test_exclude(path: str, glob: str, excluded: bool) -> None:
    assert is_excluded(path, [glob]) is excluded


def test_unreadable_file_and_folder(workspace: Workspace) -> None:
    workspace.load_project()
    locked = workspace.write("locked.yaml", LINE % ("a", "a"))
    folder = workspace.write("closed/b.yaml", LINE % ("b", "b")).parent
    locked.chmod(0)
    folder.chmod(0)
    try:
        with ordinary_user(workspace.root):
            found = workspace.codes()
    finally:
        folder.chmod(0o755)
    assert found == ["file-unreadable", "file-unreadable"]


@contextmanager
def ordinary_user(root: Path) -> Iterator[None]:
    """Give up the right to read everything, where the tests run with it."""
    if os.geteuid() != 0:
        yield
        return
    for folder in (root, *root.parents):
        if folder.name.startswith(("project", "test_", "pytest-", "popen-")):
            folder.chmod(0o755)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_unknown_kind_names_the_nearest_and_exclude(workspace: Workspace) -> None:
    workspace.write("a.yaml", "connector: {}\n")
    found = workspace.refuse()
    assert found.code == "unknown-kind"
    assert "`connectors`" in found.advice
    assert "exclude" in found.advice


def test_settings_in_another_file_are_no_kind(workspace: Workspace) -> None:
    workspace.write("a.yaml", "accounts: {}\n")
    assert workspace.refuse().code == "unknown-kind"


def test_kinds_spread_over_files_and_addresses_are_unique(workspace: Workspace) -> None:
    workspace.write("a.yaml", LINE % ("a", "x-1"))
    workspace.write("b.yaml", LINE % ("b", "x-2"))
    assert list_addresses(workspace) == ["lines.a", "lines.b"]
    workspace.write("b.yaml", LINE % ("a", "x-2"))
    found = workspace.refuse()
    assert (found.code, found.location and found.location.file) == ("duplicate-key", "b.yaml")
    assert "a.yaml:1:9" in found.message


@pytest.mark.parametrize(
    ("first", "second", "collides"),
    [
        ("lines: {%s: {id: x}}", "lines: {%s: {id: 'x'}}", True),
        ("lines: {%s: {match: {name: x}}}", "lines: {%s: {match: {name: '${var.X}'}}}", True),
        ("lines: {%s: {id: x, account: parley}}", "lines: {%s: {id: x, account: other}}", True),
        ("lines: {%s: {id: x, account: parley}}", "lines: {%s: {id: x, account: south}}", False),
        ("lines: {%s: {id: x}}", "lines: {%s: {id: y}}", False),
        ("lines: {%s: {match: {name: x}}}", "lines: {%s: {id: x}}", False),
    ],
)
def test_two_resources_at_one_live_object(workspace: Workspace, first: str, second: str, collides: bool) -> None:
    accounts = "{parley: {region: north}, other: {provider: parley, region: north, credential: B_PARLEY_KEY}, south: {provider: parley, region: south}}"
    if "account" not in first:
        accounts = "{parley: {region: north}}"
    workspace.write("reconciler.yaml", f"version: 1\naccounts: {accounts}\n")
    workspace.write("a.yaml", first % "a")
    workspace.write("b.yaml", second % "b")
    loaded = workspace.load(variables={"X": "x"})
    if not collides:
        assert loaded.project, loaded.diagnostics
        return
    (found,) = loaded.diagnostics
    assert (found.code, found.location and found.location.file) == ("collision", "b.yaml")
    assert found.excerpt == second % "b"
    assert "a.yaml:1:9" in found.message


def test_all_mistakes_are_reported_together_in_order(workspace: Workspace) -> None:
    workspace.write("z.yaml", "lines: {a: {id: x, spec: {record: yes, nam: x}}}\n")
    workspace.write("b.yaml", "lines:\n  b: {id: UP}\n  c: {}\n  d: {id: d, spec: {speed: 9}}\n")
    workspace.write("c.yaml", "a: [\n")
    workspace.write("reconciler.yaml", "version: 2\naccounts: {parley: {region: north}}\n")
    loaded = workspace.load()
    places = [(each.location.file, each.location.line, each.code) for each in loaded.diagnostics if each.location]
    assert places == [
        ("b.yaml", 2, "bad-identity"),
        ("b.yaml", 3, "identity-missing"),
        ("b.yaml", 4, "invalid-value"),
        ("c.yaml", 2, "yaml-syntax"),
        ("reconciler.yaml", 1, "unknown-version"),
        ("z.yaml", 1, "wrong-type"),
        ("z.yaml", 1, "unknown-field"),
    ]


def test_digest_follows_what_is_declared_and_nothing_else(workspace: Workspace) -> None:
    workspace.write("a.yaml", "lines: {a: {id: x, spec: {name: n, speed: 1}}, b: {id: y}}\n")
    before = workspace.compute_digest()
    assert before.startswith("sha256:")
    (workspace.root / "a.yaml").unlink()
    workspace.write("sub/b.yaml", "# moved\nlines:\n  b: {id: y}\n  a: {id: x, spec: {speed: 1, name: '${var.N}'}}\n")
    assert workspace.compute_digest(variables={"N": "n"}) == before
    assert workspace.compute_digest(variables={"N": "m"}) != before
    workspace.write("reconciler.yaml", "version: 1\naccounts: {parley: {region: south}}\n")
    assert workspace.compute_digest(variables={"N": "n"}) != before


def test_positions_survive_copies(workspace: Workspace) -> None:
    declared = workspace.load_line("name: x\nhook:\n  url: https://x.example\nwords: [a]")
    places = {("name",): (5, 13), ("hook",): (7, 9), ("hook", "url"): (7, 14), ("words",): (8, 14)}
    expected = {path: Location("lines.yaml", *place) for path, place in places.items()}
    assert dict(declared.positions) == expected
    assert declared.locate(("hook", "url", "deeper")).line == 7
    assert declared.locate(("missing",)) == declared.location
    for twin in (copy.deepcopy(declared), pickle.loads(pickle.dumps(declared))):  # noqa: S301  our own bytes
        assert dict(twin.positions) == expected


def test_heavy_imports_only_for_projects_with_mistakes(workspace: Workspace) -> None:
    workspace.write_line("name: x")
    script = (
        "import sys, pathlib; from reconciler.config import load_project; from reconciler.vendors import load_catalog;"
        f"load_project(pathlib.Path({str(workspace.root)!r}), catalog=load_catalog(), environ={{}});"
        "print(sorted({'jsonschema', 'httpx', 'deepdiff', 'rich', 'asyncio'} & set(sys.modules)))"
    )
    workspace.write(
        "reconciler.yaml",
        "version: 1\nexclude: [lines.yaml]\nnumbers: {a: {account: fluents, id: +12025550143, spec: {label: x}}}\n",
    )
    printed = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    assert printed.strip() == "[]"
