"""Which of git's settings are believed, and what keeps the others from starting a program."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.ledger.stores.git_place import Place
from reconciler.ledger.stores.git_settings import (
    Setting,
    StrayError,
    find_last,
    parse_settings,
    refuse_lazy_program,
    refuse_stray,
    switch_off,
)


def own(key: str, value: str = "evil", *, scope: str = "local") -> Setting:
    return Setting(scope, "file:.git/config", key, value)


def theirs(key: str, value: str = "mine", *, scope: str = "global") -> Setting:
    return Setting(scope, "file:/home/me/.gitconfig", key, value)


def test_a_listing_is_read_with_scope_and_origin() -> None:
    listing = "local\0file:.git/config\0a.b\nc\nd\0global\0file:/x\0flag\0command\0command line:\0k\n\0torn\0"
    assert parse_settings(listing) == (
        Setting("local", "file:.git/config", "a.b", "c\nd"),
        Setting("global", "file:/x", "flag", ""),
        Setting("command", "command line:", "k", ""),
    )
    assert parse_settings("") == ()


@pytest.mark.parametrize(
    ("scope", "is_own"), [("local", True), ("worktree", True), ("global", False), ("system", False), ("command", False)]
)
def test_the_repositorys_own_settings_are_told_by_their_scope(scope: str, is_own: bool) -> None:
    assert own("a.b", scope=scope).is_own is is_own


def test_the_last_value_wins() -> None:
    settings = [own("a.b", "1"), theirs("c.d"), theirs("a.b", "2"), theirs("a.b", "3")]
    assert find_last(settings, "a.b") == "3"
    assert find_last(settings, "x.y") is None


@pytest.mark.parametrize(
    ("settings", "switched"),
    [
        ([], []),
        ([own("user.name"), theirs("core.sshcommand")], []),
        ([own("core.sshcommand")], ["core.sshcommand=ssh"]),
        (
            [own("core.sshcommand"), theirs("core.sshcommand", "a"), theirs("core.sshcommand", "b")],
            ["core.sshcommand=b"],
        ),
        ([own("core.askpass"), own("gpg.x509.program")], ["core.askpass=", "gpg.x509.program=gpgsm"]),
        ([own("gpg.program"), own("gpg.openpgp.program")], ["gpg.openpgp.program=gpg", "gpg.program=gpg"]),
        (
            [own("gpg.ssh.program"), own("gpg.ssh.defaultkeycommand")],
            ["gpg.ssh.defaultkeycommand=", "gpg.ssh.program=ssh-keygen"],
        ),
        ([own("core.alternaterefscommand", scope="worktree")], ["core.alternaterefscommand=true"]),
        (
            [
                own("credential.https://x.example.helper"),
                theirs("credential.helper", "store"),
                theirs("credential.https://x.example.helper", "cache"),
                theirs("credential.username", "me"),
                theirs("uncredential.helper", "no"),
            ],
            ["credential.helper=", "credential.helper=store", "credential.https://x.example.helper=cache"],
        ),
        ([own("credential.username"), theirs("credential.helper")], []),
        (
            [theirs("filter.lfs.clean"), own("filter.lfs.smudge"), own("filter.a.b.process"), own("filter.odd")],
            [
                "filter.a.b.clean=",
                "filter.a.b.smudge=",
                "filter.a.b.process=",
                "filter.a.b.required=false",
                "filter.lfs.clean=",
                "filter.lfs.smudge=",
                "filter.lfs.process=",
                "filter.lfs.required=false",
            ],
        ),
        (
            [own("hook.run.command"), theirs("hook.other.event"), own("hooks.x.y")],
            ["hook.other.enabled=false", "hook.run.enabled=false"],
        ),
    ],
)
def test_what_names_a_program_is_switched_off(settings: list[Setting], switched: list[str]) -> None:
    assert list(switch_off(settings)) == switched


@pytest.mark.parametrize("setting", [own("filter.a=b.clean"), own("hook.a=b.command")])
def test_a_name_that_cannot_be_switched_off_is_refused(setting: Setting) -> None:
    with pytest.raises(StrayError) as caught:
        list(switch_off([setting]))
    assert str(caught.value) == f"git's setting {setting.key} has a name that cannot be switched off"
    assert caught.value.advice == "Remove it from git's configuration."
    with pytest.raises(StrayError):
        list(switch_off([own("credential.helper"), theirs("credential.a=b.helper")]))


LAZY = own("extensions.partialclone", "origin")
PROMISED = theirs("remote.origin.promisor", "true")
PACK = own("remote.origin.uploadpack", "evil")


@pytest.mark.parametrize("settings", [[LAZY, PACK], [PROMISED, theirs("remote.a.uploadpack"), PACK]])
def test_a_program_that_git_would_fetch_through_by_itself_is_refused(settings: list[Setting]) -> None:
    with pytest.raises(StrayError) as caught:
        refuse_lazy_program(iter(settings))
    assert str(caught.value) == "the repository's own setting remote.origin.uploadpack names a program"
    assert caught.value.advice == "Remove it: `git config --unset remote.origin.uploadpack`."


@pytest.mark.parametrize("settings", [[], [LAZY], [PACK], [LAZY, theirs("remote.origin.uploadpack")]])
def test_what_starts_nothing_by_itself_is_not(settings: list[Setting]) -> None:
    refuse_lazy_program(settings)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    (tmp_path / "top" / ".git").mkdir(parents=True)
    return Place(tmp_path / "top", tmp_path / "top" / ".git")


@pytest.mark.parametrize(
    ("origin", "scope", "advice"),
    [
        ("file:.gitconfig", "global", "Set HOME or GIT_CONFIG_GLOBAL to a place outside the work tree."),
        ("file:sub:dir/.gitconfig", "global", "Set HOME or GIT_CONFIG_GLOBAL to a place outside the work tree."),
        ("file:sub/../.gitconfig", "global", "Set HOME or GIT_CONFIG_GLOBAL to a place outside the work tree."),
        (
            "file:.git/../included",
            "local",
            "Remove the include from the repository's own configuration: `git config --edit` shows it.",
        ),
    ],
)
def test_a_file_of_the_work_tree_gives_no_settings(place: Place, origin: str, scope: str, advice: str) -> None:
    with pytest.raises(StrayError) as caught:
        refuse_stray([Setting(scope, origin, "a.b", "c")], place=place)
    file = Path(place.top, origin.partition(":")[2]).resolve()
    assert str(caught.value) == f"git would take settings from {file}, a file that a pull request can change"
    assert caught.value.advice == advice


@pytest.mark.parametrize(
    "origin",
    ["file:.git/config", "file:../outside", "file:/etc/gitconfig", "command line:", "blob:config", "standard input:"],
)
def test_settings_from_elsewhere_are_believed(place: Place, origin: str) -> None:
    refuse_stray([Setting("local", origin, "a.b", "c")], place=place)


def test_a_work_tree_of_its_own_shares_its_configuration(tmp_path: Path) -> None:
    home = tmp_path / "top" / "main"
    linked = home / "worktrees" / "w"
    linked.mkdir(parents=True)
    (linked / "commondir").write_text("../..\n")
    place = Place(tmp_path / "top", linked)
    refuse_stray([Setting("local", f"file:{home}/config", "a.b", "c")], place=place)
    with pytest.raises(StrayError):
        refuse_stray([Setting("local", f"file:{tmp_path}/top/config", "a.b", "c")], place=place)
