"""Write what a plan ignores as plain JSON, and read it back."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model.diagnostic import Location
from reconciler.model.exemption import Ignored
from reconciler.model.paths import MISSING, Json, format_pointer, parse_pointer
from reconciler.model.plan_values import WITHHELD, decode_value, encode_value


def write_ignored(ignored: Ignored) -> dict[str, Json]:
    """Return the document of one ignored difference, without its secrets."""
    sides = {"before": ignored.live, "after": ignored.declared}
    return {
        "address": ignored.address,
        "account": ignored.account,
        "path": format_pointer(ignored.path),
        **{name: encode_value(_cover(value, ignored)) for name, value in sides.items()},
        "reason": ignored.reason,
        "until": ignored.until,
        "file": ignored.location.file,
        "line": ignored.location.line,
        "column": ignored.location.column,
        "secret": ignored.secret,
    }


def _cover(value: Json, ignored: Ignored) -> Json:
    return WITHHELD if ignored.secret and value is not None and value is not MISSING else value


def read_ignored(entry: Mapping[str, Json]) -> Ignored:
    """Undo `write_ignored`; raise KeyError or TypeError where it is none."""
    return Ignored(
        address=str(entry["address"]),
        account=str(entry["account"]),
        path=parse_pointer(entry["path"]),
        declared=decode_value(entry["after"]),
        live=decode_value(entry["before"]),
        reason=str(entry["reason"]),
        until=str(entry["until"]),
        location=Location(str(entry["file"]), int(entry["line"]), int(entry["column"])),
        secret=bool(entry["secret"]),
    )
