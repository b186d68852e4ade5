"""Every command in every format, read from the command line itself, and which kinds of hostile input each can meet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import click

from reconciler.cli.root import root

RUN = "20261121-083000-4f3a1c1c"
"""A run that nobody knows."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a command is called, and what it takes in on the way.

    `meets` are letters: `c` the configuration, `v` a vendor's answers, `p` a saved plan, `e` the events of an apply, `s` our
    own state (ledger, journals, lock), `b` the sandbox's seed and state, `f` the forge's answers, `w` a place to write to.
    """

    words: str
    meets: str


WAYS: Mapping[str, tuple[Way, ...]] = {
    "validate": (Way("", "c"),),
    "plan": (Way("", "cvs"), Way("--out NEW", "cvsw"), Way("--sandbox", "csb")),
    "apply": (Way("--auto-approve", "cvs"), Way("PLAN --auto-approve", "cvsp"), Way("--sandbox --auto-approve", "csb")),
    "show": (Way("PLAN", "p"),),
    "compare": (Way("a b", "cv"),),
    "drift": (Way("", "cvs"), Way("--out NEW", "cvsw"), Way("--record", "cvs"), Way("--accept", "cvs")),
    "history": (Way("", "cs"), Way("latest", "cs"), Way("phone_connections.one", "cs"), Way("--since 9h", "cs")),
    "undo": (Way("latest --accept-conflicts --auto-approve", "cvs"),),
    "unlock": (Way(f"{RUN} --auto-approve", "cs"),),
    "forget": (Way("numbers.gone --auto-approve", "cs"),),
    "init": (Way("FRESH", "w"),),
    "doctor": (Way("", "cvs"),),
    "pull": (Way("--declared", "cv"), Way("--into NEW --account fluents", "cvw"), Way("--seed --out NEW", "cvw")),
    "explain": (Way("phone_connections.one", "c"),),
    "schema": (Way("", ""),),
    "completion": (Way("bash", ""),),
    "sandbox serve": (Way("--port 0", ""),),
    "sandbox seed": (Way("--base HEAD", "cb"),),
    "sandbox reset": (Way("", "b"),),
    "sandbox vices": (Way("", ""),),
    "ci comment": (Way("PLAN --pull-request 7", "pf"), Way("MISSING --or-failed --pull-request 7", "cf")),
    "ci issue": (Way("PLAN", "pf"),),
    "ci drift-pr": (Way("", "cvsf"),),
    "ci summary": (Way("PLAN", "p"),),
    "ci reviewed": (Way("PLAN", "cspf"),),
    "ci outcome": (Way("EVENTS --issue", "csef"),),
    "ci outputs": (Way("PLAN", "p"),),
}  # fmt: skip
"""All commands; the test that reads the command line fails for one that is missing here.

`sandbox serve` never ends: what it takes in is read by the same code as for `--sandbox`.
"""


@dataclass(frozen=True, slots=True)
class Door:
    """One way into one command, in one format; "" where it has no choice of formats."""

    command: str
    way: Way
    style: str

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.command, self.way.words, self.style) if part)

    def write_words(self, places: Mapping[str, str]) -> tuple[str, ...]:
        """Return the arguments, with a place for each word in capitals."""
        words = [places.get(word, word) for word in self.way.words.split()]
        return (*self.command.split(), *(("--format", self.style) if self.style else ()), *words)


def list_commands(group: click.Command = root, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    """Yield every command that does something, by the words that call it."""
    if not isinstance(group, click.Group):
        yield prefix, group
        return
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield from list_commands(command, f"{prefix} {name}".strip())


def list_styles(command: click.Command) -> tuple[str, ...]:
    """Return the formats that a command can be asked for."""
    options = (parameter for parameter in command.params if "--format" in parameter.opts)
    return next((tuple(map(str, option.type.choices)) for option in options if isinstance(option.type, click.Choice)), ("",))  # fmt: skip


def list_doors() -> Iterator[Door]:
    """Yield every way into every command, in each format that it has; --accept has none."""
    for name, command in list_commands():
        for way in WAYS.get(name, ()):
            styles = ("",) if "--accept" in way.words else list_styles(command)
            yield from (Door(name, way, style) for style in styles)


DOORS = tuple(list_doors())


def doors_that_meet(kind: str) -> tuple[Door, ...]:
    """Return the doors that a kind of input can come to."""
    return tuple(door for door in DOORS if kind in door.way.meets)
