"""Hold a saved plan to the configuration: a digest shows that a file is whole, not that it was made by planning.

What may be sent is built anew from what git declares and compared. The values of fields that nobody declared, which may
travel with a nested object, are left to the look before the write: there they must be what is live.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from reconciler.engine.batch import name_carriers
from reconciler.engine.encode import encode_update
from reconciler.engine.normal_form import normalise, same
from reconciler.engine.references import Resolution, list_upstream
from reconciler.engine.refuse import find_refusals
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.paths import MISSING, Json, format_pointer, pick
from reconciler.model.plan import Change, Plan, Update
from reconciler.model.project import Account, Declared, Project
from reconciler.model.resource_type import Catalog, Identity, ResourceType, Typed

_LONGEST_QUOTE = 60


def check_saved(
    plan: Plan,
    project: Project,
    *,
    resolved: Mapping[str, Declared],
    catalog: Catalog,
    found: Mapping[str, Identity],
) -> tuple[Diagnostic, ...]:
    """List the updates of a saved plan that planning this project cannot have made; empty where all can.

    `resolved` holds the plan's resources with what they take from others filled in; `found` holds the live identity of resources that are declared by `match`, or that moved, by address.
    """
    known = {resource.address: resource for resource in project.resources}
    twice = [address for address, count in Counter(update.address for update in plan.updates).items() if count > 1]
    reasons = [(address, "it is there twice") for address in twice]
    for update in plan.updates:
        reason = _check_update(update, resolved.get(update.address), project, catalog=catalog, found=found)
        if not reason and update.follows != list_upstream(known[update.address], known):
            reason = "it does not follow what it takes values from"
        reasons += [(update.address, reason)] if reason else []
    if not reasons:
        reasons += _check_carriers(plan, project, catalog=catalog)
    return tuple(
        Diagnostic(
            code="plan-invalid",
            message=f"{address}: planning cannot have made this update: {reason}",
            advice="Somebody edited the saved plan. Make and review a new one: plan --out.",
            address=address,
        )
        for address, reason in reasons
    )


def find_moved_sources(plan: Plan, resolution: Resolution) -> tuple[Diagnostic, ...]:
    """List the updates of a saved plan that take a live value which is no longer what it was, or not known any more."""
    return tuple(
        Diagnostic(
            code="plan-stale",
            message=f"{update.address}: {reason}",
            advice="Make and review a new plan.",
            location=update.location,
            address=update.address,
        )
        for update in plan.updates
        if (reason := _find_move(update, resolution))
    )


def _find_move(update: Update, resolution: Resolution) -> str:
    trouble = resolution.troubles.get(update.address)
    if trouble is not None:
        return trouble.reason
    now = {(taken.address, taken.path): taken.value for taken in resolution.taken.get(update.address, ())}
    for taken in update.taken:
        key, name = (taken.address, taken.path), f"{taken.address}.{'.'.join(taken.path)}"
        if key in now and not same(now[key], taken.value):
            was, new = _shorten(taken.value), _shorten(now[key])
            return f"{name}, which it takes, was {was} when the plan was made and is {new} now"
    if {(taken.address, taken.path) for taken in update.taken} != now.keys():
        return "it takes other values than the configuration says"
    return ""


def _shorten(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[: _LONGEST_QUOTE - 1]}…"


def list_unproved(plan: Plan, project: Project) -> tuple[Declared, ...]:
    """List the resources whose live identity the configuration alone does not tell: they must be found again."""
    wanted = {update.address: update.identity for update in plan.updates}
    return tuple(
        declared
        for declared in project.resources
        if declared.address in wanted and declared.identity != wanted[declared.address]
    )


def _check_update(
    update: Update, declared: Declared | None, project: Project, *, catalog: Catalog, found: Mapping[str, Identity]
) -> str:
    if declared is None:
        return "nothing of that name is declared"
    if _name_type(update) != _name_type(declared) or update.account != declared.account:
        return "it names another kind, provider, generation or account than is declared"
    if update.protected != declared.protect:
        return "its protection is not the declared one"
    if update.identity not in {declared.identity, found.get(update.address)}:
        return f"{update.identity} is not the object that is declared"
    resource_type = catalog.of(declared)
    for change in update.changes:
        if not _is_declared(change, declared, resource_type):
            return f"{format_pointer(change.path)} is not declared so"
    account = project.accounts[declared.account]
    return _check_possible(update, declared, resource_type, account) or _check_request(
        update, declared, resource_type, account
    )


def _name_type(typed: Typed) -> tuple[str, str, str]:
    return typed.provider, typed.kind, typed.generation


def _is_declared(change: Change, declared: Declared, resource_type: ResourceType) -> bool:
    name = change.path[0]
    top, known = resource_type.find_field((name,)), resource_type.find_field(change.path)
    if name not in declared.spec or change.secret != known.secret:
        return False
    if known.readable and change.before is MISSING:
        # Without a value before, the look before the write could not tell that the field moved.
        return False
    wanted = pick(normalise(top, declared.spec[name]), change.path[1:])
    return wanted is not MISSING and same(change.after, wanted)


def _check_possible(update: Update, declared: Declared, resource_type: ResourceType, account: Account) -> str:
    """Say what planning would refuse. What depends on the live object is told by the vendor, as for any plan."""
    if not update.changes or len({change.path for change in update.changes}) < len(update.changes):
        return "it has no changes, or one of them twice"
    served = dict.fromkeys(resource_type.fields)
    refusals = find_refusals(declared, served, update.changes, resource_type=resource_type, account=account, options={})
    return refusals[0].message if refusals else ""


def _check_request(update: Update, declared: Declared, resource_type: ResourceType, account: Account) -> str:
    """Encode the changes anew over the rest that the saved body holds: any difference was put there by hand."""
    saved = update.request
    rest = {resource_type.live_name(name): value for name, value in saved.body.items()}
    built = encode_update(
        resource_type, update.changes, declared=declared, identity=update.identity, live=rest, account=account
    )
    if (saved.method, saved.url) != (built.method, built.url):
        return f"its request would go to {saved.method} {saved.url}"
    if saved.companions != built.companions or not same(saved.body, built.body):
        return "its body holds something else than its changes"
    return ""


def _check_carriers(plan: Plan, project: Project, *, catalog: Catalog) -> Iterator[tuple[str, str]]:
    alone = [replace(update, request=replace(update.request, batch="")) for update in plan.updates]
    for built, saved in zip(
        name_carriers(alone, catalog=catalog, accounts=project.accounts), plan.updates, strict=True
    ):
        if built.request.batch != saved.request.batch:
            yield saved.address, "it would travel in another batch"
