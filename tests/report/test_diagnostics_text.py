from __future__ import annotations

from itertools import pairwise

import pytest

from reconciler.model.diagnostic import Diagnostic, Location, Severity
from reconciler.report.text.diagnostics import render_diagnostics
from reconciler.report.text.paint import measure
from tests.report import plans
from tests.report.golden_files import check_golden


def at(column: int, excerpt: str) -> Diagnostic:
    return Diagnostic(
        "unknown-field",
        "no such field",
        location=Location("config/numbers.yaml", 12, column),
        excerpt=excerpt,
        advice="Remove it.",
    )


def test_the_style_of_a_compiler() -> None:
    text = render_diagnostics([at(7, "      lable: Front desk")], colour=False, width=80)
    assert text == (
        "config/numbers.yaml:12:7: error[unknown-field]: no such field\n"
        "  12 │       lable: Front desk\n"
        "     │       ^^^^^\n"
        "  help: Remove it.\n"
        "\n"
        "1 error.\n"
        "`reconciler explain unknown-field` tells more.\n"
    )


@pytest.mark.parametrize(
    ("column", "excerpt", "under"),
    [
        (1, "lable: x", "lable"),
        (4, "日本 lable: x", "lable"),
        (3, "\x1b lable: x", "lable"),
        (3, "\t\tlable: x", "lable"),
        (201, "x" * 199 + " lable: y", "lable"),
        (8, "lable: ", ""),
        (99, "short", ""),
    ],
)
@pytest.mark.parametrize("width", [40, 80])
def test_the_caret_stands_under_the_column(column: int, excerpt: str, under: str, width: int) -> None:
    lines = render_diagnostics([at(column, excerpt)], colour=False, width=width).split("\n")
    line, caret = next(pair for pair in pairwise(lines) if "^" in pair[1])
    offset = caret.index("^")
    shown = next(line[start:] for start in range(len(line) + 1) if measure(line[:start]) == offset) if under else ""
    assert shown.startswith(under)
    assert caret.count("^") == max(1, len(under))
    assert measure(line) <= width


def test_all_are_ordered_by_place_and_counted() -> None:
    text = render_diagnostics(plans.everything().diagnostics, colour=False, width=120)
    heads = [line for line in text.split("\n") if "[" in line]
    assert [head.split("[")[0] for head in heads] == [
        "note",
        "warning",
        "config/fluents.yaml:40:3: error",
        "config/polyai.yaml:31:18: error",
    ]
    assert "\n2 errors, 1 warning, 1 note.\n" in text
    assert text.endswith("`reconciler explain CODE` tells more: absent-object, cannot-clear.\n")


def test_what_is_no_error_names_no_further_reading() -> None:
    calm = [found for found in plans.everything().diagnostics if found.severity is not Severity.ERROR]
    assert render_diagnostics(calm, colour=False, width=80).endswith("\n1 warning, 1 note.\n")


def test_none_show_nothing() -> None:
    assert render_diagnostics([], colour=True, width=80) == ""


def test_without_a_file_the_address_is_the_place() -> None:
    diagnostic = Diagnostic("read-failed", "timed out", Severity.WARNING, address="numbers.a")
    assert render_diagnostics([diagnostic], colour=False, width=80).startswith(
        "numbers.a: warning[read-failed]: timed out\n"
    )


@pytest.mark.parametrize("width", [40, 80])
def test_golden(request: pytest.FixtureRequest, width: int) -> None:
    diagnostics = plans.everything().diagnostics + plans.hostile().diagnostics
    check_golden(request, f"diagnostics-{width}.txt", render_diagnostics(diagnostics, colour=False, width=width))


def test_hostile_text_is_harmless() -> None:
    text = render_diagnostics(plans.hostile().diagnostics, colour=False, width=80)
    assert all(character == "\n" or character.isprintable() for character in text)
    assert [line for line in text.split("\n") if measure(line) > 80] == []
