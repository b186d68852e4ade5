"""Find references in values as they are read, and keep them until all resources of the project are known.

`${kind.name.field}` is a reference where `kind` is a kind of resource, or where three words stand between dots and the first is not
one of ours. Text around it is expanded at once, and what was put in is not looked at again.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from reconciler.config.text.positions import Node
from reconciler.config.text.source import Place, Source
from reconciler.config.values.interpolate import Interpolator
from reconciler.model.paths import FieldPath
from reconciler.model.reference import Section, Template
from reconciler.model.resource_type import IdentityPart

if TYPE_CHECKING:
    from reconciler.config.values.validate import SpecCheck

_TOKEN: Final = re.compile(r"\$\$\{|\$\{([^{}]*)\}")
_SHAPE: Final = re.compile(r"[A-Za-z_]\w*\.[A-Za-z0-9][\w.-]*\.[A-Za-z_]\w*")
_OURS: Final = frozenset({"env", "secret", "var"})


@dataclass(frozen=True, slots=True)
class Mention:
    """A reference as written, without its `${` and `}`."""

    text: str


Parts: TypeAlias = "tuple[str | Mention, ...]"


@dataclass(slots=True, eq=False)
class Draft:
    """A value with references, not yet linked. It stands in `holder` at `key`, where null keeps its place until then."""

    section: Section
    path: FieldPath
    parts: Parts
    types: frozenset[str]
    source: Source
    place: Place
    holder: Node
    key: str | int
    template: Template | None = None

    @property
    def lone(self) -> bool:
        """Tell whether it is one reference and nothing else."""
        return len(self.parts) == 1


@dataclass(slots=True, eq=False)
class Unlinked:
    """What one resource leaves to be done when all resources are known.

    `keys` are those of an `id` or `match` that holds drafts, `check` looks at a `spec` that does.
    """

    address: str
    drafts: list[Draft] = field(default_factory=list)
    check: SpecCheck | None = None
    section: Section = "id"
    keys: tuple[tuple[str, str | Draft], ...] = ()
    identity_parts: Mapping[str, IdentityPart] = field(default_factory=dict)


class MentionReader:
    """Tell references from the other things that stand in `${...}`."""

    __slots__ = ("_interpolator", "_kinds")

    def __init__(self, kinds: Collection[str], interpolator: Interpolator) -> None:
        self._kinds = frozenset(kinds)
        self._interpolator = interpolator

    def read(self, text: str) -> Parts | None:
        """Return text and references in turn, None where no reference occurs; raise InterpolationError."""
        found = [token for token in _TOKEN.finditer(text) if token[1] and self._is_reference(token[1].strip())]
        return tuple(self._cut(text, found)) if found else None

    def _is_reference(self, inner: str) -> bool:
        kind, dot, _ = inner.partition(".")
        return bool(dot) and kind not in _OURS and (kind in self._kinds or _SHAPE.fullmatch(inner) is not None)

    def _cut(self, text: str, found: list[re.Match[str]]) -> Iterator[str | Mention]:
        start = 0
        for token in found:
            if token.start() > start:
                yield self._interpolator.expand(text[start : token.start()])
            yield Mention(token[1].strip())
            start = token.end()
        if start < len(text):
            yield self._interpolator.expand(text[start:])
