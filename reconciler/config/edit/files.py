"""Edit the text of one file: find each value, write the new one over it, and make sure that nothing else changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

from reconciler.config.edit.nodes import Alias, Entries, Items, Node, Scalar, compose, count_aliases
from reconciler.config.edit.replace import Place, Replacer, UnwritableError, apply_replacements, is_equal
from reconciler.config.edit.scalars import write_flow
from reconciler.config.edit.sources import is_interpolated
from reconciler.config.values.scalars import NULLS, WrongTypeError, convert_scalar
from reconciler.config.values.shapes import ANY, Shape
from reconciler.model.paths import Json

Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """A value of a file, named by the keys that lead to it from the top: what it reads as now, and what it shall."""

    path: Path
    old: Json
    new: Json
    shape: Shape = ANY
    named: bool = False
    """Whether a reference may stand there, to be replaced by what names another object."""


@dataclass(frozen=True, slots=True)
class Edited:
    """The new text, and the edits that were left, each with the reason."""

    text: str
    left: tuple[tuple[Edit, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Target:
    """A value found: its node, where it really stands (behind aliases), and how many places read it."""

    node: Node
    place: Place
    path: Path
    readers: int


def edit_text(text: str, edits: Sequence[Edit]) -> Edited:
    """Write the new values of a file that reads without a mistake. What cannot be written alone is left and named.

    A value that several places read through an alias is written where all of them are to change alike. Law: outside the
    values' spans not one character differs, and the file means what it meant, with the new values.
    """
    wanted = [edit for edit in edits if not is_equal(edit.old, edit.new)]
    left: list[tuple[Edit, str]] = []
    edited = _try_all(text, wanted, left)
    if edited is not None:
        return Edited(edited, tuple(left))
    left.clear()
    for edit in wanted:
        # Together they did not come out right: each alone shows which one it is.
        text = _try_all(text, [edit], left) or text
    return Edited(text, tuple(left))


def _try_all(text: str, edits: Sequence[Edit], left: list[tuple[Edit, str]]) -> str | None:
    """Write edits that are sound; None where the outcome is not what was wanted, and `left` then names one edit."""
    root = compose(text)
    replacer, done = Replacer(text), dict[Path, Edit]()
    finder, touched = _Finder(root, replacer), set[Path]()
    for edit, target in _keep_sound([(edit, finder.find(edit.path)) for edit in edits], left):
        touched.add(edit.path)
        if target.path in done:
            continue
        kept, replacer.named = len(replacer.replacements), edit.named
        try:
            replacer.change(target.node, target.place, old=edit.old, new=edit.new, shape=edit.shape)
            done[target.path] = edit
        except UnwritableError as error:
            del replacer.replacements[kept:]
            left.append((edit, str(error)))
    try:
        written = apply_replacements(text, replacer.replacements)
    except UnwritableError:
        written = ""
    if done and not (written and _is_right(root, written, done, frozenset(touched))):
        if len(edits) == 1:
            left.append((edits[0], "this place cannot hold it as the file is written"))
        return None
    return written or text


def _keep_sound(
    found: Sequence[tuple[Edit, _Target | str]], left: list[tuple[Edit, str]]
) -> list[tuple[Edit, _Target]]:
    """Keep edits that were found, and of those behind an anchor the ones that all its readers agree on."""
    wanted = Counter(
        (target.path, write_flow(edit.new, shape=ANY)) for edit, target in found if isinstance(target, _Target)
    )
    sound: list[tuple[Edit, _Target]] = []
    for edit, target in found:
        if isinstance(target, str):
            left.append((edit, target))
        elif wanted[target.path, write_flow(edit.new, shape=ANY)] < target.readers:
            left.append((edit, f"{target.readers} places read it through an alias, and not all of them change so"))
        else:
            sound.append((edit, target))
    return sound


class _Finder:
    """Follow paths through a file, through aliases to where their values stand."""

    def __init__(self, root: Node | None, replacer: Replacer) -> None:
        self._root = root
        self._replacer = replacer
        self._aliases = count_aliases(root)
        self._anchored: dict[str, tuple[Node, Place, Path]] = {}
        if isinstance(root, (Entries, Items)):
            self._note_anchors(root, ())

    def find(self, path: Path) -> _Target | str:
        """Return where a value stands, or why it cannot be found."""
        node, place, readers = self._root, Place(0, 0, flow=False), 1
        at: Path = ()
        for key in path:
            step = self._step(node, key, at)
            if step is None:
                return "the file does not hold it any more"
            node, place, at = step
            anchor = "" if isinstance(node, Alias) else node.anchor
            readers = max(readers, 1 + self._aliases[anchor]) if anchor in self._aliases else readers
        return _Target(node, place, at, readers) if node is not None else "the file is empty"

    def _step(self, node: Node | None, key: str, at: Path) -> tuple[Node, Place, Path] | None:
        """Go to the value of a key; behind an alias, to what it repeats."""
        if not isinstance(node, Entries):
            return None
        found = next((entry for entry in node.entries if entry[0].value == key), None)
        if found is None:
            return None
        name, value = found
        if isinstance(value, Alias):
            return self._anchored.get(value.name)
        return value, self._replacer.place_of(name, flow=node.flow), (*at, key)

    def _note_anchors(self, node: Entries | Items, path: Path) -> None:
        for key, value in _list_below(node):
            if isinstance(value, Alias):
                continue
            if value.anchor and isinstance(key, Scalar):
                place = self._replacer.place_of(key, flow=node.flow)
                self._anchored[value.anchor] = (value, place, (*path, key.value))
            if isinstance(value, (Entries, Items)):
                self._note_anchors(value, (*path, key.value if isinstance(key, Scalar) else str(key)))


def _list_below(node: Entries | Items) -> list[tuple[Scalar | int, Node]]:
    if isinstance(node, Entries):
        return list(node.entries)
    return list(enumerate(node.elements))


def _is_right(root: Node | None, written: str, done: Mapping[Path, Edit], touched: frozenset[Path]) -> bool:
    """Tell whether the new text means the old one with the new values, and nothing else."""
    try:
        now = compose(written)
        unchanged = _outline(root, touched, {}) == _outline(now, touched, {})
    except (yaml.YAMLError, KeyError):
        # A KeyError is an alias whose anchor went with the old value.
        return False
    return unchanged and all(reads_as(_walk(now, path), edit.new, edit.shape) for path, edit in done.items())


def _walk(node: Node | None, path: Path) -> Node | None:
    for key in path:
        node = node.find(key) if isinstance(node, Entries) else None
    return node


def _outline(node: Node | None, without: frozenset[Path], anchors: dict[str, Node], at: Path = ()) -> Any:
    """Return what a file means to each of its readers, aliases expanded, apart from the edited values."""
    if isinstance(node, Alias):
        return _outline(anchors[node.name], without, anchors, at)
    if node is not None and node.anchor:
        anchors[node.anchor] = node
    match node:
        case Scalar():
            meaning: Any = (node.value, node.style == "")
        case Entries():
            meaning = {key.value: _outline(each, without, anchors, (*at, key.value)) for key, each in node.entries}
        case Items():
            meaning = [_outline(each, without, anchors, (*at, str(n))) for n, each in enumerate(node.elements)]
        case _:
            meaning = None
    return "edited" if at in without else meaning


def reads_as(node: Node | None, value: Json, shape: Shape) -> bool:
    """Tell whether the reader takes a node for a value; interpolations were escaped by whoever wrote it."""
    match node:
        case Entries():
            below = {key.value: each for key, each in node.entries}
            known, extra = shape.fields, shape.extra or ANY
            return (
                isinstance(value, Mapping)
                and len(below) == len(node.entries)
                and below.keys() == value.keys()
                and all(reads_as(each, value[key], known.get(key, extra)) for key, each in below.items())
            )
        case Items():
            listed = isinstance(value, (list, tuple)) and len(value) == len(node.elements)
            return listed and all(
                reads_as(each, value[place], shape.items or ANY) for place, each in enumerate(node.elements)
            )
        case Scalar():
            return _reads_scalar(node, value, shape)
    return False


def _reads_scalar(node: Scalar, value: Json, shape: Shape) -> bool:
    if node.style == "" and node.value in NULLS:
        return value is None
    if is_interpolated(node.value):
        # It was there before: whatever is written anew holds no open `${`.
        return True
    text = node.value.replace("$${", "${")
    try:
        return is_equal(convert_scalar(text, shape.types) if node.style == "" else text, value)
    except WrongTypeError:
        return False


def read_value(node: Node | None, shape: Shape = ANY) -> Json:
    """Return what the reader takes a node for, `${` of what is put in left as it is. Raises WrongTypeError, KeyError."""
    match node:
        case Entries():
            known, extra = shape.fields, shape.extra or ANY
            return {key.value: read_value(each, known.get(key.value, extra)) for key, each in node.entries}
        case Items():
            return [read_value(each, shape.items or ANY) for each in node.elements]
        case Scalar() if node.style == "" and node.value in NULLS:
            return None
        case Scalar():
            text = node.value.replace("$${", "${")
            return convert_scalar(text, shape.types) if node.style == "" else text
        case Alias():
            raise KeyError(node.name)
    return {}
