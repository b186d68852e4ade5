"""Nothing outside the project is read, written, turned into a database or removed, whatever stands in our files' places."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.config import load_project
from reconciler.vendors import load_catalog
from tests.cli.stage import Stage, lines

from .strays import STATE, STRAYS, Stray, take_stock

SECRET = "s3cr3t-of-another-project"
PROJECT = """\
version: 1
accounts: {galtea: {}}
phone_connections:
  line-0: {id: pc_0, spec: {name: "${file:prompts/front.md}"}}
"""
COMMANDS = (
    ("plan",),
    ("--env", "prod", "plan"),
    ("apply", "--auto-approve"),
    ("history",),
    ("undo", "latest", "--auto-approve"),
    ("unlock", "20261121-083000-4f3a1c", "--auto-approve"),
    ("sandbox", "reset"),
)


def make_outside(folder: Path) -> Path:
    outside = folder / "outside"
    (outside / "sandbox").mkdir(parents=True)
    (outside / "secret.txt").write_text(SECRET)
    (outside / "sandbox/precious.txt").write_text(SECRET)
    (outside / "20261121-070000-000000.jsonl").write_text(f'{{"event": "begin", "author": "{SECRET}"}}\n')
    return outside


def stage_project(folder: Path) -> Stage:
    stage = lines(folder, count=1)
    stage.write("reconciler.yaml", PROJECT)
    stage.write("prompts/front.md", "Front desk")
    stage.write("environments/prod.yaml", "vars: {A: b}\n")
    stage.write("sandbox.yaml", "galtea: {}\n")
    stage.write("more.yaml", "")
    return stage


@pytest.mark.parametrize("stray", STRAYS, ids=str)
def test_nothing_outside_is_reached(tmp_path: Path, stray: Stray) -> None:
    outside = make_outside(tmp_path)
    stage = stage_project(tmp_path / "project")
    (stage.folder / stray.path).unlink(missing_ok=True)
    stray.plant(stage.folder, outside)
    before = take_stock(outside)
    told = [stage.run(*command) for command in COMMANDS]
    told.append(stage.run_in_sandbox("apply", "--auto-approve"))
    assert take_stock(outside) == before
    for each in told:
        assert SECRET not in each.all
        assert "bug" not in each.all
        assert each.code in {0, 1, 3, 5, 6, 64}, each.all


def test_a_refusal_names_the_link_and_what_to_do(tmp_path: Path) -> None:
    stage = lines(tmp_path / "project", count=1)
    (stage.folder / STATE).symlink_to(make_outside(tmp_path))
    told = stage.apply()
    assert told.code == 1
    assert f"{STATE} is a symbolic link" in told.words
    assert "Remove it" in told.words
    assert stage.writes == []
    told = stage.run("sandbox", "reset")
    assert told.code == 1
    assert "is a symbolic link" in told.words


def mount_config_map(folder: Path, files: dict[str, str]) -> None:
    """Write files as Kubernetes mounts a ConfigMap: links to a link to a folder whose names begin with two dots."""
    version = folder / "..2026_11_28_10_00_00.1234"
    for name, text in files.items():
        (version / name).parent.mkdir(parents=True, exist_ok=True)
        (version / name).write_text(text)
    (folder / "..data").symlink_to(version.name)
    for name in {name.partition("/")[0] for name in files}:
        (folder / name).symlink_to(f"..data/{name}")


def test_a_mounted_config_map_is_a_project_and_each_file_is_read_once(tmp_path: Path) -> None:
    files = {
        "reconciler.yaml": "version: 1\naccounts: {galtea: {}}\n",
        "lines.yaml": 'phone_connections: {a: {id: pc_0, spec: {name: "${file:prompts/a.md}"}}}\n',
        "more/b.yaml": "phone_connections: {b: {id: pc_1, spec: {name: B}}}\n",
        "prompts/a.md": "A",
        "environments/prod.yaml": "vars: {X: y}\n",
    }
    mount_config_map(tmp_path, files)
    loaded = load_project(tmp_path, catalog=load_catalog(), environment="prod", environ={})
    assert loaded.diagnostics == ()
    assert loaded.project is not None
    assert {declared.address: declared.spec for declared in loaded.project.resources} == {
        "phone_connections.a": {"name": "A"},
        "phone_connections.b": {"name": "B"},
    }
    assert loaded.files == 4


def test_links_within_the_project_are_followed_once_and_never_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "reconciler.yaml").write_text("version: 1\naccounts: {galtea: {}}\n")
    (tmp_path / "zone").mkdir()
    (tmp_path / "zone/lines.yaml").write_text("phone_connections: {a: {id: pc_0, spec: {name: A}}}\n")
    (tmp_path / "zone/again.yaml").symlink_to("lines.yaml")
    (tmp_path / "zone/around").symlink_to("..")
    (tmp_path / "alias").symlink_to("zone")
    (tmp_path / "all.yaml").symlink_to("reconciler.yaml")
    loaded = load_project(tmp_path, catalog=load_catalog(), environ={})
    assert loaded.diagnostics == ()
    assert loaded.files == 2


@pytest.mark.parametrize("hidden", [".git", ".ssh", ".env"])
def test_a_link_to_what_is_hidden_in_the_project_is_not_followed(tmp_path: Path, hidden: str) -> None:
    (tmp_path / hidden).mkdir()
    (tmp_path / hidden / "a.yaml").write_text(SECRET)
    stage = lines(tmp_path, count=1)
    (tmp_path / "link").symlink_to(hidden)
    (tmp_path / "a.yaml").symlink_to(f"{hidden}/a.yaml")
    told = stage.run("validate")
    assert told.code == 3
    assert "hidden files and folders are never read" in told.words
    assert SECRET not in told.all


@pytest.mark.parametrize(
    "path", ["more.yaml", "prompts/front.md", "environments/prod.yaml", "environments/other.yaml", "sandbox.yaml"]
)
def test_whether_a_file_exists_outside_is_not_told(tmp_path: Path, path: str) -> None:
    outside, told = make_outside(tmp_path), []
    stage = stage_project(tmp_path / "project")
    for name in ("secret.txt", "nothing.txt"):
        (stage.folder / path).unlink(missing_ok=True)
        (stage.folder / path).symlink_to(outside / name)
        said = [stage.run(*words) for words in (("validate",), ("--env", "prod", "plan"), ("--env", "x", "validate"))]
        said.append(stage.run_in_sandbox("--env", "prod", "plan"))
        told.append([(each.code, each.out, each.err) for each in said])
    assert told[0] == told[1]
