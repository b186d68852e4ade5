"""Say what the rows of a seed look like, and what grows where a row says nothing."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from reconciler.sandbox.vendors.kinds import PHONE_KINDS

_NAMESPACE = uuid.UUID("6f9619ff-8b86-4d01-b42d-00c04fc964ff")
_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)

Default = Callable[[str, int], object]


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


def identify(path: str) -> str:
    """Return the id that always belongs to a path."""
    return str(uuid.uuid5(_NAMESPACE, path))


def _identify(kind: str) -> Default:
    return lambda key, _place: identify(f"{kind}/{key}")


def _date(_key: str, place: int) -> str:
    moment = _EPOCH + timedelta(minutes=place)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


USER = identify("user")

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
                "createdAt": "moment",
                "deletedAt": "moment?",
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
                "user_id": _always(USER),
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
                "user_id": _always(USER),
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
            defaults={"user_id": _always(USER), "type": _always("prompt")},
            closed=False,
        ),
        ("fluents", "account_connections"): Shape(
            key="id",
            required={"id": "string", "type": "string"},
            optional={"credentials": "object"},
            defaults={"user_id": _always(USER), "credentials": lambda _key, _place: {}},
            closed=False,
        ),
        ("opencopilot", "phones"): Shape(
            key="id",
            required={"id": "string", "phone_number": "phone"},
            optional={**PHONE_KINDS, "name": "string?"},
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
                "region": "region",
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
        ("polyai", "agents"): Shape(key="agentId", required={"agentId": "string"}, optional={"region": "region"}),
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
