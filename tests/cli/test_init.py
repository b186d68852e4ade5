"""`init`: a project that works at once, and nothing overwritten."""

from __future__ import annotations

from pathlib import Path

import jsonschema_rs
import pytest

from reconciler.app.adopt.init import TEMPLATE, build_project_files
from reconciler.cli.root import run
from reconciler.vendors import load_catalog
from reconciler.vendors.users_schema import build_users_schema
from tests.config.yaml12 import read_core

FILES = sorted(build_project_files())


def read_tree(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()}  # fmt: skip


def list_kinds(folder: Path) -> set[str]:
    """List the kinds that the template declares: at least one of each vendor that it has a file for."""
    texts = [path.read_text(encoding="utf-8") for path in (folder / "config").glob("*.yaml")]
    declared = [{kind for kind in load_catalog().kinds if f"\n{kind}:\n" in text} for text in texts]
    assert all(declared)
    return set().union(*declared)


def test_it_validates_plans_and_applies_in_the_sandbox(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "lines"
    assert run(["init", str(folder)]) == 0
    assert [Path(line).relative_to(folder).as_posix() for line in capsys.readouterr().out.split()] == list(
        build_project_files()
    )
    assert sorted(read_tree(folder)) == FILES
    assert run(["-C", str(folder), "validate"]) == 0
    assert capsys.readouterr().out.startswith("Valid: 6 resources")
    assert run(["-C", str(folder), "--sandbox", "plan", "--detailed-exitcode"]) == 2
    shown = capsys.readouterr().out
    for kind in list_kinds(folder):
        assert f"{kind}." in shown
    assert run(["-C", str(folder), "--sandbox", "apply", "--auto-approve"]) == 0
    assert run(["-C", str(folder), "--sandbox", "plan", "--detailed-exitcode"]) == 0


def test_it_writes_here_by_default_and_below_the_folder_of_c(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    monkeypatch.chdir(here)
    assert run(["init"]) == 0
    assert sorted(read_tree(here)) == FILES
    assert run(["-C", str(there), "init", "inner"]) == 0
    assert sorted(read_tree(there / "inner")) == FILES


@pytest.mark.parametrize("name", sorted({*FILES} - {".gitignore"}))
def test_nothing_is_written_where_any_file_exists(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("mine", encoding="utf-8")
    assert run(["init", str(tmp_path)]) == 5
    told = capsys.readouterr()
    assert name in told.err
    assert told.out == ""
    assert read_tree(tmp_path) == {name: "mine"}


def test_the_gitignore_of_a_repository_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".gitignore").write_text("mine", encoding="utf-8")
    assert run(["init", str(tmp_path)]) == 0
    assert "names .reconciler/" in capsys.readouterr().err
    tree = read_tree(tmp_path)
    assert sorted(tree) == FILES
    assert tree[".gitignore"] == "mine"


def test_a_broken_link_is_in_the_way_too(tmp_path: Path) -> None:
    (tmp_path / "sandbox.yaml").symlink_to(tmp_path / "elsewhere")
    assert run(["init", str(tmp_path)]) == 5
    assert not (tmp_path / "elsewhere").exists()


def test_no_project_begins_inside_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", str(tmp_path)]) == 0
    assert run(["init", str(tmp_path / "config" / "more")]) == 5
    assert "belongs to the project" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "config" / "more").exists()


def test_a_file_in_place_of_a_folder_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config").write_text("a file", encoding="utf-8")
    assert run(["init", str(tmp_path)]) == 1
    assert "cannot-write" in capsys.readouterr().err


def test_state_stays_out_of_git_and_comments_in() -> None:
    files = build_project_files()
    assert ".reconciler/" in files[".gitignore"].splitlines()
    assert not (TEMPLATE / ".gitignore").exists(), "it would act on the package's own repository"
    for name, text in files.items():
        if name.endswith(".yaml"):
            assert text.startswith("#"), name


def test_every_file_names_the_schema_beside_it_and_fits() -> None:
    files = build_project_files()
    validator = jsonschema_rs.validator_for(build_users_schema(load_catalog()))
    for name in [name for name in files if name.endswith(".yaml") and name != "sandbox.yaml"]:
        first = files[name].splitlines()[0]
        target = first.removeprefix("# yaml-language-server: $schema=")
        assert (Path("/p") / name).parent.joinpath(target).as_posix().replace(
            "/config/..", ""
        ) == "/p/reconciler.schema.json"
        assert validator.is_valid(read_core(files[name])), name


def test_commented_examples_are_right_too(tmp_path: Path) -> None:
    """Whoever removes the hash of an example gets a valid project."""
    assert run(["init", str(tmp_path)]) == 0
    for path in tmp_path.rglob("*.yaml"):
        lines = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join(map(uncomment, lines)) + "\n", encoding="utf-8")
    (tmp_path / "config" / "polyai.yaml").write_text(
        (tmp_path / "config" / "polyai.yaml")
        .read_text(encoding="utf-8")
        .replace("  live-us:", "  live-us:\n    account: polyai"),
        encoding="utf-8",
    )
    (tmp_path / "environments").mkdir()
    assert run(["-C", str(tmp_path), "--var", "COMPANY=Fjord", "validate"]) == 0


def uncomment(line: str) -> str:
    """Remove the hash of a line that is an example: one that goes on with a key."""
    bare = line.lstrip()
    example = (
        bare.startswith("# ")
        and ":" in bare.split(" # ")[0]
        and not bare.startswith("# yaml")
        and bare[2:].lstrip()[:1].islower()
    )
    return line.replace("# ", "", 1) if example else line
