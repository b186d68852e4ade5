"""Build paths and queries from endpoint templates, and recognise the writes that templates allow."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from reconciler.model.endpoints import BatchEndpoint, Endpoint, Query
from reconciler.model.resource_type import Catalog

_PLACE = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class AllowedRoute:
    """A method and the form of path and query that it may be sent to."""

    method: str
    pattern: re.Pattern[str]

    def allows(self, method: str, target: str) -> bool:
        """Tell whether a request's method and target (path and query, encoded) have this form."""
        return method == self.method and self.pattern.fullmatch(target) is not None


def fill_path(template: str, parts: Mapping[str, str]) -> str:
    """Fill `{part}` of a path, percent-encoded; a part of dots only is encoded too, so that no path climbs."""
    return _PLACE.sub(lambda place: encode_segment(parts[place.group(1)]), template)


def fill_query(template: Query, parts: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Fill `{part}` of a query's values, not yet encoded."""
    return tuple((name, _PLACE.sub(lambda place: parts[place.group(1)], value)) for name, value in template)


def encode_segment(value: str) -> str:
    """Percent-encode one segment of a path, `/` included."""
    return value.replace(".", "%2E") if value.strip(".") == "" else quote(value, safe="")


def encode_query(query: Sequence[tuple[str, str]]) -> str:
    """Write a query with its `?`; `+` becomes %2B and a space %20, since servers disagree about a raw `+`."""
    names = {name: quote(name, safe="") for name in dict(query)}
    return "?" + "&".join(f"{names[name]}={quote(value, safe='')}" for name, value in query) if query else ""


def allow_writes(catalog: Catalog, *, provider: str) -> tuple[AllowedRoute, ...]:
    """List the writes of a provider: the update and batch endpoints of its resource types, nothing else."""
    kinds = [known for known in catalog.all_types if known.provider == provider]
    updates = [_allow_update(known.update) for known in kinds]
    return tuple(updates + [_allow_batch(known.batch) for known in kinds if known.batch is not None])


def _allow_update(endpoint: Endpoint) -> AllowedRoute:
    query = "&".join(f"{re.escape(quote(name, safe=''))}={_match(value)}" for name, value in endpoint.query)
    return AllowedRoute(endpoint.method, re.compile(_match(endpoint.path) + (rf"\?{query}" if query else "")))


def _allow_batch(batch: BatchEndpoint) -> AllowedRoute:
    return AllowedRoute(batch.method, re.compile(_match(batch.path)))


def _match(template: str) -> str:
    """Write a template as a pattern: a `{part}` is one piece of encoded text without a separator."""
    literals = _PLACE.split(template)[::2]
    return r"[^/?#&=]+".join(re.escape(literal) for literal in literals)
