"""What is called of an object that is handed over: ``listener.add_service``, ``factory().data_received``.

A *way* leads from what is handed over to what runs: ".add_service" to a method of the object, ".on_*" to all methods
whose names begin so, "()" to what a call of it gives. Where a library is summarised, the token of a parameter takes
these steps and keeps the way; where an integration hands an object over, the way leads to its methods.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from offloop.facts.tree import Attribute, Binary, Call, Compound, Constant, Dictionary, Expr, Name, Subscript
from offloop.inference.edges import Atom, Source
from offloop.library.model import Type
from offloop.resolve.evaluate import Evaluator
from offloop.resolve.values import ClassObject, FunctionRef, Instance, Missing, ScopeRef, Value
from offloop.resolve.world import External, World

RESULT = "()"
_WAY = re.compile(r"(\(\))?(\.\w+\*?)?")
_PARTIAL = "functools.partial"
_MAX_NAMES = 16
# What everybody calls on texts, numbers and containers: no listener is meant.
_OF_BUILTINS = frozenset(
    name for kind in (str, bytes, list, dict, set, int, float) for name in dir(kind) if name[0] != "_"
)


# -------------------------------------------------------------------- ways of tokens
def further(atom: Atom, step: str) -> Atom | None:
    """Return the token of what a step from a token leads to; None for other atoms, and where the way ends."""
    way = atom.way + step
    return atom._replace(way=way) if atom.position >= 0 and _WAY.fullmatch(way) else None


def beyond(source: Source, step: str) -> Source | None:
    """Return what a step from a token, or from whatever token arrives in a slot, leads to."""
    if isinstance(source, Atom):
        return further(source, step)
    if source[0] != "way":
        return ("way", source, step)
    way = f"{source[2]}{step}"
    return ("way", source[1], way) if _WAY.fullmatch(way) else None


def is_of_listener(name: str) -> bool:
    """Whether a method of that name may be one of a listener's, for objects of which nothing else is known."""
    return name not in _OF_BUILTINS and not name.startswith("__")


def names_asked_for(evaluator: Evaluator, name: Expr, scope: ScopeRef) -> list[str]:
    """Return the names that an argument of ``getattr`` may be: a text, "on_*" for its begin, those of a table."""
    match name:
        case Constant(str(text), _, _) if text.isidentifier():
            return [text]
        case Compound() | Binary():
            begin = _begin(name)
            return [f"{begin}*"] if len(begin) > 1 and begin.isidentifier() else []
        case Subscript(Name(table, _, _), _, _, _) | Call(Attribute(Name(table, _, _), "get", _, _), _, _, _):
            return _texts_of(evaluator, table, scope)
    return []


def _begin(name: Expr) -> str:
    """Return the constant text that a name begins with."""
    match name:
        case Compound(parts, _, _) if parts:
            return _begin(parts[0])
        case Binary(_, left, _, _, _):
            return _begin(left)
        case Constant(str(text), _, _):
            return text
    return ""


def _texts_of(evaluator: Evaluator, table: str, scope: ScopeRef) -> list[str]:
    found = evaluator.lookup(table, scope)
    values = [
        value
        for binding in (found[1] if found is not None else ())
        if isinstance(binding.expr, Dictionary)
        for _, value in binding.expr.items
    ]
    texts = [value.value for value in values if isinstance(value, Constant) and isinstance(value.value, str)]
    return texts[:_MAX_NAMES] if len(texts) == len(values) else []


# -------------------------------------------------------------------- ways of objects
class HandedObjects:
    """Finds the methods that ways lead to, of objects of analysed classes."""

    def __init__(self, world: World, evaluator: Evaluator) -> None:
        self.world = world
        self.evaluator = evaluator

    def reached(self, value: Expr, way: str, scope: ScopeRef) -> Iterator[FunctionRef | Missing]:
        """Yield the methods, and attributes that are none, that a way leads to from what an expression stands for."""
        called, _, name = way.rpartition(".")
        objects: Iterable[Value] = self.evaluator.values(value, scope)
        if called == RESULT:
            objects = self._made(value, objects, scope)
        for one in objects:
            if isinstance(one, Instance):
                yield from self._named(one.type, name)

    def _made(self, value: Expr, factories: Iterable[Value], scope: ScopeRef) -> Iterator[Value]:
        """Yield what calls of a factory give: a class, a function, a ``partial`` of these."""
        if isinstance(value, Call) and value.arguments:
            for callee in self.evaluator.values(value.function, scope):
                if isinstance(callee, External) and callee.dotted == _PARTIAL:
                    bound = value.arguments[0].value
                    yield from self._made(bound, self.evaluator.values(bound, scope), scope)
        for factory in factories:
            if isinstance(factory, ClassObject):
                yield Instance(factory.type)
            elif isinstance(factory, FunctionRef):
                yield from self.evaluator.call_result(factory)

    def _named(self, kind: Type, name: str) -> Iterator[FunctionRef | Missing]:
        begin = name.removesuffix("*")
        names = [name] if begin == name else self._beginning(kind, begin)
        for one in names:
            method = self.world.method(kind, one)
            if method is None:
                yield Missing(kind, one)
            elif method[1].module in self.world.analysed:
                yield FunctionRef(method[1].module, method[1].qualname, method[1].index, kind)

    def _beginning(self, kind: Type, begin: str) -> list[str]:
        found = (self.world.class_named(ancestor.name) for ancestor in self.world.ancestry(kind))
        names = (name for cls in found if cls is not None for name in cls.methods)
        return list(dict.fromkeys(name for name in names if name.startswith(begin)))
