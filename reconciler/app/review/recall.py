"""Remember what `validate` found, and say it again for as long as nothing that it rests on has changed.

A verdict is believed only where this machine made it: it is signed with a key that lies outside of the project, so what
somebody commits to or copies into `.reconciler` counts for nothing. It rests on the text of every file that was read,
on which files there are, on the environment variables that can be reached, the options, the day (UTC), and the program
with its schemas and libraries. Only `validate` takes it; whatever plans reads the files itself.
"""

from __future__ import annotations

import hmac
import importlib.util
import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC
from pathlib import Path
from typing import Any, Final

import reconciler
from reconciler.app.context import Context
from reconciler.app.own_key import find_own_key
from reconciler.app.review.validation import Validation
from reconciler.config.grounds import Grounds
from reconciler.ledger.atomic import make_state_folder, write_file
from reconciler.ledger.state_files import STATE_FOLDER, check_folder, read_file
from reconciler.model.diagnostic import Diagnostic, Location, Severity
from reconciler.vendors.folder import schema_folder

_REACHED: Final = "RECONCILER_"
"""How the names begin of all environment variables that checking files can depend on."""
_LIBRARIES: Final = ("yaml", "jsonschema", "jsonschema_rs")
"""The libraries that say what is right."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of one question about one project: `asked` is the digest of all but its files."""

    root: Path
    key: bytes
    asked: str
    path: Path

    def recall(self) -> Validation | None:
        """Return the verdict where one is remembered and still holds."""
        try:
            signature, _, content = read_file(self.path).partition(b"\n")
        except OSError:
            return None
        if not hmac.compare_digest(signature, self._sign(content)):
            return None
        known = json.loads(content)
        grounds = _read_grounds(known["grounds"])
        return _read_validation(known["found"]) if grounds.hold(self.root) else None

    def keep(self, found: Validation, grounds: Grounds) -> None:
        """Remember a verdict; where nothing can be written, nothing is."""
        content = json.dumps({"grounds": asdict(grounds), "found": asdict(found)}).encode()
        try:
            make_state_folder(self.root / STATE_FOLDER)
            check_folder(self.path.parent).mkdir(exist_ok=True)
            write_file(self.path, content=self._sign(content) + b"\n" + content, mode=0o600, sync=None)
        except OSError:
            return

    def _sign(self, content: bytes) -> bytes:
        return hmac.digest(self.key, self.asked.encode() + b"\n" + content, "sha256").hex().encode()


def open_memory(context: Context, root: Path) -> Memory | None:
    """Return what is remembered of what a context asks; None where there is no key to tell our own verdicts by."""
    key = find_own_key(context.environ, outside=root)
    if key is None:
        return None
    choice = [str(root), context.environment, context.environ.get("RECONCILER_ENV"), context.sandbox]
    name = _digest(key, choice)[:16]
    reached = sorted(pair for pair in context.environ.items() if pair[0].upper().startswith(_REACHED))
    day = context.now().astimezone(UTC).date().isoformat()
    asked = _digest(key, [choice, sorted(context.variables.items()), reached, day, sys.version, list(_list_program())])
    return Memory(root, key, asked, root / STATE_FOLDER / "validated" / f"{name}.json")


def _digest(key: bytes, value: object) -> str:
    """Return the keyed digest of values: there are secrets among them."""
    return hmac.digest(key, json.dumps(value).encode(), "sha256").hex()


def _list_program() -> Iterator[object]:
    """Yield what tells this program from any other: the version of its parts, and when they were written."""
    yield reconciler.__version__
    for folder in (Path(reconciler.__file__).parent, schema_folder()):
        yield from _list_parts(folder)
    for name in _LIBRARIES:
        found = importlib.util.find_spec(name)
        if found and found.origin:
            yield from _list_parts(Path(found.origin).parent, deep=False)


def _list_parts(folder: Path, *, deep: bool = True) -> Iterator[object]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.is_file():
                status = entry.stat()
                yield entry.path, status.st_size, status.st_mtime_ns
            elif deep and entry.name != "__pycache__":
                yield from _list_parts(Path(entry.path))


def _read_grounds(known: Mapping[str, Any]) -> Grounds:
    lists = {name: tuple(known[name]) for name in ("exclude", "listed", "environments")}
    return Grounds(**lists, digests=known["digests"])


def _read_validation(known: Mapping[str, Any]) -> Validation:
    return Validation(**{**known, "diagnostics": tuple(map(_read_diagnostic, known["diagnostics"]))})


def _read_diagnostic(known: Mapping[str, Any]) -> Diagnostic:
    place = known["location"]
    return Diagnostic(
        **{**known, "severity": Severity(known["severity"]), "location": Location(**place) if place else None}
    )
