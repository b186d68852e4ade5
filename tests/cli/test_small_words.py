"""Words that were wrong once: each says what it should."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from reconciler.model.plan_document import read_plan
from reconciler.vendors import schema_folder
from tests.cli.stage import AGENT, KEYS, Stage

HEAD = "version: 1\naccounts: {fluents: {}, opencopilot: {}, polyai: {}}\n"
VOICE = "elevenlabs_voice_id: hP72SDESIJq2YuAblBqz"


@pytest.mark.parametrize(
    ("text", "words", "never"),
    [
        (f"agents: {{a: {{account: opencopilot, id: p, spec: {{{VOICE}, voice_speed: 0}}}}}}", "not 0", "not false"),
        (f"agents: {{a: {{account: opencopilot, id: p, spec: {{{VOICE}, voise: 1}}}}}}", "an OpenCopilot", "a OpenCopilot"),
        (f"agents: {{a: {{account: opencopilot, id: p, spec: {{{VOICE}, name: null}}}}}}", "of an OpenCopilot", "a OpenCopilot"),
        ("numbers: {a: {account: fluents, match: {number: +12025550143}}}", "number is the id of a Fluents number: write `id:`", "Did you mean"),
        (
            "connectors: {a: {match: {agentId: P, connectorId: c}}}",
            "connectorId is the id of a PolyAI connector: write `id: {agentId: ..., connectorId: ...}`",
            "Did you mean",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_told_in_the_right_words(tmp_path: Path, text: str, words: str, never: str) -> None:
    told = Stage(tmp_path, seed={}, files={"reconciler.yaml": HEAD + text + "\n"}).run("validate")
    assert told.code == 3
    assert words in told.words
    assert never not in told.words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            f"agents: {{a: {{account: opencopilot, id: p, spec: {{{VOICE}, call_max_duration: 30000}}}}}}",
            "30000 is not within the longest call of 21600 seconds",
        ),
        ("phone_connections: {a: {id: p, spec: {languageCode: nb-NO}}}", "'nb-NO' is not English, the only language"),
        ("connectors: {a: {id: {agentId: P, connectorId: c}, spec: {asrLangCode: english}}}", "such as en-US"),
        ("connectors: {a: {id: {agentId: P, connectorId: c}, spec: {voiceName: Amy}}}", "such as en-US-Neural2-A"),
    ],
)
def test_a_value_of_another_form_is_a_warning_that_names_the_form(tmp_path: Path, text: str, words: str) -> None:
    head = HEAD.replace("accounts: {", "accounts: {galtea: {}, ")
    told = Stage(tmp_path, seed={}, files={"reconciler.yaml": head + text + "\n"}).run("validate")
    assert told.code == 0
    assert words in told.words
    assert "the vendor may still take it" in told.words


def test_a_moved_object_is_told_as_it_is_written(tmp_path: Path) -> None:
    row = {"projectId": AGENT, "connectorId": "conn-1", "name": "A", "clientEnv": "sandbox", "voiceName": "en-US-A"}
    text = "connectors: {a: {id: {agentId: OLD, connectorId: conn-1}, spec: {projectId: " + AGENT + "}}}\n"
    told = Stage(tmp_path, seed={"polyai": {"connectors": [row]}}, files={"reconciler.yaml": HEAD + text}).run("plan")
    assert f"Write its new id: id: {{agentId: {AGENT}, connectorId: conn-1}}" in told.words
    assert "{'" not in told.all


@pytest.mark.parametrize("style", ["json", "sarif"])
def test_a_program_gets_a_document_of_an_invalid_configuration_too(tmp_path: Path, style: str) -> None:
    stage = Stage(
        tmp_path, seed={}, files={"reconciler.yaml": HEAD + "numbers: {a: {account: fluents}}\n"}, environ=KEYS
    )
    told = stage.run("plan", "--format", style)
    assert told.code == 3
    document = json.loads(told.out)
    if style == "json":
        schema = json.loads((schema_folder() / "plan.schema.json").read_text(encoding="utf-8"))
        Draft202012Validator(schema).validate(document)
        assert [found.code for found in read_plan(document).diagnostics] == ["identity-missing"]
        assert document["updates"] == []
    assert "identity-missing" in told.out + told.err
