"""Read the action and the example workflows, and run the steps of the action as a job would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
ACTION = ROOT / "action.yml"
WORKFLOWS = sorted((ROOT / "examples" / "ci" / "github").glob("*.yml"))
GITLAB = ROOT / "examples" / "ci" / "gitlab" / ".gitlab-ci.yml"
BIN = Path(sys.executable).parent
EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")


def read_yaml(path: Path) -> dict[str, Any]:
    """Read with plain strings only, so that `on` stays a word."""
    loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - it builds nothing but strings, lists and mappings
    assert isinstance(loaded, dict)
    return loaded


def list_steps(path: Path) -> Iterator[dict[str, Any]]:
    document = read_yaml(path)
    jobs = document["jobs"].values() if "jobs" in document else [document["runs"]]
    for job in jobs:
        yield from job["steps"]


def list_scripts() -> Iterator[tuple[str, str]]:
    for path in (ACTION, *WORKFLOWS):
        for step in list_steps(path):
            if "run" in step:
                yield f"{path.name}: {step['name']}", step["run"]
    for name, job in read_yaml(GITLAB).items():
        for part in ("before_script", "script", "after_script"):
            if isinstance(job, dict) and part in job:
                yield f"{GITLAB.name}: {name}", "\n".join(job[part])


def read_call(name: str, job: str, **matrix: str) -> dict[str, str]:
    """Return the inputs with which a job of an example calls the action, for one entry of its matrix."""
    (path,) = (path for path in WORKFLOWS if path.name == name)
    (step,) = (
        step for step in read_yaml(path)["jobs"][job]["steps"] if step.get("uses", "").startswith("acme/reconciler")
    )
    values = {f"matrix.{key}": value for key, value in matrix.items()}
    return {key: EXPRESSION.sub(lambda found: values[found[1].strip()], told) for key, told in step["with"].items()}


def run_bash(script: str, *, folder: Path, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a script as a job does: bash, stopping at the first failure, with nothing of our own environment."""
    inherited = {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder)}
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script],
        cwd=folder, env={**inherited, **environ}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


@dataclass
class ActionRun:
    """Run the steps of action.yml, all but those that install, with the inputs and the environment of a job.

    The runner's temporary folder is the workspace itself, so that a test finds there what the steps leave.
    """

    inputs: Mapping[str, str]
    folder: Path
    environ: Mapping[str, str]
    event: str = "pull_request"
    failed: bool = False
    ran: list[str] = field(default_factory=list)
    output: str = ""
    steps: dict[str, dict[str, str]] = field(default_factory=dict)
    """Id of a step -> its outputs."""

    def __call__(self) -> ActionRun:
        document = read_yaml(ACTION)
        defaults = {name: self._fill(told.get("default", "")) for name, told in document["inputs"].items()}
        self.inputs = {**defaults, **self.inputs}
        for step in document["runs"]["steps"]:
            if "run" in step and step["name"] != "Install" and self._wants(step):
                self._run(step)
        return self

    @property
    def outputs(self) -> dict[str, str]:
        """What the action tells the workflow."""
        return {name: self._fill(told["value"]) for name, told in read_yaml(ACTION)["outputs"].items()}

    def _wants(self, step: Mapping[str, Any]) -> bool:
        condition = step.get("if", "true").strip()
        whole = EXPRESSION.fullmatch(condition)
        told = whole[1] if whole else condition
        return bool(self._evaluate(told)) and ("cancelled()" in told or not self.failed)

    def _run(self, step: Mapping[str, Any]) -> None:
        self.ran.append(step["name"])
        own = {name: self._fill(value) for name, value in step.get("env", {}).items()}
        told = self.folder / ".step-output"
        told.write_text("", encoding="utf-8")
        places = {"RUNNER_TEMP": str(self.folder), "GITHUB_ACTION_PATH": str(ROOT), "GITHUB_OUTPUT": str(told)}
        done = run_bash(step["run"], folder=self.folder, environ={**self.environ, **places, **own})
        lines = told.read_text(encoding="utf-8").splitlines()
        self.steps[step.get("id", step["name"])] = dict(line.split("=", 1) for line in lines)
        told.unlink()
        self.output += done.stdout + done.stderr
        self.failed = self.failed or done.returncode != 0

    def _fill(self, value: str) -> str:
        return EXPRESSION.sub(lambda found: str(self._evaluate(found[1])), value)

    def _evaluate(self, expression: str) -> Any:
        """Evaluate the few words of GitHub's expressions that the action uses; any other word is an error."""
        words = {"&&": " and ", "||": " or ", "!cancelled()": " True ", "true": "True"}
        texts = re.split(r"('[^']*')", expression)
        for index in range(0, len(texts), 2):
            for word, meaning in words.items():
                texts[index] = texts[index].replace(word, meaning)
            texts[index] = re.sub(r"[a-z]+(?:\.[a-z_-]+)+", lambda found: repr(self._look_up(found[0])), texts[index])
        return eval("".join(texts), {"__builtins__": {}})  # noqa: S307 - our own file, a closed list of words

    def _look_up(self, name: str) -> str:
        known = {
            "github.event_name": self.event,
            "github.token": self.environ["JOB_TOKEN"],
            "runner.temp": str(self.folder),
        }
        if name.startswith("steps."):
            _, step, _, output = name.split(".")
            return self.steps.get(step, {}).get(output, "")
        return known[name] if name in known else self.inputs[name.removeprefix("inputs.")]
