"""Put saved plans together: those of one project in one environment become one, others stand beside each other.

Plans belong together where they were made from the same declarations for the same accounts: then they are parts of one, as
where each looked at an account of its own. What two of them say of one resource must be the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.plan import CallEdge, CallGraph, CallNode, Plan, Scope, Subject, Update
from reconciler.model.plan_report import Part, PlanReport, SavedPlan

Way: TypeAlias = tuple[str, str, str]
"""Both ends of a call's way, and by what it goes."""

_OVERLAP = "plan-overlap"
_NAMED = 3


def merge_plans(saved: Sequence[SavedPlan]) -> PlanReport:
    """Return one report of several plans, in the order in which they were given."""
    groups: dict[Hashable, list[SavedPlan]] = {}
    for one in saved:
        groups.setdefault(_name_world(one.plan), []).append(one)
    parts = _name_parts([_merge(group) for group in groups.values()])
    found = [found for part in parts for found in part.plan.diagnostics if found.code == _OVERLAP]
    return PlanReport(
        parts,
        whole=_join(parts),
        notes=tuple(_list_shared(parts)),
        refusals=tuple(one for one in found if one.severity is Severity.ERROR),
    )


def _name_world(plan: Plan) -> Hashable:
    bound = plan.binding
    return (plan.project, plan.environment, plan.subject, bound.configuration, bound.schemas, frozenset(bound.hosts.items()))  # fmt: skip


def _merge(group: Sequence[SavedPlan]) -> Part:
    plans = [one.plan for one in group]
    sources = tuple(one.source for one in group)
    if len(plans) == 1:
        return Part(plans[0], sources)
    resources = {planned.address: planned for plan in plans for planned in plan.resources}
    updates = {update.address: update for plan in plans for update in plan.updates}
    declared = max(len(plan.resources) + plan.scope.left_out for plan in plans)
    merged = replace(
        plans[0],
        created_at=min(plan.created_at for plan in plans),
        updates=tuple(sorted(updates.values(), key=lambda update: update.location)),
        resources=tuple(resources.values()),
        diagnostics=tuple(
            dict.fromkeys([*_list_twice(group), *(found for plan in plans for found in plan.diagnostics)])
        ),
        ignored=tuple({(one.address, one.path): one for plan in plans for one in plan.ignored}.values()),
        calls=_join_calls([plan.calls for plan in plans]),
        forecast_requests=sum(plan.forecast_requests for plan in plans),
        scope=Scope(plans=len(plans), left_out=declared - len(resources)),
    )
    return Part(merged, sources)


def _join_calls(graphs: Iterable[CallGraph]) -> CallGraph:
    """Put pictures of one world together: a stop is touched where any of them says so, a way is gone likewise."""
    graphs = tuple(graphs)
    nodes: dict[str, CallNode] = {}
    edges: dict[Way, CallEdge] = {}
    for graph in graphs:
        for node in graph.nodes:  # one that is declared says more than one that is only known by its number
            nodes[node.key] = node if node.address else nodes.get(node.key, node)
        edges |= {_name_way(edge): edge for edge in graph.edges}
    touched = {node.key for graph in graphs for node in graph.nodes if node.touched}
    gone = {_name_way(edge) for graph in graphs for edge in graph.edges if edge.gone}
    return CallGraph(
        tuple(replace(node, touched=key in touched) for key, node in nodes.items()),
        tuple(replace(edge, gone=way in gone) for way, edge in edges.items()),
    )


def _name_way(edge: CallEdge) -> Way:
    return (edge.source, edge.target, edge.label)


def _name_parts(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Name the project of each part, and its files where two have the same project and environment."""
    places = Counter(_name_place(part) for part in parts)
    return tuple(
        replace(part, name=part.plan.project if places[_name_place(part)] == 1 else _add_sources(part))
        for part in parts
    )


def _name_place(part: Part) -> tuple[str, str | None]:
    return (part.plan.project, part.plan.environment)


def _add_sources(part: Part) -> str:
    files = name_some(part.sources)
    return f"{part.plan.project} ({files})" if part.plan.project else files


def name_some(names: Sequence[str]) -> str:
    """Name the first, and count the others."""
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _join(parts: Sequence[Part]) -> Plan:
    """Return all parts as one plan for counting and drawing; it means no single world, so it is never applied."""
    if len(parts) == 1:
        return parts[0].plan
    plans = [part.plan for part in parts]
    graphs = [_apart(plan.calls, number) for number, plan in enumerate(plans)]
    return Plan(
        created_at=min((plan.created_at for plan in plans), default=""),
        updates=tuple(update for plan in plans for update in plan.updates),
        resources=tuple(planned for plan in plans for planned in plan.resources),
        diagnostics=tuple(found for plan in plans for found in plan.diagnostics),
        calls=_join_calls(graphs),
        ignored=tuple(one for plan in plans for one in plan.ignored),
        forecast_requests=sum(plan.forecast_requests for plan in plans),
        subject=Subject.DRIFT if {plan.subject for plan in plans} == {Subject.DRIFT} else Subject.PLAN,
        scope=Scope(left_out=sum(plan.scope.left_out for plan in plans)),
    )


def _apart(calls: CallGraph, number: int) -> CallGraph:
    """Give the stops of a part keys of their own: what two worlds call by one name is two things."""
    return CallGraph(
        tuple(replace(node, key=f"{number}:{node.key}") for node in calls.nodes),
        tuple(
            replace(edge, source=f"{number}:{edge.source}", target=f"{number}:{edge.target}") for edge in calls.edges
        ),
    )


def _list_twice(group: Sequence[SavedPlan]) -> Iterator[Diagnostic]:
    """Find the resources that two plans of one world look at: told where both say the same, refused where not."""
    first: dict[str, tuple[SavedPlan, object]] = {}
    for one in group:
        updates = {update.address: replace(update, reach=None) for update in one.plan.updates}
        for planned in one.plan.resources:
            said = (planned, updates.get(planned.address))
            other, before = first.setdefault(planned.address, (one, said))
            if other is not one:
                yield _describe_twice(planned.address, other.source, one.source, alike=before == said)


def _describe_twice(address: str, first: str, second: str, *, alike: bool) -> Diagnostic:
    if alike:
        message = f"{address} stands in {first} and in {second}; both say the same, so it is shown once"
        return Diagnostic(_OVERLAP, message, Severity.NOTE, address=address)
    message = f"{first} and {second} say different things of {address}"
    advice = "It moved between the two. Make both anew, and let each look at resources of its own."
    return Diagnostic(_OVERLAP, message, advice=advice, address=address)


def _list_shared(parts: Sequence[Part]) -> Iterator[Diagnostic]:
    """Tell of what two parts are about: a resource of two states of one world, or a live object that both would update."""
    seen: dict[Hashable, Part] = {}
    for part in parts:
        for update in part.plan.updates if part.plan.subject is Subject.PLAN else ():
            other = seen.setdefault(_name_object(update), part)
            if other is not part:
                message = (
                    f"{update.address} in {name_some(part.sources)} is the live object of an update in "
                    f"{name_some(other.sources)} too"
                )
                advice = "Apply one of them, and plan the other again."
                yield Diagnostic(_OVERLAP, message, Severity.WARNING, advice=advice, address=update.address)


def _name_object(update: Update) -> Hashable:
    return (update.request.url, update.kind, update.identity)
