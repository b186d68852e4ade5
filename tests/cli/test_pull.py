"""`pull`: what is live, as YAML that is accepted as it is and that a plan finds in sync."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.cli.options import Globals
from reconciler.cli.root import root, run
from reconciler.config import load_project
from reconciler.vendors import load_catalog
from reconciler.vendors.users_schema import build_users_schema
from tests.config.test_writing import TRAPS
from tests.config.yaml12 import read_core

PROJECT = "PROJECT-1"
ACCOUNTS = "version: 1\naccounts: {galtea: {}, fluents: {}, opencopilot: {}, polyai: {}}\n"
CATALOG = load_catalog()


def connection(**fields: Any) -> dict[str, Any]:
    return {"id": "c1", "productId": "prod", "name": "Line", "phoneNumber": "+12025550143", **fields}


def number(**fields: Any) -> dict[str, Any]:
    return {"number": "+12025550143", "label": "Front", "outbound_only": False, **fields}


def phone(**fields: Any) -> dict[str, Any]:
    voice = "hP72SDESIJq2YuAblBqz"
    return {"id": "u1", "name": "Agent", "phone_number": "+12025550143", "elevenlabs_voice_id": voice, **fields}


def connector(**fields: Any) -> dict[str, Any]:
    return {"projectId": PROJECT, "connectorId": "k1", "name": "Live", "clientEnv": "live", "voiceName": "en-US-A", "asrLangCode": "en-US", "variantId": "", **fields}  # fmt: skip


def make_seed(**rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "galtea": {"phoneConnections": rows.get("connections", [])},
        "fluents": {"numbers": rows.get("numbers", [])},
        "opencopilot": {"phones": rows.get("phones", [])},
        "polyai": {"connectors": rows.get("connectors", [])},
    }


def write_yaml(seed: dict[str, Any]) -> str:
    """Write JSON with what YAML has for a pair of surrogates."""
    pair = r"\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}"
    return re.sub(pair, lambda found: f"\\U{ord(json.loads(chr(34) + found[0] + chr(34))):08x}", json.dumps(seed))


def make_project(folder: Path, seed: dict[str, Any], text: str = ACCOUNTS) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "reconciler.yaml").write_text(text, encoding="utf-8")
    (folder / "sandbox.yaml").write_text(write_yaml(seed), encoding="utf-8")
    return folder


def pull(folder: Path, *options: str) -> int:
    return run(["-C", str(folder), "--sandbox", "pull", *options])


SEED = make_seed(
    connections=[
        connection(voice="sarah", agentSpeaksFirst=True),
        connection(id="c2", name="no", phoneNumber="+12025550144"),
    ],
    numbers=[number(description="Night: 8:30", example_context={"code": "0123", "when": "2024-01-05"})],
    phones=[phone()],
    connectors=[connector(), connector(connectorId="k2")],
)


def test_a_plan_of_what_was_pulled_is_empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_project(tmp_path, SEED)
    out = folder / "pulled.yaml"
    assert pull(folder, "--group", f"agentId={PROJECT}", "--out", str(out)) == 0
    assert capsys.readouterr().out == ""
    assert run(["-C", str(folder), "--sandbox", "plan", "--detailed-exitcode"]) == 0
    assert "6 resources match" in capsys.readouterr().out
    assert pull(folder) == 0
    left = capsys.readouterr()
    assert "declared already: 6 live objects" in left.err
    assert "0 live objects" in left.out


def test_it_is_readable_and_stable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_project(tmp_path, SEED)
    assert pull(folder, "--group", f"agentId={PROJECT}") == 0
    text = capsys.readouterr().out
    assert pull(folder, "--group", f"agentId={PROJECT}") == 0
    assert capsys.readouterr().out == text
    assert '  "no":\n    id: c2\n' in text, "a name that YAML 1.1 takes for false"
    assert (
        '      description: "Night: 8:30"\n      outbound_only: false\n      example_context:\n        code: "0123"\n'
        in text
    )
    assert "  live: # Live\n" in text
    assert "  live-2:" in text
    assert "    # spec:\n    #   name: Agent\n" in text
    assert "base_prompt" in text.split("agents:")[1]
    assert "It demands elevenlabs_voice_id with every change" in text
    assert "voice: null" not in text
    assert "projectId:" not in text
    for field in ("productId", "createdAt", "clientEnv", "lastUpdated", "hP72SDESIJq2YuAblBqz"):
        assert field not in text
    assert jsonschema_rs.validator_for(build_users_schema(CATALOG)).is_valid(read_core(text))


def test_all_fields_adds_what_is_not_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_project(tmp_path, SEED)
    out = folder / "pulled.yaml"
    assert pull(folder, "--all-fields", "--group", f"agentId={PROJECT}", "--out", str(out)) == 0
    text = out.read_text(encoding="utf-8")
    assert "voice: null" in text
    assert "variantId: null" in text
    assert f"projectId: {PROJECT}" in text
    assert "inbound_agent" not in text, "nobody knows how it is cleared"
    assert run(["-C", str(folder), "--sandbox", "plan", "--detailed-exitcode"]) == 0
    capsys.readouterr()


def test_kinds_and_accounts_are_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "version: 1\naccounts: {galtea: {}, fluents: {}, second: {provider: fluents, base_url: 'http://127.0.0.1:1/v1'}}\n"
    folder = make_project(tmp_path, SEED, text)
    assert pull(folder, "numbers", "--account", "fluents") == 0
    shown = capsys.readouterr().out
    assert "phone_connections" not in shown
    assert "    account: fluents\n" in shown
    assert pull(folder, "phone_connections") == 0
    assert "account:" not in capsys.readouterr().out


def test_connectors_are_found_where_the_project_has_some(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    declared = f"connectors:\n  mine:\n    match: {{agentId: {PROJECT}, name: Other}}\n    spec: {{}}\n"
    seed = make_seed(connectors=[connector(), connector(connectorId="k2", name="Other")])
    folder = make_project(tmp_path, seed, ACCOUNTS + declared)
    assert pull(folder, "connectors") == 0
    told = capsys.readouterr()
    assert "connectorId: k1" in told.out
    assert "k2" not in told.out
    assert "declared already: 1 live object." in told.err
    assert pull(folder, "connectors", "--declared") == 0
    assert "  mine:" in capsys.readouterr().out


def test_a_missing_group_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_project(tmp_path, SEED)
    assert pull(folder) == 0
    told = capsys.readouterr()
    assert "group-missing" in told.err
    assert "connectors" not in told.out
    assert pull(folder, "connectors") == 64


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["conectors"], "Did you mean `connectors`?"),
        (["--account", "galte"], "Did you mean `galtea`?"),
        (["--group", "agentID=x"], "Did you mean `agentId`?"),
        (["--group", "agentId"], "is not PART=VALUE"),
    ],
)
def test_wrong_names_are_usage_errors(
    tmp_path: Path, options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pull(make_project(tmp_path, SEED), *options) == 64
    told = capsys.readouterr()
    assert words in told.err
    assert told.out == ""


def test_no_file_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_project(tmp_path, SEED)
    out = folder / "mine.txt"
    out.write_text("mine", encoding="utf-8")
    assert pull(folder, "--out", str(out)) == 5
    assert out.read_text(encoding="utf-8") == "mine"
    link = folder / "link.txt"
    link.symlink_to(folder / "nowhere")
    assert pull(folder, "--out", str(link)) == 5
    assert not (folder / "nowhere").exists()
    assert pull(folder, "--out", str(folder / "none" / "x.yaml")) == 1
    assert "cannot-write" in capsys.readouterr().err


@pytest.mark.parametrize(
    "vice", ["expired-key@galtea", "forbidden@galtea", "html-200@galtea", "html-404@galtea", "truncated-json@galtea"]
)
def test_what_cannot_be_read_is_told_and_the_rest_is_pulled(
    tmp_path: Path, vice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_project(tmp_path, SEED)
    assert run(["-C", str(folder), "--vice", vice, "pull"]) == 6
    told = capsys.readouterr()
    assert "phone_connections of account galtea" in " ".join(told.err.split())
    assert "numbers:" in told.out
    assert "phone_connections:" not in told.out


def test_a_newer_generation_is_not_guessed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_project(tmp_path, SEED)
    assert run(["-C", str(folder), "--vice", "newer-api", "pull"]) == 6
    told = capsys.readouterr()
    assert "answer-shape" in told.err
    assert "agents:" not in told.out
    assert "voice" not in told.out


def test_a_missing_key_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make_project(tmp_path, SEED)
    arguments = ["-C", str(folder), "pull", "numbers"]
    assert root.main(arguments, obj=Globals(environ={}), standalone_mode=False) == 6
    assert "FLUENTS_API_KEY is not set" in " ".join(capsys.readouterr().err.split())


def test_values_that_cannot_be_declared_are_remarks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A vendor may hold what our schema would refuse: the file is accepted all the same."""
    seed = make_seed(connections=[connection(name="")], numbers=[number(label="x" * 200)])
    folder = make_project(tmp_path, seed)
    out = folder / "pulled.yaml"
    assert pull(folder, "--out", str(out)) == 0
    assert "# name is left out: the live value is not one that may be declared." in out.read_text(encoding="utf-8")
    assert run(["-C", str(folder), "--sandbox", "plan", "--detailed-exitcode"]) == 0
    capsys.readouterr()


def test_expanded_references_become_ids(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seed = make_seed(numbers=[number(inbound_agent="a1")])
    seed["fluents"]["agents"] = [{"id": "a1", "name": "Night"}]
    folder = make_project(tmp_path, {**seed, "switches": {"fluents-list-references": "objects"}})
    assert pull(folder, "numbers") == 0
    text = capsys.readouterr().out
    assert "inbound_agent: a1\n" in text
    (folder / "pulled.yaml").write_text(text, encoding="utf-8")
    assert run(["-C", str(folder), "--sandbox", "plan", "--detailed-exitcode"]) == 0


@pytest.mark.parametrize("vice", ["clamp-limit:1", "repeat-rows", "short-page", "estimated-total", "late-429:1"])
def test_nothing_is_lost_between_pages(tmp_path: Path, vice: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [connection(id=f"c{place}", name=f"Line {place}") for place in range(7)]
    folder = make_project(
        tmp_path, make_seed(connections=lines, numbers=[number(number=f"+1202555010{place}") for place in range(7)])
    )
    assert run(["-C", str(folder), "--vice", vice, "pull", "phone_connections", "numbers"]) == 0
    text = capsys.readouterr().out
    assert text.count("\n    id: ") == 14


def test_hostile_names_stay_in_their_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evil = "x\nnumbers: {a: {id: +1}}\u2028\x1b[31m # ${file:reconciler.yaml}"
    folder = make_project(tmp_path, make_seed(connectors=[connector(name=evil)], phones=[phone(name=evil)]))
    assert pull(folder, "--group", f"agentId={PROJECT}") == 0
    text = capsys.readouterr().out
    assert "\x1b" not in text
    assert "\u2028" not in text
    assert list(read_core(text)) == ["agents", "connectors"]
    (folder / "pulled.yaml").write_text(text, encoding="utf-8")
    assert load_project(folder, catalog=CATALOG, environ={}).project is not None


TEXT = st.one_of(
    st.sampled_from([trap for trap in TRAPS if trap]),
    st.text(alphabet="ab :#-'\"$\n\t{}é🙂\u202e", min_size=1, max_size=20),
)
CONTEXT = st.dictionaries(st.text(alphabet='ab:#- "é', min_size=1, max_size=6), st.one_of(TEXT, st.booleans(), st.integers(-9, 9), st.none()), max_size=3)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(texts=st.lists(TEXT, min_size=5, max_size=5), context=CONTEXT, everything=st.booleans())
def test_the_law_pulled_is_in_sync(texts: list[str], context: dict[str, Any], everything: bool) -> None:
    seed = make_seed(
        connections=[connection(name=texts[0], languageCode=texts[1]), connection(id="c2", name=texts[0] + "2")],
        numbers=[number(label=texts[2], description=texts[3], example_context=context)],
        phones=[phone(name=texts[4])],
        connectors=[connector(name=texts[1], voiceName="no", asrLangCode="0123")],
    )
    with tempfile.TemporaryDirectory() as place:
        folder = make_project(Path(place), seed)
        options = ["--all-fields"] if everything else []
        assert pull(folder, "--group", f"agentId={PROJECT}", "--out", str(folder / "p.yaml"), *options) == 0
        loaded = load_project(folder, catalog=CATALOG, environ={})
        assert loaded.project is not None, loaded.diagnostics
        assert len(loaded.project.resources) == 5
        assert run(["-C", str(folder), "--sandbox", "plan", "--detailed-exitcode"]) == 0
