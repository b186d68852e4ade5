"""Lay the `resources:` of an environment over what the project declares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from reconciler.config.entry import Entry
from reconciler.config.environments.layers import Layers
from reconciler.config.settings.section import Section, is_null, name_node
from reconciler.config.suggest import suggest
from reconciler.config.text.aliases import MAX_DEPTH
from reconciler.config.text.positions import Node
from reconciler.config.text.source import quote

ABSENT: Final = "absent"
"""What stands in place of a resource that a world does not have."""

_DEPTHS: Final = {"spec": MAX_DEPTH, "ignore": 1}
"""How many levels of a mapping of a resource are laid key by key; everything else counts whole."""
_RIVALS: Final = {"id": "match", "match": "id"}


class Overlays:
    """What one environment says of resources, by address; without an environment nothing."""

    def __init__(self, section: Section | None = None, *, kinds: Sequence[str] = ()) -> None:
        self._section = section
        self._kinds = kinds
        self._left = dict(section.node) if section else {}
        self._met: list[str] = []

    def lay(self, entry: Entry) -> Entry | None:
        """Return a resource as it is in this environment; None where it is absent there."""
        self._met.append(entry.address)
        if not self._section or entry.address not in self._left:
            return entry
        body = self._left.pop(entry.address)
        if body == ABSENT:
            return None
        if is_null(body):
            return entry
        if not isinstance(body, dict):
            self._refuse_body(entry.address, body)
            return entry
        layers = Layers(entry.document, self._section.document)
        return Entry(layers.document, entry.kind, entry.name, _lay_body(layers, entry.body, body), entry.place)

    def list_own(self) -> Iterator[Entry]:
        """Yield the resources that only this environment has; call it when all others were laid."""
        for address, body in self._left.items():
            kind, _, name = address.partition(".")
            if self._accept(address, kind, name, body) and self._section:
                document = self._section.document
                yield Entry(document, kind, name, body, document.places.of_key(self._section.node, address))

    def _accept(self, address: str, kind: str, name: str, body: Node) -> bool:
        if kind not in self._kinds or not name:
            advice = suggest(kind, self._kinds) if name else "Write kind and name: `numbers.front-desk`."
            self._refuse(address, "unknown-kind", f"{quote(address)} is no address of a resource", advice)
        elif body == ABSENT or is_null(body) or not isinstance(body, dict):
            if body == ABSENT or is_null(body):
                message = f"{address} is not declared, so there is nothing to lay this over"
                self._refuse(address, "overlay-unknown", message, suggest(address, self._met))
            else:
                self._refuse_body(address, body)
        elif "id" not in body and "match" not in body:
            message = f"{address} is not declared outside of this environment, and has neither `id` nor `match` here"
            self._refuse(address, "overlay-unknown", message, suggest(address, self._met) or "Add `id:`.")
        else:
            return True
        return False

    def _refuse_body(self, address: str, body: Node) -> None:
        message = f"a resource of an environment takes a mapping or `{ABSENT}`, not {name_node(body)}"
        advice = f"Write what differs, such as `spec:`, below the address, or `{address}: {ABSENT}`."
        self._refuse(address, "bad-document", message, advice)

    def _refuse(self, address: str, code: str, message: str, advice: str) -> None:
        if self._section:
            self._section.refuse_key(address, code, message, advice)


def _lay_body(layers: Layers, below: dict[str, Node], above: dict[str, Node]) -> dict[str, Node]:
    """Lay one resource over another: `id` in one replaces `match` in the other."""
    unsaid = {key for key, value in above.items() if is_null(value)}
    dropped = {_RIVALS[key] for key in above.keys() & _RIVALS.keys() - unsaid}
    return layers.lay(below, above, depths=_DEPTHS, dropped=dropped - above.keys(), unsaid=unsaid)
