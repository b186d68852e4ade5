"""Read the sandbox's first state from a file that people write, and plant it in a world."""

from collections.abc import Collection, Hashable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from reconciler.sandbox.state.shapes import KEY, SHAPES, USER, VARIANT, Shape, identify
from reconciler.sandbox.state.world import Document, World
from reconciler.sandbox.vendors.kinds import fits

SANDBOX_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "galtea": "gsk_sandbox",
        "fluents": "fluents_sandbox",
        "opencopilot": "ocx_live_sandbox",
        "polyai": "polyai_sandbox",
    }
)

Entry = tuple[str, str, str, str, Document]


class SeedError(ValueError):
    """A seed that cannot be planted; the message starts with the path of the offending key."""


_REFERENCES: Mapping[tuple[str, str], Mapping[str, str]] = MappingProxyType(
    {
        ("fluents", "numbers"): {
            "inbound_agent": "agents",
            "telephony_account_connection": "account_connections",
        },
        ("fluents", "agents"): {"prompt": "prompts", "openai_account_connection": "account_connections"},
        ("polyai", "connectors"): {"variantId": "variants"},
        ("polyai", "phone_numbers"): {"connectorId": "connectors"},
    }
)
_TOP = ("galtea", "fluents", "opencopilot", "polyai", "switches", "vices")


def load_seed(path: Path) -> Mapping[str, Any]:
    """Read a seed file. Raises SeedError where it is not YAML or not a mapping."""
    from reconciler.sandbox.state.plain_yaml import read_yaml

    try:
        seed = read_yaml(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        msg = f"{path}: {error}"
        raise SeedError(msg) from error
    if not isinstance(seed, dict):
        msg = f"{path}: the seed must be a mapping with {', '.join(_TOP)}"
        raise SeedError(msg)
    return seed


def plant(world: World, seed: Mapping[str, Any]) -> None:
    """Check a seed and put everything in it into an empty world, or nothing where it is malformed."""
    entries = list(_grow(seed))
    _refuse_loose_ends(entries)
    world.put_all(iter(entries))


def read_switches(seed: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the switches that a seed sets."""
    return _section(seed, "switches", path="switches")


def read_vices(seed: Mapping[str, Any]) -> list[str]:
    """Return the vices that a seed asks for."""
    vices = seed.get("vices") or []
    if not isinstance(vices, list) or not all(isinstance(vice, str) for vice in vices):
        msg = "vices: must be a list of names"
        raise SeedError(msg)
    return vices


def _refuse_loose_ends(entries: Collection[Entry]) -> None:
    """Refuse a reference to what the seed does not hold: no vendor would have it."""
    known = {(provider, scope, collection, key) for provider, scope, collection, key, _ in entries}
    for provider, scope, collection, key, document in entries:
        for field, target in _REFERENCES.get((provider, collection), {}).items():
            wanted = document.get(field)
            prefix = f"{document['projectId']}/" if target == "variants" else ""
            if wanted and (provider, scope, target, f"{prefix}{wanted}") not in known:
                msg = f"{provider}.{collection} {key}.{field}: there is no {wanted!r} in {target}"
                raise SeedError(msg)


def _grow(seed: Mapping[str, Any]) -> Iterator[Entry]:
    _refuse_unknown(seed, _TOP, path="")
    for provider in SANDBOX_KEYS:
        section = _section(seed, provider, path=provider)
        if provider == "fluents":
            yield from _grow_worlds(section)
        else:
            yield from _grow_provider(provider, section)


def _grow_provider(provider: str, section: Mapping[str, Any]) -> Iterator[Entry]:
    names = [collection for owner, collection in SHAPES if owner == provider]
    extra = ["variants"] if provider == "polyai" else []
    _refuse_unknown(section, ["keys", *names, *extra], path=provider)
    for name in names:
        yield from _grow_rows(provider, "", name, section.get(name), path=f"{provider}.{name}")
    if extra:
        yield from _grow_variants(_section(section, "variants", path="polyai.variants"))
        yield from _register_agents(section)
    keys = section.get("keys") or [{"key": SANDBOX_KEYS[provider]}]
    for key in _rows(keys, KEY, path=f"{provider}.keys"):
        yield provider, "", "keys", key["key"], key


def _grow_worlds(section: Mapping[str, Any]) -> Iterator[Entry]:
    """Grow one world for the sandbox key and one for each key of `worlds`."""
    worlds = _section(section, "worlds", path="fluents.worlds")
    own = {name: rows for name, rows in section.items() if name != "worlds"}
    yield from _grow_world("", SANDBOX_KEYS["fluents"], own, path="fluents")
    for key in worlds:
        yield from _grow_world(
            key, key, _section(worlds, key, path=f"fluents.worlds.{key}"), path=f"fluents.worlds.{key}"
        )


def _grow_world(scope: str, key: str, section: Mapping[str, Any], *, path: str) -> Iterator[Entry]:
    names = [collection for owner, collection in SHAPES if owner == "fluents"]
    _refuse_unknown(section, names, path=path)
    for name in names:
        yield from _grow_rows("fluents", scope, name, section.get(name), path=f"{path}.{name}")
    yield "fluents", "", "keys", key, {"key": key, "scope": scope}


def _grow_rows(provider: str, scope: str, name: str, rows: object, *, path: str) -> Iterator[Entry]:
    shape = SHAPES[provider, name]
    for row in _rows(rows, shape, path=path):
        if (provider, name) == ("fluents", "agents"):
            yield from _take_out_prompt(scope, row)
        yield provider, scope, name, row[shape.key], row


def _take_out_prompt(scope: str, agent: Document) -> Iterator[Entry]:
    """Store an agent's inline prompt on its own, and give its actions and webhook ids."""
    for kind in ("prompt", "webhook"):
        if isinstance(agent.get(kind), dict):
            agent[kind] = {"id": _own_id(agent, kind), "user_id": USER, **agent[kind]}
    actions = agent.get("actions") or []
    agent["actions"] = [
        {"id": _own_id(agent, f"action/{place}"), "user_id": USER, **action} for place, action in enumerate(actions)
    ]
    if isinstance(agent.get("prompt"), dict):
        prompt = agent["prompt"]
        agent["prompt"] = prompt["id"]
        yield "fluents", scope, "prompts", prompt["id"], prompt


def _own_id(agent: Document, part: str) -> str:
    return identify(f"{agent['id']}/{part}")


def _grow_variants(section: Mapping[str, Any]) -> Iterator[Entry]:
    for agent, rows in section.items():
        for variant in _rows(rows, VARIANT, path=f"polyai.variants.{agent}"):
            yield "polyai", "", "variants", f"{agent}/{variant['id']}", {**variant, "projectId": agent}


def _register_agents(section: Mapping[str, Any]) -> Iterator[Entry]:
    """Make every agent that owns a connector known, so that it stays when its last connector moves away."""
    listed = {row["agentId"] for row in section.get("agents") or ()}
    for row in section.get("connectors") or ():
        if row["projectId"] not in listed:
            listed.add(row["projectId"])
            agent = {"agentId": row["projectId"], **({"region": row["region"]} if "region" in row else {})}
            yield "polyai", "", "agents", row["projectId"], agent


def _rows(rows: object, shape: Shape, *, path: str) -> list[Document]:
    if rows is None:
        return []
    if not isinstance(rows, list):
        msg = f"{path}: must be a list"
        raise SeedError(msg)
    completed = [_complete(row, shape, place, path=f"{path}[{place}]") for place, row in enumerate(rows)]
    _refuse_twins(completed, shape, path=path)
    return completed


def _complete(row: object, shape: Shape, place: int, *, path: str) -> Document:
    if not isinstance(row, dict):
        msg = f"{path}: must be a mapping"
        raise SeedError(msg)
    kinds = {**shape.optional, **shape.required}
    if shape.closed:
        _refuse_unknown(row, list(kinds), path=path)
    for name in shape.required:
        if name not in row:
            msg = f"{path}.{name}: is missing"
            raise SeedError(msg)
    for name, kind in kinds.items():
        if name in row and not fits(row[name], kind):
            msg = f"{path}.{name}: must be {_describe(kind)}, not {row[name]!r}"
            raise SeedError(msg)
    key = row[shape.key]
    return {**{name: make(key, place) for name, make in shape.defaults.items()}, **row}


def _refuse_twins(rows: list[Document], shape: Shape, *, path: str) -> None:
    seen: dict[Hashable, int] = {}
    for place, row in enumerate(rows):
        first = seen.setdefault(row[shape.key], place)
        if first != place:
            msg = f"{path}[{place}].{shape.key}: {row[shape.key]!r} is at {path}[{first}] already"
            raise SeedError(msg)


def _section(parent: Mapping[str, Any], name: str, *, path: str) -> Mapping[str, Any]:
    section = parent.get(name)
    if section is None:
        return {}
    if not isinstance(section, Mapping):
        msg = f"{path}: must be a mapping"
        raise SeedError(msg)
    return section


def _refuse_unknown(found: Mapping[str, Any], known: Collection[str], *, path: str) -> None:
    for name in found:
        if name not in known:
            where = f"{path}.{name}" if path else str(name)
            msg = f"{where}: is not known here; there are {', '.join(known)}"
            raise SeedError(msg)


def _describe(kind: str) -> str:
    words = kind.removesuffix("?").replace("phone", "a phone number like +14155552671")
    return words.replace("|", " or ") + (" or null" if kind.endswith("?") else "")
