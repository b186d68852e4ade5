"""A plan as one HTML file that needs no network: made for a CI artifact, safe against whatever a vendor or a branch says.

Autoescape is on, every text is made visible before it is escaped, and the content security policy allows this
very style and this very script by their hashes, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

from reconciler.engine.merge_plans import name_some
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.exemption import Ignored
from reconciler.model.plan import Cause, Plan, Status, Subject
from reconciler.model.plan_report import Part, PlanReport
from reconciler.report.calls import tell_legend
from reconciler.report.drift import turn
from reconciler.report.escape import escape_terminal
from reconciler.report.folding import fold_by_weight, group_troubles, name_many
from reconciler.report.html.calls import svg_calls
from reconciler.report.html.cards import Card, make_card
from reconciler.report.markdown.escape import prose
from reconciler.report.parts import name_part
from reconciler.report.phrases import (
    CAUSE_WORDS,
    STATUS_WORDS,
    choose_cause,
    count_noun,
    list_troubles,
    name_field,
    name_sides,
    name_status,
    name_subject,
    show_time,
    show_value,
    tell_scope,
    write_headline,
)
from reconciler.report.reach_words import tell_unseen
from reconciler.report.reading_order import sort_updates
from reconciler.report.source_links import SourceLinks, lie_within

_OPENED = 12
"""Up to how many updates all of them are open at first."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of the summary bar, in thousandths."""

    name: str
    word: str
    count: int
    start: int
    width: int


@dataclass(frozen=True, slots=True)
class _Notice:
    """A diagnostic or a resource in trouble."""

    tone: str
    word: str
    text: str
    address: str = ""
    advice: str = ""
    place: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class _PartView:
    """What is shown of a part; `head` is its line in the list of all, where there are several."""

    head: _Notice | None
    cards: list[Card]
    notices: list[_Notice]
    ignored: list[_Notice]
    in_sync: list[str]


@dataclass(frozen=True, slots=True)
class _Option:
    """A value to filter by."""

    value: str
    word: str
    count: int


@dataclass(frozen=True, slots=True)
class _Facet:
    """A property to filter by."""

    name: str
    title: str
    options: tuple[_Option, ...]


def render_html(plan: Plan, *, links: SourceLinks | None = None) -> str:
    """Return the report on one plan as one self-contained HTML document."""
    return render_report(PlanReport((Part(plan),), plan), links=links)


def render_report(report: PlanReport, *, links: SourceLinks | None = None) -> str:
    """Return one or several plans as one self-contained HTML document; of several each card names its part."""
    from jinja2 import Environment, PackageLoader
    from markupsafe import Markup

    def show(value: object) -> object:
        return escape_terminal(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    whole = turn(report.whole)
    views = [_view_part(part, links, several=len(report.parts) > 1) for part in report.parts]
    loader = PackageLoader("reconciler.report.html", "templates")
    environment = Environment(loader=loader, autoescape=True, finalize=show, trim_blocks=True, lstrip_blocks=True)
    environment.filters["ticks"] = lambda text: Markup(prose(text))  # noqa: S704 -- escaped where it is written
    cards = [card for view in views for card in view.cards]
    trusted = {
        "style": _read_template("report.css"),
        "script": _read_template("report.js"),
        "picture": svg_calls(whole.calls, subject=whole.subject),
    }
    return environment.get_template("report.html.j2").render(
        **_describe_plan(whole),
        **{name: Markup(text) for name, text in trusted.items()},  # noqa: S704 -- our own files, and a picture escaped where it is drawn
        style_hash=_hash_source(trusted["style"]),
        script_hash=_hash_source(trusted["script"]),
        parts=[view.head for view in views if view.head],
        notices=[
            *(_write_diagnostic(note, links) for note in report.notes),
            *(notice for view in views for notice in view.notices),
        ],
        ignored=[notice for view in views for notice in view.ignored],
        in_sync=[address for view in views for address in view.in_sync],
        updates=cards,
        facets=_list_facets(cards),
        opened=len(cards) <= _OPENED,
        has_diff=any(field.rows for card in cards for field in card.fields),
    )


def _view_part(part: Part, links: SourceLinks | None, *, several: bool) -> _PartView:
    plan, links = turn(part.plan), lie_within(links, part.plan.project)
    label = name_part(part) if several else ""
    told = [_write_diagnostic(found.told, links) for found in fold_by_weight(plan.diagnostics)]
    ignored = [_write_ignored(each, links) for each in plan.ignored]
    return _PartView(
        head=_head_part(part, label) if several else None,
        cards=[make_card(update, links=links, part=label) for update in sort_updates(plan.updates)],
        notices=[_label(notice, label) for notice in (*_list_notices(plan), *told)],
        ignored=[_label(notice, label) for notice in ignored],
        in_sync=[
            f"{planned.address} ({label})" if label else planned.address
            for planned in plan.resources
            if planned.status is Status.IN_SYNC
        ],
    )


def _head_part(part: Part, label: str) -> _Notice:
    """Return the line of a part in the list of all."""
    plan = turn(part.plan)
    about = f"read {show_time(plan.created_at)}, {name_some(part.sources)}"
    advice = " ".join(filter(None, (tell_scope(plan), f"{about[:1].upper()}{about[1:]}.")))
    return _Notice(tone="note", word=name_subject(plan), address=label, text=write_headline(plan), advice=advice)


def _label(notice: _Notice, label: str) -> _Notice:
    return replace(notice, text=f"{notice.text.rstrip('.')} — in {label}") if label else notice


def _read_template(name: str) -> str:
    return resources.files("reconciler.report.html").joinpath("templates", name).read_text(encoding="utf-8")


def _hash_source(text: str) -> str:
    """Return the source expression by which a content security policy allows a text."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _describe_plan(plan: Plan) -> dict[str, Any]:
    headline = write_headline(plan)
    title, _, lede = headline.partition(": ")
    return {
        "headline": headline,
        "title": title,
        "lede": f"{lede[:1].upper()}{lede[1:]}.",
        "environment": plan.environment,
        "subject": name_subject(plan),
        "drift": plan.subject is Subject.DRIFT,
        "sides": name_sides(plan.subject),
        "scope": tell_scope(plan),
        "unseen": tell_unseen(plan),
        "legend": tell_legend(plan.calls, subject=plan.subject),
        "made": show_time(plan.created_at),
        "requests": count_noun(plan.forecast_requests, "request")
        if plan.updates and plan.subject is Subject.PLAN
        else "",
        "bar": _measure_bar(plan),
        "in_sync_told": f"{count_noun(plan.count(Status.IN_SYNC), 'resource')} in sync",
    }


def _measure_bar(plan: Plan) -> list[_Part]:
    causes = Counter(choose_cause(update) for update in plan.updates)
    counted = [(cause.value, word, causes[cause]) for cause, word in CAUSE_WORDS.items()]
    counted.append(("trouble", "in trouble", len(list_troubles(plan))))
    counted.append(("sync", STATUS_WORDS[Status.IN_SYNC], plan.count(Status.IN_SYNC)))
    total = sum(count for *_, count in counted)
    parts: list[_Part] = []
    done = 0
    for name, word, count in counted:
        start = 1000 * done // max(total, 1)
        done += count
        if count:
            parts.append(_Part(name, word, count, start, 1000 * done // total - start))
    return parts


def _list_notices(plan: Plan) -> Iterator[_Notice]:
    for planned, others in group_troubles(plan):
        word, more = name_status(planned), f"The same for {name_many(others)}." if others else ""
        yield _Notice(planned.status.value, f"{word[:1].upper()}{word[1:]}", planned.reason, planned.address, more)


def _write_ignored(ignored: Ignored, links: SourceLinks | None) -> _Notice:
    live, declared = (show_value(value, secret=ignored.secret) for value in (ignored.live, ignored.declared))
    place = ignored.location
    return _Notice(
        tone="note",
        word=f"until {ignored.until}",
        address=ignored.address,
        text=f"{name_field(ignored.path)}: {live} stays, git says {declared}",
        advice=ignored.reason,
        place=f"{place.file}:{place.line}",
        href=links.link(place) if links else "",
    )


def _write_diagnostic(diagnostic: Diagnostic, links: SourceLinks | None) -> _Notice:
    place = diagnostic.location
    return _Notice(
        tone=diagnostic.severity.value,
        word=diagnostic.severity.value.capitalize(),
        text=diagnostic.message,
        advice=diagnostic.advice,
        place=f"{place.file}:{place.line}" if place else "",
        href=links.link(place) if links and place else "",
    )


def _list_facets(cards: list[Card]) -> list[_Facet]:
    """Return what can be filtered by: only properties that tell updates apart."""
    kinds = Counter(card.kind for card in cards)
    accounts = Counter(card.account for card in cards)
    causes = Counter(cause for card in cards for cause in card.causes.split("|"))
    risks = Counter(risk for card in cards for risk in card.risk.split("|") if risk)
    parts = Counter(card.part for card in cards if card.part)
    facets = [
        _Facet("part", "Plan", tuple(_Option(name, name, count) for name, count in parts.items())),
        _Facet("kind", "Kind", tuple(_Option(kind, kind.replace("_", " "), count) for kind, count in kinds.items())),
        _Facet("account", "Account", tuple(_Option(name, name, count) for name, count in sorted(accounts.items()))),
        _Facet("cause", "Cause", tuple(_Option(cause, CAUSE_WORDS[Cause(cause)], causes[cause]) for cause in CAUSE_WORDS if causes[cause])),
        _Facet("risk", "Risk", tuple(_Option(risk, risk, count) for risk, count in sorted(risks.items()))),
    ]  # fmt: skip
    return [facet for facet in facets if facet.options]
