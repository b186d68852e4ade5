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


def grow_around_agents(section: Mapping[str, Any], *, path: str) -> Iterator[Grown]:
    """Yield what a checked section of PolyAI says without saying it.

    An agent that owns anything is known, so that it stays when its last connector moves away. A branch holds what
    `main` holds, as far as it has nothing of its own. The attributes of an agent are those that its variants fill.
    """
    listed = {row["agentId"]: row for row in section.get("agents") or ()}
    agents = {agent: grow_row("polyai", "agents", row) for agent, row in (_find_owners(section) | listed).items()}
    yield from (("agents", agent, row) for agent, row in agents.items() if agent not in listed)
    for agent, rows in (section.get("branches") or {}).items():
        for row in rows:
            yield from _grow_branch(agents[agent], row, (section.get("variants") or {}).get(agent), path=path)
    yield from _grow_attributes(section)


def _find_owners(section: Mapping[str, Any]) -> dict[str, Document]:
    owners: dict[str, Document] = {}
    for row in (*(section.get("connectors") or ()), *(section.get("phone_numbers") or ())):
        told = {name: row[name] for name in ("region", "accountId") if name in row}
        owners.setdefault(row["projectId"], {"agentId": row["projectId"], **told})
    for name, shape in SHAPES["polyai"].items():
        for agent in (section.get(name) or {}) if shape.owner else ():
            owners.setdefault(agent, {"agentId": agent})
    return owners


def _grow_branch(agent: Document, row: Document, main: object, *, path: str) -> Iterator[Grown]:
    owner, branch = agent["agentId"], row["branchId"]
    where = f"{path}.branches.{owner}.{branch}"
    if branch == "main":
        msg = f"{where}: main is always there; its prompt and variants stand under agents and variants"
        raise SeedError(msg)
    grown = {"behavior": agent["behavior"], **grow_row("polyai", "branches", row), "projectId": owner}
    yield "branches", f"{owner}/{branch}", {name: value for name, value in grown.items() if name != "variants"}
    for variant in read_rows(row.get("variants", main), SHAPES["polyai"]["variants"], path=f"{where}.variants"):
        document = {**variant, "projectId": owner, "branchId": branch}
        yield "branch_variants", f"{owner}/{branch}/{variant['id']}", document


def _grow_attributes(section: Mapping[str, Any]) -> Iterator[Grown]:
    """Yield the attributes that variants fill and nobody lists."""
    for agent, rows in (section.get("variants") or {}).items():
        listed = {row["id"] for row in (section.get("attributes") or {}).get(agent) or ()}
        for row in rows or ():
            for name in row.get("attributeValues", {}).get("values", {}):
                if name not in listed:
                    listed.add(name)
                    grown = {**grow_row("polyai", "attributes", {"id": name}), "projectId": agent}
                    yield "attributes", f"{agent}/{name}", grown


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
