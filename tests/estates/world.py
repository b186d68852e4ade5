"""An estate of five hundred live objects, as consoles hold them after two years: odd names, doubles, gaps, long prompts.

`python -m tests.estates.world DIR` writes it as a sandbox seed with a project beside it, for whoever wants to look at it.
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

NAMES = ["Front desk", "After hours", "Bodø", "Bodø", "", "東京オフィス", "مكتب الاستقبال", "🙂 Smile", "no", "0123", "8:30", "it's \"odd\"", "two\nlines", "<b>&amp;</b>", "${var.CITY} line", "a: b #c", " blank ", "Billing (EU)", "Übergang", "null"]  # fmt: skip
AGENTS = ("PROJECT-HOTEL", "PROJECT-CLINIC", "PROJECT-BANK")
COUNTS = {"numbers": 160, "agents": 80, "prompts": 80, "actions": 24, "voices": 12, "webhooks": 6, "account_connections": 4}  # fmt: skip


def name(place: int) -> str:
    """Name the object at a place: odd names come again and again, so do the same ones."""
    return NAMES[place % len(NAMES)] if place % 3 else f"{NAMES[place % len(NAMES)]} {place}".strip()


def identify(kind: str, place: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{kind}/{place}"))


def write_prompt(place: int) -> str:
    lines = [f"You are the voice of {name(place) or 'the company'}.", "", "Greet the caller, and ask how you can help."]
    lines += [f"- Rule {rule}: say what you do, ask before you act, never guess." for rule in range(place % 14)]
    return "\n".join([*lines, "", "Thank the caller at the end."])


def build_estate() -> dict[str, Any]:
    """Build the seed."""
    return {
        "fluents": dict(_build_fluents()),
        "galtea": {"phoneConnections": [_build_line(place) for place in range(70)]},
        "opencopilot": {"phones": [_build_phone(place) for place in range(30)]},
        "polyai": _build_polyai(),
    }


def _build_fluents() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    yield (
        "prompts",
        [
            {
                "id": identify("prompts", place),
                "content": write_prompt(place),
                **({"label": name(place)} if place % 2 else {}),
            }
            for place in range(COUNTS["prompts"])
        ],
    )
    yield "actions", [
        {"id": identify("actions", place), "type": "action_transfer_call", "label": name(place), "config": {"phone_number": f"+1202556{place:04d}"}}
        for place in range(COUNTS["actions"])
    ]  # fmt: skip
    yield "voices", [
        {"id": identify("voices", place), "type": "voice_azure", "label": f"Voice {place}", "voice_name": "en-US-AriaNeural"}
        for place in range(COUNTS["voices"])
    ]  # fmt: skip
    yield "webhooks", [
        {"id": identify("webhooks", place), "url": f"https://example.com/{place}", "subscriptions": ["event_transcript", "event_message"]}
        for place in range(COUNTS["webhooks"])
    ]  # fmt: skip
    yield "account_connections", [
        {"id": identify("account_connections", place), "type": "account_connection_openai", "label": f"Key {place}", "credentials": {"openai_api_key": f"sk-canary-{place}"}}
        for place in range(COUNTS["account_connections"])
    ]  # fmt: skip
    yield "agents", [_build_agent(place) for place in range(COUNTS["agents"])]
    yield "numbers", [_build_number(place) for place in range(COUNTS["numbers"])]


def _build_agent(place: int) -> dict[str, Any]:
    agent = {
        "id": identify("agents", place),
        "name": name(place) or f"Agent {place}",
        "prompt": identify("prompts", place if place % 5 else 0),
        "voice": identify("voices", place % COUNTS["voices"]),
        "actions": [identify("actions", each % COUNTS["actions"]) for each in range(place, place + place % 3)],
        "language": "en",
        "ivr_navigation_mode": "off" if place % 2 else "default",
    }
    agent |= {"initial_message": f"Hello, this is {name(place)}."} if place % 4 else {}
    return agent | ({"webhook": identify("webhooks", place % COUNTS["webhooks"])} if place % 7 == 0 else {})


def _build_number(place: int) -> dict[str, Any]:
    number = {"number": f"+1202555{place:04d}", "label": name(place), "outbound_only": place % 11 == 0}
    number |= {"description": f"Open from 8:30, line {place}"} if place % 2 else {}
    number |= {"example_context": {"city": name(place), "floor": place % 9}} if place % 6 == 0 else {}
    return number | ({"inbound_agent": identify("agents", place % COUNTS["agents"])} if place % 10 else {})


def _build_line(place: int) -> dict[str, Any]:
    return {
        "id": f"phoneConnection_{place}",
        "productId": f"product_{place % 4}",
        "name": f"{name(place)} {place}".strip(),
        "phoneNumber": f"+1202555{place:04d}",
        "voice": ("sarah", "jack", None)[place % 3],
        "languageCode": ("en-US", "en-GB")[place % 2],
        "agentSpeaksFirst": place % 2 == 0,
    }


def _build_phone(place: int) -> dict[str, Any]:
    return {"id": identify("phones", place), "name": name(place) or f"Phone {place}", "phone_number": f"+1202557{place:04d}"}  # fmt: skip


def _build_polyai() -> dict[str, Any]:
    connectors = [
        {
            "projectId": agent,
            "connectorId": f"conn-{agent.lower()}-{place}",
            "name": name(place) or f"Connector {place}",
            "clientEnv": ("live", "sandbox", "pre-release")[place % 3],
            "voiceName": "en-US-Neural2-C",
            "asrLangCode": "en-US",
        }
        for agent in AGENTS
        for place in range(20)
    ]
    numbers = [
        {"number": f"+1202558{place:04d}", "projectId": agent, "connectorId": f"conn-{agent.lower()}-{place % 20}"}
        for number, agent in enumerate(AGENTS)
        for place in range(number * 30, number * 30 + 18)
    ]
    return {"connectors": connectors, "phone_numbers": numbers}


def main(folder: Path) -> None:
    """Write the estate as a seed, with a project that knows its accounts."""
    folder.mkdir(parents=True, exist_ok=True)
    seed = yaml.safe_dump(build_estate(), allow_unicode=True, sort_keys=False)
    (folder / "sandbox.yaml").write_text(seed, encoding="utf-8")
    accounts = "".join(f"  {account}: {{}}\n" for account in build_estate())
    (folder / "reconciler.yaml").write_text(f"version: 1\naccounts:\n{accounts}", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
