"""What the tests of the ledger share: a team's repository, a storage, and one ledger in each store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .shared import KINDS, Shared
from .storage import CLOUD, Storage, serve_storage
from .team import Team


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return Team(tmp_path)


@pytest.fixture(scope="session")
def served() -> Iterator[tuple[str, Storage]]:
    with serve_storage() as storage:
        yield storage


@pytest.fixture
def cloud(served: tuple[str, Storage], monkeypatch: pytest.MonkeyPatch) -> Storage:
    """Give the process the environment that a CI job has: the cloud's own variables."""
    for name, value in {**CLOUD, "AWS_ENDPOINT_URL": served[0]}.items():
        monkeypatch.setenv(name, value)
    served[1].reset()
    return served[1]


@pytest.fixture(params=KINDS)
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Shared:
    """Return one ledger, of each kind in turn."""
    if request.param == "s3":
        request.getfixturevalue("cloud")
    return Shared(request.param, tmp_path / f"{tmp_path.name}-ledger")
