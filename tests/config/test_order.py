"""Resources come after those that they refer to, and each circle is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.config.references.order import Walk

NAMES = st.sampled_from("abcdefgh")
GRAPHS = st.dictionaries(NAMES, st.lists(NAMES, max_size=4, unique=True))


def find_circling(graph: Mapping[str, Sequence[str]]) -> set[str]:
    """Return all that reach themselves, by walking on until nothing new is reached."""
    reached = {address: set(targets) for address, targets in graph.items()}
    for _ in reached:
        for targets in reached.values():
            targets |= {further for target in targets for further in reached.get(target, ())}
    return {address for address, targets in reached.items() if address in targets}


@example({"a": ["d"], "b": [], "d": ["d", "c"], "c": ["a"]})
@given(GRAPHS)
def test_each_is_ordered_once_after_its_targets_or_stands_in_a_circle(graph: dict[str, list[str]]) -> None:
    walk = Walk(graph)
    told = {address for circle in walk.circles for address in circle}
    circling = find_circling(graph)
    everybody = {*graph, *(target for targets in graph.values() for target in targets)}
    assert len(walk.order) == len(set(walk.order))
    assert everybody - circling <= set(walk.order) <= everybody - told
    assert bool(told) == bool(circling)
    for place, address in enumerate(walk.order):
        assert set(graph.get(address, ())) <= {*walk.order[:place], *(circling - set(walk.order))}


@given(GRAPHS)
def test_each_circle_is_one_and_none_shares_a_resource_with_another(graph: dict[str, list[str]]) -> None:
    walk = Walk(graph)
    for circle in walk.circles:
        assert circle[0] == circle[-1]
        assert all(target in graph[source] for source, target in pairwise(circle))
    members = [address for circle in walk.circles for address in circle[1:]]
    assert len(members) == len(set(members))
