"""Worlds for the laws: what the vendors hold, and what a project declares of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

VOICES = ("hP72SDESIJq2YuAblBqz", "a38v0NaUbsvackET0tSL", "UR972wNGq3zluze0LoIp")
AGENTS = ("550e8400-e29b-41d4-a716-446655440000", "7c9e6679-7425-40de-944b-e07fc1f90ae7")
PROJECTS = ("PROJECT-A", "PROJECT-B")
SECRETS = {"ONE": "sesame-one-7Qx2", "TWO": "sesame-two-9Kw4"}
"""What git's environment puts in for `${secret.NAME}`."""
SECRET_NAMES = frozenset({"credentials", "api_key", "api_user_id", "apiKey", "signature_secret"})
STAMPS = frozenset({"updated_at", "lastUpdated", "hasApiKey"})
"""What a vendor moves with a write: when it was, and that there is a key now."""
VARIANTS = {"PROJECT-A": ("variant-a1", "variant-a2"), "PROJECT-B": ("variant-b1",)}

TEXTS = st.sampled_from(
    ["", "no", "Front desk", "8:30", "+1", "0123", " a ", "naïve ☎", "line\nline", "~", "null", "<<", "{}"]
)
FILLED = TEXTS.filter(lambda text: bool(text.strip()))
CONTEXTS = st.dictionaries(
    st.sampled_from(["city", "plan", "__n", "a/b", "~"]),
    st.sampled_from(["Oslo", "", 1, 1.5, True, None, ["a"], {"deep": "er"}]),
    max_size=3,
)


@dataclass(frozen=True)
class Drawn:
    """A drawn world: the sandbox's seed, the project's resources, and how to find an object of it."""

    seed: Mapping[str, Any]
    declared: Mapping[str, Any]
    places: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)
    """Address -> provider, collection and key in the sandbox's world."""
    clear: str = ""
    """How the Fluents account clears; empty where it says nothing."""
    switches: Mapping[str, str] = field(default_factory=dict)
    """How the vendor really does it."""
    apis: Mapping[str, str] = field(default_factory=dict)
    """Which generation of a vendor's API an account speaks, where it is not the default one."""


def some(fields: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Draw any subset of fields."""
    return st.fixed_dictionaries({}, optional=dict(fields))


CONNECTION = {
    "phoneNumber": st.sampled_from(["+12025550143", "+14155552671"]),
    "voice": st.sampled_from(["sarah", "jack", "", None]),
    "languageCode": st.sampled_from(["en-US", "no", None]),
    "agentSpeaksFirst": st.booleans(),
}
NUMBER = {
    "label": TEXTS,
    "description": TEXTS,
    "outbound_only": st.booleans(),
    "example_context": CONTEXTS,
    "inbound_agent": st.sampled_from(AGENTS),
}
PHONE = {
    "name": TEXTS,
    "base_prompt": TEXTS,
    "language": st.sampled_from(["en", "no", "de"]),
    "speaks_first": st.sampled_from(["assistant-speaks-first", "user-speaks-first"]),
    "voice_speed": st.sampled_from([0.5, 1, 1.25]),
    "emotion_recognition": st.booleans(),
    "initial_message": TEXTS,
}
CONNECTOR = {
    "voiceName": st.sampled_from(["en-US-Neural2-A", "en-GB-Neural2-B", "nb-NO-Wavenet-C"]),
    "asrLangCode": st.sampled_from(["en-US", "no"]),
}


CLEARING: tuple[tuple[str, dict[str, str]], ...] = (
    ("", {}),
    ("send-null", {"fluents-null": "clears", "fluents-empty-object": "clears"}),
    ("send-empty", {"fluents-empty-object": "clears"}),
)
CLEARABLE = {
    "": frozenset[str](),
    "send-null": frozenset({"label", "description", "inbound_agent", "example_context"}),
    # An empty text is no agent's id at the vendor.
    "send-empty": frozenset({"label", "description", "example_context"}),
}
HARMLESS = {
    "galtea-patch": st.sampled_from(["partial", "strict"]),
    "galtea-patch-answer": st.sampled_from(["object", "204", "id"]),
    "galtea-max-limit": st.sampled_from(["1", "2", "10000"]),
    "fluents-list-references": st.sampled_from(["ids", "objects"]),
    "fluents-example-context": st.sampled_from(["replace", "merge"]),
    "opencopilot-page-size": st.sampled_from(["1", "2", "20"]),
    "polyai-batch-limit": st.sampled_from(["1", "2", "25"]),
}
"""Switches of the sandbox that must not make any difference to what an apply achieves."""


@st.composite
def draw_worlds(draw: st.DrawFn) -> Drawn:
    """Draw up to three objects of each vendor and declarations of most of them."""
    seed: dict[str, Any] = {name: {} for name in ("galtea", "fluents", "opencopilot", "polyai")}
    declared: dict[str, dict[str, Any]] = {}
    places: dict[str, tuple[str, str, str]] = {}
    _draw_connections(draw, seed, declared, places)
    clear, habits = draw(st.sampled_from(CLEARING))
    switches = {**habits, **draw(st.fixed_dictionaries({}, optional=HARMLESS))}
    _draw_numbers(draw, seed, declared, places, clearable=CLEARABLE[clear])
    _draw_phones(draw, seed, declared, places)
    _draw_connectors(draw, seed, declared, places)
    kinds = {kind: entries for kind, entries in declared.items() if entries}
    return Drawn(seed, kinds, places, clear, switches)


def _draw_connections(draw: st.DrawFn, seed: Any, declared: Any, places: Any) -> None:
    rows, entries = [], {}
    for place in range(draw(st.integers(0, 3))):
        key, name = f"pc_{place}", f"Line {place}"
        base = {"id": key, "productId": "prod_1", "name": name, "phoneNumber": "+12025550143"}
        rows.append({**base, **draw(some(CONNECTION))})
        spec = draw(some(CONNECTION))
        by_id = draw(st.booleans())
        if by_id and draw(st.booleans()):
            spec["name"] = f"Line {place} again"
        identity = {"id": key} if by_id else {"match": {"productId": "prod_1", "name": name}}
        if spec:
            entries[f"line-{place}"] = {**identity, "spec": spec}
            places[f"phone_connections.line-{place}"] = ("galtea", "phoneConnections", key)
    seed["galtea"]["phoneConnections"] = rows
    declared["phone_connections"] = entries


def _draw_numbers(draw: st.DrawFn, seed: Any, declared: Any, places: Any, *, clearable: frozenset[str]) -> None:
    rows, entries = [], {}
    wanted = {**NUMBER, "example_context": CONTEXTS.map(_drop_nulls).filter(bool)}
    # An empty text counts as cleared: declared where the account says how.
    wanted |= {name: wanted[name] | st.none() for name in clearable} | dict.fromkeys(
        {"label", "description"} - clearable, FILLED
    )
    for place in range(draw(st.integers(0, 3))):
        key = f"+1202555{place:04d}"
        rows.append({"number": key, **draw(some(NUMBER))})
        spec = draw(some(wanted))
        if spec:
            entries[f"number-{place}"] = {"account": "fluents", "id": key, "spec": spec}
            places[f"numbers.number-{place}"] = ("fluents", "numbers", key)
    seed["fluents"] = {"agents": [{"id": agent} for agent in AGENTS], "numbers": rows}
    declared["numbers"] = entries


def _drop_nulls(context: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in context.items() if value is not None}


def _draw_phones(draw: st.DrawFn, seed: Any, declared: Any, places: Any) -> None:
    rows, entries = [], {}
    for place in range(draw(st.integers(0, 3))):
        key = f"phone-{place}"
        base = {"id": key, "phone_number": f"+1303555{place:04d}", "elevenlabs_voice_id": draw(st.sampled_from(VOICES))}
        rows.append({**base, **draw(some(PHONE))})
        spec = {"elevenlabs_voice_id": draw(st.sampled_from(VOICES)), **draw(some(PHONE))}
        entries[f"agent-{place}"] = {"account": "opencopilot", "id": key, "spec": spec}
        places[f"agents.agent-{place}"] = ("opencopilot", "phones", key)
    seed["opencopilot"]["phones"] = rows
    declared["agents"] = entries


def _draw_connectors(draw: st.DrawFn, seed: Any, declared: Any, places: Any) -> None:
    rows, entries = [], {}
    for place in range(draw(st.integers(0, 4))):
        key, project = f"conn-{place}", draw(st.sampled_from(PROJECTS))
        variant = draw(st.sampled_from(["", *VARIANTS[project]]))
        base = {"projectId": project, "connectorId": key, "name": f"Connector {place}", "variantId": variant}
        rows.append({**base, "clientEnv": draw(st.sampled_from(["sandbox", "live"])), **draw(some(CONNECTOR))})
        spec = draw(some({**CONNECTOR, "variantId": st.sampled_from([None, *VARIANTS[project]])}))
        if draw(st.integers(0, 5)) == 0:
            # A move travels alone: what else is declared follows in the next apply or is refused.
            spec = {"projectId": PROJECTS[1 - PROJECTS.index(project)]}
        identity: dict[str, Any] = {"id": {"agentId": project, "connectorId": key}}
        if draw(st.booleans()) and "projectId" not in spec:
            identity = {"match": {"agentId": project, "name": f"Connector {place}"}}
        if spec:
            entries[f"conn-{place}"] = {**identity, "spec": spec}
            places[f"connectors.conn-{place}"] = ("polyai", "connectors", key)
    variants = {
        project: [{"id": name, "name": name, "isDefault": not at} for at, name in enumerate(names)]
        for project, names in VARIANTS.items()
    }
    seed["polyai"] = {"connectors": rows, "variants": variants}
    declared["connectors"] = entries


def build_world() -> Drawn:
    """Return a world with something to do at every vendor, batches and nulls among it."""
    seed = {
        "galtea": {
            "phoneConnections": [
                {
                    "id": f"pc_{place}",
                    "productId": "prod_1",
                    "name": f"Line {place}",
                    "phoneNumber": "+12025550143",
                    "voice": "sarah",
                }
                for place in range(3)
            ]
        },
        "fluents": {
            "agents": [{"id": agent} for agent in AGENTS],
            "numbers": [
                {
                    "number": "+12025550100",
                    "label": "Front",
                    "description": "Day",
                    "example_context": {"city": "Bergen", "plan": "gold"},
                },
                {"number": "+12025550101", "label": "Back", "inbound_agent": AGENTS[1]},
            ],
        },
        "opencopilot": {
            "phones": [
                {
                    "id": f"phone-{place}",
                    "phone_number": f"+1303555000{place}",
                    "name": f"Agent {place}",
                    "language": "en",
                    "base_prompt": "Old.",
                }
                for place in range(2)
            ]
        },
        "polyai": {
            "connectors": [
                {
                    "projectId": "PROJECT-A",
                    "connectorId": f"conn-{place}",
                    "voiceName": "en-US-Neural2-C",
                    "variantId": "variant-a1",
                }
                for place in range(4)
            ],
            "variants": {
                project: [{"id": name, "name": name, "isDefault": not at} for at, name in enumerate(names)]
                for project, names in VARIANTS.items()
            },
        },
    }
    declared: dict[str, dict[str, Any]] = {
        "phone_connections": {
            "line-0": {"id": "pc_0", "spec": {"voice": "jack", "agentSpeaksFirst": True}},
            "line-1": {"id": "pc_1", "spec": {"voice": None, "languageCode": "en-GB"}},
            "line-2": {"id": "pc_2", "spec": {"phoneNumber": "+14155552671"}},
        },
        "numbers": {
            "front": {
                "account": "fluents",
                "id": "+12025550100",
                "spec": {"label": "Front desk", "example_context": {"city": "Oslo"}},
            },
            "back": {
                "account": "fluents",
                "id": "+12025550101",
                "spec": {"outbound_only": True, "inbound_agent": AGENTS[0]},
            },
        },
        "agents": {
            f"agent-{place}": {
                "account": "opencopilot",
                "id": f"phone-{place}",
                "spec": {
                    "name": f"New {place}",
                    "elevenlabs_voice_id": VOICES[1],
                    "language": "no",
                    "base_prompt": "New.",
                },
            }
            for place in range(2)
        },
        "connectors": {
            f"conn-{place}": {
                "id": {"agentId": "PROJECT-A", "connectorId": f"conn-{place}"},
                "spec": {"voiceName": "en-US-Neural2-A", "asrLangCode": "en-GB", "variantId": None},
            }
            for place in range(4)
        },
    }
    places = {f"phone_connections.line-{place}": ("galtea", "phoneConnections", f"pc_{place}") for place in range(3)}
    places |= {
        "numbers.front": ("fluents", "numbers", "+12025550100"),
        "numbers.back": ("fluents", "numbers", "+12025550101"),
    }
    places |= {f"agents.agent-{place}": ("opencopilot", "phones", f"phone-{place}") for place in range(2)}
    places |= {f"connectors.conn-{place}": ("polyai", "connectors", f"conn-{place}") for place in range(4)}
    return Drawn(seed, declared, places)


def find_spec(drawn: Drawn, address: str) -> Mapping[str, Any]:
    """Return what is declared of a resource, with the secrets of the environment in their places."""
    kind, _, name = address.partition(".")
    spec: Mapping[str, Any] = fill_secrets(drawn.declared[kind][name]["spec"])
    return spec


def fill_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: fill_secrets(inner) for key, inner in value.items()}
    return SECRETS.get(value.removeprefix("${secret.").removesuffix("}"), value) if isinstance(value, str) else value


def find_shown(drawn: Drawn, address: str) -> Mapping[str, Any]:
    """Return what is declared of a resource but for its secrets, which nobody can read back for sure."""
    shown: Mapping[str, Any] = drop_secrets(find_spec(drawn, address))
    return shown


def drop_secrets(row: Mapping[str, Any]) -> dict[str, Any]:
    """Drop what is secret of an object, at every depth."""
    return {
        name: drop_secrets(value) if isinstance(value, Mapping) else value
        for name, value in row.items()
        if name not in SECRET_NAMES
    }


def holds(live: Mapping[str, Any], name: str, wanted: Any) -> bool:
    """Tell whether a vendor's own record of an object says what was declared: null and empty are one (D)."""
    value = live.get(name)
    if name in {"voice", "variantId", "label", "description", "inbound_agent"}:
        return (value or None) == (wanted or None)
    if name in {"example_context", "config", "variables"}:
        return holds_map(value or {}, wanted) if wanted else not value
    if name == "language" and isinstance(value, list):
        return value == [wanted]
    if name == "subscriptions" or (name == "actionIds" and value and wanted):
        return sorted(value or ()) == sorted(wanted)
    return bool(value == wanted and isinstance(value, bool) == isinstance(wanted, bool))


def holds_map(value: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """A map is owned key by key: what is not declared in it stays."""
    return all(key in value and value[key] == wanted[key] for key in wanted)
