"""The ledger as text: one JSON file for each kind, one block for each address, keys sorted.

One file a kind and not one an address, because saving must flush every file to disk: 1,000 entries cost four flushes.
Each row also holds the base URL of the account it was applied through. A row counts only while the account of that
name still has that provider and base URL; a ledger none of whose rows count belongs to another project. So a ledger
needs no identity of its own, and survives a clone, a rename and a move of the folder. Rows that do not count are kept
as they are: an account that points back again finds them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from reconciler.ledger.errors import LedgerConflict
from reconciler.ledger.fingerprints import fingerprint_value, keep_comparable
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.json_text import write_json
from reconciler.model.ledger import Applied, Ledger, Undone
from reconciler.model.paths import Json, is_same_json
from reconciler.model.project import Account
from reconciler.model.secret import Secret

FORMAT_VERSION = 1
SUFFIX = ".json"
_OF_THE_RUN = frozenset({"when", "commit", "run"})
_TEXTS = ("account", "provider", "kind", "when", "commit", "run")
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")

Row = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A ledger as far as it is known, and notes on what is not."""

    ledger: Ledger
    notes: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheets:
    """The stored rows by file and address; `damaged` names the files that cannot be read, with the reason."""

    rows: Mapping[str, Mapping[str, Row]] = field(default_factory=dict)
    damaged: Mapping[str, str] = field(default_factory=dict)

    def flatten(self) -> dict[str, Row]:
        """Return all rows by address."""
        return {address: row for sheet in self.rows.values() for address, row in sheet.items()}


@lru_cache(maxsize=1_024)
def name_safely(text: str) -> str:
    """Write any text as a file name, the same on every file system: all but a-z, 0-9, `-` and inner `_` as %XX."""
    octets = text.encode("utf-8", "surrogatepass")
    name = "".join(chr(octet) if chr(octet) in _PLAIN else f"%{octet:02X}" for octet in octets)
    return "%5F" + name[1:] if name.startswith("_") else name


def read_sheets(files: Mapping[str, bytes]) -> Sheets:
    """Read the files of a ledger, by name; never raises."""
    rows: dict[str, Mapping[str, Row]] = {}
    damaged: dict[str, str] = {}
    for name in sorted(files):
        try:
            rows[name] = _parse_sheet(files[name])
        except (ValueError, RecursionError) as problem:
            damaged[name] = str(problem)
    return Sheets(rows, damaged)


def _parse_sheet(content: bytes) -> Mapping[str, Row]:
    sheet = json.loads(content)
    if not isinstance(sheet, dict) or not isinstance(sheet.get("entries"), dict):
        raise ValueError("it does not hold `entries`")  # noqa: TRY004 -- the content is wrong, not a caller's type
    if sheet.get("format_version") != FORMAT_VERSION:
        message = f"its format_version is {sheet.get('format_version')!r}, not {FORMAT_VERSION}"
        raise ValueError(message)
    wrong = [address for address, row in sheet["entries"].items() if not _is_row(row)]
    if wrong:
        message = f"the entry of {wrong[0]} is not complete"
        raise ValueError(message)
    return dict(sheet["entries"])


def _is_row(row: Json) -> bool:
    return (
        isinstance(row, dict)
        and all(isinstance(row.get(name), str) for name in _TEXTS)
        and isinstance(row.get("fields"), dict)
        and "identity" in row
    )


def build_ledger(sheets: Sheets, *, accounts: Mapping[str, Account], key: bytes | None, version: str) -> Loaded:
    """Keep the rows that were applied through the accounts of this project, and say what was left out."""
    rows = sheets.flatten()
    entries = {address: _read_row(address, row, key) for address, row in rows.items() if _counts(row, accounts)}
    notes = [_note_damage(name, reason) for name, reason in sheets.damaged.items()]
    if rows and not entries:
        notes.append(_note_foreign(len(rows)))
    elif len(entries) < len(rows):
        notes.append(_note_left_out(rows, entries))
    if not rows and not sheets.damaged:
        notes.append(note_absence())
    return Loaded(Ledger(entries, version), tuple(notes))


def _counts(row: Row, accounts: Mapping[str, Account]) -> bool:
    account = accounts.get(row["account"])
    return account is not None and (account.provider, account.base_url) == (row["provider"], row.get("base_url"))


def _read_row(address: str, row: Row, key: bytes | None) -> Applied:
    texts = {name: row[name] for name in _TEXTS}
    fields = keep_comparable(row["fields"], key=key)
    return Applied(address=address, identity=row["identity"], fields=fields, undone=_read_undone(row), **texts)


def _read_undone(row: Row) -> dict[str, Undone]:
    """Read what was taken back; what is damaged there only costs an explanation."""
    kept = row.get("undone")
    return {
        path: Undone(undone["run"], undone["value"])
        for path, undone in (kept.items() if isinstance(kept, dict) else ())
        if isinstance(undone, dict) and isinstance(undone.get("run"), str) and "value" in undone
    }


def write_sheets(
    sheets: Sheets,
    *,
    entries: Iterable[Applied],
    removed: Iterable[str],
    accounts: Mapping[str, Account],
    key: bytes,
) -> dict[str, bytes]:
    """Merge entries into the stored rows; return the new content of each file that changes.

    A row that says the same of the object stays as it is: it names the run that made it so, and an apply with nothing to do
    writes nothing.
    """
    rows = {name: dict(sheet) for name, sheet in sheets.rows.items()}
    gone = set(removed)
    changed: set[str] = set()
    for entry in entries:
        name = name_safely(entry.kind) + SUFFIX
        row = _write_row(entry, accounts, key)
        gone.discard(entry.address)
        if not _says_the_same(rows.setdefault(name, {}).get(entry.address), row):
            rows[name][entry.address] = row
            changed.add(name)
    for name, sheet in rows.items():
        for address in gone & sheet.keys():
            del sheet[address]
            changed.add(name)
    return {name: _format_sheet(rows[name], key) for name in sorted(changed)}


def _says_the_same(stored: Row | None, row: Row) -> bool:
    return stored is not None and all(
        is_same_json(stored.get(name), row.get(name)) for name in {*row, "undone"} - _OF_THE_RUN
    )


def _write_row(entry: Applied, accounts: Mapping[str, Account], key: bytes) -> Row:
    row: dict[str, Json] = {name: getattr(entry, name) for name in _TEXTS}
    account = accounts.get(entry.account)
    row["base_url"] = account.base_url if account else None
    fields = {path: _cover(value, key) for path, value in entry.fields.items()}
    undone = {path: {"run": each.run, "value": each.value} for path, each in entry.undone.items()}
    return row | {"identity": entry.identity, "fields": fields} | ({"undone": undone} if undone else {})


def _cover(value: Json, key: bytes) -> Json:
    return fingerprint_value(value, key=key) if isinstance(value, Secret) else value


def _format_sheet(rows: Mapping[str, Row], key: bytes) -> bytes:
    sheet = {"format_version": FORMAT_VERSION, "entries": rows}
    return write_json(sheet, sort_keys=True, replace=_cover_secrets(key)) + b"\n"


def encode_line(value: Json, *, key: bytes | None) -> bytes:
    """Write a value as one line of JSON; a `Secret` anywhere in it is written as its fingerprint.

    Raises TypeError for a secret where there is no key.
    """
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=_cover_secrets(key))
    return text.encode(errors="surrogatepass")


def _cover_secrets(key: bytes | None) -> Callable[[object], Json]:
    def replace(unknown: object) -> Json:
        if isinstance(unknown, Secret) and key is not None:
            return fingerprint_value(unknown, key=key)
        if isinstance(unknown, Mapping):
            return dict(unknown)
        message = f"{type(unknown).__name__} is no JSON value"
        raise TypeError(message)

    return replace


def check_overlap(start: Mapping[str, Row], stored: Mapping[str, Row], *, touched: Iterable[str], run: str) -> None:
    """Raise LedgerConflict where a touched address was stored by another run than this one since `start` was loaded.

    An address that has vanished meanwhile is no conflict: losing a ledger loses no safety. Nor is one that this run stored
    itself: the answer may have been lost.
    """
    found = ((name, stored[name]) for name in sorted({*touched} & stored.keys()))
    moved = [name for name, row in found if row != start.get(name) and row.get("run") != run]
    if moved:
        other = stored[moved[0]].get("run", "")
        message = f"run {other} stored {_count(len(moved), 'address')} of this run meanwhile, first {moved[0]}"
        advice = "Run `reconciler plan`: it shows what is live now, and whose change it was."
        raise LedgerConflict(message, addresses=tuple(moved), advice=advice)


def digest_files(files: Mapping[str, bytes]) -> str:
    """Return a fingerprint of all files, "" for none."""
    if not files:
        return ""
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(name.encode() + b"\0" + hashlib.sha256(files[name]).digest())
    return "sha256:" + total.hexdigest()


def note_absence() -> Diagnostic:
    """Say that nothing was ever applied from here."""
    return Diagnostic(
        "ledger-absent",
        "no ledger yet: nothing is known of earlier applies, so changes cannot be attributed",
        Severity.NOTE,
        advice="The first `reconciler apply` starts the ledger.",
    )


def _note_damage(name: str, reason: str) -> Diagnostic:
    return Diagnostic(
        "ledger-foreign",
        f"the ledger file {name} was not used: {reason}",
        Severity.WARNING,
        advice="Nothing is known of earlier applies of its kind. The next apply starts it anew and keeps the old one.",
    )


def _note_foreign(count: int) -> Diagnostic:
    return Diagnostic(
        "ledger-foreign",
        f"the ledger was not used: none of its {_count(count, 'entry')} was applied through an account of this project",
        Severity.WARNING,
        advice="Nothing is known of earlier applies. Check that the ledger belongs to this project and environment.",
    )


def _note_left_out(rows: Mapping[str, Row], entries: Mapping[str, Applied]) -> Diagnostic:
    names = sorted({str(row["account"]) for address, row in rows.items() if address not in entries})
    return Diagnostic(
        "ledger-foreign",
        f"{_count(len(rows) - len(entries), 'entry')} of the ledger left out: applied through "
        f"{', '.join(names)} at another provider or base URL",
        Severity.NOTE,
        advice="Changes of these resources cannot be attributed until the next apply.",
    )


def _count(number: int, noun: str) -> str:
    plural = {"entry": "entries", "address": "addresses"}[noun]
    return f"{number} {noun if number == 1 else plural}"
