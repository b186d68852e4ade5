"""Check a tree of modules against the plan of the house: who may import whom, and who is the only door to what."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOMS = ("cli", "api", "app", "sandbox", "report", "ledger", "forge", "remote", "engine", "vendors", "config", "model")
"""Upper rooms first: a room may import lower rooms only."""

ALONE = {"sandbox": frozenset({"model"})}
"""Rooms that may import less than their place allows: the sandbox is an independent model of the vendors."""

DOORS = {
    "click": ("cli",),
    "yaml": ("config",),
    "jsonschema": ("config",),
    "jsonschema_rs": ("config",),
    "httpx": ("remote", "forge", "sandbox.transport"),
    "httpx_retries": ("remote", "forge"),
    "aiolimiter": ("remote",),
    "starlette": ("sandbox",),
    "uvicorn": ("sandbox",),
    "sqlite3": ("sandbox",),
    "deepdiff": ("engine.diff",),
    "orjson": ("model.json_text",),
    "obstore": ("ledger.stores.bucket", "ledger.stores.objects"),
    "rich": ("report", "cli"),
    "jinja2": ("report", "cli"),
}
"""Library -> rooms or modules that may import it."""

PURE = frozenset({"engine", "model", "vendors"})
"""Rooms of pure functions: nothing there sends, waits, tells the time or draws lots."""

IMPURE_MODULES = frozenset({"asyncio", "datetime", "os", "random", "socket", "subprocess", "time", "urllib.request"})

BANNED_WORDS = frozenset(
    {"data", "info", "item", "obj", "manager", "handler", "processor", "helper", "utils", "common", "base", "misc"}
)
PROPER_WORDS = re.compile(r"base_?url|get_extra_info", re.IGNORECASE)
"""Words of the contract, and of what a library asks of its callers, that contain a banned one."""

LONGEST_MODULE = 350
TOP_MODULES = {"__init__": "api", "__main__": "cli"}
"""Modules outside the rooms, and the room whose rights they have."""


@dataclass(frozen=True, slots=True)
class Module:
    """One source file: its dotted name below the package, and its syntax tree."""

    name: str
    tree: ast.Module
    lines: int

    @property
    def room(self) -> str:
        first = self.name.partition(".")[0]
        return TOP_MODULES.get(first, first)


def read_modules(package: Path) -> list[Module]:
    modules = []
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)
        text = path.read_text(encoding="utf-8")
        modules.append(Module(name, ast.parse(text), text.count("\n")))
    return modules


def find_violations(package: Path) -> list[str]:
    modules = read_modules(package)
    return [
        violation
        for module in modules
        for violation in (
            *_check_rooms(module, package.name),
            *_check_doors(module),
            *_check_purity(module),
            *_check_names(module),
            *_check_length(module),
        )
    ]


def list_imports(module: Module, *, package: str = "") -> Iterator[tuple[str, int]]:
    """Yield every absolute dotted name that a module imports, wherever the import stands, with its line."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = f"{package}.{_climb(module.name, node.level)}".rstrip(".") if node.level else ""
            source = ".".join(part for part in (start, node.module or "") if part)
            yield from ((f"{source}.{alias.name}", node.lineno) for alias in node.names)
        elif isinstance(node, ast.Call) and _is_dynamic_import(node.func):
            yield from ((text, node.lineno) for text in _read_texts(node.args[:1]))


def _climb(name: str, level: int) -> str:
    return ".".join(name.split(".")[:-level])


def _is_dynamic_import(function: ast.expr) -> bool:
    return ast.unparse(function) in {"__import__", "importlib.import_module", "import_module"}


def _read_texts(nodes: list[ast.expr]) -> Iterator[str]:
    return (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))


def _check_rooms(module: Module, package: str) -> Iterator[str]:
    if module.room not in ROOMS:
        yield f"{module.name}: {module.room} is not a room of the house"
        return
    lower = frozenset(ROOMS[ROOMS.index(module.room) + 1 :])
    allowed = ALONE.get(module.room, lower) | {module.room}
    for imported, line in list_imports(module, package=package):
        whole, _, rest = imported.partition(".")
        target = rest.partition(".")[0]
        if whole == package and target in ROOMS and target not in allowed:
            yield f"{module.name}:{line} imports {imported}: {module.room} may not import {target}"


def _check_doors(module: Module) -> Iterator[str]:
    for imported, line in list_imports(module):
        library = imported.partition(".")[0]
        doors = DOORS.get(library)
        if doors is not None and not any(_stands_in(module.name, door) for door in doors):
            yield f"{module.name}:{line} imports {imported}: the only door to {library} is {' and '.join(doors)}"


def _stands_in(name: str, door: str) -> bool:
    return name == door or name.startswith(door + ".")


def _check_purity(module: Module) -> Iterator[str]:
    if module.room in PURE and module.name not in TOP_MODULES:
        for imported, line in list_imports(module):
            if any(_stands_in(imported, impure) for impure in IMPURE_MODULES):
                yield f"{module.name}:{line} imports {imported}: {module.room} is pure"


def _check_names(module: Module) -> Iterator[str]:
    named = [(module.name.rpartition(".")[2], 1)]
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    named += [(node.name, node.lineno) for node in ast.walk(module.tree) if isinstance(node, kinds)]
    for name, line in named:
        banned = BANNED_WORDS & set(split_words(PROPER_WORDS.sub("", name)))
        if banned:
            yield f"{module.name}:{line} is named {name}: {', '.join(sorted(banned))} says nothing"


def split_words(name: str) -> list[str]:
    """Split snake_case and CamelCase into lower-case words."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+", name)]


def _check_length(module: Module) -> Iterator[str]:
    if module.lines > LONGEST_MODULE:
        yield f"{module.name} has {module.lines} lines; {LONGEST_MODULE} is the most"
