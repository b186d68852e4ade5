"""Read `environments/<name>.yaml`: what one world of a project says otherwise."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconciler.config.discover import ENVIRONMENTS, SUFFIXES, list_environments
from reconciler.config.findings import Findings
from reconciler.config.settings.section import Section, is_null, name_node, read_section
from reconciler.config.settings.variables import NAME
from reconciler.config.suggest import suggest
from reconciler.config.text.events import parse_document
from reconciler.config.text.reading import MAX_CONFIG_BYTES, FileReader, ReadError
from reconciler.config.text.source import Source, quote
from reconciler.model.diagnostic import Diagnostic

KEYS: Final = ("vars", "accounts", "guards", "resources")

_ENVIRONMENT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class EnvironmentFile:
    """What an environment lays over the project; a part that it does not have is None."""

    variables: Mapping[str, str]
    accounts: Section | None = None
    guards: Section | None = None
    resources: Section | None = None
    source: Source | None = None


NOTHING: Final = EnvironmentFile({})
"""What is laid over a project where no environment is chosen."""


def read_environment(
    files: FileReader, name: str, *, findings: Findings, named_by: Section | None = None
) -> EnvironmentFile:
    """Read the file of an environment; what is wrong with it is reported, and counts as left out.

    `named_by` are the project's settings, where these name it.
    """
    file = _find_file(files.root, name)
    if file is None:
        _report_unknown(files.root, name, findings, named_by)
        return NOTHING
    try:
        source = Source(file, files.read(file, limit=MAX_CONFIG_BYTES))
    except ReadError as error:
        findings.report(error.code, str(error), source=Source(file), place=0, advice=error.advice)
        return NOTHING
    document = parse_document(source, findings=findings)
    section = document and read_section(document, findings=findings, title="the environment")
    if not section:
        return NOTHING
    section.check_keys(KEYS)
    return EnvironmentFile(
        variables=_read_variables(section),
        accounts=section.section("accounts", "`accounts`"),
        guards=section.section("guards", "`guards`", code="bad-guard"),
        resources=section.section("resources", "`resources`"),
        source=source,
    )


def sets_only_variables(files: FileReader, name: str) -> bool:
    """Tell whether an environment lays nothing but variables over the project, which may come from elsewhere too."""
    found = read_environment(files, name, findings=Findings())
    return not (found.accounts or found.guards or found.resources)


def _report_unknown(root: Path, name: str, findings: Findings, named_by: Section | None) -> None:
    known = list_environments(root)
    advice = suggest(name, known) or f"Create {ENVIRONMENTS}/{name}.yaml, or leave out --env."
    message = f"there is no environment {quote(name)}"
    if named_by:
        named_by.refuse("environment", "environment-unknown", message, advice)
    else:
        findings.add(Diagnostic("environment-unknown", message, advice=advice))


def _find_file(root: Path, environment: str) -> str | None:
    if not _ENVIRONMENT.fullmatch(environment):
        return None
    candidates = (f"{ENVIRONMENTS}/{environment}{suffix}" for suffix in SUFFIXES)
    return next((file for file in candidates if os.path.lexists(root / file)), None)


def _read_variables(section: Section) -> dict[str, str]:
    values = section.section("vars", "`vars`")
    if values is None:
        return {}
    known: dict[str, str] = {}
    for name, value in values.node.items():
        if not NAME.fullmatch(name):
            advice = "Use letters, digits and `_`."
            values.refuse(name, "bad-setting", f"{quote(name)} is no name for a variable", advice)
        elif not isinstance(value, str) or is_null(value):
            advice = 'Write the text; for an empty one "".'
            values.refuse(name, "wrong-type", f"the variable `{name}` takes text, not {name_node(value)}", advice)
        else:
            known[name] = str(value)
    return known
