"""The requests of one resource type, as its schema names them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from reconciler.model.paths import FieldPath

Query: TypeAlias = tuple[tuple[str, str], ...]
"""Names and values in order; a name may repeat (`sort=createdAt&sort=asc`)."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A request: path and query hold `{part}` for identity parts, filled in percent-encoded."""

    method: str
    path: str
    query: Query = ()
    answer: FieldPath = ()
    """Where the object stands in the answer."""


PagingStyle = Literal["none", "offset", "page", "cursor"]


@dataclass(frozen=True, slots=True)
class Paging:
    """How a list is paged.

    `size` is what we ask for a page; `position_parameter` carries offset, page number (from 1) or cursor. `more` and
    `next` point at the vendor's own word on whether there is more; `total` is a hint only, never a reason to stop.
    """

    style: PagingStyle = "none"
    size: int = 0
    size_parameter: str = ""
    position_parameter: str = ""
    more: FieldPath = ()
    next: FieldPath = ()
    total: FieldPath = ()


@dataclass(frozen=True, slots=True)
class ListEndpoint:
    """A request that lists objects. `group` are identity parts the path needs (one list for each value of them)."""

    method: str
    path: str
    query: Query
    items: FieldPath
    paging: Paging
    filters: Mapping[str, str] = field(default_factory=dict)
    """Field -> query parameter that filters exactly and may be repeated."""
    filter_size: int = 50
    """How many values of a filter fit in one request."""
    narrowed_by: Mapping[str, str] = field(default_factory=dict)
    """Query parameters of the vendor's own that make the list shorter -> what each asks for."""
    group: tuple[str, ...] = ()
    complete: bool = True
    """Whether a list that was read to its end proves the absence of what is not in it."""
    single: bool = False
    """Whether the answer is the one object of a group, not a list."""
    closed: bool = False
    """Whether an unknown field in a row means another generation of the API: then nothing is believed."""


@dataclass(frozen=True, slots=True)
class BatchEndpoint:
    """A request that carries several updates of one group; each has its own result, matched by `key`."""

    method: str
    path: str
    updates: str
    key: str
    """The identity part that stands in each entry."""
    results: FieldPath
    success: str
    answer: str
    error: str
    size: int
    group: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NumbersEndpoint:
    """A GET that lists the phone numbers of one group with the object that each reaches, named by `key`."""

    path: str
    items: FieldPath
    number: str
    key: str
    group: tuple[str, ...]
