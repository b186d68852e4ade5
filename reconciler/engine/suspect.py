"""Judge what was found over many resources together: guesses that are settled, and accounts with a wrong key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.plan import Planned, Status
from reconciler.model.project import Account


def drop_guesses(diagnostics: Sequence[Diagnostic], told: Sequence[Diagnostic]) -> Iterator[Diagnostic]:
    """Yield what was found before planning, without the guesses about values that the vendor itself has said no to."""
    refused = {(one.address, one.path) for one in told if one.severity is Severity.ERROR}
    for found in diagnostics:
        if found.code != "open-enum" or (found.address, found.path) not in refused:
            yield found


def suspect_accounts(verdicts: Sequence[Planned], accounts: Mapping[str, Account]) -> list[Diagnostic]:
    """Suspect key and region where every one of an account's several resources is absent (D for PolyAI's regions)."""
    total = Counter(verdict.account for verdict in verdicts)
    absent = Counter(verdict.account for verdict in verdicts if verdict.status is Status.ABSENT and not verdict.through)
    return [
        Diagnostic(
            code="account-all-absent",
            message=f"all {count} resources of account {name} are absent",
            advice=f"Rather than {count} lost objects this is a wrong key ({accounts[name].credential}) or region: "
            f"requests went to {accounts[name].base_url}.",
            location=accounts[name].location,
        )
        for name, count in absent.items()
        if count > 1 and count == total[name]
    ]
