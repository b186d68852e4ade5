"""Expand YAML aliases into values of their own, within a budget for the whole file."""

from __future__ import annotations

from typing import Final

from reconciler.config.text.positions import Node, Places

MAX_DEPTH: Final = 64
MAX_ALIAS_VALUES: Final = 200_000
MAX_ALIAS_CHARACTERS: Final = 20_000_000


class ExpansionError(Exception):
    """The aliases of a file expand too far; the arguments are those of a diagnostic."""

    def __init__(self, code: str, message: str, advice: str) -> None:
        super().__init__(message)
        self.code = code
        self.advice = advice


class Expander:
    """Copy aliased values: each use is converted in place later, as the schema of its own place says."""

    __slots__ = ("_characters", "_places", "_values")

    def __init__(self, places: Places) -> None:
        self._places = places
        self._values = self._characters = 0

    def copy(self, node: Node, *, depth: int) -> Node:
        """Return a copy of a value that will stand at a depth; raise ExpansionError."""
        self._spend(1, len(node) if isinstance(node, str) else 0)
        if not isinstance(node, dict | list):
            return node
        if depth >= MAX_DEPTH:
            raise refuse_depth()
        twin: Node
        if isinstance(node, dict):
            self._spend(0, sum(map(len, node)))
            twin = {key: self.copy(value, depth=depth + 1) for key, value in node.items()}
        else:
            twin = [self.copy(value, depth=depth + 1) for value in node]
        self._places.share(node, twin)
        return twin

    def _spend(self, values: int, characters: int) -> None:
        self._values += values
        self._characters += characters
        if self._values > MAX_ALIAS_VALUES or self._characters > MAX_ALIAS_CHARACTERS:
            bounds = f"{MAX_ALIAS_VALUES:,} values or {MAX_ALIAS_CHARACTERS:,} characters"
            message = f"the aliases of this file expand to more than {bounds}"
            raise ExpansionError("alias-limit", message, "Write the values out.")


def refuse_depth() -> ExpansionError:
    """Make the error for a file that nests too deep."""
    return ExpansionError("nested-too-deep", f"the file nests more than {MAX_DEPTH} levels deep", "Write it flatter.")
