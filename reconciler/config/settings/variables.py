"""Collect the variables that values may use.

Later ones win: `vars:` of `environments/<env>.yaml`, then environment variables `RECONCILER_VAR_NAME`, then `--var`.
A variable is always text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from reconciler.config.findings import Findings
from reconciler.model.diagnostic import Diagnostic

PREFIX: Final = "RECONCILER_VAR_"
NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def collect_variables(
    of_environment: Mapping[str, str], *, environ: Mapping[str, str], variables: Mapping[str, str], findings: Findings
) -> dict[str, str]:
    """Return all variables by name."""
    collected = dict(of_environment)
    named = {key.removeprefix(PREFIX): value for key, value in environ.items() if key.startswith(PREFIX)}
    for origin, values in (("environment variable " + PREFIX, named), ("--var ", variables)):
        collected |= {name: value for name, value in values.items() if _check_variable(origin, name, value, findings)}
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
