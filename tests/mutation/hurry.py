"""A plugin of pytest for mutants: the same examples for each, the quickest tests first, and a failure is enough, however large."""

import json
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "mutants",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=25,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)
settings.load_profile("mutants")

STATS = Path("mutmut-stats.json")
"""What the tool wrote down of the run without a mutant, in the folder that it runs tests in."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the first failure come soon: a mutant is killed by the quickest test that notices it, or by running ten times as long.

    That is time of the processor: what is slow on a busy machine is not killed.
    """
    if STATS.exists():
        seconds = json.loads(STATS.read_text())["duration_by_test"]
        items.sort(key=lambda test: float(seconds.get(test.nodeid, 0.0)))
        signal.setitimer(signal.ITIMER_PROF, 5 + 10 * sum(float(seconds.get(test.nodeid, 0.0)) for test in items))


def pytest_sessionfinish() -> None:
    """End the limit: the tool goes on in the same process."""
    signal.setitimer(signal.ITIMER_PROF, 0)
