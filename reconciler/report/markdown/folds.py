"""What is long stands in folds: the diffs of texts, and the exact requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reconciler.model.plan import Change, Update
from reconciler.report.diff_words import Row, RowKind, Segment, count_lines
from reconciler.report.markdown.escape import code, cut_line, fence
from reconciler.report.markdown.tables import LONGEST_NAME
from reconciler.report.phrases import diff_change, is_long_change, name_field, write_body

_MOST_DIFFS = 400
"""Long values whose diffs are worked out; nobody reads more in one comment."""
_MOST_LINES = 4_000
_LONGEST_LINE = 20_000
_SMALLEST = 300
"""Characters below which no part of a diff is worth its fold."""
_OPENED = 3


@dataclass(frozen=True, slots=True)
class Folds:
    """Folds as text; `whole` holds the addresses of which nothing is left out, `cut` and `gone` count what is not."""

    text: str = ""
    whole: frozenset[str] = frozenset()
    cut: int = 0
    gone: int = 0


@dataclass(frozen=True, slots=True)
class _Diff:
    update: Update
    summary: str
    lines: tuple[str, ...]
    uncut: bool

    @property
    def length(self) -> int:
        return sum(len(line) + 1 for line in self.lines) + len(self.summary) + 80


def write_diffs(updates: Sequence[Update], *, room: int) -> Folds:
    """Return a fold for each long value that changed; where the room is short, each gets its share of it."""
    wanted = [(update, change) for update in updates for change in update.changes if is_long_change(change)]
    diffs = [_make_diff(update, change) for update, change in wanted[:_MOST_DIFFS]]
    share = _share_room([diff.length for diff in diffs], room)
    shown = [diff for diff in diffs if diff.length <= share or share >= _SMALLEST]
    opened = len(wanted) <= _OPENED
    texts = [_write_diff(diff, share, opened=opened) for diff in shown]
    lost = {update.address for update, _ in wanted[_MOST_DIFFS:]}
    lost |= {diff.update.address for diff in diffs if diff.length > share or not diff.uncut}
    return Folds(
        text="\n\n".join(texts),
        whole=frozenset(update.address for update in updates) - lost,
        cut=sum(diff.length > share or not diff.uncut for diff in shown),
        gone=len(wanted) - len(shown),
    )


def _share_room(lengths: Sequence[int], room: int) -> int:
    """Return how much each of several may take, so that small ones are whole and large ones get the rest in equal parts."""
    left = len(lengths)
    for length in sorted(lengths):
        if length * left > room:
            return max(0, room) // left
        room, left = room - length, left - 1
    return max(lengths, default=0)


def _make_diff(update: Update, change: Change) -> _Diff:
    rows = diff_change(change)
    added, removed = count_lines(rows)
    name = f"{code(cut_line(update.address, LONGEST_NAME))} · {code(cut_line(name_field(change.path), 80))}"
    lines = list(_write_lines(rows))
    uncut = len(lines) <= _MOST_LINES and all(len(line) <= _LONGEST_LINE for line in lines)
    kept = tuple(cut_line(line, _LONGEST_LINE) for line in _cut_lines(lines, _MOST_LINES))
    return _Diff(update, f"{name} · +{added:,} -{removed:,}", kept, uncut)


def _cut_lines(lines: Sequence[str], most: int) -> list[str]:
    return list(lines) if len(lines) <= most else [*lines[:most], f"@@ {len(lines) - most:,} more lines @@"]


def _write_diff(diff: _Diff, share: int, *, opened: bool) -> str:
    lines = diff.lines
    if diff.length > share:
        lines = tuple(_fill(lines, share - len(diff.summary) - 120))
    head = f"<details{' open' if opened else ''}><summary>{diff.summary}</summary>"
    return "\n\n".join([head, fence("\n".join(lines), "diff"), "</details>"])


def _fill(lines: Sequence[str], room: int) -> Iterator[str]:
    """Yield lines as far as the room goes, the last one cut, and how many more there are."""
    for index, line in enumerate(lines):
        if len(line) + 1 > room:
            if room > _SMALLEST // 2:
                yield cut_line(line, room - 60)
                index += 1  # noqa: PLW2901 -- this line is shown, if only in part
            yield f"@@ {len(lines) - index:,} more lines @@"
            return
        room -= len(line) + 1
        yield line


def _write_lines(rows: Iterable[Row]) -> Iterator[str]:
    """Yield diff lines: a run of changed rows as all removed lines, then all added ones."""
    removed: list[str] = []
    added: list[str] = []
    for row in rows:
        if row.kind in {RowKind.EQUAL, RowKind.GAP}:
            yield from (*removed, *added)
            removed, added = [], []
            yield f"@@ {row.hidden:,} unchanged lines @@" if row.kind is RowKind.GAP else f"  {_join(row.before)}"
            continue
        if row.before_line is not None:
            removed.append(f"- {_join(row.before)}")
        if row.after_line is not None:
            added.append(f"+ {_join(row.after)}")
    yield from (*removed, *added)


def _join(segments: tuple[Segment, ...]) -> str:
    return "".join(segment.face for segment in segments)


def write_requests(updates: Sequence[Update], *, room: int) -> Folds:
    """Return one fold with the exact requests, as many as have room."""
    texts: list[str] = []
    room -= 100
    for update in updates:
        text = _write_request(update)
        if len(text) + 2 > room:
            break
        texts.append(text)
        room -= len(text) + 2
    gone = len(updates) - len(texts)
    if not texts:
        return Folds(gone=gone)
    head = f"<details><summary>The exact requests{f' of the first {len(texts):,} updates' if gone else ''}</summary>"
    return Folds("\n\n".join([head, *texts, "</details>"]), gone=gone)


def _write_request(update: Update) -> str:
    request = f"{update.request.method} {update.request.url}"
    carrier = f"\n\n# as one entry of {update.request.method} {update.request.batch}" if update.request.batch else ""
    text = f"{request.replace(chr(10), ' ')}\n\n{write_body(update)}"
    return fence(text + carrier.replace("\r", " "), "http")
