"""Read and write the benchmarks' vendor as octoDNS reads and writes DNS hosts: one page, and one change, after another.

Loaded by octoDNS, in an environment of its own.
"""

from __future__ import annotations

import logging
from typing import Any

import requests
from octodns.provider.base import BaseProvider
from octodns.provider.plan import Plan
from octodns.record import Record
from octodns.zone import Zone
from octodns_records import list_values, name_connection, name_record

PAGE = 100


class PhoneProvider(BaseProvider):
    """What octoDNS plans against and applies to."""

    SUPPORTS_GEO = False
    SUPPORTS_DYNAMIC = False
    SUPPORTS_ROOT_NS = False
    SUPPORTS_MULTIVALUE_PTR = False
    SUPPORTS = frozenset({"TXT"})

    def __init__(self, id: str, url: str, **settings: Any) -> None:  # noqa: A002 - octoDNS's name
        self.log = logging.getLogger(f"PhoneProvider[{id}]")
        self._url = f"{url}/phoneConnections"
        self._session = requests.Session()
        super().__init__(id, **settings)

    def populate(self, zone: Zone, target: bool = False, lenient: bool = False) -> bool:  # noqa: ARG002, FBT001, FBT002
        """Read all pages."""
        offset = 0
        while rows := self._read_page(offset):
            for row in rows:
                told = {"type": "TXT", "ttl": 60, "values": list_values(row)}
                zone.add_record(Record.new(zone, name_record(row["id"]), told), lenient=lenient)
            offset += PAGE
        return True

    def _read_page(self, offset: int) -> list[dict[str, Any]]:
        answer = self._session.get(self._url, params={"offset": offset, "limit": PAGE})
        answer.raise_for_status()
        return list(answer.json())

    def _apply(self, plan: Plan) -> None:
        for change in plan.changes:
            known = dict(value.split("=", 1) for value in change.new.values)
            address = f"{self._url}/{name_connection(change.new.name)}"
            self._session.patch(address, json={"voice": known["voice"]}).raise_for_status()
