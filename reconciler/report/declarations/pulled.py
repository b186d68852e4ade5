"""Write live objects as a YAML file that the tool accepts as it is."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reconciler.config.environments.overlays import ABSENT
from reconciler.config.text.writing import write_entries, write_flat, write_key
from reconciler.model.paths import Json
from reconciler.report.escape import escape_terminal

_WIDTH = 100
_LONG = 10
"""From how many lines on resources stand apart, with an empty line between them."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """One live object as a resource: what is declared, and remarks for people."""

    kind: str
    name: str
    body: Mapping[str, Json]
    """account, id and the like, without `spec`."""
    spec: Mapping[str, Json]
    title: str = ""
    remarks: tuple[str, ...] = ()
    inert: bool = False
    """Whether `spec` is written as a comment: it cannot be declared as it is."""
    account: str = ""
    group: str = ""
    """What the vendor lists the object under: PolyAI's agent."""
    about: tuple[str, ...] = ()
    """Remarks that hold for all objects of its type."""


@dataclass(frozen=True, slots=True)
class PulledKind:
    """The objects of one kind."""

    kind: str
    resources: tuple[Pulled, ...]

    @property
    def remarks(self) -> tuple[str, ...]:
        """List what holds for all objects of a type, once."""
        return tuple(dict.fromkeys(remark for each in self.resources for remark in each.about))


def render_pulled(kinds: Iterable[PulledKind], *, remarks: Iterable[str] = (), account: str = "") -> str:
    """Return the file; with an account at its top where one is given. Whatever vendors say stands in quotes, in a block or on one line of comment."""
    lines = [line for remark in remarks for line in _comment_on(remark)]
    lines += [f"account: {write_key(account)}"] if account else []
    for pulled in kinds:
        lines += ["", *_render_kind(pulled)] if lines else _render_kind(pulled)
    return "\n".join(lines) + "\n"


def render_laid(kinds: Iterable[PulledKind], absent: Iterable[str] = ()) -> list[str]:
    """Return the lines of `resources:` in an environment's file, indented by two: by address, what is different there."""
    lines: list[str] = []
    for pulled in kinds:
        lines += [line for remark in pulled.remarks for line in _comment_on(remark, indent=2)]
        for resource in pulled.resources:
            lines += _render_resource(resource, key=f"{resource.kind}.{resource.name}")
    return [*lines, *(f"  {write_key(address)}: {ABSENT}" for address in absent)]


def _render_kind(pulled: PulledKind) -> Iterator[str]:
    yield f"{write_key(pulled.kind)}:"
    for remark in pulled.remarks:
        yield from _comment_on(remark, indent=2)
    resources = [list(_render_resource(resource, key=resource.name)) for resource in pulled.resources]
    apart = any(len(lines) > _LONG for lines in resources)
    for place, lines in enumerate(resources):
        yield from ["", *lines] if apart and place else lines


def _render_resource(pulled: Pulled, *, key: str) -> Iterator[str]:
    title = f" # {escape_terminal(pulled.title)}" if pulled.title else ""
    yield f"  {write_key(key)}:{title}"
    for name, value in pulled.body.items():
        yield from _render_id(name, value) if isinstance(value, Mapping) else write_entries({name: value}, indent=4)
    for remark in pulled.remarks:
        yield from _comment_on(remark, indent=4)
    spec = list(write_entries({"spec": pulled.spec}, indent=4)) if pulled.spec else []
    yield from (f"    # {line[4:]}".rstrip() for line in spec) if pulled.inert else spec


def _render_id(key: str, parts: Mapping[str, Json]) -> Iterator[str]:
    """Write an id of several parts on one line where it fits, as people do."""
    line = f"    {key}: {write_flat(parts)}"
    yield from [line] if len(line) <= _WIDTH else write_entries({key: parts}, indent=4)


def _comment_on(text: str, *, indent: int = 0) -> Iterator[str]:
    """Write a remark as lines of comment; what could end a line in some YAML is escaped first."""
    lines = textwrap.wrap(escape_terminal(text), _WIDTH, break_long_words=False, break_on_hyphens=False)
    return (f"{' ' * indent}# {line}" for line in lines)
