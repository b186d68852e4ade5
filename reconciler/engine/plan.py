"""Plan: from declared, live and last applied to updates and verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from reconciler.engine.attribute import attribute
from reconciler.engine.batch import count_requests, name_carriers
from reconciler.engine.calls import draw_calls
from reconciler.engine.collide import find_collisions, find_namesakes
from reconciler.engine.diff import find_differences
from reconciler.engine.encode import encode_update
from reconciler.engine.exempt import find_ignored
from reconciler.engine.follow import find_consequences
from reconciler.engine.forms import note_reformed
from reconciler.engine.languages import find_discords
from reconciler.engine.moved import note_moved
from reconciler.engine.owners import Owners
from reconciler.engine.reach import tell_reach
from reconciler.engine.references import LOST, Resolution, list_upstream, resolve, sort_by_references
from reconciler.engine.refuse import find_doubts, find_refusals
from reconciler.engine.risk import collect_risks, find_risk
from reconciler.engine.rivals import involve
from reconciler.engine.suspect import drop_guesses, suspect_accounts
from reconciler.engine.through import find_block
from reconciler.engine.verify import find_unusable
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.ledger import Ledger
from reconciler.model.live import Absent, LiveState, Present, Reading, Unknown
from reconciler.model.paths import FieldPath, Json, Missing
from reconciler.model.plan import EVERYTHING, Binding, Change, Plan, Planned, Scope, Status, Update
from reconciler.model.project import Account, Declared, Project
from reconciler.model.resource_type import Catalog, ResourceType


@dataclass(frozen=True, slots=True)
class Verdict:
    """What planning found out about one resource."""

    planned: Planned
    update: Update | None = None
    diagnostics: tuple[Diagnostic, ...] = ()


def make_plan(
    project: Project,
    resources: Sequence[Declared],
    *,
    catalog: Catalog,
    live: LiveState,
    ledger: Ledger,
    created_at: str,
    binding: Binding,
    diagnostics: tuple[Diagnostic, ...] = (),
    scope: Scope = EVERYTHING,
) -> Plan:
    """Return the plan for the selected resources, in order of declaration.

    `diagnostics` are those found before planning; those of planning follow, in order of file and line.
    """
    # An undo reads what it takes back and nothing else: a rival that was not read is left to the vendor to refuse.
    involved = [one for one in involve(resources, project, catalog=catalog) if one.address in live.readings]
    resolution = resolve(involved, catalog=catalog, readings=live.readings)
    planned, updates, told = _conclude(
        resources, involved, resolution, project=project, catalog=catalog, live=live, ledger=ledger
    )
    return Plan(
        created_at=created_at,
        updates=updates,
        resources=planned,
        diagnostics=(
            *drop_guesses(diagnostics, told),
            *sorted(told, key=lambda diagnostic: diagnostic.sort_key),
            *suspect_accounts(planned, project.accounts),
        ),
        environment=project.environment,
        binding=binding,
        calls=draw_calls(
            tuple(resolution.resources.values()),
            catalog=catalog,
            live=live,
            touched={update.address for update in updates},
        ),
        ignored=find_ignored(resources, catalog=catalog, live=live),
        forecast_requests=count_requests(updates, catalog=catalog),
        scope=scope,
    )


def _conclude(
    resources: Sequence[Declared],
    involved: Sequence[Declared],
    resolution: Resolution,
    *,
    project: Project,
    catalog: Catalog,
    live: LiveState,
    ledger: Ledger,
) -> tuple[tuple[Planned, ...], tuple[Update, ...], list[Diagnostic]]:
    """Return what becomes of each resource, the updates, and what is to be told of them.

    All that judging takes is gone when this returns, before the calls are drawn: of a large estate it is a fifth of the memory.
    """
    judged = _judge_all(involved, resolution, project=project, catalog=catalog, live=live, ledger=ledger)
    verdicts = [judged[declared.address] for declared in resources]
    found = [verdict.update for verdict in verdicts if verdict.update]
    resolved = tuple(resolution.resources.values())
    owners = Owners((*resolved, *project.resources), live=live, catalog=catalog, accounts=project.accounts)
    connected = _connect(found, involved, resolution, owners=owners)
    updates = name_carriers(connected, catalog=catalog, accounts=project.accounts)
    updates = tell_reach(updates, resolved, catalog=catalog, live=live, accounts=project.accounts)
    told = [diagnostic for verdict in fold_unknown(verdicts) for diagnostic in verdict.diagnostics]
    looked_at = [resolution.resources[declared.address] for declared in resources]
    told += find_discords(looked_at, known=resolved, live=live, catalog=catalog, owners=owners)
    return tuple(verdict.planned for verdict in verdicts), updates, told


def _judge_all(
    involved: Sequence[Declared],
    resolution: Resolution,
    *,
    project: Project,
    catalog: Catalog,
    live: LiveState,
    ledger: Ledger,
) -> dict[str, Verdict]:
    """Judge resources after those that they refer to; trouble of their own comes before that of others."""
    resolved = resolution.resources
    several, accounts = tuple(resolved.values()), project.accounts
    collisions = find_namesakes(several, live=live, accounts=accounts, catalog=catalog)
    collisions |= find_collisions(several, live=live, accounts=accounts, known=project.resources)
    verdicts: dict[str, Verdict] = {}
    planned: dict[str, Planned] = {}
    for declared in sort_by_references(involved):
        address, reading = declared.address, live.readings[declared.address]
        block = find_block(declared, planned, resolution.troubles.get(address))
        if address in collisions:
            verdict = _refuse(declared, (collisions[address],))
        elif block and (isinstance(reading, Present) or reading.code == LOST):
            verdict = Verdict(block[0], diagnostics=block[1:])
        else:
            verdict = plan_resource(
                resolved[address],
                reading,
                resource_type=catalog.of(declared),
                account=project.accounts[declared.account],
                ledger=ledger,
                options=live.options,
                missing=live.missing,
            )
        verdicts[address], planned[address] = verdict, verdict.planned
    return verdicts


def _connect(
    updates: Sequence[Update],
    involved: Sequence[Declared],
    resolution: Resolution,
    *,
    owners: Owners,
) -> list[Update]:
    """Say of each update what it follows, what it took, and whose its values are."""
    declared = {each.address: each for each in involved}
    return [
        owners.note(
            replace(
                update,
                follows=list_upstream(declared[update.address], declared),
                taken=resolution.taken.get(update.address, ()),
            ),
            resolution.resources[update.address],
        )
        for update in updates
    ]


def fold_unknown(verdicts: Sequence[Verdict]) -> Iterator[Verdict]:
    """Say once what is true of many: resources of one account that are unknown for one reason share a diagnostic."""
    unknown = [verdict.planned for verdict in verdicts if verdict.planned.status is Status.UNKNOWN]
    counts = Counter((planned.account, planned.reason) for planned in unknown)
    told: set[tuple[str, str]] = set()
    for verdict in verdicts:
        key = (verdict.planned.account, verdict.planned.reason)
        if verdict.planned.status is not Status.UNKNOWN or counts[key] == 1:
            yield verdict
        elif key not in told:
            told.add(key)
            yield _tell_for_all(verdict, count=counts[key])


def _tell_for_all(verdict: Verdict, *, count: int) -> Verdict:
    planned = verdict.planned
    message = f"{count} resources of account {planned.account}, {planned.address} among them: {planned.reason}"
    return replace(verdict, diagnostics=tuple(replace(one, message=message) for one in verdict.diagnostics))


def plan_resource(
    declared: Declared,
    reading: Reading,
    *,
    resource_type: ResourceType,
    account: Account,
    ledger: Ledger,
    options: Mapping[tuple[str, str], frozenset[str]],
    missing: Mapping[tuple[str, str, str], str] = MappingProxyType({}),
) -> Verdict:
    """Plan one resource from what was read of it."""
    if isinstance(reading, Unknown):
        return _not_planned(declared, reading, Status.UNKNOWN, advice=reading.advice)
    mark = resource_type.tombstone
    if isinstance(reading, Present) and mark and (deleted := resource_type.look_up(mark, reading.value)):
        reading = Absent(f"it was deleted: {mark} is {deleted}")
    if isinstance(reading, Absent):
        advice = "Nothing is ever created from here. Correct the id, or remove the resource from the file."
        return _not_planned(declared, reading, Status.ABSENT, advice=advice)
    spoiled = find_unusable(resource_type, reading, (*declared.spec, *resource_type.carried))
    if spoiled is not None:
        return _not_planned(declared, spoiled, Status.UNKNOWN, advice=spoiled.advice)
    changes = _find_changes(declared, reading, resource_type=resource_type, ledger=ledger)
    refusals = find_refusals(
        declared,
        reading.value,
        changes,
        resource_type=resource_type,
        account=account,
        options=options,
        missing=missing,
    )
    if refusals:
        return _refuse(declared, refusals)
    doubts = find_doubts(declared, changes, resource_type=resource_type, account=account, options=options)
    notes = (*note_moved(declared, reading), *note_reformed(declared, reading, resource_type), *doubts)
    if not changes:
        return Verdict(_planned(declared, Status.IN_SYNC), diagnostics=notes)
    update = _make_update(declared, reading, changes, resource_type=resource_type, account=account)
    return Verdict(_planned(declared, Status.UPDATE), update, notes)


def _refuse(declared: Declared, refusals: tuple[Diagnostic, ...]) -> Verdict:
    reason = "; ".join(refusal.message.removeprefix(f"{declared.address}: ") for refusal in refusals)
    return Verdict(_planned(declared, Status.REFUSED, reason), diagnostics=refusals)


def _find_changes(
    declared: Declared, reading: Present, *, resource_type: ResourceType, ledger: Ledger
) -> tuple[Change, ...]:
    changes = []
    for path, before, after in find_differences(resource_type, declared=declared.spec, live=reading.value):
        last = ledger.last_applied(declared.address, identity=reading.identity.as_json(), path=path)
        change = _make_change(declared, path, before=before, after=after, last=last, resource_type=resource_type)
        changes += [change] if change else []
    return tuple(changes)


def _make_change(
    declared: Declared,
    path: FieldPath,
    *,
    before: Json | Missing,
    after: Json,
    last: Json | Missing,
    resource_type: ResourceType,
) -> Change | None:
    known = resource_type.find_field(path)
    cause = attribute(last=last, declared=after, live=before)
    if cause is None:
        return None
    return Change(
        path=path,
        before=before,
        after=after,
        cause=cause,
        location=declared.locate(path),
        risk=find_risk(resource_type, path, before=before, after=after),
        secret=known.secret,
        last_applied=last,
    )


def _make_update(
    declared: Declared,
    reading: Present,
    changes: tuple[Change, ...],
    *,
    resource_type: ResourceType,
    account: Account,
) -> Update:
    return Update(
        address=declared.address,
        provider=declared.provider,
        account=declared.account,
        kind=declared.kind,
        identity=reading.identity,
        changes=changes,
        request=encode_update(
            resource_type,
            changes,
            declared=declared,
            identity=reading.identity,
            live=reading.value,
            account=account,
        ),
        location=declared.location,
        label=resource_type.read_label(reading.value),
        risks=collect_risks(resource_type, changes, reading.value),
        protected=declared.protect,
        generation=declared.generation,
        consequences=find_consequences(resource_type, changes, reading.value),
    )


def _planned(declared: Declared, status: Status, reason: str = "") -> Planned:
    return Planned(declared.address, status, account=declared.account, reason=reason)


def _not_planned(declared: Declared, reading: Absent | Unknown, status: Status, *, advice: str) -> Verdict:
    reason = reading.proof if isinstance(reading, Absent) else reading.reason
    diagnostic = Diagnostic(
        code=reading.code,
        message=f"{declared.address}: {reason}",
        severity=Severity.WARNING if status is Status.UNKNOWN else Severity.ERROR,
        advice=advice,
        location=declared.location,
        address=declared.address,
    )
    return Verdict(_planned(declared, status, reason), diagnostics=(diagnostic,))
