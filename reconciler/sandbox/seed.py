"""Read the sandbox's first state from a file that people write, and plant it in a world."""

import uuid
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from reconciler.sandbox.kinds import fits
from reconciler.sandbox.world import Document, World

SANDBOX_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "galtea": "gsk_sandbox",
        "fluents": "fluents_sandbox",
        "opencopilot": "ocx_live_sandbox",
        "polyai": "polyai_sandbox",
    }
)
REGIONS = ("us", "uk", "eu", "studio")
_NAMESPACE = uuid.UUID("6f9619ff-8b86-4d01-b42d-00c04fc964ff")
_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)

Entry = tuple[str, str, str, str, Document]
Default = Callable[[str, int], object]


class SeedError(ValueError):
    """A seed that cannot be planted; the message starts with the path of the offending key."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Say what the rows of one collection look like.

    `defaults` are made from the key of a row and its place, so that the same seed always grows the same world.
    """

    key: str
    required: Mapping[str, str]
    optional: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, Default] = field(default_factory=dict)
    closed: bool = True


def _always(value: object) -> Default:
    return lambda _key, _place: value


def _identify(kind: str) -> Default:
    return lambda key, _place: str(uuid.uuid5(_NAMESPACE, f"{kind}/{key}"))


def _date(_key: str, place: int) -> str:
    moment = _EPOCH + timedelta(minutes=place)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


_USER = str(uuid.uuid5(_NAMESPACE, "user"))

SHAPES: Mapping[tuple[str, str], Shape] = MappingProxyType(
    {
        ("galtea", "phoneConnections"): Shape(
            key="id",
            required={"id": "string", "productId": "string", "name": "string", "phoneNumber": "phone"},
            optional={
                "userId": "string?",
                "voice": "string?",
                "languageCode": "string?",
                "agentSpeaksFirst": "boolean",
                "createdAt": "string",
                "deletedAt": "string?",
            },
            defaults={
                "userId": _always("user_sandbox"),
                "voice": _always(None),
                "languageCode": _always(None),
                "agentSpeaksFirst": _always(value=False),
                "createdAt": _date,
                "deletedAt": _always(None),
            },
        ),
        ("fluents", "numbers"): Shape(
            key="number",
            required={"number": "phone"},
            optional={
                "id": "string",
                "user_id": "string",
                "active": "boolean",
                "label": "string?",
                "description": "string?",
                "outbound_only": "boolean",
                "example_context": "object",
                "telephony_provider": "string",
                "inbound_agent": "string?",
                "telephony_account_connection": "string?",
            },
            defaults={
                "id": _identify("number"),
                "user_id": _always(_USER),
                "active": _always(value=True),
                "label": _always(""),
                "description": _always(""),
                "outbound_only": _always(value=False),
                "example_context": lambda _key, _place: {},
                "telephony_provider": _always("twilio"),
                "inbound_agent": _always(None),
                "telephony_account_connection": _always(None),
            },
        ),
        ("fluents", "agents"): Shape(
            key="id",
            required={"id": "string"},
            optional={
                "name": "string",
                "prompt": "object|string?",
                "actions": "array",
                "webhook": "object|string?",
                "openai_account_connection": "string?",
            },
            defaults={
                "user_id": _always(_USER),
                "name": lambda key, _place: key,
                "prompt": lambda _key, _place: {"content": "", "type": "prompt"},
                "actions": lambda _key, _place: [],
            },
            closed=False,
        ),
        ("fluents", "prompts"): Shape(
            key="id",
            required={"id": "string"},
            optional={"content": "string"},
            defaults={"user_id": _always(_USER), "type": _always("prompt")},
            closed=False,
        ),
        ("fluents", "account_connections"): Shape(
            key="id",
            required={"id": "string", "type": "string"},
            optional={"credentials": "object"},
            defaults={"user_id": _always(_USER), "credentials": lambda _key, _place: {}},
            closed=False,
        ),
        ("opencopilot", "phones"): Shape(
            key="id",
            required={"id": "string", "phone_number": "phone"},
            optional={
                "name": "string?",
                "base_prompt": "string",
                "handoff_phone_number": "string",
                "initial_message": "string",
                "language": "string",
                "emotion_recognition": "boolean",
                "elevenlabs_voice_id": "string",
                "voice_speed": "number",
                "speaks_first": "string",
                "wait_time_before_ending_call": "number",
                "call_max_duration": "number",
                "awaiting_response_messages": "string",
                "awaiting_response_max_spoken_count": "number",
                "awaiting_response_timeout": "number",
            },
            defaults={"name": _always(None), "elevenlabs_voice_id": _always("hP72SDESIJq2YuAblBqz")},
        ),
        ("polyai", "connectors"): Shape(
            key="connectorId",
            required={"connectorId": "string", "projectId": "string"},
            optional={
                "name": "string",
                "accountId": "string",
                "clientEnv": "string",
                "variantId": "string?",
                "asrLangCode": "string",
                "ttsLangCode": "string",
                "voiceName": "string",
                "disableHandoff": "boolean",
                "region": "string",
            },
            defaults={
                "name": lambda key, _place: key,
                "accountId": _always("account_sandbox"),
                "clientEnv": _always("sandbox"),
                "variantId": _always(""),
                "asrLangCode": _always("en-US"),
                "voiceName": _always("en-US-Neural2-A"),
                "disableHandoff": _always(value=False),
            },
        ),
        ("polyai", "phone_numbers"): Shape(
            key="number",
            required={"number": "phone", "projectId": "string"},
            optional={"accountId": "string", "clientEnv": "string", "connectorId": "string?"},
            defaults={
                "accountId": _always("account_sandbox"),
                "clientEnv": _always("sandbox"),
                "connectorId": _always(None),
            },
        ),
        ("polyai", "agents"): Shape(key="agentId", required={"agentId": "string"}, optional={"region": "string"}),
    }
)
VARIANT = Shape(
    key="id",
    required={"id": "string", "name": "string"},
    optional={"isDefault": "boolean", "attributeValues": "object"},
    defaults={
        "isDefault": lambda _key, place: place == 0,
        "attributeValues": lambda _key, _place: {"values": {}},
    },
)
KEY = Shape(
    key="key",
    required={"key": "string"},
    optional={"products": "array", "regions": "array", "agents": "array"},
)
_TOP = ("galtea", "fluents", "opencopilot", "polyai", "switches", "vices")


def load_seed(path: Path) -> Mapping[str, Any]:
    """Read a seed file. Raises SeedError where it is not YAML or not a mapping."""
    from reconciler.sandbox.plain_yaml import read_yaml

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
    world.put_all(iter(list(_grow(seed))))


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
            agent[kind] = {"id": _own_id(agent, kind), "user_id": _USER, **agent[kind]}
    actions = agent.get("actions") or []
    agent["actions"] = [
        {"id": _own_id(agent, f"action/{place}"), "user_id": _USER, **action} for place, action in enumerate(actions)
    ]
    if isinstance(agent.get("prompt"), dict):
        prompt = agent["prompt"]
        agent["prompt"] = prompt["id"]
        yield "fluents", scope, "prompts", prompt["id"], prompt


def _own_id(agent: Document, part: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, f"{agent['id']}/{part}"))


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


def _refuse_unknown(found: Mapping[str, Any], known: Iterator[str] | list[str] | tuple[str, ...], *, path: str) -> None:
    known = list(known)
    for name in found:
        if name not in known:
            where = f"{path}.{name}" if path else str(name)
            msg = f"{where}: is not known here; there are {', '.join(known)}"
            raise SeedError(msg)


def _describe(kind: str) -> str:
    words = kind.removesuffix("?").replace("phone", "a phone number like +14155552671")
    return words.replace("|", " or ") + (" or null" if kind.endswith("?") else "")
