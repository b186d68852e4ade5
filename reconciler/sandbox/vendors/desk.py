"""Commit and page for one vendor, honestly or as the vices say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.sandbox.state.world import Danger, Document, World
from reconciler.sandbox.trouble.dial import Dial, Page
from reconciler.sandbox.trouble.switches import Switches


@dataclass(frozen=True, slots=True)
class Desk:
    """Join what a vendor needs to do its work, for the holder of one key."""

    provider: str
    world: World
    switches: Switches
    dial: Dial
    scope: str = ""

    def at(self, scope: str) -> "Desk":
        """Return the desk of the account that a key opens."""
        return replace(self, scope=scope)

    def rows(self, collection: str) -> list[Document]:
        """Return all documents of a collection of this vendor."""
        return self.world.rows(self.provider, collection, scope=self.scope)

    def find(self, collection: str, key: object) -> Document | None:
        """Return one document of this vendor, None where there is none."""
        return self.world.find(self.provider, collection, key, scope=self.scope) if isinstance(key, str) else None

    def has(self, vice: str) -> bool:
        """Tell whether a vice without a counter is on for this vendor."""
        return self.dial.has(vice, self.provider)

    def is_set(self, switch: str, position: str) -> bool:
        """Tell whether a switch is in a position."""
        return self.switches.get(switch) == position

    def commit(
        self, collection: str, key: str, fields: Mapping[str, object], *, writable: Mapping[str, object]
    ) -> Document:
        """Write fields into a document and return what the vendor says it is now.

        `writable` gives the value that each field falls back to where a vice wipes what the body leaves out.
        """
        before = self.world.read(self.provider, collection, key, scope=self.scope)
        wanted = self.dial.bend(self.provider, before, fields, writable)
        if wanted is None:
            return {**before, **fields}
        return self.world.edit(self.provider, collection, key, wanted, scope=self.scope)

    def note_danger(self, method: str, what: str) -> None:
        """Remember a request that did, or would have done, what nobody may do."""
        self.world.dangers.append(Danger(self.provider, method, what))

    def cut(self, rows: Sequence[Document], start: int, size: int) -> Page:
        """Return the rows from `start` on, `size` at most."""
        return self.dial.cut(self.provider, rows, start, size)
