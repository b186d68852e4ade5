"""Resources come after those that they refer to, and each circle is one."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from reconciler.config.references.order import Walk

NAMES = st.sampled_from("abcdefgh")
GRAPHS = st.dictionaries(NAMES, st.lists(NAMES, max_size=4, unique=True))


@given(GRAPHS)
def test_each_is_ordered_once_after_its_targets_or_stands_in_a_circle(graph: dict[str, list[str]]) -> None:
    walk = Walk(graph)
    wrong = {address for circle in walk.circles for address in circle}
    everybody = {*graph, *(target for targets in graph.values() for target in targets)}
    assert sorted(walk.order) == sorted(everybody - wrong)
    for place, address in enumerate(walk.order):
        assert set(graph.get(address, ())) <= {*walk.order[:place], *wrong}


@given(GRAPHS)
def test_each_circle_is_one_and_none_shares_a_resource_with_another(graph: dict[str, list[str]]) -> None:
    walk = Walk(graph)
    for circle in walk.circles:
        assert circle[0] == circle[-1]
        assert all(target in graph[source] for source, target in pairwise(circle))
    members = [address for circle in walk.circles for address in circle[1:]]
    assert len(members) == len(set(members))
