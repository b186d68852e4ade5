"""Two languages in one call are a warning, where git declares one of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.engine.languages import find_discords
from reconciler.engine.owners import Owners
from reconciler.model.diagnostic import Diagnostic, Location, Severity
from reconciler.model.field import Field
from reconciler.model.live import LiveState, Present
from reconciler.model.paths import Json
from reconciler.model.project import Account, Declared
from reconciler.model.resource_type import Identity
from reconciler.vendors import load_catalog

CATALOG = load_catalog()
ACCOUNTS = {"fluents": Account("fluents", "fluents", "https://api.fluents.ai/v1", "FLUENTS_API_KEY")}
PLACE = Location("f.yaml", 1)


def declare(kind: str, key: str, **spec: Json) -> Declared:
    identity = Identity((("id", key),))
    return Declared(f"{kind}.{key}", kind, "fluents", "fluents", identity, {}, spec, PLACE)


AGENT = declare("agents", "desk", language="es", voice="calm")
VOICE = declare("voices", "calm", voice_name="en-US-AriaNeural")


def find(*resources: Declared, live: Json) -> list[str]:
    readings = {each.address: Present(each.identity, live.get(each.address, {})) for each in resources if each.identity}
    state = LiveState(readings, {})
    owners = Owners(resources, live=state, catalog=CATALOG, accounts=ACCOUNTS)
    found = find_discords(resources[:1], known=resources, live=state, catalog=CATALOG, owners=owners)
    return [each.message for each in found]


def test_the_declared_field_is_named_first_and_the_other_by_whose_it_is() -> None:
    assert find(AGENT, VOICE, live={}) == [
        "agents.desk: language is es, but voice_name of voices.calm is en-US-AriaNeural"
    ]
    ours = replace(AGENT, spec={"voice": "calm"})
    assert find(ours, VOICE, live={"agents.desk": {"language": "es"}}) == [
        "voices.calm: voice_name is en-US-AriaNeural, but language of agents.desk is es"
    ]


@pytest.mark.parametrize(
    ("agent", "voice", "live"),
    [
        (AGENT, replace(VOICE, spec={"voice_name": "es-MX-DaliaNeural"}), {}),
        (AGENT, replace(VOICE, spec={"voice_name": "Aria"}), {}),
        (AGENT, replace(VOICE, spec={}), {}),
        (replace(AGENT, spec={"language": "es"}), VOICE, {"agents.desk": {"voice": "other"}}),
        (
            replace(AGENT, spec={"voice": "calm"}),
            replace(VOICE, spec={"rate": 1}),
            {"agents.desk": {"language": "es"}, "voices.calm": {"voice_name": "en-US-A"}},
        ),
    ],
)
def test_what_agrees_is_not_known_or_is_not_ours_is_no_matter(agent: Declared, voice: Declared, live: Json) -> None:
    assert find(agent, voice, live=live) == []


def test_only_a_resource_that_is_read_lends_its_language() -> None:
    assert find(AGENT, live={}) == []


def test_a_discord_is_a_warning_at_the_declared_field() -> None:
    placed = replace(AGENT, positions={("language",): Location("f.yaml", 7)})
    readings = {each.address: Present(each.identity, {}) for each in (placed, VOICE) if each.identity}
    state = LiveState(readings, {})
    owners = Owners((placed, VOICE), live=state, catalog=CATALOG, accounts=ACCOUNTS)
    (found,) = find_discords((placed,), known=(placed, VOICE), live=state, catalog=CATALOG, owners=owners)
    assert found == Diagnostic(
        "language-differs",
        "agents.desk: language is es, but voice_name of voices.calm is en-US-AriaNeural",
        Severity.WARNING,
        advice="Choose two of one language, unless callers are meant to hear another one than they speak.",
        location=Location("f.yaml", 7),
        address="agents.desk",
        path="/language",
    )


def test_fields_of_one_object_are_held_against_each_other_once() -> None:
    fields = {name: Field(name, {}, tells_language=True) for name in ("heard", "spoken", "written")}
    kind = replace(CATALOG.resource_types["fluents", "agents"], fields=fields)
    catalog = replace(CATALOG, resource_types={**CATALOG.resource_types, ("fluents", "agents"): kind})
    agent = declare("agents", "desk", heard="es-MX", spoken="EN_us", written="es")
    owners = Owners((agent,), live=LiveState({}, {}), catalog=catalog, accounts=ACCOUNTS)
    found = find_discords((agent,), known=(agent,), live=LiveState({}, {}), catalog=catalog, owners=owners)
    assert [one.message for one in found] == [
        "agents.desk: heard is es-MX, but spoken is EN_us",
        "agents.desk: spoken is EN_us, but written is es",
    ]
    alike = replace(agent, spec={"heard": "es-MX", "spoken": "ES"})
    assert list(find_discords((alike,), known=(alike,), live=LiveState({}, {}), catalog=catalog, owners=owners)) == []


def test_what_a_resource_uses_is_of_its_own_generation_of_the_api() -> None:
    agents, voices = (CATALOG.resource_types["fluents", kind] for kind in ("agents", "voices"))
    mute = replace(voices, fields={name: replace(each, tells_language=False) for name, each in voices.fields.items()})
    catalog = replace(
        CATALOG,
        resource_types={**CATALOG.resource_types, ("fluents", "voices"): mute},
        generations={("fluents", each.kind, "new"): replace(each, api="new") for each in (agents, voices)},
    )
    for generation, discords in (("new", 1), ("", 0)):
        resources = [replace(each, generation=generation) for each in (AGENT, VOICE)]
        owners = Owners(resources, live=LiveState({}, {}), catalog=catalog, accounts=ACCOUNTS)
        found = find_discords(resources, known=resources, live=LiveState({}, {}), catalog=catalog, owners=owners)
        assert len(list(found)) == discords
