"""Read the live objects of a project in the fewest requests that still prove what they say.

How objects with a known identity are read, by what the resource type offers:

- one wanted, and a GET of one object exists: that GET;
- the list filters by identity (Galtea): `filter_size` ids to a request, chunks in parallel;
- the list belongs to a group (PolyAI's agent): one list for each group with two or more wanted;
- otherwise the list: page 1 at the largest size, then whichever costs less, the remaining pages (the total is a hint) or a GET for each
  object not seen yet; a list without totals or without a GET of one object is read on until all that is wanted was seen.

An object that a list does not show is absent only after a 404 on its own id, since rows move while pages are read and lists hide
rows. Where no GET of one object exists (OpenCopilot), a list that was read to its end is the proof. A list that failed proves
nothing: what it did not show is unknown, with the reason of the failure.

Accounts, kinds, groups, chunks and pages are read in parallel within each account's bounds. One account's trouble is its own.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeVar

from reconciler.engine.references import LOST, resolve
from reconciler.model.endpoints import Endpoint
from reconciler.model.live import Absent, LiveState, Present, Reading, Unknown
from reconciler.model.project import Account, Declared
from reconciler.model.resource_type import Catalog, Identity, ResourceType
from reconciler.remote.apart import BUG_ADVICE, keep_apart
from reconciler.remote.reading.classify import judge, read_object, take_as, tell_torn
from reconciler.remote.reading.match import find_matches
from reconciler.remote.reading.moves import follow_moves
from reconciler.remote.reading.numbers import read_numbers
from reconciler.remote.reading.options import read_options
from reconciler.remote.reading.paging import (
    Lister,
    Listing,
    estimate_further_pages,
    read_first_page,
    read_further_pages,
    read_list,
)
from reconciler.remote.reading.referred import find_missing
from reconciler.remote.reading.source import Source, run_all
from reconciler.remote.wire.client import ReadClient
from reconciler.remote.wire.routes import fill_path, fill_query

KEYS_ADVICE: Final = (
    "`reconciler doctor` tells which keys are missing, and whether the others work; `--sandbox` needs none."
)
Clock = Callable[[], float]
K = TypeVar("K")
V = TypeVar("V")


def lack_key(account: Account) -> Unknown:
    """Say why nothing of an account can be read: there is no key."""
    reason = f"the environment variable {account.credential} is not set, so account {account.name} was not read"
    advice = f"Set {account.credential} to the key of {account.provider}. {KEYS_ADVICE}"
    return Unknown(reason, code="credential-missing", advice=advice)


async def read_live(
    resources: Sequence[Declared],
    *,
    catalog: Catalog,
    readers: Mapping[str, ReadClient],
    accounts: Mapping[str, Account],
    clock: Clock = time.monotonic,
    with_numbers: bool = False,
    lack: Callable[[Account], Unknown] = lack_key,
) -> LiveState:
    """Read every declared resource, and the values that the vendors offer for the fields these resources own.

    What resources refer to must be among them. One whose `id` or `match` takes a live value of another is read after that one.
    There is a reading for each address. An account without a reader has no key: its resources are unknown, as `lack` says.
    `with_numbers` reads also which phone numbers reach the objects, where that takes a request of its own.
    """
    before = {name: reader.requests for name, reader in readers.items()}
    by_account: dict[str, list[Declared]] = defaultdict(list)
    for declared in resources:
        by_account[declared.account].append(declared)
    readings: dict[str, Reading] = {}
    for name in by_account.keys() - readers.keys():
        keyless = lack(accounts[name])
        readings.update((declared.address, keyless) for declared in by_account[name])
    sources = {name: Source(readers[name], clock=clock) for name in by_account if name in readers}
    jobs = [
        keep_apart(_read_options(by_account[name], catalog=catalog, source=source), instead=lambda _: {})
        for name, source in sources.items()
    ]
    async with asyncio.TaskGroup() as tasks:
        offering = tasks.create_task(run_all(jobs))
        tasks.create_task(_read_rounds(resources, readings, catalog=catalog, sources=sources))
    options = _merge(offering.result())
    numbers = await _read_all_numbers(by_account, readings, catalog=catalog, sources=sources) if with_numbers else {}
    missing = await find_missing(resources, readings, catalog=catalog, sources=sources, read=_read_known)
    requests = sum(readers[name].requests - before[name] for name in sources)
    ordered = {declared.address: readings[declared.address] for declared in resources}
    return LiveState(ordered, options, requests, numbers, missing=missing)


async def _read_rounds(
    resources: Sequence[Declared],
    readings: dict[str, Reading],
    *,
    catalog: Catalog,
    sources: Mapping[str, Source],
) -> None:
    """Read what can be found by what is declared; then, round by round, what can be found by what was read so far."""
    while unread := [declared.address for declared in resources if declared.address not in readings]:
        resolution = resolve(resources, catalog=catalog, readings=readings)
        ready = [one for address in unread if (one := resolution.resources[address]).sought is None]
        jobs = []
        for name, source in sources.items():
            several = [declared for declared in ready if declared.account == name]
            jobs += [_read_apart(several, catalog=catalog, source=source)] if several else []
        for found in await run_all(jobs):
            readings.update(found)
        if not ready:
            lost = {address: resolution.troubles[address] for address in unread}
            readings.update((address, Unknown(trouble.reason, code=LOST)) for address, trouble in lost.items())


async def _read_all_numbers(
    by_account: Mapping[str, Sequence[Declared]],
    readings: Mapping[str, Reading],
    *,
    catalog: Catalog,
    sources: Mapping[str, Source],
) -> Mapping[str, tuple[str, ...]]:
    jobs = []
    for name, source in sources.items():
        for kind in dict.fromkeys(declared.kind for declared in by_account[name]):
            resources = [declared for declared in by_account[name] if declared.kind == kind]
            resource_type = catalog.of(resources[0])
            job = read_numbers(resources, readings, resource_type=resource_type, source=source)
            jobs.append(keep_apart(job, instead=lambda _: {}))
    return _merge(await run_all(jobs))


async def read_identities(
    resource_type: ResourceType,
    identities: Sequence[Identity],
    *,
    reader: ReadClient,
    clock: Clock = time.monotonic,
) -> Mapping[Identity, Reading]:
    """Read live objects again by identity, each once, in the fewest requests."""
    job = _read_known(Source(reader, clock=clock), resource_type, identities)
    return await keep_apart(job, instead=lambda bug: dict.fromkeys(identities, _own_up(bug)))


async def list_live(
    resource_type: ResourceType,
    *,
    reader: ReadClient,
    group: Mapping[str, str] | None = None,
    filters: Mapping[str, Sequence[str]] | None = None,
    narrowed: Sequence[tuple[str, str]] = (),
    clock: Clock = time.monotonic,
) -> tuple[Present, ...] | Unknown:
    """List all live objects of a type, in the vendor's order; unknown where the list cannot be read to its end.

    `group` gives the identity parts that the list's path needs, `filters` the values to keep of fields that the list can filter,
    `narrowed` query parameters of the vendor's own.
    """
    needed, given = resource_type.list.group, group or {}
    if any(part not in given for part in needed):
        return Unknown(f"{resource_type.title} is listed for one {' and '.join(needed)}; name it")
    query = [(resource_type.list.filters[name], value) for name, values in (filters or {}).items() for value in values]
    job = _list_live(Source(reader, clock=clock), resource_type, group=given, query=[*query, *narrowed])
    return await keep_apart(job, instead=_own_up)


async def _list_live(
    source: Source, resource_type: ResourceType, *, group: Mapping[str, str], query: Sequence[tuple[str, str]]
) -> tuple[Present, ...] | Unknown:
    listing = await read_list(source, resource_type, group=group, filters=query)
    if listing.stopped:
        return listing.failure or Unknown(listing.odd or listing.nowhere)
    torn = next(iter(listing.torn), None)
    if torn is not None:
        return tell_torn(torn, path=resource_type.list.path)
    judged = [judge(row, resource_type=resource_type) for row in listing.rows.values()]
    unknown = next((one for one in judged if isinstance(one, Unknown)), None)
    return unknown or tuple(one for one in judged if isinstance(one, Present))


def _own_up(bug: str) -> Unknown:
    return Unknown(bug, code="internal-error", advice=BUG_ADVICE)


async def _read_apart(resources: Sequence[Declared], *, catalog: Catalog, source: Source) -> Mapping[str, Reading]:
    """Read one account; what that raises is unknown of its resources, and of no others."""

    def give_up(bug: str) -> Mapping[str, Reading]:
        return {declared.address: _own_up(bug) for declared in resources}

    return await keep_apart(_read_account(resources, catalog=catalog, source=source), instead=give_up)


async def _read_account(resources: Sequence[Declared], *, catalog: Catalog, source: Source) -> Mapping[str, Reading]:
    jobs = [
        _read_kind(several, resource_type=catalog.of(several[0]), source=source) for several in _split_kinds(resources)
    ]
    return _merge(await run_all(jobs))


async def _read_options(
    resources: Sequence[Declared], *, catalog: Catalog, source: Source
) -> Mapping[tuple[str, str], frozenset[str]]:
    jobs = [
        read_options(several, resource_type=catalog.of(several[0]), source=source)
        for several in _split_kinds(resources)
    ]
    return _merge(await run_all(jobs))


def _split_kinds(resources: Sequence[Declared]) -> Iterable[Sequence[Declared]]:
    by_kind: dict[str, list[Declared]] = defaultdict(list)
    for declared in resources:
        by_kind[declared.kind].append(declared)
    return by_kind.values()


async def _read_kind(
    resources: Sequence[Declared], *, resource_type: ResourceType, source: Source
) -> Mapping[str, Reading]:
    """Read one kind of one account: known identities and matches side by side, then what has moved."""
    known = {declared.address: declared.identity for declared in resources if declared.identity is not None}
    by_match = [declared for declared in resources if declared.identity is None]

    async def read(identities: Iterable[Identity]) -> Mapping[Identity, Reading]:
        return await _read_known(source, resource_type, tuple(identities))

    async def match(wanted: Sequence[Declared]) -> Mapping[str, Reading]:
        return await find_matches(wanted, resource_type=resource_type, source=source)

    async def read_by_address() -> Mapping[str, Reading]:
        found = await read(known.values())
        return {address: found[identity] for address, identity in known.items()}

    by_id, matched = await run_all((read_by_address(), match(by_match)))
    return await follow_moves(resources, {**by_id, **matched}, resource_type=resource_type, read=read, match=match)


async def _read_known(
    source: Source, resource_type: ResourceType, identities: Sequence[Identity]
) -> Mapping[Identity, Reading]:
    wanted = tuple(dict.fromkeys(identities))
    key = _find_filter(resource_type)
    if key and not resource_type.list.group:
        size = max(1, resource_type.list.filter_size)
        chunks = [wanted[start : start + size] for start in range(0, len(wanted), size)]
        return _merge(await run_all(_read_chunk(source, resource_type, chunk, key=key) for chunk in chunks))
    groups: dict[tuple[str, ...], list[Identity]] = defaultdict(list)
    for identity in wanted:
        groups[tuple(identity[part] for part in resource_type.list.group)].append(identity)
    return _merge(await run_all(_read_group(source, resource_type, members) for members in groups.values()))


def _merge(mappings: Iterable[Mapping[K, V]]) -> Mapping[K, V]:
    return {key: value for mapping in mappings for key, value in mapping.items()}


def _find_filter(resource_type: ResourceType) -> str:
    """Find the query parameter that filters by identity; empty where there is none."""
    parts = resource_type.identity
    return resource_type.list.filters.get(parts[0].field or "", "") if len(parts) == 1 else ""


async def _read_chunk(
    source: Source, resource_type: ResourceType, wanted: Sequence[Identity], *, key: str
) -> Mapping[Identity, Reading]:
    if len(wanted) == 1 and resource_type.get is not None:
        return await _read_singles(source, resource_type, resource_type.get, wanted)
    filters = [(key, str(identity)) for identity in wanted]
    listing = await read_list(source, resource_type, group={}, filters=filters, wanted=frozenset(wanted))
    return await _settle(listing, wanted, source=source, resource_type=resource_type)


async def _read_group(
    source: Source, resource_type: ResourceType, wanted: Sequence[Identity]
) -> Mapping[Identity, Reading]:
    if len(wanted) == 1 and resource_type.get is not None:
        return await _read_singles(source, resource_type, resource_type.get, wanted)
    group = {part: wanted[0][part] for part in resource_type.list.group}
    if resource_type.list.paging.style == "page" and resource_type.get is not None:
        listing = await _read_worthwhile_pages(source, resource_type, group=group, wanted=frozenset(wanted))
    else:
        listing = await read_list(source, resource_type, group=group, wanted=frozenset(wanted))
    return await _settle(listing, wanted, source=source, resource_type=resource_type)


async def _read_worthwhile_pages(
    source: Source, resource_type: ResourceType, *, group: Mapping[str, str], wanted: frozenset[Identity]
) -> Listing:
    """Read page 1, and the others only where they cost fewer requests than a GET for each object still missing."""
    lister = Lister(source, resource_type, group=group, wanted=wanted)
    first = await read_first_page(lister)
    if not lister.done and lister.missing > estimate_further_pages(lister, first):
        await read_further_pages(lister, first)
    return lister.listing


async def _settle(
    listing: Listing, wanted: Sequence[Identity], *, source: Source, resource_type: ResourceType
) -> Mapping[Identity, Reading]:
    """Turn what a list showed into readings, and ask for what it did not show."""
    seen: dict[Identity, Reading] = {
        identity: tell_torn(identity, path=resource_type.list.path)
        if identity in listing.torn
        else take_as(identity, judge(listing.rows[identity], resource_type=resource_type), resource_type=resource_type)
        for identity in wanted
        if identity in listing.rows
    }
    missing = [identity for identity in wanted if identity not in seen]
    if listing.failure is None and resource_type.get is not None:
        return {**seen, **await _read_singles(source, resource_type, resource_type.get, missing)}
    verdict = listing.failure or _conclude(listing, resource_type)
    return {**seen, **dict.fromkeys(missing, verdict)}


def _conclude(listing: Listing, resource_type: ResourceType) -> Absent | Unknown:
    """Say what a list proves about an object that it does not show, where there is no other way to ask."""
    path = resource_type.list.path
    if listing.nowhere:
        return Absent(listing.nowhere)
    if listing.odd or not resource_type.list.complete:
        return Unknown(f"GET {path}: {listing.odd or 'the list may hide objects'}, and there is no other way to read")
    return Absent(f"the complete list of GET {path} ({len(listing.rows)} objects) does not contain it")


async def _read_singles(
    source: Source, resource_type: ResourceType, endpoint: Endpoint, identities: Sequence[Identity]
) -> Mapping[Identity, Reading]:
    readings = await run_all(_read_single(source, resource_type, endpoint, identity) for identity in identities)
    return dict(zip(identities, readings, strict=True))


async def _read_single(source: Source, resource_type: ResourceType, endpoint: Endpoint, identity: Identity) -> Reading:
    parts = dict(identity.parts)
    told = await source.get(fill_path(endpoint.path, parts), fill_query(endpoint.query, parts))
    return read_object(told, source=source, resource_type=resource_type, endpoint=endpoint, identity=identity)
