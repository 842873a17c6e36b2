"""What the rest of a program was told of one region's insides; asked again, it tells whether the rest holds.

While somebody types in one region, what lies around it is not evaluated again. The rest knows its insides
only by a few kinds of questions (what is assigned to an attribute, what a function returns, ...), and each
of them is noted here. When all answers are as before, nothing outside of the region can have changed.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Generic, NamedTuple, TypeVar

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")

Ask = Callable[[], object]


class Region(NamedTuple):
    """A module, one function of it with those that lie in it (``functions``), or all ``without`` these."""

    module: str
    functions: range | None = None
    without: range | None = None

    def holds(self, module: str, function: int | None) -> bool:
        """Whether a function of a module, or the module's own body (None), lies in the region."""
        if module != self.module:
            return False
        if self.functions is not None:
            return function is not None and function in self.functions
        return self.without is None or function is None or function not in self.without

    def of(self, functions: Sequence[T]) -> Sequence[T]:
        """Return the functions of the module that lie in the region."""
        if self.functions is not None:
            return functions[self.functions.start : self.functions.stop]
        if self.without is not None:
            return [*functions[: self.without.start], *functions[self.without.stop :]]
        return functions


class Boundary:
    """The questions that are asked from outside about one ``region``, and the answers that were given."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self._is_open = True
        self._questions: dict[Hashable, tuple[Ask, frozenset[Hashable]]] = {}
        self._answers: dict[Hashable, object] = {}

    def note(self, key: Hashable, ask: Ask, about: frozenset[Hashable] = frozenset()) -> None:
        """Note a question; one ``about`` names and keys matters only while the region mentions one of them."""
        if self._is_open:
            self._questions.setdefault(key, (ask, about))

    def about(self, attribute: str) -> frozenset[Hashable]:
        """Return what a question on an attribute of one of the module's classes is about.

        One function matters only while it assigns to the attribute; what others assign may lead into a module.
        """
        return frozenset({attribute}) if self.region.functions is not None else frozenset()

    def close(self) -> None:
        """Note no more questions, and keep the answers of now."""
        while len(self._answers) < len(self._questions):  # an answer may raise further questions
            for key, (ask, _) in list(self._questions.items()):
                if key not in self._answers:
                    self._answers[key] = ask()
        self._is_open = False

    def holds(self, mentioned: frozenset[Hashable]) -> bool:
        """Whether every question is answered as before; ``mentioned`` is what the region mentions or did."""
        return all(
            ask() == self._answers[key]
            for key, (ask, about) in self._questions.items()
            if not about or not about.isdisjoint(mentioned)
        )


class Memo(Generic[K, V]):
    """Answers in layers: settled ones, and fresh ones that are forgotten when the watched region changes.

    Around a function that is watched, its module is settled above the other modules.
    """

    __slots__ = ("_fresh", "_settled")

    def __init__(self) -> None:
        self._settled: list[dict[K, V]] = []
        self._fresh: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """Return a known answer."""
        known = self._fresh.get(key)
        if known is None:
            for layer in self._settled:
                known = layer.get(key)
                if known is not None:
                    break
        return known

    def put(self, key: K, value: V) -> V:
        """Keep an answer, and return it."""
        self._fresh[key] = value
        return value

    def settle(self, is_watched: Callable[[K], bool] | None = None) -> None:
        """Settle all answers but those about the watched region."""
        fresh = self._fresh
        self._settled.append(
            fresh if is_watched is None else {k: v for k, v in fresh.items() if not is_watched(k)}
        )
        self._fresh = {}

    def forget(self, layers: int) -> None:
        """Forget the answers that are not in the first layers of what is settled."""
        del self._settled[layers:]
        self._fresh = {}
