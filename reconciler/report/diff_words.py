"""Compare two texts line by line, then word by word.

The cost is bounded: common heads and tails are cut off first, and what is then still too large to align is shown as
replaced whole. So a diff of any size is right; only a huge one is coarse.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import StrEnum

from reconciler.model.invisible import is_invisible
from reconciler.model.text_form import normalise_text
from reconciler.report.escape import escape_terminal

LINE_PRODUCT = 4_000_000
"""Lines before times lines after that are still aligned."""
PAIR_PRODUCT = 900
"""Lines removed times lines added in one block for which the best pairs are searched."""
WORD_BUDGET = 4_000_000
"""Words before times words after, summed over one diff, that are still aligned."""
SIMILAR = 0.4
"""Share of words two lines must have in common to be shown as one changed line."""

_WORD = re.compile(r"[\w\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+|\s+|[^\w\s]")
"""A word with the marks that are written over and under its letters, a stretch of blanks, or one sign."""


class RowKind(StrEnum):
    """What became of a line. A GAP stands for `hidden` unchanged lines that are left out."""

    EQUAL = "equal"
    CHANGE = "change"
    DELETE = "delete"
    INSERT = "insert"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of one line; `changed` where the other side does not have it."""

    text: str
    changed: bool = False
    shown: str = ""
    """What stands for the text where its usual escapes would not tell it from the other side; else empty."""

    @property
    def face(self) -> str:
        """Return what is shown for the text: on one line, with nothing in it that cannot be seen."""
        return self.shown or escape_terminal(self.text)

    def join(self, following: Segment) -> Segment:
        """Return this stretch and the one behind it as one."""
        shown = self.face + following.face if self.shown or following.shown else ""
        return Segment(self.text + following.text, self.changed, shown)


@dataclass(frozen=True, slots=True)
class Row:
    """One line before and after. Line numbers count from 1 and are None on a side that has no such line."""

    kind: RowKind
    before: tuple[Segment, ...] = ()
    after: tuple[Segment, ...] = ()
    before_line: int | None = None
    after_line: int | None = None
    hidden: int = 0


def diff_texts(before: str, after: str, *, context: int | None = 3) -> tuple[Row, ...]:
    """Return the rows that show how one text became another.

    Around each change `context` unchanged lines stay, the others become gaps; None keeps every line. Joining the
    segments of all rows of a side (with `context=None`) gives its text back.
    """
    rows = tuple(_tell_apart(row) for row in _refine_words(_align_lines(before.split("\n"), after.split("\n"))))
    return rows if context is None else tuple(_fold_equal(rows, context))


def show_added(text: str) -> tuple[Row, ...]:
    """Return the rows of a text where nothing was before."""
    lines = enumerate(text.split("\n"), start=1)
    return tuple(Row(RowKind.INSERT, (), (Segment(line, changed=True),), None, number) for number, line in lines)


def show_removed(text: str) -> tuple[Row, ...]:
    """Return the rows of a text where nothing is left."""
    lines = enumerate(text.split("\n"), start=1)
    return tuple(Row(RowKind.DELETE, (Segment(line, changed=True),), (), number, None) for number, line in lines)


def diff_words(before: str, after: str) -> tuple[tuple[Segment, ...], tuple[Segment, ...]]:
    """Return the segments of both sides of one line."""
    return _diff_tokens(_WORD.findall(before), _WORD.findall(after))


def count_lines(rows: Sequence[Row]) -> tuple[int, int]:
    """Count the lines added and removed; a changed line counts as both."""
    kinds = Counter(row.kind for row in rows)
    return kinds[RowKind.INSERT] + kinds[RowKind.CHANGE], kinds[RowKind.DELETE] + kinds[RowKind.CHANGE]


def _align_lines(before: list[str], after: list[str]) -> Iterator[Row]:
    for tag, start, end, other_start, other_end in _opcodes(before, after, LINE_PRODUCT):
        if tag == "equal":
            for offset in range(end - start):
                segments = _whole(before[start + offset], changed=False)
                yield Row(RowKind.EQUAL, segments, segments, start + offset + 1, other_start + offset + 1)
        else:
            yield from _pair_block(before, after, range(start, end), range(other_start, other_end))


def _opcodes(before: Sequence[str], after: Sequence[str], product: int) -> Iterator[tuple[str, int, int, int, int]]:
    """Yield difflib's opcodes of what lies between the common head and tail, and these two."""
    head = _count_shared(before, after)
    tail = _count_shared(before[head:][::-1], after[head:][::-1])
    end, other_end = len(before) - tail, len(after) - tail
    if head:
        yield "equal", 0, head, 0, head
    if (end - head) * (other_end - head) > product:
        yield "replace", head, end, head, other_end
    elif end > head or other_end > head:
        matcher = SequenceMatcher(None, before[head:end], after[head:other_end], autojunk=False)
        for tag, first, last, other_first, other_last in matcher.get_opcodes():
            yield tag, first + head, last + head, other_first + head, other_last + head
    if tail:
        yield "equal", end, len(before), other_end, len(after)


def _count_shared(before: Sequence[str], after: Sequence[str]) -> int:
    count = 0
    for mine, other in zip(before, after, strict=False):
        if mine != other:
            break
        count += 1
    return count


def _pair_block(before: list[str], after: list[str], removed: range, added: range) -> Iterator[Row]:
    """Yield a replaced block: lines that resemble each other as one changed row, the rest removed or added."""
    position, other = removed.start, added.start
    for mine, partner in [*_pair_lines(before, after, removed, added), (removed.stop, added.stop)]:
        for index in range(position, mine):
            yield Row(RowKind.DELETE, before=_whole(before[index], changed=True), before_line=index + 1)
        for index in range(other, partner):
            yield Row(RowKind.INSERT, after=_whole(after[index], changed=True), after_line=index + 1)
        if mine < removed.stop and partner < added.stop:
            old, new = _whole(before[mine], changed=True), _whole(after[partner], changed=True)
            yield Row(RowKind.CHANGE, old, new, mine + 1, partner + 1)
        position, other = mine + 1, partner + 1


def _pair_lines(before: list[str], after: list[str], removed: range, added: range) -> list[tuple[int, int]]:
    """Choose the pairs of lines, in order on both sides, that have the most words in common."""
    if not removed or not added:
        return []
    if len(removed) == len(added) == 1:
        return [(removed.start, added.start)]
    if len(removed) * len(added) > PAIR_PRODUCT:
        return list(zip(removed, added, strict=False)) if len(removed) == len(added) else []
    words = [_count_words(before[index]) for index in removed]
    other_words = [_count_words(after[index]) for index in added]
    scores = [[_resemblance(mine, other) for other in other_words] for mine in words]
    return [(removed[row], added[column]) for row, column in _best_path(scores)]


def _best_path(scores: list[list[float]]) -> list[tuple[int, int]]:
    """Find the rising path through a matrix with the largest sum."""
    height, width = len(scores), len(scores[0])
    best = [[0.0] * (width + 1) for _ in range(height + 1)]
    for row in range(height - 1, -1, -1):
        for column in range(width - 1, -1, -1):
            taken = scores[row][column] + best[row + 1][column + 1] if scores[row][column] else 0.0
            best[row][column] = max(taken, best[row + 1][column], best[row][column + 1])
    path: list[tuple[int, int]] = []
    row = column = 0
    while row < height and column < width:
        if best[row][column] == best[row + 1][column]:
            row += 1
        elif best[row][column] == best[row][column + 1]:
            column += 1
        else:
            path.append((row, column))
            row, column = row + 1, column + 1
    return path


def _count_words(line: str) -> Counter[str]:
    return Counter(token for token in _WORD.findall(_fold(line)) if not token.isspace())


def _fold(line: str) -> str:
    """Return a line without what cannot be seen: lines that look alike have all their words in common."""
    if line.isascii():
        return line
    return normalise_text("".join(each for each in line if each.isspace() or not is_invisible(each)), form="NFC")


def _resemblance(before: Counter[str], after: Counter[str]) -> float:
    total = before.total() + after.total()
    score = 2 * (before & after).total() / total if total else 0.0
    return score if score >= SIMILAR else 0.0


def _refine_words(rows: Iterator[Row]) -> Iterator[Row]:
    """Mark the changed words in changed lines, as long as the budget of the whole diff lasts."""
    budget = WORD_BUDGET
    for row in rows:
        if row.kind is not RowKind.CHANGE:
            yield row
            continue
        lines = [_join(side) for side in (row.before, row.after)]
        before, after = (_WORD.findall(line) for line in lines)
        budget -= len(before) * len(after)
        if budget < 0 or not _resemblance(*map(_count_words, lines)):
            yield row
            continue
        old, new = _diff_tokens(before, after)
        yield Row(RowKind.CHANGE, old, new, row.before_line, row.after_line)


def _diff_tokens(before: list[str], after: list[str]) -> tuple[tuple[Segment, ...], tuple[Segment, ...]]:
    old: list[Segment] = []
    new: list[Segment] = []
    for tag, start, end, other_start, other_end in _opcodes(before, after, WORD_BUDGET):
        changed = tag != "equal"
        old.append(Segment("".join(before[start:end]), changed))
        new.append(Segment("".join(after[other_start:other_end]), changed))
    return _join_neighbours(old), _join_neighbours(new)


def _join_neighbours(segments: list[Segment]) -> tuple[Segment, ...]:
    """Merge neighbours of one sort, and a mere space between two changes into them: marks stay few and readable."""
    kept = [segment for segment in segments if segment.text]
    merged: list[Segment] = []
    for segment, following in zip(kept, [*kept[1:], Segment("")], strict=True):
        changed = segment.changed
        if segment.text.isspace() and merged and merged[-1].changed:
            changed = changed or following.changed
        if merged and merged[-1].changed == changed:
            merged[-1] = merged[-1].join(segment)
        else:
            merged.append(Segment(segment.text, changed))
    return tuple(merged)


def _tell_apart(row: Row) -> Row:
    """Show what two sides differ in where that would look alike: blanks at the end of a line, and escapes typed as such."""
    if row.kind is RowKind.CHANGE:
        row = replace(row, before=_show_ending(row.before), after=_show_ending(row.after))
        if _show(row.before) == _show(row.after):
            row = replace(row, before=_spell_escapes(row.before), after=_spell_escapes(row.after))
    elif row.kind in {RowKind.DELETE, RowKind.INSERT} and _join(row.before or row.after).isspace():
        row = replace(row, before=_show_ending(row.before), after=_show_ending(row.after))
    return row


def _show_ending(segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
    if not segments or not segments[-1].changed or not segments[-1].text.endswith(" "):
        return segments
    last = segments[-1]
    kept = last.text.rstrip(" ")
    blanks = r"\x20" * (len(last.text) - len(kept))
    return (*segments[:-1], replace(last, shown=escape_terminal(kept) + blanks))


def _spell_escapes(segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
    return tuple(replace(each, shown=escape_terminal(each.text.replace("\\", "\\\\"))) for each in segments)


def _show(segments: tuple[Segment, ...]) -> str:
    return "".join(segment.face for segment in segments)


def _fold_equal(rows: tuple[Row, ...], context: int) -> Iterator[Row]:
    near = [False] * len(rows)
    for index, row in enumerate(rows):
        if row.kind is not RowKind.EQUAL:
            for neighbour in range(max(0, index - context), min(len(rows), index + context + 1)):
                near[neighbour] = True
    hidden: list[Row] = []
    for index, row in enumerate(rows):
        if not near[index]:
            hidden.append(row)
            continue
        yield from _close_gap(hidden)
        hidden = []
        yield row
    yield from _close_gap(hidden)


def _close_gap(hidden: list[Row]) -> Iterator[Row]:
    """Yield a gap; a single line is no longer than the gap that would replace it."""
    if len(hidden) == 1:
        yield hidden[0]
    elif hidden:
        yield Row(RowKind.GAP, before_line=hidden[0].before_line, after_line=hidden[0].after_line, hidden=len(hidden))


def _whole(line: str, *, changed: bool) -> tuple[Segment, ...]:
    return (Segment(line, changed),) if line else ()


def _join(segments: tuple[Segment, ...]) -> str:
    return "".join(segment.text for segment in segments)
