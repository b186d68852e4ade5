"""Diagnostics and plans in the forms that CI systems show beside the code.

All paths are relative to the repository: `prefix` is the project folder within it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

from reconciler import __version__
from reconciler.model.codes import CODES
from reconciler.model.diagnostic import Diagnostic, Location, Severity
from reconciler.model.plan import Plan
from reconciler.model.plan_report import PlanReport
from reconciler.report.drift import turn
from reconciler.report.escape import escape_json, escape_terminal
from reconciler.report.folding import Folded
from reconciler.report.machine.findings import list_findings, list_report_findings
from reconciler.report.parts import name_part, sum_up
from reconciler.report.phrases import write_headline

_COMMANDS: Mapping[Severity, str] = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_GITLAB: Mapping[Severity, str] = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.NOTE: "info"}
_SARIF: Mapping[Severity, str] = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_as(diagnostics: Iterable[Diagnostic], plan: Plan | None = None, *, style: str, prefix: str = "") -> str:
    """Return findings in the form of this name."""
    forms = {"github": render_github, "gitlab": render_gitlab, "sarif": render_sarif, "junit": render_junit}
    return forms[style](diagnostics, plan, prefix=prefix)


def render_github(diagnostics: Iterable[Diagnostic], plan: Plan | None = None, *, prefix: str = "") -> str:
    """Return workflow commands, one a line: a finding is an error, a warning or a notice.

    The weightiest come first, since GitHub shows only ten of a kind.
    """
    headlines = [(plan.subject.value, write_headline(turn(plan)))] if plan else []
    return _write_github(list_findings(diagnostics, plan), headlines, prefix)


def _write_github(found: Iterable[Folded], headlines: Iterable[tuple[str, str]], prefix: str) -> str:
    lines = [
        _write_command(
            _COMMANDS[one.severity], one.message, one.location, title=one.code, advice=one.advice, prefix=prefix
        )
        for one in (folded.told for folded in found)
    ]
    lines += [_write_command("notice", text, None, title=title, prefix=prefix) for title, text in headlines]
    return "".join(f"{line}\n" for line in lines)


def _write_command(
    command: str, message: str, place: Location | None, *, title: str, prefix: str, advice: str = ""
) -> str:
    """Write one workflow command; the characters that end a property or a command are percent-encoded."""
    where = (
        [f"file={_encode_property(_join(prefix, place.file))}", f"line={place.line}", f"col={place.column}"]
        if place
        else []
    )
    properties = ",".join([*where, f"title={_encode_property(title)}"])
    text = "\n".join(escape_terminal(part) for part in (message, advice) if part)
    return f"::{command} {properties}::{_encode_message(text)}"


def _encode_message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _encode_property(text: str) -> str:
    return _encode_message(escape_terminal(text)).replace(":", "%3A").replace(",", "%2C")


def _join(prefix: str, file: str) -> str:
    return "/".join(part for part in (prefix.strip("/"), file) if part and part != ".")


def render_gitlab(diagnostics: Iterable[Diagnostic], plan: Plan | None = None, *, prefix: str = "") -> str:
    """Return a GitLab code quality report.

    A fingerprint depends on code, file, address, field and message, not on the line: it stays the same when lines move.
    A diagnostic without a place is shown at the project's own file.
    """
    return _write_gitlab(list_findings(diagnostics, plan), prefix)


def _write_gitlab(found: Iterable[Folded], prefix: str) -> str:
    seen: Counter[str] = Counter()
    entries: list[dict[str, Any]] = []
    for folded in found:
        one = folded.first
        place = one.location or Location("reconciler.yaml")
        identity = json.dumps([one.code, _join(prefix, place.file), one.address, one.path, one.message])
        entries.append({
            "description": _tell(folded.told),
            "check_name": one.code,
            "fingerprint": _fingerprint(f"{identity}{seen[identity]}"),
            "severity": _GITLAB[one.severity],
            "location": {"path": escape_terminal(_join(prefix, place.file)), "lines": {"begin": place.line}},
        })  # fmt: skip
        seen[identity] += 1
    return escape_json(json.dumps(entries, ensure_ascii=False, indent=2)) + "\n"


def _tell(one: Diagnostic) -> str:
    text = f"{one.message.rstrip('.')}. {one.advice}" if one.advice else one.message
    return escape_terminal(text)


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()


def render_sarif(diagnostics: Iterable[Diagnostic], plan: Plan | None = None, *, prefix: str = "") -> str:
    """Return a SARIF 2.1.0 log with one rule for each code that occurs."""
    return _write_sarif(list_findings(diagnostics, plan), prefix)


def _write_sarif(found: Sequence[Folded], prefix: str) -> str:
    codes = sorted({one.first.code for one in found})
    rules = [{"id": code, "shortDescription": {"text": CODES[code]}} for code in codes]
    results = [_write_result(one, codes.index(one.first.code), prefix) for one in found]
    driver = {"name": "reconciler", "semanticVersion": __version__, "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return escape_json(json.dumps(log, ensure_ascii=False, indent=2)) + "\n"


def _write_result(folded: Folded, rule: int, prefix: str) -> dict[str, Any]:
    one = folded.told
    result: dict[str, Any] = {
        "ruleId": one.code, "ruleIndex": rule, "level": _SARIF[one.severity],
        "message": {"text": _tell(one)},
    }  # fmt: skip
    places = [_write_place(each.location, prefix) for each in folded.alike if each.location]
    result |= {"locations": places[:1]} if places else {}
    result |= {"relatedLocations": places[1:]} if places[1:] else {}
    return result


def _write_place(place: Location, prefix: str) -> dict[str, Any]:
    file = quote(_join(prefix, place.file), errors="backslashreplace")
    region = {"startLine": place.line, "startColumn": place.column}
    return {"physicalLocation": {"artifactLocation": {"uri": file}, "region": region}}


def render_junit(diagnostics: Iterable[Diagnostic], plan: Plan | None = None, *, prefix: str = "") -> str:
    """Return a JUnit report: errors and warnings are failed cases, notes passed ones; nothing found is one passed case."""
    return _write_junit([folded.told for folded in list_findings(diagnostics, plan)], prefix)


def _write_junit(found: Sequence[Diagnostic], prefix: str) -> str:
    failed = sum(one.severity is not Severity.NOTE for one in found)
    suite = ET.Element("testsuite", name="reconciler", tests=str(max(len(found), 1)), failures=str(failed), errors="0")
    for one in found:
        suite.append(_write_case(one, prefix))
    if not found:
        ET.SubElement(suite, "testcase", classname="reconciler", name="no findings")
    ET.indent(suite)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(suite, encoding="unicode")}\n'


def _write_case(one: Diagnostic, prefix: str) -> ET.Element:
    place = f"{_join(prefix, one.location.file)}:{one.location.line}" if one.location else "project"
    case = ET.Element("testcase", classname=one.code, name=_show_xml(f"{place}: {one.message}"))
    if one.severity is not Severity.NOTE:
        failure = ET.SubElement(case, "failure", type=one.severity.value, message=_show_xml(one.message))
        failure.text = _show_xml(one.advice or CODES[one.code])
    return case


def _show_xml(text: str) -> str:
    """Return a text without what XML cannot hold."""
    return _NOT_XML.sub("\ufffd", escape_terminal(text))


def render_report(report: PlanReport, *, style: str, prefix: str = "") -> str:
    """Return the findings of several plans in one of the forms above; each says which part it is of."""
    found = list_report_findings(report, prefix=prefix)
    if style == "github":
        headlines = [
            (part.plan.subject.value, f"{name_part(part)}: {write_headline(turn(part.plan))}") for part in report.parts
        ]
        return _write_github(found, [*headlines, ("plans", sum_up(report))], "")
    if style == "junit":
        return _write_junit([folded.told for folded in found], "")
    return _write_gitlab(found, "") if style == "gitlab" else _write_sarif(found, "")
