"""Send one group of updates, after a last look at their readings, with an intent in the journal before each request."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from reconciler.engine.encode import encode_batch, fill_required
from reconciler.model.live import Present, Reading
from reconciler.model.plan import Request, Update
from reconciler.model.resource_type import Identity
from reconciler.remote.apart import keep_apart
from reconciler.remote.wire.answers import Answer, NoAnswer
from reconciler.remote.writing.compare import Verdict, is_comparable, judge
from reconciler.remote.writing.reply import Reply, Word, find_strangers, interpret, interpret_batch
from reconciler.remote.writing.run import SILENT_LIMIT, Run

_BAD_REQUEST = 400


@dataclass(frozen=True, slots=True)
class Ready:
    """An update that may be sent. `before` is the reading before its first request, `seen` the latest one."""

    update: Update
    before: Present
    seen: Present
    tries: int = 0
    started: float = 0.0
    notes: tuple[str, ...] = ()
    last: Reply | None = None
    """What the previous try got."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An update that was sent, and what that got."""

    ready: Ready
    reply: Reply


@dataclass(frozen=True, slots=True)
class Withheld:
    """An update that was not sent: the verdict on it, or why the run or the account came to its end before."""

    update: Update
    why: Verdict | str


async def send_apart(group: tuple[Ready, ...], run: Run) -> tuple[Attempt | Withheld, ...]:
    """Send updates that travel together; what that raises leaves them in doubt where they may have been sent."""

    def give_up(bug: str) -> tuple[Attempt | Withheld, ...]:
        run.lane.halted = run.lane.halted or bug
        return tuple(
            Attempt(replace(ready, tries=ready.tries + 1, started=ready.started or run.clock()), Reply(Word.DOUBT, bug))
            if ready.update.address in run.lane.intended
            else Withheld(ready.update, bug)
            for ready in group
        )

    return await keep_apart(send_group(group, run), instead=give_up)


async def send_group(group: tuple[Ready, ...], run: Run) -> tuple[Attempt | Withheld, ...]:
    """Send updates that travel together. A batch that is refused as a whole is sent one by one."""
    async with run.slots:
        await run.rest()
        group, withheld = await _look_again(group, run)
        attempts = await _send(group, run) if group else ()
    if len(group) > 1 and all(isinstance(part, Attempt) and _is_refused_whole(part.reply) for part in attempts):
        alone = [replace(ready, notes=(*ready.notes, _WHOLE_REFUSED)) for ready in group]
        parts = await asyncio.gather(*(send_group((ready,), run) for ready in alone))
        return (*withheld, *(part for several in parts for part in several))
    return (*withheld, *attempts)


_WHOLE_REFUSED = "the batch was refused as a whole, so it was sent alone"


def _is_refused_whole(reply: Reply) -> bool:
    return reply.word is Word.NO and reply.status >= _BAD_REQUEST and not reply.refuses_key


async def _look_again(group: tuple[Ready, ...], run: Run) -> tuple[tuple[Ready, ...], tuple[Attempt | Withheld, ...]]:
    """Split a group into what may be sent now and what not; read again what grew old while it waited for its turn.

    Where a type can only be listed, reading again costs a list for each update: then the reading of the wave stands.
    """
    if run.blocked:
        return (), tuple(_withhold(ready, run.blocked) for ready in group)
    kind = run.type_of(group[0].update)
    readings = await _refresh(group, run)
    may: list[Ready] = []
    withheld: list[Attempt | Withheld] = []
    for ready in group:
        found = judge(kind, ready.update, readings[ready.update.identity])
        if isinstance(found, Verdict):
            withheld.append(_withhold(ready, found))
        else:
            may.append(replace(ready, seen=found, before=found if ready.tries == 0 else ready.before))
    return tuple(may), tuple(withheld)


async def _refresh(group: tuple[Ready, ...], run: Run) -> Mapping[Identity, Reading]:
    kind = run.type_of(group[0].update)
    known: dict[Identity, Reading] = {ready.update.identity: ready.seen for ready in group}
    old = tuple(ready.update.identity for ready in group if not run.is_fresh(ready.seen.read_at))
    if not old or kind.get is None:
        return known
    return known | dict(await run.read(kind, old))


def _withhold(ready: Ready, why: Verdict | str) -> Attempt | Withheld:
    """Leave an update as it is: one that was tried before still has its earlier reply to be settled."""
    if ready.last is None:
        return Withheld(ready.update, why)
    return Attempt(ready, replace(ready.last, again=False))


async def _send(group: tuple[Ready, ...], run: Run) -> tuple[Attempt | Withheld, ...]:
    now = run.clock()
    counted = tuple(replace(ready, tries=ready.tries + 1, started=ready.started or now) for ready in group)
    parts = await _send_batch(counted, run) if len(group) > 1 else (await _send_alone(counted[0], run),)
    return tuple(
        _take_back(ready, part, run) if isinstance(part, Withheld) else part
        for ready, part in zip(group, parts, strict=True)
    )


def _take_back(ready: Ready, part: Withheld, run: Run) -> Attempt | Withheld:
    """Leave an update as it was before a try that was not made, whatever its intent says."""
    if ready.last is None:
        run.lane.intended.discard(ready.update.address)
    return _withhold(ready, part.why)


async def _send_batch(group: tuple[Ready, ...], run: Run) -> tuple[Attempt | Withheld, ...]:
    kind = run.type_of(group[0].update)
    batch = kind.batch
    if batch is None:
        message = f"{kind.name} has no batch endpoint"
        raise ValueError(message)
    request = encode_batch(kind, [ready.update for ready in group], base_url=run.account.base_url)
    answer = await _exchange(group, request, run)
    if isinstance(answer, (Reply, str)):
        return tuple(_hold_back(ready, answer) for ready in group)
    keys = [ready.update.identity[batch.key] for ready in group]
    replies = interpret_batch(batch, answer, keys=keys)
    strangers = find_strangers(batch, answer, keys=keys)
    notes = (f"the batch answer also named what was not sent: {', '.join(strangers)}",) if strangers else ()
    _learn(interpret(answer), run)
    return tuple(Attempt(_mark(ready, run, notes), replies[ready.update.identity[batch.key]]) for ready in group)


async def _send_alone(ready: Ready, run: Run) -> Attempt | Withheld:
    """Send the plan's own request, with the documented-required fields where the vendor turned out to demand them."""
    kind = run.type_of(ready.update)
    filled = fill_required(kind, ready.update.request, ready.seen.value)
    added = tuple(name for name in filled.body if name not in ready.update.request.body)
    if added and kind.name in run.lane.filled:
        return await _post(_note_filled(ready, added), filled, run)
    first = await _post(ready, ready.update.request, run)
    if (
        not added
        or isinstance(first, Withheld)
        or first.reply.status != _BAD_REQUEST
        or first.reply.word is not Word.NO
    ):
        return first
    return await _send_filled(first, added, run)


async def _send_filled(first: Attempt, added: tuple[str, ...], run: Run) -> Attempt | Withheld:
    """Send once more with the documented-required fields, read anew because they overwrite what stands there."""
    ready, kind = first.ready, run.type_of(first.ready.update)
    readings = await run.read(kind, (ready.update.identity,))
    found = judge(kind, ready.update, readings[ready.update.identity])
    if isinstance(found, Verdict):
        return first
    request = fill_required(kind, ready.update.request, found.value)
    second = await _post(_note_filled(replace(ready, seen=found), added), request, run)
    if isinstance(second, Withheld):
        return first
    if second.reply.word is Word.NO:
        words = f"with {', '.join(added)} filled in: {second.reply.message}"
        return replace(first, ready=replace(ready, notes=(*ready.notes, f"refused too {words}")))
    run.lane.filled.add(kind.name)
    return second


def _note_filled(ready: Ready, added: tuple[str, ...]) -> Ready:
    note = f"the vendor refuses the plan's body alone: {', '.join(added)} went along with their live values"
    return replace(ready, notes=(*ready.notes, note))


async def _post(ready: Ready, request: Request, run: Run) -> Attempt | Withheld:
    answer = await _exchange((ready,), request, run)
    if isinstance(answer, (Reply, str)):
        return _hold_back(ready, answer)
    reply = interpret(answer)
    _learn(reply, run)
    return Attempt(_mark(ready, run, ()), reply)


class _HeldBackError(Exception):
    """Something came up while the intent went to the disk and a place was awaited."""


async def _exchange(group: tuple[Ready, ...], request: Request, run: Run) -> Answer | NoAnswer | Reply | str:
    """Journal a request, and send it when the account has a place for it; else return why it was not sent.

    That is a reason for good, or, where the vendor asked for a rest meanwhile, the reply of one that was turned away like those
    before it: it is looked at again before it is sent.
    """
    rested_until = run.lane.resume_at

    def look_up() -> None:
        if run.blocked or run.lane.resume_at > rested_until:
            raise _HeldBackError

    trouble = await _intend(group, request, run)
    if trouble:
        return trouble
    try:
        return await run.writer.send(request, on_turn=look_up)
    except _HeldBackError:
        return run.blocked or Reply(Word.UNTOUCHED, "the vendor asked to wait before it was sent", again=True)


def _hold_back(ready: Ready, why: Reply | str) -> Attempt | Withheld:
    return Attempt(ready, why) if isinstance(why, Reply) else Withheld(ready.update, why)


async def _intend(group: tuple[Ready, ...], request: Request, run: Run) -> str:
    """Write intents to the journal; return why nothing may be sent where that fails."""
    updates = [ready.update for ready in group]
    try:
        await run.journal.intend(updates, request)
    except OSError as error:
        run.lane.halted = run.lane.halted or f"the journal cannot be written: {error.strerror or error}"
        return run.lane.halted
    run.lane.intended.update(update.address for update in updates)
    return ""


def _mark(ready: Ready, run: Run, notes: tuple[str, ...]) -> Ready:
    """Report how long a foreign edit could have gone unseen: from the last reading to the end of the request.

    Where no touched field can be read there is no such time: every edit goes unseen.
    """
    late: tuple[str, ...] = ()
    if is_comparable(run.type_of(ready.update), ready.update):
        window = run.clock() - ready.seen.read_at
        run.on_window(ready.update, window)
        late = (f"its fields were last read {window:.1f} s before the answer",) if window > run.fresh_seconds else ()
    return replace(ready, notes=tuple(dict.fromkeys((*ready.notes, *notes, *late))))


def _learn(reply: Reply, run: Run) -> None:
    """Stop an account that refuses the key or stays silent, and let it rest where it asks for that."""
    lane = run.lane
    lane.silent = lane.silent + 1 if reply.silent else 0
    if reply.wait_seconds:
        lane.resume_at = max(lane.resume_at, run.clock() + min(reply.wait_seconds, run.patience.longest_wait_seconds))
    if reply.refuses_key:
        lane.halted = lane.halted or f"account {run.account.name}: the vendor refused a write before: {reply.message}"
    elif lane.silent >= SILENT_LIMIT:
        lane.halted = (
            lane.halted or f"account {run.account.name}: {lane.silent} writes in a row failed: {reply.message}"
        )
