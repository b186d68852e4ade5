"""One resource as it is written in a file."""

from __future__ import annotations

from dataclasses import dataclass, field

from reconciler.config.text.positions import Document, Node
from reconciler.config.text.source import Place


@dataclass(slots=True)  # not frozen: that would triple the time it takes to make one
class Entry:
    """One resource as written."""

    document: Document
    kind: str
    name: str
    body: Node
    place: Place
    address: str = field(init=False)
    """Kind and name."""

    def __post_init__(self) -> None:
        self.address = f"{self.kind}.{self.name}"

    def find_place(self, key: str) -> Place:
        """Return where the value of a key stands, or the resource where the key was not written."""
        return self.document.places.of_value(self.body, key) if key in self.body else self.place
