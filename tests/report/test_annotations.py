from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.app.ci.summary import SUMMARY_LIMIT
from reconciler.model.diagnostic import Diagnostic, Location, Severity
from reconciler.model.plan import Cause, Subject
from reconciler.report.machine.annotations import render_github, render_gitlab, render_junit, render_sarif
from reconciler.report.machine.findings import list_findings
from reconciler.report.markdown.plan import render_markdown
from tests.report import plans
from tests.report.golden_files import check_golden

COMMAND = re.compile(r"::(error|warning|notice) (?:file=[^:,]*,line=\d+,col=\d+,)?title=[^:,]*::[^\r\n]*")
PLANS = {"four_vendors": plans.four_vendors(), "everything": plans.everything(), "hostile": plans.hostile()}


def finding(text: str, *, line: int = 3) -> Diagnostic:
    return Diagnostic("unknown-field", text, advice=text, location=Location(text, line, 5), address=text)


@pytest.mark.parametrize("name", PLANS)
def test_golden_github(request: pytest.FixtureRequest, name: str) -> None:
    check_golden(request, f"github-{name}.txt", render_github((), PLANS[name], prefix="telephony"))


@pytest.mark.parametrize("name", PLANS)
def test_golden_gitlab(request: pytest.FixtureRequest, name: str) -> None:
    check_golden(request, f"gitlab-{name}.json", render_gitlab((), PLANS[name], prefix="telephony"))


@pytest.mark.parametrize("name", PLANS)
def test_golden_sarif(request: pytest.FixtureRequest, name: str) -> None:
    check_golden(request, f"sarif-{name}.json", render_sarif((), PLANS[name]))


@pytest.mark.parametrize("name", PLANS)
def test_golden_junit(request: pytest.FixtureRequest, name: str) -> None:
    check_golden(request, f"junit-{name}.xml", render_junit((), PLANS[name]))


def test_github_line_of_a_diagnostic() -> None:
    one = Diagnostic("unknown-field", "no field 50%: x, y", advice="Use a,b", location=Location("a,b:c.yaml", 4, 7))
    assert render_github([one]) == (
        "::error file=a%2Cb%3Ac.yaml,line=4,col=7,title=unknown-field::no field 50%25: x, y%0AUse a,b\n"
    )


def test_severities_have_their_own_commands() -> None:
    found = [Diagnostic("read-failed", "x", severity) for severity in (Severity.NOTE, Severity.ERROR, Severity.WARNING)]
    assert [line.split()[0] for line in render_github(found).splitlines()] == ["::error", "::warning", "::notice"]


@settings(deadline=None)
@given(st.text())
def test_no_text_ends_a_github_command(text: str) -> None:
    written = render_github([finding(text)])
    assert written.endswith("\n")
    assert COMMAND.fullmatch(written[:-1])


def test_drift_is_headed_as_drift_and_counts_what_the_comment_counts() -> None:
    whole = plans.everything()
    moved = tuple(update for update in whole.updates if Cause.DRIFT in update.causes)
    plan = replace(whole, updates=moved, subject=Subject.DRIFT)
    last = render_github((), plan).splitlines()[-1]
    assert last.startswith("::notice title=drift::")
    assert last.removeprefix("::notice title=drift::") in unescape(render_markdown(plan))


def test_drift_conflict_and_risk_are_warnings_and_come_first() -> None:
    lines = [line for line in render_github((), plans.many(60)).splitlines() if "would change" in line]
    kinds = [line.partition(" ")[0] for line in lines]
    assert kinds == sorted(kinds, key=["::warning", "::notice"].index)
    assert kinds.count("::warning") == sum("(drift" in line or "high risk)" in line for line in lines)


def test_a_resource_in_trouble_is_told_once() -> None:
    text = render_github(plans.everything().diagnostics, plans.everything())
    assert text.count("numbers.lost") == 1
    assert text.count("numbers.after-hours could not be read") == 1
    assert text.count("phone_connections.night-line unknown, through numbers.after-hours") == 1


def test_every_form_has_the_same_findings() -> None:
    plan = plans.everything()
    wanted = [folded.first.code for folded in list_findings((), plan)]
    assert {"conflict", "high-risk", "absent-object", "reference-blocked", "update-planned"} <= set(wanted)
    github = re.findall(r"title=([\w-]+)::", render_github((), plan))
    gitlab = [entry["check_name"] for entry in json.loads(render_gitlab((), plan))]
    sarif = [result["ruleId"] for result in json.loads(render_sarif((), plan))["runs"][0]["results"]]
    junit = [case.get("classname") for case in ET.fromstring(render_junit((), plan)).iter("testcase")]  # noqa: S314 -- our own text
    assert github == [*wanted, "plan"]
    assert gitlab == sarif == junit == wanted


def test_many_alike_are_one_finding_with_all_their_places() -> None:
    found = [
        replace(finding("x", line=line), address=f"agents.a{line}", message=f"agents.a{line}: bad")
        for line in range(1, 101)
    ]
    (entry,) = json.loads(render_gitlab(found))
    assert entry["description"].startswith(
        "agents.a1: bad (the same for 99 more: agents.a2, agents.a3, agents.a4 and 96 more)"
    )
    (result,) = json.loads(render_sarif(found))["runs"][0]["results"]
    assert len(result["relatedLocations"]) == 99
    assert len(render_github(found).splitlines()) == 1


def test_a_clean_validate_writes_nothing() -> None:
    assert render_github(()) == ""


def test_secrets_never_appear() -> None:
    plan = plans.everything()
    for text in (
        render_github((), plan),
        render_gitlab((), plan),
        render_sarif((), plan),
        render_junit((), plan),
        render_markdown(plan, limit=SUMMARY_LIMIT),
    ):
        assert plans.SECRET_VALUE not in text


def test_gitlab_fingerprints_survive_moved_lines_and_differ_for_each_finding() -> None:
    twice = [finding("a"), finding("a", line=9), finding("b")]
    moved = [
        replace(one, location=Location(one.location.file, one.location.line + 100, 1)) for one in twice if one.location
    ]
    prints = [entry["fingerprint"] for entry in json.loads(render_gitlab(twice))]
    assert len(set(prints)) == 3
    assert [entry["fingerprint"] for entry in json.loads(render_gitlab(moved))] == prints


def test_gitlab_entries_have_what_gitlab_demands() -> None:
    for entry in json.loads(render_gitlab(plans.everything().diagnostics)):
        assert set(entry) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert entry["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert entry["location"]["path"]
        assert entry["location"]["lines"]["begin"] >= 1


@settings(deadline=None)
@given(st.text())
def test_every_form_survives_any_text(text: str) -> None:
    found = [finding(text)]
    assert json.loads(render_gitlab(found))[0]["check_name"] == "unknown-field"
    (result,) = json.loads(render_sarif(found))["runs"][0]["results"]
    assert result["level"] == "error"
    tree = ET.fromstring(render_junit(found).encode())  # noqa: S314 -- our own text
    assert tree.get("failures") == "1"


def test_sarif_rules_are_those_that_occur() -> None:
    (run,) = json.loads(render_sarif(plans.everything().diagnostics))["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    assert set(rules) == {one.code for one in plans.everything().diagnostics}


def test_junit_without_findings_is_one_passed_case() -> None:
    tree = ET.fromstring(render_junit(()).encode())  # noqa: S314 -- our own text
    assert (tree.get("tests"), tree.get("failures")) == ("1", "0")
    assert len(tree.findall("testcase")) == 1


def test_job_summary_fits_the_file_that_github_offers() -> None:
    assert len(render_markdown(plans.many(5000), limit=SUMMARY_LIMIT).encode()) < 1024 * 1024
    assert "<details" in render_markdown(plans.one_change(), limit=SUMMARY_LIMIT)
