"""Put untrusted text into Markdown so that it is shown and never obeyed.

Two containers are used. HTML blocks (which Markdown does not look into up to the next empty line) hold single lines
with `&`, `<`, `>` and quotes as entities, inside `<code>` wherever a code host would else turn `@name` or `#1` into a
link that notifies somebody. Fences hold several lines and are longer than any run of backticks in them.
"""

from __future__ import annotations

import re
from html import escape

from reconciler.report.escape import disarm, escape_terminal

_TICKED = re.compile(r"`([^`\s][^`]*)`")
_BACKTICKS = re.compile(r"`+")
_SPEAKING = re.compile(r"([@#!~])(?=\w)")


def code(text: str) -> str:
    """Return untrusted text as HTML code on one line."""
    return f"<code>{escape(escape_terminal(text))}</code>"


def prose(text: str) -> str:
    """Return an untrusted sentence as HTML on one line, with code where it has backticks.

    An empty comment keeps hosts from linking `@name` and `#1`.
    """
    pieces = _TICKED.split(text)
    return "".join(code(piece) if index % 2 else _write_prose(piece) for index, piece in enumerate(pieces))


def _write_prose(text: str) -> str:
    parts = _SPEAKING.split(escape_terminal(text))
    return "".join(f"{escape(part)}<!-- -->" if index % 2 else escape(part) for index, part in enumerate(parts))


def fence(text: str, language: str) -> str:
    """Return lines in a fence; line ends are kept, everything else invisible is made visible.

    A line that starts with `::` would be a command to a CI job that prints the comment, so it is shown escaped.
    """
    lines = [disarm(escape_terminal(line)) for line in text.split("\n")]
    longest = max((len(run) for line in lines for run in _BACKTICKS.findall(line)), default=0)
    marks = "`" * max(3, longest + 1)
    return "\n".join([f"{marks}{language}", *lines, marks])


def link_code(text: str, address: str | None) -> str:
    """Return HTML code that leads to an address, where there is one."""
    return f'<a href="{escape(address)}">{code(text)}</a>' if address else code(text)


def cut_line(text: str, longest: int) -> str:
    """Return the text, cut with a count of what is missing where it is too long."""
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text) - longest:,} more characters)"
