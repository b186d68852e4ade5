"""`explain`: find out what a name means, and tell what is known of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.app.context import Context
from reconciler.app.learn.code_pages import explain_code
from reconciler.app.learn.knowledge import (
    explain_catalog,
    explain_field,
    explain_kind,
    explain_part,
    explain_provider,
    find_field,
    name_path,
    show_value,
    sum_up_field,
)
from reconciler.app.problem import Exit, Problem
from reconciler.app.workspace import ask_environment, load
from reconciler.config.suggest import find_nearest
from reconciler.model.codes import CODES
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.paths import FieldPath, Json
from reconciler.model.project import Declared, Project
from reconciler.model.resource_type import Catalog, ResourceType
from reconciler.report.text.explanation import Explanation, Facts
from reconciler.vendors import load_catalog


def explain(context: Context, topic: str | None) -> tuple[Explanation, ...]:
    """Explain a kind, a field, a provider, an error code, an address of the project or a field of one.

    What the catalog knows is told without a project. Raises Problem where the topic means nothing (exit 64), or might
    be an address of a project that is not valid (exit 3).
    """
    catalog = load_catalog()
    if topic is None:
        return (explain_catalog(catalog),)
    name = topic.strip()
    known = tuple(_explain_known(name, catalog))
    declared = tuple(_explain_declared(context, name, catalog)) if _may_be_address(name, catalog) else ()
    if not known and not declared:
        raise _refuse(context, name, catalog)
    return (*declared, *known)


def _explain_known(name: str, catalog: Catalog) -> Iterator[Explanation]:
    if name in catalog.providers:
        yield explain_provider(catalog.providers[name], catalog)
    if name in CODES:
        yield explain_code(name)
    for known in catalog.all_types:
        if name in known.fields:
            yield explain_field(known, (name,), known.fields[name])
        for prefix in (known.kind, known.name):
            if name == prefix:
                yield explain_kind(known, catalog)
            elif name.startswith(f"{prefix}."):
                yield from _explain_place(known, tuple(name.removeprefix(f"{prefix}.").split(".")))


def _explain_place(known: ResourceType, path: FieldPath) -> Iterator[Explanation]:
    bare = path[1:] if path[0] == "spec" else path
    field = find_field(known, bare)
    if field is not None:
        yield explain_field(known, bare, field)
    for part in known.identity:
        if path in {("id", part.name), ("id",)} or (path == (part.name,) and field is None):
            yield explain_part(known, part)


def _may_be_address(name: str, catalog: Catalog) -> bool:
    return name.partition(".")[0] in catalog.kinds and "." in name


def _explain_declared(context: Context, name: str, catalog: Catalog) -> Iterator[Explanation]:
    """Explain a resource of the project, or a field of it; without a valid project only what the catalog knows is told."""
    project = _load_project(context, name, catalog)
    for declared in project.resources if project else ():
        if name == declared.address:
            yield _explain_resource(declared, project, catalog)
        elif name.startswith(f"{declared.address}."):
            known = catalog.of(declared)
            rest = tuple(name.removeprefix(f"{declared.address}.").removeprefix("spec.").split("."))
            field = find_field(known, rest)
            if field is not None or rest[0] in declared.spec:
                yield _explain_owned(declared, rest)
            yield from _explain_place(known, rest)


def _load_project(context: Context, name: str, catalog: Catalog) -> Project | None:
    loaded = load(context, catalog=catalog, checking=True)
    missing = any(diagnostic.code == "no-project" for diagnostic in loaded.diagnostics)
    if loaded.project is None and not missing and not any(_explain_known(name, catalog)):
        asked = ask_environment(loaded)
        raise Problem(*(asked or loaded.diagnostics), exit_code=Exit.USAGE if asked else Exit.INVALID)
    return loaded.project


def _explain_resource(declared: Declared, project: Project | None, catalog: Catalog) -> Explanation:
    known = catalog.of(declared)
    rows = [("declared", str(declared.location)), *_tell_account(declared, project), *_tell_object(declared)]
    rows += [("protected", "plan shows changes, apply refuses them")] if declared.protect else []
    rows += _tell_references(declared, project)
    rows += [
        ("ignored", f"{name_path(each.path)} until {each.until}: {each.reason}  ({each.location})")
        for each in declared.exemptions
    ]
    owned = tuple((name, _tell_value(declared, (name,), value)) for name, value in declared.spec.items())
    branch = known.union.choose(declared.spec) if known.union else None
    hidden = known.union.own_names() - branch.keys() if known.union and branch is not None else frozenset[str]()
    free = tuple(
        (name, sum_up_field(known.fields[name]))
        for name in known.owned_fields
        if name not in declared.spec and name not in hidden
    )
    facts = (
        Facts(tuple(rows)),
        Facts(owned, "Owned fields: git decides"),
        Facts(free, "Not owned: never compared, never sent"),
    )
    return Explanation(f"{declared.address}: {known.title}", facts=facts)


def _tell_account(declared: Declared, project: Project | None) -> Iterator[tuple[str, str]]:
    account = project.accounts[declared.account] if project else None
    if account:
        yield "account", f"{account.name}: {account.base_url}, key in {account.credential}"


def _tell_object(declared: Declared) -> Iterator[tuple[str, str]]:
    if declared.identity:
        parts = declared.identity.parts
        text = parts[0][1] if len(parts) == 1 else ", ".join(f"{name} {value}" for name, value in parts)
        yield "live object", text
    elif declared.sought:
        words = "the one with" if declared.sought.section == "id" else "the only one with"
        yield "live object", f"{words} {declared.sought}"
    else:
        keys = ", ".join(f"{name} {value!r}" for name, value in declared.match.items())
        yield "live object", f"the only one with {keys}"


def _tell_references(declared: Declared, project: Project | None) -> Iterator[tuple[str, str]]:
    """Say what it takes from others, and who takes something from it."""
    for use in declared.uses:
        where = ".".join((use.section, *use.path))
        for reference in use.template.references:
            yield "takes", f"{reference} for {where}  ({reference.location})"
    for other in project.resources if project else ():
        for reference in (one for use in other.uses for one in use.template.references):
            if reference.address == declared.address:
                yield "taken by", f"{other.address}, {reference}  ({reference.location})"


def _tell_value(declared: Declared, path: FieldPath, value: Json) -> str:
    return f"{show_value(value)}  ({declared.locate(path)})"


def _explain_owned(declared: Declared, path: FieldPath) -> Explanation:
    title = f"{declared.address}.{name_path(path)}"
    value: Json = declared.spec
    for key in path:
        if not isinstance(value, Mapping) or key not in value:
            return Explanation(
                title, "Not owned here: it is never compared and never sent. Declare it under spec to own it."
            )
        value = value[key]
    rows = (("declared", str(declared.locate(path))), ("value", show_value(value, longest=400)))
    return Explanation(title, "Owned: git decides.", (Facts(rows),))


def _refuse(context: Context, name: str, catalog: Catalog) -> Problem:
    topics = _list_topics(context, catalog)
    nearest = find_nearest(name, topics)
    advice = f"Did you mean `{topics[nearest]}`?" if nearest else "`reconciler explain` lists kinds and providers."
    message = f"{name!r} is no kind, field, provider, address or error code"
    return Problem(Diagnostic(code="unknown-topic", message=message, advice=advice), exit_code=Exit.USAGE)


def _list_topics(context: Context, catalog: Catalog) -> Mapping[str, str]:
    """List what could have been meant, by the whole name and, for fields and resources, by the last part of it."""
    project = load(context, catalog=catalog, checking=True).project
    dotted = [declared.address for declared in project.resources] if project else []
    dotted += [f"{known.kind}.{field}" for known in catalog.all_types for field in known.fields]
    short = {name.partition(".")[2]: name for name in reversed(dotted)}
    whole = (*catalog.kinds, *catalog.providers, *CODES, *dotted)
    return {**short, **{name: name for name in whole}}
