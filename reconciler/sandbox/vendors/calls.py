"""Say what a vendor's counter gets to see of a request, and how it says no."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import parse_qsl

from starlette.responses import Response

from reconciler.sandbox.state.world import Document


class Refusal(Exception):  # noqa: N818 - an answer like others, not a fault of the sandbox
    """An answer that is an error of the vendor's; the vendor gives it its shape."""

    def __init__(self, status: int, message: str | list[str], *, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code


class Lost(Exception):  # noqa: N818
    """A path or method that the vendor does not know."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request, parsed and authenticated."""

    method: str
    path: str
    query: str
    body: object
    region: str | None
    places: Mapping[str, str] = field(default_factory=dict)
    grant: Document = field(default_factory=dict)

    @property
    def scope(self) -> str:
        """Name the world that the key of this call opens."""
        return str(self.grant.get("scope", ""))

    def pairs(self) -> list[tuple[str, str]]:
        """Return the query decoded as forms are: a raw plus is a space."""
        return parse_qsl(self.query, keep_blank_values=True)

    def find(self, name: str) -> str | None:
        """Return the first value of a query parameter."""
        return next((value for key, value in self.pairs() if key == name), None)

    def find_all(self, name: str) -> list[str]:
        """Return all values of a query parameter, in either wire form: `ids=a` and `ids[]=a`."""
        return [value for key, value in self.pairs() if key in {name, f"{name}[]"}]


Act = Callable[[Call], Response]
Way = tuple[str, str, Act]


class Vendor(Protocol):
    """One vendor's counter: its ways, whom it lets in, and how its errors look."""

    provider: str
    is_strict: bool
    """Whether a path with a slash at its end is another path."""

    def ways(self) -> Sequence[Way]:
        """Return method, path and function of every call that the sandbox answers."""

    def dangers(self) -> Sequence[tuple[str, str]]:
        """Return method and path of every call that acts for real at the vendor."""

    def admit(self, headers: Mapping[str, str], region: str | None) -> Document:
        """Return what the key of a request may do; raises Refusal."""

    def is_open(self, path: str) -> bool:
        """Tell whether a path needs no key."""

    def refuse(self, refusal: Refusal) -> Response:
        """Give an error the vendor's shape."""

    def get_lost(self, method: str, path: str) -> Response:
        """Answer a path or method that does not exist here."""
