"""Look again at the live values that updates took from other objects, right before they are written (law 7).

A value that moved since it was planned makes the update stale. An object that was read a moment ago is not read again, unless this
very apply wrote to it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from reconciler.engine.normal_form import same
from reconciler.engine.references import pick_live
from reconciler.model.live import Absent, LiveState, Present, Reading, Unknown
from reconciler.model.outcome import Result
from reconciler.model.plan import Taken, Update
from reconciler.model.resource_type import Catalog, Identity, ResourceType
from reconciler.remote.reading.read import read_identities
from reconciler.remote.wire.client import ReadClient
from reconciler.remote.writing.compare import Verdict, quote

Place = tuple[str, str, Identity]
"""Account, kind and identity."""


class Sources:
    """What an apply knows of the objects that its updates took values from."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        readers: Mapping[str, ReadClient],
        state: LiveState,
        fresh_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._catalog = catalog
        self._readers = readers
        self._fresh_seconds = fresh_seconds
        self._clock = clock
        self._seen: dict[str, Present] = {
            address: reading for address, reading in state.readings.items() if isinstance(reading, Present)
        }

    async def check(self, updates: Sequence[Update], *, written: Callable[[str], bool]) -> Mapping[str, Verdict]:
        """Return why updates may not be written, by address; most are not among them."""
        wanted = {update.address: _list_telling(update) for update in updates}
        if not any(wanted.values()):
            return {}
        readings = await self._read([taken for several in wanted.values() for taken in several], written)
        verdicts: dict[str, Verdict] = {}
        for address, several in wanted.items():
            reasons = [self._judge(taken, readings[_name_place(taken)], written=written) for taken in several]
            moved = next((reason for reason in reasons if reason), None)
            if moved is not None:
                verdicts[address] = moved
        return verdicts

    async def _read(self, taken: Iterable[Taken], written: Callable[[str], bool]) -> Mapping[Place, Reading]:
        readings: dict[Place, Reading] = {}
        old: dict[tuple[str, str], list[Taken]] = {}
        for one in {_name_place(each): each for each in taken}.values():
            seen = self._seen.get(one.address)
            if seen is not None and seen.identity == one.identity and self._is_fresh(one, seen, written):
                readings[_name_place(one)] = seen
            else:
                old.setdefault((one.account, one.kind), []).append(one)
        for (account, kind), several in old.items():
            readings |= await self._read_again(account, kind, several)
        return readings

    def _is_fresh(self, taken: Taken, seen: Present, written: Callable[[str], bool]) -> bool:
        return not written(taken.address) and self._clock() - seen.read_at < self._fresh_seconds

    async def _read_again(self, account: str, kind: str, several: Sequence[Taken]) -> Mapping[Place, Reading]:
        known = self._type_of(several[0])
        if account not in self._readers:
            return dict.fromkeys(map(_name_place, several), Unknown(f"account {account} has no key"))
        identities = tuple(taken.identity for taken in several)
        found = await read_identities(known, identities, reader=self._readers[account], clock=self._clock)
        for taken in several:
            reading = found.get(taken.identity)
            if isinstance(reading, Present):
                self._seen[taken.address] = reading
        return {(account, kind, identity): found.get(identity, Unknown("it was not read")) for identity in identities}

    def _type_of(self, taken: Taken) -> ResourceType:
        return self._catalog.of(taken)

    def _fits(self, taken: Taken, reading: Present) -> bool:
        known = {**reading.value, **dict(reading.identity.parts)}
        names = {name: self._type_of(taken).live_name(name) for name in taken.match}
        return all(str(known.get(names[name], value)) == value for name, value in taken.match.items())

    def _judge(self, taken: Taken, reading: Reading, *, written: Callable[[str], bool]) -> Verdict | None:
        name = f"{taken.address}.{'.'.join(taken.path)}"
        if isinstance(reading, Unknown):
            words = (
                f"nothing was sent: {name}, which it takes, could not be read right before the write: {reading.reason}"
            )
            return Verdict(Result.REFUSED, words)
        if isinstance(reading, Absent):
            words = f"nothing was sent: {taken.address}, which it takes a value from, is gone: {reading.proof}"
            return Verdict(Result.STALE, words)
        now = pick_live(reading, part=taken.part, path=taken.path, known=self._type_of(taken))
        if not same(now, taken.value):
            was, new = quote(taken.value), quote(now)
            return Verdict(
                Result.STALE, f"nothing was sent: {name}, which it takes, was {was} when planned and is {new} now"
            )
        if not written(taken.address) and not self._fits(taken, reading):
            words = f"nothing was sent: {taken.address}, which it takes a value from, no longer has the keys it was found by"
            return Verdict(Result.STALE, words)
        return None


def _list_telling(update: Update) -> tuple[Taken, ...]:
    """List what went into the request or the identity of an update: nothing else decides what is written."""
    body = update.request.body
    return tuple(taken for taken in update.taken if not taken.into or taken.into[0] in body)


def _name_place(taken: Taken) -> Place:
    return taken.account, taken.kind, taken.identity
