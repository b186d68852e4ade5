"""`schema`: fresh, valid, and never stricter than the tool."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reconciler.cli.root import run
from reconciler.config import load_project
from reconciler.config.resources import RESOURCE_KEYS
from reconciler.config.settings.accounts import _KEYS as ACCOUNT_KEYS
from reconciler.config.settings.project_file import KEYS
from reconciler.vendors import load_catalog, schema_folder
from reconciler.vendors.compile import compile_provider, compile_resource_type
from reconciler.vendors.environment_schema import build_environment_schema
from reconciler.vendors.users_schema import build_users_schema
from tests.config.yaml12 import read_core

ROOT = Path(__file__).parent.parent.parent
CATALOG = load_catalog()
SCHEMA = build_users_schema(CATALOG)
RUST = jsonschema_rs.validator_for(SCHEMA)
PYTHON = Draft202012Validator(SCHEMA)
EXAMPLES = sorted(
    path
    for folder in ("examples", "tests/cases")
    for path in (ROOT / folder).rglob("*.yaml")
    if path.name != "sandbox.yaml"
    and path.parent.name != "environments"
    and not (path.parent / "diagnostics.json").exists()
)


def fits(document: Any) -> bool:
    """Ask two validators of different makes; they must agree."""
    verdict = RUST.is_valid(document)
    assert verdict == PYTHON.is_valid(document)
    return verdict


def accepts(folder: Path, text: str) -> bool:
    (folder / "reconciler.yaml").write_text(text, encoding="utf-8")
    return (
        load_project(folder, catalog=CATALOG, environ={}, variables={"X": "true", "N": "3", "T": "text"}).project
        is not None
    )


def test_the_published_schema_is_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    """Write it anew with: reconciler schema > schemas/reconciler.schema.json"""
    assert run(["schema", "--check", str(schema_folder() / "reconciler.schema.json")]) == 0
    assert run(["schema"]) == 0
    printed = capsys.readouterr().out
    assert printed == (schema_folder() / "reconciler.schema.json").read_text(encoding="utf-8")
    Draft202012Validator.check_schema(json.loads(printed))


def test_the_published_schema_of_environments_is_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    """Write it anew with: reconciler schema environment > schemas/environment.schema.json"""
    assert run(["schema", "environment"]) == 0
    printed = capsys.readouterr().out
    assert printed == (schema_folder() / "environment.schema.json").read_text(encoding="utf-8")
    Draft202012Validator.check_schema(json.loads(printed))


def test_a_stale_copy_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = tmp_path / "copy.json"
    copy.write_text("{}", encoding="utf-8")
    assert run(["schema", "--check", str(copy)]) == 1
    assert run(["schema", "--check", str(tmp_path / "none.json")]) == 1
    told = capsys.readouterr()
    assert "schema-stale" in told.err
    assert told.out == ""


def test_the_schema_of_the_plan_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "plan"]) == 0
    assert json.loads(capsys.readouterr().out)["$id"] == "urn:reconciler:plan:1"
    assert run(["schema", "nonsense"]) == 64


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_examples_fit(file: Path) -> None:
    document = read_core(file.read_text(encoding="utf-8"))
    assert fits(document), [error.message for error in PYTHON.iter_errors(document)]


def _list_fields(spec: Any) -> set[str]:
    """List the fields of a spec, those of the branches of a union too."""
    return {name for each in (spec, *(part["then"] for part in spec.get("allOf", ()))) for name in each["properties"]}


def test_every_setting_is_known() -> None:
    assert set(SCHEMA["properties"]) == {*KEYS, *CATALOG.kinds}
    assert set(SCHEMA["$defs"]["account"]["properties"]) == set(ACCOUNT_KEYS)
    for resource_type in CATALOG.resource_types.values():
        body = SCHEMA["$defs"][f"{resource_type.provider}.{resource_type.kind}"]["properties"]
        assert set(body) == set(RESOURCE_KEYS)
        assert _list_fields(body["spec"]) == set(resource_type.owned_fields)
        assert all(known["description"] for known in body["spec"]["properties"].values())


def test_known_values_complete_and_null_clears() -> None:
    spec = SCHEMA["$defs"]["galtea.phone_connections"]["properties"]["spec"]["properties"]
    assert spec["voice"]["examples"] == ["sarah", "theo", "megan", "jack"]
    assert "null" in spec["voice"]["type"]
    assert "null" not in spec["name"]["type"]
    assert "High risk" in spec["phoneNumber"]["description"]
    language = SCHEMA["$defs"]["opencopilot.agents"]["properties"]["spec"]["properties"]["language"]
    assert "no" in language["anyOf"][0]["enum"]


NUMBER = "version: 1\nnumbers:\n  a:\n    account: fluents\n    id: +12025550143\n    spec: {SPEC}\n"
CONNECTION = "version: 1\nphone_connections:\n  a:\n    id: c1\n    spec: {SPEC}\n"
AGENT = "version: 1\nagents:\n  a:\n    account: opencopilot\n    id: u-1\n    spec: {elevenlabs_voice_id: hP72SDESIJq2YuAblBqz, SPEC}\n"
CONNECTOR = "version: 1\nconnectors:\n  a:\n    id: {agentId: P-1, connectorId: c1}\n    spec: {SPEC}\n"

ACCEPTED = [
    "version: 1\naccount: fluents\nnumbers: {a: {id: +12025550143}}\n",
    "version: 1\naccount:\n",
    "version: 1\n",
    "version: 1\naccounts:\nguards:\nexclude:\nledger:\nnumbers:\n",
    "version: 1\naccounts: {polyai: , galtea: {}}\n",
    "version: 1\naccounts: {eu: {provider: polyai, region: eu, credential: POLYAI_EU, timeout_seconds: 1.5}}\n",
    "version: 1\naccounts: {polyai: {region: studio}, fluents: {region: , clear: send-null}}\n",
    "version: 1\naccounts: {opencopilot: {api: 2024-09, requests_per_minute: 60}}\n",
    "version: 1\naccounts: {polyai: {provider: opencopilot, api: 2024-09}}\n",
    "version: 1\naccounts: {galtea: {base_url: http://127.0.0.1:8642}}\n",
    "version: 1\nguards: {max_updates: 0, max_percent: 100}\nexclude: ['*.tpl.yaml', 2024]\nledger: git\n",
    NUMBER.replace("SPEC", "label: 0123"),
    NUMBER.replace("SPEC", "label: 8:30, description: true"),
    NUMBER.replace("SPEC", "label: 2024-01-05, outbound_only: '${var.X}'"),
    NUMBER.replace("SPEC", "example_context: {a: [1, null, {b: yes}], c: '${var.T}'}"),
    NUMBER.replace("{SPEC}", ""),
    NUMBER.replace("+12025550143", "'+12025550143'"). replace("{SPEC}", "{}"),
    NUMBER.replace("id: +12025550143", "match: {label: 7}").replace("{SPEC}", "{}\n    protect: true"),
    CONNECTION.replace("SPEC", "phoneNumber: +14155552671, voice: null, languageCode: no"),
    CONNECTION.replace("SPEC", "voice: '', name: '${var.T}', productId: 12"),
    CONNECTION.replace("SPEC", "voice: some-new-voice"),
    CONNECTION.replace("id: c1", "id: 12").replace("SPEC", "name: a"),
    AGENT.replace("SPEC", "language: no, voice_speed: 1.5, call_max_duration: '${var.N}'"),
    AGENT.replace("SPEC", "handoff_phone_number: +14155552671, emotion_recognition: TRUE"),
    "version: 1\nagents: {a: {account: fluents, id: u-1, spec: {}}}\n",
    NUMBER.replace("SPEC", "label: 'at ${numbers.b.label}', outbound_only: '${numbers.b.outbound_only}'")
    + "  b: {account: fluents, id: '${phone_connections.c.phoneNumber}'}\nphone_connections: {c: {match: {productId: p, name: lines}}}\n"
    + "connectors: {d: {id: {agentId: P, connectorId: '${phone_connections.c.id}'}}}\n",
    NUMBER.replace("SPEC", "example_context: '${numbers.b.example_context}'") + "  b: {account: fluents, id: +12025550144, spec: {label: B}}\n",
    CONNECTOR.replace("SPEC", "variantId: null"),
    "version: 1\nconnectors: {a: {match: {agentId: P-1, name: 5}, spec: {voiceName: a}}}\n",
]  # fmt: skip


@pytest.mark.parametrize("text", ACCEPTED)
def test_what_the_tool_accepts_fits(tmp_path: Path, text: str) -> None:
    assert accepts(tmp_path, text)
    assert fits(read_core(text)), [error.message for error in PYTHON.iter_errors(read_core(text))]


REFUSED = [
    "[]\n",
    "accounts: {}\n",
    "version: 2\n",
    "version: 1\ncolour: red\n",
    "version: 1\naccounts: {polyai: {region: mars}}\n",
    "version: 1\naccounts: {galtea: {region: us}}\n",
    "version: 1\naccounts: {mine: {}}\n",
    "version: 1\naccounts: {mine: {provider: nobody}}\n",
    "version: 1\naccounts: {'a b': {provider: galtea}}\n",
    "version: 1\naccounts: {galtea: {credential: 'sk-1 2'}}\n",
    "version: 1\naccounts: {galtea: {base_url: 'ftp://x'}}\n",
    "version: 1\naccounts: {galtea: {concurrency: 0}}\n",
    "version: 1\naccounts: {galtea: {clear: maybe}}\n",
    "version: 1\naccounts: {opencopilot: {api: '2031'}}\n",
    "version: 1\nguards: {max_percent: 101}\n",
    "version: 1\nguards: {max_deletes: 1}\n",
    "version: 1\nexclude: '*.tpl'\n",
    "version: 1\nledger: s3\n",
    "version: 1\nnumbers: []\n",
    "version: 1\nnumbers: {'a b': {id: +12025550143}}\n",
    "version: 1\nnumbers: {a: {spec: {}}}\n",
    "version: 1\nnumbers: {a: {id: +12025550143, match: {label: a}}}\n",
    "version: 1\nnumbers: {a: {id: front-desk}}\n",
    "version: 1\nnumbers: {a: {id: +12025550143, protect: yes}}\n",
    "version: 1\nnumbers: {a: {id: +12025550143, label: x}}\n",
    "version: 1\nnumbers: {a: {match: {}}}\n",
    "version: 1\nphone_connections: {a: {id: voices}}\n",
    "version: 1\nphone_connections: {a: {id: null}}\n",
    "version: 1\nconnectors: {a: {id: c1}}\n",
    "version: 1\nconnectors: {a: {id: {agentId: P-1}}}\n",
    "version: 1\nconnectors: {a: {id: {agentId: P-1, connectorId: batch}}}\n",
    "version: 1\nconnectors: {a: {match: {name: x}}}\n",
    NUMBER.replace("SPEC", "labl: x"),
    NUMBER.replace("SPEC", "active: true"),
    NUMBER.replace("SPEC", "outbound_only: no"),
    NUMBER.replace("SPEC", "outbound_only: 'true'"),
    NUMBER.replace("SPEC", "outbound_only: null"),
    NUMBER.replace("SPEC", "inbound_agent: {id: x, prompt: y}"),
    NUMBER.replace("SPEC", "example_context: text"),
    NUMBER.replace("SPEC", "example_context: '${var.T}'"),
    CONNECTION.replace("SPEC", "phoneNumber: 0800"),
    CONNECTION.replace("SPEC", "phoneNumber: '+1 202'"),
    CONNECTION.replace("SPEC", "name: ''"),
    CONNECTION.replace("SPEC", "name: null"),
    CONNECTION.replace("SPEC", "agentSpeaksFirst: 'a ${var.X}'"),
    AGENT.replace("SPEC", "language: klingon"),
    AGENT.replace("SPEC", "voice_speed: 0"),
    CONNECTOR.replace("SPEC", "ttsLangCode: en-US"),
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_what_the_schema_refuses_the_tool_refuses(tmp_path: Path, text: str) -> None:
    assert not fits(read_core(text))
    assert not accepts(tmp_path, text)


SCALARS = st.one_of(
    st.sampled_from(
        [
            "no", "yes", "true", "False", "null", "~", "''", "0123", "8:30", "1e3", "1.0", "-1", "+14155552671", "'+14155552671'",
            "14155552671", "0x1F", "0o17", ".5", "2024-01-05", "'1'", "${var.X}", "'${var.N}'", "'a ${var.T}'", "'$${x'", "[1]",
            "{a: 1}", "[]", "en-US", "jack", "hP72SDESIJq2YuAblBqz", "voices", "'a b'", "6", "0", "assistant-speaks-first", "1.5",
        ]
    ),
    st.text(alphabet="abz019+-.:_", min_size=1, max_size=6).map(lambda text: f"'{text}'"),
    st.integers(-5, 10**16).map(str),
)  # fmt: skip
PLACES = [
    (known.key, name)
    for known in CATALOG.all_types
    for name in (*known.fields, *(f"id:{part.name}" for part in known.identity))
]


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(PLACES), value=SCALARS)
def test_no_value_is_refused_that_the_tool_accepts(tmp_path: Path, place: Any, value: str) -> None:
    key, name = place
    known = next(each for each in CATALOG.all_types if each.key == key)
    ids = {part.name: "+12025550143" if "+" in part.pattern[:4] else "x1" for part in known.identity}
    spec = dict.fromkeys(known.companions, "hP72SDESIJq2YuAblBqz")
    if name.startswith("id:"):
        ids[name[3:]] = value
    else:
        spec[name] = value
    identity = (
        "{" + ", ".join(f"{part}: {text}" for part, text in ids.items()) + "}" if len(ids) > 1 else ids.popitem()[1]
    )
    fields = "".join(f"      {key}: {text}\n" for key, text in spec.items())
    account = (
        f"accounts: {{{known.provider}: {{api: '{known.api}'}}}}"
        if known.api
        else f"accounts: {{{known.provider}: {{}}}}"
    )
    text = f"version: 1\n{account}\n{known.kind}:\n  a:\n    id: {identity}\n    spec:\n{fields}"
    if accepts(tmp_path, text):
        assert fits(read_core(text)), text


def test_a_kind_of_two_providers_takes_either_form(tmp_path: Path) -> None:
    """What is special about a fifth type of an existing kind is in the schema without any code."""
    home = tmp_path / "schemas"
    shutil.copytree(schema_folder(), home)
    shutil.copy(home / "opencopilot" / "agents.json", home / "galtea" / "agents.json")
    catalog = load_catalog(home)
    schema = build_users_schema(catalog)
    assert len(schema["properties"]["agents"]["additionalProperties"]["anyOf"]) > 2
    assert jsonschema_rs.validator_for(schema).is_valid({"agents": {"a": {"account": "galtea", "id": "x"}}})


def test_enums_and_bounds_of_other_types_survive() -> None:
    """Types that no vendor has yet: numbers among the enum, lists, nested objects, bounds."""
    source = Path("schemas/x/y.json")
    provider = {**json.loads((schema_folder() / "galtea" / "provider.json").read_text()), "name": "x"}
    document = json.loads((schema_folder() / "galtea" / "phone_connections.json").read_text())
    document["properties"] |= {
        "level": {"type": "string", "enum": ["1", "true", "no"], "description": "d"},
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 3}, "uniqueItems": True, "description": "d"},
        "nested": {
            "type": "object",
            "description": "d",
            "properties": {"count": {"type": "integer", "minimum": 1, "description": "d"}},
            "additionalProperties": False,
        },
        "either": {"description": "d", "oneOf": [{"type": "integer"}, {"type": "string", "const": "auto"}]},
    }
    catalog = type(CATALOG)(
        {"x": compile_provider(provider, source=source)},
        {("x", "y"): compile_resource_type(document, provider="x", kind="y", source=source)},
    )
    validator = jsonschema_rs.validator_for(build_users_schema(catalog))

    def holds(spec: Any) -> bool:
        return validator.is_valid({"y": {"a": {"id": "i", "spec": spec}}})

    assert holds({"level": 1})
    assert holds({"level": True})
    assert holds({"level": "no"})
    assert not holds({"level": 2})
    assert not holds({"level": "x"})
    assert holds({"tags": ["abc", 7, "${var.LONG}"]})
    assert not holds({"tags": ["abcd"]})
    assert holds({"nested": {"count": 3}})
    assert holds({"nested": {"count": "${var.N}"}})
    assert not holds({"nested": {"count": 0}})
    assert not holds({"nested": {"other": 1}})


ENVIRONMENT = jsonschema_rs.validator_for(build_environment_schema(CATALOG))
LAID = [
    "",
    "vars:\naccounts:\nguards:\nresources:\n",
    "vars: {A: b, N: 007, B: true}\n",
    "accounts: {polyai: {credential: POLYAI_EU_KEY}, more: {provider: galtea}}\nguards: {max_updates: 1}\n",
    "resources: {numbers.a: absent, connectors.b: , agents.c: {spec: {language: no}}}\n",
    "resources: {numbers.a: {id: +12025550199}, numbers.new: {account: fluents, id: +12025550198, spec: {label: 007}}}\n",
    "resources: {numbers.a: {spec: {example_context: {a: b}}, protect: true, match: , account: fluents}}\n",
    "resources: {connectors.b: {ignore: {voiceName: {reason: r, until: 2027-01-01}}}}\n",
]
BASE = """\
version: 1
numbers: {a: {account: fluents, id: +12025550143}}
connectors: {b: {id: {agentId: P-1, connectorId: c1}, spec: {voiceName: en-US-Neural2-A}}}
agents: {c: {id: 6f9619ff-8b86-4d01-b42d-00c04fc964ff, account: opencopilot, spec: {elevenlabs_voice_id: hP72SDESIJq2YuAblBqz}}}
"""
NOT_LAID = [
    "[]\n",
    "version: 1\n",
    "vars: {'a b': x}\n",
    "vars: {A: [x]}\n",
    "guards: {max_deletes: 1}\n",
    "accounts: {polyai: {regoin: eu}}\n",
    "resources: {numbers: absent}\n",
    "resources: {numbers.a: gone}\n",
    "resources: {numbers.a: {spec: {labl: x}}}\n",
    "resources: {numbers.a: {id: front-desk}}\n",
    "resources: {numbers.a: {ignore: {label: {reason: r}}}}\n",
]


@pytest.mark.parametrize(("text", "right"), [*((text, True) for text in LAID), *((text, False) for text in NOT_LAID)])
def test_the_schema_of_environments_agrees_with_the_tool(tmp_path: Path, text: str, right: bool) -> None:
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "e.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "reconciler.yaml").write_text(BASE, encoding="utf-8")
    loaded = load_project(tmp_path, catalog=CATALOG, environ={}, environment="e")
    assert (loaded.project is not None) is right, loaded.diagnostics
    assert ENVIRONMENT.is_valid(read_core(text)) is right


@pytest.mark.parametrize("file", sorted((ROOT / "examples").glob("*/environments/*.yaml")), ids=lambda path: path.name)
def test_examples_of_environments_fit(file: Path) -> None:
    assert ENVIRONMENT.is_valid(read_core(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize("body", ["{spec: {label: x}}", "{protect: true}", "{account: fluents}"])
def test_a_resource_may_leave_the_rest_to_environments(tmp_path: Path, body: str) -> None:
    (tmp_path / "environments").mkdir()
    laid = "resources: {numbers.a: {id: +12025550143}}\n"
    (tmp_path / "environments" / "e.yaml").write_text(laid, encoding="utf-8")
    text = f"version: 1\naccounts: {{fluents: {{}}}}\nnumbers: {{a: {body}}}\n"
    (tmp_path / "reconciler.yaml").write_text(text, encoding="utf-8")
    assert load_project(tmp_path, catalog=CATALOG, environ={}, environment="e").project is not None
    assert fits(read_core(text))
