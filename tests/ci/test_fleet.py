"""The fleet of the examples: its scripts are run, as a matrix of jobs and on a Dask cluster in one process."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler import Result, open_project
from reconciler.app.ci.reviewed import find_last_applied
from reconciler.cli.options import Globals
from tests.ci.conftest import build_environ
from tests.ci.fake_forge import FakeForge
from tests.ci.test_workflow_runs import find_port, wait_for
from tests.ci.workflow_files import ROOT, WORKFLOWS, read_yaml, run_bash
from tests.ledger.samples import run_git

FLEET = ROOT / "examples" / "fleet"
SHARDS = ("000", "001")
"""Of twelve customers: ten, and two."""
MERGED = "Merge"


def run_script(name: str, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "USER": "tester"}
    command = [sys.executable, str(FLEET / name), *words]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fleet")
    done = run_script("generate.py", "fleet", "--customers", "12", folder=folder)
    assert (done.returncode, done.stdout) == (0, "12 customers in fleet\n"), done.stderr
    return folder / "fleet"


@pytest.fixture
def workspace(generated: Path, tmp_path: Path) -> Iterator[Path]:
    """A clone with the fleet, whose accounts all point at a sandbox that is served on loopback."""
    fleet = tmp_path / "fleet"
    shutil.copytree(generated, fleet)
    port = find_port()
    settings = (fleet / "reconciler.yaml").read_text(encoding="utf-8")
    at_home = f"{{base_url: 'http://127.0.0.1:{port}/v1', provider: fluents,"
    (fleet / "reconciler.yaml").write_text(settings.replace("{provider: fluents,", at_home), encoding="utf-8")
    (tmp_path / ".gitignore").write_text(".reconciler\n*.json\n")
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["-c", "user.name=t", "-c", "user.email=t@x", "commit", "-qm", MERGED]):  # fmt: skip
        run_git(tmp_path, *words)
    command = [sys.executable, "-m", "reconciler", "-C", str(fleet), "sandbox", "serve", "--port", str(port)]
    served = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port, served)
        yield tmp_path
    finally:
        served.send_signal(signal.SIGTERM)
        served.wait(timeout=20)


def read_script(job: str, step: str) -> str:
    (path,) = (path for path in WORKFLOWS if path.name == "fleet.yml")
    (script,) = (each["run"] for each in read_yaml(path)["jobs"][job]["steps"] if each.get("name") == step)
    return str(script).replace("{00,01,02,03,04,05,06,07,08,09}", f"{{{','.join(SHARDS)}}}")


def test_a_matrix_of_jobs_is_one_report_and_one_ledger(forge: FakeForge, workspace: Path) -> None:
    job = build_environ(forge, workspace) | {"GITHUB_WORKSPACE": str(workspace), "GITHUB_STEP_SUMMARY": str(workspace / "summary.md")}  # fmt: skip

    def run(name: str, step: str, environ: dict[str, str]) -> str:
        done = run_bash(read_script(name, step), folder=workspace, environ=environ)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def hold(shard: str, name: str = "plan") -> dict[str, str]:
        """Hand out the keys of one shard, and of no other: on a port, a world's name is its key."""
        names = [f"FLUENTS_CUSTOMER_{place:04}_KEY" for place in range(12)]
        named = {name: name for name in names if name.startswith(f"FLUENTS_CUSTOMER_{shard}")}
        kept = workspace / f"{name}-{shard}.env"
        run(name, "Hand out the keys", job | {"FLEET_KEYS": json.dumps(named), "GITHUB_ENV": str(kept)})
        handed = dict(line.split("=", 1) for line in kept.read_text(encoding="utf-8").splitlines())
        assert handed == named
        return {**handed, "SHARD": shard}

    for shard in SHARDS:
        assert "title=update-planned" in run("plan", "Plan", job | hold(shard))
    run("show", "Show the plans as one", job)
    run("show", "End as the worst plan did", job)
    report = json.loads((workspace / "plans.json").read_text(encoding="utf-8"))
    (merged,) = report["plans"]
    assert (report["summary"]["update"], report["summary"]["in_sync"]) == (12, 24)
    assert (merged["plan"]["scope"]["left_out"], merged["plan"]["project"]) == (0, "fleet")
    (comment,) = forge.comments[7]
    assert "2 plans as one: together they looked at all that is declared." in comment["body"]
    assert "customer-0011" in (workspace / "summary.md").read_text(encoding="utf-8")
    assert (workspace / "plans.html").read_text(encoding="utf-8").startswith("<!doctype html>")

    commit = run_git(workspace, "rev-parse", "HEAD")
    forge.merged[commit] = [7]
    after = job | {"GITHUB_EVENT_PATH": "", "GITHUB_REF": "refs/heads/main", "GITHUB_SHA": commit}
    for shard in SHARDS:
        assert "Every update was shown in #7." in run("apply", "Apply what was reviewed", after | hold(shard, "apply"))
    context = Globals(folder=str(workspace / "fleet"), environ={"PATH": os.environ["PATH"]}).build_context()
    assert find_last_applied(context, None, scope="--target *.customer-001*") == commit
    assert find_last_applied(context, None) == ""


def test_a_dask_cluster_makes_the_same_report_and_applies_it(generated: Path, tmp_path: Path) -> None:
    shutil.copytree(generated, tmp_path / "fleet")
    options = ("fleet", "--sandbox", "--shards", "4", "--workers", "3", "--report", "plans.md", "--apply")
    done = run_script("on_dask.py", *options, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "36 resources: 24 in_sync, 12 update",
        "The report is in plans.md.",
        "12 verified",
    ]
    report = (tmp_path / "plans.md").read_text(encoding="utf-8")
    assert "4 plans as one: together they looked at all that is declared." in report
    assert all(f"customer-{place:04}" in report for place in range(12))
    project = open_project(tmp_path / "fleet", sandbox=True, environ={"HOME": str(tmp_path)})
    assert project.plan().updates == ()
    assert sorted(run.counts[Result.VERIFIED] for run in project.history()) == [3] * 4
