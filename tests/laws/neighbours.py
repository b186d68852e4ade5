"""Worlds of what stands beside connections, numbers and agents, for the laws: secrets, branches, and today's generations of two vendors."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.laws.worlds import FILLED, SECRETS, Drawn, some

PROJECT, BRANCH = "PROJECT-A", "spring"
APIS = {"galtea": "5", "opencopilot": "2026"}

OURS = st.sampled_from([f"${{secret.{name}}}" for name in SECRETS])
THEIRS = st.sampled_from([*SECRETS.values(), "shown-by-the-vendor"])
URLS = st.sampled_from(["https://example.com/a", "https://example.com/b?c=d"])


Fields = dict[str, dict[str, st.SearchStrategy[Any]]]


def secretive(secret: st.SearchStrategy[str]) -> Fields:
    """Return the fields of the types that hold secrets: ours as references to the environment, the vendor's in clear."""
    keys = {"twilio_account_sid": secret, "twilio_auth_token": secret}
    return {
        "account_connections": {"credentials": st.fixed_dictionaries(keys), "label": FILLED},
        "voices": {"api_key": secret, "stability": st.sampled_from([0, 0.5, 1])},
        "actions": {"config": st.fixed_dictionaries({"url": URLS, "signature_secret": secret}), "label": FILLED},
        "web_rtc_connections": {"apiKey": secret, "agentName": FILLED, "agentSpeaksFirst": st.booleans()},
    }


PLAIN: Fields = {
    "phone_connections": {"name": FILLED, "agentSpeaksFirst": st.booleans()},
    "agents": {
        "name": FILLED,
        "first_message": FILLED,
        "language": st.sampled_from(["en", "no", "de"]),
        "actionIds": st.none() | st.lists(st.sampled_from(["a", "b"]), unique=True),
        "instructions": st.lists(FILLED, min_size=1, max_size=2),
        "use_org_knowledgebase": st.booleans(),
    },
    "numbers": {"connectorId": st.sampled_from(["conn-0", "conn-1"])},
    "variants": {"name": FILLED, "attributeValues": st.just({"values": {"tone": "warm"}})},
    "behavior": {"behavior": FILLED},
    "real_time_configs": {
        "variables": st.dictionaries(st.sampled_from(["open", "city"]), FILLED, min_size=1),
    },
}
ALWAYS: dict[str, dict[str, Any]] = {
    "account_connections": {"type": "account_connection_twilio", "credentials": dict.fromkeys(
        ("twilio_account_sid", "twilio_auth_token"), "shown-by-the-vendor"
    )},
    "voices": {"type": "voice_eleven_labs"},
    "actions": {"type": "action_external", "config": {"url": "https://example.com/old", "signature_secret": "shown"}},
    "web_rtc_connections": {"productId": "prod_1", "name": "Web", "agentName": "desk"},
    "phone_connections": {"productId": "prod_1", "name": "Line", "phoneNumber": "+12025550143"},
    "agents": {},
    "numbers": {"projectId": PROJECT, "connectorId": "conn-0"},
    "variants": {"name": "Main"},
    "behavior": {"branchId": BRANCH, "behavior": "Be brief."},
    "real_time_configs": {"variables": {"open": "no", "kept": "as it is"}},
}  # fmt: skip
"""What a live object has whatever is drawn."""
KEYS: dict[str, tuple[str, str]] = {
    "account_connections": ("id", "carrier"),
    "voices": ("id", "voice-0"),
    "actions": ("id", "action-0"),
    "web_rtc_connections": ("id", "web_0"),
    "phone_connections": ("id", "pc_0"),
    "agents": ("id", "cx-0"),
    "numbers": ("number", "+12025550147"),
    "variants": ("id", "variant-0"),
    "behavior": ("branchId", BRANCH),
    "real_time_configs": ("clientEnv", "live"),
}
IDENTITIES: dict[str, Any] = {
    "numbers": {"agentId": PROJECT, "number": KEYS["numbers"][1]},
    "variants": {"agentId": PROJECT, "branchId": BRANCH, "variantId": KEYS["variants"][1]},
    "behavior": {"agentId": PROJECT, "branchId": BRANCH},
    "real_time_configs": {"agentId": PROJECT, "clientEnv": KEYS["real_time_configs"][1]},
}
PLACES = {
    "account_connections": ("fluents", "account_connections", "carrier"),
    "voices": ("fluents", "voices", "voice-0"),
    "actions": ("fluents", "actions", "action-0"),
    "web_rtc_connections": ("galtea", "webRtcConnections", "web_0"),
    "phone_connections": ("galtea", "phoneConnections", "pc_0"),
    "agents": ("opencopilot", "agents", "cx-0"),
    "numbers": ("polyai", "phone_numbers", "+12025550147"),
    "variants": ("polyai", "branch_variants", f"{PROJECT}/{BRANCH}/variant-0"),
    "behavior": ("polyai", "branches", f"{PROJECT}/{BRANCH}"),
    "real_time_configs": ("polyai", "real_time_configs", f"{PROJECT}/live"),
}
HARMLESS = {
    "fluents-credentials": st.sampled_from(["clear", "masked"]),
    "fluents-nested": st.sampled_from(["replace", "merge"]),
    "opencopilot-language": st.sampled_from(["text", "list"]),
    "polyai-attribute-values": st.sampled_from(["replace", "merge"]),
    "galtea-patch": st.sampled_from(["partial", "strict"]),
}
"""Switches of the sandbox that must not make any difference to what an apply achieves."""


@st.composite
def draw_neighbours(draw: st.DrawFn) -> Drawn:
    """Draw one object of each of these types, and declarations of most of them."""
    rows: dict[str, dict[str, Any]] = {}
    declared: dict[str, dict[str, Any]] = {}
    for kind, fields in {**secretive(THEIRS), **PLAIN}.items():
        name, key = KEYS[kind]
        rows[kind] = {**ALWAYS[kind], **draw(some(fields)), name: key}
    for kind, fields in {**secretive(OURS), **PLAIN}.items():
        spec = draw(some(fields))
        if spec:
            declared[kind] = {"it": {**_declare(kind), "spec": spec}}
    switches = draw(st.fixed_dictionaries({}, optional=HARMLESS))
    return _found(rows, declared, switches)


def build_neighbours() -> Drawn:
    """Return a world with something to do at each of these types, a secret among it wherever there is one."""
    specs: dict[str, dict[str, Any]] = {
        "account_connections": {"label": "Carrier", "credentials": dict.fromkeys(("twilio_account_sid", "twilio_auth_token"), "${secret.ONE}")},
        "voices": {"stability": 0.4, "api_key": "${secret.TWO}"},
        "actions": {"label": "Look up", "config": {"url": "https://example.com/new", "signature_secret": "${secret.ONE}"}},
        "web_rtc_connections": {"agentName": "night", "apiKey": "${secret.TWO}"},
        "phone_connections": {"name": "Other line", "agentSpeaksFirst": True},
        "agents": {"first_message": "Hi", "language": "no", "actionIds": []},
        "numbers": {"connectorId": "conn-1"},
        "variants": {"name": "Spring", "attributeValues": {"values": {"tone": "warm"}}},
        "behavior": {"behavior": "Be kind."},
        "real_time_configs": {"variables": {"open": "yes"}},
    }  # fmt: skip
    rows = {kind: {**ALWAYS[kind], name: key} for kind, (name, key) in KEYS.items()}
    rows["agents"] |= {"name": "Desk", "language": "en", "first_message": "Hello"}
    return _found(rows, {kind: {"it": {**_declare(kind), "spec": spec}} for kind, spec in specs.items()}, {})


def _declare(kind: str) -> dict[str, Any]:
    account = {"numbers": "polyai", "agents": "opencopilot"}.get(kind)
    return {**({"account": account} if account else {}), "id": IDENTITIES.get(kind, KEYS[kind][1])}


def _found(rows: dict[str, dict[str, Any]], declared: dict[str, Any], switches: dict[str, str]) -> Drawn:
    connectors = [{"projectId": PROJECT, "connectorId": f"conn-{place}", "clientEnv": "sandbox"} for place in (0, 1)]
    branch = {**rows["behavior"], "variants": [rows["variants"]]}
    seed = {
        "fluents": {kind: [rows[kind]] for kind in ("account_connections", "voices", "actions")},
        "galtea": {
            "generation": APIS["galtea"],
            "phoneConnections": [rows["phone_connections"]],
            "webRtcConnections": [rows["web_rtc_connections"]],
        },
        "opencopilot": {"generation": APIS["opencopilot"], "agents": [rows["agents"]]},
        "polyai": {
            "agents": [{"agentId": PROJECT, "agentName": "Hotel"}],
            "attributes": {PROJECT: [{"id": "tone", "name": "Tone"}]},
            "connectors": connectors,
            "phone_numbers": [rows["numbers"]],
            "branches": {PROJECT: [branch]},
            "real_time_configs": {PROJECT: [rows["real_time_configs"]]},
        },
    }
    places = {f"{kind}.it": PLACES[kind] for kind in declared}
    return Drawn(seed, declared, places, switches=switches, apis=APIS)
