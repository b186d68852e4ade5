"""Read and write Fluents' objects, which refer to each other."""

from collections.abc import Mapping
from typing import Any

from reconciler.sandbox.state.world import Document
from reconciler.sandbox.vendors.calls import Refusal
from reconciler.sandbox.vendors.desk import Desk
from reconciler.sandbox.vendors.kinds import fits

NUMBER: Mapping[str, str] = {
    "label": "string",
    "description": "string",
    "outbound_only": "boolean",
    "example_context": "object",
    "inbound_agent": "string|object",
}
PROMPT: Mapping[str, str] = {
    "label": "string",
    "description": "string",
    "content": "string",
    "context_endpoint": "string",
    "collect_fields": "array",
    "type": "string",
    "tags": "array",
    "prompt_template": "object|string",
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
AGENT: Mapping[str, str] = {
    "name": "string",
    "label": "string",
    "description": "string",
    "prompt": "object|string",
    "language": "string",
    "actions": "array",
    "voice": "object|string",
    "initial_message": "string",
    "webhook": "object|string",
    "interrupt_sensitivity": "string",
    "context_endpoint": "string",
    "noise_suppression": "boolean",
    "endpointing_sensitivity": "string",
    "ivr_navigation_mode": "string",
    "conversation_speed": "number",
    "initial_message_delay": "number",
    "openai_model_name_override": "string",
    "ask_if_human_present_on_idle": "boolean",
    "openai_account_connection": "object|string",
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
_CLEARED = {
    "string": "",
    "boolean": False,
    "object": {},
    "array": [],
    "number": 0,
    "string|object": None,
    "object|string": None,
}
# What another object holds; an object in its place rewrites it, a string points elsewhere.
_SHARED = {"prompt": ("prompts", PROMPT), "openai_account_connection": ("account_connections", CONNECTION)}
# What a vice that wipes leaves behind, and what one that meddles may touch.
_FALLBACKS: Mapping[str, Mapping[str, object]] = {
    "numbers": {
        "label": "",
        "description": "",
        "outbound_only": False,
        "example_context": {},
        "inbound_agent": None,
    },
    "agents": {"initial_message": "", "language": "en", "enable_recording": False, "webhook": None, "actions": []},
    "prompts": {"content": "", "label": ""},
    "account_connections": {"label": "", "description": ""},
}


class Books:
    """Expand, check and commit, by the switches."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def name_number(self, scope: str, number: Document) -> Document:
        """Show a number with ids as references."""
        agent = self._find(scope, "agents", number["inbound_agent"])
        return {**number, "inbound_agent_name": None if agent is None else agent["name"]}

    def expand_number(self, scope: str, number: Document) -> Document:
        """Show a number with its references as objects, secrets and all (I)."""
        agent = self._find(scope, "agents", number["inbound_agent"])
        account = self._find(scope, "account_connections", number["telephony_account_connection"])
        return {
            **self.name_number(scope, number),
            "inbound_agent": None if agent is None else self.expand_agent(scope, agent),
            "telephony_account_connection": None if account is None else self.show_connection(scope, account),
        }

    def expand_agent(self, scope: str, agent: Document) -> Document:
        """Show an agent with its prompt and its account connection as objects (D)."""
        shown = dict(agent)
        prompt = self._find(scope, "prompts", agent.get("prompt"))
        account = self._find(scope, "account_connections", agent.get("openai_account_connection"))
        if prompt is not None:
            shown["prompt"] = prompt
        if account is not None:
            shown["openai_account_connection"] = self.show_connection(scope, account)
        return shown

    def show_connection(self, scope: str, account: Document) -> Document:  # noqa: ARG002 - one signature for all
        """Show an account connection, its credentials in clear (D) or masked, by the switch."""
        if self._desk.switches.get("fluents-credentials") == "clear":
            return account
        return {**account, "credentials": dict.fromkeys(account["credentials"], "********")}

    def check_agent(self, scope: str, fields: Mapping[str, object]) -> None:
        """Refuse a reference to an agent that does not exist."""
        wanted = fields.get("inbound_agent")
        if wanted is not None and self._find(scope, "agents", wanted) is None:
            raise Refusal(400, ["inbound_agent must be the id of an agent"])

    def take(self, kinds: Mapping[str, str], body: object) -> Document:
        """Return the fields of a body that are to be written, after null is understood by the switch."""
        if not isinstance(body, dict):
            raise Refusal(400, ["body must be an object"])
        self._refuse_unknown(kinds, body)
        wrong = [
            f"{name} must be of type {kind.replace('|', ' or ')}"
            for name, kind in kinds.items()
            if body.get(name) is not None and not fits(body[name], kind)
        ]
        if wrong:
            raise Refusal(400, wrong)
        return self._understand_null(kinds, {name: body[name] for name in kinds if name in body})

    def commit(self, scope: str, collection: str, live: Document, fields: Document) -> Document:
        """Write fields into an object; an empty example_context is understood by the switches."""
        wanted = dict(fields)
        if "example_context" in wanted:
            wanted["example_context"] = self._join_context(live["example_context"], wanted["example_context"])
        key = live["number" if collection == "numbers" else "id"]
        return self._desk.commit(collection, key, wanted, writable=_FALLBACKS[collection], scope=scope)

    def write_agent(self, scope: str, agent: Document, body: object) -> Document:
        """Write an agent; an object in the place of its prompt or account rewrites that shared object."""
        fields = self.take(AGENT, body)
        for name, (collection, kinds) in _SHARED.items():
            if isinstance(fields.get(name), dict):
                fields[name] = self._rewrite(scope, agent, name, collection, self.take(kinds, fields[name]))
            elif fields.get(name) and self._find(scope, collection, fields[name]) is None:
                raise Refusal(400, [f"{name} must be the id of one of {collection}"])
        if isinstance(fields.get("webhook"), dict) and isinstance(agent.get("webhook"), dict):
            fields["webhook"] = {**agent["webhook"], **fields["webhook"]}
        if "actions" in fields:
            fields["actions"] = _keep_ids(agent.get("actions") or [], fields["actions"])
        return self.commit(scope, "agents", agent, fields)

    def _rewrite(self, scope: str, agent: Document, name: str, collection: str, fields: Document) -> str:
        shared = self._find(scope, collection, agent.get(name))
        if shared is None:
            raise Refusal(400, [f"{name} must be an id"])
        self.commit(scope, collection, shared, fields)
        return str(shared["id"])

    def _find(self, scope: str, collection: str, key: object) -> Document | None:
        return self._desk.find(collection, key, scope=scope) if isinstance(key, str) else None

    def _refuse_unknown(self, kinds: Mapping[str, str], body: Document) -> None:
        if self._desk.switches.get("fluents-unknown-fields") == "400":
            unknown = [f"property {name} should not exist" for name in body if name not in kinds]
            if unknown:
                raise Refusal(400, unknown)

    def _understand_null(self, kinds: Mapping[str, str], fields: Document) -> Document:
        position = self._desk.switches.get("fluents-null")
        nulls = [name for name, value in fields.items() if value is None]
        if position == "400" and nulls:
            raise Refusal(400, [f"{name} should not be null" for name in nulls])
        kept = {name: value for name, value in fields.items() if value is not None}
        return kept if position == "ignored" else {**kept, **{name: _CLEARED[kinds[name]] for name in nulls}}

    def _join_context(self, live: Document, sent: Document) -> Document:
        if not sent:
            return {} if self._desk.switches.get("fluents-empty-object") == "clears" else live
        return {**live, **sent} if self._desk.switches.get("fluents-example-context") == "merge" else sent


def _keep_ids(live: list[Any], sent: list[Any]) -> list[Any]:
    """Keep the ids of actions where the new list has one in the same place without an id."""
    known = {action.get("id"): action for action in live if isinstance(action, dict)}
    kept: list[Any] = []
    for place, action in enumerate(sent):
        if not isinstance(action, dict):
            kept.append(known.get(action, action))
            continue
        before = known.get(action.get("id")) or (live[place] if place < len(live) else {})
        own = {name: before[name] for name in ("id", "user_id") if name in before}
        kept.append({**own, **action})
    return kept
