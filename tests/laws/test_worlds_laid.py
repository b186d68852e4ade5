"""Two worlds of any kind, one laid over the other: the first notices nothing, and of the second all is in sync or was said."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from reconciler.sandbox import create_app
from tests.cli.stage import Stage

NAMES = st.sampled_from(["Desk", "Night", "Bodø", "desk 2", "", "no"])
TEXTS = st.sampled_from([None, "Day", "two\nlines", "x" * 500, "${x}"])
PROJECT = "version: 1\naccounts: {fluents: {}}\n"


@st.composite
def worlds(draw: st.DrawFn, *, mark: str) -> dict[str, Any]:
    """Draw prompts, agents that use some of them, and numbers that use some of those; names come again and again."""
    prompts = [f"{mark}-prompt-{place}" for place in range(draw(st.integers(1, 3)))]
    agents = [f"{mark}-agent-{place}" for place in range(draw(st.integers(0, 3)))]
    numbers = [f"+1202555{ord(mark)}{place:02d}" for place in range(draw(st.integers(0, 4)))]
    uses = st.sampled_from([None, *agents])
    return {
        "prompts": [{"id": one, "label": draw(NAMES), "content": draw(TEXTS) or "Hello."} for one in prompts],
        "agents": [{"id": one, "name": draw(NAMES) or "Agent", "prompt": draw(st.sampled_from(prompts)), "initial_message": draw(TEXTS)} for one in agents],
        "numbers": [{"number": one, "label": draw(NAMES), "description": draw(TEXTS), "inbound_agent": draw(uses)} for one in numbers],
    }  # fmt: skip


def visit(stage: Stage, world: dict[str, Any]) -> None:
    """Let the commands that follow speak to another world."""
    stage.app = create_app(database=None, seed={"fluents": world})


def read_files(folder: Path) -> dict[str, str]:
    """Read what the first world is told by: all files but that of the second."""
    files = (path for path in folder.rglob("*") if path.suffix in {".yaml", ".md"} and path.stem != "second")
    return {str(path): path.read_text(encoding="utf-8") for path in files}


def list_changes(stage: Stage, environment: str) -> set[str]:
    plan = stage.plan("--env", environment)
    assert {one["status"] for one in plan["resources"]} <= {"in_sync", "update", "absent"}, plan["resources"]
    return {f"{update['address']}{change['path']}" for update in plan["updates"] for change in update["changes"]}


@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(first=worlds(mark="A"), second=worlds(mark="B"))
def test_a_world_is_laid_over_another(first: dict[str, Any], second: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder), seed={}, files={"reconciler.yaml": PROJECT})
        for name in ("first", "second"):
            stage.write(f"environments/{name}.yaml", "vars: {}\n")
        visit(stage, first)
        assert stage.run("--env", "first", "pull", "--into", folder).code == 0
        assert list_changes(stage, "first") == set()
        before = read_files(Path(folder))
        visit(stage, second)
        told = stage.run("--env", "second", "pull", "--into", folder)
        assert told.code == 0, told.all
        left = list_changes(stage, "second")
        assert {name for name in left if f"{name} is left as git has it" not in told.words} == set()
        assert "There is nothing new" in stage.run("--env", "second", "pull", "--into", folder).words
        visit(stage, first)
        assert list_changes(stage, "first") == set()
        after = read_files(Path(folder))
        assert {name: after[name] for name in before} == before
