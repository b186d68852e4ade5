"""Say which small changes of the code no test notices.

    uv run --group mutation python -m tests.mutation.run engine/diff ledger/lock

Each mutant runs the tests of its room (rooms.toml) that reach it, in a copy of the project; those that mypy refuses run none.
A survivor is killed by a new test, or its code is deleted, or it is listed with its reason in survivors.toml; what is listed
there and survives no more is told too. What differs only in the wording of a sentence is counted apart. `--record` keeps the
counts, which the next run shows as `before`.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
COUNTS = HERE / "counts.json"
SENTENCE = re.compile(r'f?"(?:[^"\\]|\\.)* (?:[^"\\]|\\.)*"')
# As strict as pyproject.toml is, except for the marks that the tool writes into the code.
MYPY = [sys.executable, "-m", "mypy", "--config-file=", "--strict", "--warn-unreachable", "--no-warn-unused-ignores"]
MYPY += ["--output", "json", "--enable-error-code", "redundant-expr", "--enable-error-code", "truthy-bool"]
MYPY += ["--cache-dir", str(ROOT / "build" / "mypy")]
Key: TypeAlias = tuple[str, str, str, str]
"""Module, function, what was there, and what it becomes."""

ALIVE = {0: "survived", 33: "no test", 5: "no test", None: "not run", 255: "not run"}


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that no test noticed: what was in its function, and what stands there instead."""

    module: str
    name: str
    status: str
    was: str
    becomes: str

    @property
    def function(self) -> str:
        """The function's name, without the tool's marks and the mutant's number."""
        return re.sub(r"^x[_ǁ]|__mutmut_\d+$", "", self.name.rpartition(".")[2]).replace("ǁ", ".")

    @property
    def key(self) -> Key:
        """What survivors.toml knows it by."""
        return (self.module, self.function, self.was, self.becomes)

    def is_wording(self) -> bool:
        """Tell whether only the text of a sentence differs."""
        return SENTENCE.sub('""', self.was) == SENTENCE.sub('""', self.becomes)


def main() -> int:
    options = _parse_options()
    before, found = _read_counts(), dict[str, dict[str, int]]()
    listed = _read_listed()
    amiss = _tell_gone(listed)
    for tests, modules in _group_by_tests(options.modules).items():
        scratch = ROOT / "build" / "mutation" / modules[0].replace("/", "-")
        _prepare(scratch, modules, tests=tests)
        _run_tool(scratch, jobs=options.jobs, quiet=not options.verbose)
        for module in modules:
            codes = _read_exit_codes(scratch, module)
            survivors = list(_list_survivors(scratch, module, codes))
            found[module] = _count(codes, survivors)
            amiss += _print_module(module, found[module], before.get(module), survivors, listed)
    if options.record:
        counts = {module: each for module, each in (_read_counts() | found).items() if _find_source(module).is_file()}
        COUNTS.write_text(json.dumps(counts, indent=2, sort_keys=True) + "\n")
    return 1 if amiss else 0


def _read_counts() -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = json.loads(COUNTS.read_text()) if COUNTS.exists() else {}
    return counts


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("modules", nargs="+", help="modules or rooms below reconciler/: engine/diff, remote/writing")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="mutants at once")
    parser.add_argument("--record", action="store_true", help=f"keep the counts in {COUNTS.name}")
    parser.add_argument("--verbose", action="store_true", help="show what the tool prints")
    return parser.parse_args()


def _group_by_tests(names: Sequence[str]) -> dict[tuple[str, ...], list[str]]:
    groups: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        for module in _expand(name):
            groups.setdefault(_choose_tests(module), []).append(module)
    return groups


def _expand(name: str) -> list[str]:
    package = ROOT / "reconciler"
    if _find_source(name).is_file():
        return [name]
    inner = [path for path in sorted((package / name).glob("*.py")) if path.name != "__init__.py"]
    if not inner:
        sys.exit(f"{name}: there is no such module below reconciler/.")
    return [path.relative_to(package).with_suffix("").as_posix() for path in inner]


def _find_source(module: str) -> Path:
    return ROOT / "reconciler" / f"{module}.py"


def _prepare(scratch: Path, modules: Sequence[str], *, tests: Sequence[str]) -> None:
    """Copy the project to where nothing is lost, with the tool's settings for some modules."""
    shutil.rmtree(scratch, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (scratch / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, scratch / name)
    files = [f"reconciler/{module}.py" for module in modules]
    settings = {
        "source_paths": ["reconciler"],
        "only_mutate": files,
        "also_copy": sorted(each.name for each in scratch.iterdir() if each.name not in {"reconciler", ".git"}),
        "pytest_add_cli_args": ["-n0", "-p", "tests.mutation.hurry"],
        "pytest_add_cli_args_test_selection": list(tests),
        "type_check_command": [*MYPY, *files],
        "timeout_multiplier": 100.0,  # hurry.py has a limit of its own, in time of the processor
        "process_isolation": "forkserver",  # a library that has begun to work does not survive a fork
        "use_git_change_detection": False,
    }
    with (scratch / "pyproject.toml").open("a") as file:
        file.write("\n[tool.mutmut]\n")
        file.writelines(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())


def _choose_tests(module: str) -> tuple[str, ...]:
    """Choose what rooms.toml names, else the tests of the same name."""
    rooms = tomllib.loads((HERE / "rooms.toml").read_text())["rooms"]
    for room in rooms:
        if any(module == each or module.startswith(f"{each}/") for each in room["modules"]):
            return tuple(room["tests"])
    mirror = f"tests/{module.partition('/')[0]}/test_{module.rpartition('/')[2]}.py"
    if not (ROOT / mirror).is_file():
        sys.exit(f"{module}: rooms.toml names no tests for it, and there is no {mirror}.")
    return (mirror,)


def _run_tool(scratch: Path, *, jobs: int, quiet: bool) -> None:
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(jobs)]
    environment = os.environ | {"PYTHONHASHSEED": "0"}  # the same examples for each mutant
    ran = subprocess.run(command, cwd=scratch, check=False, capture_output=quiet, text=True, env=environment)
    if ran.returncode:
        sys.exit(
            f"The mutants were not all run: exit code {ran.returncode}.\n{(ran.stdout or '')[-4000:]}{ran.stderr or ''}"
        )


def _read_exit_codes(scratch: Path, module: str) -> dict[str, int | None]:
    kept = json.loads((scratch / "mutants" / "reconciler" / f"{module}.py.meta").read_text())
    codes: dict[str, int | None] = kept["exit_code_by_key"]
    return codes


def _count(codes: Mapping[str, int | None], survivors: Sequence[Survivor]) -> dict[str, int]:
    alive = sum(code in ALIVE for code in codes.values())
    return {
        "mutants": len(codes),
        "killed": len(codes) - alive,
        "wording": alive - len(survivors),
        "survived": len(survivors),
    }


def _list_survivors(scratch: Path, module: str, codes: Mapping[str, int | None]) -> Iterator[Survivor]:
    """Yield what lives and differs in more than the wording of a sentence."""
    show = importlib.import_module("mutmut.mutation.diff_apply").get_diff_for_mutant
    for name, code in codes.items():
        if code in ALIVE:
            with chdir(scratch):
                lines = show(name, path=f"reconciler/{module}.py").splitlines()[2:]
            was, becomes = (" ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
            survivor = Survivor(module, name, ALIVE[code], was, becomes)
            if not survivor.is_wording():
                yield survivor


def _read_listed() -> frozenset[Key]:
    """Return the survivors that have a reason."""
    listed = tomllib.loads((HERE / "survivors.toml").read_text())["survivors"]
    return frozenset((each["module"], each["function"], each["was"], each["becomes"]) for each in listed)


def _tell_gone(listed: Iterable[Key]) -> int:
    """Print the listed modules that are no more, and count them."""
    gone = sorted({module for module, *_ in listed if not _find_source(module).is_file()})
    sys.stdout.writelines(f"{module}: survivors.toml lists it, and there is no such module\n" for module in gone)
    return len(gone)


def _print_module(
    module: str,
    counts: Mapping[str, int],
    before: Mapping[str, int] | None,
    survivors: Sequence[Survivor],
    listed: frozenset[Key],
) -> int:
    """Print what was found, and count what nobody explained and what is explained for nothing."""
    untold = [each for each in survivors if each.key not in listed]
    stale = sorted({key for key in listed if key[0] == module} - {each.key for each in survivors})
    told = len(survivors) - len(untold)
    lines = [f"{module}: " + ", ".join(f"{number} {name}" for name, number in counts.items()) + f", {told} listed"]
    if before:
        lines[0] += f" (before: {before['survived']} of {before['mutants']} survived)"
    lines += [f"  {each.status} in {each.function}\n    - {each.was}\n    + {each.becomes}" for each in untold]
    lines += [f"  listed, and no survivor, in {name}\n    - {was}\n    + {becomes}" for _, name, was, becomes in stale]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
    return len(untold) + len(stale)


if __name__ == "__main__":
    raise SystemExit(main())
