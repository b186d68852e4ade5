"""Twice as much in a file takes twice the steps, and a mass of mistakes is answered with the first ones and a count."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.config import Loaded, load_project
from reconciler.config.findings import LIMIT
from reconciler.config.settings.project_file import MAX_GLOBS
from reconciler.model.project import Account
from reconciler.remote.wire import environment, transport
from reconciler.vendors import load_catalog
from tests.cli.stage import Stage

from .masses import FOLDERS, MISTAKES, WORK

CATALOG = load_catalog()
SOME = 250


def load(folder: Path, text: str) -> Loaded:
    folder.mkdir(exist_ok=True)
    (folder / "reconciler.yaml").write_text(text, encoding="utf-8")
    return load_project(folder, catalog=CATALOG, environ={})


def count_steps(action: Callable[[], object]) -> int:
    """Count the calls of Python and C functions."""
    steps = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal steps
        steps += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        action()
    finally:
        sys.setprofile(before)
    return steps


@pytest.mark.parametrize("name", [*MISTAKES, *WORK])
def test_twice_as_much_takes_twice_the_steps(tmp_path: Path, name: str) -> None:
    write = {**MISTAKES, **WORK}[name]
    found: list[Loaded] = []
    load(tmp_path, write(1))
    steps = [
        count_steps(lambda text=text: found.append(load(tmp_path, text)))  # type: ignore[misc]
        for text in (write(SOME), write(2 * SOME), write(4 * SOME))
    ]
    assert steps[2] - steps[1] < 2.6 * max(steps[1] - steps[0], 1000), steps
    for each in found:
        codes = [diagnostic.code for diagnostic in each.diagnostics]
        assert bool(codes) == (name in MISTAKES)
        assert len(codes) <= 2 * LIMIT + 2
        assert ("many-findings" in codes) == (len(codes) > LIMIT)


@pytest.mark.parametrize("name", FOLDERS)
def test_twice_as_much_in_a_folder_takes_twice_the_steps(tmp_path: Path, name: str) -> None:
    steps = []
    for count in (1, SOME // 2, SOME, 2 * SOME):
        folder = tmp_path / str(count)
        for file, text in FOLDERS[name](count).items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text, encoding="utf-8")
        chosen = "prod" if (folder / "environments/prod.yaml").exists() else None
        found: list[Loaded] = []
        steps.append(
            count_steps(
                lambda folder=folder, chosen=chosen, found=found: found.append(  # type: ignore[misc]
                    load_project(folder, catalog=CATALOG, environment=chosen, environ={})
                )
            )
        )
        assert len(found[0].diagnostics) <= 2 * LIMIT + 2
    assert steps[3] - steps[2] < 2.6 * max(steps[2] - steps[1], 1000), steps


def test_the_count_is_that_of_all_mistakes(tmp_path: Path) -> None:
    found = load(tmp_path, MISTAKES["unknown kinds"](1234)).diagnostics
    assert found[-1].message == f"the first {LIMIT} mistakes are shown, and {1234 - LIMIT:,} more counted"
    assert [each.location.line for each in found[:-1] if each.location] == list(range(3, 3 + LIMIT))


def test_the_first_mistakes_keep_their_advice(tmp_path: Path) -> None:
    found = load(tmp_path, MISTAKES["unknown fields"](SOME)).diagnostics
    assert all("Did you mean" in each.advice for each in found[:-1])


def test_globs_are_bounded(tmp_path: Path) -> None:
    globs = ", ".join(f"a{place}" for place in range(MAX_GLOBS + 1))
    (found,) = load(tmp_path, f"version: 1\naccounts: {{galtea: {{}}}}\nexclude: [{globs}]\n").diagnostics
    assert (found.code, found.location and found.location.line) == ("bad-setting", 3)


def test_a_thousand_accounts_share_one_context_of_tls() -> None:
    environment._build_trust.cache_clear()
    environment.share_nothing.cache_clear()
    addresses = ["https://api.example", "http://127.0.0.1:1"] * 500
    for address in addresses:
        account = Account("a", "galtea", address, "KEY")
        transport.build_transport(account.base_url, environ={})
    assert environment._build_trust.cache_info().misses == 1
    assert environment.share_nothing.cache_info().misses == 1


def test_connections_without_tls_make_no_context_that_trusts() -> None:
    environment._build_trust.cache_clear()
    transport.build_transport("http://127.0.0.1:1", environ={})
    assert environment._build_trust.cache_info().misses == 0
    transport.build_transport("http://vendor.example", environ={"HTTP_PROXY": "https://proxy.example"})
    assert environment._build_trust.cache_info().misses == 1


def test_a_mass_of_mistakes_sends_nothing_and_stays_readable(tmp_path: Path) -> None:
    stage = Stage(tmp_path, seed={}, files={"reconciler.yaml": MISTAKES["unknown fields"](SOME)})
    for command in (("validate",), ("plan",), ("validate", "--format", "json"), ("validate", "--format", "github")):
        told = stage.run(*command)
        assert told.code == 3
        assert len(told.all) < 1000 * LIMIT
        assert "more counted" in told.words
    assert stage.requests == []
