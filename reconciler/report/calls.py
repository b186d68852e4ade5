"""The picture of the calls: which number reaches which agent, through which connector and phone connection.

`mermaid` writes it for Markdown, `svg_calls` draws it for the HTML report. Both mark what the plan touches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from unicodedata import east_asian_width

from reconciler.model.plan import CallEdge, CallGraph, CallNode
from reconciler.report.escape import escape_terminal
from reconciler.report.phrases import count_noun, find_affected_numbers

KINDS: Mapping[str, str] = {
    "phone_connections": "phone connection",
    "numbers": "number",
    "connectors": "connector",
    "agents": "agent",
}
"""The kinds in the order in which a call meets them, with the word a person sees."""

_LABEL = 34
_WIDTH, _HEIGHT = 218, 58
_GAP_X, _GAP_Y, _HEAD, _EDGE = 84, 16, 34, 12

_SVG_NAMES = 'role="img" aria-labelledby="calls-title calls-text" xmlns="http://www.w3.org/2000/svg"'
_SVG_TIP = (
    '<marker id="calls-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path class="tip" d="M0 0.5L7.5 4L0 7.5z"/></marker>'
)


def mermaid(calls: CallGraph, *, limit: int = 60) -> str:
    """Return the picture as a Mermaid flowchart of at most `limit` stops; those near a touched one come first."""
    shown = choose_nodes(calls, limit=limit)
    names = {node.key: f"n{index}" for index, node in enumerate(shown)}
    lines = ["flowchart LR"]
    lines += [f'  {names[node.key]}["{_write_mermaid_label(node)}"]' for node in shown]
    for edge in calls.edges:
        if edge.source in names and edge.target in names:
            label = f'|"{_encode(_cut(edge.label))}"|' if edge.label else ""
            lines.append(f"  {names[edge.source]} -->{label} {names[edge.target]}")
    touched = [names[node.key] for node in shown if node.touched]
    if len(shown) < len(calls.nodes):
        lines.append(f'  more["and {len(calls.nodes) - len(shown)} more"]')
    if touched:
        lines.append("  classDef touched fill:#fff4d6,stroke:#b7791f,stroke-width:2px,color:#1f2328")
        lines.append(f"  class {','.join(touched)} touched")
    return "\n".join(lines)


def choose_nodes(calls: CallGraph, *, limit: int) -> tuple[CallNode, ...]:
    """Return at most `limit` stops in their own order: touched ones first, then by the number of steps from one."""
    if len(calls.nodes) <= limit:
        return calls.nodes
    steps = _measure_steps(calls)
    far = len(calls.nodes)
    nearest = sorted(calls.nodes, key=lambda node: steps.get(node.key, far))[:limit]
    kept = {node.key for node in nearest}
    return tuple(node for node in calls.nodes if node.key in kept)


def _measure_steps(calls: CallGraph) -> dict[str, int]:
    neighbours: dict[str, list[str]] = {}
    for edge in calls.edges:
        neighbours.setdefault(edge.source, []).append(edge.target)
        neighbours.setdefault(edge.target, []).append(edge.source)
    steps = {node.key: 0 for node in calls.nodes if node.touched}
    queue = list(steps)
    for key in queue:
        for other in neighbours.get(key, ()):
            if other not in steps:
                steps[other] = steps[key] + 1
                queue.append(other)
    return steps


def _write_mermaid_label(node: CallNode) -> str:
    second = " · ".join(part for part in (_name_kind(node), _encode(_cut(node.phone_number))) if part)
    return f"{_encode(_cut(node.label or node.key))}<br/>{second}"


def _name_kind(node: CallNode) -> str:
    return _encode(_cut(f"{node.provider} {KINDS.get(node.kind, node.kind)}"))


def _encode(text: str) -> str:
    """Write all but letters, digits and spaces as Mermaid's character codes, so that nothing can end a label."""
    shown = escape_terminal(text)
    return "".join(char if char.isalnum() or char == " " else f"#{ord(char)};" for char in shown)


def _cut(text: str) -> str:
    """Cut a label to the width of a stop; a wide character takes two places."""
    room = _LABEL
    for index, char in enumerate(text):
        room -= 2 if east_asian_width(char) in "WF" else 1
        if room < 0:
            return f"{text[: max(index - 1, 1)]}…"
    return text


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a stop is drawn: the corner at its upper left, in pixels."""

    node: CallNode
    x: int
    y: int


def svg_calls(calls: CallGraph, *, limit: int = 120) -> str:
    """Return the picture as an SVG element without style of its own: the page's CSS colours its classes.

    Each kind has a column, in the order in which a call meets them.
    """
    if not calls.nodes:
        return ""
    shown = CallGraph(choose_nodes(calls, limit=limit), calls.edges)
    columns = _fill_columns(shown)
    spots = {spot.node.key: spot for spot in _place(columns)}
    width = len(columns) * (_WIDTH + _GAP_X) - _GAP_X + 2 * _EDGE
    height = _HEAD + max(len(column) for column in columns.values()) * (_HEIGHT + _GAP_Y) + _EDGE
    ways = [edge for edge in shown.edges if edge.source in spots and edge.target in spots]
    parts = [
        f'<svg class="calls" viewBox="0 0 {width} {height}" width="{width}" height="{height}" {_SVG_NAMES}>',
        '<title id="calls-title">Picture of the calls</title>',
        f'<desc id="calls-text">{escape(_describe(calls, shown, ways))}</desc>',
        f"<defs>{_SVG_TIP}</defs>",
        *(_draw_head(kind, index) for index, kind in enumerate(columns)),
        *(_draw_edge(edge, spots[edge.source], spots[edge.target]) for edge in ways),
        *(_draw_node(spot) for spot in spots.values()),
        "</svg>",
    ]
    return "".join(parts)


def _describe(calls: CallGraph, shown: CallGraph, ways: list[CallEdge]) -> str:
    labels = {node.key: escape_terminal(node.label or node.key) for node in shown.nodes}
    ways_told = "; ".join(
        f"{labels[edge.source]} {escape_terminal(edge.label or 'leads to')} {labels[edge.target]}" for edge in ways
    )
    touched = [labels[node.key] for node in shown.nodes if node.touched]
    hidden = len(calls.nodes) - len(shown.nodes)
    sentences = [
        f"{count_noun(len(find_affected_numbers(calls)), 'number')} affected",
        f"This plan touches {', '.join(touched)}" if touched else "This plan touches no stop",
        *([ways_told] if ways_told else []),
        *([f"{count_noun(hidden, 'more stop')} not drawn"] if hidden else []),
    ]
    return ". ".join(sentences) + "."


def _fill_columns(calls: CallGraph) -> dict[str, list[CallNode]]:
    """Sort the stops into columns, and each column by where its neighbours to the left stand, so that few ways cross."""
    kinds = [kind for kind in KINDS if any(node.kind == kind for node in calls.nodes)]
    kinds += sorted({node.kind for node in calls.nodes} - set(KINDS))
    columns = {kind: [node for node in calls.nodes if node.kind == kind] for kind in kinds}
    rank = {node.key: float(index) for column in columns.values() for index, node in enumerate(column)}
    for kind in kinds * 2:
        columns[kind].sort(key=lambda node: _average_rank(node, calls, rank))
        rank |= {node.key: float(index) for index, node in enumerate(columns[kind])}
    return columns


def _average_rank(node: CallNode, calls: CallGraph, rank: Mapping[str, float]) -> float:
    ends = [(edge.source, edge.target) for edge in calls.edges if node.key in {edge.source, edge.target}]
    others = [rank[key] for pair in ends for key in pair if key != node.key and key in rank]
    return sum(others) / len(others) if others else rank[node.key]


def _place(columns: Mapping[str, list[CallNode]]) -> list[_Spot]:
    tallest = max(len(column) for column in columns.values())
    spots: list[_Spot] = []
    for index, column in enumerate(columns.values()):
        shift = (tallest - len(column)) * (_HEIGHT + _GAP_Y) // 2
        for row, node in enumerate(column):
            y = _HEAD + shift + row * (_HEIGHT + _GAP_Y)
            spots.append(_Spot(node, _EDGE + index * (_WIDTH + _GAP_X), y))
    return spots


def _draw_head(kind: str, index: int) -> str:
    word = escape(escape_terminal(KINDS.get(kind, kind)))
    return f'<text class="head" x="{_EDGE + index * (_WIDTH + _GAP_X)}" y="16">{word}s</text>'


def _draw_edge(edge: CallEdge, source: _Spot, target: _Spot) -> str:
    """Draw a way: to the side where the target stands in another column, around the right edge where in the same."""
    start, end = source.x + _WIDTH, target.x - 3
    bend = _GAP_X // 2
    back = False
    if target.x < source.x:
        start, end, bend, back = source.x, target.x + _WIDTH + 3, -bend, True
    elif target.x == source.x:
        end, back = target.x + _WIDTH + 3, True
    y, other = source.y + _HEIGHT // 2, target.y + _HEIGHT // 2
    second = end + (bend if target.x == source.x else -bend)
    touched = " touched" if source.node.touched or target.node.touched else ""
    label = ""
    if edge.label and not back:
        middle = (source.x + _WIDTH + source.x + _WIDTH + _GAP_X) // 2
        share = _GAP_X / max(end - start, 1) / 2
        label = f'<text class="way" x="{middle}" y="{round(y + (other - y) * _ease(share)) - 6}">{escape(_cut_way(edge.label))}</text>'
    path = f'<path class="edge{touched}" d="M{start} {y}C{start + bend} {y} {second} {other} {end} {other}" marker-end="url(#calls-tip)"/>'
    return path + label


def _ease(share: float) -> float:
    """Say how far down a way has come at a share of its width."""
    return share * share * (3 - 2 * share)


def _cut_way(label: str) -> str:
    shown = escape_terminal(label)
    return shown if len(shown) <= 12 else f"{shown[:11]}…"  # noqa: PLR2004 -- what fits between two columns


def _draw_node(spot: _Spot) -> str:
    node = spot.node
    label = escape_terminal(node.label or node.key)
    second = " · ".join(part for part in (node.provider, node.phone_number) if part)
    touched = " touched" if node.touched else ""
    told = (
        f"{label} ({node.provider} {KINDS.get(node.kind, node.kind)}){', touched by this plan' if node.touched else ''}"
    )
    return (
        f'<g class="stop{touched}"><title>{escape(escape_terminal(told))}</title>'
        f'<rect x="{spot.x}" y="{spot.y}" width="{_WIDTH}" height="{_HEIGHT}" rx="8"/>'
        f'<text class="name" x="{spot.x + 14}" y="{spot.y + 25}">{escape(_cut(label)[:27])}</text>'
        f'<text class="sort" x="{spot.x + 14}" y="{spot.y + 44}">{escape(escape_terminal(_cut(second)))}</text></g>'
    )
