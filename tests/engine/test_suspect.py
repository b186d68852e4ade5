"""What many resources show together: settled guesses, and a key or region that is probably wrong."""

from __future__ import annotations

import pytest

from reconciler.engine.suspect import drop_guesses, suspect_accounts
from reconciler.model.diagnostic import Diagnostic, Location, Severity
from reconciler.model.plan import Planned, Status
from reconciler.model.project import Account

PLACE = Location("reconciler.yaml", 3)
ACCOUNTS = {
    name: Account(name, "acme", f"https://{name}.acme.example", f"{name.upper()}_KEY", location=PLACE) for name in "ab"
}


def told(code: str, address: str = "lines.a", path: str = "/x", severity: Severity = Severity.ERROR) -> Diagnostic:
    return Diagnostic(code=code, message="m", severity=severity, address=address, path=path)


def test_a_guess_falls_where_the_vendor_said_no_to_the_very_value() -> None:
    guess = told("open-enum", severity=Severity.WARNING)
    elsewhere = [
        told("option-unknown", address="lines.b"),
        told("option-unknown", path="/y"),
        told("option-unknown", severity=Severity.WARNING),
    ]
    assert list(drop_guesses([guess], elsewhere)) == [guess]
    assert list(drop_guesses([guess], [*elsewhere, told("option-unknown")])) == []
    other = told("bad-ignore")
    assert list(drop_guesses([other, guess], [told("option-unknown")])) == [other]


def planned(account: str, *statuses: Status, through: str = "") -> list[Planned]:
    return [Planned(f"lines.{account}{n}", each, account=account, through=through) for n, each in enumerate(statuses)]


@pytest.mark.parametrize(
    ("verdicts", "accounts"),
    [
        (planned("a", Status.ABSENT, Status.ABSENT), ["a"]),
        (planned("a", Status.ABSENT), []),
        (planned("a", Status.ABSENT, Status.ABSENT, Status.IN_SYNC), []),
        (planned("a", Status.UNKNOWN, Status.UNKNOWN), []),
        (planned("a", Status.ABSENT, Status.ABSENT) + planned("b", Status.ABSENT, Status.IN_SYNC), ["a"]),
        (planned("a", *[Status.ABSENT] * 3) + planned("a", Status.ABSENT, through="lines.a0"), []),
        (planned("a", *[Status.ABSENT] * 2) + planned("b", *[Status.ABSENT] * 2), ["a", "b"]),
    ],
)
def test_an_account_without_any_of_its_several_objects_is_suspected(
    verdicts: list[Planned], accounts: list[str]
) -> None:
    assert suspect_accounts(verdicts, ACCOUNTS) == [
        Diagnostic(
            code="account-all-absent",
            message=f"all 2 resources of account {name} are absent",
            advice=f"Rather than 2 lost objects this is a wrong key ({name.upper()}_KEY) or region: "
            f"requests went to https://{name}.acme.example.",
            location=PLACE,
        )
        for name in accounts
    ]
