"""`ignore`: what it demands, and where a mistake stands."""

from __future__ import annotations

import pytest

from reconciler.engine.exempt import exempt, warn_expiry

from .conftest import Workspace

LINE = "lines: {main: {id: l, spec: {name: n, speed: 1, hook: {url: https://x, method: GET}}, ignore: IGNORE}}\n"
TODAY, SOON = "2026-12-01", "2026-12-15"


def test_a_field_with_a_reason_and_a_day(workspace: Workspace) -> None:
    workspace.write("a.yaml", LINE.replace("IGNORE", "{speed: {reason: a test, until: 2026-12-15}}"))
    (declared,) = workspace.load_project().resources
    (found,) = declared.exemptions
    assert (found.path, found.reason, found.until) == (("speed",), "a test", "2026-12-15")
    assert str(found.location) == "a.yaml:1:96"
    assert declared.spec["speed"] == 1


@pytest.mark.parametrize(
    ("ignore", "place", "words"),
    [
        ("[speed]", 94, "a list"),
        ("{sped: {reason: r, until: 2026-12-15}}", 95, "`speed`"),
        ("{retries: {reason: r, until: 2026-12-15}}", 95, "not declared"),
        ("{hook.tries: {reason: r, until: 2026-12-15}}", 95, "not declared"),
        ("{speed: later}", 102, "a reason and a day"),
        ("{speed: {until: 2026-12-15}}", 95, "why"),
        ("{speed: {reason: '', until: 2026-12-15}}", 111, "why"),
        ("{speed: {reason: r}}", 95, "until when"),
        ("{speed: {reason: r, until: 2026-02-30}}", 121, '"2026-02-30" is no day'),
        ("{speed: {reason: r, until: soon}}", 121, '"soon" is no day'),
        ("{speed: {reason: r, untill: 2026-12-15, until: 2026-12-15}}", 114, "`until`"),
    ],
)
def test_a_mistake_is_told_where_it_stands(workspace: Workspace, ignore: str, place: int, words: str) -> None:
    workspace.write("a.yaml", LINE.replace("IGNORE", ignore))
    found = workspace.refuse()
    assert found.code == "bad-ignore"
    assert words in found.message + found.advice
    assert found.location
    assert found.location.column == place + 1


def test_what_the_vendor_demands_with_every_change_cannot_be_left_alone(workspace: Workspace) -> None:
    workspace.write(
        "a.yaml",
        "account: opencopilot\nagents: {a: {id: u-1, spec: {elevenlabs_voice_id: hP72SDESIJq2YuAblBqz, name: n},"
        " ignore: {elevenlabs_voice_id: {reason: r, until: 2026-12-15}}}}\n",
    )
    assert workspace.refuse().code == "bad-ignore"


@pytest.mark.parametrize(
    ("until", "owned", "warned"),
    [
        ("2026-11-30", True, ["ignore-expired"]),
        ("2026-12-01", False, ["ignore-expires"]),
        ("2026-12-15", False, ["ignore-expires"]),
        ("2026-12-16", False, []),
    ],
)
def test_the_last_day_counts_and_two_weeks_before_it_are_warned(
    workspace: Workspace, until: str, owned: bool, warned: list[str]
) -> None:
    workspace.write("a.yaml", LINE.replace("IGNORE", f"{{speed: {{reason: r, until: {until}}}}}"))
    project = workspace.load_project()
    assert [found.code for found in warn_expiry(project.resources, today=TODAY, soon=SOON)] == warned
    assert ("speed" in exempt(project.resources[0], today=TODAY).spec) is owned


def test_a_nested_field_leaves_its_neighbours_owned(workspace: Workspace) -> None:
    both = "{hook.url: {reason: r, until: 2027-01-01}, hook.method: {reason: r, until: 2027-01-01}}"
    for ignore, hook in (("{hook.url: {reason: r, until: 2027-01-01}}", {"method": "GET"}), (both, None)):
        workspace.write("a.yaml", LINE.replace("IGNORE", ignore))
        declared = exempt(workspace.load_project().resources[0], today=TODAY)
        assert declared.spec.get("hook") == hook
        assert declared.exemptions[0].value == "https://x"


def test_an_environment_may_ignore_more(workspace: Workspace) -> None:
    workspace.write("a.yaml", LINE.replace("IGNORE", "{speed: {reason: r, until: 2027-01-01}}"))
    entry = "{name: {reason: n, until: 2027-01-02}, speed: {reason: s, until: 2027-01-03}}"
    workspace.write("environments/eu.yaml", f"resources: {{lines.main: {{ignore: {entry}}}}}\n")
    (declared,) = workspace.load_project(environment="eu").resources
    assert {each.path: each.reason for each in declared.exemptions} == {("name",): "n", ("speed",): "s"}
    assert {each.location.file for each in declared.exemptions} == {"environments/eu.yaml"}
