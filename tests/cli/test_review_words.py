"""What a reviewer is told of a plan beside its changes: drift as drift, what was not looked at, the command that applies it."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from tests.cli.stage import Stage, hotline, lines

ENVIRONMENTS = {
    "environments/staging.yaml": "vars: {VOICE: jack}\n",
    "environments/production.yaml": "vars: {VOICE: theo}\n",
}


def moved(folder: Path) -> Stage:
    """Stage three applied lines of which a console changed the second, and git meanwhile the third."""
    stage = lines(folder)
    assert stage.run("apply", "--auto-approve").code == 0
    stage.world.put(
        "galtea", "phoneConnections", "pc_1", {**stage.world.rows("galtea", "phoneConnections")[1], "voice": "theo"}
    )
    stage.write(
        "reconciler.yaml",
        stage.read("reconciler.yaml").replace("pc_2, spec: {voice: jack}", "pc_2, spec: {voice: megan}"),
    )
    return stage


@pytest.mark.parametrize(
    ("style", "words"),
    [
        ("text", ('git says "jack"  live says "theo"', "Drift: 1 resource moved outside git.")),
        ("markdown", ("<h3>Drift — 1 resource moved outside git: git and live differ", "<th>Git says</th><th>Live says</th>", "<b>1 resource</b>")),
        ("html", ('<p class="eyebrow">Drift', "Git says", "Live says")),
        ("github", ("title=drift::phone_connections.line-1 moved outside git in voice",)),
    ],
)  # fmt: skip
def test_drift_is_worded_as_drift(tmp_path: Path, style: str, words: tuple[str, ...]) -> None:
    stage = moved(tmp_path)
    told = stage.run("drift", "--format", style)
    assert told.code == 2
    assert all(word in told.out for word in words), told.out
    assert not any(word in told.out for word in ("would change", "PATCH", "phone_connections.line-2", "apply would do"))
    saved = tmp_path / "drift.json"
    stage.run("drift", "--out", str(saved))
    assert stage.run("show", str(saved), "--format", style).out == told.out


def test_a_saved_drift_is_applied_as_the_plan_that_puts_it_back(tmp_path: Path) -> None:
    stage = moved(tmp_path)
    saved = tmp_path / "drift.json"
    told = stage.run("drift", "--out", str(saved))
    assert "Put it back as git says with: reconciler -C" in told.err
    told = stage.run("apply", str(saved), "--auto-approve")
    assert '"theo" → "jack"' in told.out
    assert told.code == 0, told.all


def test_drift_draws_the_ways_that_a_plan_draws(tmp_path: Path) -> None:
    stage = hotline(tmp_path)
    plan, drift = (json.loads(stage.run(name, "--format", "json").out)["calls"] for name in ("plan", "drift"))
    assert drift["edges"] == plan["edges"] != []
    assert not any(node["touched"] for node in drift["nodes"])


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (("--target", "*.line-1"), "Narrowed by --target *.line-1: 2 declared resources were not looked at."),
        (("--exclude", "*.line-1"), "Narrowed by --exclude *.line-1: 1 declared resource was not looked at."),
    ],
)
@pytest.mark.parametrize("style", ["text", "markdown", "html"])
def test_a_narrowed_plan_says_what_it_did_not_look_at(
    tmp_path: Path, chosen: tuple[str, ...], words: str, style: str
) -> None:
    stage = lines(tmp_path)
    saved = tmp_path / "plan.json"
    assert words in stage.run("plan", *chosen, "--format", style, "--out", str(saved)).out.replace("<!-- -->", "")
    assert words in stage.run("show", str(saved), "--format", style).out.replace("<!-- -->", "")
    assert "Narrowed" not in stage.run("plan", "--format", style).out


def test_what_is_excluded_is_neither_read_nor_changed(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    told = stage.run("apply", "--exclude", "phone_connections.line-1", "--auto-approve")
    assert told.code == 0, told.all
    assert not any("pc_1" in request.path for request in stage.requests)
    voices = [row["voice"] for row in stage.world.rows("galtea", "phoneConnections")]
    assert voices == ["jack", "sarah", "jack"]
    told = stage.run("plan", "--exclude", "phone_connections.lnie-1")
    assert (told.code, "no target fits" in told.err) == (64, True)


def test_the_printed_command_works_as_printed(tmp_path: Path) -> None:
    stage = Stage(
        tmp_path / "a project",
        seed=lines(tmp_path / "x").seed,
        files={
            "reconciler.yaml": lines(tmp_path / "y", voice="'${var.VOICE}'").read("reconciler.yaml"),
            **ENVIRONMENTS,
        },
    )
    saved = tmp_path / "the plan.json"
    told = stage.run("--env", "staging", "--var", "CITY=Mo i Rana", "plan", "--out", str(saved))
    command = next(line for line in told.err.splitlines() if "Apply exactly this with: " in line).partition(": ")[2]
    words = shlex.split(command.strip())
    assert words[0] == "reconciler"
    assert words[1:] == ["-C", str(stage.folder), "--env", "staging", "--var", "CITY=Mo i Rana", "apply", str(saved)]
    told = stage.run_plainly(*words[1:], "--auto-approve")
    assert told.code == 0, told.all


def test_an_environment_that_a_variable_chose_is_written_out(tmp_path: Path) -> None:
    text = lines(tmp_path / "x", voice="'${var.VOICE}'").read("reconciler.yaml")
    stage = Stage(tmp_path, seed=lines(tmp_path / "y").seed, files={"reconciler.yaml": text, **ENVIRONMENTS})
    stage.environ["RECONCILER_ENV"] = "staging"
    told = stage.run("plan", "--out", str(tmp_path / "plan.json"))
    del stage.environ["RECONCILER_ENV"]
    words = shlex.split(told.err.partition("Apply exactly this with: ")[2].strip())
    assert words[words.index("--env") + 1] == "staging"
    assert stage.run_plainly(*words[1:], "--auto-approve").code == 0


@pytest.mark.parametrize(
    ("made", "applied", "words"),
    [
        (("--env", "staging"), ("--env", "production"), "it was made for environment staging, not for environment production"),
        (("--env", "staging", "--sandbox"), ("--env", "staging"), "it was made for the sandbox, not for the vendors themselves"),
    ],
)  # fmt: skip
def test_a_plan_of_another_world_says_only_that(
    tmp_path: Path, made: tuple[str, ...], applied: tuple[str, ...], words: str
) -> None:
    text = lines(tmp_path / "x", voice="'${var.VOICE}'").read("reconciler.yaml")
    stage = Stage(tmp_path, seed=lines(tmp_path / "y").seed, files={"reconciler.yaml": text, **ENVIRONMENTS})
    saved = tmp_path / "plan.json"
    stage.run(*made, "plan", "--out", str(saved))
    told = stage.run(*applied, "apply", str(saved), "--auto-approve")
    assert told.code == 5
    assert words in told.words
    assert told.err.count("[plan-stale]") == 1


def test_a_guess_goes_when_the_vendor_has_said_no(tmp_path: Path) -> None:
    stage = lines(tmp_path, count=20, voice="sara")
    found = json.loads(stage.run("plan", "--format", "json").out)["diagnostics"]
    assert {one["code"] for one in found} == {"ledger-absent", "option-unknown"}
    told = stage.run("plan")
    assert "the same for 19 more" in told.words
    assert len(told.all.splitlines()) < 20
