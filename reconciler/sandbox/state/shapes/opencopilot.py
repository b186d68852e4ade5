"""Say what the rows of OpenCopilot's collections look like."""

from collections.abc import Mapping
from types import MappingProxyType

from reconciler.sandbox.state.shapes.shape import Shape, always, date, identify
from reconciler.sandbox.vendors.kinds import PHONE_KINDS

_NULLS = (
    "phone_number",
    "name",
    "accent",
    "handoff_phone_number",
    "actionIds",
    "instructions",
    "data_collection_fields",
    "data_collection_webhook_url",
    "voice_id",
    "first_message",
    "provider_external_id",
    "flow",
    "custom_llm",
    "failover_transfer_destination_id",
)

SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        "phones": Shape(
            key="id",
            required={"id": "string", "phone_number": "phone"},
            optional={**PHONE_KINDS, "name": "string?"},
            defaults={"name": always(None), "elevenlabs_voice_id": always("hP72SDESIJq2YuAblBqz")},
        ),
        "agents": Shape(
            key="id",
            required={"id": "string"},
            optional={
                "org_id": "string",
                "phone_number": "phone?",
                "name": "string?",
                "type": "string",
                "language": "string|array?",
                "accent": "string?",
                "handoff_phone_number": "phone?",
                "speed": "number?",
                "interruptible": "boolean",
                "actionIds": "array?",
                "instructions": "array?",
                "data_collection_fields": "array?",
                "data_collection_webhook_url": "string?",
                "model": "string",
                "voice_id": "string?",
                "first_message": "string?",
                "created_at": "moment",
                "updated_at": "moment",
                "provider_external_id": "string?",
                "flow": "object?",
                "manual_mode": "boolean",
                "custom_llm": "string?",
                "use_org_knowledgebase": "boolean",
                "recording_enabled": "boolean",
                "stt_keyterms": "array",
                "tts_speed_pct": "number",
                "failover_transfer_destination_id": "string?",
            },
            defaults={
                **dict.fromkeys(_NULLS, always(None)),
                "org_id": always(identify("organization")),
                "type": always("inbound"),
                "language": always(["en"]),
                "speed": always(1),
                "interruptible": always(value=True),
                "model": always("oppie-vox"),
                "created_at": date,
                "updated_at": date,
                "manual_mode": always(value=False),
                "use_org_knowledgebase": always(value=False),
                "recording_enabled": always(value=False),
                "stt_keyterms": always([]),
                "tts_speed_pct": always(0),
            },
        ),
    }
)
