"""Choose what to read for a pull: which kinds of which accounts, in which groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

from reconciler.app.problem import Exit
from reconciler.app.workspace import Workspace
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.live import Unknown
from reconciler.model.project import Account
from reconciler.model.resource_type import ResourceType


@dataclass(frozen=True, slots=True)
class Wish:
    """What to pull. Nothing named means everything; `groups` are values of identity parts that a list needs."""

    kinds: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    groups: tuple[tuple[str, str], ...] = ()
    all_fields: bool = False
    declared: bool = False
    """Whether objects that the project declares are pulled too."""
    matches: tuple[tuple[str, str], ...] = ()
    """Fields with globs that their live values must fit: one of those of each field."""
    filters: tuple[tuple[str, str], ...] = ()
    """The vendors' own query parameters with values: a list takes those it knows, and one that knows none is not read."""
    linked: bool = False
    """Whether ids become references, and the account is left to the top of a file."""


@dataclass(frozen=True, slots=True)
class PullList:
    """One list to read: a kind of an account, in a group."""

    account: Account
    resource_type: ResourceType
    group: tuple[tuple[str, str], ...] = ()
    narrowed: tuple[tuple[str, str], ...] = ()
    """Query parameters of the vendor's own."""


@dataclass(slots=True)
class ListChooser:
    """Choose lists, and remember what could not be chosen."""

    workspace: Workspace
    wish: Wish
    _unread: list[Diagnostic] = field(default_factory=list)
    _groups: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    _groupless: dict[tuple[str, tuple[str, ...]], list[str]] = field(default_factory=dict)

    def choose_lists(self) -> Iterator[PullList]:
        """Choose the lists to read; note those for which a group is missing."""
        for account in self.workspace.accounts:
            for known in self.workspace.catalog.offered(account.provider, account.generation):
                if self._is_wanted(account, known) and not self._is_wide(known):
                    narrowed = tuple(each for each in self.wish.filters if each[0] in known.list.narrowed_by)
                    yield from (replace(each, narrowed=narrowed) for each in self._choose_groups(account, known))

    def list_searches(self) -> Iterator[tuple[Account, str]]:
        """List the groups to be found out: those that no option names, where the account says where to look."""
        named = {name for name, _ in self.wish.groups}
        for account in self.workspace.accounts:
            parts = {
                part
                for known in self.workspace.catalog.offered(account.provider, account.generation)
                if self._is_wanted(account, known) and not self._is_wide(known)
                for part in known.list.group[:1]
            }
            known_lists = self.workspace.catalog.providers[account.provider].groups
            if account.workspace:
                yield from ((account, part) for part in sorted(parts & known_lists.keys() - named))

    def take_groups(self, found: Mapping[tuple[str, str], tuple[str, ...] | Unknown]) -> None:
        """Take in the groups that were found; a list that cannot be read is told."""
        for (account, part), values in found.items():
            if isinstance(values, Unknown):
                message = f"which {part} account {account} has cannot be read: {values.reason}"
                self._unread.append(Diagnostic(values.code, message, advice=values.advice))
            else:
                self._groups[account, part] = values

    def _is_wanted(self, account: Account, known: ResourceType) -> bool:
        named = not self.wish.accounts or account.name in self.wish.accounts
        return named and (not self.wish.kinds or known.kind in self.wish.kinds)

    def _is_wide(self, known: ResourceType) -> bool:
        """Tell whether a list has none of the filters that are asked for; then it is not read."""
        return bool(self.wish.filters) and all(name not in known.list.narrowed_by for name, _ in self.wish.filters)

    @property
    def wide(self) -> tuple[str, ...]:
        """List the kinds that are wanted and not read, as their lists have none of the filters that are asked for."""
        found = (
            known.kind
            for account in self.workspace.accounts
            for known in self.workspace.catalog.offered(account.provider, account.generation)
            if self._is_wanted(account, known) and self._is_wide(known)
        )
        return tuple(dict.fromkeys(found))

    def _choose_groups(self, account: Account, known: ResourceType) -> Iterator[PullList]:
        if not known.list.group:
            yield PullList(account, known)
            return
        groups = self._find_groups(account, known)
        if not groups:
            self._note_groupless(account, known)
        for group in groups:
            yield PullList(account, known, group)

    def _find_groups(self, account: Account, known: ResourceType) -> list[tuple[tuple[str, str], ...]]:
        """Take the groups that were named; otherwise those that are declared in, and those that the vendor lists."""
        parts = known.list.group
        named = [[(part, value) for name, value in self.wish.groups if name == part] for part in parts]
        if all(named):
            return list(dict.fromkeys(product(*named)))
        places = [place for place in self._list_places(account) if place.keys() >= set(parts)]
        found = [tuple((part, place[part]) for part in parts) for place in places]
        listed = self._groups.get((account.name, parts[0]), ()) if len(parts) == 1 else ()
        return list(dict.fromkeys((*found, *(((parts[0], value),) for value in listed))))

    def _list_places(self, account: Account) -> Iterator[Mapping[str, str]]:
        """Yield where the declared resources of an account are, of whatever kind: a group has all of its kinds."""
        for each in self.workspace.project.resources:
            if each.account == account.name:
                yield dict(each.identity.parts) if each.identity else each.match

    def _note_groupless(self, account: Account, known: ResourceType) -> None:
        self._groupless.setdefault((account.name, known.list.group), []).append(known.kind)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Say what was not looked at, and why."""
        return (*self._describe_groupless(), *self._unread)

    def judge(self, lists: Sequence[PullList]) -> Exit:
        """Return 6 where groups could not be found out, 64 where a kind that was named can be read nowhere."""
        groupless = {kind for kinds in self._groupless.values() for kind in kinds}
        read = {each.resource_type.kind for each in lists}
        if self._unread:
            return Exit.UNREADABLE
        return Exit.USAGE if groupless & set(self.wish.kinds) - read else Exit.DONE

    def _describe_groupless(self) -> Iterator[Diagnostic]:
        """Say once for an account which kinds were not looked at, since nobody knows where."""
        for (name, parts), kinds in self._groupless.items():
            account = self.workspace.project.accounts[name]
            listed = parts[0] in self.workspace.catalog.providers[account.provider].groups
            way = f" Or set `workspace` on account {name}: then they are found." if listed and len(parts) == 1 else ""
            options = " ".join(f"--group {part}=VALUE" for part in parts)
            yield Diagnostic(
                code="group-missing",
                message=f"{_name_all(kinds)} of account {name} are listed for one {' and '.join(parts)} at a time, and none is known",
                severity=Severity.WARNING,
                advice=f"Name it: reconciler pull {options} (or =@FILE, one a line).{way}",
            )


def _name_all(names: Sequence[str]) -> str:
    """Name several things in one sentence."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
