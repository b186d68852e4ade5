"""Visit the sandbox over httpx, as a client in the same process would."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import httpx

from reconciler.sandbox import SANDBOX_KEYS, SandboxTransport, World, create_app

GALTEA = "https://api.galtea.ai"
FLUENTS = "https://api.fluents.ai"
OPENCOPILOT = "https://api.open.cx"
POLYAI = "https://api.us.poly.ai"
LOCAL = "http://127.0.0.1:8000"
VOICE = "hP72SDESIJq2YuAblBqz"
OTHER_VOICE = "a38v0NaUbsvackET0tSL"
CONNECTORS = POLYAI + "/v1/agents/PROJECT-1/telephony/connectors"
NUMBER = FLUENTS + "/v1/numbers?phone_number=%2B12025550143"
NUMBER_UPDATE = FLUENTS + "/v1/numbers/update?phone_number=%2B12025550143"


def make_seed() -> dict[str, Any]:
    return {
        "galtea": {
            "phoneConnections": [
                {"id": "pc-1", "productId": "prod-1", "name": "Support", "phoneNumber": "+14155552671"},
                {
                    "id": "pc-2",
                    "productId": "prod-1",
                    "name": "Billing",
                    "phoneNumber": "+14155552672",
                    "voice": "jack",
                },
                {"id": "pc-3", "productId": "prod-2", "name": "Support", "phoneNumber": "+442071838750"},
            ]
        },
        "fluents": {
            "account_connections": [
                {"id": "ac-1", "type": "account_connection_openai", "credentials": {"openai_api_key": "sk-secret"}}
            ],
            "agents": [
                {
                    "id": "agent-1",
                    "name": "Ann",
                    "prompt": {"id": "prompt-1", "content": "Be kind."},
                    "openai_account_connection": "ac-1",
                    "actions": [{"type": "action_dtmf"}],
                },
                {"id": "agent-2", "name": "Bob", "prompt": "prompt-1"},
            ],
            "numbers": [
                {
                    "number": "+12025550143",
                    "label": "Front desk",
                    "inbound_agent": "agent-1",
                    "telephony_account_connection": "ac-1",
                    "example_context": {"town": "Bonn"},
                },
                {"number": "+12025550144", "inbound_agent": "agent-1"},
            ],
        },
        "opencopilot": {
            "phones": [
                {"id": "phone-1", "name": "Reception", "phone_number": "+12025550145", "base_prompt": "Hello."},
                {"id": "phone-2", "phone_number": "+12025550146"},
            ]
        },
        "polyai": {
            "agents": [{"agentId": "PROJECT-3"}],
            "connectors": [
                {"connectorId": "conn-1", "projectId": "PROJECT-1", "name": "Live US", "clientEnv": "live"},
                {"connectorId": "conn-2", "projectId": "PROJECT-1", "voiceName": "en-GB-Wavenet-B"},
                {"connectorId": "conn-3", "projectId": "PROJECT-2"},
            ],
            "variants": {
                "PROJECT-1": [{"id": "variant-1", "name": "Main"}, {"id": "variant-2", "name": "Night"}],
                "PROJECT-2": [{"id": "variant-9", "name": "Main"}],
            },
            "phone_numbers": [{"number": "+12025550147", "projectId": "PROJECT-1", "connectorId": "conn-1"}],
        },
    }


def grow_phones(count: int) -> dict[str, Any]:
    """A seed with many objects of every vendor that pages."""
    numbers = [f"+1202556{place:04d}" for place in range(count)]
    return {
        "galtea": {
            "phoneConnections": [
                {"id": f"pc-{place}", "productId": "prod", "name": f"Line {place}", "phoneNumber": number}
                for place, number in enumerate(numbers)
            ]
        },
        "fluents": {"numbers": [{"number": number} for number in numbers]},
        "opencopilot": {"phones": [{"id": number, "phone_number": number} for number in numbers]},
    }


class Visitor:
    """Send one request at a time with the sandbox's own keys."""

    def __init__(
        self,
        *vices: str,
        seed: Mapping[str, Any] | None = None,
        switches: Mapping[str, object] | None = None,
        database: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        planted = make_seed() if seed is None else seed
        self.app = create_app(database=database, seed=planted, vices=vices, switches=switches, clock=clock)
        self.world: World = self.app.state.world

    def send(
        self,
        method: str,
        url: str,
        body: object = None,
        *,
        key: str | None = None,
        content: bytes | None = None,
        params: Iterable[tuple[str, str]] = (),
    ) -> httpx.Response:
        async def visit() -> httpx.Response:
            async with httpx.AsyncClient(transport=SandboxTransport(self.app), params=list(params)) as client:
                if content is not None:
                    return await client.request(method, url, headers=headers, content=content)
                if body is None:
                    return await client.request(method, url, headers=headers)
                return await client.request(method, url, headers=headers, json=body)

        headers = make_headers(url, key)
        return asyncio.run(visit())

    def get(self, url: str, *, key: str | None = None, params: Iterable[tuple[str, str]] = ()) -> httpx.Response:
        return self.send("GET", url, key=key, params=params)

    def patch(self, url: str, body: object) -> httpx.Response:
        return self.send("PATCH", url, body)

    def post(self, url: str, body: object) -> httpx.Response:
        return self.send("POST", url, body)


def make_headers(url: str, key: str | None) -> dict[str, str]:
    provider = find_provider(url)
    shown = SANDBOX_KEYS[provider] if key is None else key
    if not shown:
        return {}
    return {"x-api-key": shown} if provider == "polyai" else {"Authorization": f"Bearer {shown}"}


def find_provider(url: str) -> str:
    parsed = httpx.URL(url)
    marks = {
        "galtea": ("galtea", "/phoneConnections"),
        "fluents": ("fluents", "/v1/numbers"),
        "opencopilot": ("open.cx", "/phone"),
        "polyai": ("poly.ai", "/v1/agents/"),
    }
    for provider, (host, path) in marks.items():
        if host in parsed.host or (parsed.host == "127.0.0.1" and parsed.path.startswith(path)):
            return provider
    raise ValueError(url)
