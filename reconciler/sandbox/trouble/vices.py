"""List everything bad that the sandbox can do on demand, and read which of it is wanted."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

PROVIDERS = ("galtea", "fluents", "opencopilot", "polyai")
SIDES = ("reads", "writes")

VICES: Mapping[str, str] = MappingProxyType(
    {
        "late-429": "answers 429 with Retry-After once, after N good requests (3)",
        "retry-after-date": "answers 429 once, with a date in Retry-After",
        "rate-limit": "answers 429 to more than N requests in S seconds, N/S (100/60)",
        "flaky-503": "answers 503 to every Nth request (3)",
        "html-200": "a proxy answers an HTML page with status 200, to the first N requests (all)",
        "html-404": "a proxy answers an HTML page with status 404, to the first N requests (all)",
        "html-502": "a proxy answers an HTML page with status 502, to the first N requests (all)",
        "redirect": "answers 302 to another host, to the first N requests (all)",
        "connect-error": "refuses the first N connections (1)",
        "drop-before-commit": "breaks the connection before the first N writes are done (1)",
        "drop-after-commit": "breaks the connection after the first N writes are done (1)",
        "timeout-before-commit": "answers too late, and never does the first N writes (1)",
        "timeout-after-commit": "answers too late, after the first N writes are done (1)",
        "slow": "adds N milliseconds to every answer (50)",
        "clamp-limit": "silently gives pages of N rows at most (50)",
        "repeat-rows": "starts each page with the last row of the page before",
        "short-page": "gives a short page while more rows follow",
        "estimated-total": "gives a total that is an estimate, and too small",
        "cursor-loop": "never stops saying that more rows follow",
        "lost-write": "answers success to the first N writes and commits nothing (all)",
        "trim-text": "cuts white space at the ends of every text that is written",
        "partial-write": "commits only the first field of a write",
        "collateral": "changes a field that was not sent, with every write",
        "wipe-on-patch": "resets the fields that are absent from a body",
        "shuffle-batch": "answers the entries of a batch in another order",
        "omit-from-batch": "leaves the last entry of a batch out of the answer, though it was done",
        "fail-in-batch": "fails every Nth entry of a batch (2)",
        "probe-fails": "fails the TTS probe of the first N voices that a connector is given (all)",
        "down": "answers 503 to everything",
        "forbidden": "answers 403 to everything",
        "expired-key": "answers 401 to everything",
        "newer-api": "speaks a newer generation: bare arrays of full agents, no voices",
        "echo-secret": "repeats the key, and what was sent, in error messages",
        "truncated-json": "cuts the answers to the first N requests short (all)",
        "wrong-content-type": "says that JSON is text/plain",
        "empty-201": "answers the first N writes with 201 and no body, after they are done (all)",
    }
)
_DEFAULTS: Mapping[str, str] = {
    "late-429": "3",
    "retry-after-date": "0",
    "rate-limit": "100/60",
    "flaky-503": "3",
    "connect-error": "1",
    "drop-before-commit": "1",
    "drop-after-commit": "1",
    "timeout-before-commit": "1",
    "timeout-after-commit": "1",
    "slow": "50",
    "clamp-limit": "50",
    "fail-in-batch": "2",
}
_TIMED = ("html-200", "html-404", "html-502", "redirect", "lost-write", "truncated-json", "empty-201", "probe-fails")
_NAMING_PROVIDER = ("down", "forbidden", "expired-key")
_WRITE_SIDE = (
    "drop-before-commit",
    "drop-after-commit",
    "timeout-before-commit",
    "timeout-after-commit",
    "lost-write",
    "empty-201",
)
_SPELLING = re.compile(r"(?P<name>[a-z0-9-]+)(?::(?P<parameter>[^@]+))?(?P<limits>(?:@[a-z]+)*)\Z")


class ViceError(ValueError):
    """A vice that does not exist or cannot be had so."""


@dataclass(frozen=True, slots=True)
class Vice:
    """One vice as it was asked for. A count of None means: always."""

    name: str
    count: int | None
    seconds: int
    providers: frozenset[str]
    sides: frozenset[str]

    def concerns(self, provider: str) -> bool:
        """Tell whether a vendor has this vice."""
        return provider in self.providers


def parse_vices(texts: Iterable[str]) -> tuple[Vice, ...]:
    """Read vices as people write them: `NAME`, `NAME:PARAMETER`, each with `@PROVIDER` and `@reads` or `@writes`.

    Raises ViceError, with what would be right.
    """
    return tuple(parse_vice(text) for text in texts)


def parse_vice(text: str) -> Vice:
    """Read one vice."""
    spelled = _SPELLING.match(text)
    if spelled is None or spelled["name"] not in VICES:
        msg = f"no vice is called {text!r}; there are {', '.join(VICES)}"
        raise ViceError(msg)
    name, limits = spelled["name"], [word for word in spelled["limits"].split("@") if word]
    parameter = spelled["parameter"]
    if name in _NAMING_PROVIDER and parameter is not None:
        limits, parameter = [*limits, parameter], None
    count, seconds = _read_parameter(name, parameter)
    return Vice(name, count, seconds, _choose(limits, PROVIDERS, text), _choose_sides(name, limits, text))


def _read_parameter(name: str, parameter: str | None) -> tuple[int | None, int]:
    if parameter is not None and name not in _DEFAULTS and name not in _TIMED:
        msg = f"vice {name} takes no parameter, not {parameter!r}"
        raise ViceError(msg)
    wanted = parameter if parameter is not None else _DEFAULTS.get(name)
    if wanted is None:
        return None, 0
    numbers = wanted.split("/") if name == "rate-limit" else [wanted]
    if not all(number.isdecimal() for number in numbers):
        msg = f"vice {name} takes {_DEFAULTS.get(name, 'a whole number')}, not {wanted!r}"
        raise ViceError(msg)
    return int(numbers[0]), int(numbers[1]) if len(numbers) > 1 else 60


def _choose(limits: list[str], choices: tuple[str, ...], text: str) -> frozenset[str]:
    for word in limits:
        if word not in {*PROVIDERS, *SIDES}:
            msg = f"{word!r} in {text!r} is not {', '.join((*PROVIDERS, *SIDES))}"
            raise ViceError(msg)
    return frozenset(word for word in limits if word in choices) or frozenset(choices)


def _choose_sides(name: str, limits: list[str], text: str) -> frozenset[str]:
    named = any(word in SIDES for word in limits)
    return frozenset({"writes"}) if name in _WRITE_SIDE and not named else _choose(limits, SIDES, text)
