"""`drift --accept`: write what was changed outside git back into the files, as edits of single values (law 12).

A value is written where it comes from. What comes from nowhere that could be written alone is left and named. In a project with
environments a value of the common files holds for all of them, while drift was seen in one: it goes into that one's file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from reconciler.app.adopt.source_files import SourceFiles
from reconciler.app.problem import Exit, Problem
from reconciler.config.edit.files import Edit, Edited, edit_text
from reconciler.config.edit.overlay import lay_into
from reconciler.config.edit.sources import InText, InYaml, Nowhere, Origin, find_origin, name_keys
from reconciler.config.text.writing import Spelled
from reconciler.config.values.shapes import ANY, Shape
from reconciler.config.values.validate import Knowledge
from reconciler.model.diagnostic import Diagnostic, Location, Severity
from reconciler.model.paths import Json, format_pointer, pick
from reconciler.model.plan import Cause, Change, Update
from reconciler.model.project import Declared

if TYPE_CHECKING:
    from reconciler.app.review.review import Review


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One field whose live value is to stand in git."""

    declared: Declared
    update: Update
    change: Change
    old: Json
    new: Json
    shape: Shape
    origin: Origin

    @property
    def name(self) -> str:
        """Name the field as the command takes it."""
        return f"{self.declared.address}{format_pointer(self.change.path)}"


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was written, and what was left, each with the reason."""

    updates: tuple[Update, ...]
    """The resources that were edited: `before` is what git had, `after` what is live."""
    files: tuple[str, ...]
    left: tuple[Diagnostic, ...]

    @property
    def exit_code(self) -> Exit:
        """Return 2 where drift is left."""
        return Exit.CHANGES if self.left else Exit.DONE


def accept(review: Review, *, wanted: Sequence[str] = (), conflicts: bool = False) -> Accepted:
    """Write the live values of drifted fields into the files; `wanted` are addresses or `address/field`, globs too.

    The files are checked once written: what would not be a valid project any more is put back, and said.
    """
    return _write(review, _choose(review, wanted, conflicts=conflicts))


def take_over(review: Review) -> Accepted:
    """Write the live value of every field that differs, whoever changed it: what is taken over was never applied from here."""
    return _write(review, [(update, change) for update in review.plan.updates for change in update.changes])


def _write(review: Review, chosen: Iterable[tuple[Update, Change]]) -> Accepted:
    files = SourceFiles(review.workspace)
    written, left = _edit_all(review, files, chosen)
    changed = files.save()
    return Accepted(tuple(_list_updates(review, written)), changed, left)


@dataclass(frozen=True, slots=True)
class Draft:
    """What accepting would make of the files, by path below the project folder; they are as they were."""

    accepted: Accepted
    contents: Mapping[str, bytes]


def draft_acceptance(review: Review, *, conflicts: bool = False) -> Draft:
    """Return the files as `accept` would write them, checked, without keeping them."""
    files = SourceFiles(review.workspace)
    written, left = _edit_all(review, files, _choose(review, (), conflicts=conflicts))
    contents = files.try_out()
    return Draft(Accepted(tuple(_list_updates(review, written)), tuple(contents), left), contents)


def _edit_all(
    review: Review, files: SourceFiles, chosen: Iterable[tuple[Update, Change]]
) -> tuple[list[Acceptance], tuple[Diagnostic, ...]]:
    """Change the files in memory; return what was written and what was left."""
    acceptances = [_describe(review, files, update, change) for update, change in chosen]
    left = [_leave(each, each.origin.reason) for each in acceptances if isinstance(each.origin, Nowhere)]
    written: list[Acceptance] = []
    for file, several in _group(acceptances, files).items():
        edited = _edit(file, several, files)
        refused = {edit.path: reason for edit, reason in edited.left}
        for each, keys in several:
            reason = refused.get(keys)
            left += [_leave(each, reason)] if reason else []
            written += [] if reason else [each]
        files.put(file, edited.text)
    return written, tuple(left)


def _list_updates(review: Review, written: Sequence[Acceptance]) -> Iterator[Update]:
    for update in review.plan.updates:
        done = [each for each in written if each.update is update]
        if done:
            changes = [
                replace(each.change, before=each.change.after, after=each.new, cause=Cause.CONFIG) for each in done
            ]
            yield replace(update, changes=tuple(changes))


def _choose(review: Review, wanted: Sequence[str], *, conflicts: bool) -> Iterator[tuple[Update, Change]]:
    causes = {Cause.DRIFT, Cause.CONFLICT} if conflicts else {Cause.DRIFT}
    moved = [(update, change) for update in review.plan.updates for change in update.changes if change.cause in causes]
    unmet = [name for name in wanted if not any(_is_named(name, update, change) for update, change in moved)]
    if unmet:
        raise Problem(*(_describe_unmet(name, review, conflicts=conflicts) for name in unmet), exit_code=Exit.USAGE)
    for update, change in moved:
        if not wanted or any(_is_named(name, update, change) for name in wanted):
            yield update, change


def _is_named(name: str, update: Update, change: Change) -> bool:
    address, slash, field = name.partition("/")
    below = format_pointer(change.path)
    return fnmatchcase(update.address, address) and (not slash or f"{below}/".startswith(f"/{field}/"))


def _describe_unmet(name: str, review: Review, *, conflicts: bool) -> Diagnostic:
    torn = any(
        change.cause is Cause.CONFLICT and _is_named(name, update, change)
        for update in review.plan.updates
        for change in update.changes
    )
    if torn and not conflicts:
        advice = "It changed in git too: --conflicts lets the live value win."
        return Diagnostic("conflict", f"{name} changed in git and outside git", advice=advice)
    advice = "`reconciler drift` shows what moved. Name an address, or address/field."
    return Diagnostic("unknown-target", f"nothing of {name!r} moved outside git", advice=advice)


def _describe(review: Review, files: SourceFiles, update: Update, change: Change) -> Acceptance:
    declared = next(each for each in review.resources if each.address == update.address)
    known = review.workspace.catalog.of(declared)
    shape = Knowledge(known).shape
    for key in change.path:
        shape = shape.fields.get(key, shape.extra or ANY)
    old = pick(declared.spec, change.path)
    new = _keep_order(old, change.before) if known.find_field(change.path).unordered else change.before
    obstacle = _find_obstacle(review, declared, change)
    origin = Nowhere(obstacle) if obstacle else _find(files, declared, change)
    if isinstance(origin, InYaml) and origin.named:
        new = _name_object(review, declared, change, new)
    return Acceptance(declared, update, change, old, new, shape, origin)


def _find_obstacle(review: Review, declared: Declared, change: Change) -> str:
    """Say why the live value of a field can be declared nowhere; empty where it can."""
    if change.secret:
        return "it is a secret: its value is not known"
    known = review.workspace.catalog.of(declared).find_field(change.path)
    account = review.workspace.project.accounts[declared.account]
    clears = known.clearing == "null" or (known.clearing == "account" and account.clear_of(change.path[0]) != "refuse")
    return (
        ""
        if clears or not known.name or change.before is not None
        else "it is not set at the vendor, and null cannot be declared"
    )


def _find(files: SourceFiles, declared: Declared, change: Change) -> Origin:
    location: Location = declared.locate(change.path)
    keys = name_keys(location.file, kind=declared.kind, name=declared.address.partition(".")[2])
    origin = find_origin(
        files.yaml, location.file, keys, change.path, environment_file=files.environment_file, given=files.given
    )
    if not isinstance(origin, InText):
        return origin
    return _keep_to_world(origin, InYaml(location.file, (*keys, "spec", *change.path)), files, declared, change)


def _keep_to_world(text: InText, written: InYaml, files: SourceFiles, declared: Declared, change: Change) -> Origin:
    """Lay the value of a text that another environment reads too over this one: what moved was seen in this one only."""
    reader = files.find_reader(text.path, written.file, declared.address, change.path)
    if not reader:
        return text
    shared = files.is_shared(written.file, declared.address)
    return written if shared else Nowhere(f"{text.path} is read in the environment {reader} too")


def _keep_order(old: Json, live: Json) -> Json:
    """Return a set in the order in which it is declared, what is new behind it."""
    if not isinstance(old, list) or not isinstance(live, list):
        return live
    return [each for each in old if each in live] + [each for each in live if each not in old]


def _name_object(review: Review, declared: Declared, change: Change, new: Json) -> Json:
    """Return the reference to a declared object that a live id names; the id itself where none does."""
    pointed = review.workspace.catalog.of(declared).find_field(change.path).reference
    for each in review.workspace.project.resources if pointed else ():
        if each.provider == declared.provider and pointed and each.kind == pointed.kind and each.identity:
            named = dict(each.identity.parts)
            part = pointed.target if pointed.target in named else each.identity.parts[-1][0]
            if named[part] == new:
                suffix = "id" if len(named) == 1 else part
                return Spelled(f"${{{each.address}.{suffix}}}")
    return new


def _group(
    acceptances: Sequence[Acceptance], files: SourceFiles
) -> Mapping[str, list[tuple[Acceptance, tuple[str, ...]]]]:
    """Sort acceptances by the file to write, with the keys that lead to the value there."""
    groups: dict[str, list[tuple[Acceptance, tuple[str, ...]]]] = defaultdict(list)
    for each in acceptances:
        match each.origin:
            case InYaml(file, _) if files.is_shared(file, each.declared.address):
                overlay = ("resources", each.declared.address, "spec", *each.change.path)
                groups[files.environment_file].append((each, overlay))
            case InYaml(file, keys):
                groups[file].append((each, keys))
            case InText(path):
                groups[files.resolve(path)].append((each, ()))
    return groups


def _edit(file: str, several: Sequence[tuple[Acceptance, tuple[str, ...]]], files: SourceFiles) -> Edited:
    """Return the new text of a file."""
    if any(isinstance(each.origin, InText) for each, _ in several):
        return Edited(files.write_text_file(file, str(several[-1][0].new)))
    edits = [
        Edit(keys, each.old, each.new, each.shape, named=isinstance(each.origin, InYaml) and each.origin.named)
        for each, keys in several
    ]
    if file == files.environment_file:
        return lay_into(files.read(file), edits)
    return edit_text(files.read(file), edits)


def _leave(acceptance: Acceptance, reason: str) -> Diagnostic:
    return Diagnostic(
        code="not-accepted",
        message=f"{acceptance.name} is left as git has it: {reason}",
        severity=Severity.WARNING,
        advice="Edit it by hand, or put the vendor right with `reconciler apply`.",
        location=acceptance.change.location,
        address=acceptance.declared.address,
        path=format_pointer(acceptance.change.path),
    )
