"""The solver of a call graph: atoms move from slot to slot, and every use of a slot meets what arrives."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any

from offloop.inference.edges import Atom, Slot, Source, Use
from offloop.inference.handed_objects import further

_MAX_ATOMS = 400


class Flows:
    """Slots joined by flows; ``apply`` hears of each atom that reaches a use, and may add flows and uses."""

    def __init__(self, apply: Callable[[Atom, Use], None]) -> None:
        self._apply = apply
        self._atoms: dict[Slot, dict[Atom, None]] = defaultdict(dict)
        self._targets: dict[Slot, dict[Slot, None]] = defaultdict(dict)
        self._uses: dict[Slot, dict[Use, None]] = defaultdict(dict)
        self._ways: dict[Slot, dict[Slot, None]] = defaultdict(dict)
        self._work: deque[tuple[Slot, Atom]] = deque()
        # What was added since things were first settled, in order, and how much of it each time they were.
        self._trail: list[tuple[dict[Any, None], Hashable]] = []
        self._settled: list[int] = []

    def settle(self) -> None:
        """Note from now on what is added, so that it can be taken back."""
        self._settled.append(len(self._trail))

    def take_back(self, layers: int) -> None:
        """Take back what is not in the first layers of what is settled."""
        kept = self._settled[layers - 1]
        for added, key in reversed(self._trail[kept:]):
            del added[key]
        del self._trail[kept:], self._settled[layers:]

    def put(self, slot: Slot, atom: Atom) -> None:
        """Let an atom arrive in a slot."""
        atoms = self._atoms[slot]
        if atom not in atoms and len(atoms) < _MAX_ATOMS:
            atoms[atom] = None
            if self._settled:
                self._trail.append((atoms, atom))
            self._work.append((slot, atom))

    def join(self, source: Source, slot: Slot) -> None:
        """Let an atom, or whatever arrives in another slot, flow into a slot."""
        if isinstance(source, Atom):
            self.put(slot, source)
        elif source != slot and slot not in self._targets[source]:
            self._begin(source)
            targets = self._targets[source]
            targets[slot] = None
            if self._settled:
                self._trail.append((targets, slot))
            for atom in list(self._atoms[source]):
                self.put(slot, atom)

    def use(self, source: Source, use: Use) -> None:
        """Apply a use to an atom, or to whatever arrives in a slot."""
        if isinstance(source, Atom):
            self._apply(source, use)
        elif use not in self._uses[source]:
            self._begin(source)
            uses = self._uses[source]
            uses[use] = None
            if self._settled:
                self._trail.append((uses, use))
            for atom in list(self._atoms[source]):
                self._apply(atom, use)

    def _begin(self, slot: Slot) -> None:
        """Let tokens take their way to a slot that is at the end of one."""
        if slot[0] != "way":
            return
        begin, step = slot[1], str(slot[2])
        if isinstance(begin, tuple) and slot not in self._ways[begin]:
            ways = self._ways[begin]
            ways[slot] = None
            if self._settled:
                self._trail.append((ways, slot))
            for atom in list(self._atoms[begin]):
                self._lead(atom, step, slot)

    def _lead(self, atom: Atom, step: str, slot: Slot) -> None:
        found = further(atom, step)
        if found is not None:
            self.put(slot, found)

    def slots(self) -> list[Slot]:
        """Return the slots that something is taken out of."""
        return list(dict.fromkeys((*self._uses, *self._targets, *self._ways)))

    def held(self) -> Iterator[tuple[Slot, Iterable[Atom]]]:
        """Yield each slot with what has arrived in it."""
        yield from self._atoms.items()

    def solve(self) -> None:
        """Move atoms until nothing changes."""
        while self._work:
            slot, atom = self._work.popleft()
            for target in list(self._targets[slot]):
                self.put(target, atom)
            for way in list(self._ways[slot]) if slot in self._ways else ():
                self._lead(atom, str(way[2]), way)
            for use in list(self._uses[slot]):
                self._apply(atom, use)
