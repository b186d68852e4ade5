"""Leave a resource alone where what it takes values from is unknown, absent or refused, and say through whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from reconciler.engine.references import Trouble
from reconciler.model.diagnostic import Diagnostic, Location, Severity
from reconciler.model.plan import Planned, Status
from reconciler.model.project import Declared
from reconciler.model.reference import Reference

_BLOCKING: Final = frozenset({Status.UNKNOWN, Status.ABSENT, Status.REFUSED})


def find_block(
    declared: Declared, verdicts: Mapping[str, Planned], trouble: Trouble | None
) -> tuple[Planned, Diagnostic] | None:
    """Return the verdict on a resource whose references forbid to plan it; None where they do not.

    `verdicts` holds those on the resources it refers to. It gets the same status as the first of them that is not as it
    should be: what is true of the one is all that can be said of the other.
    """
    for use in declared.uses:
        for reference in use.template.references:
            planned = verdicts.get(reference.address)
            if planned is not None and planned.status in _BLOCKING:
                return _block(declared, reference, planned)
    if trouble is None:
        return None
    return _tell(
        declared, Status.REFUSED, trouble.reason, code=trouble.code, advice=trouble.advice, location=trouble.location
    )


def _block(declared: Declared, reference: Reference, planned: Planned) -> tuple[Planned, Diagnostic]:
    reason = f"it takes {reference}, and {planned.address} is {planned.status.value}: {planned.reason}"
    advice = f"It follows {planned.address}: once that one is right, this one is planned again."
    return _tell(
        declared,
        planned.status,
        reason,
        code="reference-blocked",
        advice=advice,
        location=reference.location,
        through=planned.address,
    )


def _tell(
    declared: Declared,
    status: Status,
    reason: str,
    *,
    code: str,
    advice: str,
    location: Location,
    through: str = "",
) -> tuple[Planned, Diagnostic]:
    diagnostic = Diagnostic(
        code=code,
        message=f"{declared.address}: {reason}",
        severity=Severity.WARNING if status is Status.UNKNOWN else Severity.ERROR,
        advice=advice,
        location=location,
        address=declared.address,
    )
    return Planned(declared.address, status, account=declared.account, reason=reason, through=through), diagnostic
