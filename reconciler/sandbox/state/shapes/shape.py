"""Say what a row of a seed may hold, and what grows where it says nothing."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

_NAMESPACE = uuid.UUID("6f9619ff-8b86-4d01-b42d-00c04fc964ff")
_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)

Default = Callable[[str, int], object]


@dataclass(frozen=True, slots=True)
class Shape:
    """Say what the rows of one collection look like.

    `defaults` are made from the key of a row and its place, so that the same seed always grows the same world;
    `by_type` adds those of one branch of a union. Rows with an `owner` stand under the id of the object that they
    belong to, which becomes that field.
    """

    key: str
    required: Mapping[str, str]
    optional: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, Default] = field(default_factory=dict)
    by_type: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    owner: str = ""
    closed: bool = True


def always(value: object) -> Default:
    """Grow one value everywhere."""
    return lambda _key, _place: value


def same_as_key(key: str, _place: int) -> object:
    """Grow the key of the row."""
    return key


def identify(path: str) -> str:
    """Return the id that always belongs to a path."""
    return str(uuid.uuid5(_NAMESPACE, path))


def identify_as(kind: str) -> Default:
    """Grow an id of its own for each key."""
    return lambda key, _place: identify(f"{kind}/{key}")


def date(_key: str, place: int) -> str:
    """Grow a moment, later with each row."""
    return write_moment(_EPOCH + timedelta(minutes=place))


def write_moment(moment: datetime) -> str:
    """Write a moment as the vendors do."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


USER = identify("user")
