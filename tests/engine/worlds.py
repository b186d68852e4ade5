"""Worlds for the laws: a resource type with every trait, values that fit one, and a model of its vendor.

The model is written from the words of the meta-schema, not from the engine: what the engine gets wrong must show here.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from hypothesis import strategies as st

from reconciler.engine.normal_form import normalise
from reconciler.engine.plan import Verdict, plan_resource
from reconciler.model.diagnostic import Location
from reconciler.model.field import Field
from reconciler.model.ledger import Applied, Ledger
from reconciler.model.live import Present
from reconciler.model.paths import Json
from reconciler.model.project import Account, Declared
from reconciler.model.resource_type import Identity, ResourceType
from reconciler.vendors import load_catalog
from reconciler.vendors.compile import compile_resource_type

LINE_DOCUMENT: Json = {
    "title": "Line",
    "description": "A made-up object with every trait that a field can have.",
    "type": "object",
    "x-identity": {
        "parts": [{"name": "id", "field": "id", "pattern": "^[^/]+$", "description": "Its id."}],
        "label": "text",
    },
    "x-endpoints": {
        "list": {"method": "GET", "path": "/lines", "items": "/lines", "paging": {"style": "none"}},
        "update": {"method": "PATCH", "path": "/lines/{id}", "companions": ["token"]},
    },
    "properties": {
        "id": {"type": "string", "readOnly": True, "description": "Its id."},
        "text": {
            "type": ["string", "null"],
            "x-null": {"clear": "null", "equals": [""]},
            "description": "Null and the empty text are one.",
        },
        "fixed": {"type": "string", "description": "Cannot be cleared."},
        "flag": {"type": "boolean", "description": "A boolean."},
        "amount": {"type": "number", "description": "A number."},
        "steps": {"type": "array", "description": "A list whose order counts."},
        "tags": {"type": "array", "uniqueItems": True, "description": "A set."},
        "merged": {"type": "object", "x-merge": "merge", "description": "Merged by the vendor."},
        "replaced": {
            "type": "object",
            "x-merge": "replace",
            "x-null": {"clear": "null"},
            "description": "Replaced whole by the vendor.",
        },
        "opaque": {
            "type": "object",
            "x-merge": "unknown",
            "x-null": {"clear": "account", "equals": [{}]},
            "description": "Merged or replaced, nobody knows.",
        },
        "agent": {
            "type": "string",
            "x-reference": {"kind": "agents", "field": "id"},
            "x-null": {"clear": "account", "equals": [""]},
            "description": "Points at another object.",
        },
        "agent_name": {
            "type": ["string", "null"],
            "readOnly": True,
            "x-derived-from": ["agent"],
            "description": "Derived from agent.",
        },
        "hidden": {"type": "string", "writeOnly": True, "description": "Cannot be read back."},
        "token": {"type": "string", "writeOnly": True, "description": "Travels with every update."},
    },
}
LINE = compile_resource_type(LINE_DOCUMENT, provider="acme", kind="lines", source=Path("lines.json"))
RESOURCE_TYPES = (LINE, *load_catalog().all_types)

ClearingHabit = Literal["send-null", "send-empty"]
MergeHabit = Literal["merge", "replace"]

TEXTS = st.text(alphabet="ab é\n/~+", max_size=4)
NUMBERS = st.integers(-3, 3) | st.sampled_from([0.5, 1.0, 2.0, -0.25, 1e20])
LEAVES = st.none() | st.booleans() | NUMBERS | TEXTS
KEYS = st.sampled_from(["a", "b", "c", "__d", "0", "x/y"])
TREES: st.SearchStrategy[Json] = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
PHONE_NUMBERS = st.sampled_from(["+14155552671", "+442071838750", "+12025550143"])


def make_account(*, clear: ClearingHabit | Literal["refuse"] = "refuse", provider: str = "acme") -> Account:
    return Account(name=provider, provider=provider, base_url="https://api.acme.example", credential="KEY", clear=clear)


def values_of(known: Field, *, clears: bool) -> st.SearchStrategy[Json]:
    """Draw what `spec` may declare for a field."""
    schema = known.schema
    if "enum" in schema:
        plain: st.SearchStrategy[Json] = st.sampled_from(schema["enum"])
    elif schema.get("format") == "e164" or "pattern" in schema:
        plain = PHONE_NUMBERS
    else:
        drawn = {
            "string": TEXTS if not schema.get("minLength") else TEXTS.filter(bool),
            "boolean": st.booleans(),
            "number": NUMBERS,
            "integer": st.integers(-1000, 1000),
            "object": st.dictionaries(KEYS, TREES, max_size=4),
            "array": st.lists(LEAVES, max_size=3),
        }
        plain = st.one_of([drawn[name] for name in sorted(known.types - {"null"})])
    return plain | st.none() if clears and known.clearing != "refuse" else plain


def live_values_of(known: Field) -> st.SearchStrategy[Json]:
    """Draw what the vendor may answer for a field: also null, the same written otherwise, references as objects."""
    plain = values_of(known, clears=False)
    nothing = st.sampled_from([None, *known.equals_null])
    if known.reference:
        key = known.reference.target
        return plain | nothing | plain.map(lambda value: {key: value, "prompt": "long"})
    return plain | nothing


@dataclass(frozen=True, slots=True, repr=False)
class World:
    """One resource as declared, and all of the vendor's state, write-only fields included."""

    resource_type: ResourceType
    declared: Declared
    state: Mapping[str, Json]
    account: Account
    merge_habit: MergeHabit
    shows_empty: bool = False
    """Whether the vendor answers what was cleared as the value that is equal to null."""
    applied: Mapping[str, Json] = field(default_factory=dict)

    def __repr__(self) -> str:
        spec, state, clear = dict(self.declared.spec), dict(self.state), self.account.clear
        return (
            f"World({self.resource_type.name}, {spec=}, {state=}, {clear=}, {self.merge_habit=}, {self.shows_empty=})"
        )

    def answer(self) -> dict[str, Json]:
        """Return what a GET shows."""
        fields = self.resource_type.fields
        return {name: value for name, value in self.state.items() if fields[name].readable}

    def plan(self) -> Verdict:
        identity = self.declared.identity
        assert identity is not None
        entry = Applied(
            self.declared.address,
            self.account.name,
            self.declared.provider,
            self.declared.kind,
            identity.as_json(),
            self.applied,
            when="2026-01-01T00:00:00Z",
            commit="",
            run="1",
        )
        return plan_resource(
            self.declared,
            Present(identity, self.answer()),
            resource_type=self.resource_type,
            account=self.account,
            ledger=Ledger({self.declared.address: entry}),
            options={},
        )

    def send(self, body: Mapping[str, Json]) -> World:
        """Let the vendor carry out a body."""
        state = copy.deepcopy(dict(self.state))
        for name, value in body.items():
            state[name] = self._store(self.resource_type.fields[name], state.get(name), value)
        return replace(self, state=state)

    def _store(self, known: Field, old: Json, value: Json) -> Json:
        if value is None or (known.clearing == "account" and value in ("", {}, [])):
            return known.equals_null[0] if known.equals_null and self.shows_empty else None
        habit = known.merging if known.merging != "unknown" else self.merge_habit
        if habit == "merge" and isinstance(value, dict):
            return merge_patch(old, value)
        if habit == "shallow" and isinstance(value, dict) and isinstance(old, dict):
            return {**old, **value}
        return {known.reference.target: value, "prompt": "long"} if known.reference else value

    def record(self) -> World:
        """Remember what is declared as applied."""
        fields = self.resource_type.fields
        spec = self.declared.spec
        return replace(self, applied={f"/{name}": normalise(fields[name], value) for name, value in spec.items()})

    def is_as_declared(self) -> bool:
        """Tell, without the engine, whether the vendor's state is what was declared."""
        fields = self.resource_type.fields
        return all(is_held(fields[name], value, self.state.get(name)) for name, value in self.declared.spec.items())


def is_held(known: Field, wanted: Json, held: Json) -> bool:
    """Tell whether a value of the vendor is what was wanted; of an object only the wanted keys count."""
    wanted_form, held_form = _canon_field(known, wanted), _canon_field(known, held)
    if wanted_form[0] == "object" and held_form == NOTHING:
        held_form = canon({})
    return _holds(wanted_form, held_form)


def _canon_field(known: Field, value: Json) -> Any:
    if known.reference and isinstance(value, dict):
        value = value[known.reference.target]
    form = canon(value)
    if form in [canon(null) for null in known.equals_null]:
        return NOTHING
    return ("list", sorted(form[1], key=repr)) if known.unordered and form[0] == "list" else form


def _holds(wanted: Any, held: Any) -> bool:
    if held is None:
        return False
    if wanted[0] != "object" or held[0] != "object":
        return bool(wanted == held)
    inner = dict(held[1])
    return all(_holds(value, inner.get(key, NOTHING if value == NOTHING else None)) for key, value in wanted[1])


def canon(value: Json) -> Any:
    """Tag a JSON value with its JSON type, so that Python's True is not 1 and 1.0 is 1."""
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, int | float):
        return ("number", float(value))
    if isinstance(value, str):
        return ("text", value)
    if isinstance(value, dict):
        return ("object", tuple((key, canon(value[key])) for key in sorted(value)))
    if isinstance(value, list):
        return ("list", tuple(map(canon, value)))
    return NOTHING


NOTHING = ("null", None)


def merge_patch(target: Json, patch: Json) -> Json:
    """Merge as RFC 7396 says."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


@st.composite
def worlds(draw: st.DrawFn, resource_types: tuple[ResourceType, ...] = RESOURCE_TYPES) -> World:
    resource_type = draw(st.sampled_from(resource_types))
    clear: ClearingHabit = draw(st.sampled_from(["send-null", "send-empty"]))
    fields = resource_type.fields
    movers = {name for name, known in fields.items() if known.moves}
    owned = [name for name in resource_type.owned_fields if not fields[name].immutable and name not in movers]
    branch = draw(st.sampled_from(sorted(resource_type.union.branches))) if resource_type.union else ""
    names = draw(
        st.lists(st.sampled_from(_keep_branch(owned, resource_type, branch)), unique=True, max_size=len(owned))
    )
    names += [name for name in resource_type.companions if name not in names]
    spec = {name: draw(values_of(fields[name], clears=True)) for name in names}
    spec |= {resource_type.union.by: branch} if resource_type.union else {}
    return World(
        resource_type=resource_type,
        declared=declare(resource_type, spec),
        state=draw(_states(resource_type)),
        account=make_account(clear=clear, provider=resource_type.provider),
        merge_habit=draw(st.sampled_from(["merge", "replace"])),
        shows_empty=draw(st.booleans()),
    )


def _keep_branch(names: list[str], resource_type: ResourceType, branch: str) -> list[str]:
    """Keep the fields of one branch of a union, without those that hold secrets: `test_depth` and the sandbox have these."""
    union = resource_type.union
    foreign = union.own_names() - union.branches[branch].keys() if union else frozenset[str]()
    return [name for name in names if name not in foreign and not resource_type.fields[name].holds_secret]


def declare(resource_type: ResourceType, spec: Mapping[str, Json]) -> Declared:
    return Declared(
        address=f"{resource_type.kind}.one",
        kind=resource_type.kind,
        account=resource_type.provider,
        provider=resource_type.provider,
        identity=Identity(tuple((part.name, f"{part.name}-1") for part in resource_type.identity)),
        match={},
        spec=spec,
        location=Location("lines.yaml", 3),
    )


@st.composite
def _states(draw: st.DrawFn, resource_type: ResourceType) -> dict[str, Json]:
    """Draw a live object; what cannot be read holds a value that nobody declares."""
    state: dict[str, Json] = {}
    for name, known in resource_type.fields.items():
        if name == resource_type.tombstone:
            continue
        if not known.readable:
            state[name] = "set by somebody else"
        elif known.absence == "unsupported" or draw(st.booleans()):
            state[name] = draw(live_values_of(known))
    return state
