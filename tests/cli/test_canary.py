"""No secret is told or kept, wherever it comes from: no byte of a key, of what git's environment puts in, or of what a vendor shows.

All of them hold one mark, so that one search finds each. Every command runs in every format; every vice and every way in which a vendor
shows secrets runs through what reads, writes and remembers.
"""

from __future__ import annotations

import copy
import os
import subprocess
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import pytest

from reconciler.cli.formats import ANNOTATIONS, PLAN_FORMATS
from reconciler.sandbox import VICES, SandboxTransport, create_app
from tests.ci.conftest import build_environ
from tests.ci.fake_forge import FakeForge, serve_forge
from tests.cli.stage import CREDENTIALS, Stage, Told, run_outside
from tests.cli.test_all_types import FLUENTS, OTHERS, OURS, PROJECT, SEED, SHOWN
from tests.cli.test_help import LEAVES

MARK = "c4n4ry"
KEYS = {
    "galtea": f"gsk_{MARK}-Zq7-galtea",
    "fluents": f"fl_{MARK}-Zq7-fluents",
    "opencopilot": f"ocx_live_{MARK}-Zq7",
    "polyai": f"pk_{MARK}-Zq7-polyai",
}
SAVED, EVENTS, DRIFT, INTO = "saved.json", "events.jsonl", "drift.json", "pulled"
SHOWN_EVERYWHERE: Mapping[str, Any] = {
    # Nested in agents and numbers, in makers that we do not know, and under keys that no schema names.
    "numbers": [
        {
            "number": "+12025550143",
            "label": "Old",
            "inbound_agent": "agent-2",
            "telephony_account_connection": "carrier",
        }
    ],
    "agents": [
        {"id": "agent-1", "name": "Desk", "prompt": "p-2", "voice": "calm", "actions": ["transfer", "look-up"]},
        {"id": "agent-2", "name": "Night", "prompt": "p-1", "voice": "played", "openai_account_connection": "openai"},
    ],
    "voices": [
        {"id": "calm", "type": "voice_eleven_labs", "stability": 0.5, "api_key": f"{MARK}-shown-7"},
        {"id": "played", "type": "voice_play_ht", "api_user_id": f"{MARK}-shown-8", "api_key": f"{MARK}-shown-9"},
        {"id": "other", "type": "voice_cartesia", "api_key": f"{MARK}-shown-10"},
    ],
}


def mark(value: Any) -> Any:
    """Put the mark into everything that a vendor shows."""
    if isinstance(value, dict):
        return {name: mark(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [mark(inner) for inner in value]
    return value.replace(SHOWN, f"{MARK}-shown") if isinstance(value, str) else value


def build_seed() -> dict[str, Any]:
    seed: dict[str, Any] = mark(copy.deepcopy(SEED))
    for provider in ("galtea", "opencopilot", "polyai"):
        seed[provider]["keys"] = [{"key": KEYS[provider]}]
    seed["fluents"] = {"worlds": {KEYS["fluents"]: {**seed["fluents"], **SHOWN_EVERYWHERE}}}
    return seed


def set_stage(folder: Path, *, ledger: str = "files") -> Stage:
    """Stage every type of every vendor, with secrets that cannot be mistaken for anything else."""
    project = folder / "project"
    files = {
        "reconciler.yaml": f"{PROJECT}ledger: {ledger}\nenvironment: a\n",
        "environments/a.yaml": "vars: {}\n",
        "environments/b.yaml": "vars: {}\n",
        "config/fluents.yaml": FLUENTS,
        "config/others.yaml": OTHERS,
    }
    secrets = {f"RECONCILER_SECRET_{name}": f"{MARK}-of-ours-{name}-4711" for name in OURS}
    environ = {CREDENTIALS[provider]: key for provider, key in KEYS.items()}
    return Stage(
        project, seed=build_seed(), files=files, environ={**environ, **secrets, "USER": "tester", "HOME": str(folder)}
    )


def list_commands(folder: Path) -> Iterator[tuple[str, ...]]:
    """List every command in every format; a command or a format that is not here fails the test below."""
    plan, into = str(folder / SAVED), str(folder / INTO)
    for style in (*PLAN_FORMATS,):
        yield "plan", "--format", style, "--out", plan
        yield "drift", "--format", style
        yield "show", plan, "--format", style
    for style in ("text", "json", *ANNOTATIONS):
        yield "validate", "--format", style
    for style in ("text", "json", "markdown", "html"):
        yield "compare", "a", "b", "--format", style
    for style in ("text", "json"):
        yield "doctor", "--format", style
    yield from (("pull",), ("pull", "--declared", "--all-fields"), ("pull", "--into", into))
    yield from (("explain",), ("explain", "account_connections.carrier"), ("explain", "voices.calm.api_key"))
    yield from (("schema",), ("sandbox", "vices"), ("sandbox", "reset"), ("unlock",), ("completion", "bash"))
    yield from (("init", "new"), ("forget", "numbers.nobody", "--auto-approve"))
    yield from (("apply", "--auto-approve", "--format", "json"), ("apply", "--auto-approve", "--format", "text"))
    yield from (("apply", plan, "--auto-approve"), ("drift", "--accept"), ("history", "account_connections.carrier"))
    for style in ("text", "json"):
        yield "history", "--format", style
        yield "history", "latest", "--format", style
    yield from (("undo", "latest", "--auto-approve"), ("plan",))


JOB = (
    ("sandbox", "seed", "--base", "HEAD"),
    ("ci", "comment", SAVED),
    ("ci", "summary", SAVED),
    ("ci", "outputs", SAVED),
    ("ci", "reviewed", SAVED),
    ("ci", "issue", DRIFT, "--notify", "json"),
    ("ci", "outcome", EVENTS, "--issue", "--notify", "slack"),
    ("ci", "drift-pr", "--dry-run"),
)
STORY = (
    ("plan", "--format", "json", "--out", SAVED),
    ("apply", SAVED, "--auto-approve"),
    ("drift", "--format", "markdown"),
    ("pull", "--all-fields"),
    ("history", "latest"),
)
"""What reads, writes and remembers: where a fault can bring something out that else stays in."""


def read_all(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every file, and what git keeps of it, unpacked."""
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            yield str(path), content
            if "objects" in path.parts and content[:1] == b"\x78":
                yield f"{path} (unpacked)", zlib.decompress(content)


def check_files(folder: Path) -> None:
    assert [name for name, content in read_all(folder) if MARK.encode() in content] == []


def check(stage: Stage, *words: str) -> Told:
    return judge(words, stage.run("-v", *place(stage, words)))


def place(stage: Stage, words: tuple[str, ...]) -> Iterator[str]:
    return (str(stage.folder / word) if word in {SAVED, EVENTS, DRIFT} else word for word in words)


def judge(words: tuple[str, ...], told: Told) -> Told:
    assert MARK not in told.all, words
    assert "Traceback" not in told.all
    assert "bug in reconciler" not in told.all, (words, told.all)
    return told


def check_requests(stage: Stage) -> None:
    """What git puts in stands in a body of its vendor; keys stand in headers only."""
    assert stage.requests
    assert MARK not in str([(one.path, one.query) for one in stage.requests])
    assert not any(key in str(one.body) for key in KEYS.values() for one in stage.requests)


def start_git(stage: Stage) -> None:
    """Make the project a repository, which keeps a ledger in a ref."""
    environ = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    for words in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", "-C", str(stage.folder), *words], check=True, capture_output=True, env=environ)


def list_formats(command: click.Command) -> tuple[str, ...]:
    """List the formats of a command; an empty one where it has none."""
    choices = [option.type for option in command.params if "--format" in option.opts]
    return tuple(map(str, choices[0].choices)) if choices and isinstance(choices[0], click.Choice) else ("",)


def test_every_command_is_tried_in_every_format(tmp_path: Path) -> None:
    """But for the one that serves until it is stopped, which tells what it serves to nobody here."""
    tried = [*list_commands(tmp_path), *JOB]
    for words, command in LEAVES.items():
        if words != ("sandbox", "serve"):
            for style in list_formats(command):
                wanted = {"--format", style} if style else set()
                assert any(each[: len(words)] == words and wanted <= set(each) for each in tried), (words, style)


def test_no_command_in_no_format_tells_or_keeps_a_secret(tmp_path: Path) -> None:
    stage = set_stage(tmp_path)
    codes = {}
    for command in list_commands(stage.folder):
        codes[command] = check(stage, *command).code
    check_files(tmp_path)
    check_requests(stage)
    assert f"{MARK}-of-ours-TOKEN" in str(stage.writes), "it was sent to its vendor, or this proves nothing"
    # A drift before the first apply cannot be told, and a saved plan that was applied already is stale.
    strange = {command: code for command, code in codes.items() if code not in {0, 2, 5, 6}}
    assert {command[0] for command in strange} <= {"forget"}, strange


def test_a_pipeline_posts_none(tmp_path: Path) -> None:
    stage = set_stage(tmp_path)
    start_git(stage)
    check(stage, "plan", "--out", SAVED)
    events = check(stage, "apply", "--auto-approve", "--format", "json")
    stage.write(EVENTS, events.out)
    stage.world.edit("opencopilot", "agents", "cx-1", {"first_message": "By hand"})
    check(stage, "drift", "--out", DRIFT)
    files = {name: str(tmp_path / name.lower()) for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")}
    with serve_forge(FakeForge()) as forge:
        hook = {"RECONCILER_NOTIFY_URL": f"{forge.url}/hook/x"}
        review = {**stage.environ, **build_environ(forge, tmp_path), **files, **hook}
        merged = review | {"GITHUB_EVENT_PATH": "", "GITHUB_REF": "refs/heads/main", "GITHUB_SHA": "e" * 40}
        forge.merged["e" * 40] = [7]
        for words in JOB:
            environ = review if words[:2] == ("ci", "comment") else merged
            told = judge(words, run_outside(stage, *place(stage, words), environ=environ))
            assert told.code in {0, 5}, (words, told.all)
    posted = [forge.comments, forge.issues, forge.hooked]
    assert all(posted)
    assert MARK not in str([posted, forge.proposals, forge.seen])
    assert (tmp_path / "github_step_summary").exists()
    check_files(tmp_path)


def test_a_ledger_in_git_keeps_none(tmp_path: Path) -> None:
    stage = set_stage(tmp_path, ledger="git")
    start_git(stage)
    for command in (*STORY, ("undo", "latest", "--auto-approve")):
        check(stage, *command)
    assert any(b"account_connections.carrier" in content for name, content in read_all(tmp_path) if "unpacked" in name)
    check_files(tmp_path)


FAULTS = (
    *((vice,) for vice in VICES if vice not in {"echo-secret", "slow"}),
    ("forbidden@writes",),
    ("expired-key@writes",),
    ("down@writes",),
    ("html-200@writes",),
    ("truncated-json@writes",),
    ("drop-after-commit:9",),
    ("timeout-before-commit:9@writes",),
    ("wrong-content-type@reads", "html-502:2@reads"),
)


@pytest.mark.parametrize("vices", FAULTS, ids=" ".join)
def test_no_fault_brings_a_secret_out(tmp_path: Path, vices: tuple[str, ...]) -> None:
    """Every error quotes the key and what was sent, as bad vendors do."""
    stage = set_stage(tmp_path)
    stage.app = create_app(database=None, seed=stage.seed, vices=("echo-secret", *vices))
    for words in STORY:
        check(stage, *words)
    check_files(tmp_path)
    check_requests(stage)


@pytest.mark.parametrize(
    ("switch", "position"), [("fluents-credentials", "masked"), ("fluents-list-references", "objects")]
)
def test_it_does_not_matter_how_a_vendor_shows_them(tmp_path: Path, switch: str, position: str) -> None:
    stage = set_stage(tmp_path)
    stage.app = create_app(database=None, seed=stage.seed, vices=("echo-secret",), switches={switch: position})
    for words in STORY:
        check(stage, *words)
    check_files(tmp_path)
    assert stage.run("plan", "--detailed-exitcode").code == 0


def test_a_vendor_really_quotes_what_was_sent_and_shows_what_it_holds(tmp_path: Path) -> None:
    """Or the tests above would prove nothing."""
    stage = set_stage(tmp_path)
    shown: list[str] = []
    stage.app = create_app(database=None, seed=stage.seed, vices=("echo-secret", "down@writes"))
    asking = stage.app

    async def listen(scope: Any, receive: Any, send: Any) -> None:
        async def note(message: Any) -> None:
            shown.append(bytes(message.get("body", b"")).decode("utf-8", "replace"))
            await send(message)

        await asking(scope, receive, note)

    stage.transport = lambda _account: SandboxTransport(listen)  # type: ignore[method-assign]
    told = stage.apply()
    assert told.code == 1
    assert "Service unavailable (got " in told.words
    answers = "".join(shown)
    for secret in (
        *KEYS.values(),
        f"{MARK}-of-ours-TOKEN-4711",
        *(f"{MARK}-shown-{place}" for place in (1, 3, 4, 5, 7, 8, 9)),
    ):
        assert secret in answers, secret
