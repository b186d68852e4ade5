"""Environments: what a world lays over the project, and where each value of it stands."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.project import Declared, Guards

from .conftest import Workspace

BASE = """\
lines:
  main:
    match: {name: Main}
    spec:
      name: "Main ${var.CITY}"
      speed: 1
      hook: {url: https://a.example, method: GET}
      words: [a, b]
    protect: true
  after:
    id: after-1
    spec: {speed: 1}
  open:
    spec: {retries: 1}
"""
STAGING = """\
vars: {CITY: Oslo}
accounts: {parley: {region: south, credential: PARLEY_STAGING_KEY}}
guards: {max_updates: 3}
resources:
  lines.main:
    id: main-7
    spec:
      speed: 2
      hook: {method: POST, tries: 4}
      words: [c]
    protect: false
  lines.after: absent
  lines.open: {id: open-1, spec: {retries: 2, name: Open}}
  lines.only:
    id: only-1
    spec: {mode: no}
"""
PRODUCTION = "vars: {CITY: Bergen}\nresources: {lines.open: {id: open-2}, lines.main: }\n"


@pytest.fixture
def worlds(workspace: Workspace) -> Workspace:
    workspace.write(
        "reconciler.yaml",
        "version: 1\naccounts: {parley: {region: north, concurrency: 4}}\nguards: {max_percent: 50}\n",
    )
    workspace.write("lines.yaml", BASE)
    workspace.write("environments/staging.yaml", STAGING)
    workspace.write("environments/production.yml", PRODUCTION)
    return workspace


def load(workspace: Workspace, environment: str, **options: Any) -> dict[str, Declared]:
    project = workspace.load_project(environment=environment, **options)
    return {declared.address: declared for declared in project.resources}


def test_an_overlay_counts_where_it_says_something_and_nowhere_else(worlds: Workspace) -> None:
    found = load(worlds, "staging")
    assert list(found) == ["lines.only", "lines.main", "lines.open"]
    main = found["lines.main"]
    assert (main.identity and main.identity.as_json(), main.match, main.protect) == ("main-7", {}, False)
    assert main.spec == {
        "name": "Main Oslo",
        "speed": 2,
        "hook": {"url": "https://a.example", "method": "POST", "tries": 4},
        "words": ["c"],
    }
    assert found["lines.open"].spec == {"retries": 2, "name": "Open"}
    assert found["lines.only"].spec == {"mode": "no"}
    other = load(worlds, "production")
    assert list(other) == ["lines.main", "lines.after", "lines.open"]
    assert (other["lines.main"].match, other["lines.main"].spec["name"]) == ({"name": "Main"}, "Main Bergen")
    assert other["lines.main"].protect


def test_every_value_stands_where_it_was_written(worlds: Workspace) -> None:
    main = load(worlds, "staging")["lines.main"]
    places = {"/".join(path): str(place) for path, place in main.positions.items()}
    assert places == {
        "name": "lines.yaml:5:13",
        "speed": "environments/staging.yaml:8:14",
        "hook": "lines.yaml:7:13",
        "hook/url": "lines.yaml:7:19",
        "hook/method": "environments/staging.yaml:9:22",
        "hook/tries": "environments/staging.yaml:9:35",
        "words": "environments/staging.yaml:10:14",
    }
    assert str(main.location) == "lines.yaml:2:3"
    assert str(load(worlds, "staging")["lines.only"].location) == "environments/staging.yaml:14:3"


def test_settings_are_laid_key_by_key(worlds: Workspace) -> None:
    staging, production = (worlds.load_project(environment=name) for name in ("staging", "production"))
    account = staging.accounts["parley"]
    assert (account.region, account.credential, account.concurrency) == ("south", "PARLEY_STAGING_KEY", 4)
    assert str(account.location) == "reconciler.yaml:2:12"
    assert (production.accounts["parley"].region, production.guards) == ("north", Guards(None, 50))
    assert staging.guards == Guards(3, 50)
    assert (staging.environment, production.environment) == ("staging", "production")


def test_accounts_of_an_environment_are_laid_over_those_that_need_no_words(workspace: Workspace) -> None:
    workspace.write("reconciler.yaml", "version: 1\n")
    workspace.write("environments/eu.yaml", "accounts: {polyai: {region: eu}, more: {provider: fluents}}\n")
    accounts = workspace.load_project(environment="eu").accounts
    assert (accounts["polyai"].region, accounts["more"].provider, accounts["galtea"].provider) == (
        "eu",
        "fluents",
        "galtea",
    )


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        ({}, "production"),
        ({"environ": {"RECONCILER_ENV": "staging"}}, "staging"),
        ({"environ": {"RECONCILER_ENV": "production"}, "environment": "staging"}, "staging"),
        ({"environ": {"RECONCILER_ENV": ""}}, "production"),
    ],
)
def test_the_command_line_goes_before_the_variable_and_that_before_the_default(
    worlds: Workspace, options: dict[str, Any], chosen: str
) -> None:
    worlds.write("reconciler.yaml", "version: 1\nenvironment: production\naccounts: {parley: {region: north}}\n")
    assert worlds.load_project(**options).environment == chosen
    assert worlds.load(**options).undecided == ()


def test_where_none_is_chosen_the_environments_are_named(worlds: Workspace) -> None:
    assert worlds.load().undecided == ("production", "staging")
    assert worlds.load(environment="staging").undecided == ()


@pytest.mark.parametrize(
    ("text", "code", "place", "words"),
    [
        ("resources: {lines.mian: {spec: {speed: 2}}}", "overlay-unknown", "1:13", "`lines.main`"),
        ("resources: {lines.mian: absent}", "overlay-unknown", "1:13", "`lines.main`"),
        ("resources: {lines.mian: }", "overlay-unknown", "1:13", "`lines.main`"),
        ("resources: {lnies.main: absent}", "unknown-kind", "1:13", "`lines`"),
        ("resources: {lines: absent}", "unknown-kind", "1:13", "kind and name"),
        ("resources: {lines.main: gone}", "bad-document", "1:13", "absent"),
        ("resources: {lines.main: [a]}", "bad-document", "1:13", "a list"),
        ("resources: {lines.n n: {id: a}}", "bad-name", "1:13", "letters"),
        ("resources: {lines.main: {spec: {sped: 2}}}", "unknown-field", "1:33", "`speed`"),
        ("resources: {lines.main: {spec: {speed: 9}}}", "invalid-value", "1:40", "at most 2"),
        ("resources: {lines.main: {spec: {hook: {url: http://x}}}}", "invalid-value", "1:45", "https"),
        ("resources: {lines.main: {id: A B}}", "bad-identity", "1:30", "match"),
        ("resources: {lines.main: {id: x, match: {name: y}}}", "bad-identity", "1:40", "exclude each other"),
        ("resources: {lines.main: {acount: x}}", "unknown-key", "1:26", "`account`"),
        ("resources: {lines.main: {account: parly}}", "account-unknown", "1:35", "`parley`"),
        ("accounts: {parley: {regoin: south}}", "unknown-key", "1:21", "`region`"),
        ("accounts: {parley: {concurrency: 0}}", "bad-setting", "1:34", "1 to 100"),
        ("guards: {max_updates: many}", "bad-guard", "1:23", "whole number"),
        ("vras: {A: b}", "unknown-key", "1:1", "`vars`"),
        ("resources: [a]", "bad-setting", "1:12", "a mapping"),
    ],
)
def test_a_mistake_is_told_where_it_stands(worlds: Workspace, text: str, code: str, place: str, words: str) -> None:
    worlds.write("lines.yaml", BASE.replace("  open:\n    spec: {retries: 1}\n", "").replace("${var.CITY}", ""))
    worlds.write("environments/staging.yaml", text + "\n")
    found = worlds.refuse(environment="staging")
    assert (found.code, str(found.location)) == (code, f"environments/staging.yaml:{place}"), found
    assert words in found.message + found.advice
    assert found.excerpt == text


def test_a_resource_that_leaves_its_id_to_environments_is_missing_where_none_gives_it(worlds: Workspace) -> None:
    worlds.write("environments/production.yml", "vars: {CITY: Bergen}\n")
    found = worlds.refuse(environment="production")
    assert (found.code, str(found.location)) == ("identity-missing", "lines.yaml:13:3")


def test_two_of_one_live_object_within_a_world_are_told(worlds: Workspace) -> None:
    worlds.write("environments/staging.yaml", STAGING.replace("only-1", "main-7"))
    found = worlds.refuse(environment="staging")
    assert found.code == "collision"
    assert "environments/staging.yaml" in found.message + str(found.location)


def test_a_digest_follows_what_is_laid_over_and_where_accounts_point(worlds: Workspace) -> None:
    before = worlds.compute_digest(environment="staging")
    worlds.write("environments/staging.yaml", STAGING.replace("speed: 2", "speed: 1"))
    assert worlds.compute_digest(environment="staging") != before
    worlds.write("environments/staging.yaml", STAGING.replace("PARLEY_STAGING_KEY", "PARLEY_OTHER"))
    assert worlds.compute_digest(environment="staging") != before


def test_the_path_of_a_file_may_hold_variables(worlds: Workspace) -> None:
    worlds.write("lines.yaml", 'lines: {a: {id: x, spec: {name: "<${file:texts/${var.CITY}.md}>"}}}\n')
    worlds.write("texts/Oslo.md", "Hei ${var.CITY}\n")
    worlds.write("environments/staging.yaml", "vars: {CITY: Oslo}\n")
    assert load(worlds, "staging")["lines.a"].spec["name"] == "<Hei ${var.CITY}>"
    (worlds.root.parent / "secret.md").write_text("no", encoding="utf-8")
    worlds.write("environments/staging.yaml", "vars: {CITY: ../../secret}\n")
    assert worlds.refuse(environment="staging").code == "file-outside"
    worlds.write("environments/staging.yaml", "vars: {TOWN: Oslo}\n")
    assert worlds.refuse(environment="staging").code == "variable-undefined"
