"""Which folder is a repository: one called `.git` that did not come with the files of a work tree."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.ledger.stores.git_place import Place, find_places, lies_in_tree


def make_repository(folder: Path, *, shared: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "HEAD").write_text("ref: refs/heads/main\n")
    if shared:
        (folder / "commondir").write_text("..\n")
    else:
        (folder / "objects").mkdir()
    return folder


def find(folder: Path, ceiling: Path | None = None) -> list[Place]:
    return list(find_places(folder, environ={"GIT_CEILING_DIRECTORIES": str(ceiling)} if ceiling else {}))


def test_repositories_are_found_from_the_nearest_upwards(tmp_path: Path) -> None:
    outer, inner = make_repository(tmp_path / ".git"), make_repository(tmp_path / "a" / "b" / ".git")
    (tmp_path / "a" / "b" / "c").mkdir()
    here, above = Place(tmp_path / "a" / "b", inner), Place(tmp_path, outer)
    assert find(tmp_path / "a" / "b" / "c")[:2] == [here, above]
    assert find(tmp_path / "a")[:1] == [above]
    (tmp_path / "link").symlink_to(tmp_path / "a" / "b" / "c")
    assert find(tmp_path / "link")[:1] == [here]


def test_a_ceiling_ends_the_search_above_the_folder_itself(tmp_path: Path) -> None:
    make_repository(tmp_path / ".git")
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert find(tmp_path / "a" / "b", ceiling=tmp_path) == []
    assert find(tmp_path / "a" / "b", ceiling=tmp_path / "a") == []
    assert find(tmp_path, ceiling=tmp_path)[0].top == tmp_path
    several = os.pathsep.join(["", "/elsewhere", str(tmp_path / "a" / ".." / "a")])
    assert find_places(tmp_path / "a" / "b", environ={"GIT_CEILING_DIRECTORIES": several}) == ()


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        (b"gitdir: ../real/.git\n", True),
        (b"gitdir:../real/.git\r\n", True),
        (b"gitdir: ../nowhere\n", False),
        (b"gitdir: ../real/.git\t\n", False),
        (b"../real/.git\n", False),
        (b"", False),
        (b"gitdir: \0\n", False),
    ],
)
def test_a_file_points_to_a_repository(tmp_path: Path, pointer: bytes, found: bool) -> None:
    real = make_repository(tmp_path / "real" / ".git")
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / ".git").write_bytes(pointer)
    assert find(tmp_path / "work", ceiling=tmp_path) == ([Place(tmp_path / "work", real)] if found else [])


def test_a_link_leads_to_a_repository_and_a_circle_nowhere(tmp_path: Path) -> None:
    real = make_repository(tmp_path / "real" / ".git")
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / ".git").symlink_to(real)
    assert find(tmp_path / "work", ceiling=tmp_path) == [Place(tmp_path / "work", real)]
    (tmp_path / "round").mkdir()
    (tmp_path / "round" / ".git").symlink_to(tmp_path / "round" / ".git")
    assert find(tmp_path / "round", ceiling=tmp_path) == []


@pytest.mark.parametrize(
    ("head", "objects", "shared", "found"), [(1, 1, 0, 1), (1, 0, 1, 1), (0, 1, 1, 0), (1, 0, 0, 0)]
)
def test_what_lacks_a_part_of_a_repository_is_none(
    tmp_path: Path, head: int, objects: int, shared: int, found: int
) -> None:
    folder = tmp_path / "a" / ".git"
    folder.mkdir(parents=True)
    for name, there in (("HEAD", head), ("commondir", shared)):
        if there:
            (folder / name).write_text("")
    if objects:
        (folder / "objects").mkdir()
    assert len(find(tmp_path / "a", ceiling=tmp_path)) == found


def test_objects_that_are_a_file_make_no_repository(tmp_path: Path) -> None:
    folder = make_repository(tmp_path / "a" / ".git")
    (folder / "objects").rmdir()
    (folder / "objects").write_text("")
    assert find(tmp_path / "a", ceiling=tmp_path) == []


def test_a_pointer_into_the_files_of_a_work_tree_is_not_followed(tmp_path: Path) -> None:
    make_repository(tmp_path / "top" / ".git")
    make_repository(tmp_path / "top" / "committed")
    (tmp_path / "top" / "sub").mkdir()
    (tmp_path / "top" / "sub" / ".git").write_bytes(b"gitdir: ../committed\n")
    assert [place.top.name for place in find(tmp_path / "top" / "sub", ceiling=tmp_path)] == ["top"]
    module = make_repository(tmp_path / "top" / ".git" / "modules" / "sub")
    (tmp_path / "top" / "sub" / ".git").write_bytes(b"gitdir: ../.git/modules/sub\n")
    assert find(tmp_path / "top" / "sub", ceiling=tmp_path)[0] == Place(tmp_path / "top" / "sub", module)


@pytest.mark.parametrize(
    ("commondir", "shared"),
    [("../..\n", "."), ("../../other", "other"), (None, "worktrees/w"), ("\0", "worktrees/w")],
)
def test_work_trees_share_the_folder_that_their_own_names(tmp_path: Path, commondir: str | None, shared: str) -> None:
    own = tmp_path / "worktrees" / "w"
    own.mkdir(parents=True)
    if commondir is not None:
        (own / "commondir").write_text(commondir)
    assert Place(tmp_path, own).shared_dir == (tmp_path / shared).resolve()


def test_a_folder_is_named_from_the_top_with_links_resolved(tmp_path: Path) -> None:
    place = Place(tmp_path, tmp_path / ".git")
    (tmp_path / "link").symlink_to(tmp_path / "a b")
    names = [place.find_prefix(tmp_path / name) for name in ("", "a", "a/b", "link/c")]
    assert names == ["", "a/", "a/b/", "a b/c/"]


@pytest.mark.parametrize(
    ("url", "inside"),
    [
        ("evil", True),
        ("./a/../evil", True),
        ("..", False),
        ("../outside", False),
        ("/etc", False),
        ("file:///TOP/a%20b", True),
        ("file:///etc", False),
        ("file:///TOP/%2e%2e/x", False),
        ("a%2fb", True),
        ("https://host/TOP/evil", False),
        ("git@host:path", False),
        ("ext::evil", False),
        ("./a:b", True),
        ("file://../x", False),
    ],
)
def test_a_remote_in_the_work_tree_is_told(tmp_path: Path, url: str, inside: bool) -> None:
    top = tmp_path / "top"
    top.mkdir()
    place = Place(top, top / ".git")
    assert lies_in_tree(url.replace("/TOP", str(top)), place=place) is inside
