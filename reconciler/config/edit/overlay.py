"""Write values into the file of an environment, which may not speak of the resource, or of any, yet."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

from reconciler.config.edit.files import Edit, Edited, edit_text, read_value
from reconciler.config.edit.nodes import compose
from reconciler.config.edit.sources import find_node
from reconciler.config.text.writing import write_entries
from reconciler.config.values.scalars import WrongTypeError
from reconciler.config.values.shapes import ANY, Shape
from reconciler.model.paths import Json


def lay_into(text: str, edits: Sequence[Edit]) -> Edited:
    """Write values that the file holds in place, and add the keys that lead to the others."""
    root = compose(text)
    held = [edit for edit in edits if find_node(root, edit.path) is not None]
    added = [edit for edit in edits if edit not in held]
    edited = edit_text(text, held)
    if not added:
        return edited
    root = compose(edited.text)
    if root is None:
        whole: dict[str, Json] = {}
        for edit in added:
            _put(whole, edit.path, edit.new)
        lines = "\n".join(write_entries(whole)) + "\n"
        return Edited(edited.text + lines, edited.left)
    shape = _build_shape(added)
    try:
        old = read_value(root, shape)
    except (WrongTypeError, KeyError):
        reason = "the environment's file holds an alias or a value that cannot be edited around"
        return Edited(edited.text, (*edited.left, *((edit, reason) for edit in added)))
    new = copy.deepcopy(old)
    for edit in added:
        _put(new, edit.path, edit.new)
    laid = edit_text(edited.text, [Edit((), old, new, shape)])
    return Edited(laid.text, (*edited.left, *((edit, reason) for _, reason in laid.left for edit in added)))


def _put(tree: dict[str, Json], path: tuple[str, ...], value: Json) -> None:
    for key in path[:-1]:
        below = tree.get(key)
        tree[key] = tree = below if isinstance(below, dict) else {}
    tree[path[-1]] = value


def _build_shape(edits: Sequence[Edit]) -> Shape:
    """Return the shape of a file whose only known places are those of the edits."""
    tree: dict[str, Json] = {}
    for edit in edits:
        _put(tree, edit.path, edit.shape)
    return _nest(tree)


def _nest(tree: Mapping[str, Json]) -> Shape:
    return Shape(fields={key: _nest(each) if isinstance(each, dict) else each for key, each in tree.items()}, extra=ANY)
