"""Write as JSON what a plan looked at and how its calls run, and read it back; part of the document of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from reconciler.model.paths import Json
from reconciler.model.plan import CallEdge, CallGraph, CallNode, Scope

_NODE_KEYS: Final = ("key", "kind", "provider", "label", "phone_number", "touched")
_EDGE_KEYS: Final = ("source", "target", "label")


def write_calls(calls: CallGraph) -> dict[str, Json]:
    """Return the picture of the calls."""
    nodes = [
        {name: getattr(node, name) for name in _NODE_KEYS} | ({"address": node.address} if node.address else {})
        for node in calls.nodes
    ]
    edges = [
        {name: getattr(edge, name) for name in _EDGE_KEYS} | ({"gone": True} if edge.gone else {})
        for edge in calls.edges
    ]
    return {"nodes": nodes, "edges": edges}


def read_calls(entry: Mapping[str, Json]) -> CallGraph:
    """Return the picture of the calls of a document."""
    nodes = (
        CallNode(**{name: node[name] for name in _NODE_KEYS}, address=node.get("address", ""))
        for node in entry["nodes"]
    )
    edges = (
        CallEdge(**{name: edge[name] for name in _EDGE_KEYS}, gone=bool(edge.get("gone"))) for edge in entry["edges"]
    )
    return CallGraph(tuple(nodes), tuple(edges))


def write_scope(scope: Scope) -> dict[str, Json]:
    """Return what a plan was narrowed to."""
    return {
        "targets": list(scope.targets),
        "accounts": list(scope.accounts),
        "excluded": list(scope.excluded),
        "left_out": scope.left_out,
        **({"since": scope.since, "since_commit": scope.since_commit} if scope.since else {}),
        **({"plans": scope.plans} if scope.plans else {}),
    }


def read_scope(entry: Json) -> Scope:
    """Return what a plan was narrowed to; a document that does not say was not."""
    if entry is None:
        return Scope()
    targets, accounts, excluded = (tuple(map(str, entry[name])) for name in ("targets", "accounts", "excluded"))
    since, commit = str(entry.get("since", "")), str(entry.get("since_commit", ""))
    return Scope(
        targets,
        accounts,
        excluded,
        int(entry["left_out"]),
        since=since,
        since_commit=commit,
        plans=int(entry.get("plans", 0)),
    )
