"""Two worlds of one project side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.model.diagnostic import Diagnostic, Location
from reconciler.model.paths import MISSING, FieldPath, Json, Missing


@dataclass(frozen=True, slots=True)
class Side:
    """A field in one world: what git declares and what is live, MISSING where it does not or cannot be told."""

    declared: Json | Missing = MISSING
    live: Json | Missing = MISSING
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that differs between two worlds. `intended` says that git makes it so: an environment lays it over."""

    path: FieldPath
    left: Side
    right: Side
    intended: bool
    secret: bool = False
    astray: bool = False
    """Whether the difference is intended, and what is live in one of the worlds is not what git says there."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a resource is in one world: its account, its id ("" where not known), and why it could not be read."""

    account: str
    identity: str = ""
    trouble: str = ""
    unknown: bool = False
    """Whether it could not be read; a trouble that is known is that it does not exist."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One address in two worlds. A side is None in a world that does not have it, which its environment says."""

    address: str
    left: Place | None
    right: Place | None
    differences: tuple[Difference, ...] = ()

    @property
    def places(self) -> tuple[Place, ...]:
        """List the worlds that have it."""
        return tuple(place for place in (self.left, self.right) if place)

    @property
    def differs(self) -> bool:
        """Tell whether there is anything to say of it."""
        return bool(self.differences) or len(self.places) == 1 or any(place.trouble for place in self.places)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two environments, in order of declaration."""

    environments: tuple[str, str]
    pairs: tuple[Pair, ...]
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def differences(self) -> Iterable[Difference]:
        """List the differences of all resources."""
        return [difference for pair in self.pairs for difference in pair.differences]

    @property
    def astray(self) -> int:
        """Count the intended differences that are live in another way than git says."""
        return sum(difference.astray for difference in self.differences)

    def count(self, *, intended: bool) -> int:
        """Count the differences that are intended, or that are not. That only one world has a resource is intended."""
        fields = sum(difference.intended is intended for difference in self.differences)
        return fields + (sum(len(pair.places) == 1 for pair in self.pairs) if intended else 0)
