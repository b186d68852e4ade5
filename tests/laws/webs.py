"""Webs of references for the laws, and a naive model of what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from hypothesis import strategies as st


class Node(NamedTuple):
    """One resource: its kind and its number within it."""

    kind: str
    place: int

    @property
    def address(self) -> str:
        return f"{self.kind}.{_NAMES[self.kind]}{self.place}"


class Taking(NamedTuple):
    """A reference to a field of a node, or to the part of its id that is written so."""

    node: Node
    field: str

    def __str__(self) -> str:
        return f"${{{self.node.address}.{self.field}}}"


Piece: TypeAlias = "str | Taking"

PROJECT = "PROJECT-A"
_NAMES = {"numbers": "n.", "phone_connections": "line-", "connectors": "c"}
FIELDS = {
    "numbers": ("label", "description"),
    "phone_connections": ("name",),
    "connectors": ("voiceName",),
}
IDS = {"numbers": ("id", "number"), "phone_connections": ("id",), "connectors": ("connectorId", "agentId")}
TEXTS = st.sampled_from(["x", "-and-", "Ø", "8:30", "{}", "+1"])
VOICE = "en-US-"
"""How the name of a voice begins: the vendor tries it out."""


@dataclass(frozen=True)
class Web:
    """A drawn web: the world, what is declared, and by node what it takes and what its fields should hold in the end."""

    order: tuple[Node, ...]
    """Each node takes values from earlier ones only."""
    numbers_of_lines: Mapping[int, int]
    specs: Mapping[Node, Mapping[str, tuple[Piece, ...]]]
    identities: Mapping[Node, tuple[str, Piece] | None]
    """The match key of a node that is not found by its id, and what it holds."""

    @property
    def seed(self) -> dict[str, Any]:
        rows = {node: live_row(self, node) for node in sorted(self.order)}
        return {
            "fluents": {"numbers": [row for node, row in rows.items() if node.kind == "numbers"]},
            "galtea": {"phoneConnections": [row for node, row in rows.items() if node.kind == "phone_connections"]},
            "polyai": {"connectors": [row for node, row in rows.items() if node.kind == "connectors"]},
        }

    @property
    def declared(self) -> dict[str, Any]:
        kinds: dict[str, dict[str, Any]] = {}
        for node in sorted(self.order):
            kinds.setdefault(node.kind, {})[node.address.partition(".")[2]] = self._write(node)
        return kinds

    def _write(self, node: Node) -> dict[str, Any]:
        spec = {field: "".join(map(_spell, pieces)) for field, pieces in self.specs[node].items()}
        # Two vendors have numbers.
        account = {"account": "fluents"} if node.kind == "numbers" else {}
        return {**account, **self._write_identity(node), "spec": spec}

    def _write_identity(self, node: Node) -> dict[str, Any]:
        matched = self.identities[node]
        if matched is None:
            return {"id": identity_of(node)}
        keys = {matched[0]: _spell(matched[1])}
        return {"match": {"productId": "prod_1", **keys} if node.kind == "phone_connections" else keys}

    def takes(self, node: Node) -> set[Node]:
        """List the nodes that one takes values from."""
        matched = self.identities[node]
        pieces = [piece for several in self.specs[node].values() for piece in several]
        return {piece.node for piece in (*pieces, *(matched[1:] if matched else ())) if isinstance(piece, Taking)}

    def takes_all(self, node: Node) -> set[Node]:
        """List the nodes that one takes values from, directly or through others."""
        direct = self.takes(node)
        return direct.union(*(self.takes_all(one) for one in direct))

    def value(self, node: Node, field: str) -> str:
        """Return what a field should hold in the end, or what a part of the id is."""
        if field in IDS[node.kind]:
            identity = identity_of(node)
            return str(identity[field] if isinstance(identity, dict) else identity)
        pieces = self.specs[node].get(field)
        if pieces is None:
            return str(live_row(self, node)[field])
        return "".join(piece if isinstance(piece, str) else self.value(piece.node, piece.field) for piece in pieces)

    def changes(self, node: Node) -> dict[str, str]:
        """Return the declared fields whose value is not live yet."""
        row = live_row(self, node)
        wanted = {field: self.value(node, field) for field in self.specs[node]}
        return {field: value for field, value in wanted.items() if value != row[field]}


def _spell(piece: Piece) -> str:
    return piece if isinstance(piece, str) else str(piece)


def identity_of(node: Node) -> Any:
    if node.kind == "numbers":
        return f"+1202555{node.place:04d}"
    if node.kind == "phone_connections":
        return f"pc_{node.place}"
    return {"agentId": PROJECT, "connectorId": f"conn-{node.place}"}


def live_row(web: Web, node: Node) -> dict[str, Any]:
    if node.kind == "numbers":
        return {"number": identity_of(node), "label": f"Number-{node.place}", "description": f"D{node.place}"}
    if node.kind == "phone_connections":
        number = identity_of(Node("numbers", web.numbers_of_lines.get(node.place, 90 + node.place)))
        row = {"id": identity_of(node), "productId": "prod_1", "name": f"Line-{node.place}", "phoneNumber": number}
        return {**row, "voice": "jack", "languageCode": "en-US", "agentSpeaksFirst": False}
    row = {"projectId": PROJECT, "connectorId": f"conn-{node.place}", "name": f"C{node.place}", "clientEnv": "live"}
    return {**row, "voiceName": f"{VOICE}Voice-{node.place}", "asrLangCode": "en-US", "variantId": ""}


@st.composite
def draw_webs(draw: st.DrawFn) -> Web:
    """Draw up to ten resources of three vendors in a random order, each taking values from earlier ones."""
    sizes = draw(st.tuples(st.integers(1, 4), st.integers(0, 3), st.integers(0, 3)))
    nodes = [Node(kind, place) for kind, size in zip(FIELDS, sizes, strict=True) for place in range(size)]
    order = tuple(draw(st.permutations(nodes)))
    specs: dict[Node, dict[str, tuple[Piece, ...]]] = {}
    identities: dict[Node, tuple[str, Piece] | None] = {}
    lines: dict[int, int] = {}
    for index, node in enumerate(order):
        earlier = order[:index]
        identities[node] = _draw_match(draw, node, earlier, lines)
        # What a resource is found by must not change under it.
        matched = identities[node]
        kept = {matched[0]} if matched else set()
        fields = [field for field in FIELDS[node.kind] if field not in kept and draw(st.booleans())]
        begin: tuple[Piece, ...] = (VOICE,) if node.kind == "connectors" else ()
        specs[node] = {field: begin + _draw_pieces(draw, earlier) for field in fields}
    return Web(order, lines, specs, identities)


def _draw_match(
    draw: st.DrawFn, node: Node, earlier: tuple[Node, ...], lines: dict[int, int]
) -> tuple[str, Piece] | None:
    if node.kind == "connectors" or not draw(st.booleans()):
        return None
    if node.kind == "numbers":
        return "label", f"Number-{node.place}"
    free = [one for one in earlier if one.kind == "numbers" and one.place not in lines.values()]
    if not free:
        return "name", f"Line-{node.place}"
    chosen = draw(st.sampled_from(free))
    lines[node.place] = chosen.place
    return "phoneNumber", Taking(chosen, draw(st.sampled_from(IDS["numbers"])))


def _draw_pieces(draw: st.DrawFn, earlier: tuple[Node, ...]) -> tuple[Piece, ...]:
    takings = [Taking(node, field) for node in earlier for field in (*IDS[node.kind], *FIELDS[node.kind])]
    kinds: list[st.SearchStrategy[Piece]] = [st.sampled_from(takings)] if takings else []
    return tuple(draw(st.lists(st.one_of(*kinds, TEXTS), min_size=1, max_size=3)))
