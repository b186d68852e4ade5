"""Turn what a seed says of a collection into the documents that the vendor holds."""

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.sandbox.state.rows import SHAPES, SeedError, grow_row, read_rows, read_section
from reconciler.sandbox.state.shapes.fluents import INLINE
from reconciler.sandbox.state.shapes.shape import Shape, identify
from reconciler.sandbox.state.world import Document

Entry = tuple[str, str, str, str, Document]
Grown = tuple[str, str, Document]


def grow_collection(provider: str, name: str, rows: object, *, path: str) -> Iterator[Grown]:
    """Yield collection, key and document of everything that the rows of a collection stand for."""
    shape = SHAPES[provider][name]
    if shape.owner:
        yield from _grow_owned(name, shape, {name: rows}, path=path)
        return
    for row in read_rows(rows, shape, path=path):
        if (provider, name) == ("fluents", "agents"):
            yield from _take_out(row)
        yield name, row[shape.key], row


def register_agents(section: Mapping[str, Any]) -> Iterator[Document]:
    """Make every agent that owns a connector known, so that it stays when its last connector moves away."""
    listed = {row["agentId"] for row in section.get("agents") or ()}
    for row in section.get("connectors") or ():
        if row["projectId"] not in listed:
            listed.add(row["projectId"])
            yield {"agentId": row["projectId"], **({"region": row["region"]} if "region" in row else {})}


def _grow_owned(name: str, shape: Shape, section: Mapping[str, Any], *, path: str) -> Iterator[Grown]:
    """Yield rows that stand under the id of their owner."""
    for owner, rows in read_section(section, name, path=path).items():
        for row in read_rows(rows, shape, path=f"{path}.{owner}"):
            yield name, f"{owner}/{row[shape.key]}", {**row, shape.owner: owner}


def _take_out(agent: Document) -> Iterator[Grown]:
    """Store what is written inside an agent on its own, and leave its id there."""
    for field, collection in INLINE.items():
        written = agent.get(field)
        if isinstance(written, list):
            parts = [_grow_part(agent, f"action/{place}", collection, part) for place, part in enumerate(written)]
            agent[field] = [part if isinstance(part, str) else part["id"] for part in parts]
        elif isinstance(written, dict):
            parts = [_grow_part(agent, field, collection, written)]
            agent[field] = parts[0]["id"]
        else:
            continue
        yield from ((collection, part["id"], part) for part in parts if not isinstance(part, str))


def _grow_part(agent: Document, part: str, collection: str, written: Any) -> Any:
    """Return an object with an id of its own; an id stays one."""
    if isinstance(written, str):
        return written
    if not isinstance(written, dict):
        msg = f"fluents.agents {agent['id']}.{collection}: must be an id or an object, not {written!r}"
        raise SeedError(msg)
    return grow_row("fluents", collection, {"id": identify(f"{agent['id']}/{part}"), **written})
