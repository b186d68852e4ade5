from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.plan import CallEdge, CallGraph, CallNode
from reconciler.report.calls import mermaid
from reconciler.report.html.calls import svg_calls
from reconciler.report.phrases import find_affected_numbers
from tests.report import plans

SVG = "{http://www.w3.org/2000/svg}"
NODE = re.compile(r'  n\d+\["(?:[^\W_]|[ ]|#\d+;)*(?:<br/>(?:[^\W_]|[ ]|· |#\d+;)*)?"\]')
EDGE = re.compile(r'  n\d+ -->(?:\|"(?:[^\W_]|[ ]|#\d+;)*"\|)? n\d+')


def node(key: str, *, kind: str = "numbers", touched: bool = False, number: str = "") -> CallNode:
    return CallNode(key, kind, "fluents", key, number, touched=touched)


def chain(count: int, *, touched: int) -> CallGraph:
    nodes = tuple(node(f"k{index}", touched=index == touched, number=f"+1{index}") for index in range(count))
    return CallGraph(nodes, tuple(CallEdge(f"k{index}", f"k{index + 1}") for index in range(count - 1)))


def test_mermaid_marks_what_is_touched() -> None:
    text = mermaid(plans.four_vendors().calls)
    assert text.startswith("flowchart LR\n")
    assert '  n0 -->|"dials"| n3' in text
    assert "  class n0,n1,n3,n4 touched" in text


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40), st.text(max_size=20))
def test_no_label_breaks_out_of_mermaid(label: str, way: str) -> None:
    nodes = (CallNode("a", "numbers", "fluents", label, label), CallNode(label + "b", label, label, label))
    text = mermaid(CallGraph(nodes, (CallEdge("a", label + "b", way),)))
    first, *rest = text.split("\n")
    assert first == "flowchart LR"
    assert len(rest) == 3
    assert all(NODE.fullmatch(line) for line in rest[:2])
    assert EDGE.fullmatch(rest[2])


def test_a_large_picture_keeps_what_is_near_the_touched_stop() -> None:
    text = mermaid(chain(300, touched=150), limit=5)
    assert [f'"k{index}<br/>' in text for index in (147, 148, 150, 152, 153)] == [False, True, True, True, False]
    assert "and 295 more" in text


def test_affected_numbers_are_those_whose_calls_pass_a_touched_stop() -> None:
    assert find_affected_numbers(chain(4, touched=2)) == {"+10", "+11", "+12"}
    assert find_affected_numbers(CallGraph()) == frozenset()


def test_affected_numbers_count_one_number_over_vendors_once() -> None:
    calls = CallGraph((node("a", touched=True, number="+1"), node("b", touched=True, number="+1")))
    assert find_affected_numbers(calls) == {"+1"}


def test_svg_has_a_name_and_says_the_picture_in_words() -> None:
    tree = ET.fromstring(svg_calls(plans.four_vendors().calls))  # noqa: S314 -- our own text
    description = tree.findtext(f"{SVG}desc") or ""
    assert tree.get("role") == "img"
    assert tree.findtext(f"{SVG}title") == "Picture of the calls"
    assert "2 numbers affected" in description
    assert "Receptionist hands over Live US" in description
    assert len(tree.findall(f"{SVG}g[@class='stop touched']")) == 4
    assert len(tree.findall(f"{SVG}path")) == 3


def test_ways_go_forward_and_no_two_stops_overlap() -> None:
    nodes = tuple(node(key) for key in "abcdef")
    ways = [("a", "b"), ("b", "c"), ("a", "c"), ("d", "c"), ("a", "e"), ("e", "f"), ("f", "c")]
    tree = ET.fromstring(svg_calls(CallGraph(nodes, tuple(CallEdge(*way) for way in ways))))  # noqa: S314 -- our own text
    boxes = [(int(rect.get("x", "")), int(rect.get("y", ""))) for rect in tree.iter(f"{SVG}rect")]
    assert len(boxes) == len(set(boxes)) == 6
    for index, (x, y) in enumerate(boxes):
        assert all(x != other_x or abs(y - other_y) >= 76 for other_x, other_y in boxes[index + 1 :])


def test_circles_and_loops_are_drawn_too() -> None:
    calls = CallGraph(
        (node("a"), node("b")), (CallEdge("a", "b"), CallEdge("b", "a"), CallEdge("a", "a"), CallEdge("a", "gone"))
    )
    tree = ET.fromstring(svg_calls(calls))  # noqa: S314 -- our own text
    assert len(tree.findall(f"{SVG}path")) == 2


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=30))
def test_no_label_breaks_out_of_the_svg(text: str) -> None:
    calls = CallGraph(
        (CallNode("a", text, text, text, text), CallNode("b", "agents", text, text)), (CallEdge("a", "b", text),)
    )
    drawn = svg_calls(calls)
    drawn.encode()
    tags = {element.tag.removeprefix(SVG) for element in ET.fromstring(drawn).iter()}  # noqa: S314 -- our own text
    assert tags <= {"svg", "title", "desc", "defs", "marker", "path", "g", "rect", "text"}


def test_no_picture_without_stops() -> None:
    assert svg_calls(CallGraph()) == ""
