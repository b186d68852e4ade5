"""Find the values of a spec that a schema says something about, wherever they stand: below keys and in the elements of lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Final, Literal, TypeAlias

from reconciler.model.field import Field
from reconciler.model.paths import Json

Step: TypeAlias = "str | Literal[_Each.EACH]"
Pattern: TypeAlias = tuple[Step, ...]
"""A path to fields: keys, and `EACH` for every element of a list or every key that has no name of its own."""


class _Each(Enum):
    EACH = "each"


EACH: Final = _Each.EACH


def find_marked(
    fields: Mapping[str, Field], wanted: Callable[[Field], bool], above: Pattern = ()
) -> Iterator[tuple[Pattern, Field]]:
    """Yield the fields that are wanted, at any depth, and how to get there."""
    for name, known in fields.items():
        yield from _find_below(known, wanted, (*above, name))


def _find_below(known: Field, wanted: Callable[[Field], bool], path: Pattern) -> Iterator[tuple[Pattern, Field]]:
    if wanted(known):
        yield path, known
    yield from find_marked(known.fields, wanted, path)
    for unnamed in (known.entries, known.rest):
        if unnamed is not None and unnamed.name == "" and unnamed.schema:
            yield from _find_below(unnamed, wanted, (*path, EACH))


def pick_each(
    value: Json, pattern: Pattern, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], Json]]:
    """Yield the values of a spec that a pattern leads to, with their own paths."""
    if not pattern:
        yield path, value
        return
    step, rest = pattern[0], pattern[1:]
    if not rest and type(value) is dict and step is not EACH:
        if step in value:
            yield (*path, step), value[step]
        return
    if step is EACH:
        inner: Iterator[tuple[str | int, Json]] = iter(())
        if isinstance(value, list):
            inner = iter(enumerate(value))
        elif isinstance(value, Mapping):
            inner = iter(value.items())
        for key, part in inner:
            yield from pick_each(part, rest, (*path, key))
    elif isinstance(value, Mapping) and step in value:
        yield from pick_each(value[step], rest, (*path, step))
