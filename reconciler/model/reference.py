"""References: values that one resource takes from another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from reconciler.model.diagnostic import Location
from reconciler.model.paths import FieldPath

Section: TypeAlias = Literal["id", "match", "spec"]
"""The part of a declaration that a value stands in."""


@dataclass(frozen=True, slots=True)
class Reference:
    """`${kind.name.field}`: an identity part or a field of another resource, and where that is written.

    Its value is what the other resource declares, else what is live there.
    """

    address: str
    location: Location
    path: FieldPath
    """The field, or what was written for the part of the identity: `id`, or its own name."""
    part: str = ""
    """The identity part that is taken; empty where it is a field."""

    def __str__(self) -> str:
        return f"{self.address}.{'.'.join(self.path)}"


@dataclass(frozen=True, slots=True)
class Template:
    """A value as it was written: text and references in turn. `types` are the JSON types that its place may hold."""

    parts: tuple[str | Reference, ...]
    types: frozenset[str] = frozenset()

    @property
    def references(self) -> tuple[Reference, ...]:
        """List the references in it."""
        return tuple(part for part in self.parts if isinstance(part, Reference))

    @property
    def lone(self) -> bool:
        """Tell whether it is one reference and nothing else: then its value need not be text."""
        return len(self.parts) == 1 and isinstance(self.parts[0], Reference)

    def __str__(self) -> str:
        return "".join(part.replace("${", "$${") if isinstance(part, str) else f"${{{part}}}" for part in self.parts)


@dataclass(frozen=True, slots=True)
class Use:
    """A value of a declaration that holds references. `path` leads to it within its section, through lists too."""

    section: Section
    path: FieldPath
    template: Template
    open: bool = False
    """Whether the declarations alone do not tell it: what is live decides. Then the template stands in its place."""


@dataclass(frozen=True, slots=True)
class Sought:
    """An `id` or `match` that the declarations alone do not tell."""

    section: Section
    keys: tuple[tuple[str, str | Template], ...]

    def __str__(self) -> str:
        return ", ".join(f"{name} {text}" for name, text in self.keys)
