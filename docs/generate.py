"""Write the pages of the documentation that are made from the product itself.

    python docs/generate.py             write docs/commands.md, docs/error-codes.md and docs/providers/*.md
    python docs/generate.py --check     write nothing; exit 1 and name the pages that are old

`--into DIR` writes or checks another folder, `--schemas DIR` reads other resource types.
"""

from __future__ import annotations

import argparse
import importlib
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import click

from reconciler.app.learn.code_pages import explain_code
from reconciler.app.learn.knowledge import explain_field, explain_kind, explain_part, explain_provider
from reconciler.cli.options import GLOBAL_OPTIONS
from reconciler.cli.root import COMMANDS, EPILOG, SECTIONS, root
from reconciler.model.codes import CODES
from reconciler.model.field import Field
from reconciler.model.resource_type import Catalog, Provider, ResourceType
from reconciler.report.text.explanation import Explanation, Facts, Listing
from reconciler.vendors import load_catalog, schema_folder

DOCS = Path(__file__).parent
MARKS = (
    "Marks say how we know: (D) documented by the vendor, (I) inferred, (M) measured, (U) unknown, so the safe reading "
    "was taken. [CONTRIBUTING](../../CONTRIBUTING.md#the-marks-of-vendor-facts) tells more."
)


def build_pages(schemas: Path) -> dict[str, str]:
    """Return every generated page: path below docs/ -> text."""
    catalog = load_catalog(schemas)
    pages = {f"providers/{name}.md": build_provider_page(name, catalog, schemas=schemas) for name in catalog.providers}
    return {"commands.md": build_commands_page(), "error-codes.md": build_codes_page(), **pages}


def build_codes_page() -> str:
    """Return the reference of diagnostic codes, in alphabetical order; each code is an anchor."""
    lines = [
        *_begin("Error codes", source="reconciler/model/codes.py and reconciler/app/learn/codes/"),
        "Each error, warning and note carries a code that stays the same over versions. `reconciler explain CODE` tells what",
        "stands here: why there is such a code, what is wrong, and what is right. Where an example shows no reconciler.yaml, it is",
        "`version: 1` with an account of each vendor. All that have files or commands are run by our tests.",
    ]
    for code in sorted(CODES):
        lines += ["", f"## {code}", "", escape(CODES[code]), *_write_listings(explain_code(code).listings)]
    return _end(lines)


def _write_listings(listings: Iterable[Listing]) -> Iterator[str]:
    for listing in listings:
        yield from ("", f"**{listing.heading}.** {escape(listing.text)}".rstrip())
        yield from ("", "```text", *listing.lines, "```") if listing.lines else ()


def build_commands_page() -> str:
    """Return the command reference, in the order of `reconciler --help`."""
    lines = [
        *_begin("Commands", source="the commands themselves"),
        "`reconciler [OPTIONS] COMMAND`. What each exit status means stands in [Exit codes](exit-codes.md).",
        "",
        *_list_options(GLOBAL_OPTIONS, root, "reconciler", title="Global options, before or after the command"),
        *_show_examples(EPILOG),
    ]
    for section, commands in SECTIONS.items():
        links = ", ".join(f"[{name}](#{name})" for name in commands)
        lines += ["", f"**{section}**: {links}"]
    for name, (module, _) in COMMANDS.items():
        command: click.Command = getattr(importlib.import_module(module), name)
        lines += _describe_command(command, name, level=2)
    return _end(lines)


def _describe_command(command: click.Command, name: str, *, level: int) -> Iterator[str]:
    context = click.Context(command, info_name=f"reconciler {name}")
    # Global options have no place in the usage line of each command: they stand at the top of the page.
    yield from ("", f"{'#' * level} {name}", "", *_list_paragraphs(command.help or ""))
    yield from ("", "```text", f"{context.command_path} {' '.join(command.collect_usage_pieces(context))}", "```")
    own = [parameter for parameter in command.get_params(context) if parameter not in GLOBAL_OPTIONS]
    options = list(_list_options(own, command, name, title="Options"))
    yield from ["", *options] if options else []
    yield from _show_examples(command.epilog or "")
    if isinstance(command, click.Group):
        for below in command.commands.values():
            yield from _describe_command(below, f"{name} {below.name}", level=level + 1)


def _list_paragraphs(text: str) -> Iterator[str]:
    paragraphs = [" ".join(part.split()) for part in text.replace("\b", "").split("\n\n")]
    for number, paragraph in enumerate(part for part in paragraphs if part):
        yield from ([""] if number else []) + [escape(paragraph)]


def _list_options(
    parameters: Iterable[click.Parameter], command: click.Command, name: str, *, title: str
) -> Iterator[str]:
    context = click.Context(command, info_name=name)
    # Arguments stand in the usage line, and every command has --help.
    options = [each for each in parameters if isinstance(each, click.Option) and "--help" not in each.opts]
    records = filter(None, (option.get_help_record(context) for option in options))
    rows = [(f"`{option}`", escape(" ".join(help_text.split()))) for option, help_text in records]
    if rows:
        yield from _write_table((title, ""), rows)


def _show_examples(epilog: str) -> Iterator[str]:
    lines = [line.strip() for line in epilog.replace("\b", "").splitlines()]
    examples = [line for line in lines if line and line != "Examples:"]
    if examples:
        yield from ("", "```text", *examples, "```")


def build_provider_page(name: str, catalog: Catalog, *, schemas: Path) -> str:
    """Return all that is known of one vendor: its API, its kinds, each field."""
    provider = catalog.providers[name]
    lines = [*_begin(provider.title, source=f"schemas/{name}/"), *_describe_provider(provider, catalog), "", MARKS]
    for known in catalog.all_types:
        if known.provider == name:
            notes = _read_notes(schemas / name / known.api / f"{known.kind}.json")
            lines += _describe_kind(known, catalog, notes)
    return _end(lines)


def _describe_provider(provider: Provider, catalog: Catalog) -> Iterator[str]:
    explained = explain_provider(provider, catalog)
    yield from (escape(explained.text), "", *_write_facts(explained.facts[0]))


def _read_notes(source: Path) -> Mapping[str, str]:
    """Read what the schema file says of each endpoint."""
    endpoints = json.loads(source.read_text(encoding="utf-8"))["x-endpoints"]
    return {name: endpoint["description"] for name, endpoint in endpoints.items() if "description" in endpoint}


def _describe_kind(known: ResourceType, catalog: Catalog, notes: Mapping[str, str]) -> Iterator[str]:
    explained = explain_kind(known, catalog)
    general, *tables = explained.facts
    before = _name_generation(known)
    yield from (
        "",
        f"## {before}{known.kind}",
        "",
        f"**{known.title}.** {escape(explained.text)}",
        "",
        *_write_facts(general),
    )
    if notes:
        yield from ("", "**What is known of the requests**", "")
        yield from (f"- {name}: {escape(note)}" for name, note in notes.items())
    for table in tables:
        linked = Facts(tuple((_link(known, field), text) for field, text in table.rows), table.heading)
        yield from ("", f"**{table.heading}**", "", *_write_facts(linked))
    yield from ("", f"### Which live object{f' of {before.strip()}' if before else ''}")
    for part in known.identity:
        explained_part = explain_part(known, part)
        # Without the kind, so that it is not taken for the field of that name.
        yield from _describe_part(explained_part, title=before + _name(explained_part).removeprefix(f"{known.kind}."))
    yield from ("", f"### Fields of {before}{known.kind}")
    for path, field in _walk(known.fields):
        explained_field = explain_field(known, path, field)
        yield from _describe_part(explained_field, title=before + _name(explained_field))


def _name_generation(known: ResourceType) -> str:
    """Tell the headings of another generation from those of the default one."""
    return f"{known.api}: " if known.api else ""


def _walk(fields: Mapping[str, Field], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Field]]:
    for name, known in fields.items():
        yield (*above, name), known
        yield from _walk(known.fields, (*above, name))


def _name(explained: Explanation) -> str:
    """Return a title without the provider, which the page is about."""
    return explained.title.partition(" (")[0]


def _describe_part(explained: Explanation, *, title: str) -> Iterator[str]:
    yield from ("", f"#### {title}", "", escape(explained.text), "")
    for facts in explained.facts:
        yield from (f"- {label}: {_show(label, text)}" for label, text in facts.rows)


def _show(label: str, text: str) -> str:
    return f"`{text}`" if label == "must match" else escape(text)


def _link(known: ResourceType, field: str) -> str:
    return f"[{field}](#{make_anchor(f'{_name_generation(known)}{known.kind}.{field}')})"


def make_anchor(heading: str) -> str:
    """Return the anchor that code hosts give a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _write_facts(facts: Facts) -> Iterator[str]:
    return _write_table(("", ""), [(label, escape(text)) for label, text in facts.rows])


def _write_table(head: tuple[str, str], rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield from (f"| {head[0]} | {head[1]} |", "|---|---|")
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |"


def escape(text: str) -> str:
    """Escape what Markdown would obey, except between backticks."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return _escape_plain(text)
    return "`".join(part if number % 2 else _escape_plain(part) for number, part in enumerate(parts))


def _escape_plain(text: str) -> str:
    return re.sub(r"([\\*\[\]<>`])", r"\\\1", text)


def _begin(title: str, *, source: str) -> list[str]:
    return [f"<!-- Generated by docs/generate.py from {source}; do not edit. -->", "", f"# {title}", ""]


def _end(lines: Iterable[str]) -> str:
    return "\n".join(lines).rstrip("\n") + "\n"


def find_old(pages: Mapping[str, str], folder: Path) -> list[str]:
    """List the pages of a folder that differ from what they should be, and those that nothing generates any more."""
    old = [name for name, text in pages.items() if _read(folder / name) != text]
    return old + [
        name
        for name in (path.relative_to(folder).as_posix() for path in sorted((folder / "providers").glob("*.md")))
        if name not in pages
    ]


def _read(page: Path) -> str | None:
    return page.read_text(encoding="utf-8") if page.is_file() else None


def main() -> int:
    """Write or check the pages; return the exit status."""
    parser = argparse.ArgumentParser(description="Write the generated pages of the documentation.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a page is old")
    parser.add_argument("--into", type=Path, default=DOCS, metavar="DIR", help="another folder than docs/")
    parser.add_argument("--schemas", type=Path, default=schema_folder(), metavar="DIR", help="other resource types")
    options = parser.parse_args()
    pages = build_pages(options.schemas)
    old = find_old(pages, options.into)
    if options.check:
        sys.stdout.write("".join(f"{options.into / name} is old: run python docs/generate.py\n" for name in old))
        return 1 if old else 0
    for name in old:
        _replace(options.into / name, pages.get(name))
        sys.stdout.write(f"{options.into / name}\n")
    return 0


def _replace(page: Path, text: str | None) -> None:
    if text is None:
        page.unlink()
        return
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    sys.exit(main())
