"""Worlds of Fluents' agents for the laws: what they share, and what a project declares of it."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.laws.worlds import CLEARABLE, CLEARING, CONTEXTS, FILLED, Drawn, some

PROMPTS = ("prompt-0", "prompt-1")
VOICES = ("voice-0", "voice-1")
ACTIONS = ("action-0", "action-1", "action-2")
WEBHOOKS = ("webhook-0", "webhook-1")
AGENTS = ("agent-0", "agent-1")
NUMBERS = ("+12025550100", "+12025550101")
EVENTS = ("event_message", "event_action", "event_transcript")

URLS = st.sampled_from(["https://example.com/a", "https://example.com/b?c=d"])
DIALLED = st.sampled_from(["+12025550111", "+12025550112"])
AGENT = {
    "name": FILLED,
    "language": st.sampled_from(["en", "no", "de"]),
    "prompt": st.sampled_from(PROMPTS),
    "voice": st.sampled_from(VOICES),
    "webhook": st.sampled_from(WEBHOOKS),
    "actions": st.lists(st.sampled_from(ACTIONS), unique=True, max_size=3),
    "initial_message": FILLED,
    "ivr_navigation_mode": st.sampled_from(["off", "default"]),
    "noise_suppression": st.booleans(),
    "conversation_speed": st.sampled_from([0.5, 1, 1.25]),
    "llm_temperature": st.sampled_from([0, 0.5]),
}
PROMPT = {"content": FILLED, "tags": st.lists(st.sampled_from(["a", "b"]), max_size=2)}
ACTION = {"config": st.fixed_dictionaries({"phone_number": DIALLED})}
VOICE = {"speaker": FILLED, "speed_alpha": st.sampled_from([0.5, 1])}
WEBHOOK = {
    "url": URLS,
    "method": st.sampled_from(["GET", "POST"]),
    "subscriptions": st.lists(st.sampled_from(EVENTS), unique=True, min_size=1),
}
NUMBER = {"inbound_agent": st.sampled_from(AGENTS), "outbound_only": st.booleans()}
HARMLESS = {
    "fluents-list-references": st.sampled_from(["ids", "objects"]),
    "fluents-agent-references": st.sampled_from(["ids", "objects"]),
    "fluents-empty-reference": st.sampled_from(["null", "absent"]),
    "fluents-nested": st.sampled_from(["replace", "merge"]),
    "fluents-credentials": st.sampled_from(["clear", "masked"]),
    "fluents-unknown-fields": st.sampled_from(["ignored", "400"]),
    "fluents-subscriptions": st.sampled_from(["as-sent", "sorted"]),
    "fluents-example-context": st.sampled_from(["replace", "merge"]),
}
"""Switches of the sandbox that must not make any difference to what an apply achieves."""

_COLLECTIONS: dict[str, tuple[tuple[str, ...], dict[str, st.SearchStrategy[Any]], dict[str, Any]]] = {
    "prompts": (PROMPTS, PROMPT, {}),
    "voices": (VOICES, VOICE, {"type": "voice_rime"}),
    "actions": (ACTIONS, ACTION, {"type": "action_transfer_call"}),
    "webhooks": (WEBHOOKS, WEBHOOK, {}),
    "agents": (AGENTS, AGENT, {"prompt": PROMPTS[0], "voice": VOICES[0], "webhook": WEBHOOKS[0]}),
    "numbers": (NUMBERS, NUMBER, {}),
}


@st.composite
def draw_agents(draw: st.DrawFn) -> Drawn:
    """Draw two agents that may share everything behind them, and declarations of some of it all."""
    seed: dict[str, Any] = {}
    declared: dict[str, dict[str, Any]] = {}
    places: dict[str, tuple[str, str, str]] = {}
    clear, habits = draw(st.sampled_from(CLEARING))
    labels = {name: FILLED | st.none() if name in CLEARABLE[clear] else FILLED for name in ("label", "description")}
    for collection, (keys, fields, always) in _COLLECTIONS.items():
        key_name = "number" if collection == "numbers" else "id"
        seed[collection] = [{key_name: key, **always, **draw(some(fields))} for key in keys]
        for place, key in enumerate(keys):
            spec = draw(some({**fields, **labels}))
            if spec:
                declared.setdefault(collection, {})[f"{collection}-{place}"] = {
                    "account": "fluents",
                    "id": key,
                    "spec": spec,
                }
                places[f"{collection}.{collection}-{place}"] = ("fluents", collection, key)
    seed["numbers"][0]["example_context"] = draw(CONTEXTS)
    switches = {**habits, **draw(st.fixed_dictionaries({}, optional=HARMLESS))}
    return Drawn({"fluents": seed}, declared, places, clear, switches)
