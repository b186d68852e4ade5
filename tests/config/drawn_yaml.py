"""Draw YAML files as people write them: every style, comments everywhere, anchors, flow within block."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

KEYS = st.text(st.sampled_from("abcdefgh"), min_size=1, max_size=3)
WORDS = st.sampled_from(["front desk", "no", "0123", "8:30", "+14155552671", "", " ", "null", "~", "a: b", "x #y", "it's", 'say "hi"', "- z", "ø日本", "${var.X}", "[a]", "{b}", "&c", "*d", "!e", "%f", "@g", "`h", "tab\there", "bell\x07", "a, b", "long " * 30])  # fmt: skip
LINES = st.lists(st.sampled_from(["one", "two words", "", "  deeper", "# no comment", "key: value", "- dash", "ends  "]), min_size=2, max_size=5).map("\n".join)  # fmt: skip
TEXTS = st.one_of(WORDS, LINES, LINES.map(lambda text: f"{text}\n"), st.text(max_size=8))
SCALARS: st.SearchStrategy[Any] = st.one_of(TEXTS, st.none(), st.booleans(), st.integers(-99, 99), st.sampled_from([0.5, 1e16, -2.25]))  # fmt: skip
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
TREES = st.dictionaries(KEYS, VALUES, min_size=1, max_size=4)


@dataclass
class Pen:
    """Write a tree as text; `draw` takes every free choice."""

    draw: Any
    comments: int = 0
    anchors: dict[str, Any] = field(default_factory=dict)

    def choose(self, *ways: Any) -> Any:
        return self.draw(st.sampled_from(ways))

    def comment(self) -> str:
        if not self.choose(True, False, False):
            return ""
        self.comments += 1
        return f"# comment {self.comments}: - 'odd' \"{{ &x"

    def behind(self) -> str:
        """What may follow a value on its line."""
        comment = self.comment()
        return str(self.choose(" ", "   ") + comment if comment else self.choose("", "", "  "))

    def between(self, column: int) -> list[str]:
        """Lines of comment and empty lines above an entry."""
        comment = self.comment()
        return [*([" " * column + comment] if comment else []), *self.choose([], [], [""])]

    def write_mapping(self, values: dict[str, Any], column: int) -> list[str]:
        lines: list[str] = []
        for key, value in values.items():
            lines += self.between(column)
            lines += self.write_behind(f"{' ' * column}{key}:", value, column, named=True)
        return lines

    def write_list(self, values: list[Any], column: int) -> list[str]:
        lines: list[str] = []
        for value in values:
            lines += self.between(column)
            if isinstance(value, dict) and value and self.choose(True, False):
                first, *rest = self.write_compact(value, column + 2)
                lines += [f"{' ' * column}- {first.lstrip(' ')}", *rest]
            else:
                lines += self.write_behind(f"{' ' * column}-", value, column, named=False)
        return lines

    def write_compact(self, value: dict[str, Any], column: int) -> list[str]:
        (key, first), *rest = value.items()
        return [*self.write_behind(f"{' ' * column}{key}:", first, column, named=True), *self.write_mapping(dict(rest), column)]  # fmt: skip

    def write_behind(self, start: str, value: Any, column: int, *, named: bool) -> list[str]:
        for name, known in self.anchors.items():
            if named and repr(known) == repr(value) and self.choose(True, False):
                return [f"{start} *{name}{self.behind()}"]
        if named and self.choose(True, False, False, False, False):
            name = f"n{len(self.anchors)}"
            start = f"{start} &{name}"
            lines = self.write_plainly(start, value, column, named=named)
            self.anchors[name] = value
            return lines
        return self.write_plainly(start, value, column, named=named)

    def write_plainly(self, start: str, value: Any, column: int, *, named: bool) -> list[str]:
        if isinstance(value, (dict, list)) and value and self.choose(True, True, False):
            below = column + self.choose(1, 2, 4)
            if isinstance(value, dict):
                return [start + self.behind(), *self.write_mapping(value, below)]
            return [start + self.behind(), *self.write_list(value, self.choose(below, column) if named else below)]
        if isinstance(value, str) and self.choose(True, False) and (block := self.write_block(value, column)):
            header, *lines = block
            return [f"{start} {header}{self.behind()}", *lines]
        written = self.write_flow(value, flow=False)
        return [f"{start} {written}{self.behind()}" if written else start + self.behind()]

    def write_block(self, text: str, column: int) -> list[str]:
        """A literal or folded block, where one can hold the text without an indicator of indentation."""
        trimmed = text.rstrip("\n")
        ends = len(text) - len(trimmed)
        first = next((line for line in trimmed.split("\n") if line), "")
        if (
            not trimmed
            or ends > 1
            or trimmed[0] in " \n\t"
            or not re.fullmatch(r"[\x20-\x7e\nø]+", text)
            or "${" in text
        ):
            return []
        indent = " " * (column + self.choose(1, 2, 3))
        chomping = "" if ends else "-"
        lines = [indent + line if line else "" for line in trimmed.split("\n")]
        after = self.choose([], [], [""])
        if "\n" not in trimmed and not trimmed.startswith(" ") and "  " not in trimmed and self.choose(True, False):
            broken = trimmed.replace(" ", f"\n{indent}") if trimmed == trimmed.strip() else trimmed
            return [f">{chomping}", *(indent + broken).split("\n"), *after]
        assert first
        return [f"|{chomping}", *lines, *after]

    def write_flow(self, value: Any, *, flow: bool = True) -> str:
        """A value on one line."""
        if isinstance(value, dict):
            gap = self.choose("", " ")
            return (
                f"{{{gap}" + ", ".join(f"{key}: {self.write_flow(below)}" for key, below in value.items()) + f"{gap}}}"
            )
        if isinstance(value, list):
            return "[" + str(self.choose(", ", ",   ")).join(self.write_flow(below) for below in value) + "]"
        if value is None:
            return str(self.choose("null", "~", *([] if flow else [""])))
        if isinstance(value, bool):
            return str(value).lower()
        return self.write_text(value) if isinstance(value, str) else repr(value)

    def write_text(self, text: str) -> str:
        escaped = text.replace("${", "$${")
        if (
            re.fullmatch(r"[a-z]+( [a-z]+)*", text)
            and text not in ("null", "true", "false")
            and self.choose(True, False)
        ):
            return text
        if escaped.isprintable() and self.choose(True, False):
            return "'" + escaped.replace("'", "''") + "'"
        signs = (sign if sign.isprintable() and sign not in '"\\' else f"\\U{ord(sign):08x}" for sign in escaped)
        return '"' + "".join(signs) + '"'


@st.composite
def files(draw: Any) -> tuple[str, dict[str, Any]]:
    """Draw a file and what it means."""
    tree = draw(TREES)
    pen = Pen(draw)
    lines = [*pen.between(0), *pen.write_mapping(tree, 0), *pen.between(0)]
    text = draw(st.sampled_from(["\n", "\r\n"])).join(lines)
    ends = ["\n"] if "|" in text or ">" in text else ["", "\n"]
    return text + draw(st.sampled_from(ends)).replace("\n", "\r\n" if "\r\n" in text else "\n"), tree


def list_paths(tree: dict[str, Any], above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    paths = []
    for key, value in tree.items():
        paths.append((*above, key))
        if isinstance(value, dict):
            paths += list_paths(value, (*above, key))
    return paths
