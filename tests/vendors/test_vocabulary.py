"""Every keyword is honoured where it stands, or the compiler refuses it there."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from reconciler.engine.normal_form import normalise
from reconciler.model.paths import Json
from reconciler.vendors import SchemaError, schema_folder
from tests.vendors.made_up import build_document, make_type

META = Draft202012Validator(
    json.loads((schema_folder() / "meta" / "resource_type.schema.json").read_text(encoding="utf-8"))
)
TEXT: Json = {"type": "string"}


def nest(schema: Json, depth: int) -> Json:
    for _ in range(depth):
        schema = {"type": "object", "properties": {"in": schema}}
    return schema


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
@pytest.mark.parametrize(
    ("keywords", "trait", "value"),
    [
        ({"x-secret": True}, "secret", True),
        ({"readOnly": True}, "writable", False),
        ({"writeOnly": True}, "readable", False),
        ({"x-null": {"clear": "null", "equals": ["-"]}}, "clearing", "null"),
        ({"x-known": ["a"]}, "open_enum", True),
        ({"x-risk": "people hear it"}, "risk", "people hear it"),
    ],
)
def test_a_keyword_counts_at_every_depth(depth: int, keywords: Json, trait: str, value: object) -> None:
    document = build_document({"top": nest({**TEXT, **keywords}, depth)})
    assert [error.message for error in META.iter_errors(document)] == []
    known = make_type({"top": nest({**TEXT, **keywords}, depth)}).find_field(("top", *["in"] * depth))
    assert getattr(known, trait) == value


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_reference_is_reduced_at_every_depth_and_in_lists(depth: int) -> None:
    reference = {**TEXT, "x-reference": {"kind": "agents", "field": "id"}}
    known = make_type({"top": nest({"type": "array", "items": reference}, depth)})
    expanded: Json = [{"id": "a-1", "prompt": {"id": "p"}}, "a-2"]
    plain: Json = ["a-1", "a-2"]
    for _ in range(depth):
        expanded, plain = {"in": expanded}, {"in": plain}
    assert normalise(known.find_field(("top",)), expanded) == plain


@pytest.mark.parametrize(
    "keywords",
    [
        {"x-secret": True},
        {"writeOnly": True},
        {"x-merge": "merge"},
        {"x-risk": "people hear it"},
        {"x-null": {"clear": "null"}},
        {"x-read-as": {"list": True}},
    ],
)
@pytest.mark.parametrize("below", [False, True])
def test_what_a_list_cannot_honour_is_refused_in_its_elements(keywords: Json, below: bool) -> None:
    schema = {**TEXT, **keywords, "description": "A part."}
    element = {"type": "object", "properties": {"in": schema}} if below else schema
    with pytest.raises(SchemaError, match="in the elements of a list"):
        make_type({"rows": {"type": "array", "items": element}})


@pytest.mark.parametrize(
    "keywords",
    [
        {"x-immutable": True},
        {"x-derived-from": ["other"]},
        {"x-options": {"path": "/voices", "items": "", "value": "id"}},
        {"x-null": {"absent": "unsupported"}},
        {"x-read-as": {"name": "other"}},
        {"x-risk": {"live": "it answers calls"}},
    ],
)
def test_what_only_a_whole_field_can_have_is_refused_below(keywords: Json) -> None:
    with pytest.raises(SchemaError, match="below the top level"):
        make_type({"top": nest({**TEXT, **keywords}, 1)})


@pytest.mark.parametrize("schema", [{"type": "integer"}, {"type": "array", "items": TEXT}])
def test_a_secret_is_text(schema: Json) -> None:
    with pytest.raises(SchemaError, match="a secret is text"):
        make_type({"top": {**schema, "x-secret": True}})


@pytest.mark.parametrize("depth", [0, 1])
@pytest.mark.parametrize(
    "schema",
    [{"type": "object"}, {"type": "object", "x-merge": "merge"}, {"type": "array"}, {"type": ["string", "object"]}, {}],
)
def test_what_a_list_may_stand_for_is_no_object_and_no_list(schema: Json, depth: int) -> None:
    with pytest.raises(SchemaError, match=r"x-read-as\.list is for a text"):
        make_type({"top": nest({**schema, "x-read-as": {"list": True}}, depth)})
    known = make_type({"top": nest({**TEXT, "x-read-as": {"list": True}}, depth)})
    assert known.find_field(("top", *["in"] * depth)).read_as_list


def test_what_lies_below_a_secret_is_secret() -> None:
    known = make_type({"keys": {"type": "object", "x-secret": True, "properties": {"token": TEXT}}})
    assert known.find_field(("keys", "token")).secret
    assert known.find_field(("keys", "anything", "else")).secret
    assert not known.find_field(("keys", "token")).readable


def test_a_query_repeats_a_name() -> None:
    endpoints = build_document({})["x-endpoints"]
    endpoints["list"]["query"] = {"sort": ["createdAt", "asc"], "all": "yes"}
    known = make_type({}, **{"x-endpoints": endpoints})
    assert known.list.query == (("sort", "createdAt"), ("sort", "asc"), ("all", "yes"))


def test_an_object_without_a_list_is_the_only_one_of_its_group() -> None:
    endpoints = build_document({})["x-endpoints"]
    del endpoints["list"]
    known = make_type({}, **{"x-endpoints": endpoints})
    assert known.list.single
    assert (known.list.path, known.list.group) == ("/lines/{id}", ("id",))


ACTION: Json = {
    "x-union": {
        "by": "type",
        "branches": {
            "transfer": {
                "properties": {
                    "config": {"type": "object", "properties": {"number": {**TEXT, "x-risk": "calls leave"}}}
                }
            },
            "external": {
                "properties": {"config": {"type": "object", "properties": {"key": {**TEXT, "x-secret": True}}}}
            },
        },
    }
}


def test_a_union_knows_the_fields_of_all_branches() -> None:
    known = make_type({"type": TEXT}, **described(ACTION))
    assert known.find_field(("config", "number")).risk == "calls leave"
    assert known.find_field(("config", "key")).secret
    assert known.fields["type"].open_enum
    assert known.fields["type"].schema["enum"] == ["transfer", "external"]


def test_branches_must_agree_about_a_field_of_one_name() -> None:
    union = described(json.loads(json.dumps(ACTION)))
    union["x-union"]["branches"]["external"]["properties"]["config"]["properties"]["number"] = {
        **TEXT,
        "description": "A.",
    }
    with pytest.raises(SchemaError, match="the branches disagree about risk of number"):
        make_type({"type": TEXT}, **union)


def described(union: Json) -> Json:
    """Describe every field of the branches."""
    union = json.loads(json.dumps(union))
    for branch in union["x-union"]["branches"].values():
        for schema in branch["properties"].values():
            schema["description"] = "A field."
            for below in schema.get("properties", {}).values():
                below["description"] = "A field."
    return union
