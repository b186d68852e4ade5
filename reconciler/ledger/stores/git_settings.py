"""Read git's settings with their origin, and switch off those that name a program.

The settings of the user, of the machine and of the environment are theirs to make. The repository's own must not start a
program, and a file of the work tree, which a pull request can change, must not be among the sources at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconciler.ledger.stores.git_place import Place

PINNED: Final = (
    "safe.bareRepository=explicit",
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.pager=cat",
    "core.editor=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "commit.gpgSign=false",
    "push.gpgSign=false",
    "push.followTags=false",
    "push.recurseSubmodules=no",
    "i18n.commitEncoding=UTF-8",
    "i18n.logOutputEncoding=UTF-8",
    "log.showSignature=false",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "fetch.writeCommitGraph=false",
)
"""Settings of every call, wherever else they are made."""

_OWN: Final = frozenset({"local", "worktree"})
_PROGRAMS: Final = {
    "core.sshcommand": "ssh",
    "core.askpass": "",
    "core.alternaterefscommand": "true",
    "gpg.program": "gpg",
    "gpg.openpgp.program": "gpg",
    "gpg.x509.program": "gpgsm",
    "gpg.ssh.program": "ssh-keygen",
    "gpg.ssh.defaultkeycommand": "",
}
"""Settings of one value that name a program, and what stands in for the repository's own."""


class StrayError(Exception):
    """Git would be led by what it must not be led by; the arguments say which, and what to do."""

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(message)
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as git finds it: later ones win, or are added. The key is in lower case but for its middle part."""

    scope: str
    origin: str
    key: str
    value: str

    @property
    def is_own(self) -> bool:
        """Tell whether the repository's own configuration makes it, itself or by an include."""
        return self.scope in _OWN


def parse_settings(listing: str) -> tuple[Setting, ...]:
    """Read what `git config --list -z --show-scope --show-origin` prints."""
    words = listing.split("\0")
    rows = zip(words[0::3], words[1::3], words[2::3], strict=False)
    return tuple(Setting(scope, origin, *_split(entry)) for scope, origin, entry in rows)


def refuse_stray(settings: Iterable[Setting], *, place: Place) -> None:
    """Raise StrayError where a file of the work tree is among the sources of settings."""
    for setting in settings:
        kind, _, name = setting.origin.partition(":")
        file = Path(place.top, name).resolve() if kind == "file" else None
        if file and _lies_in_tree(file, place):
            message = f"git would take settings from {file}, a file that a pull request can change"
            raise StrayError(message, _advise_stray(setting))


def switch_off(settings: Sequence[Setting]) -> Iterator[str]:
    """Yield the settings, each to be given with `-c`, that keep the found ones from starting a program."""
    own = {setting.key for setting in settings if setting.is_own}
    theirs = [setting for setting in settings if not setting.is_own]
    for key in sorted(own & _PROGRAMS.keys()):
        yield f"{key}={find_last(theirs, key) or _PROGRAMS[key]}"
    if any(map(_names_key_source, own)):
        yield "credential.helper="
        yield from (f"{_name(each.key)}={each.value}" for each in theirs if _names_key_source(each.key))
    for name in _list_sections(settings, "filter"):
        yield from (f"filter.{name}.{word}=" for word in ("clean", "smudge", "process"))
        yield f"filter.{name}.required=false"
    yield from (f"hook.{name}.enabled=false" for name in _list_sections(settings, "hook"))


def refuse_lazy_program(settings: Iterable[Setting]) -> None:
    """Raise StrayError where git would fetch missing objects by itself through a program that the repository names."""
    settings = tuple(settings)
    lazy = any(setting.key == "extensions.partialclone" or setting.key.endswith(".promisor") for setting in settings)
    named = [setting.key for setting in settings if setting.is_own and setting.key.endswith(".uploadpack")]
    if lazy and named:
        message = f"the repository's own setting {named[0]} names a program"
        raise StrayError(message, f"Remove it: `git config --unset {named[0]}`.")


def find_last(settings: Iterable[Setting], key: str) -> str | None:
    """Return the value that wins, or None."""
    found = [setting.value for setting in settings if setting.key == key]
    return found[-1] if found else None


def _split(entry: str) -> tuple[str, str]:
    key, _, value = entry.partition("\n")
    return key, value


def _lies_in_tree(file: Path, place: Place) -> bool:
    inside = file.is_relative_to(place.top)
    return inside and not any(file.is_relative_to(folder) for folder in (place.git_dir, place.shared_dir))


def _advise_stray(setting: Setting) -> str:
    if setting.is_own:
        return "Remove the include from the repository's own configuration: `git config --edit` shows it."
    return "Set HOME or GIT_CONFIG_GLOBAL to a place outside the work tree."


def _names_key_source(key: str) -> bool:
    return key.startswith("credential.") and key.endswith(".helper")


def _list_sections(settings: Iterable[Setting], section: str) -> list[str]:
    """List the middle parts of keys such as `filter.NAME.clean`."""
    keys = [setting.key for setting in settings if setting.key.startswith(section + ".") and setting.key.count(".") > 1]
    return sorted({_name(key).split(".", 1)[1].rsplit(".", 1)[0] for key in keys})


def _name(key: str) -> str:
    """Return a key for `-c`, which would end it at the first equals sign."""
    if "=" in key:
        message = f"git's setting {key} has a name that cannot be switched off"
        raise StrayError(message, "Remove it from git's configuration.")
    return key
