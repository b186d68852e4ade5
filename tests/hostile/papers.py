"""Saved plans, events and state that somebody made up, each by what is done to an honest one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from reconciler.model.plan_document import compute_digest
from tests.hostile.texts import COMMANDS, MARKUP

Forgery = Callable[[Path], None]
"""Put something else where a file is."""

TEXT = "".join((*MARKUP, *COMMANDS[:8]))
_SPOKEN = frozenset({
    "address", "label", "account", "reason", "message", "advice", "excerpt", "file", "created_at", "risk", "source", "name", "run",
    "author", "commit", "subject", "pull_request", "when", "url", "request_id", "environment", "undoes", "tool_version", "holder",
})  # fmt: skip
"""Fields that hold a text for people."""


def write(content: bytes) -> Forgery:
    def forge(path: Path) -> None:
        path.write_bytes(content)

    return forge


def stand_in(make: Callable[[Path], object]) -> Forgery:
    """Let something else than a regular file stand there."""

    def forge(path: Path) -> None:
        path.unlink(missing_ok=True)
        make(path)

    return forge


def edit_text(old: str, new: str) -> Forgery:
    def forge(path: Path) -> None:
        path.write_text(path.read_text().replace(old, new))

    return forge


def seal(edit: Callable[[dict[str, Any]], object]) -> Forgery:
    """Edit a plan and make its digest right again."""

    def forge(path: Path) -> None:
        document = json.loads(path.read_text())
        edit(document)
        document["digest"] = compute_digest(document)
        path.write_text(json.dumps(document))

    return forge


def map_leaves(value: Any, change: Callable[[str, Any], Any], *, name: str = "") -> Any:
    """Return a document with every leaf changed; `change` is told the name that it goes by."""
    if isinstance(value, dict):
        return {key: map_leaves(below, change, name=key) for key, below in value.items()}
    if isinstance(value, list):
        return [map_leaves(below, change, name=name) for below in value]
    return change(name, value)


def speak(name: str, value: Any) -> Any:
    """Let everything that is meant for people be something that deceives them."""
    return TEXT if name in _SPOKEN and isinstance(value, str) else value


def swell(_name: str, value: Any) -> Any:
    """Let every number be one that no machine word holds."""
    return 10**40 if isinstance(value, int) and not isinstance(value, bool) else value


def bend_type(_name: str, value: Any) -> Any:
    """Let everything be of another type."""
    return {"a": [None]} if isinstance(value, str) else "x"


def each_line(change: Callable[[str, Any], Any]) -> Forgery:
    """Change every leaf of a document, or of each line of a stream, and keep a plan's digest right."""

    def forge(path: Path) -> None:
        text = path.read_text()
        documents = list(_read_documents(text))
        changed = [_reseal(map_leaves(document, change)) for document in documents]
        path.write_text("".join(f"{json.dumps(document)}\n" for document in changed))

    return forge


def _read_documents(text: str) -> Iterator[Any]:
    """Yield the documents of a file: one, or one a line."""
    decoder, place = json.JSONDecoder(), 0
    while place < len(text):
        document, place = decoder.raw_decode(text, place)
        yield document
        place += len(text[place:]) - len(text[place:].lstrip())


def _reseal(document: Any) -> Any:
    if isinstance(document, dict) and "digest" in document and "format_version" in document:
        document["format_version"] = 1
        document["digest"] = compute_digest(document)
    return document


MADE_UP: Mapping[str, Forgery] = {
    "nothing": write(b""),
    "a bracket": write(b"{"),
    "brackets without end": write(b"[" * 200_000),
    "another thing": write(b'[1, "x", null]\n'),
    "no text": write(b"\xff\xfe\x00{\x00}"),
    "a number of 5,000 digits": write(b'{"format_version": ' + b"9" * 5_000 + b', "event": "start", "updates": ' + b"9" * 5_000 + b"}\n"),
    "no number": write(b'{"format_version": NaN, "event": "end", "exit_code": Infinity}\n'),
    "half of a character": write(b'{"format_version": "\\ud800", "event": "start", "run": "\\udfff", "address": "\\ud800"}\n'),
    "depth": write(b'{"format_version":1,"event":"start","updates":' + b'{"a":' * 900 + b"1" + b"}" * 901),
    "a folder": stand_in(Path.mkdir),
    "a pipe": stand_in(os.mkfifo),
    "a device": stand_in(lambda path: path.symlink_to("/dev/zero")),
    "a link to nothing": stand_in(lambda path: path.symlink_to("nowhere")),
    "texts that deceive": each_line(speak),
    "numbers beyond all bounds": each_line(swell),
    "other types": each_line(bend_type),
}  # fmt: skip

FORGED: Mapping[str, Forgery] = {
    "another host": seal(lambda plan: _first(plan)["request"].update(url="https://elsewhere.invalid/phoneConnections/pc_0")),
    "another object": seal(lambda plan: _first(plan)["request"].update(url="https://api.galtea.ai/phoneConnections/pc_9")),
    "another method": seal(lambda plan: _first(plan)["request"].update(method="DELETE")),
    "another body": seal(lambda plan: _first(plan)["request"].update(body={"voice": "x"})),
    "one field more": seal(lambda plan: _first(plan)["request"]["body"].update(phoneNumber="+12025550199")),
    "a change that is none": seal(lambda plan: _first(plan)["changes"][0].update(after="x")),
    "another version of the format": seal(lambda plan: plan.update(format_version=2)),
    "a field that nobody knows": seal(lambda plan: plan.update(hooks=["rm -rf /"])),
    "a change twice": seal(lambda plan: plan["updates"].append(plan["updates"][0])),
    "without a digest": edit_text('"digest"', '"no digest"'),
}  # fmt: skip
"""What a plan is told to send that planning did not say."""


def _first(plan: dict[str, Any]) -> Any:
    return plan["updates"][0]


def list_state(folder: Path) -> Iterator[Path]:
    """Yield the files of our own state below a project."""
    yield from sorted(path for path in (folder / ".reconciler").rglob("*") if path.is_file() and ".json" in path.suffix)
