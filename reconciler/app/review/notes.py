"""What a plan says beside its changes: doubts of earlier runs, what git dropped, what the sandbox does not have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from reconciler.app.review.doubts import tell_doubt
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.ledger import Ledger
from reconciler.model.live import LiveState
from reconciler.model.plan import Plan, Status
from reconciler.model.project import Account
from reconciler.model.resource_type import Catalog

if TYPE_CHECKING:
    from reconciler.ledger import Intention, Store

NAMED: Final = 3
"""How many addresses one note names; it counts the rest."""

_ALL_ABSENT: Final = "account-all-absent"
_ABSENT: Final = "absent-object"
_KEY_MISSING: Final = "credential-missing"
UNSEEDED: Final = "the simulated vendors do not have it"
SEED: Final = "The simulated vendors do not have it: seed it in sandbox.yaml, then `reconciler sandbox reset`."


def note_doubts(
    store: Store, ledger: Ledger, *, live: LiveState, catalog: Catalog, told: Sequence[Diagnostic] = ()
) -> tuple[Diagnostic, ...]:
    """Say what an earlier run left in doubt and what is seen of it now, so that it is no reason to stop.

    A run whose journal was cut short, and which could still record an update in the ledger, had settled it. A store that
    cannot be used at all was `told` already.
    """
    from reconciler.ledger import LedgerProblem

    try:
        intentions = store.unsettled()
    except LedgerProblem as problem:
        if any(found.message.startswith(problem.message) for found in told):
            return ()
        message = f"{problem.message}; what earlier runs left in doubt is not known"
        return (Diagnostic("ledger-unavailable", message, Severity.WARNING, advice=problem.advice),)
    return tuple(
        _note_doubt(each, tell_doubt(each, live, catalog=catalog))
        for each in intentions
        if not _is_recorded(each, ledger)
    )


def _is_recorded(intention: Intention, ledger: Ledger) -> bool:
    entry = ledger.entries.get(intention.address)
    return entry is not None and entry.run == intention.run


def _note_doubt(intention: Intention, words: str) -> Diagnostic:
    return Diagnostic(
        code="in-doubt",
        message=f"run {intention.run} ended before it knew what became of {intention.address}"
        + (f": {words}" if words else ""),
        severity=Severity.WARNING,
        advice="The live state below was read after that run, so this plan is right; `reconciler history` has more.",
        address=intention.address,
    )


def note_undeclared(addresses: Sequence[str]) -> tuple[Diagnostic, ...]:
    """Say once what the ledger knows and git no longer declares: nothing happens to it."""
    if not addresses:
        return ()
    named = ", ".join(addresses[:NAMED]) + (f" and {len(addresses) - NAMED} more" if len(addresses) > NAMED else "")
    words = "is no longer declared; it stays as it is" if len(addresses) == 1 else "are no longer declared; they stay as they are"  # fmt: skip
    return (
        Diagnostic(
            code="no-longer-declared",
            message=f"{named} {words}",
            severity=Severity.NOTE,
            advice=f"`reconciler forget {addresses[0]}` takes it out of the ledger; declared again, it is known again.",
            address=addresses[0] if len(addresses) == 1 else None,
        ),
    )


def fold_missing_keys(plan: Plan, accounts: Mapping[str, Account]) -> Plan:
    """Say in one finding which keys are not set, where more than one is missing: a first plan has none of them."""
    missing = [found for found in plan.diagnostics if found.code == _KEY_MISSING]
    owners = {one.address: one.account for one in plan.resources}
    lacking = dict.fromkeys(owners[found.address] for found in missing if found.address in owners)
    if len(lacking) < len(missing) or not missing[1:]:
        return plan
    from reconciler.remote.reading.read import KEYS_ADVICE

    unread = sum(one.status is Status.UNKNOWN and one.account in lacking for one in plan.resources)
    named = ", ".join(accounts[name].credential for name in lacking)
    message = f"{unread} resources of {len(lacking)} accounts were not read, as no key is set: {named}"
    told = replace(missing[0], message=message, advice=KEYS_ADVICE, location=None, address=None)
    rest = (found for found in plan.diagnostics if found.code != _KEY_MISSING)
    return replace(plan, diagnostics=(*rest, told))


def explain_sandbox(plan: Plan) -> Plan:
    """Say of what the sandbox does not have that it was not seeded: there is no key, host or region to suspect.

    Where it has nothing of an account, that is said once.
    """
    told = any(found.code == _ALL_ABSENT for found in plan.diagnostics)
    lacking = Counter(one.account for one in plan.resources if one.status is Status.ABSENT)
    total = Counter(one.account for one in plan.resources)
    silent = {one.address for one in plan.resources if told and total[one.account] == lacking[one.account] > 1}
    return replace(
        plan,
        resources=tuple(
            replace(one, reason=UNSEEDED) if one.status is Status.ABSENT else one for one in plan.resources
        ),
        diagnostics=tuple(
            _explain(found) for found in plan.diagnostics if found.code != _ABSENT or found.address not in silent
        ),
    )


def _explain(found: Diagnostic) -> Diagnostic:
    if found.code == _ABSENT:
        return replace(found, message=f"{found.address}: {UNSEEDED}", advice=SEED)
    return replace(found, advice=SEED) if found.code in {_ALL_ABSENT, "match-none"} else found
