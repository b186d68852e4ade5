"""Find out which declared resources are written as taking something from others, and from which."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from reconciler.app.adopt.source_files import SourceFiles
from reconciler.config.edit.nodes import Entries, Items, Node, Scalar, compose
from reconciler.config.edit.sources import find_node
from reconciler.model.project import Declared
from reconciler.report.declarations.pulled import Pulled

_REFERENCE: Final = re.compile(r"\$\{\s*([a-z_]+\.[^{}]+?)\.[^{}.]+\s*\}")


class Takings:
    """What resources of the common files take from each other: address -> field -> addresses."""

    def __init__(self, files: SourceFiles, resources: Iterable[Declared]) -> None:
        roots: dict[str, Node | None] = {}
        self._taken: dict[str, dict[str, frozenset[str]]] = {}
        for each in resources:
            file = each.location.file
            if file not in roots:
                roots[file] = compose(files.yaml[file])
            spec = find_node(roots[file], (each.kind, each.address.partition(".")[2], "spec"))
            entries = spec.entries if isinstance(spec, Entries) else ()
            self._taken[each.address] = {key.value: frozenset(_list_addresses(value)) for key, value in entries}

    def find_needed(self, absent: Iterable[str], found: Mapping[str, Pulled]) -> Mapping[str, str]:
        """Return what cannot be absent since another resource still takes from it, and which one does.

        A counterpart, one of the `found`, can take another value instead, where it has one.
        """
        left, needed = dict.fromkeys(absent), dict[str, str]()
        while True:
            more = {address: each for each in self._taken for address in self._need(each, left, found)}
            more = {address: taker for address, taker in more.items() if address in left}
            if not more:
                return needed
            needed |= more
            left = {address: None for address in left if address not in more}

    def _need(self, address: str, absent: Mapping[str, None], found: Mapping[str, Pulled]) -> Iterator[str]:
        if address in absent:
            return
        has = found[address].spec if address in found else {}
        for field, taken in self._taken[address].items():
            if field not in has:
                yield from taken

    def fields(self, absent: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """Return by address the fields that take from what is absent."""
        gone = frozenset(absent)
        return {
            address: frozenset(field for field, named in taken.items() if named & gone)
            for address, taken in self._taken.items()
        }


def _list_addresses(node: Node) -> Iterator[str]:
    stack = [node]
    while stack:
        each = stack.pop()
        if isinstance(each, Scalar):
            yield from _REFERENCE.findall(each.value)
        elif isinstance(each, Entries):
            stack += [value for _, value in each.entries]
        elif isinstance(each, Items):
            stack += each.elements
