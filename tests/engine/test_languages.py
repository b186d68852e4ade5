"""Two languages in one call are a warning, where git declares one of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.engine.languages import find_discords
from reconciler.engine.owners import Owners
from reconciler.model.diagnostic import Location
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
