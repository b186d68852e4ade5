"""A ledger in object storage, from the command line: shared by two checkouts, and never a bucket of a pull request's choice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.stage import LINES, Stage, lines
from tests.ledger.samples import run_git
from tests.ledger.storage import BUCKET, Storage, serve_storage

LEDGER = f"s3://{BUCKET}/voice"
HEAD = LINES.replace("version: 1\n", f"version: 1\nledger: {LEDGER}\n")
PULL_REQUEST = {"GITHUB_BASE_REF": "main"}


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, Storage]]:
    with serve_storage() as storage:
        yield storage


@pytest.fixture
def storage(served: tuple[str, Storage], monkeypatch: pytest.MonkeyPatch) -> Storage:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", served[0])
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    served[1].reset()
    return served[1]


def in_cloud(stage: Stage) -> Stage:
    stage.environ["AWS_ALLOW_HTTP"] = "true"
    return stage


def commit_main(folder: Path) -> None:
    """Let `origin/main` hold the configuration as it is now, as a job's checkout has it."""
    run_git(folder, "init", "-q", "-b", "main")
    run_git(folder, "add", "--all")
    run_git(folder, "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-q", "-m", "Declare")
    run_git(folder, "remote", "add", "origin", str(folder.parent / "voice.git"))
    run_git(folder, "update-ref", "refs/remotes/origin/main", "HEAD")


def test_what_one_checkout_applies_another_attributes(storage: Storage, tmp_path: Path) -> None:
    one = in_cloud(lines(tmp_path / "one", head=HEAD))
    assert one.apply().code == 0
    assert storage.writes > 0
    assert not (tmp_path / "one/.reconciler/ledger").exists()
    assert "3 verified" in one.run("history").out
    other = in_cloud(Stage(tmp_path / "two", seed=one.seed, files={"reconciler.yaml": one.read("reconciler.yaml")}))
    other.app = one.app
    pc_0 = next(row for row in other.world.rows("galtea", "phoneConnections") if row["id"] == "pc_0")
    other.world.put("galtea", "phoneConnections", "pc_0", {**pc_0, "voice": "megan"})
    told = other.run("drift")
    assert told.code == 2
    assert "megan" in told.out
    assert "line-1" not in told.out


def test_a_bucket_that_only_a_pull_request_names_is_not_used(storage: Storage, tmp_path: Path) -> None:
    stage = in_cloud(lines(tmp_path))
    commit_main(tmp_path)
    stage.change("reconciler.yaml", "version: 1\n", f"version: 1\nledger: {LEDGER}\n")
    stage.environ |= PULL_REQUEST
    for command in ("plan", "drift", "history", "apply"):
        told = stage.run(command)
        assert told.code == 5, told.all
        assert f"names the ledger {LEDGER}, and main names files" in told.words
    assert stage.requests == []
    assert storage.writes == 0
    stage.environ["RECONCILER_ALLOWED_LEDGERS"] = f"gs://other, s3://{BUCKET}"
    assert stage.run("plan").code == 0
    del stage.environ["RECONCILER_ALLOWED_LEDGERS"]
    del stage.environ["GITHUB_BASE_REF"]
    assert stage.run("plan").code == 0


@pytest.mark.parametrize("folder", ["", "voice/us"])
def test_a_bucket_that_the_target_branch_names_is_used(storage: Storage, tmp_path: Path, folder: str) -> None:
    stage = in_cloud(lines(tmp_path / folder, head=HEAD))
    stage.environ |= PULL_REQUEST
    told = stage.run("plan")
    assert told.code == 5
    assert "what main names cannot be read here" in told.words
    commit_main(tmp_path)
    assert stage.run("plan").code == 0
    stage.change("reconciler.yaml", LEDGER, f"{LEDGER}-mine")
    assert stage.run("plan").code == 5
    assert storage.writes == 0


@pytest.mark.parametrize(
    "written", ["s3://bucket", "s3://", "http://bucket/x", "s3://Bucket/x", "s3://bucket/../x", "ftp"]
)
def test_what_is_no_place_for_a_ledger_is_told_with_its_place(tmp_path: Path, written: str) -> None:
    stage = lines(tmp_path, head=LINES.replace("version: 1\n", f"version: 1\nledger: {written}\n"))
    told = stage.run("validate")
    assert told.code == 3
    assert "reconciler.yaml:2:9" in told.all
    assert "s3://bucket/project" in told.words.replace(" ", "")
