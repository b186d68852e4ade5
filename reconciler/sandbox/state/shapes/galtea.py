"""Say what the rows of Galtea's collections look like."""

from collections.abc import Mapping
from types import MappingProxyType

from reconciler.sandbox.state.shapes.shape import Shape, always, date

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
    }
)
