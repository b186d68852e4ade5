"""Tell a phone connection as a TXT record: the form in which octoDNS declares it and reads it."""

from __future__ import annotations

from collections.abc import Mapping

FIELDS = ("name", "phoneNumber", "voice", "languageCode")


def name_record(identity: str) -> str:
    """Return the name of a connection's record; names of DNS take no underscore here."""
    return identity.replace("phoneConnection_", "line-")


def name_connection(record: str) -> str:
    """Return the id of the connection that a record stands for."""
    return record.replace("line-", "phoneConnection_")


def list_values(row: Mapping[str, object]) -> list[str]:
    """Return the values of a connection's record, one for each field."""
    return [f"{field}={row[field]}" for field in FIELDS]
