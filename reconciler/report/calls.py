"""The picture of the calls: what a plan touches, one step up and one step down.

`mermaid` writes it for Markdown; `html.calls` draws it for the HTML report. What they leave out, they say.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from unicodedata import east_asian_width

from reconciler.model.plan import CallEdge, CallGraph, CallNode, Subject
from reconciler.report.escape import escape_terminal
from reconciler.report.phrases import count_noun

KINDS: Mapping[str, str] = {
    "phone_connections": "phone connection",
    "numbers": "number",
    "connectors": "connector",
    "agents": "agent",
}
"""The kinds in the order in which a call meets them, with the word a person sees."""
TALLEST = 7
"""Stops of one column: more are taller than a screen."""

_LABEL = 34
_LEADING = 3
"""Untouched stops that are shown before one; more are counted."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What the marks of a picture mean: stops that are touched, and the way that does not hold any more, or not in git.

    `instead` names the way in its place, where that needs more than the word for it.
    """

    touched: str
    gone: str
    instead: str
    dashed: str
    struck: bool
    """Whether the end of such a way is struck through: not where calls go there now."""


_MARKS: Mapping[Subject, Marks] = {
    Subject.PLAN: Marks("touched by this plan", "until now", "", "where calls went until now", struck=True),
    Subject.DRIFT: Marks(
        "moved outside git", "live now", "git says", "where calls go now, other than git says", struck=False
    ),
}


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn of the calls. `notes` says of a stop what else leads to it; `left_out` what has no room at all."""

    nodes: tuple[CallNode, ...]
    edges: tuple[CallEdge, ...]
    notes: Mapping[str, str]
    left_out: str = ""
    marks: Marks = _MARKS[Subject.PLAN]

    def name_way(self, edge: CallEdge) -> str:
        """Say what a way is."""
        if edge.gone:
            return self.marks.gone
        turned = any(each.gone and (each.source, each.label) == (edge.source, edge.label) for each in self.edges)
        return self.marks.instead if turned and self.marks.instead else edge.label

    @property
    def rerouted(self) -> frozenset[str]:
        """Return the keys of stops whose calls go elsewhere after the plan."""
        return frozenset(edge.source for edge in self.edges if edge.gone)

    @property
    def former(self) -> frozenset[str]:
        """Return the keys of stops to which calls go until now, and no more from any stop that is drawn."""
        led = {edge.target for edge in self.edges if not edge.gone}
        return frozenset(edge.target for edge in self.edges if edge.gone) - led


def focus(calls: CallGraph, *, subject: Subject = Subject.PLAN) -> Picture:
    """Choose what is drawn: the touched stops, what leads to them, and where calls go from there.

    Stops whose calls go elsewhere after the plan come first. Drift has the same ways as the plan that puts it back, in other
    words: what such a plan would end is where calls go now.
    """
    ways = _Ways(calls)
    kept: dict[str, None] = {}
    heights: Counter[int] = Counter()

    def keep(keys: Iterable[str]) -> None:
        for key in keys:
            column = choose_column(ways.nodes[key].kind)
            if key not in kept and heights[column] < TALLEST:
                kept[key] = None
                heights[column] += 1

    touched = [node.key for node in calls.nodes if node.touched]
    for key in touched:
        if key in ways.rerouted:
            keep([key, *ways.following[key], *ways.leading[key][:_LEADING]])
    for key in touched:
        keep([key])
    for key in touched:
        if key in kept:
            keep(ways.following[key])
            keep(ways.leading[key][:_LEADING])
    drawn = _draw(calls, ways, kept, lost=[ways.nodes[key] for key in touched if key not in kept])
    return replace(drawn, marks=_MARKS[subject])


class _Ways:
    """The stops by key, and for each those before and those after it."""

    def __init__(self, calls: CallGraph) -> None:
        self.nodes = {node.key: node for node in calls.nodes}
        self.rerouted = {edge.source for edge in calls.edges if edge.gone}
        self.leading: dict[str, list[str]] = defaultdict(list)
        self.following: dict[str, list[str]] = defaultdict(list)
        for edge in calls.edges:
            if edge.source in self.nodes and edge.target in self.nodes and edge.source != edge.target:
                self.leading[edge.target].append(edge.source)
                self.following[edge.source].append(edge.target)


def _draw(calls: CallGraph, ways: _Ways, kept: Mapping[str, None], *, lost: list[CallNode]) -> Picture:
    nodes = tuple(node for node in calls.nodes if node.key in kept)
    edges = tuple(
        edge for edge in calls.edges if edge.source in kept and edge.target in kept and edge.source != edge.target
    )
    notes = {node.key: next(_note_others(node, ways, kept), "") for node in nodes}
    words = [count_noun(count, name_kind_alone(kind)) for kind, count in Counter(node.kind for node in lost).items()]
    left_out = f"Not drawn, but touched too: {', '.join(words)}." if words else ""
    return Picture(nodes, edges, {key: note for key, note in notes.items() if note}, left_out)


def _note_others(node: CallNode, ways: _Ways, kept: Mapping[str, None]) -> Iterator[str]:
    """Say how many others lead to a stop, else how many more it leads to."""
    before = Counter(ways.nodes[key].kind for key in ways.leading[node.key] if key not in kept)
    for kind, count in before.items():
        answers = f"also answers {count_noun(count, 'other number')}"
        yield answers if kind == "numbers" else f"also from {count_noun(count, name_kind_alone(kind))}"
    if node.touched:
        after = sum(key not in kept for key in ways.following[node.key])
        if after:
            yield f"leads to {after:,} more"


def choose_column(kind: str) -> int:
    """Return the column that a kind stands in; what answering needs, such as prompts and voices, shares the last."""
    return list(KINDS).index(kind) if kind in KINDS else len(KINDS)


def mermaid(calls: CallGraph, *, subject: Subject = Subject.PLAN) -> str:
    """Return the picture as a Mermaid flowchart; empty where the plan touches none of the stops."""
    picture = focus(calls, subject=subject)
    if not picture.nodes:
        return ""
    names = {node.key: f"n{index}" for index, node in enumerate(picture.nodes)}
    lines = ["flowchart LR"]
    lines += [f'  {names[node.key]}["{_write_mermaid_label(node, picture)}"]' for node in picture.nodes]
    for edge in picture.edges:
        arrow, words = "-.-x" if edge.gone else "-->", picture.name_way(edge)
        label = f'|"{_encode(cut_label(words))}"|' if words else ""
        lines.append(f"  {names[edge.source]} {arrow}{label} {names[edge.target]}")
    if picture.left_out:
        lines.append(f'  more["{_encode(picture.left_out)}"]')
    touched = [names[node.key] for node in picture.nodes if node.touched]
    lines.append("  classDef touched fill:#fff4d6,stroke:#b7791f,stroke-width:2px,color:#1f2328")
    lines.append(f"  class {','.join(touched)} touched")
    if former := [names[key] for key in names if key in picture.former]:
        lines.append("  classDef former stroke-dasharray:4 3,color:#6e7781")
        lines.append(f"  class {','.join(former)} former")
    return "\n".join(lines)


def tell_legend(calls: CallGraph, *, subject: Subject = Subject.PLAN) -> str:
    """Say what the marks of the picture mean, as far as it has them."""
    picture = focus(calls, subject=subject)
    words = [f"Amber: {picture.marks.touched}."]
    words += [f"Dashed: {picture.marks.dashed}."] if picture.rerouted else []
    return " ".join([*words, picture.left_out]).strip()


def _write_mermaid_label(node: CallNode, picture: Picture) -> str:
    lines = [name_node(node), " · ".join(part for part in (name_number(node), name_kind(node)) if part)]
    lines += [picture.notes[node.key]] if node.key in picture.notes else []
    return "<br/>".join(_encode(cut_label(line, room=_LABEL if index == 0 else 60)) for index, line in enumerate(lines))


def name_node(node: CallNode) -> str:
    """Name a stop as people know it."""
    return node.label or node.address or node.key


def name_number(node: CallNode) -> str:
    """Return the number of a stop, unless that is its name already."""
    return "" if node.phone_number == name_node(node) else node.phone_number


def name_kind(node: CallNode) -> str:
    """Say in words what a stop is."""
    return f"{node.provider} {name_kind_alone(node.kind)}".strip()


def name_kind_alone(kind: str) -> str:
    """Return the word for one of a kind."""
    return KINDS.get(kind) or kind.replace("_", " ").removesuffix("s")


def _encode(text: str) -> str:
    """Write all but letters, digits and spaces as Mermaid's character codes, so that nothing can end a label."""
    shown = escape_terminal(text)
    return "".join(char if char.isalnum() or char == " " else f"#{ord(char)};" for char in shown)


def cut_label(text: str, *, room: int = _LABEL) -> str:
    """Cut a label to the width of a stop; a wide character takes two places."""
    for index, char in enumerate(text):
        room -= 2 if east_asian_width(char) in "WF" else 1
        if room < 0:
            return f"{text[: max(index - 1, 1)]}…"
    return text
