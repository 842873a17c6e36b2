"""What the rest of a program was told of one module's insides; asked again, it tells whether the rest holds.

While somebody types in one module, the modules around it are not evaluated again. They know its insides
only by a few kinds of questions (what is assigned to an attribute, what a function returns, ...), and each
of them is noted here. When all answers are as before, nothing outside of the module can have changed.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

Ask = Callable[[], object]


class Boundary:
    """The questions that other modules ask about one ``module``, and the answers they were given."""

    def __init__(self, module: str) -> None:
        self.module = module
        self._is_open = True
        self._questions: dict[Hashable, tuple[Ask, frozenset[Hashable]]] = {}
        self._answers: dict[Hashable, object] = {}

    def note(self, key: Hashable, ask: Ask, about: frozenset[Hashable] = frozenset()) -> None:
        """Note a question; one ``about`` names and keys matters only while the module mentions one of them."""
        if self._is_open:
            self._questions.setdefault(key, (ask, about))

    def close(self) -> None:
        """Note no more questions, and keep the answers of now."""
        while len(self._answers) < len(self._questions):  # an answer may raise further questions
            for key, (ask, _) in list(self._questions.items()):
                if key not in self._answers:
                    self._answers[key] = ask()
        self._is_open = False

    def holds(self, mentioned: frozenset[Hashable]) -> bool:
        """Whether every question is answered as before; ``mentioned`` is what the module mentions or did."""
        return all(
            ask() == self._answers[key]
            for key, (ask, about) in self._questions.items()
            if not about or not about.isdisjoint(mentioned)
        )


class Memo(Generic[K, V]):
    """Answers in two layers: settled ones, and fresh ones that are forgotten when the watched module changes."""

    __slots__ = ("_fresh", "_settled")

    def __init__(self) -> None:
        self._settled: dict[K, V] = {}
        self._fresh: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """Return a known answer."""
        known = self._fresh.get(key)
        return known if known is not None else self._settled.get(key)

    def put(self, key: K, value: V) -> V:
        """Keep an answer, and return it."""
        self._fresh[key] = value
        return value

    def settle(self, is_watched: Callable[[K], bool] | None = None) -> None:
        """Settle all answers but those about the watched module."""
        fresh = self._fresh
        self._settled.update(
            fresh if is_watched is None else {k: v for k, v in fresh.items() if not is_watched(k)}
        )
        self._fresh = {}

    def forget(self) -> None:
        """Forget the answers that are not settled."""
        self._fresh = {}
