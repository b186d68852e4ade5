"""Two people apply at once, each from a clone of their own: exactly one proceeds, unless over different accounts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.laws.stage import ENVIRON, build_settings
from tests.laws.worlds import build_world
from tests.sandbox.served import serve_in_process

REF = "refs/reconciler/ledger"


def run_git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def start(clone: Path, owner: str, *words: str) -> subprocess.Popen[str]:
    """Start the real command, as a CI job of `owner` would."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "GITHUB_", "GITLAB_"))
    }
    environ = {**inherited, **ENVIRON, "GITHUB_ACTOR": owner}
    command = [sys.executable, "-m", "reconciler", "-C", str(clone), *words]
    return subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def end(process: subprocess.Popen[str]) -> tuple[int, str]:
    output, errors = process.communicate(timeout=120)
    return process.returncode, output + errors


def run(clone: Path, owner: str, *words: str) -> tuple[int, str]:
    return end(start(clone, owner, *words))


@pytest.fixture
def clones(tmp_path: Path) -> tuple[Path, Path]:
    run_git(tmp_path, "init", "-q", "--bare", "-b", "main", "remote.git")
    for name in ("one", "other"):
        run_git(tmp_path, "clone", "-q", str(tmp_path / "remote.git"), name)
        for key, value in (("user.name", name), ("user.email", f"{name}@example.org")):
            run_git(tmp_path / name, "config", key, value)
    return tmp_path / "one", tmp_path / "other"


def write_project(clone: Path, declared: dict[str, Any], url: str) -> None:
    settings = build_settings()
    settings["ledger"] = "git"
    for name, account in settings["accounts"].items():
        account.pop("region", None)
        account["base_url"] = f"{url}/v1" if name == "fluents" else url
    (clone / "reconciler.yaml").write_text(json.dumps(settings), encoding="utf-8")
    (clone / "resources.yaml").write_text(json.dumps(declared), encoding="utf-8")
    run_git(clone, "add", "-A")
    run_git(clone, "commit", "-q", "-m", "Declare")
    run_git(clone, "push", "-q", "origin", "HEAD:main")


def test_exactly_one_of_two_proceeds(clones: tuple[Path, Path]) -> None:
    one, other = clones
    drawn = build_world()
    declared = json.loads(json.dumps(drawn.declared))
    with serve_in_process(drawn.seed, "slow:250") as url:
        write_project(one, declared, url)
        run_git(other, "pull", "-q", "origin", "main")
        started = {
            name: start(clone, name, "apply", "--auto-approve") for name, clone in (("one", one), ("other", other))
        }
        ended = {name: end(process) for name, process in started.items()}
        assert sorted(code for code, _ in ended.values()) == [0, 5], ended
        winner = next(name for name, (code, _) in ended.items() if code == 0)
        loser = next(name for name in ended if name != winner)
        assert f"another apply holds the lock: {winner} " in " ".join(ended[loser][1].split()), ended[loser][1]

        # Afterwards both apply in turn, and each sees what the other did.
        assert run(clones[loser == "other"], loser, "plan", "--detailed-exitcode")[0] == 0
        for voice, name in (("megan", loser), ("theo", winner)):
            clone = one if name == "one" else other
            run_git(clone, "pull", "-q", "origin", "main")
            declared["phone_connections"]["line-0"]["spec"]["voice"] = voice
            write_project(clone, declared, url)
            code, told = run(clone, name, "apply", "--auto-approve")
            assert code == 0, told
            assert "line-0" in told
        check_history(one, winner=winner, loser=loser)


def test_two_over_different_accounts_both_proceed(clones: tuple[Path, Path]) -> None:
    one, other = clones
    drawn, shares = build_world(), {"one": ("galtea", "fluents"), "other": ("opencopilot", "polyai")}
    with serve_in_process(drawn.seed, "slow:250") as url:
        write_project(one, dict(drawn.declared), url)
        run_git(other, "pull", "-q", "origin", "main")
        chosen = {name: [word for account in shares[name] for word in ("--account", account)] for name in shares}
        started = [start(clone, clone.name, "apply", "--auto-approve", *chosen[clone.name]) for clone in clones]
        assert [told for code, told in map(end, started) if code] == []
        assert run(one, "reader", "plan", "--detailed-exitcode")[0] == 0
    _, told = run(other, "reader", "history", "--format", "json")
    assert {row["author"] for row in json.loads(told)} == {"one", "other"}, told
    run_git(one, "fetch", "-q", "origin", f"+{REF}:{REF}")
    names = run_git(one, "ls-tree", "--name-only", REF, "ledger/").split()
    sheets = [json.loads(run_git(one, "show", f"{REF}:{name}")) for name in names]
    assert {address for sheet in sheets for address in sheet["entries"]} == set(drawn.places)


def check_history(clone: Path, *, winner: str, loser: str) -> None:
    """The ref's history, as git and as the tool shows it, holds all three applies and whose they were."""
    run_git(clone, "fetch", "-q", "origin", f"+{REF}:{REF}")
    assert int(run_git(clone, "rev-list", "--count", REF)) >= 3
    code, told = run(clone, "reader", "history", "--format", "json")
    assert code == 0, told
    assert [row["author"] for row in json.loads(told)] == [winner, loser, winner], told
