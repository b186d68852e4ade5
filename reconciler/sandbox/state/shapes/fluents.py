"""Say what the rows of Fluents' seven collections look like."""

from collections.abc import Mapping
from types import MappingProxyType

from reconciler.sandbox.state.shapes.shape import USER, Shape, always, identify, identify_as, same_as_key

_PHRASE = {"type": "action_trigger_function_call", "config": {}}
_NULLS_OF_PLAY_HT = ("version", "speed", "quality", "temperature", "top_p", "text_guidance", "voice_guidance")
_NAMED = {"label": always(""), "description": always("")}
_VOICE = {
    "id": identify("voice"),
    "type": "voice_azure",
    "label": "Default",
}
"""The voice of every agent whose row names none."""

SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        "numbers": Shape(
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
                "id": identify_as("number"),
                "user_id": always(USER),
                "active": always(value=True),
                **_NAMED,
                "outbound_only": always(value=False),
                "example_context": always({}),
                "telephony_provider": always("twilio"),
                "inbound_agent": always(None),
                "telephony_account_connection": always(None),
            },
        ),
        "agents": Shape(
            key="id",
            required={"id": "string"},
            optional={
                "name": "string",
                "prompt": "object|string?",
                "actions": "array",
                "voice": "object|string?",
                "webhook": "object|string?",
                "openai_account_connection": "string?",
            },
            defaults={
                "user_id": always(USER),
                "name": same_as_key,
                **_NAMED,
                "prompt": always({"content": ""}),
                "language": always("en"),
                "actions": always([]),
                "voice": always(_VOICE),
                "initial_message": always(""),
                "webhook": always(None),
                "interrupt_sensitivity": always("low"),
                "context_endpoint": always(None),
                "noise_suppression": always(value=False),
                "endpointing_sensitivity": always("auto"),
                "ivr_navigation_mode": always("default"),
                "conversation_speed": always(1),
                "initial_message_delay": always(0),
                "openai_model_name_override": always(None),
                "ask_if_human_present_on_idle": always(value=False),
                "openai_account_connection": always(None),
                "run_do_not_call_detection": always(value=False),
                "llm_fallback": always(None),
                "deepgram_keywords": always({}),
                "idle_time_seconds": always(15),
                "llm_temperature": always(0.5),
                "enable_recording": always(value=False),
                "provider": always("openai"),
                "model": always("gpt-4"),
                "call_duration_sec": always(300),
                "max_idle_check_count": always(2),
            },
            closed=False,
        ),
        "prompts": Shape(
            key="id",
            required={"id": "string"},
            optional={"content": "string", "type": "string", "prompt_template": "object?"},
            defaults={
                "user_id": always(USER),
                **_NAMED,
                "content": always(""),
                "context_endpoint": always(None),
                "collect_fields": always([]),
                "type": always("prompt"),
                "tags": always([]),
                "prompt_template": always(None),
            },
            closed=False,
        ),
        "actions": Shape(
            key="id",
            required={"id": "string", "type": "string"},
            optional={"config": "object", "action_trigger": "object?"},
            defaults={
                "user_id": always(USER),
                **_NAMED,
                "config": always({}),
                "action_trigger": always(_PHRASE),
            },
            by_type={
                "action_transfer_call": {"config": {"phone_number": "+12025550199"}},
                "action_add_to_conference": {"config": {"phone_number": "+12025550199"}},
                "action_external": {
                    "config": {
                        "name": "look_up",
                        "description": "Looks something up.",
                        "url": "https://example.com/look-up",
                        "input_schema": {},
                        "speak_on_send": False,
                        "speak_on_receive": False,
                        "signature_secret": "sandbox-signature-secret",
                    }
                },
            },
            closed=False,
        ),
        "voices": Shape(
            key="id",
            required={"id": "string", "type": "string"},
            defaults={"user_id": always(USER), **_NAMED},
            by_type={
                "voice_azure": {"voice_name": "en-US-AriaNeural", "pitch": None, "rate": None},
                "voice_eleven_labs": {
                    "voice_id": "EXAVITQu4vr4xnSDxMaL",
                    "stability": None,
                    "similarity_boost": None,
                    "api_key": None,
                    "optimize_streaming_latency": None,
                    "model_id": None,
                    "experimental_input_streaming": None,
                },
                "voice_play_ht": {
                    "voice_id": "larry",
                    "api_user_id": None,
                    "api_key": None,
                    **dict.fromkeys(_NULLS_OF_PLAY_HT),
                    "experimental_remove_silence": None,
                },
                "voice_rime": {"speaker": "young_male_unmarked-1", "speed_alpha": None, "model_id": None},
                "voice_vocode": {"voice_id": "joe"},
            },
            closed=False,
        ),
        "webhooks": Shape(
            key="id",
            required={"id": "string"},
            optional={"subscriptions": "array", "url": "string", "method": "string"},
            defaults={
                "user_id": always(USER),
                **_NAMED,
                "subscriptions": always(["event_phone_call_ended"]),
                "url": always("https://example.com/webhook"),
                "method": always("POST"),
                "account_connection_id": always(None),
            },
            closed=False,
        ),
        "account_connections": Shape(
            key="id",
            required={"id": "string", "type": "string"},
            optional={"credentials": "object", "steering_pool": "array", "config": "object"},
            defaults={
                "user_id": always(USER),
                "credentials": always({}),
                **_NAMED,
                "steering_pool": always([]),
                "account_supports_any_caller_id": always(value=False),
                "config": always({"voicemail_detection": {}}),
            },
            closed=False,
        ),
    }
)
REFERENCES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "numbers": {"inbound_agent": "agents", "telephony_account_connection": "account_connections"},
        "agents": {
            "prompt": "prompts",
            "voice": "voices",
            "actions": "actions",
            "webhook": "webhooks",
            "openai_account_connection": "account_connections",
        },
    }
)
"""Which fields point to which collection."""

INLINE: Mapping[str, str] = MappingProxyType(
    {"prompt": "prompts", "voice": "voices", "webhook": "webhooks", "actions": "actions"}
)
"""Which of an agent's objects may be written in its own row, to be stored on their own."""
