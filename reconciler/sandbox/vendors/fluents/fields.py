"""List what may be written to each kind of Fluents' objects, and what refers to what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

NUMBER: Mapping[str, str] = {
    "label": "string",
    "description": "string",
    "outbound_only": "boolean",
    "example_context": "object",
    "inbound_agent": "string|object",
}
AGENT: Mapping[str, str] = {
    "name": "string",
    "label": "string",
    "description": "string",
    "prompt": "string|object",
    "language": "string",
    "actions": "array",
    "voice": "string|object",
    "initial_message": "string",
    "webhook": "string|object",
    "interrupt_sensitivity": "string",
    "context_endpoint": "string",
    "noise_suppression": "boolean",
    "endpointing_sensitivity": "string",
    "ivr_navigation_mode": "string",
    "conversation_speed": "number",
    "initial_message_delay": "number",
    "openai_model_name_override": "string",
    "ask_if_human_present_on_idle": "boolean",
    "openai_account_connection": "string|object",
    "run_do_not_call_detection": "boolean",
    "llm_fallback": "object",
    "deepgram_keywords": "object",
    "idle_time_seconds": "number",
    "llm_temperature": "number",
    "enable_recording": "boolean",
    "provider": "string",
    "model": "string",
    "call_duration_sec": "number",
    "max_idle_check_count": "number",
}
PROMPT: Mapping[str, str] = {
    "label": "string",
    "description": "string",
    "content": "string",
    "context_endpoint": "string",
    "collect_fields": "array",
    "type": "string",
    "tags": "array",
    "prompt_template": "string|object",
}
ACTION: Mapping[str, str] = {
    "type": "string",
    "label": "string",
    "description": "string",
    "config": "object",
    "action_trigger": "object",
}
VOICE: Mapping[str, str] = {
    "type": "string",
    "label": "string",
    "description": "string",
    "voice_name": "string",
    "pitch": "number",
    "rate": "number",
    "voice_id": "string",
    "stability": "number",
    "similarity_boost": "number",
    "api_key": "string",
    "api_user_id": "string",
    "optimize_streaming_latency": "number",
    "model_id": "string",
    "experimental_input_streaming": "boolean",
    "version": "string",
    "speed": "number",
    "quality": "string",
    "temperature": "number",
    "top_p": "number",
    "text_guidance": "number",
    "voice_guidance": "number",
    "experimental_remove_silence": "boolean",
    "speaker": "string",
    "speed_alpha": "number",
}
WEBHOOK: Mapping[str, str] = {
    "subscriptions": "array",
    "url": "string",
    "method": "string",
    "label": "string",
    "description": "string",
    "account_connection_id": "string",
}
CONNECTION: Mapping[str, str] = {
    "type": "string",
    "credentials": "object",
    "label": "string",
    "description": "string",
    "steering_pool": "array",
    "account_supports_any_caller_id": "boolean",
    "config": "object",
}
_NAMED: Mapping[str, object] = {"label": "", "description": ""}


@dataclass(frozen=True, slots=True)
class Sheet:
    """Say what may be written to the objects of one collection.

    A union tells its branches by `type`, which must travel with each write. `references` gives the collection that a
    field points into, `fallbacks` what a vice that wipes leaves behind and one that meddles may touch.
    """

    kinds: Mapping[str, str]
    key: str = "id"
    is_union: bool = False
    is_open: bool = False
    references: Mapping[str, str] = field(default_factory=dict)
    demanded: frozenset[str] = frozenset()
    fallbacks: Mapping[str, object] = field(default_factory=dict)


SHEETS: Mapping[str, Sheet] = MappingProxyType(
    {
        "numbers": Sheet(
            NUMBER,
            key="number",
            references={"inbound_agent": "agents"},
            fallbacks={**_NAMED, "outbound_only": False, "example_context": {}, "inbound_agent": None},
        ),
        "agents": Sheet(
            AGENT,
            references={
                "prompt": "prompts",
                "voice": "voices",
                "webhook": "webhooks",
                "openai_account_connection": "account_connections",
                "actions": "actions",
            },
            demanded=frozenset({"prompt", "voice"}),
            fallbacks={
                "initial_message": "",
                "language": "en",
                "enable_recording": False,
                "webhook": None,
                "actions": [],
            },
        ),
        "prompts": Sheet(PROMPT, fallbacks={"content": "", **_NAMED}),
        "actions": Sheet(ACTION, is_union=True, fallbacks=_NAMED),
        "voices": Sheet(VOICE, is_union=True, is_open=True, fallbacks=_NAMED),
        "webhooks": Sheet(WEBHOOK, fallbacks={**_NAMED, "url": ""}),
        "account_connections": Sheet(CONNECTION, is_union=True, fallbacks=_NAMED),
    }
)
