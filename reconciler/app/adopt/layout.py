"""Lay pulled resources out over files, as a person would: a file an account, or an account and kind where there are many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Final

from reconciler.app.adopt.drafting import slugify
from reconciler.config.text.leftovers import find_leftover
from reconciler.config.text.writing import Spelled
from reconciler.model.paths import Json
from reconciler.report.declarations.pulled import Pulled, PulledKind, render_pulled

FEW: Final = 15
"""Up to so many resources of an account stand in one file."""
_LONG_LINES: Final = 6
_LONG_TEXT: Final = 400
PROMPTS: Final = "prompts"


@dataclass(slots=True)
class Layout:
    """Texts of new files by path. Paths that are taken get a number."""

    taken: set[str]
    files: dict[str, str] = field(default_factory=dict)

    def place(self, kinds: Sequence[PulledKind], *, headed: frozenset[str]) -> None:
        """Add the files of all resources; `headed` are the accounts whose files must say whose they are."""
        resources = [(kind, self.take_texts_out(each)) for kind in kinds for each in kind.resources]
        for account in dict.fromkeys(each.account for _, each in resources):
            own = [(kind, each) for kind, each in resources if each.account == account]
            for stem, several in _split(account, own).items():
                head = account if account in headed else ""
                self._add(f"{stem}.yaml", render_pulled(_regroup(several), account=head))

    def _add(self, path: str, text: str) -> str:
        chosen, number = path, 2
        pure = PurePosixPath(path)
        while chosen in self.taken or chosen in self.files:
            chosen, number = str(pure.with_stem(f"{pure.stem}-{number}")), number + 1
        self.files[chosen] = text
        return chosen

    def take_texts_out(self, pulled: Pulled) -> Pulled:
        """Move long texts into files of their own, where the reader gives back the same text."""
        spec: dict[str, Json] = {}
        long = [name for name, value in pulled.spec.items() if _is_long(value)]
        for name, value in pulled.spec.items():
            if name in long and not pulled.inert:
                stem = pulled.name if len(long) == 1 else f"{pulled.name}-{slugify(name)}"
                path = self._add(f"{PROMPTS}/{stem}.md", f"{value}\n")
                spec[name] = Spelled(f"${{file:{self.name(path)}}}")
            else:
                spec[name] = value
        return replace(pulled, spec=spec)

    def name(self, path: str) -> str:
        """Return a file's path as the project names it."""
        return path


@dataclass(slots=True)
class LayoutBelow(Layout):
    """A layout in a folder below the project folder."""

    prefix: str = ""

    def name(self, path: str) -> str:
        """Return a file's path from the project folder on."""
        return f"{self.prefix}{path}"


def _is_long(value: Json) -> bool:
    """Tell whether a text deserves a file, and survives one: its line ends, its marks, no leftovers of other tools."""
    if not isinstance(value, str) or (value.count("\n") < _LONG_LINES and len(value) < _LONG_TEXT):
        return False
    return not ("\r" in value or value.startswith("\ufeff") or value.isspace() or find_leftover(value))


def _split(account: str, resources: Sequence[tuple[PulledKind, Pulled]]) -> dict[str, list[tuple[PulledKind, Pulled]]]:
    """Sort the resources of an account into files: one, or one a kind; what is listed by group, one a group."""
    if len(resources) <= FEW:
        return {slugify(account) or "account": list(resources)}
    files: dict[str, list[tuple[PulledKind, Pulled]]] = {}
    for kind, each in resources:
        stem = slugify(each.group) or "group" if each.group else kind.kind.replace("_", "-")
        files.setdefault(f"{slugify(account) or 'account'}/{stem}", []).append((kind, each))
    return files


def _regroup(resources: Iterable[tuple[PulledKind, Pulled]]) -> Iterator[PulledKind]:
    kinds: dict[str, list[Pulled]] = {}
    for kind, each in resources:
        kinds.setdefault(kind.kind, []).append(each)
    for name, several in kinds.items():
        yield PulledKind(name, tuple(several))


def list_texts(files: Mapping[str, str]) -> int:
    """Count the long texts that have a file of their own."""
    return sum(path.startswith(f"{PROMPTS}/") for path in files)
