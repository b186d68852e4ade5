"""What a narrowed plan must read beside its own resources: what they refer to, and who may be the same object or have the same name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.engine.rivals import involve, list_rivals
from reconciler.model.diagnostic import Location
from reconciler.model.paths import Json
from reconciler.model.project import Declared, Project
from reconciler.model.reference import Reference, Template, Use
from reconciler.model.resource_type import Catalog
from tests.engine.shop import ACCOUNTS, CATALOG, declare

UNIQUE = replace(CATALOG.resource_types["acme", "agents"], unique=("name",))
KNOWN = Catalog({}, {**CATALOG.resource_types, ("acme", "agents"): UNIQUE})


def matched(address: str, account: str = "acme", **spec: Json) -> Declared:
    return replace(declare(address, account, **spec), identity=None, match={"name": "x"})


def taking(address: str, *others: str) -> Declared:
    uses = tuple(
        Use("spec", ("name",), Template((Reference(other, Location("shop.yaml"), ("name",)),))) for other in others
    )
    return replace(declare(address), uses=uses)


def rival(resources: Sequence[Declared], *others: Declared) -> list[str]:
    project = Project(Path(), ACCOUNTS, (*resources, *others))
    return [one.address for one in list_rivals(resources, others, project=project, catalog=KNOWN)]


def test_what_is_found_by_a_match_in_the_same_account_and_kind_may_be_the_same_object() -> None:
    own = [declare("voices.a"), declare("agents.b", "again")]
    assert rival(
        own,
        matched("voices.match"),
        declare("voices.id"),
        matched("voices.far", "again"),
        matched("prompts.other"),
        matched("agents.match", "again"),
    ) == ["voices.match", "agents.match"]


@pytest.mark.parametrize(
    ("other", "is_rival"),
    [
        (declare("agents.b", name="desk"), True),
        (declare("agents.b", "again", name="desk"), True),
        (declare("agents.b", "else", name="desk"), False),
        (declare("agents.b", name="hall"), False),
        (declare("agents.b", shop="desk"), False),
        (declare("agents.b"), False),
        (declare("voices.b", name="desk"), False),
    ],
)
def test_who_declares_the_same_name_at_the_same_vendor_is_a_rival(other: Declared, is_rival: bool) -> None:
    assert rival([declare("agents.a", name="desk")], other) == (["agents.b"] if is_rival else [])
    assert rival([declare("agents.a")], other) == []


def test_a_name_that_is_not_known_yet_is_nobodys() -> None:
    template = Template((Reference("voices.v", Location("shop.yaml"), ("name",)),))
    assert rival([declare("agents.a", name=template)], declare("agents.b", name=template)) == []


def involved(chosen: Sequence[str], *resources: Declared) -> list[str]:
    project = Project(Path(), ACCOUNTS, resources)
    picked = [one for one in resources if one.address in chosen]
    return [one.address for one in involve(picked, project, catalog=KNOWN)]


def test_what_resources_and_their_rivals_refer_to_is_involved_in_order_of_declaration() -> None:
    resources = (
        declare("prompts.unseen"),
        declare("prompts.p"),
        replace(taking("agents.rival", "prompts.p"), spec={"name": "desk"}),
        declare("voices.v"),
        replace(taking("agents.a", "voices.v"), spec={"name": "desk"}),
        declare("voices.unseen"),
    )
    assert involved(["agents.a"], *resources) == ["prompts.p", "agents.rival", "voices.v", "agents.a"]
    assert involved(["voices.v"], *resources) == ["voices.v"]
    assert involved([], *resources) == []


def test_of_a_whole_project_all_is_involved_as_it_is_given() -> None:
    resources = (declare("voices.b"), declare("voices.a"))
    project = Project(Path(), ACCOUNTS, resources)
    assert involve(resources[::-1], project, catalog=KNOWN) == resources[::-1]
