"""Draw the picture of the calls as SVG.

Stops stand in columns by kind, in the order in which a call meets them. A way that skips a column gets a lane of its own
through it, so that no way runs behind a stop that it does not touch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from reconciler.model.plan import CallEdge, CallGraph, CallNode, Subject
from reconciler.report.calls import (
    Picture,
    choose_column,
    cut_label,
    focus,
    name_kind,
    name_kind_alone,
    name_node,
    name_number,
)
from reconciler.report.escape import escape_terminal
from reconciler.report.phrases import count_noun, find_affected_numbers

_WIDTH, _HEIGHT, _LANE = 236, 76, 20
_GAP_X, _GAP_Y, _EDGE = 92, 16, 4
_SORT = 32
"""Characters of a small line that fit into a stop."""
_NAMES = 'role="img" aria-labelledby="calls-title calls-text" xmlns="http://www.w3.org/2000/svg"'
_TIPS = "".join(
    f'<marker id="calls-{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    f'<path class="{name}" d="M0 0.5L7.5 4L0 7.5z"/></marker>'
    for name in ("tip", "tip-touched")
)


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a stop, or a lane of a way that passes by (`node` is None), is drawn: its upper left corner in pixels."""

    x: int
    y: int
    node: CallNode | None

    @property
    def middle(self) -> int:
        return self.y + (_HEIGHT if self.node else _LANE) // 2


@dataclass(frozen=True, slots=True)
class _Way:
    """An edge and the keys of all spots that it passes, both ends included."""

    edge: CallEdge
    keys: tuple[str, ...]


def svg_calls(calls: CallGraph, *, subject: Subject = Subject.PLAN) -> str:
    """Return the picture as an SVG element without style of its own: the page's CSS colours its classes."""
    picture = focus(calls, subject=subject)
    if not picture.nodes:
        return ""
    columns, ways = _lay_out(picture)
    spots = _place(columns, {node.key: node for node in picture.nodes})
    width = len(columns) * (_WIDTH + _GAP_X) - _GAP_X + 2 * _EDGE
    height = max(spot.y + (_HEIGHT if spot.node else _LANE) for spot in spots.values()) + _EDGE
    parts = [
        f'<svg class="calls" viewBox="0 0 {width} {height}" width="{width}" height="{height}" {_NAMES}>',
        '<title id="calls-title">Picture of the calls</title>',
        f'<desc id="calls-text">{escape(_describe(calls, picture))}</desc>',
        f"<defs>{_TIPS}</defs>",
        *(_draw_way(way, spots) for way in ways),
        *(_draw_stop(spot, spot.node, picture) for spot in spots.values() if spot.node),
        *(_draw_label(way, spots, picture) for way in ways if way.edge.label),
        "</svg>",
    ]
    return "".join(parts)


def _describe(calls: CallGraph, picture: Picture) -> str:
    labels = {node.key: escape_terminal(name_node(node)) for node in picture.nodes}
    ways = "; ".join(
        f"{labels[edge.source]} {escape_terminal(picture.name_way(edge) or 'leads to')} {labels[edge.target]}"
        for edge in picture.edges
    )
    touched = ", ".join(labels[node.key] for node in picture.nodes if node.touched)
    sentences = [
        f"{count_noun(len(find_affected_numbers(calls)), 'number')} affected.",
        f"{picture.marks.touched.capitalize()}: {touched}.",
        *([f"{ways}."] if ways else []),
        picture.left_out,
    ]
    return " ".join(sentences).strip()


def _lay_out(picture: Picture) -> tuple[list[list[str]], list[_Way]]:
    """Put the stops into columns by kind, and a lane into each column that a way passes by."""
    depths = _number_columns(picture)
    columns: list[list[str]] = [[] for _ in range(max(depths.values()) + 1)]
    for key, depth in depths.items():
        columns[depth].append(key)
    ways: list[_Way] = []
    for index, edge in enumerate(picture.edges):
        first, last = depths[edge.source], depths[edge.target]
        step = 1 if last >= first else -1
        lanes = [f"\0{index}.{column}" for column in range(first + step, last, step)]
        for lane, column in zip(lanes, range(first + step, last, step), strict=True):
            columns[column].append(lane)
        ways.append(_Way(edge, (edge.source, *lanes, edge.target)))
    return _untangle(columns, ways), ways


def _number_columns(picture: Picture) -> dict[str, int]:
    """Return each stop's column: one for each kind that occurs, in the order in which a call meets them."""
    wanted = {node.key: choose_column(node.kind) for node in picture.nodes}
    used = {column: index for index, column in enumerate(sorted(set(wanted.values())))}
    return {key: used[column] for key, column in wanted.items()}


def _untangle(columns: list[list[str]], ways: list[_Way]) -> list[list[str]]:
    """Sort each column by where its neighbours stand, so that few ways cross."""
    neighbours: dict[str, list[str]] = {key: [] for column in columns for key in column}
    for way in ways:
        for key, other in pairwise(way.keys):
            neighbours[key].append(other)
            neighbours[other].append(key)
    rank = {key: float(index) for column in columns for index, key in enumerate(column)}
    for column in [*columns, *reversed(columns), *columns]:
        column.sort(key=lambda key: _average([rank[other] for other in neighbours[key]], rank[key]))
        rank |= {key: float(index) for index, key in enumerate(column)}
    return columns


def _average(ranks: list[float], own: float) -> float:
    return sum(ranks) / len(ranks) if ranks else own


def _place(columns: list[list[str]], nodes: Mapping[str, CallNode]) -> dict[str, _Spot]:
    heights = [sum((_HEIGHT if key in nodes else _LANE) + _GAP_Y for key in column) for column in columns]
    spots: dict[str, _Spot] = {}
    for index, column in enumerate(columns):
        y = _EDGE + (max(heights) - heights[index]) // 2
        for key in column:
            spots[key] = _Spot(_EDGE + index * (_WIDTH + _GAP_X), y, nodes.get(key))
            y += (_HEIGHT if key in nodes else _LANE) + _GAP_Y
    return spots


def _draw_way(way: _Way, spots: Mapping[str, _Spot]) -> str:
    touched = any(spot.node and spot.node.touched for spot in (spots[way.keys[0]], spots[way.keys[-1]]))
    name = "tip-touched" if touched and not way.edge.gone else "tip"
    path = "".join(_draw_steps([spots[key] for key in way.keys]))
    kind = " former" if way.edge.gone else " touched" if touched else ""
    return f'<path class="edge{kind}" d="{path}" marker-end="url(#calls-{name})"/>'


def _draw_steps(stops: list[_Spot]) -> Iterator[str]:
    """Yield the curves of a way; one within a column leaves and enters at the right."""
    for index, (spot, other) in enumerate(pairwise(stops)):
        forward = other.x > spot.x
        start = spot.x + _WIDTH if other.x >= spot.x else spot.x
        end = other.x if forward else other.x + _WIDTH
        bend = _GAP_X // 2 if other.x >= spot.x else -_GAP_X // 2
        second = end + (bend if other.x == spot.x else -bend)
        yield f"{'L' if index else 'M'}{start} {spot.middle}C{start + bend} {spot.middle} {second} {other.middle} {end} {other.middle}"


def _draw_label(way: _Way, spots: Mapping[str, _Spot], picture: Picture) -> str:
    spot, other = spots[way.keys[0]], spots[way.keys[1]]
    x = spot.x + (_WIDTH + _GAP_X // 2 if other.x >= spot.x else -_GAP_X // 2)
    shown = escape_terminal(picture.name_way(way.edge))
    short = shown if len(shown) <= 14 else f"{shown[:13]}…"  # noqa: PLR2004 -- what fits between two columns
    return f'<text class="way" x="{x}" y="{(spot.middle + other.middle) // 2 - 6}">{escape(short)}</text>'


def _write_sort(number: str, kind: str, alone: str) -> str:
    """Write what a stop is beside its number; without the vendor where that has no room."""
    whole, short = (" · ".join(filter(None, (number, word))) for word in (kind, alone))
    return whole if len(whole) <= _SORT else short


def _draw_stop(spot: _Spot, node: CallNode, picture: Picture) -> str:
    note = picture.notes.get(node.key, "")
    label, kind, number = (escape_terminal(text) for text in (name_node(node), name_kind(node), name_number(node)))
    marks = [word for word, holds in ((picture.marks.touched, node.touched), (note, note)) if holds]
    told = ", ".join([label, kind, *marks])
    below = _write_sort(number, kind, escape_terminal(name_kind_alone(node.kind)))
    lines = [
        ("name", cut_label(label, room=24)),
        ("sort", cut_label(below, room=_SORT)),
        ("sort", cut_label(note, room=_SORT)),
    ]
    x, y = spot.x + 16, spot.y + (25 if note else 33)
    texts = "".join(
        f'<text class="{name}" x="{x}" y="{y + index * 19}">{escape(line)}</text>'
        for index, (name, line) in enumerate(lines)
        if line
    )
    box = f'<rect x="{spot.x}" y="{spot.y}" width="{_WIDTH}" height="{_HEIGHT}" rx="10"/>'
    former = "former struck" if picture.marks.struck else "former"
    holds = {"touched": node.touched, "rerouted": node.key in picture.rerouted, former: node.key in picture.former}
    kinds = " ".join(["stop", *(word for word, held in holds.items() if held)])
    return f'<g class="{kinds}"><title>{escape(told)}</title>{box}{texts}</g>'
