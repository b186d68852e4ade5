"""Read `ignore`: fields that are left different until a day, each with the reason."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from reconciler.config.entry import Entry
from reconciler.config.findings import Findings
from reconciler.config.settings.section import is_null, name_node
from reconciler.config.suggest import suggest
from reconciler.config.text.positions import Node
from reconciler.config.text.source import Place, quote
from reconciler.model.exemption import Exemption
from reconciler.model.paths import MISSING, FieldPath, Json, pick
from reconciler.model.resource_type import ResourceType

IGNORE_KEYS: Final = ("reason", "until")

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EXAMPLE: Final = '{reason: "voice test of the support team", until: 2026-12-15}'


class ExemptionReader:
    """Read the `ignore` of one resource."""

    def __init__(self, entry: Entry, resource_type: ResourceType, spec: Mapping[str, Json], findings: Findings) -> None:
        self._entry = entry
        self._resource_type = resource_type
        self._spec = spec
        self._findings = findings

    def read(self) -> tuple[Exemption, ...]:
        """Return every exemption that is right; the others are reported."""
        node = self._entry.body.get("ignore")
        if is_null(node):
            return ()
        if not isinstance(node, dict):
            advice = f"Write the field below it: `voiceName: {_EXAMPLE}`."
            self._refuse(
                self._entry.find_place("ignore"), f"`ignore` takes a mapping of fields, not {name_node(node)}", advice
            )
            return ()
        return tuple(self._read_each(node))

    def _read_each(self, node: dict[str, Node]) -> Iterator[Exemption]:
        places = self._entry.document.places
        for name, value in node.items():
            path = tuple(name.split("."))
            at = places.of_key(node, name)
            if self._accept(name, path, at) and self._accept_form(name, value, places.of_value(node, name)):
                reason, until = self._read_reason(name, value, at), self._read_until(name, value, at)
                if reason and until:
                    yield Exemption(path, reason, until, self._entry.document.source.locate(at))

    def _accept(self, name: str, path: FieldPath, at: Place) -> bool:
        if pick(self._spec, path) is MISSING:
            advice = suggest(name, self._spec) or "Only what git declares can differ from it."
            self._refuse(at, f"{quote(name)} is not declared under `spec`, so there is nothing to ignore", advice)
        elif path[0] in self._resource_type.companions:
            advice = "Declare the value that is live instead."
            self._refuse(at, f"{quote(name)} is sent with every change, so it cannot be left alone", advice)
        else:
            return True
        return False

    def _accept_form(self, name: str, value: Node, at: Place) -> bool:
        if not isinstance(value, dict):
            self._refuse(
                at, f"`{name}` takes a reason and a day, not {name_node(value)}", f"Write `{name}: {_EXAMPLE}`."
            )
            return False
        for key in value:
            if key not in IGNORE_KEYS:
                place = self._entry.document.places.of_key(value, key)
                self._refuse(place, f"`{name}` has no key {quote(key)}", suggest(key, IGNORE_KEYS))
        return True

    def _read_reason(self, name: str, value: dict[str, Node], at: Place) -> str:
        reason = value.get("reason")
        if isinstance(reason, str) and not is_null(reason) and reason.strip():
            return str(reason)
        self._refuse(self._find(value, "reason", at), f"`{name}` does not say why it is ignored", "Add `reason:`.")
        return ""

    def _read_until(self, name: str, value: dict[str, Node], at: Place) -> str:
        until = value.get("until")
        if isinstance(until, str) and _DAY.fullmatch(until):
            try:
                return date.fromisoformat(until).isoformat()
            except ValueError:
                pass
        what = f"`{name}` does not say until when it is ignored"
        if isinstance(until, str) and not is_null(until):
            what = f"{quote(until)} is no day"
        self._refuse(self._find(value, "until", at), what, "Add `until:` with a day such as 2026-12-15.")
        return ""

    def _find(self, value: dict[str, Node], key: str, otherwise: Place) -> Place:
        return self._entry.document.places.of_value(value, key) if key in value else otherwise

    def _refuse(self, place: Place, message: str, advice: str) -> None:
        source, address = self._entry.document.source, self._entry.address
        self._findings.report("bad-ignore", message, source=source, place=place, advice=advice, address=address)
