"""`pull`: read live objects and turn them into resources that can be declared as they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reconciler.app.adopt.drafting import Drafter, find_id_obstacle, find_users, order_names, slugify
from reconciler.app.adopt.linking import Known, Linker
from reconciler.app.adopt.lists import ListChooser, PullList, Wish
from reconciler.app.adopt.narrowing import choose_filters, find_groups, fits_all
from reconciler.app.problem import Exit, Problem
from reconciler.app.review.review import read
from reconciler.app.running import run_to_end
from reconciler.app.workspace import Workspace
from reconciler.config.suggest import suggest
from reconciler.engine.references import list_sources, resolve
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.live import Present, Unknown
from reconciler.model.project import Account, Declared
from reconciler.model.resource_type import Identity, ResourceType
from reconciler.report.declarations.pulled import Pulled, PulledKind

if TYPE_CHECKING:
    from reconciler.remote.wire.client import ReadClient


@dataclass(frozen=True, slots=True)
class Haul:
    """What was pulled, and what was not."""

    kinds: tuple[PulledKind, ...]
    diagnostics: tuple[Diagnostic, ...]
    skipped: int
    """How many live objects were left out because the project declares them."""
    exit_code: Exit
    live: tuple[tuple[Account, ResourceType, Present], ...] = ()
    """Every object that was read and fits, as the vendor answered it."""
    unmatched: int = 0
    """How many live objects were left out because their fields do not fit."""
    blank: int = 0
    """How many live objects were left out because nothing of them is set that could be owned."""
    wide: tuple[str, ...] = ()
    """The kinds that were not read because their lists have none of the filters that were asked for."""
    looked: frozenset[tuple[str, str]] = frozenset()
    """The accounts and kinds of which a list was read to its end."""

    @property
    def count(self) -> int:
        """Count the objects."""
        return sum(len(kind.resources) for kind in self.kinds)


def pull(workspace: Workspace, wish: Wish, *, foreign: Sequence[Declared] = ()) -> Haul:
    """Read what is wished for and draft resources from it.

    A list that cannot be read does not stop the others: it is told, and the exit code says so. `foreign` are declared resources
    of other worlds: their names go to objects that have the same name here.
    """
    _check_wish(workspace, wish)
    workspace = _find_sought(workspace)
    chooser = ListChooser(workspace, wish)
    chooser.take_groups(find_groups(workspace, list(chooser.list_searches())))
    lists = list(chooser.choose_lists())
    readings = run_to_end(lambda: _read(workspace, lists, wish)) if lists else []
    puller = _Puller(workspace, wish, list(chooser.diagnostics), exit_code=chooser.judge(lists), foreign=foreign)
    haul = puller.draft(list(zip(lists, readings, strict=True)))
    return replace(haul, wide=chooser.wide)


def _find_sought(workspace: Workspace) -> Workspace:
    """Find the ids and keys that only what is live tells: otherwise the objects they mean would count as new."""
    resources = workspace.project.resources
    sought = [declared for declared in resources if declared.sought]
    if not sought:
        return workspace
    sources = list_sources(sought, resources)
    involved = {declared.address: declared for declared in (*sought, *sources)}
    readings = read(workspace, sources).readings
    found = resolve(tuple(involved.values()), catalog=workspace.catalog, readings=readings).resources
    known = tuple(found.get(declared.address, declared) for declared in resources)
    return replace(workspace, project=replace(workspace.project, resources=known))


def _check_wish(workspace: Workspace, wish: Wish) -> None:
    parts = {part for known in workspace.catalog.all_types for part in known.list.group}
    strange = [("kind", name, workspace.catalog.kinds) for name in wish.kinds if name not in workspace.catalog.kinds]
    strange += [("account", name, tuple(workspace.project.accounts)) for name in wish.accounts if name not in workspace.project.accounts]  # fmt: skip
    strange += [("group", name, tuple(parts)) for name, _ in wish.groups if name not in parts]
    fields = {name for known in workspace.catalog.all_types for name in known.fields}
    narrowed = {name for known in workspace.catalog.all_types for name in known.list.narrowed_by}
    strange += [("filter", name, tuple(sorted(narrowed))) for name, _ in wish.filters if name not in narrowed]
    strange += [("field", name, tuple(sorted(fields))) for name, _ in wish.matches if name not in fields]
    if strange:
        found = [
            Diagnostic(code="unknown-target", message=f"there is no {what} {name!r}", advice=suggest(name, known))
            for what, name, known in strange
        ]
        raise Problem(*found, exit_code=Exit.USAGE)


async def _read(workspace: Workspace, lists: Sequence[PullList], wish: Wish) -> list[tuple[Present, ...] | Unknown]:
    from reconciler.remote.reading.read import list_live
    from reconciler.remote.reading.source import run_all

    accounts = {each.account.name: each.account for each in lists}

    async def read(wanted: PullList, readers: Mapping[str, ReadClient]) -> tuple[Present, ...] | Unknown:
        reader = readers.get(wanted.account.name)
        if reader is None:
            return workspace.explain_lack(wanted.account)
        filters = choose_filters(wanted.resource_type, wish.matches)
        group, narrowed = dict(wanted.group), wanted.narrowed
        return await list_live(wanted.resource_type, reader=reader, group=group, filters=filters, narrowed=narrowed)

    async with workspace.open_readers(accounts.values()) as readers:
        return await run_all(read(wanted, readers) for wanted in lists)


@dataclass(slots=True)
class _Puller:
    workspace: Workspace
    wish: Wish
    diagnostics: list[Diagnostic] = field(default_factory=list)
    skipped: int = 0
    unmatched: int = 0
    blank: int = 0
    exit_code: Exit = Exit.DONE
    foreign: Sequence[Declared] = ()
    _looked: set[tuple[str, str]] = field(default_factory=set)
    _users: dict[str, str] = field(default_factory=dict)
    _drafted: list[tuple[Pulled, ResourceType, Present]] = field(default_factory=list)

    def draft(self, readings: Sequence[tuple[PullList, tuple[Present, ...] | Unknown]]) -> Haul:
        """Draft a resource from each live object that is wanted, kind by kind in the order of the catalog."""
        found: dict[str, list[tuple[PullList, Present]]] = defaultdict(list)
        for wanted, reading in readings:
            if isinstance(reading, Unknown):
                self._note_unread(wanted, reading)
            else:
                self._looked.add((wanted.account.name, wanted.resource_type.kind))
                found[wanted.resource_type.kind].extend(self._keep_sound(wanted, reading))
        self._users = dict(_find_only_users(pair for pairs in found.values() for pair in pairs))
        kinds = tuple(self._draft_kind(kind, found[kind]) for kind in self.workspace.catalog.kinds if found[kind])
        filled = tuple(kind for kind in kinds if kind.resources)
        filled = self._link(filled) if self.wish.linked else filled
        rows = [pair for pairs in found.values() for pair in pairs]
        live = tuple((wanted.account, wanted.resource_type, present) for wanted, present in rows)
        return Haul(
            filled,
            tuple(self.diagnostics),
            self.skipped,
            self.exit_code,
            live,
            self.unmatched,
            self.blank,
            looked=frozenset(self._looked),
        )

    def _keep_sound(self, wanted: PullList, reading: Sequence[Present]) -> Iterator[tuple[PullList, Present]]:
        """Keep the objects whose id can be declared; another one is told and left out."""
        for present in reading:
            if not fits_all(wanted.resource_type, present, self.wish.matches):
                self.unmatched += 1
                continue
            obstacle = find_id_obstacle(wanted.resource_type, present.identity)
            if not obstacle:
                yield wanted, present
                continue
            message = f"{wanted.resource_type.kind} of account {wanted.account.name}: {str(present.identity)!r} cannot be declared: {obstacle}"
            advice = "Manage this object at the vendor."
            self.diagnostics.append(Diagnostic("bad-identity", message, severity=Severity.WARNING, advice=advice))

    def _note_unread(self, wanted: PullList, reading: Unknown) -> None:
        message = f"{wanted.resource_type.kind} of account {wanted.account.name}: {reading.reason}"
        self.diagnostics.append(Diagnostic(code=reading.code, message=message, advice=reading.advice))
        self.exit_code = Exit.UNREADABLE

    def _draft_kind(self, kind: str, found: Sequence[tuple[PullList, Present]]) -> PulledKind:
        names = {each.address.partition(".")[2] for each in self.workspace.project.resources if each.kind == kind}
        wish = self.wish
        drafter = Drafter(
            self.workspace,
            kind,
            all_fields=wish.all_fields,
            headed=wish.linked,
            taken=names | {each.address.partition(".")[2] for each in self.foreign if each.kind == kind},
            users=self._users,
            claims=self._list_claims(kind, found),
        )
        seen: set[tuple[str, Identity]] = set()
        resources: list[Pulled] = []
        for wanted, present in sorted(found, key=lambda each: _order(drafter, *each)):
            place = (wanted.account.base_url, present.identity)
            declared = self._find_declared(wanted, present)
            if place in seen or (declared and not self.wish.declared):
                self.skipped += place not in seen
            else:
                drafted = drafter.draft(wanted.account, wanted.resource_type, present, declared)
                kept = bool(drafted.spec or drafted.remarks)
                self.blank += not kept
                resources += [drafted] if kept else []
                self._drafted += [(drafted, wanted.resource_type, present)] if kept else []
            seen.add(place)
        return PulledKind(kind, tuple(sorted(resources, key=lambda each: order_names(each.name))))

    def _list_claims(
        self, kind: str, found: Sequence[tuple[PullList, Present]]
    ) -> Mapping[tuple[str, str], Sequence[str]]:
        """Keep the names of resources of another world for the objects that are called as they are, else as their names are."""
        labels = {slugify(wanted.resource_type.read_label(present.value)) for wanted, present in found}
        claims: dict[tuple[str, str], list[str]] = defaultdict(list)
        for each in self.foreign:
            if each.kind == kind:
                name, label = each.address.partition(".")[2], each.spec.get(self.workspace.catalog.of(each).label)
                called = slugify(label) if isinstance(label, str) else ""
                claims[each.provider, called if called in labels else name].append(name)
        return claims

    def _link(self, kinds: Sequence[PulledKind]) -> tuple[PulledKind, ...]:
        """Put references in place of the ids of all that is declared or pulled."""
        known = [
            Known(each.provider, each.kind, each.account, each.identity, each.address)
            for each in self.workspace.project.resources
            if each.identity
        ]
        known += [
            Known(of.provider, each.kind, each.account, present.identity, f"{each.kind}.{each.name}")
            for each, of, present in self._drafted
        ]
        linker = Linker(known)
        linked = {
            (each.kind, each.name): replace(
                each, spec=linker.link(each.spec, known=of, account=each.account, present=present)
            )
            for each, of, present in self._drafted
        }
        return tuple(
            replace(kind, resources=tuple(linked[each.kind, each.name] for each in kind.resources)) for kind in kinds
        )

    def _find_declared(self, wanted: PullList, present: Present) -> Declared | None:
        """Find the resource that declares a live object, by its id at the same address or by its natural keys."""
        accounts = self.workspace.project.accounts
        for each in self.workspace.project.resources:
            if each.kind != wanted.resource_type.kind:
                continue
            same_place = accounts[each.account].base_url == wanted.account.base_url
            if each.identity is not None and each.identity == present.identity and same_place:
                return each
            if each.match and each.account == wanted.account.name and _fits(each, wanted, present):
                return each
        return None


def _order(drafter: Drafter, wanted: PullList, present: Present) -> tuple[object, ...]:
    return drafter.sort_key(wanted.account, wanted.resource_type, present)


def _find_only_users(found: Iterable[tuple[PullList, Present]]) -> Iterator[tuple[str, str]]:
    """Yield the ids that one object alone uses, with what people call that object."""
    users: dict[str, list[str]] = defaultdict(list)
    for wanted, present in found:
        known = wanted.resource_type
        for used in find_users(known, present.value):
            users[used].append(known.read_label(present.value))
    return ((used, names[0]) for used, names in users.items() if len(names) == 1)


def _fits(declared: Declared, wanted: PullList, present: Present) -> bool:
    known = {**present.value, **dict(wanted.group), **dict(present.identity.parts)}
    live_name = wanted.resource_type.live_name
    return all(str(known.get(live_name(name), "")) == value for name, value in declared.match.items())
