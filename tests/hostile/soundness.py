"""What holds of every output, whatever came in: it parses, it can be seen, nobody obeys it, and it is no confession."""

from __future__ import annotations

import json
import re
import unicodedata
from base64 import b64encode
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as ET

from reconciler.model.invisible import is_invisible
from tests.cli.stage import Told
from tests.report.test_html import Tags
from tests.report.test_markdown import OWN_TAGS, parse

MOST_OCTETS = 400_000
"""The published schema is the longest thing that any command says."""
CODES = frozenset({0, 1, 2, 3, 4, 5, 6, 64})
CONFESSIONS = ("Traceback", "bug in reconciler", "reconciler itself")
START = re.compile(r"(?:\s|\x1b\[[0-9;]*m)*::")
ANYWHERE = re.compile(r"##\w*\[|section_(start|end):")
OURS = re.compile(r"::(error|warning|notice|group|endgroup) ?(file=[^,:]+,line=\d+,col=\d+,)?(title=[^,:]*)?::")
"""A command that the GitHub format gives on purpose."""


def check_told(told: Told, *, style: str) -> None:
    """Check what a command said and returned."""
    assert told.code in CODES, told.all
    assert len(told.all.encode()) <= MOST_OCTETS
    for word in CONFESSIONS:
        assert word not in told.all, told.all
    check_lines(told.err)
    check_lines(told.out, style=style)
    if told.out.strip():
        check_form(told.out, style=style)


def check_lines(text: str, *, style: str = "") -> None:
    """Check that no line can be obeyed, and that all of it can be seen."""
    for line in text.split("\n"):
        assert not START.match(line) or (style == "github" and OURS.match(line)), ascii(line)
        assert not ANYWHERE.search(line), ascii(line)
        assert not any(map(is_invisible, line)), ascii(line)
        assert unicodedata.is_normalized("NFC", line), ascii(line)


def check_form(text: str, *, style: str) -> None:
    """Check that an output is what its format says, and nothing more."""
    if style in {"json", "sarif", "gitlab"}:
        for document in text.splitlines() if text.startswith('{"event"') else [text]:
            json.loads(document)
    elif style == "junit":
        ET.fromstring(text)  # noqa: S314 - what we wrote ourselves
    elif style == "html":
        check_page(text)
    elif style == "markdown":
        check_markdown(text)


def check_page(text: str) -> None:
    tags = Tags(text).tags
    assert [tag for tag, _ in tags].count("script") <= 1
    assert not {tag for tag, _ in tags} & {"img", "iframe", "object", "embed", "base", "audio", "video"}
    assert not any(name.startswith("on") or name in {"src", "style"} for _, found in tags for name in found)


def check_markdown(text: str) -> None:
    tree = parse(text)
    assert tree.tags <= OWN_TAGS | {"strong", "em"}
    assert not any(name.startswith("on") for name in tree.attributes)
    assert not any("evil" in link for link in tree.links)


def check_keyless(text: str, *, key: str) -> None:
    """Check that a text holds no more than half of a key in a row, in clear, percent-encoded or base64."""
    size = len(key) // 2 + 1
    folded = unquote(unquote(text)).lower()
    for start in range(len(key) - size + 1):
        assert key[start : start + size].lower() not in folded, text
    for offset in range(3):
        coded = b64encode(b" " * offset + key.encode()).decode()[4:24]
        assert coded not in text, text


def take_stock(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Describe everything in a folder, so that a change shows."""
    found = sorted(folder.rglob("*"))
    return {
        path.relative_to(folder).as_posix(): (
            path.lstat().st_mode,
            path.read_bytes() if path.is_file() and not path.is_symlink() else b"",
        )
        for path in found
    }
