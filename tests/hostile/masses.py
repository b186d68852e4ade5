"""Small files that hold a mass of mistakes, or of work: each by a number, so that twice as many can be tried."""

from __future__ import annotations

from collections.abc import Callable

HEAD = "version: 1\naccounts: {galtea: {}, fluents: {}, polyai: {region: us}, opencopilot: {}}\n"


def _declare(count: int, body: Callable[[int], str]) -> str:
    return HEAD + "phone_connections:\n" + "".join(f"  r{place}: {body(place)}\n" for place in range(count))


def _spec(count: int, spec: str) -> str:
    """Declare lines; # in the spec stands for their number."""
    return _declare(
        count, lambda place: f"{{id: pc_{place}, account: galtea, spec: {{{spec.replace('#', str(place))}}}}}"
    )


def _nest(count: int, head: str, line: str) -> str:
    return HEAD + head + "".join(f"{line.replace('#', str(place))}\n" for place in range(count))


MISTAKES: dict[str, Callable[[int], str]] = {
    "unknown kinds": lambda count: _nest(count, "", "phone_connectio#: {}"),
    "unknown fields": lambda count: _spec(count, "vioce: jack, nmae: x"),
    "unknown fields of one": lambda count: _nest(count, "phone_connections:\n  a:\n    id: a\n    account: galtea\n    spec:\n", "      vioce#: x"),
    "unknown accounts": lambda count: _declare(count, lambda place: f"{{id: pc_{place}, account: galtaea{place}}}"),
    "unknown variables": lambda count: _spec(count, 'voice: "${var.A#}", name: "${var.B#}"'),
    "unknown references": lambda count: _spec(count, 'voice: "${phone_connections.x#.id}", name: "${phone_connections.r#.nmae}"'),
    "dotted reference": lambda count: _spec(1, f'voice: "${{phone_connections.{"a." * count}id}}"'),
    "one id": lambda count: _declare(count, lambda _place: "{id: pc, account: galtea, spec: {voice: jack}}"),
    "unknown keys": lambda count: _declare(count, lambda place: f"{{idd: pc_{place}, specc: {{}}, prtoect: true}}"),
    "unknown keys of one": lambda count: _nest(count, "phone_connections:\n  a:\n", "    idd#: x"),
    "unknown natural keys": lambda count: _nest(count, "phone_connections:\n  a:\n    match:\n", "      nmae#: x"),
    "unknown settings": lambda count: _nest(count, "", "acounts#: x"),
    "settings of accounts": lambda count: "version: 1\naccounts:\n" + "".join(f"  a{place}: {{provider: galtea, reigon: x}}\n" for place in range(count)),
    "nulls": lambda count: _spec(count, "voice: null, name: null, languageCode: null"),
    "unknown values": lambda count: _spec(count, "voice: jakc#"),
    "white space": lambda count: _spec(count, 'voice: " ", name: "\\n"'),
    "aliases": lambda count: HEAD + "x: &a [y]\nphone_connections: {" + ",".join(f"r{place}: *a" for place in range(count)) + "}\n",
    "wrong types": lambda count: _nest(count, "polyai: x\nconnectors:\n  a:\n    id: {agentId: P, connectorId: c}\n    spec:\n      voiceName:\n", "        - [#]"),
}  # fmt: skip

WORK: dict[str, Callable[[int], str]] = {
    "keys of one field": lambda count: _nest(count, "numbers:\n  a:\n    account: fluents\n    id: +14155552671\n    spec:\n      example_context:\n", "        k#: v"),
    "references": lambda count: _spec(count, 'voice: jack, name: "${phone_connections.r0.id}"').replace('name: "${phone_connections.r0.id}"', "name: A", 1),
}  # fmt: skip
