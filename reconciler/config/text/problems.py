"""Say in plain words what a YAML parser stumbled over."""

from __future__ import annotations

import re

import yaml

from reconciler.config.findings import Findings
from reconciler.config.text.leftovers import find_leftover
from reconciler.config.text.odd_spaces import SPACE_ADVICE, find_odd_space, name_space
from reconciler.config.text.source import START, Place, Source, pack_place

_SEPARATORS = {"\x85": "U+0085", "\u2028": "U+2028", "\u2029": "U+2029"}
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def report_leftover(source: Source, *, findings: Findings) -> bool:
    """Refuse a Git LFS pointer in the place of a file, and the marks of a merge that was not resolved."""
    leftover = find_leftover(source.text)
    if leftover is None:
        return False
    place = source.place_of_offset(leftover.offset)
    message = f"the file holds {leftover.message}"
    findings.report("unwanted-content", message, source=source, place=place, advice=leftover.advice)
    return True


def report_line_separator(source: Source, *, findings: Findings) -> bool:
    """Refuse line separators that only YAML 1.1 takes for line ends: it would fold them away without a word."""
    found = next((separator for separator in _SEPARATORS if separator in source.text), None)
    if found is None:
        return False
    message = f"the character {_SEPARATORS[found]} (an invisible line separator) is not allowed in YAML here"
    advice = f'Remove it, or write it as "\\u{ord(found):04x}" in double quotes, or keep the text in a file and use ${{file:...}}.'
    place = source.place_of_offset(source.text.index(found))
    findings.report("yaml-syntax", message, source=source, place=place, advice=advice)
    return True


def report_yaml_error(error: yaml.YAMLError, *, source: Source, findings: Findings) -> None:
    """Report what the parser said, where it said it, and the likely fix."""
    forbidden = _FORBIDDEN.search(source.text)
    if forbidden and not isinstance(error, yaml.MarkedYAMLError):
        message = f"the character U+{ord(forbidden[0]):04X} is not allowed in YAML"
        place = source.place_of_offset(forbidden.start())
        advice = "Remove it, or write it as an escape in double quotes. A file that is not text does not belong here."
        findings.report("yaml-syntax", message, source=source, place=place, advice=advice)
        return
    message, place = _read_error(error)
    if _report_odd_space(error, source=source, findings=findings):
        return
    findings.report("yaml-syntax", message, source=source, place=place, advice=_advise(message, source.excerpt(place)))


def _report_odd_space(error: yaml.YAMLError, *, source: Source, findings: Findings) -> bool:
    """Blame the last odd blank at or before the place where the parser gave up, if its lines have one."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return False
    last = error.problem_mark.line
    first = error.context_mark.line if error.context_mark else last
    for line in range(last, max(min(first, last) - 2, -1), -1):
        column = find_odd_space(source.line(line))
        if column is not None:
            message = f"not valid YAML: {name_space(source.line(line)[column])} stands where a space should"
            place = pack_place(line, column)
            findings.report("yaml-syntax", message, source=source, place=place, advice=SPACE_ADVICE)
            return True
    return False


def _read_error(error: yaml.YAMLError) -> tuple[str, Place]:
    if not isinstance(error, yaml.MarkedYAMLError):
        return f"not valid YAML: {str(error).splitlines()[0]}", START
    mark = error.problem_mark or error.context_mark
    words = [word for word in (error.context, error.problem) if word]
    message = "not valid YAML: " + ", ".join(words)
    if error.context_mark and error.context and error.context_mark.line != getattr(mark, "line", None):
        message += f" (begun in line {error.context_mark.line + 1})"
    return message, pack_place(mark.line, mark.column) if mark else START


def _advise(message: str, line: str) -> str:
    if "\t" in line[: len(line) - len(line.lstrip())] or "'\\t'" in message:
        return "Indent with spaces: YAML does not allow tabs there."
    if "{{" in line:
        return "A template, of a Helm chart say, is no file for here: leave it out with `exclude` in reconciler.yaml."
    if "${" in line:
        return 'Put a value with ${...} in quotes where it stands inside { }: "${var.NAME}".'
    if "mapping values are not allowed" in message:
        return "Put text that contains `: ` in quotes, and check the indentation."
    if "cannot start any token" in message:
        return "Put text that starts with a special character in quotes."
    return "Check the indentation, the quotes and the brackets just before this place."
