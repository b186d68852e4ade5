"""Files that a command line names are read and written there, and nowhere else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.app.named_files import MOST_OCTETS, check_way, create_named, read_named, replace_named
from tests.cli.stage import lines


def test_a_plan_is_for_its_owner_only_also_where_a_file_was_for_all(tmp_path: Path) -> None:
    stage = lines(tmp_path, count=1)
    target = tmp_path / "plan.json"
    target.write_text("old")
    target.chmod(0o644)
    assert stage.run("plan", "--out", str(target)).code == 0
    assert target.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plan.json", "reconciler.yaml"]


def test_a_plan_goes_through_no_link(tmp_path: Path) -> None:
    stage = lines(tmp_path / "project", count=1)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("theirs")
    target = stage.folder / "plan.json"
    target.symlink_to(elsewhere)
    told = stage.run("plan", "--out", str(target))
    assert told.code == 1
    assert "it is a symbolic link, and nothing is written through one" in told.words
    assert elsewhere.read_text() == "theirs"


def test_a_way_that_leads_out_of_the_folder_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for folder in (inside / "sub", outside):
        folder.mkdir(parents=True)
    (inside / "way").symlink_to(outside)
    (inside / "again").symlink_to("sub")
    monkeypatch.chdir(inside)
    for target in (Path("way/plan.json"), inside / "way/plan.json", Path("sub/../way/plan.json")):
        with pytest.raises(OSError, match="a symbolic link on its way leads elsewhere"):
            replace_named(target, "x", mode=0o600)
    replace_named(Path("again/plan.json"), "x", mode=0o600)
    replace_named(outside / "plan.json", "x", mode=0o600)
    assert (inside / "sub/plan.json").read_text() == (outside / "plan.json").read_text() == "x"
    with pytest.raises(OSError, match="leads elsewhere"):
        create_named(inside / "way/new.yaml", "x", within=inside)
    check_way(outside / "new.yaml", within=inside)


def test_a_device_takes_a_text_as_it_comes() -> None:
    replace_named(Path(os.devnull), "x", mode=0o600)
    assert not Path(os.devnull).is_file()


def test_a_file_that_appeared_meanwhile_stays(tmp_path: Path) -> None:
    (tmp_path / "new.yaml").symlink_to("nowhere")
    with pytest.raises(FileExistsError):
        create_named(tmp_path / "new.yaml", "x", within=tmp_path)


def test_only_regular_files_of_bounded_size_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "endless").symlink_to("/dev/zero")
    with (tmp_path / "large").open("wb") as stream:
        stream.truncate(MOST_OCTETS + 1)
    for name, words in (
        ("pipe", "not a regular file"),
        ("endless", "not a regular file"),
        ("large", "larger than 256 MiB"),
    ):
        with pytest.raises(OSError, match=words):
            read_named(tmp_path / name)
