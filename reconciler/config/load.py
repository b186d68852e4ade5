"""Load a project: find it, read its settings and its files, and declare its resources."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Final

from reconciler.config.account_choice import ACCOUNT_KEY
from reconciler.config.discover import (
    PROJECT_FILE,
    find_below,
    find_misnamed,
    find_project,
    list_environments,
    list_files,
)
from reconciler.config.environments.environment_file import (
    NOTHING,
    EnvironmentFile,
    read_environment,
    sets_only_variables,
)
from reconciler.config.environments.overlays import Overlays
from reconciler.config.findings import Findings
from reconciler.config.grounds import NO_GROUNDS, Grounds, find_environments
from reconciler.config.references.link import link_references
from reconciler.config.resources import ResourceReader
from reconciler.config.settings.project_file import Settings, read_default_environment, read_settings
from reconciler.config.settings.section import Section, read_section
from reconciler.config.settings.variables import collect_variables
from reconciler.config.suggest import COMPARISONS, find_nearest, limit_suggestions, suggest
from reconciler.config.text.events import parse_document
from reconciler.config.text.positions import Document
from reconciler.config.text.reading import MAX_CONFIG_BYTES, FileReader, ReadError
from reconciler.config.text.source import START, Source, pack_place, quote
from reconciler.config.values.interpolate import Interpolator
from reconciler.config.values.secrets import Absence, SecretSource
from reconciler.model.collector import pause_collector
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.project import Account, Declared, Project
from reconciler.model.resource_type import Catalog

ENVIRONMENT_VARIABLE: Final = "RECONCILER_ENV"
"""Chooses an environment where the command line does not."""

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_NAMED: Final = 3
"""Keys of a file of another tool that are named."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading a project gave: `project` is None where any diagnostic is an error. `files` counts the files read."""

    project: Project | None
    diagnostics: tuple[Diagnostic, ...]
    files: int
    environment: str | None = None
    """The environment that was chosen."""
    undecided: tuple[str, ...] = ()
    """The project's environments, where it has some and none was chosen."""
    complete: bool = True
    """Whether the project means something without an environment: where none lays more than variables over it."""
    grounds: Grounds = NO_GROUNDS
    """What was read for it."""
    sound: Project | None = None
    """The project with those of its resources only that no error is about; None where one is about more than resources."""
    unplaced: tuple[Declared, ...] = ()
    """Resources that do not say yet which live object they are, where that is no mistake."""


def load_project(
    root: Path,
    *,
    catalog: Catalog,
    environment: str | None = None,
    variables: Mapping[str, str] = _NOTHING,
    environ: Mapping[str, str] = os.environ,
    absent_secrets: Absence = "refuse",
    placed: bool = True,
) -> Loaded:
    """Load the project that a folder belongs to: the nearest `reconciler.yaml` from there upwards.

    Never raises for what a user wrote: all errors of the project are in the diagnostics together, ordered by file, line
    and column. `variables` are those of the command line and win over all others. `absent_secrets`
    says what a secret that is not set means. Without `placed` a resource may leave out which live object it is.
    """
    folder = find_project(root)
    if folder is None:
        missing = f"there is no {PROJECT_FILE} in {quote(str(root))} or above"
        return Loaded(None, (Diagnostic("no-project", missing, advice=_advise_project(root)),), 0)
    with pause_collector(), limit_suggestions(COMPARISONS):
        loader = _Loader(folder, catalog, environ, absent_secrets, placed=placed)
        project = loader.load(environment, variables)
        loader.close()
    return Loaded(
        project=None if loader.findings.errors else project,
        diagnostics=loader.findings.sort(),
        files=loader.files,
        environment=loader.environment,
        undecided=loader.undecided,
        complete=loader.complete,
        grounds=loader.grounds,
        sound=_keep_sound(project, loader) if project and loader.findings.errors else project,
        unplaced=tuple(loader.unplaced),
    )


def _advise_project(root: Path) -> str:
    """Say where a project may be that somebody looked for in the wrong place, or how to begin one."""
    if misnamed := find_misnamed(root):
        return f"{quote(misnamed.name)} is there: call it {PROJECT_FILE}."
    if below := [quote(str(root / name)) for name in find_below(root)]:
        others = f" (or {', '.join(below[1:_NAMED])})" if below[1:] else ""
        return f"One lies in {below[0]}{others}: name its folder with -C."
    return "Run `reconciler init` to begin one, or name its folder with -C."


def _keep_sound(project: Project, loader: _Loader) -> Project | None:
    """Leave out what an error is about, and what takes values from others: one of them may be wrong."""
    blamed = loader.findings.list_blamed()
    if blamed is None:
        return None
    left = blamed | loader.linked
    return replace(project, resources=tuple(each for each in project.resources if each.address not in left))


def _read_sections(sections: Iterable[Section], reader: ResourceReader) -> Iterator[Declared]:
    """Yield the resources of each file, and let go of all else in it before the next one is parsed."""
    for section in sections:
        if section.node:
            yield from reader.read_resources(section.document)
        section.document.places.close()


class _Loader:
    """The loading of one project."""

    def __init__(
        self, root: Path, catalog: Catalog, environ: Mapping[str, str], absence: Absence, *, placed: bool
    ) -> None:
        self._absence: Absence = absence
        self._placed = placed
        self.unplaced: list[Declared] = []
        self._root = root
        self._reader = FileReader(root)
        self._catalog = catalog
        self._environ = environ
        self.findings = Findings()
        self.files = 0
        self.environment: str | None = None
        self._named_by: Section | None = None
        self.undecided: tuple[str, ...] = ()
        self.complete = True
        self.linked: frozenset[str] = frozenset()
        """Addresses of the resources that refer to others."""
        self._sources: dict[str, Source] = {}
        self._exclude: tuple[str, ...] = ()
        self._listed: tuple[str, ...] = ()
        self._environments = find_environments(root)

    @property
    def grounds(self) -> Grounds:
        """What was found and read so far."""
        return Grounds(self._exclude, self._listed, self._environments, self._reader.digests)

    def load(self, environment: str | None, variables: Mapping[str, str]) -> Project | None:
        """Read everything; None where `reconciler.yaml` cannot be understood at all."""
        main = self._read_section(PROJECT_FILE, "reconciler.yaml")
        if main is None:
            return None
        self._choose(main, environment)
        laid = self._read_environment(self.environment)
        known = collect_variables(laid.variables, environ=self._environ, variables=variables, findings=self.findings)
        settings = read_settings(main, environment=laid, catalog=self._catalog, environ=self._environ)
        reader = ResourceReader(
            self._catalog,
            settings.accounts,
            interpolator=Interpolator(self._reader, known),
            secrets=SecretSource(self._environ, self._absence),
            overlays=Overlays(laid.resources, kinds=self._catalog.kinds),
            findings=self.findings,
            placed=self._placed,
        )
        read = list(_read_sections(chain((main,), self._read_files(settings)), reader))
        read += reader.read_own()
        self.linked = frozenset(reader.unlinked)
        self.unplaced = reader.unplaced
        resources = link_references(
            read,
            list(reader.unlinked.values()),
            addresses=reader.addresses,
            absent=reader.absent,
            catalog=self._catalog,
            findings=self.findings,
        )
        resources.sort(key=lambda declared: declared.location)
        self._check_collisions(resources, settings.accounts)
        return Project(
            root=self._root,
            accounts=settings.accounts,
            resources=tuple(resources),
            guards=settings.guards,
            ledger=settings.ledger,
            environment=self.environment,
        )

    def _choose(self, main: Section, environment: str | None) -> None:
        """Choose the environment: the one asked for, that of `RECONCILER_ENV`, or the project's default."""
        default = self._environ.get(ENVIRONMENT_VARIABLE)
        self._named_by = main if environment is None and not default else None
        default = default or read_default_environment(main)
        self.environment = (default or None) if environment is None else environment
        self.undecided = () if self.environment is not None else tuple(list_environments(self._root))
        self.complete = all(sets_only_variables(self._reader, name) for name in self.undecided)

    def _read_environment(self, name: str | None) -> EnvironmentFile:
        if name is None:
            return NOTHING
        laid = read_environment(self._reader, name, findings=self.findings, named_by=self._named_by)
        if laid.source:
            self.files += 1
            self._sources[laid.source.file] = laid.source
        return laid

    def _read_files(self, settings: Settings) -> Iterator[Section]:
        self._exclude = settings.exclude
        self._listed = tuple(list_files(self._root, exclude=settings.exclude, unreadable=self._report_folder))
        for file in self._listed:
            section = self._read_section(file, "the file")
            if section:
                self._check_kinds(section)
                yield section

    def _read_section(self, file: str, title: str) -> Section | None:
        self.files += 1
        document = self._parse(file)
        return read_section(document, findings=self.findings, title=title) if document else None

    def _parse(self, file: str) -> Document | None:
        try:
            source = Source(file, self._reader.read(file, limit=MAX_CONFIG_BYTES))
        except ReadError as error:
            advice = error.advice
            self.findings.report(error.code, str(error), source=Source(file), place=START, advice=advice)
            return None
        self._sources[file] = source
        return parse_document(source, findings=self.findings)

    def close(self) -> None:
        """Give up the texts, of which only what is reported shows something."""
        for source in self._sources.values():
            source.forget_text()

    def _report_folder(self, error: OSError) -> None:
        folder = Path(error.filename or "").name
        message = f"the folder {quote(folder)} cannot be read: {error.strerror}"
        self.findings.add(Diagnostic("file-unreadable", message, advice="Check its permissions, or `exclude` it."))

    def _check_kinds(self, section: Section) -> None:
        kinds = self._catalog.kinds
        strange = [key for key in section.node if key not in kinds and key != ACCOUNT_KEY]
        if len(strange) == len(section.node) > 1 and not any(find_nearest(key, kinds) for key in strange):
            named = ", ".join(map(quote, strange[:_NAMED])) + (" and others" if strange[_NAMED:] else "")
            message, advice = f"no key of this file is a kind of resource: {named}", _advise_exclusion(section)
            self._report_kind(section, strange[0], message, advice)
            return
        for key in strange:
            advice = f"{suggest(key, kinds)} Leave other files out with `exclude` in reconciler.yaml."
            self._report_kind(section, key, f"{quote(key)} is not a kind of resource", advice.strip())

    def _report_kind(self, section: Section, key: str, message: str, advice: str) -> None:
        place, source = section.document.places.of_key(section.node, key), section.document.source
        self.findings.report("unknown-kind", message, source=source, place=place, advice=advice)

    def _check_collisions(self, resources: Iterable[Declared], accounts: Mapping[str, Account]) -> None:
        """Refuse two resources that are one live object: they would undo each other's changes for ever."""
        first: dict[object, Declared] = {}
        for declared in resources:
            wanted = declared.identity or frozenset(declared.match.items()) or declared.address
            base_url = accounts[declared.account].base_url
            other = first.setdefault((declared.provider, declared.kind, base_url, wanted), declared)
            if other is not declared and other.address != declared.address:
                self._report_collision(declared, other)

    def _report_collision(self, declared: Declared, other: Declared) -> None:
        how = "have the same id" if declared.identity else "match by the same keys"
        place = declared.location
        self.findings.report(
            "collision",
            f"{declared.address} and {other.address} ({other.location}) {how}",
            source=self._sources[place.file],
            place=pack_place(place.line - 1, place.column - 1),
            advice="Keep one of them: two would undo each other's changes.",
            address=declared.address,
        )


def _advise_exclusion(section: Section) -> str:
    """Say how a file of another tool is left out: by its name, or with its folder, which may hold others of ours."""
    folder, _, name = section.document.source.file.rpartition("/")
    globs = f"its name (`{name}`)" + (f" or its folder (`{folder}`)" if folder else "")
    return f"Is it of another tool? Leave it out with `exclude` in reconciler.yaml: {globs}."
