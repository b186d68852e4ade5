"""Plant the sandbox's first state, as people write it, in a world."""

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from reconciler.sandbox.state.growth import Entry, grow_around_agents, grow_collection
from reconciler.sandbox.state.rows import SHAPES, SeedError, read_rows, read_section, refuse_unknown
from reconciler.sandbox.state.shapes import fluents, galtea, polyai
from reconciler.sandbox.state.shapes.shape import Shape
from reconciler.sandbox.state.world import Document, World
from reconciler.sandbox.trouble.switches import GENERATIONS

SANDBOX_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "galtea": "gsk_sandbox",
        "fluents": "fluents_sandbox",
        "opencopilot": "ocx_live_sandbox",
        "polyai": "polyai_sandbox",
    }
)
REFERENCES = {"galtea": galtea.REFERENCES, "fluents": fluents.REFERENCES, "polyai": polyai.REFERENCES}
_TOP = (*SANDBOX_KEYS, "switches", "vices")
_KEY = Shape(
    key="key",
    required={"key": "string"},
    optional={"products": "array", "regions": "array", "agents": "array"},
)


def join_key(key: str, *worlds: str) -> str:
    """Return a key that opens the first of these worlds that the seed has, else the vendor's common one."""
    return ":".join((key, *(name for name in worlds if name and ":" not in name)))


def plant(world: World, seed: Mapping[str, Any]) -> None:
    """Check a seed and put everything in it into an empty world, or nothing where it is malformed."""
    entries = list(grow_seed(seed))
    _refuse_shared_keys(entries)
    _refuse_loose_ends(entries)
    world.put_all(iter(entries))


def read_switches(seed: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the switches that a seed sets."""
    return read_section(seed, "switches", path="switches")


def read_vices(seed: Mapping[str, Any]) -> list[str]:
    """Return the vices that a seed asks for."""
    vices = seed.get("vices") or []
    if not isinstance(vices, list) or not all(isinstance(vice, str) for vice in vices):
        msg = "vices: must be a list of names"
        raise SeedError(msg)
    return vices


def grow_seed(seed: Mapping[str, Any]) -> Iterator[Entry]:
    """Grow the world of each vendor's own key, and one for each name under its `worlds`."""
    refuse_unknown(seed, _TOP, path="")
    for provider, key in SANDBOX_KEYS.items():
        section = read_section(seed, provider, path=provider)
        worlds = read_section(section, "worlds", path=f"{provider}.worlds")
        own = {name: rows for name, rows in section.items() if name != "worlds"}
        yield from _grow_world(provider, "", key, own, path=provider)
        for name in worlds:
            path, scope = f"{provider}.worlds.{name}", str(name)
            if not scope or ":" in scope:
                msg = f"{path}: the name of a world has no colon"
                raise SeedError(msg)
            yield from _grow_world(provider, scope, scope, read_section(worlds, name, path=path), path=path)


def _grow_world(provider: str, scope: str, key: str, section: Mapping[str, Any], *, path: str) -> Iterator[Entry]:
    """Grow what one account holds, and the keys that open it: its own, unless it lists others."""
    shapes = SHAPES[provider]
    generations = GENERATIONS.get(provider, ())
    refuse_unknown(section, [*shapes, "keys", *(["generation"] if generations else [])], path=path)
    for name in shapes:
        for grown in grow_collection(provider, name, section.get(name), path=f"{path}.{name}"):
            yield provider, scope, *grown
    if provider == "polyai":
        yield from ((provider, scope, *grown) for grown in grow_around_agents(section, path=path))
    grants = read_rows(section.get("keys") or [{"key": key}], _KEY, path=f"{path}.keys")
    world = {"scope": scope, **_read_generation(section, generations, path=path)}
    yield from ((provider, "", "keys", grant["key"], {**grant, **world}) for grant in grants)
    if scope:
        yield provider, "", "worlds", scope, {**grants[0], **world}


def _read_generation(section: Mapping[str, Any], generations: Collection[str], *, path: str) -> Document:
    """Return the generation that a world speaks, where it says one."""
    if "generation" not in section:
        return {}
    generation = str(section["generation"])
    if generation not in generations:
        msg = f"{path}.generation: must be {' or '.join(generations)}, not {generation!r}"
        raise SeedError(msg)
    return {"generation": generation}


def _refuse_shared_keys(entries: Collection[Entry]) -> None:
    """Refuse a key that opens two worlds: nobody could tell which."""
    seen: dict[tuple[str, str], str] = {}
    for provider, _, collection, key, document in entries:
        if collection == "keys" and seen.setdefault((provider, key), document["scope"]) != document["scope"]:
            msg = f"{provider}.worlds.{document['scope']}.keys: {key!r} opens another world already"
            raise SeedError(msg)


def _refuse_loose_ends(entries: Collection[Entry]) -> None:
    """Refuse a reference to what the seed does not hold: no vendor would have it."""
    known = {(provider, scope, collection, key) for provider, scope, collection, key, _ in entries}
    for provider, scope, collection, key, document in entries:
        for field, target in REFERENCES.get(provider, {}).get(collection, {}).items():
            prefix = f"{document['projectId']}/" if target == "variants" else ""
            named = document.get(field)
            for wanted in named if isinstance(named, list) else [named]:
                if wanted and (provider, scope, target, f"{prefix}{wanted}") not in known:
                    msg = f"{provider}.{collection} {key}.{field}: there is no {wanted!r} in {target}"
                    raise SeedError(msg)
