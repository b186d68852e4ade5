"""The picture of the calls: which number reaches which agent, through which connector and phone connection.

`mermaid` writes it for Markdown; `calls_svg` draws it for the HTML report. Both mark what the plan touches.
"""

from __future__ import annotations

from collections.abc import Mapping
from unicodedata import east_asian_width

from reconciler.model.plan import CallGraph, CallNode
from reconciler.report.escape import escape_terminal

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
            label = f'|"{_encode(cut_label(edge.label))}"|' if edge.label else ""
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
    second = " · ".join(
        part for part in (_encode(cut_label(name_kind(node))), _encode(cut_label(node.phone_number))) if part
    )
    return f"{_encode(cut_label(node.label or node.key))}<br/>{second}"


def name_kind(node: CallNode) -> str:
    """Say in words what a stop is."""
    return f"{node.provider} {KINDS.get(node.kind, node.kind)}".strip()


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
