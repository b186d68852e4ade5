"""Say what the rows of Galtea's collections look like."""

from collections.abc import Mapping
from types import MappingProxyType

from reconciler.sandbox.state.shapes.shape import Shape, always, date, same_as_key

_NULLS = (
    "description",
    "systemPrompt",
    "modelId",
    "guardrails",
    "phoneConnectionId",
    "webRtcConnectionId",
    "conversationEndpointConnectionId",
    "initializationEndpointConnectionId",
    "finalizationEndpointConnectionId",
    "deletedAt",
)

SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        "phoneConnections": Shape(
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
                "userId": always("user_sandbox"),
                "voice": always(None),
                "languageCode": always(None),
                "agentSpeaksFirst": always(value=False),
                "createdAt": date,
                "deletedAt": always(None),
            },
        ),
        "webRtcConnections": Shape(
            key="id",
            required={"id": "string", "productId": "string", "name": "string"},
            optional={
                "userId": "string?",
                "agentName": "string",
                "agentSpeaksFirst": "boolean",
                "apiKey": "string?",
                "createdAt": "moment",
                "deletedAt": "moment?",
            },
            defaults={
                "userId": always("user_sandbox"),
                "agentName": same_as_key,
                "agentSpeaksFirst": always(value=False),
                "apiKey": always(None),
                "createdAt": date,
                "deletedAt": always(None),
            },
        ),
        "versions": Shape(
            key="id",
            required={"id": "string", "productId": "string"},
            optional={
                "name": "string",
                "number": "number",
                "description": "string?",
                "systemPrompt": "string?",
                "modelId": "string?",
                "guardrails": "string?",
                "phoneConnectionId": "string?",
                "webRtcConnectionId": "string?",
                "createdAt": "moment",
                "deletedAt": "moment?",
            },
            defaults={
                "name": lambda _key, place: f"v{place + 1}",
                "number": lambda _key, place: place + 1,
                "createdAt": date,
                **dict.fromkeys(_NULLS, always(None)),
            },
        ),
    }
)
REFERENCES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"versions": {"phoneConnectionId": "phoneConnections", "webRtcConnectionId": "webRtcConnections"}}
)
"""Which fields point to which collection."""
