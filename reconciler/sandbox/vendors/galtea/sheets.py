"""List what Galtea's connections hold, and which of it may be written."""

from collections.abc import Mapping
from dataclasses import dataclass, field

_KINDS = {
    "productId": "string",
    "name": "string",
    "agentSpeaksFirst": "boolean",
    "userId": "string?",
    "createdAt": "moment",
    "deletedAt": "moment?",
}
_EXACT = {"ids": "id", "productIds": "productId", "names": "name"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """Say what one kind of connection is like.

    `writable` gives the value that a vice which wipes leaves behind. `voiced` fields are unknown to the newer generation.
    """

    collection: str
    title: str
    fields: tuple[str, ...]
    kinds: Mapping[str, str]
    writable: Mapping[str, object]
    demanded: tuple[str, ...]
    exact: Mapping[str, str]
    partial: tuple[str, ...]
    voiced: frozenset[str] = field(default_factory=frozenset)


PHONE = Sheet(
    "phoneConnections",
    "Phone connection",
    fields=(
        "id",
        "productId",
        "userId",
        "name",
        "phoneNumber",
        "voice",
        "languageCode",
        "agentSpeaksFirst",
        "createdAt",
        "deletedAt",
    ),
    kinds={**_KINDS, "phoneNumber": "phone", "voice": "string?", "languageCode": "string?"},
    writable={"name": "", "phoneNumber": "", "voice": None, "languageCode": None, "agentSpeaksFirst": False},
    demanded=("productId", "name", "phoneNumber"),
    exact={**_EXACT, "phoneNumbers": "phoneNumber"},
    partial=("name", "phoneNumber"),
    voiced=frozenset({"voice", "languageCode"}),
)
WEB_RTC = Sheet(
    "webRtcConnections",
    "WebRTC connection",
    fields=(
        "id",
        "productId",
        "userId",
        "name",
        "agentName",
        "agentSpeaksFirst",
        "hasApiKey",
        "createdAt",
        "deletedAt",
    ),
    kinds={**_KINDS, "agentName": "string", "apiKey": "string?"},
    writable={"name": "", "agentName": "", "agentSpeaksFirst": False, "apiKey": None},
    demanded=("productId", "name", "agentName"),
    exact=_EXACT,
    partial=("name", "agentName"),
)
VERSION = Sheet(
    "versions",
    "Version",
    fields=(
        "id",
        "productId",
        "name",
        "number",
        "description",
        "systemPrompt",
        "modelId",
        "guardrails",
        "phoneConnectionId",
        "webRtcConnectionId",
        "conversationEndpointConnectionId",
        "initializationEndpointConnectionId",
        "finalizationEndpointConnectionId",
        "createdAt",
        "deletedAt",
    ),
    kinds={},
    writable={},
    demanded=(),
    exact=_EXACT,
    partial=("name",),
)
