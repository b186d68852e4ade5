from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from reconciler.app.problem import Problem
from reconciler.app.sandbox_state import read_seed
from reconciler.sandbox import SeedError, SwitchError, ViceError, create_app
from tests.sandbox.visitor import make_seed

READABLE = """
galtea:
  phoneConnections:
    - {id: 0123x, productId: prod, name: 2024-01-05, phoneNumber: +14155552671}
opencopilot:
  phones:
    - {id: p, phone_number: +12025550145, language: no, name: yes, voice_speed: 1.5}
polyai:
  connectors: [{connectorId: c, projectId: P, disableHandoff: true, variantId: null}]
switches: {galtea-duplicate-name: 409, fluents-null: ignored}
vices: [late-429:3@galtea]
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "sandbox.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def load_seed(path: Path) -> Mapping[str, Any]:
    seed = read_seed(path.parent)
    assert seed is not None
    return seed


def test_a_seed_means_what_is_written(tmp_path: Path) -> None:
    seed = load_seed(write(tmp_path, READABLE))
    connection = seed["galtea"]["phoneConnections"][0]
    assert connection == {"id": "0123x", "productId": "prod", "name": "2024-01-05", "phoneNumber": "+14155552671"}
    phone = seed["opencopilot"]["phones"][0]
    assert (phone["language"], phone["name"], phone["voice_speed"]) == ("no", "yes", 1.5)
    assert seed["polyai"]["connectors"][0]["disableHandoff"] is True
    assert seed["polyai"]["connectors"][0]["variantId"] is None
    world = create_app(database=None, seed=seed).state.world
    assert world.read("galtea", "phoneConnections", "0123x")["name"] == "2024-01-05"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0123", 123),
        ("0x1F", 31),
        ("0o17", 15),
        ("-5", -5),
        ("+5", "+5"),
        ("1e3", 1000.0),
        ("8:30", "8:30"),
        ("1_000", "1_000"),
        ("on", "on"),
        ("False", False),
        ("~", None),
        ("", None),
        ("<<", "<<"),
        ('"12"', "12"),
    ],
)
def test_plain_scalars(tmp_path: Path, text: str, value: object) -> None:
    assert load_seed(write(tmp_path, f"a: {text}\n"))["a"] == value


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: [", "yaml-syntax"),
        ("a: 1\na: 2", "duplicate-key"),
        ("a: !!python/object/apply:os.getcwd []", "unknown-tag"),
        ("a: 1\n---\nb: 2", "multiple-documents"),
        ("a: " + "[" * 5000, "nested-too-deep"),
        ("a: &a [x, x]\n" + "".join(f"{n}: &{n} [*{m}, *{m}]\n" for m, n in pairwise("abcdefghijklmnopqrstu")), "alias-limit"),
        ("- a", "bad-seed"),
        ("just text", "bad-seed"),
        ("", "bad-seed"),
    ],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_what_is_not_a_seed_is_refused_with_its_place(tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(Problem) as caught:
        load_seed(write(tmp_path, text))
    found = caught.value.diagnostics
    assert [diagnostic.code for diagnostic in found] == [code]
    assert all(str(diagnostic.location).startswith("sandbox.yaml") for diagnostic in found)


def test_a_project_without_a_seed_has_none(tmp_path: Path) -> None:
    assert read_seed(tmp_path) is None


ROW = {"id": "a", "productId": "p", "name": "n", "phoneNumber": "+14155552671"}


@pytest.mark.parametrize(
    ("seed", "path"),
    [
        ({"galtee": {}}, "galtee"),
        ({"galtea": []}, "galtea"),
        ({"galtea": {"phones": []}}, "galtea.phones"),
        ({"galtea": {"phoneConnections": {}}}, "galtea.phoneConnections"),
        ({"galtea": {"phoneConnections": ["x"]}}, "galtea.phoneConnections[0]"),
        ({"galtea": {"phoneConnections": [ROW, {"id": "b"}]}}, "galtea.phoneConnections[1].productId"),
        (
            {"galtea": {"phoneConnections": [{**ROW, "phoneNumber": 14155552671}]}},
            "galtea.phoneConnections[0].phoneNumber",
        ),
        ({"galtea": {"phoneConnections": [{**ROW, "vioce": "x"}]}}, "galtea.phoneConnections[0].vioce"),
        ({"galtea": {"phoneConnections": [{**ROW, "createdAt": "soon"}]}}, "galtea.phoneConnections[0].createdAt"),
        ({"galtea": {"phoneConnections": [ROW, ROW]}}, "galtea.phoneConnections[1].id"),
        ({"fluents": {"numbers": [{"number": "12"}]}}, "fluents.numbers[0].number"),
        ({"fluents": {"worlds": {"k": {"agents": [{}]}}}}, "fluents.worlds.k.agents[0].id"),
        (
            {"opencopilot": {"phones": [{"id": "p", "phone_number": "+12025550145", "language": False}]}},
            "opencopilot.phones[0].language",
        ),
        ({"polyai": {"connectors": [{"connectorId": "c"}]}}, "polyai.connectors[0].projectId"),
        (
            {"polyai": {"connectors": [{"connectorId": "c", "projectId": "P", "region": "de"}]}},
            "polyai.connectors[0].region",
        ),
        ({"polyai": {"variants": {"P": [{"id": "v"}]}}}, "polyai.variants.P[0].name"),
        ({"polyai": {"keys": [{"regions": ["us"]}]}}, "polyai.keys[0].key"),
        (
            {"fluents": {"numbers": [{"number": "+12025550143", "inbound_agent": "x"}]}},
            "fluents.numbers +12025550143.inbound_agent",
        ),
        ({"fluents": {"agents": [{"id": "a", "prompt": "x"}]}}, "fluents.agents a.prompt"),
        (
            {"polyai": {"connectors": [{"connectorId": "c", "projectId": "P", "variantId": "v"}]}},
            "polyai.connectors c.variantId",
        ),
        (
            {"polyai": {"phone_numbers": [{"number": "+12025550143", "projectId": "P", "connectorId": "c"}]}},
            "polyai.phone_numbers +12025550143.connectorId",
        ),
        ({"switches": []}, "switches"),
        ({"vices": "html-200"}, "vices"),
    ],
)
def test_a_malformed_seed_names_the_key(seed: dict[str, Any], path: str) -> None:
    with pytest.raises(SeedError) as caught:
        create_app(database=None, seed=seed)
    assert str(caught.value).startswith(f"{path}: ")


def test_a_malformed_seed_plants_nothing(tmp_path: Path) -> None:
    database = tmp_path / "sandbox.db"
    with pytest.raises(SeedError):
        create_app(database=database, seed={**make_seed(), "polyai": {"connectors": [{}]}})
    app = create_app(database=database, seed=make_seed())
    assert app.state.world.read("galtea", "phoneConnections", "pc-1")["name"] == "Support"


@pytest.mark.parametrize("settings", [{"galtea-voice": "x"}, {"galtea-patch": "maybe"}, {"galtea-max-limit": "0"}])
def test_a_switch_that_cannot_be_set_so(settings: dict[str, object]) -> None:
    with pytest.raises(SwitchError, match="galtea-"):
        create_app(database=None, seed=None, switches=settings)
    with pytest.raises(SwitchError, match="galtea-"):
        create_app(database=None, seed={"switches": settings})


@pytest.mark.parametrize(
    "vice", ["html-201", "html-200:x", "shuffle-batch:3", "html-200@vonage", "rate-limit:5/x", "", "down:vonage"]
)
def test_a_vice_that_cannot_be_had_so(vice: str) -> None:
    with pytest.raises(ViceError):
        create_app(database=None, seed=None, vices=[vice])
    with pytest.raises(ViceError):
        create_app(database=None, seed={"vices": [vice]})
