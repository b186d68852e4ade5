"""`explain`: what is known, in words; the nearest name where it is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.cli.root import run
from reconciler.model.codes import CODES
from reconciler.model.resource_type import ResourceType
from reconciler.vendors import load_catalog

QUICKSTART = Path(__file__).parent.parent.parent / "examples" / "quickstart"
CATALOG = load_catalog()


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    return tmp_path


def explain(capsys: pytest.CaptureFixture[str], folder: Path, *topic: str) -> str:
    assert run(["-C", str(folder), "explain", *topic]) == 0
    return " ".join(capsys.readouterr().out.split())


def test_without_a_topic_it_lists_all_kinds_and_providers(capsys: pytest.CaptureFixture[str], empty: Path) -> None:
    shown = explain(capsys, empty)
    for name in (*CATALOG.kinds, *CATALOG.providers):
        assert f" {name} " in shown


@pytest.mark.parametrize("known", CATALOG.all_types, ids=lambda known: known.name)
def test_a_kind_tells_requests_identity_and_every_field(
    capsys: pytest.CaptureFixture[str], empty: Path, known: ResourceType
) -> None:
    shown = explain(capsys, empty, known.name)
    assert shown.partition(" (D) documented")[0] in explain(capsys, empty, known.kind)
    for name in known.fields:
        assert f" {name} " in shown
    for part in known.identity:
        assert part.description in shown
    assert f"{known.update.method} {known.update.path.split('{', maxsplit=1)[0]}" in shown.replace("/ ", "/")


@pytest.mark.parametrize(
    ("known", "name"),
    [(known, name) for known in CATALOG.all_types for name in known.fields],
    ids=lambda part: getattr(part, "name", part),
)
def test_every_field_is_explained(
    capsys: pytest.CaptureFixture[str], empty: Path, known: ResourceType, name: str
) -> None:
    shown = explain(capsys, empty, f"{known.name}.{name}")
    field = known.fields[name]
    assert " ".join(field.description.split()) in shown.replace("/ ", "/") or "/" in field.description
    assert ("null cannot be declared" in shown) == (not field.writable)
    assert ("cannot be seen" in shown) == (not field.readable)
    assert all(str(value) in shown for value in field.schema.get("enum", ()))
    assert field.risk in shown


@pytest.mark.parametrize(
    ("topic", "words"),
    [
        (
            "phone_connections",
            ["by offset, 1000 at a time", "filters: id, productId", "not listed does not mean absent"],
        ),
        ("numbers", ["phone_number={number}", "by page number"]),
        (
            "agents",
            ["elevenlabs_voice_id: the vendor demands it with every change", "there is no request for one object"],
        ),
        ("connectors", ["up to 25 of one agentId", "match agentId, name"]),
        ("phone_connections.voice", ["known values sarah, theo", "GET /phoneConnections/voices", '"" means the same']),
        ("phone_connections.productId", ["a difference is refused"]),
        ("numbers.example_context", ["sent whole, with the live rest", "unless the account says how"]),
        ("numbers.inbound_agent", ["agents.id: give that value", "high risk another agent"]),
        ("connectors.projectId", ["becomes agentId of the id"]),
        ("connectors.ttsLangCode", ["follows from voiceName"]),
        ("connectors.spec.voiceName", ["Google text-to-speech"]),
        ("connectors.id", ["id.agentId", "batch, lookup: routes of the API"]),
        ("voiceName", ["connectors.voiceName"]),
        ("opencopilot", ["100 a minute", "2024-09", "OPENCOPILOT_API_KEY"]),
        ("polyai", ["us, uk, eu, studio (default us)"]),
    ],
)
def test_what_matters_is_told(capsys: pytest.CaptureFixture[str], empty: Path, topic: str, words: list[str]) -> None:
    shown = explain(capsys, empty, topic)
    for each in words:
        assert each in shown, each
    assert "(U) unknown" in shown


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_error_code_is_explained(capsys: pytest.CaptureFixture[str], empty: Path, code: str) -> None:
    shown = explain(capsys, empty, code)
    assert " ".join(CODES[code].split()) in shown.replace("/ ", "/") or "/" in CODES[code]
    assert [shown.count(f" {heading} ") >= 1 for heading in ("Why", "Wrong", "Right")] == [True] * 3


def test_an_example_can_be_copied_from_the_narrowest_terminal(
    capsys: pytest.CaptureFixture[str], empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert run(["-C", str(empty), "explain", "unknown-field"]) == 0
    shown = capsys.readouterr().out
    assert "\n    numbers:\n      front-desk: {id: +12025550143, spec: {lable: Front desk}}\n" in shown


def test_a_resource_of_the_project(capsys: pytest.CaptureFixture[str]) -> None:
    shown = explain(capsys, QUICKSTART, "numbers.front-desk")
    assert "declared config/fluents.yaml:4:3" in shown
    assert "label Front desk (config/fluents.yaml:7:14)" in shown
    assert "live object +12025550143" in shown
    assert "key in FLUENTS_API_KEY" in shown
    assert "never sent description text" in shown
    assert "the only one with productId 'prod_123'" in explain(capsys, QUICKSTART, "phone_connections.billing-line")


def test_a_field_of_a_resource(capsys: pytest.CaptureFixture[str]) -> None:
    shown = explain(capsys, QUICKSTART, "numbers.front-desk.label")
    assert "Owned: git decides." in shown
    assert "value Front desk" in shown
    assert "A short name for people" in shown
    assert "Not owned here" in explain(capsys, QUICKSTART, "numbers.front-desk.description")
    assert "value Oslo" in explain(capsys, QUICKSTART, "numbers.after-hours.example_context.city")
    assert "316 characters" in explain(capsys, QUICKSTART, "agents.receptionist")


def test_hostile_values_are_escaped(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = 'version: 1\naccount: fluents\nnumbers:\n  a:\n    id: +12025550143\n    spec: {label: "\\e[31mred\\u202e"}\n    protect: true\n'
    (tmp_path / "reconciler.yaml").write_text(text, encoding="utf-8")
    shown = explain(capsys, tmp_path, "numbers.a")
    assert "\\x1b[31mred\\u202e" in shown
    assert "\x1b" not in shown
    assert "apply refuses them" in shown


@pytest.mark.parametrize(
    ("topic", "nearest"),
    [
        ("conectors", "connectors"),
        ("connectors.voiceNam", "connectors.voiceName"),
        ("numbers.front-dsk", "numbers.front-desk"),
        ("front-desk", "numbers.front-desk"),
        ("voicename", "connectors.voiceName"),
        ("unknown-feild", "unknown-field"),
        ("poliai", "polyai"),
    ],
)
def test_the_nearest_name_is_suggested(capsys: pytest.CaptureFixture[str], topic: str, nearest: str) -> None:
    assert run(["-C", str(QUICKSTART), "explain", topic]) == 64
    told = capsys.readouterr()
    assert f"Did you mean `{nearest}`?" in told.err
    assert told.out == ""


def test_nothing_near_leads_to_the_list(capsys: pytest.CaptureFixture[str], empty: Path) -> None:
    assert run(["-C", str(empty), "explain", "zzzzqqqq"]) == 64
    assert "lists kinds and providers" in capsys.readouterr().err


def test_a_broken_project_is_told_only_where_it_is_needed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "reconciler.yaml").write_text("version: 1\nnumbers: {a: {account: fluents}}\n", encoding="utf-8")
    assert run(["-C", str(tmp_path), "explain", "numbers.a"]) == 3
    assert "identity-missing" in capsys.readouterr().err
    assert run(["-C", str(tmp_path), "explain", "numbers.label"]) == 0


def test_it_fits_narrow_and_coloured_terminals(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert run(["-C", str(QUICKSTART), "explain", "agents"]) == 0
    assert all(len(line) <= 40 for line in capsys.readouterr().out.splitlines())
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert run(["-C", str(QUICKSTART), "explain", "agents"]) == 0
    assert "\x1b[36m" in capsys.readouterr().out


def test_it_needs_no_heavy_library() -> None:
    script = (
        "import sys\nfrom reconciler.cli.root import run\nrun(['explain', 'connectors.voiceName'])\nprint(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=QUICKSTART.parent
    )
    assert {"httpx", "rich", "jinja2", "deepdiff", "asyncio", "jsonschema"} & set(done.stdout.split()) == set()
