"""Every shell example of the documentation is run, or listed here with the reason why not."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.docs.console import SHOW_STATUS, BlockError, Step, find_mismatches, fits, make_shim, read_steps, run_steps
from tests.docs.pages import PAGES, ROOT, Block, list_blocks, name_page

LANGUAGES = {"console", "sh", "yaml", "json", "python", "text"}

CI_SCRIPT = "set-up: CI does the same from a clean checkout (.ci/run)"
CHECKOUT = (
    "works on the checkout itself; tests/docs/test_generated.py, tests/cli and tests/test_cases.py run it on copies"
)
SAME = "what plays on the sandbox is run by tests/docs/test_readme.py; the rest needs keys"
KEYS = "needs keys of real accounts"
WORLDS = "needs keys of two environments: tests/cli/test_worlds.py adopts three worlds of the sandbox"
REMOTE = "needs a remote with a ledger: tests/ledger/test_git_store.py has one"
RUNNER = "runs in CI, with its variables and permissions: tests/ci runs the same commands against a fake"

NOT_RUN = {
    ("CONTRIBUTING.md", "bash tests/run"): CI_SCRIPT,
    ("CONTRIBUTING.md", "bash .ci/run"): CI_SCRIPT,
    ("CONTRIBUTING.md", "uv run pytest -n0 tests/test_cases.py --rewrite-golden"): CHECKOUT,
    ("CONTRIBUTING.md", "uv run reconciler schema > schemas/reconciler.schema.json"): CHECKOUT,
    ("CONTRIBUTING.md", "uv run reconciler schema environment > schemas/environment.schema.json"): CHECKOUT,
    ("CONTRIBUTING.md", "uv run python docs/generate.py"): CHECKOUT,
    ("docs/adopt.md", "reconciler --env production pull --into config"): WORLDS,
    ("docs/adopt.md", "reconciler --env staging pull --into config"): WORLDS,
    ("docs/adopt.md", "reconciler validate --env '*'"): WORLDS,
    ("docs/getting-started.md", "export GALTEA_API_KEY=..."): KEYS,
    ("docs/getting-started.md", "reconciler doctor"): KEYS,
    ("docs/getting-started.md", "rm config/*"): KEYS,
    ("docs/getting-started.md", "reconciler pull --into config --group agentId=PROJECT-58RP822I"): KEYS,
    ("docs/getting-started.md", "reconciler plan"): KEYS,
    ("docs/getting-started.md", "reconciler apply"): KEYS,
    ("docs/ledger.md", "git fetch origin 'refs/reconciler/*:refs/reconciler/*'"): REMOTE,
    ("docs/ledger.md", "git log refs/reconciler/ledger"): REMOTE,
    ("docs/on-call.md", "reconciler unlock 20261121-083000-4f3a1c"): "the run of a lock that somebody left",
    ("docs/security.md", 'echo "GIT_SSH_COMMAND=$(git config core.sshCommand)" >> "$GITHUB_ENV"'): RUNNER,
}
"""Commands that are shown and not run, with the reason."""

NOT_RUN_PAGES = {"README.md": f"{CI_SCRIPT}; {SAME}", "docs/ci.md": RUNNER, "docs/benchmarks.md": "takes minutes"}
"""Pages whose `sh` blocks are not run at all."""

SESSIONS = [page for page in PAGES if any(block.language == "console" for block in list_blocks(page))]


def list_commands(block: Block) -> list[str]:
    lines = [line.split("  #")[0].strip() for line in block.lines]
    return [line for line in lines if line and not line.startswith("#")]


def build_environ(home: Path) -> dict[str, str]:
    """Build the environment of a newcomer's terminal, without colours, keys or anything of a CI job."""
    shims = make_shim(home / "shims")
    return {
        "PATH": f"{shims}:{os.environ['PATH']}",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "NO_COLOR": "1",
        "COLUMNS": "100",
        "PYTHONPATH": str(ROOT),
    }


@pytest.mark.parametrize("page", SESSIONS, ids=name_page)
def test_the_examples_of_a_page_do_what_it_shows(page: Path, tmp_path: Path) -> None:
    folder = tmp_path / "terminal"
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=shutil.ignore_patterns(".reconciler"))
    blocks = [block for block in list_blocks(page) if block.language == "console"]
    environ = build_environ(tmp_path)
    # Each block of a page goes on in the state, and in the folder, that the one before left.
    steps = [step for block in blocks for step in read_steps(block)]
    mismatches = list(find_mismatches(steps, run_steps(steps, folder=folder, environ=environ)))
    assert not mismatches, "\n\n".join(mismatches)


@pytest.mark.parametrize("page", PAGES, ids=name_page)
def test_commands_that_are_not_run_are_listed_with_a_reason(page: Path) -> None:
    name = name_page(page)
    blocks = [block for block in list_blocks(page) if block.language == "sh"]
    commands = [] if name in NOT_RUN_PAGES else [command for block in blocks for command in list_commands(block)]
    assert [command for command in commands if (name, command) not in NOT_RUN] == []


def test_the_list_of_commands_that_are_not_run_is_not_longer_than_needed() -> None:
    shown = {
        (block.page, command)
        for page in PAGES
        for block in list_blocks(page)
        if block.language == "sh"
        for command in list_commands(block)
    }
    assert NOT_RUN.keys() - shown == set()


@pytest.mark.parametrize("page", PAGES, ids=name_page)
def test_every_block_says_its_language(page: Path) -> None:
    assert [(block.line, block.language) for block in list_blocks(page) if block.language not in LANGUAGES] == []


def test_the_main_pages_have_a_session() -> None:
    assert {"docs/getting-started.md", "docs/configuration.md", "docs/ledger.md"} <= set(map(name_page, SESSIONS))


@pytest.mark.parametrize(
    ("shown", "printed", "fitting"),
    [
        (["a", "..."], "a\nb\nc\n", True),
        (["a", "..."], "a\n", True),
        (["...", "c"], "a\nb\nc\n", True),
        (["a", "c"], "a\nb\nc\n", False),
        (["run ... done"], "run 17 done", True),
        (["run ... done"], "run 17\ndone", False),
        (["a.c"], "abc", False),
        (["0"], "1\n", False),
    ],
)
def test_an_output_is_compared(shown: list[str], printed: str, *, fitting: bool) -> None:
    assert fits(shown, printed) is fitting


def test_an_unexpected_status_is_a_mismatch(tmp_path: Path) -> None:
    steps = [Step("true", "p:1"), Step("(exit 3)", "p:2"), Step("(exit 2)", "p:3"), Step(SHOW_STATUS, "p:4", ["2"])]
    results = run_steps(steps, folder=tmp_path, environ=dict(os.environ))
    assert [status for _, status in results] == [0, 3, 2, 0]
    mismatches = list(find_mismatches(steps, results))
    assert len(mismatches) == 1
    assert mismatches[0].startswith("p:2: `(exit 3)` exited with 3")


def test_another_output_is_a_mismatch(tmp_path: Path) -> None:
    steps = [Step("echo one", "p:1", ["two"]), Step("cd / && pwd", "p:2", ["/"]), Step("pwd", "p:3", ["/"])]
    mismatches = list(find_mismatches(steps, run_steps(steps, folder=tmp_path, environ=dict(os.environ))))
    assert [mismatch.partition(":")[2][:1] for mismatch in mismatches] == ["1"]


def test_a_block_without_a_prompt_is_refused() -> None:
    with pytest.raises(BlockError, match="p:5"):
        read_steps(Block("p", 4, "console", ("reconciler plan",)))
