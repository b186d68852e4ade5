"""Put resources in the order of their references, and find the circles among them, in one walk."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence


class Walk:
    """Walk from each resource to those that it refers to: `order` has each after its targets, without those in a circle.

    Each of `circles` begins and ends with the same address. A resource counts for one of them only: once it is known to be
    wrong, other circles through it need not be told. What stands in those alone may be left out of `order`, or not.
    """

    def __init__(self, graph: Mapping[str, Collection[str]]) -> None:
        self.order: list[str] = []
        self.circles: list[Sequence[str]] = []
        self._graph = graph
        self._path: list[str] = []
        self._places: dict[str, int] = {}
        """Where an address stands on the path that is being walked."""
        self._barriers: list[int] = []
        """Of each place on the path, the last one up to it that is in a circle; -1 for none."""
        self._done: set[str] = set()
        for address in graph:
            self._walk(address)

    def _walk(self, start: str) -> None:
        if start in self._done:
            return
        steps = [self._enter(start)]
        while steps:
            target = next(steps[-1], None)
            if target is None:
                steps.pop()
                self._leave()
            elif target in self._places:
                self._close(self._places[target])
            elif target not in self._done:
                steps.append(self._enter(target))

    def _enter(self, address: str) -> Iterator[str]:
        self._places[address] = len(self._path)
        self._barriers.append(self._barriers[-1] if self._barriers else -1)
        self._path.append(address)
        return iter(self._graph.get(address, ()))

    def _leave(self) -> None:
        address, barrier = self._path.pop(), self._barriers.pop()
        del self._places[address]
        self._done.add(address)
        if barrier != len(self._path):
            self.order.append(address)

    def _close(self, place: int) -> None:
        """Leave the circle from a place of the path to its end out; tell it, unless a resource of it is in another one."""
        if self._barriers[-1] < place:
            self.circles.append((*self._path[place:], self._path[place]))
        self._barriers[place:] = range(place, len(self._path))
