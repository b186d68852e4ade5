"""Find where a declared value comes from: a place in a YAML file, a text file, a variable of an environment, or nowhere to write.

Nothing is guessed: what several places share, or what is put together from parts, has no single origin and is named.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from reconciler.config.discover import ENVIRONMENTS
from reconciler.config.edit.nodes import Alias, Entries, Node, Scalar, compose
from reconciler.config.text.source import quote
from reconciler.model.paths import FieldPath

Keys: TypeAlias = tuple[str, ...]

_LONE_FILE: Final = re.compile(r"\$\{\s*file:\s*((?:[^{}]|\$\{[^{}]*\})*?)\s*\}")
_LONE_VARIABLE: Final = re.compile(r"\$\{\s*var\.([^{}\s]+)\s*\}")
_LONE_REFERENCE: Final = re.compile(r"\$\{\s*[a-z_]+\.[^{}]+\.[^{}.]+\s*\}")
_OPEN: Final = re.compile(r"(?<!\$)\$\{")


@dataclass(frozen=True, slots=True)
class InYaml:
    """A value of a YAML file, by the keys that lead to it. `named` tells that a reference stands there now."""

    file: str
    keys: Keys
    named: bool = False


@dataclass(frozen=True, slots=True)
class InText:
    """The whole of a text file, by its path as written."""

    path: str


@dataclass(frozen=True, slots=True)
class Nowhere:
    """No single place that could be written: the text says why."""

    reason: str


Origin: TypeAlias = InYaml | InText | Nowhere


def name_keys(file: str, *, kind: str, name: str) -> Keys:
    """Return the keys that lead to a resource in a file: an environment's file names resources by their address."""
    if file.startswith(f"{ENVIRONMENTS}/"):
        return ("resources", f"{kind}.{name}")
    return (kind, name)


def is_interpolated(text: str) -> bool:
    """Tell whether something is put into a text; `$${` is a literal."""
    return _OPEN.search(text) is not None


def find_origin(
    texts: Mapping[str, str], file: str, keys: Keys, path: FieldPath, *, environment_file: str, given: Mapping[str, str]
) -> Origin:
    """Return where the value of a field is written.

    `texts` are all YAML files of the project by name, `keys` lead to the resource in its file. `given` names the variables that do
    not come from the environment's file, and where they come from instead.
    """
    whole = (*keys, "spec", *path)
    node = find_node(compose(texts[file]), whole)
    if node is None:
        return Nowhere("the file does not hold it any more")
    if not isinstance(node, Scalar) or not is_interpolated(node.value):
        return InYaml(file, whole)
    if found := _LONE_FILE.fullmatch(node.value.strip()):
        return _find_text(found[1], node.value, texts)
    if found := _LONE_VARIABLE.fullmatch(node.value.strip()):
        return _find_variable(found[1], texts, environment_file=environment_file, given=given)
    if _LONE_REFERENCE.fullmatch(node.value.strip()):
        return InYaml(file, whole, named=True)
    return Nowhere(f"it is put together: {quote(node.value)}")


def find_node(node: Node | None, keys: Keys) -> Node | None:
    """Return the node at the end of keys, behind aliases; None where there is none."""
    anchors = dict(_list_anchors(node))
    for key in keys:
        node = node.find(key) if isinstance(node, Entries) else None
        if isinstance(node, Alias):
            node = anchors.get(node.name)
    return node


def _list_anchors(node: Node | None) -> list[tuple[str, Node]]:
    found: list[tuple[str, Node]] = []
    stack = [node]
    while stack:
        each = stack.pop()
        if each is None or isinstance(each, Alias):
            continue
        if each.anchor:
            found.append((each.anchor, each))
        if isinstance(each, Entries):
            stack += [value for _, value in each.entries]
        elif not isinstance(each, Scalar):
            stack += each.elements
    return found


def _find_text(path: str, written: str, texts: Mapping[str, str]) -> Origin:
    readers = sum(text.count(written.strip()) for text in texts.values())
    if readers > 1:
        return Nowhere(f"{path} is put into {readers} places")
    return InText(path)


def _find_variable(name: str, texts: Mapping[str, str], *, environment_file: str, given: Mapping[str, str]) -> Origin:
    if name in given:
        return Nowhere(f"the variable {name} comes from {given[name]}")
    users = sum(len(re.findall(rf"\$\{{\s*var\.{re.escape(name)}\s*\}}", text)) for text in texts.values())
    if users > 1:
        return Nowhere(f"the variable {name} is put into {users} places")
    return InYaml(environment_file, ("vars", name))
