"""The surface: help with examples, and which commands may send anything but reads."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from reconciler.app.context import Context
from reconciler.cli.root import COMMANDS, root
from tests.cli.stage import Stage, quickstart

WRITING = frozenset({"apply", "undo"})
"""The commands that may change something at a vendor. Whatever is not named here must prove that it only reads."""

READING: dict[str, tuple[tuple[str, ...], ...]] = {
    "validate": (("validate",),),
    "plan": (("plan",), ("plan", "--format", "json", "--out", "plan.json"), ("plan", "--detailed-exitcode")),
    "show": (("show", "plan.json"),),
    "compare": (("compare", "staging", "production"),),
    "drift": (("drift",), ("drift", "--record")),
    "history": (("history",), ("history", "latest")),
    "unlock": (("unlock",),),
    "forget": (("forget", "numbers.nobody", "--auto-approve"),),
    "init": (("init", "new"),),
    "doctor": (("doctor",),),
    "pull": (
        ("pull",),
        ("pull", "--declared", "--all-fields"),
        ("pull", "connectors", "--group", "agentId=PROJECT-58RP822I"),
    ),
    "explain": (("explain",), ("explain", "connectors.live-us")),
    "schema": (("schema",), ("schema", "plan")),
    "completion": (("completion", "bash"), ("completion", "zsh"), ("completion", "fish")),
    "sandbox": (("sandbox", "vices"),),
    "ci": (
        ("ci", "comment", "plan.json", "--dry-run"),
        ("ci", "summary", "plan.json"),
        ("ci", "issue", "plan.json", "--dry-run"),
    ),
}


def list_commands(command: click.Command = root, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(command)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None, name
            yield (*path, name), found
            yield from list_commands(found, *path, name)


ALL = dict(list_commands())
LEAVES = {path: command for path, command in ALL.items() if not isinstance(command, click.Group)}


def list_examples(command: click.Command) -> list[str]:
    assert command.epilog, command.name
    return [line.strip() for line in command.epilog.split("Examples:\n")[1].splitlines() if line.strip()]


def test_every_command_is_known_to_read_or_to_write() -> None:
    assert WRITING | set(READING) == set(COMMANDS)
    assert not WRITING & set(READING)


@pytest.mark.parametrize("name", READING)
def test_a_reading_command_sends_nothing_but_gets(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    stage = quickstart(tmp_path)
    stage.settle()
    stage.world.edit("galtea", "phoneConnections", "phoneConnection_123", {"voice": "megan"})
    assert stage.run("plan", "--out", "plan.json").code == 0
    stage.requests.clear()
    before = {path: path.read_bytes() for path in (stage.folder / ".reconciler" / "ledger").rglob("*.json")}
    for arguments in READING[name]:
        told = stage.run(*arguments)
        assert "bug" not in told.err, told.err
    assert {one.method for one in stage.requests} <= {"GET"}
    assert not stage.world.dangers
    assert before == {path: path.read_bytes() for path in (stage.folder / ".reconciler" / "ledger").rglob("*.json")}


@pytest.mark.parametrize("name", ["plan", "drift", "doctor", "pull"])
def test_what_reads_the_vendors_does_read(tmp_path: Path, name: str) -> None:
    """Or the test above would prove nothing."""
    stage = quickstart(tmp_path)
    stage.run(name)
    assert stage.requests


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_help_says_what_it_is_for(tmp_path: Path, path: tuple[str, ...]) -> None:
    for flag in ("-h", "--help"):
        told = Stage(tmp_path, seed={}).run_plainly(*path, flag)
        assert told.code == 0
        assert told.err == ""
        assert told.out.startswith("Usage:")
        assert max(map(len, told.out.splitlines())) <= 100
        for word in ("Traceback", "None", "TODO"):
            assert word not in told.out


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_help_ends_with_examples_that_are_right(tmp_path: Path, path: tuple[str, ...]) -> None:
    """Every example names a command that exists and options that it has."""
    told = Stage(tmp_path, seed={}).run_plainly(*path, "--help")
    examples = list_examples(LEAVES[path])
    assert examples
    for example in examples:
        assert example in told.out
    ours = [words for example in examples for words in split_commands(example) if words[0] == "reconciler"]
    assert any(" ".join(path) in " ".join(words) for words in ours)
    for words in ours:
        command = find_command(words[1:])
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        assert {word.partition("=")[0] for word in words if word.startswith("--")} <= known


def split_commands(example: str) -> Iterator[list[str]]:
    for part in example.split("&&"):
        words = shlex.split(part, comments=True)
        yield words[: words.index(">")] if ">" in words else words


def find_command(words: list[str]) -> click.Command:
    command: click.Command = root
    for word in words:
        if isinstance(command, click.Group):
            command = command.get_command(click.Context(command), word) or command
    assert command is not root, words
    return command


def test_the_first_page_lists_every_command_with_one_line(tmp_path: Path) -> None:
    told = Stage(tmp_path, seed={}).run_plainly("--help")
    for name, (_, line) in COMMANDS.items():
        assert f"  {name}" in told.out
        assert line in told.out
    assert "Examples:" in told.out


def test_a_context_knows_the_real_world_by_default() -> None:
    context = Context()
    assert context.transport is None
    assert context.now().tzinfo is not None
