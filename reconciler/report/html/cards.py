"""One update as the HTML report shows it: plain values that the template only has to lay out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from reconciler.model.paths import MISSING, Json, Missing
from reconciler.model.plan import Change, Update
from reconciler.report.diff_words import Row, count_lines
from reconciler.report.markdown.escape import cut_line
from reconciler.report.phrases import (
    CAUSE_MEANINGS,
    CAUSE_WORDS,
    choose_cause,
    count_noun,
    diff_change,
    explain_cause,
    is_long_change,
    is_risky,
    list_risks,
    name_account,
    name_field,
    name_owner_before,
    name_owners,
    show_value,
    write_body,
)
from reconciler.report.reach_words import tell_consequences, tell_reach
from reconciler.report.source_links import SourceLinks

_LONGEST = 20_000
_PEEKED = 3


@dataclass(frozen=True, slots=True)
class Shown:
    """A value; `empty` where it is a word of ours, not the vendor's. `owner` says whose value it is."""

    text: str
    empty: bool = False
    owner: str = ""


@dataclass(frozen=True, slots=True)
class FieldView:
    """One changed field. `rows` is the diff of a text, else empty."""

    name: str
    href: str
    before: Shown
    after: Shown
    cause: str
    cause_word: str
    meaning: str
    told: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """One update. `causes` and `risk` hold their values with `|` between them, for the filter."""

    kind: str
    account: str
    account_told: str
    prefix: str
    name: str
    label: str
    identity: str
    place: str
    href: str
    cause: str
    cause_word: str
    causes: str
    risk: str
    risks: tuple[str, ...]
    protected: bool
    peek: str
    fields: tuple[FieldView, ...]
    method: str
    url: str
    body: str
    batch: str
    companions: str
    companions_told: str
    told: tuple[str, ...]
    part: str = ""
    """The part of a report of several plans that it belongs to."""


def make_card(update: Update, *, links: SourceLinks | None, part: str = "") -> Card:
    """Return what the template shows of an update."""
    from markupsafe import Markup, escape

    kind, dot, name = update.address.partition(".")
    cause = choose_cause(update)
    return Card(
        kind=update.kind, account=update.account, prefix=kind + dot, name=name, label=update.label, identity=str(update.identity),
        account_told=name_account(update),
        place=f"{update.location.file}:{update.location.line}", href=links.link(update.location) if links else "",
        cause=cause.value, cause_word=CAUSE_WORDS[cause], causes="|".join(sorted(update.causes)),
        risk="|".join(_list_marks(update)), risks=list_risks(update), protected=update.protected,
        peek="  ·  ".join(_list_peeks(update)), fields=tuple(_view_field(change, links) for change in update.changes),
        method=update.request.method, url=update.request.url,
        body=Markup("{}").format(escape(write_body(update))),
        batch=update.request.batch,
        companions=", ".join(update.request.companions),
        companions_told=f"{'is' if len(update.request.companions) == 1 else 'are'} sent because the API demands it.",
        told=tuple(filter(None, (*tell_consequences(update), tell_reach(update)))),
        part=part,
    )  # fmt: skip


def _list_marks(update: Update) -> Iterator[str]:
    if is_risky(update):
        yield "high risk"
    if update.protected:
        yield "protected"


def _list_peeks(update: Update) -> Iterator[str]:
    for change in sorted(update.changes, key=lambda change: not change.risk)[:_PEEKED]:
        yield f"{name_field(change.path)} {_peek(change)}"
    if len(update.changes) > _PEEKED:
        yield f"and {len(update.changes) - _PEEKED} more"


def _peek(change: Change) -> str:
    """Say in a few words what becomes what, by the names of the resources whose values they are."""
    if is_long_change(change):
        return _tell_lines(diff_change(change))
    values = (show_value(value, secret=change.secret) for value in (change.before, change.after))
    named = (change.owner_before, ", ".join(change.owners))
    before, after = (cut_line(name or value, 48) for name, value in zip(named, values, strict=True))
    return f"{before} → {after}"


def _tell_lines(rows: tuple[Row, ...]) -> str:
    added, removed = count_lines(rows)
    return f"{count_noun(added, 'line')} added, {removed:,} removed"


def _view_field(change: Change, links: SourceLinks | None) -> FieldView:
    rows = diff_change(change) if is_long_change(change) else ()
    kept = _tell_origin(change)
    return FieldView(
        name=name_field(change.path), href=links.link(change.location) if links and change.location else "",
        before=replace(_show(change.before, secret=change.secret), owner=name_owner_before(change)),
        after=replace(_show(change.after, secret=change.secret), owner=name_owners(change)),
        cause=change.cause.value, cause_word=explain_cause(change), meaning=CAUSE_MEANINGS[change.cause],
        told=f"{_tell_lines(rows)}{kept} {name_owners(change)}".rstrip() if rows else "", rows=rows,
    )  # fmt: skip


def _tell_origin(change: Change) -> str:
    """Say what a text that cannot be read was compared with."""
    if change.before is not MISSING:
        return ""
    return "; the live text cannot be read" + (
        "" if change.last_applied is MISSING else ", so compared with what was applied last"
    )


def _show(value: Json | Missing, *, secret: bool) -> Shown:
    if value is MISSING:
        return Shown("cannot be read", empty=True)
    if secret:
        return Shown("secret", empty=True)
    return Shown("none", empty=True) if value is None else Shown(cut_line(show_value(value), _LONGEST))
