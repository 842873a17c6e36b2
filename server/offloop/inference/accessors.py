"""Properties as ways of values: what a getter returns is read, what is assigned is what a setter is given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from offloop.inference.context import FunctionId
from offloop.library.model import Type
from offloop.library.signature import role
from offloop.resolve.world import World


class _Pair(NamedTuple):
    getter: FunctionId | None
    setter: FunctionId | None


class Accessors:
    """Finds the getters and setters of analysed classes."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._pairs: dict[tuple[str, str], _Pair] | None = None

    def getters(self, kind: Type, name: str) -> Iterator[FunctionId]:
        """Yield the functions that answer where an attribute of an object of a class is read."""
        pair = self._nearest(kind, name)
        if pair is not None and pair.getter is not None:
            yield pair.getter

    def setters(self, kind: Type, name: str) -> Iterator[FunctionId]:
        """Yield the functions that get what is assigned to an attribute of an object of a class."""
        pair = self._nearest(kind, name)
        if pair is not None and pair.setter is not None:
            yield pair.setter

    def _nearest(self, kind: Type, name: str) -> _Pair | None:
        if self._pairs is None:
            self._pairs = self._find()
        if not self._pairs:
            return None
        return next(
            (
                pair
                for ancestor in self.world.ancestry(kind)
                if (pair := self._pairs.get((ancestor.name, name))) is not None
            ),
            None,
        )

    def _find(self) -> dict[tuple[str, str], _Pair]:
        found: dict[tuple[str, str], _Pair] = {}
        for module in self.world.analysed.values():
            for cls in module.facts.classes:
                for index in cls.methods:
                    method = module.facts.functions[index]
                    kind = role(method) if method.decorators else ""
                    key = (f"{module.name}.{cls.qualname}", method.name)
                    before = found.get(key, _Pair(None, None))
                    function = FunctionId(module.name, index)
                    if kind == "property":
                        found[key] = before._replace(getter=function)
                    elif kind == "setter" and len(method.parameters) > 1:
                        found[key] = before._replace(setter=function)
        return found
