"""Add entries to a section of a file that people write: behind the last one there, or in a new section at the end."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.config.edit.nodes import Entries, Node, Scalar, compose, end_line, start_line


def add_entries(text: str, section: str, lines: Sequence[str]) -> str | None:
    """Return the text with lines put at the end of a top-level mapping; None where that is not written on lines.

    The lines come indented by two, and take the indentation of the entries that are there. Outside of them nothing changes.
    """
    root = compose(text)
    if root is not None and not (isinstance(root, Entries) and not root.flow):
        return None
    key, node = _find(root, section)
    if key is None or node is None:
        return _insert(text, len(text), [f"{section}:", *lines])
    if isinstance(node, Entries) and not node.flow:
        first = node.entries[0][0].start
        return _insert(text, _behind(text, node), _indent(lines, first - start_line(text, first)))
    empty = isinstance(node, Scalar) and node.start == node.end
    return _insert(text, end_line(text, key.end), list(lines)) if empty else None


def _find(root: Node | None, section: str) -> tuple[Scalar | None, Node | None]:
    entries = root.entries if isinstance(root, Entries) else ()
    return next(((key, node) for key, node in entries if key.value == section), (None, None))


def _behind(text: str, node: Node) -> int:
    """Return where the line behind a value starts."""
    return node.end if text[node.end - 1] == "\n" else end_line(text, node.end)


def _indent(lines: Sequence[str], column: int) -> list[str]:
    return [f"{' ' * (column - 2)}{line}" if line and column > 2 else line[2 - min(column, 2) :] for line in lines]  # noqa: PLR2004 - as they come


def _insert(text: str, offset: int, lines: Sequence[str]) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    torn = newline if offset and text[offset - 1] != "\n" else ""
    return f"{text[:offset]}{torn}{newline.join(lines)}{newline}{text[offset:]}"
