from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.plan import DIALS, CallEdge, CallGraph, CallNode, Subject
from reconciler.report.calls import TALLEST, focus, mermaid, tell_legend
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
    nodes = (
        CallNode("a", "numbers", "fluents", label, label, touched=True),
        CallNode(label + "b", label, label, label),
    )
    text = mermaid(CallGraph(nodes, (CallEdge("a", label + "b", way),)))
    first, *rest = text.split("\n")
    assert first == "flowchart LR"
    assert len(rest) == 5
    assert all(NODE.fullmatch(line) for line in rest[:2])
    assert EDGE.fullmatch(rest[2])


def shared(count: int, *, touched: int) -> CallGraph:
    """Return an agent that many numbers reach, with one of them touched, or the agent itself (-1)."""
    numbers = tuple(node(f"n{index}", touched=index == touched, number=f"+1{index}") for index in range(count))
    agent = node("agent", kind="agents", touched=touched < 0)
    return CallGraph((*numbers, agent), tuple(CallEdge(each.key, "agent", "answered by") for each in numbers))


def test_a_picture_holds_the_touched_stop_and_one_step_around_it() -> None:
    picture = focus(chain(300, touched=150))
    assert [stop.key for stop in picture.nodes] == ["k149", "k150", "k151"]


def test_a_shared_agent_is_folded() -> None:
    picture = focus(shared(15, touched=4))
    assert [stop.key for stop in picture.nodes] == ["n4", "agent"]
    assert picture.notes == {"agent": "also answers 14 other numbers"}
    assert "also answers 14 other numbers" in mermaid(shared(15, touched=4))
    assert "also answers 14 other numbers" in svg_calls(shared(15, touched=4))


def test_what_a_stop_is_stands_whole_in_it() -> None:
    line = CallNode("l", "phone_connections", "galtea", "Line", "+12025550100", touched=True)
    others = tuple(node(f"o{index}", kind="phone_connections") for index in range(9))
    number = node("n", number="+12025550100")
    drawn = svg_calls(
        CallGraph((line, *others, number), tuple(CallEdge(one.key, "n", DIALS) for one in (line, *others)))
    )
    assert ">+12025550100 · phone connection<" in drawn
    assert ">also from 9 phone connections<" in drawn
    assert "…" not in drawn


def test_a_touched_agent_shows_a_few_of_its_numbers() -> None:
    picture = focus(shared(40, touched=-1))
    assert [stop.key for stop in picture.nodes] == ["n0", "n1", "n2", "agent"]
    assert picture.notes["agent"] == "also answers 37 other numbers"


def test_no_picture_is_taller_than_a_screen_without_saying_what_it_leaves_out() -> None:
    nodes = tuple(node(f"n{index}", touched=True) for index in range(100))
    picture = focus(CallGraph(nodes))
    assert len(picture.nodes) == TALLEST
    assert picture.left_out == "Not drawn, but touched too: 93 numbers."
    height = int(ET.fromstring(svg_calls(CallGraph(nodes))).get("height", ""))  # noqa: S314 -- our own text
    assert height < 700


def test_the_former_target_is_struck_through_beside_the_new_one() -> None:
    nodes = (node("n", touched=True), node("old", kind="agents"), node("new", kind="agents"))
    calls = CallGraph(nodes, (CallEdge("n", "new", "answered by"), CallEdge("n", "old", "answered by", gone=True)))
    assert focus(calls).former == {"old"}
    assert 'n0 -.-x|"until now"| n1' in mermaid(calls)
    assert 'class="stop former struck"' in svg_calls(calls)
    assert tell_legend(calls) == "Amber: touched by this plan. Dashed: where calls went until now."


def test_drift_draws_the_same_ways_in_the_words_of_drift() -> None:
    nodes = (node("n", touched=True), node("console", kind="agents"), node("git", kind="agents"))
    calls = CallGraph(nodes, (CallEdge("n", "git", "answered by"), CallEdge("n", "console", "answered by", gone=True)))
    drawn = svg_calls(calls, subject=Subject.DRIFT)
    assert ">live now<" in drawn
    assert ">git says<" in drawn
    assert ">answered by<" in svg_calls(calls)
    assert "struck" not in drawn
    assert "Moved outside git: n." in drawn
    assert 'n0 -.-x|"live now"| n1' in mermaid(calls, subject=Subject.DRIFT)
    legend = tell_legend(calls, subject=Subject.DRIFT)
    assert legend == "Amber: moved outside git. Dashed: where calls go now, other than git says."
    assert "plan" not in legend + drawn


def test_columns_stand_by_kind_in_the_order_of_a_call() -> None:
    kinds = ("agents", "prompts", "numbers", "connectors", "phone_connections")
    nodes = tuple(node(kind, kind=kind, touched=True) for kind in kinds)
    tree = ET.fromstring(svg_calls(CallGraph(nodes)))  # noqa: S314 -- our own text
    places = {
        group.findtext(f"{SVG}text"): int(group.find(f"{SVG}rect").get("x", ""))  # type: ignore[union-attr]
        for group in tree.iter(f"{SVG}g")
    }
    assert sorted(places, key=places.__getitem__) == ["phone_connections", "numbers", "connectors", "agents", "prompts"]


def test_a_number_that_only_a_test_caller_dials_is_not_affected() -> None:
    caller = node("caller", kind="phone_connections", touched=True, number="+1")
    calls = CallGraph((caller, node("front", number="+1")), (CallEdge("caller", "front", DIALS),))
    assert find_affected_numbers(calls) == frozenset()


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
    nodes = tuple(node(key, touched=True) for key in "abcdef")
    ways = [("a", "b"), ("b", "c"), ("a", "c"), ("d", "c"), ("a", "e"), ("e", "f"), ("f", "c")]
    tree = ET.fromstring(svg_calls(CallGraph(nodes, tuple(CallEdge(*way) for way in ways))))  # noqa: S314 -- our own text
    boxes = [(int(rect.get("x", "")), int(rect.get("y", ""))) for rect in tree.iter(f"{SVG}rect")]
    assert len(boxes) == len(set(boxes)) == 6
    for index, (x, y) in enumerate(boxes):
        assert all(x != other_x or abs(y - other_y) >= 76 for other_x, other_y in boxes[index + 1 :])


def test_circles_and_loops_are_drawn_too() -> None:
    calls = CallGraph(
        (node("a", touched=True), node("b")),
        (CallEdge("a", "b"), CallEdge("b", "a"), CallEdge("a", "a"), CallEdge("a", "gone")),
    )
    tree = ET.fromstring(svg_calls(calls))  # noqa: S314 -- our own text
    assert len(tree.findall(f"{SVG}path")) == 2


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=30))
def test_no_label_breaks_out_of_the_svg(text: str) -> None:
    calls = CallGraph(
        (CallNode("a", text, text, text, text, touched=True), CallNode("b", "agents", text, text)),
        (CallEdge("a", "b", text),),
    )
    drawn = svg_calls(calls)
    drawn.encode()
    tags = {element.tag.removeprefix(SVG) for element in ET.fromstring(drawn).iter()}  # noqa: S314 -- our own text
    assert tags <= {"svg", "title", "desc", "defs", "marker", "path", "g", "rect", "text"}


def test_no_picture_without_stops() -> None:
    assert svg_calls(CallGraph()) == ""
