"""Read a YAML file of the project that no schema describes, with the reader and the limits of all others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from reconciler.config.findings import Findings
from reconciler.config.text.events import parse_document
from reconciler.config.text.positions import Node, Plain
from reconciler.config.text.reading import MAX_CONFIG_BYTES, ReadError, read_text
from reconciler.config.text.source import START, Source
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.paths import Json


def read_untyped(file: str, *, root: Path, decide: Callable[[str], Json]) -> tuple[Json, tuple[Diagnostic, ...]]:
    """Return the value of a file and all that is wrong with it; `decide` says what an unquoted scalar is."""
    findings = Findings()
    try:
        source = Source(file, read_text(root / file, root=root, limit=MAX_CONFIG_BYTES))
    except ReadError as error:
        findings.report(error.code, str(error), source=Source(file), place=START, advice=error.advice)
        return None, findings.sort()
    document = parse_document(source, findings=findings)
    value = _decide_all(document.root, decide) if document and not findings.errors else None
    return value, findings.sort()


def _decide_all(node: Node, decide: Callable[[str], Json]) -> Json:
    if isinstance(node, dict):
        return {key: _decide_all(value, decide) for key, value in node.items()}
    if isinstance(node, list):
        return [_decide_all(value, decide) for value in node]
    return decide(node) if type(node) is Plain else node
