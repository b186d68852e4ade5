"""`pull --into` in one of several environments: its world is laid over what the project declares for all of them.

What the common files declare counts in every environment, so nothing that was found in one is added there. An object with the name of
a declared resource that this world is proved not to have is its counterpart: the environment's file says which one it is here, and what
is different. Any other object is declared in that file; a resource that has no counterpart is `absent`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from reconciler.app.adopt.accept import take_over
from reconciler.app.adopt.layout import Layout
from reconciler.app.adopt.lists import Wish
from reconciler.app.adopt.pull import Haul
from reconciler.app.adopt.source_files import SourceFiles
from reconciler.app.adopt.takings import Takings
from reconciler.app.context import Context
from reconciler.app.problem import Exit, Problem
from reconciler.app.review.review import Review, read
from reconciler.app.workspace import Workspace, open_workspace
from reconciler.config.discover import ENVIRONMENTS, list_environments
from reconciler.config.edit.insertion import add_entries
from reconciler.engine.plan import make_plan
from reconciler.engine.references import close, resolve
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.ledger import Ledger
from reconciler.model.live import Absent, Unknown
from reconciler.model.plan import Planned, Status
from reconciler.model.project import Account, Declared
from reconciler.report.declarations.pulled import Pulled, PulledKind, render_laid

_SECTION: Final = "resources"


@dataclass(frozen=True, slots=True)
class Foreign:
    """Resources of the common files that this world is proved not to have, and what could not be told of others."""

    resources: tuple[Declared, ...]
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Laid:
    """What an environment's file says now: resources of its own, counterparts of common ones, and what it does not have."""

    own: int
    counterparts: tuple[str, ...]
    absent: tuple[str, ...]
    needed: Mapping[str, str]
    """What it does not have either, and which resource still takes from it."""


def lies_over_others(workspace: Workspace) -> bool:
    """Tell whether objects of the chosen environment must not go into the common files: other worlds count on them too."""
    chosen, names = workspace.project.environment, list_environments(workspace.project.root)
    if not chosen or names in ([], [chosen]):
        return False
    files = SourceFiles(workspace)
    return bool(workspace.unplaced or _list_shared(workspace) or files.list_laid_elsewhere())


def find_foreign(workspace: Workspace, wish: Wish) -> Foreign:
    """Look for each common resource in this world; only what is proved to be absent is another world's."""
    laid = SourceFiles(workspace).list_laid()
    shared = [each for each in _list_shared(workspace) if each.address not in laid and _is_wanted(each, wish)]
    readings = read(workspace, [each for each in shared if not each.sought]).readings
    unknown = [(each, found) for each in shared if isinstance(found := readings.get(each.address), Unknown)]
    absent = [each for each in shared if isinstance(readings.get(each.address), Absent)]
    unplaced = [each for each in workspace.unplaced if each.address not in laid and _is_wanted(each, wish)]
    return Foreign((*absent, *unplaced), tuple(_describe_unknown(unknown)))


def _list_shared(workspace: Workspace) -> list[Declared]:
    return [each for each in workspace.project.resources if not each.location.file.startswith(f"{ENVIRONMENTS}/")]


def _is_wanted(declared: Declared, wish: Wish) -> bool:
    named = not wish.accounts or declared.account in wish.accounts
    return named and (not wish.kinds or declared.kind in wish.kinds)


def _describe_unknown(found: Sequence[tuple[Declared, Unknown]]) -> Iterator[Diagnostic]:
    """Say once for each reason which common resources could not be looked for; they stay as they are."""
    reasons: dict[str, list[tuple[Declared, Unknown]]] = {}
    for declared, reading in found:
        reasons.setdefault(reading.reason, []).append((declared, reading))
    for several in reasons.values():
        (first, reading), more = several[0], len(several) - 1
        named = f"{first.address} and {more} more" if more else first.address
        message = f"whether this environment has {named} cannot be told: {reading.reason}"
        yield Diagnostic(reading.code, message, severity=Severity.WARNING, advice=reading.advice)


def set_apart(workspace: Workspace, foreign: Foreign) -> Workspace:
    """Return the project without what is another world's: its names are free for what this one has."""
    gone = {each.address for each in foreign.resources}
    kept = tuple(each for each in workspace.project.resources if each.address not in gone)
    return replace(workspace, project=replace(workspace.project, resources=kept), unplaced=())


def lay(workspace: Workspace, haul: Haul, foreign: Foreign, *, wish: Wish, layout: Layout) -> tuple[str, Laid]:
    """Return the environment's file with what was found, and what it says then; long texts go into the layout."""
    others = {each.address: each for each in foreign.resources}
    offers = Counter(kind for account in workspace.accounts for kind in _list_kinds(workspace, account))
    found = {f"{kind.kind}.{each.name}": each for kind in haul.kinds for each in kind.resources}
    counterparts = tuple(address for address in found if address in others)
    files = SourceFiles(workspace)
    takings = Takings(files, [*_list_shared(workspace), *workspace.unplaced])
    lacking = tuple(_list_absent(haul, foreign, wish=wish, counterparts=counterparts))
    needed = takings.find_needed(lacking, found)
    absent = tuple(address for address in lacking if address not in needed)
    kinds = [
        _lay_kind(kind, others, layout=layout, shared=offers[kind.kind] > 1, fields=takings.fields(absent))
        for kind in haul.kinds
    ]
    text = _add(files, render_laid(kinds, absent))
    return text, Laid(len(found) - len(counterparts), counterparts, absent, needed)


def check_file(workspace: Workspace) -> None:
    """Raise Problem where nothing can be added to the environment's file."""
    _add(SourceFiles(workspace), ["  numbers.any: absent"])


def _add(files: SourceFiles, lines: Sequence[str]) -> str:
    text = add_entries(files.read(files.environment_file), _SECTION, lines)
    if text is None:
        message = (
            f"`{_SECTION}` of {files.environment_file} is not written on lines of its own, so nothing can be added"
        )
        advice = "Write its entries on lines, each below the other, and pull again."
        raise Problem(Diagnostic("cannot-write", message, advice=advice), exit_code=Exit.REFUSED)
    return text


def _list_kinds(workspace: Workspace, account: Account) -> list[str]:
    return [known.kind for known in workspace.catalog.offered(account.provider, account.generation)]


def _lay_kind(
    kind: PulledKind,
    others: Mapping[str, Declared],
    *,
    layout: Layout,
    shared: bool,
    fields: Mapping[str, frozenset[str]],
) -> PulledKind:
    """Leave of a counterpart what it is here, and the fields that would take from what is absent; of others everything.

    The account is said where several share the kind.
    """
    resources: list[Pulled] = []
    for each in kind.resources:
        other = others.get(f"{kind.kind}.{each.name}")
        named = each.account != other.account if other else shared
        body = {"account": each.account, **each.body} if named else each.body
        spec = {name: each.spec[name] for name in fields.get(f"{kind.kind}.{each.name}", ())}
        kept = replace(each, body=body, spec=spec, remarks=(), about=()) if other else layout.take_texts_out(each)
        resources.append(replace(kept, body=body))
    return PulledKind(kind.kind, tuple(resources))


def _list_absent(haul: Haul, foreign: Foreign, *, wish: Wish, counterparts: Sequence[str]) -> Iterator[str]:
    """Yield what has no counterpart, of what was looked through in whole."""
    if wish.matches or wish.filters:
        return
    for each in foreign.resources:
        if each.address not in counterparts and (each.account, each.kind) in haul.looked:
            yield each.address


def note_differences(workspace: Workspace, laid: Laid) -> tuple[Diagnostic, ...]:
    """Write what is different of the counterparts into the environment's file; return what could not be written.

    Every difference counts, whoever made it, so no ledger is asked.
    """
    needed = tuple(_describe_needed(address, taker) for address, taker in laid.needed.items())
    if not laid.counterparts:
        return needed
    found = _review(workspace.context, laid.counterparts)
    untold = [each for each in found.plan.resources if each.status not in {Status.IN_SYNC, Status.UPDATE}]
    return (*needed, *take_over(found).left, *map(_describe_untold, untold))


def _describe_needed(address: str, taker: str) -> Diagnostic:
    message = f"this environment does not have {address}, but {taker} takes from it and has nothing instead here"
    advice = f"Lay another value over that field of {taker} in the environment's file, then write `{address}: absent`."
    return Diagnostic("not-accepted", message, severity=Severity.WARNING, advice=advice, address=taker)


def _review(context: Context, addresses: Sequence[str]) -> Review:
    workspace = open_workspace(context)
    resources = workspace.select(targets=addresses)
    involved = close(resources, workspace.project.resources)
    live, catalog = read(workspace, involved), workspace.catalog
    created = context.now().isoformat(timespec="seconds")
    plan = make_plan(
        workspace.project,
        resources,
        catalog=catalog,
        live=live,
        ledger=Ledger(),
        created_at=created,
        binding=workspace.binding,
    )
    resolved = resolve(involved, catalog=catalog, readings=live.readings).resources
    return Review(workspace, tuple(resolved[each.address] for each in resources), live, plan)


def _describe_untold(planned: Planned) -> Diagnostic:
    message = f"what differs of {planned.address} in this environment is not written: {planned.reason}"
    advice = "Look at the plan of this environment before anything is applied to it."
    return Diagnostic("not-accepted", message, severity=Severity.WARNING, advice=advice, address=planned.address)
