"""Read one mapping of settings: every mistake becomes a finding with a place, and the setting counts as left out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reconciler.config.findings import Findings
from reconciler.config.suggest import list_names, suggest
from reconciler.config.text.positions import Document, Node, Plain
from reconciler.config.text.source import START, Place, quote
from reconciler.config.values.scalars import NULLS, WrongTypeError, convert_scalar
from reconciler.model.paths import Json


def is_null(value: Node) -> bool:
    """Tell whether nothing was written, or null without quotes."""
    return value is None or (type(value) is Plain and value in NULLS)


def name_node(value: Node) -> str:
    """Name what a value is, for people."""
    if is_null(value):
        return "nothing"
    return "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, list) else "text"


@dataclass(frozen=True, slots=True)
class Section:
    """A mapping and where it stands; `title` names it in messages."""

    document: Document
    findings: Findings
    node: dict[str, Node]
    title: str

    def refuse(self, key: str, code: str, message: str, advice: str = "", *, excerpt: str | None = None) -> None:
        """Report a problem at the value of a key, or at the start of the file where the key was not written."""
        place = self.document.places.of_value(self.node, key) if key in self.node else START
        self._report(place, code, message, advice, excerpt)

    def refuse_key(self, key: str, code: str, message: str, advice: str = "") -> None:
        """Report a problem at a key."""
        self._report(self.document.places.of_key(self.node, key), code, message, advice)

    def _report(self, place: Place, code: str, message: str, advice: str, excerpt: str | None = None) -> None:
        source = self.document.source
        self.findings.report(code, message, source=source, place=place, advice=advice, excerpt=excerpt)

    def check_keys(self, known: Iterable[str], *, code: str = "unknown-key", more: str = "") -> None:
        """Report every key that is not known, naming the nearest known one."""
        names = list(known)
        for key in self.node:
            if key not in names:
                message = f"{self.title} has no key {quote(key)}"
                place = self.document.places.of_key(self.node, key)
                self._report(place, code, message, f"{suggest(key, names)} {more}".strip())

    def holds(self, key: str) -> bool:
        """Tell whether a setting is there; an empty one counts as left out."""
        return key in self.node and not is_null(self.node[key])

    def text(self, key: str) -> str | None:
        """Return a setting of text, exactly as written."""
        if not self.holds(key):
            return None
        value = self.node[key]
        if isinstance(value, str):
            return str(value)
        self.refuse(key, "bad-setting", f"`{key}` takes text, not {name_node(value)}")
        return None

    def choose(self, key: str, allowed: Iterable[str]) -> str | None:
        """Return a setting that takes one of a few words."""
        names = list(allowed)
        value = self.text(key)
        if value is not None and value not in names:
            advice = suggest(value, names) or f"Known: {list_names(names)}."
            self.refuse(key, "bad-setting", f"`{key}` does not take {quote(value)}", advice)
            return None
        return value

    def integer(self, key: str, *, low: int, high: float = math.inf, code: str = "bad-setting") -> int | None:
        """Return a setting that is a whole number within bounds."""
        value = self._number(key, frozenset({"integer"}), low, high, code)
        return value if isinstance(value, int) else None

    def number(self, key: str, *, low: float, high: float) -> float | None:
        """Return a setting that is a number within bounds."""
        value = self._number(key, frozenset({"number"}), low, high, "bad-setting")
        return None if value is None else float(value)

    def _number(self, key: str, types: frozenset[str], low: float, high: float, code: str) -> Json:
        if not self.holds(key):
            return None
        value: Node = self.node[key]
        kind = "whole number" if "integer" in types else "number"
        bounds = f"a {kind} of {low:g} or more" if math.isinf(high) else f"a {kind} from {low:g} to {high:g}"
        try:
            number = convert_scalar(value, types) if type(value) is Plain else None
        except WrongTypeError:
            number = None
        if number is None or not low <= number <= high:
            self.refuse(key, code, f"`{key}` takes {bounds}", f"Write {bounds} without quotes.")
            return None
        return float(number) if isinstance(number, float) else int(number)

    def section(self, key: str, title: str, *, code: str = "bad-setting") -> Section | None:
        """Return a nested mapping; None where it is left out or empty."""
        if not self.holds(key):
            return None
        value = self.node[key]
        if isinstance(value, dict):
            return Section(self.document, self.findings, value, title)
        self.refuse(key, code, f"`{key}` takes a mapping, not {name_node(value)}")
        return None

    def texts(self, key: str) -> Iterator[str]:
        """Return a setting that is a list of texts."""
        if not self.holds(key):
            return
        value = self.node[key]
        if not isinstance(value, list):
            self.refuse(
                key,
                "bad-setting",
                f"`{key}` takes a list, not {name_node(value)}",
                "Write one entry a line, each after `- `.",
            )
            return
        for entry in value:
            if isinstance(entry, str) and entry:
                yield str(entry)
            else:
                self.refuse(key, "bad-setting", f"`{key}` takes a list of texts, not of {name_node(entry)}")


def read_section(document: Document, *, findings: Findings, title: str) -> Section | None:
    """Return the top of a file as a section; an empty file is an empty one; anything but a mapping is reported."""
    root: Node = document.root
    if is_null(root):
        return Section(document, findings, {}, title)
    if isinstance(root, dict):
        return Section(document, findings, root, title)
    message = f"{title} is not a mapping but {name_node(root)}"
    findings.report(
        "bad-document",
        message,
        source=document.source,
        place=START,
        advice="Write `key: value` lines; see `reconciler init`.",
    )
    return None
