"""Lay a mapping of one file over a mapping of another; each key and value keeps the place where it was written."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Mapping
from typing import Final

from reconciler.config.settings.section import Section
from reconciler.config.text.aliases import MAX_DEPTH
from reconciler.config.text.positions import Document, Node, Places
from reconciler.config.text.source import Place, Source
from reconciler.model.diagnostic import Location

_UPPER: Final[Place] = 1 << 60
"""Marks a place of the upper file: no file has so many lines."""


class _LayeredSource(Source):
    """Two files as one: a place says which of them it is in."""

    __slots__ = ("_lower", "_upper")

    def __init__(self, lower: Source, upper: Source) -> None:
        super().__init__(lower.file)
        self._lower, self._upper = lower, upper

    def locate(self, place: Place) -> Location:
        """Return the place as a location in its own file."""
        return self._upper.locate(place ^ _UPPER) if place & _UPPER else self._lower.locate(place)

    def excerpt(self, place: Place) -> str:
        """Return the line at a place of its own file."""
        return self._upper.excerpt(place ^ _UPPER) if place & _UPPER else self._lower.excerpt(place)


class Layers:
    """One document over another. What was laid is found in `document`, whose root stays that of the lower one."""

    def __init__(self, lower: Document, upper: Document) -> None:
        self._lower, self._upper = lower.places, upper.places
        self._places = Places({}, array("Q"))
        self.document = Document(_LayeredSource(lower.source, upper.source), lower.root, self._places)

    def lay(
        self,
        below: dict[str, Node],
        above: dict[str, Node],
        *,
        depths: int | Mapping[str, int],
        dropped: Collection[str] = (),
        unsaid: Collection[str] = (),
    ) -> dict[str, Node]:
        """Return a mapping with the keys of both; where both have one, what stands above counts.

        `depths` says how many levels of a mapping, or of the mappings by key, are laid in the same way instead of whole.
        `dropped` are keys of below, and `unsaid` of above, that are passed over.
        """
        merged: dict[str, Node] = {}
        marks: list[Place] = []
        lower, upper = _pair(self._lower, below, 0), _pair(self._upper, above, _UPPER)
        said = [key for key in above if key not in unsaid]
        for key in (*(key for key in below if key not in dropped), *(key for key in said if key not in below)):
            depth = depths - 1 if isinstance(depths, int) else depths.get(key, 0)
            if key in said and depth > 0 and isinstance(below.get(key), dict) and isinstance(above[key], dict):
                merged[key] = self.lay(below[key], above[key], depths=depth)
                marks += lower[key]
            elif key in said:
                merged[key] = self._adopt(above[key], self._upper, _UPPER)
                marks += upper[key]
            else:
                merged[key] = self._adopt(below[key], self._lower, 0)
                marks += lower[key]
        self._places.keep(merged, marks)
        return merged

    def _adopt(self, node: Node, places: Places, layer: Place) -> Node:
        """Take a value over as it is, with the places of all that lies in it."""
        if isinstance(node, dict):
            self._places.keep(node, [place | layer for place in places.of_mapping(node)])
            for value in node.values():
                self._adopt(value, places, layer)
        elif isinstance(node, list):
            start = places.start_of(node)
            self._places.keep(node, [place | layer for place in places.table[start : start + len(node)]])
            for value in node:
                self._adopt(value, places, layer)
        return node


def lay_section(below: Section | None, above: Section | None) -> Section | None:
    """Return settings with those of an environment laid over them, key by key at every depth."""
    if not below or not above:
        return below or above
    layers = Layers(below.document, above.document)
    node = layers.lay(below.node, above.node, depths=MAX_DEPTH)
    return Section(layers.document, below.findings, node, below.title)


def _pair(places: Places, node: dict[str, Node], layer: Place) -> dict[str, tuple[Place, Place]]:
    """Return the places of each key and its value."""
    marks = [place | layer for place in places.of_mapping(node)]
    return dict(zip(node, zip(marks[::2], marks[1::2], strict=True), strict=True))
