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


def _take_from(place: int) -> str:
    """Refer to another line; the first one has a name of its own."""
    return f'"${{phone_connections.r{place}.name}}"' if place >= 0 else "A"


MISTAKES: dict[str, Callable[[int], str]] = {
    "unknown kinds": lambda count: _nest(count, "", "phone_connectio#: {}"),
    "unknown fields": lambda count: _spec(count, "vioce: jack, nmae: x"),
    "unknown fields of one": lambda count: _nest(count, "phone_connections:\n  a:\n    id: a\n    account: galtea\n    spec:\n", "      vioce#: x"),
    "unknown accounts": lambda count: _declare(count, lambda place: f"{{id: pc_{place}, account: galtaea{place}}}"),
    "unknown variables": lambda count: _spec(count, 'voice: "${var.A#}", name: "${var.B#}"'),
    "unknown references": lambda count: _spec(count, 'voice: "${phone_connections.x#.id}", name: "${phone_connections.r#.nmae}"'),
    "dotted reference": lambda count: _spec(1, f'voice: "${{phone_connections.{"a." * count}id}}"'),
    "circles": lambda count: _spec(count, 'name: "${phone_connections.r#.name}"'),
    "one circle": lambda count: _declare(count, lambda place: f'{{id: pc_{place}, account: galtea, spec: {{name: "${{phone_connections.r{(place + 1) % count}.name}}"}}}}'),
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
    "references to one": lambda count: _spec(count, 'voice: jack, name: "${phone_connections.first.id}"') + "  first: {id: pc, account: galtea, spec: {voice: jack}}\n",
    "a chain of references": lambda count: _declare(count, lambda place: f"{{id: pc_{place}, account: galtea, spec: {{name: {_take_from(place - 1)}}}}}"),
    "what is ignored": lambda count: _declare(count, lambda place: f"{{id: pc_{place}, account: galtea, spec: {{voice: jack}}, ignore: {{voice: {{reason: x, until: 2027-01-01}}}}}}"),
}  # fmt: skip

FOLDERS: dict[str, Callable[[int], dict[str, str]]] = {
    "an environment of overlays": lambda count: {
        "reconciler.yaml": _spec(count, "voice: jack"),
        "environments/prod.yaml": "resources:\n" + "".join(f"  phone_connections.r{place}: {{spec: {{voice: theo}}}}\n" for place in range(count)),
    },
    "overlays of nothing": lambda count: {
        "reconciler.yaml": HEAD + "environment: prod\n",
        "environments/prod.yaml": "resources:\n" + "".join(f"  phone_conections.r{place}: absent\n" for place in range(count)),
    },
    "unknown names in what is ignored": lambda count: {
        "reconciler.yaml": _declare(count, lambda place: f"{{id: pc_{place}, account: galtea, spec: {{voice: jack}}, ignore: {{vioce{place}: {{reason: x, until: 2027-01-01}}}}}}"),
    },
    "secrets that are not set": lambda count: {
        "reconciler.yaml": HEAD + "account_connections:\n" + "".join(
            f'  c{place}: {{id: 0b6f6f0e-6a49-4f6c-8f38-{place:012d}, spec: {{type: account_connection_openai, credentials: {{openai_api_key: "${{secret.S{place}}}"}}}}}}\n'
            for place in range(count)
        ),
    },
    "environments": lambda count: {
        "reconciler.yaml": HEAD + "environment: prd\n",
        **{f"environments/prod{place}.yaml": "vars: {A: b}\n" for place in range(count // 5)},
    },
    "files under globs": lambda count: {
        "reconciler.yaml": HEAD + "exclude: [" + ", ".join(f'"**/x{place}*/**"' for place in range(20)) + "]\n",
        **{f"a/b{place}.yaml": f"phone_connections: {{r{place}: {{id: pc_{place}, account: galtea, spec: {{voice: jack}}}}}}\n" for place in range(count // 5)},
    },
}  # fmt: skip
"""Whole projects: path -> text."""
