"""Compare what needs no project with a bare Python: `--version`, `--help`, completion.

python benchmarks/startup.py [--times N]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from statistics import median

import stage

COMPLETION = {"_RECONCILER_COMPLETE": "bash_complete", "COMP_WORDS": "reconciler pl", "COMP_CWORD": "1"}
MAIN = "from reconciler.__main__ import main; import sys; sys.argv[0] = 'reconciler'; main()"
CASES: dict[str, tuple[list[str], dict[str, str]]] = {
    "python -c pass": (["-c", "pass"], {}),
    "import click alone": (["-c", "import click"], {}),
    "reconciler --version": (["-c", MAIN, "--version"], {}),
    "reconciler --help": (["-c", MAIN, "--help"], {}),
    "reconciler plan --help": (["-c", MAIN, "plan", "--help"], {}),
    "completion of `reconciler pl`": (["-c", MAIN], COMPLETION),
}


def start(arguments: list[str], environment: dict[str, str]) -> float:
    """Return the seconds that one start takes."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments],
        env={**stage.ENVIRONMENT, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=21, help="how often each is started; the median counts")
    options = parser.parse_args()
    print(stage.describe_machine())
    # In turns, so that a busy moment of the machine falls on all alike.
    taken: dict[str, list[float]] = {name: [] for name in CASES}
    for case in CASES.values():
        start(*case)
    for _ in range(options.times):
        for name, case in CASES.items():
            taken[name].append(start(*case))
    bare = median(taken["python -c pass"])
    for name, seconds in taken.items():
        own = median(seconds)
        note = f"{own / bare:.1f} of bare Python, {1000 * (own - bare):+.0f} ms"
        stage.show(name, f"{1000 * own:.0f} ms", note)


if __name__ == "__main__":
    main()
