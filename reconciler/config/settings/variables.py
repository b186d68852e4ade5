"""Collect the variables that values may use.

Later ones win: `vars:` of `environments/<env>.yaml`, then environment variables `RECONCILER_VAR_NAME`, then `--var`.
A variable is always text.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from reconciler.config.discover import ENVIRONMENTS, list_environments
from reconciler.config.findings import Findings
from reconciler.config.settings.section import Section, is_null, name_node, read_section
from reconciler.config.suggest import suggest
from reconciler.config.text.events import parse_document
from reconciler.config.text.reading import MAX_CONFIG_BYTES, ReadError, read_text
from reconciler.config.text.source import Source, quote
from reconciler.model.diagnostic import Diagnostic

PREFIX: Final = "RECONCILER_VAR_"
NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_ENVIRONMENT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def collect_variables(
    root: Path,
    *,
    environment: str | None,
    environ: Mapping[str, str],
    variables: Mapping[str, str],
    findings: Findings,
) -> dict[str, str]:
    """Return all variables by name."""
    collected = _read_environment(root, environment, findings) if environment is not None else {}
    named = {key.removeprefix(PREFIX): value for key, value in environ.items() if key.startswith(PREFIX)}
    for origin, values in (("environment variable " + PREFIX, named), ("--var ", variables)):
        for name, value in values.items():
            if _check_variable(origin, name, value, findings):
                collected[name] = value
    return collected


def _check_variable(origin: str, name: str, value: str, findings: Findings) -> bool:
    if not NAME.fullmatch(name):
        message = f"{origin}{name}: a variable's name is made of letters, digits and `_`"
        findings.add(Diagnostic("bad-setting", message, advice="Rename the variable."))
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        findings.add(
            Diagnostic("bad-encoding", f"{origin}{name}: the value is not UTF-8 text", advice="Set it to UTF-8 text.")
        )
        return False
    return True


def _read_environment(root: Path, environment: str, findings: Findings) -> dict[str, str]:
    file = _find_file(root, environment)
    if file is None:
        known = list_environments(root)
        advice = (
            suggest(environment, known)
            if known
            else f"Create {ENVIRONMENTS}/{environment}.yaml with `vars:`, or leave out --env."
        )
        findings.add(Diagnostic("environment-unknown", f"there is no environment {quote(environment)}", advice=advice))
        return {}
    try:
        source = Source(file, read_text(root / file, root=root, limit=MAX_CONFIG_BYTES))
    except ReadError as error:
        findings.report(error.code, str(error), source=Source(file), place=0, advice=error.advice)
        return {}
    document = parse_document(source, findings=findings)
    section = document and read_section(document, findings=findings, title="the environment")
    return _read_vars(section) if section else {}


def _find_file(root: Path, environment: str) -> str | None:
    if not _ENVIRONMENT.fullmatch(environment):
        return None
    candidates = (f"{ENVIRONMENTS}/{environment}{suffix}" for suffix in (".yaml", ".yml"))
    return next((file for file in candidates if os.path.lexists(root / file)), None)


def _read_vars(section: Section) -> dict[str, str]:
    section.check_keys(("vars",))
    values = section.section("vars", "`vars`")
    if values is None:
        return {}
    known: dict[str, str] = {}
    for name, value in values.node.items():
        if not NAME.fullmatch(name):
            values.refuse(
                name, "bad-setting", f"{quote(name)} is no name for a variable", "Use letters, digits and `_`."
            )
        elif not isinstance(value, str) or is_null(value):
            advice = 'Write the text; for an empty one "".'
            values.refuse(name, "wrong-type", f"the variable `{name}` takes text, not {name_node(value)}", advice)
        else:
            known[name] = str(value)
    return known
