"""The files of a project as texts that are written back whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Final

from reconciler.app.problem import Exit, Problem
from reconciler.app.workspace import Workspace, load
from reconciler.config.discover import ENVIRONMENTS, PROJECT_FILE, SUFFIXES, list_environments, list_files
from reconciler.config.edit.nodes import Scalar, compose
from reconciler.config.edit.sources import find_node
from reconciler.config.environments.overlays import ABSENT
from reconciler.config.settings.variables import PREFIX
from reconciler.config.text.reading import MAX_CONFIG_BYTES, MAX_INCLUDED_BYTES, FileReader, ReadError, read_text
from reconciler.config.values.interpolate import Interpolator
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.paths import FieldPath

_MARK: Final = b"\xef\xbb\xbf"


class SourceFiles:
    """Read on demand, changed in memory, saved together: a project that is not valid afterwards gets its files back."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._root = workspace.project.root
        self._texts: dict[str, str] = {}
        self._changed: dict[str, str] = {}

    @cached_property
    def yaml(self) -> Mapping[str, str]:
        """All YAML files that count in this environment, by name."""
        names = [PROJECT_FILE, *list_files(self._root, unreadable=lambda _: None)]
        names += [self.environment_file] if self.environment_file else []
        return {name: self.read(name) for name in names}

    @cached_property
    def environment_file(self) -> str:
        """The file of the chosen environment, "" for none."""
        return self._find_file(self._workspace.project.environment or "")

    @property
    def given(self) -> Mapping[str, str]:
        """Return the variables that come from elsewhere than the environment's file, and from where."""
        context = self._workspace.context
        named = {
            key.removeprefix(PREFIX): f"the environment variable {key}"
            for key in context.environ
            if key.startswith(PREFIX)
        }
        return named | dict.fromkeys(context.variables, "--var")

    def is_shared(self, file: str, address: str) -> bool:
        """Tell whether other environments read a resource from a file too."""
        if not self.environment_file or file.startswith(f"{ENVIRONMENTS}/"):
            return False
        return any(not self._is_absent(other, address) for other in self._others)

    def list_laid(self) -> frozenset[str]:
        """List the addresses that the chosen environment's file speaks of."""
        return self._list_resources(self.environment_file) if self.environment_file else frozenset()

    def list_laid_elsewhere(self) -> frozenset[str]:
        """List the addresses that files of other environments speak of."""
        return frozenset(address for other in self._others for address in self._list_resources(other))

    def _list_resources(self, file: str) -> frozenset[str]:
        node = find_node(compose(self.read(file)), ("resources",))
        return frozenset(key.value for key, _ in getattr(node, "entries", ()))

    def find_reader(self, path: str, file: str, address: str, field: FieldPath) -> str:
        """Name another environment that reads an included file too; empty where none does.

        The path is as written in a YAML file, at a field of a resource.
        """
        for other in self._others:
            node = compose(self.read(other))
            laid = find_node(node, ("resources", address, "spec", *field)) is not None
            common = not file.startswith(f"{ENVIRONMENTS}/") and not laid and not self._is_absent(other, address)
            same = common and self.resolve(path, other) == self.resolve(path)
            if same or f"${{file:{path}}}" in self.read(other):
                return PurePosixPath(other).stem
        return ""

    @cached_property
    def _others(self) -> tuple[str, ...]:
        """The files of the environments that are not chosen."""
        own = self._workspace.project.environment
        return tuple(self._find_file(name) for name in list_environments(self._root) if name != own)

    def _find_file(self, environment: str) -> str:
        candidates = [f"{ENVIRONMENTS}/{environment}{suffix}" for suffix in SUFFIXES] if environment else []
        return next((file for file in candidates if (self._root / file).exists()), "")

    def _is_absent(self, file: str, address: str) -> bool:
        node = find_node(compose(self.read(file)), ("resources", address))
        return isinstance(node, Scalar) and node.value == ABSENT

    def resolve(self, path: str, environment_file: str | None = None) -> str:
        """Return the path of an included file with the variables of an environment put in: of the chosen one, or another."""
        file = self.environment_file if environment_file is None else environment_file
        known = {**self._read_variables(file), **dict(self._workspace.context.variables)}
        return Interpolator(FileReader(self._root), known).expand(path)

    def _read_variables(self, environment_file: str) -> dict[str, str]:
        environ = self._workspace.context.environ
        named = {key.removeprefix(PREFIX): value for key, value in environ.items() if key.startswith(PREFIX)}
        node = find_node(compose(self.read(environment_file)), ("vars",)) if environment_file else None
        entries = getattr(node, "entries", ())
        return {key.value: value.value for key, value in entries if isinstance(value, Scalar)} | named

    def read(self, file: str) -> str:
        """Return a file's text as it is now, line ends as they stand; raise Problem where it cannot be read."""
        if file not in self._texts:
            limit = MAX_CONFIG_BYTES if file.endswith(SUFFIXES) else MAX_INCLUDED_BYTES
            try:
                self._texts[file] = read_text(self._root / file, root=self._root, limit=limit)
            except ReadError as error:
                raise Problem(
                    Diagnostic(error.code, f"{file}: {error}", advice=error.advice), exit_code=Exit.INVALID
                ) from error
        return self._changed.get(file, self._texts[file])

    def write_text_file(self, file: str, value: str) -> str:
        """Return an included file's text with another value: its line ends and the one at its end stay."""
        before = self.read(file)
        newline = "\r\n" if "\r\n" in before else "\n"
        return value.replace("\n", newline) + (newline if before.endswith("\n") else "")

    def put(self, file: str, text: str) -> None:
        """Change a file in memory."""
        if text != self.read(file):
            self._changed[file] = text

    def save(self) -> tuple[str, ...]:
        """Write the changed files, each whole; return their names. What makes the project invalid is put back and said."""
        self._write_checked()
        return tuple(self._changed)

    def try_out(self) -> Mapping[str, bytes]:
        """Return the changed files as `save` would leave them, checked; the files themselves are as they were."""
        before = self._write_checked()
        contents = {file: self._place(file).read_bytes() for file in self._changed}
        self._put_back(before)
        return contents

    def _write_checked(self) -> Mapping[str, bytes]:
        before = {file: self._place(file).read_bytes() for file in self._changed}
        for file, text in self._changed.items():
            mark = _MARK if before[file].startswith(_MARK) else b""
            self._write(file, mark + text.encode())
        broken = self._check()
        if broken:
            self._put_back(before)
            raise Problem(*broken, exit_code=Exit.INVALID)
        return before

    def _put_back(self, before: Mapping[str, bytes]) -> None:
        for file, content in before.items():
            self._write(file, content)

    def _place(self, file: str) -> Path:
        return (self._root / file).resolve()

    def _write(self, file: str, content: bytes) -> None:
        from reconciler.ledger.atomic import write_file

        place = self._place(file)
        try:
            write_file(place, content=content, mode=place.stat().st_mode & 0o777)
        except OSError as error:
            advice = "Make the file writable. Nothing but files named so far was changed."
            raise Problem(
                Diagnostic("cannot-write", f"{file}: {os.strerror(error.errno or 0)}", advice=advice),
                exit_code=Exit.FAILED,
            ) from error

    def _check(self) -> tuple[Diagnostic, ...]:
        loaded = load(self._workspace.context, catalog=self._workspace.catalog)
        if loaded.project is not None or not self._changed:
            return ()
        advice = "The files are as they were. Accept other fields by name, or edit this one by hand."
        return (
            Diagnostic("not-accepted", "the files would not be a valid project with the live values", advice=advice),
            *(replace(found, excerpt="") for found in loaded.diagnostics),
        )
