"""What `git log` of the ledger's ref tells of a run."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.ledger.journals.history import RecordedChange, RunRecord, RunSummary, Step
from reconciler.ledger.stores.git_messages import describe_run, describe_save
from reconciler.model.outcome import Result
from reconciler.model.paths import MISSING, FieldPath


def step(address: str, *paths: FieldPath, result: Result | None = None) -> Step:
    return Step(address, changes=tuple(RecordedChange(path, MISSING, 1) for path in paths), result=result)


def run(*steps: Step, **settings: Any) -> RunRecord:
    known = {"run": "r1", "author": "alice", "command": "apply", "interrupted": False}
    return RunRecord(RunSummary(**{**known, **settings}), steps)


def test_a_run_is_told_with_each_address_and_where_it_ran() -> None:
    record = run(
        step("lines.b", ("text",), ("more", "tone"), result=Result.NOT_ATTEMPTED),
        step("lines.a", ("name",)),
        counts={Result.VERIFIED: 2, Result.NOT_ATTEMPTED: 1},
        commit="abc",
        environment="staging",
        undoes="r0",
    )
    assert describe_run(record) == (
        "apply r1 by alice: 2 verified, 1 not attempted\n"
        "\n"
        "lines.b: not attempted (more/tone, text)\n"
        "lines.a: in doubt (name)\n"
        "\n"
        "Commit: abc\n"
        "Environment: staging\n"
        "Undoes: r0\n"
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "apply r1 by alice: nothing to do\n"),
        ({"command": "", "author": ""}, "run r1 by unknown: nothing to do\n"),
        ({"interrupted": True, "environment": None}, "apply r1 by alice: nothing to do (interrupted)\n"),
        ({"undoes": "r0"}, "apply r1 by alice: nothing to do\n\nUndoes: r0\n"),
    ],
)
def test_what_is_not_known_is_left_out(settings: dict[str, Any], message: str) -> None:
    assert describe_run(run(**settings)) == message


def test_a_name_stays_on_its_line_and_its_controls_out_of_terminals() -> None:
    assert describe_run(run(step("lines.a\n\x1b[31mb", ("é\u2028",)), author="al\nice")).splitlines() == [
        "apply r1 by al?ice: nothing to do",
        "",
        "lines.a??[31mb: in doubt (é?)",
    ]


def test_a_save_names_what_it_records_in_order() -> None:
    assert describe_save("r1", ["b", "a"]) == "Record 2 resources of run r1\n\na\nb\n"
    assert describe_save("r1", ["a"]) == "Record 1 resource of run r1\n\na\n"
    assert describe_save("r1", []) == "Record 0 resources of run r1\n"


def test_a_long_list_is_cut_and_counted() -> None:
    names = [f"a{number:03}" for number in range(203)]
    assert describe_save("r1", names[:200]).splitlines()[2:] == names[:200]
    assert describe_save("r1", names).splitlines()[2:] == [*names[:200], "and 3 more"]
