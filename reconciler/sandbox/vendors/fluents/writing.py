"""Write Fluents' objects; an object in the place of a reference rewrites what others share."""

from collections.abc import Mapping
from typing import Any

from reconciler.sandbox.state.rows import grow_row
from reconciler.sandbox.state.shapes.shape import USER, identify
from reconciler.sandbox.state.world import Document
from reconciler.sandbox.vendors.calls import Call, Refusal
from reconciler.sandbox.vendors.desk import Desk
from reconciler.sandbox.vendors.fluents.fields import SHEETS, Sheet
from reconciler.sandbox.vendors.kinds import E164, fits

_CLEARED: Mapping[str, object] = {
    "string": "",
    "boolean": False,
    "object": {},
    "array": [],
    "number": None,
    "string|object": None,
}
_NESTED = ("config", "credentials", "action_trigger", "deepgram_keywords", "llm_fallback")
_DIALLED = frozenset({"action_transfer_call", "action_add_to_conference"})


class Pen:
    """Carry out one write for one account."""

    def __init__(self, desk: Desk, call: Call) -> None:
        self._desk = desk
        self._call = call

    def write(self, collection: str, live: Document, body: object) -> Document:
        """Write what a body names, and return the object."""
        sheet = SHEETS[collection]
        fields = self._take(collection, live, body)
        self._refuse_strangers(sheet, fields)
        for name, target in sheet.references.items():
            if name in fields:
                fields[name] = self._point(live, name, target, fields[name])
        if isinstance(fields.get("prompt_template"), str | dict):
            fields["prompt_template"] = self._point_to_template(live, fields["prompt_template"])
        return self._desk.commit(collection, live[sheet.key], fields, writable=sheet.fallbacks)

    def _take(self, collection: str, live: Document, body: object) -> Document:
        """Return the fields of a body that are to be written, after null and {} are understood by the switches."""
        sheet = SHEETS[collection]
        if not isinstance(body, dict):
            raise Refusal(400, ["body must be an object"])
        self._demand_type(sheet, body)
        self._refuse_unknown(sheet, body)
        _refuse_wrong(sheet, body)
        named = {
            name: body[name] for name in (sheet.kinds if not sheet.is_open else _list_open(sheet, body)) if name in body
        }
        fields = self._join(live, self._understand_null(sheet, self._understand_empty(named)))
        if collection == "actions":
            _check_action({**live, **fields})
        return fields

    def _demand_type(self, sheet: Sheet, body: Document) -> None:
        """Refuse a write to a union without its discriminator (M)."""
        if sheet.is_union and not body.get("type") and self._desk.is_set("fluents-type", "demanded"):
            raise Refusal(400, ["type must be a string", "type should not be empty"])

    def _refuse_unknown(self, sheet: Sheet, body: Document) -> None:
        if self._desk.is_set("fluents-unknown-fields", "400"):
            unknown = [f"property {name} should not exist" for name in body if name not in sheet.kinds]
            if unknown:
                raise Refusal(400, unknown)

    def _understand_empty(self, fields: Document) -> Document:
        """Drop every {}: it says "no change" in the ancestor (M)."""
        if self._desk.is_set("fluents-empty-object", "clears"):
            return fields
        return {name: value for name, value in fields.items() if value != {}}

    def _understand_null(self, sheet: Sheet, fields: Document) -> Document:
        position = self._desk.switches.get("fluents-null")
        nulls = [name for name, value in fields.items() if value is None]
        refused = nulls if position == "400" else [name for name in nulls if name in sheet.demanded]
        if refused and position != "ignored":
            raise Refusal(400, [f"{name} should not be null" for name in refused])
        kept = {name: value for name, value in fields.items() if value is not None}
        if position == "ignored":
            return kept
        return {**kept, **{name: _CLEARED[sheet.kinds.get(name, "string|object")] for name in nulls}}

    def _join(self, live: Document, fields: Document) -> Document:
        """Replace maps, or merge them into what is there, by the switches; the vendor's own secret stays (I)."""
        joined = dict(fields)
        if self._desk.is_set("fluents-example-context", "merge") and joined.get("example_context"):
            joined["example_context"] = {**live["example_context"], **joined["example_context"]}
        for name in _NESTED:
            if joined.get(name) and self._desk.is_set("fluents-nested", "merge"):
                joined[name] = {**(live.get(name) or {}), **joined[name]}
        if isinstance(joined.get("config"), dict) and "signature_secret" in (live.get("config") or {}):
            joined["config"] = {"signature_secret": live["config"]["signature_secret"], **joined["config"]}
        if "subscriptions" in joined and self._desk.is_set("fluents-subscriptions", "sorted"):
            joined["subscriptions"] = sorted(joined["subscriptions"])
        if joined.get("deepgram_keywords") and self._desk.is_set("fluents-keyword-values", "text"):
            joined["deepgram_keywords"] = {word: str(boost) for word, boost in joined["deepgram_keywords"].items()}
        return joined

    def _refuse_strangers(self, sheet: Sheet, fields: Document) -> None:
        """Refuse references to what does not exist, before anything is written."""
        wrong = [
            f"{name} must be the id of one of {target}"
            for name, target in sheet.references.items()
            for key in _list_ids(fields.get(name))
            if self._desk.find(target, key) is None
        ]
        if wrong:
            raise Refusal(400, wrong)

    def _point(self, live: Document, name: str, target: str, value: Any) -> Any:
        if isinstance(value, list):
            return [self._point_element(live, target, place, element) for place, element in enumerate(value)]
        if isinstance(value, dict):
            return self._rewrite(live.get(name), f"{live['id']}/{name}", name, target, value)
        return value

    def _point_element(self, live: Document, target: str, place: int, element: Any) -> Any:
        if not isinstance(element, dict):
            return element
        before = live["actions"]
        own = before[place] if place < len(before) else None
        return self._rewrite(element.get("id", own), f"{live['id']}/{target}/{place}", "actions", target, element)

    def _rewrite(self, key: object, path: str, name: str, target: str, inline: Document) -> str:
        """Rewrite the shared object in place, or make a new one where there is none: what an object does (D)."""
        self._desk.note_danger(self._call.method, f"{self._call.path} (inline {name})")
        body = {field: value for field, value in inline.items() if field not in {"id", "user_id"}}
        shared = self._desk.find(target, key)
        if shared is None:
            shared = self._make(target, identify(path), body)
        self.write(target, shared, body)
        return str(shared["id"])

    def _make(self, target: str, key: str, body: Document) -> Document:
        made = grow_row("fluents", target, {"id": key, **body})
        self._take(target, made, body)
        self._desk.world.put("fluents", target, key, made, scope=self._desk.scope)
        return made

    def _point_to_template(self, live: Document, value: str | Document) -> Document:
        """Keep a template as an object, which is how it is read (D)."""
        before = live.get("prompt_template") or {}
        if isinstance(value, str):
            return before if before.get("id") == value else {"id": value, **_NEW_TEMPLATE}
        self._desk.note_danger(self._call.method, f"{self._call.path} (inline prompt_template)")
        return {"id": identify(f"{live['id']}/prompt_template"), **_NEW_TEMPLATE, **before, **value}


_NEW_TEMPLATE: Mapping[str, object] = {"user_id": USER, "label": "", "required_context_keys": []}


def _refuse_wrong(sheet: Sheet, body: Document) -> None:
    wrong = [
        f"{name} must be of type {kind.replace('|', ' or ')}"
        for name, kind in sheet.kinds.items()
        if body.get(name) is not None and not fits(body[name], kind)
    ]
    if wrong:
        raise Refusal(400, wrong)


def _list_open(sheet: Sheet, body: Document) -> list[str]:
    """List the fields of an object that may have more than is documented."""
    return [*sheet.kinds, *(name for name in body if name not in {*sheet.kinds, "id", "user_id"})]


def _list_ids(value: Any) -> list[Any]:
    elements = value if isinstance(value, list) else [value]
    return [element for element in elements if element is not None and not isinstance(element, dict)]


def _check_action(action: Document) -> None:
    """Refuse a transfer to nowhere."""
    number = action["config"].get("phone_number")
    if action["type"] in _DIALLED and not (isinstance(number, str) and E164.match(number)):
        raise Refusal(400, ["config.phone_number must be a valid phone number"])
