"""What expressions stand for: our own fast resolver, from imports, annotations, assignments and base classes.

Nothing is executed; an expression that cannot be decided stands for nothing at all. This module holds the
entry and what is remembered between questions; each kind of expression is answered by a module of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from offloop.facts.tree import (
    Attribute,
    Await,
    Boolean,
    Call,
    Collection,
    Comprehension,
    Conditional,
    Constant,
    Dictionary,
    Expr,
    Lambda,
    Name,
    Subscript,
    Walrus,
)
from offloop.library.model import ClassSignature, Type
from offloop.library.signature import SignatureBuilder
from offloop.resolve import calls, containers, declared, members, names, parameters
from offloop.resolve.bindings import Binding, Bindings
from offloop.resolve.boundary import Boundary, Memo
from offloop.resolve.calls import COROUTINE
from offloop.resolve.narrowing import Narrowing, narrowed, narrowings
from offloop.resolve.parameters import match_arguments
from offloop.resolve.scopes import Scopes
from offloop.resolve.usage import Usage
from offloop.resolve.values import FunctionRef, Instance, ScopeRef, Value, Values, unique
from offloop.resolve.world import World

__all__ = ["COROUTINE", "Evaluator", "match_arguments"]


class Evaluator:
    """Evaluates expressions of analysed modules; memoises by the identity of the expression.

    ``conventions`` give the class of parameters and attributes that say nothing themselves.
    """

    def __init__(
        self, world: World, conventions: Mapping[str, Type], callback_decorators: frozenset[str]
    ) -> None:
        self.world = world
        self.conventions = conventions
        self.callback_decorators = callback_decorators
        self.scopes = Scopes(world, callback_decorators)
        # Receivers decided elsewhere, by module and offset.
        self.answers: dict[tuple[str, int], Type] = {}
        # What hooks are given, by module, function and position.
        self.hints: dict[tuple[str, int, int], Values] = {}
        # How undeclared values get where they are, where that is followed.
        self.usage: Usage | None = None
        # What is asked about the region that somebody edits, while the rest is being evaluated.
        self.boundary: Boundary | None = None
        self._memo: Memo[int, Values] = Memo()
        self._insides: set[int] = set()  # expressions inside of the region behind the boundary
        self._busy: set[int] = set()
        self._cut = False  # a cycle was cut while the current expression was evaluated
        self._assignments: Memo[tuple[str, str], members.Assignments] = Memo()
        self._returned: Memo[tuple[str, int], Values] = Memo()
        self._narrowings: Memo[ScopeRef, tuple[Narrowing, ...]] = Memo()

    # ---------------------------------------------------------------- expressions
    def values(self, expr: Expr, scope: ScopeRef) -> Values:
        """Return what an expression may stand for; empty where that is unknown."""
        key = id(expr)
        known = self._memo.get(key)
        if known is not None:
            return known
        if key in self._busy:
            self._cut = True
            return ()
        outer_cut, self._cut = self._cut, False
        self._busy.add(key)
        try:
            evaluate = _BY_CLASS.get(expr.__class__)
            found = unique(evaluate(self, expr, scope)) if evaluate is not None else ()
        except RecursionError:
            found = ()
        finally:
            self._busy.discard(key)
        if not found:
            answer = self.answers.get((scope.module, expr.end))
            if answer is not None:
                found = self.instances(answer)
        if found or not self._cut or not self._busy:
            self._memo.put(key, found)
            if self.boundary is not None and self.boundary.region.holds(scope.module, scope.function):
                self._insides.add(key)
        self._cut = outer_cut or (self._cut and bool(self._busy))
        return found

    def types(self, expr: Expr, scope: ScopeRef) -> Iterator[Type]:
        """Yield the class types of the objects that an expression may stand for."""
        for value in self.values(expr, scope):
            if isinstance(value, Instance):
                yield value.type

    # ---------------------------------------------------------------- names and scopes
    def named(self, name: str, scope: ScopeRef) -> Values:
        """Return what a name would stand for if it stood in a scope."""
        return unique(names.named(self, name, scope))

    def lookup(self, name: str, scope: ScopeRef) -> tuple[ScopeRef, list[Binding]] | None:
        """Return the scope that binds a name, and how."""
        return self.scopes.lookup(name, scope)

    def bindings(self, scope: ScopeRef) -> tuple[Bindings, frozenset[str]]:
        """Return the bindings of a scope and the names it leaves to an outer one."""
        return self.scopes.bindings(scope)

    def outer(self, scope: ScopeRef) -> ScopeRef | None:
        """Return the scope in which a name is looked up next; class bodies do not enclose their methods."""
        return self.scopes.outer(scope)

    def own_class(self, scope: ScopeRef) -> ClassSignature | None:
        """Return the class whose method (or function inside of a method) the scope is."""
        return self.scopes.own_class(scope)

    def builder(self, module: str) -> SignatureBuilder:
        """Return the reader of annotations for a module."""
        return self.scopes.builder(module)

    def parameter(self, scope: ScopeRef, index: int) -> Iterable[Value]:
        """Return what a parameter may stand for: its annotation, ``self``, the base method's annotation."""
        return parameters.parameter(self, scope, index)

    def narrowings(self, scope: ScopeRef) -> tuple[Narrowing, ...]:
        """Return what tests in a function say of its names and attributes."""
        if scope.function is None:
            return ()
        known = self._narrowings.get(scope)
        if known is None:
            function = self.world.analysed[scope.module].facts.functions[scope.function]
            known = self._narrowings.put(scope, narrowings(function))
        return known

    # ---------------------------------------------------------------- types and members
    def annotated(self, annotation: Expr, scope: ScopeRef) -> Values:
        """Return the objects that an annotation promises."""
        return declared.annotated(self.scopes, annotation, scope)

    def instances(self, kind: Type | None) -> Values:
        """Return objects of a type: unions opened, aliases followed, ``type[X]`` as the class itself."""
        return declared.instances(self.world, kind)

    def wrap(self, found: object) -> Values:
        """Return the values for something that a dotted name stands for."""
        return declared.wrap(self.world, found)

    def member(self, kind: Type, attr: str) -> Values:
        """Return what an attribute of an object of a class may stand for."""
        return members.member(self, kind, attr)

    def assignments(self, signature: ClassSignature) -> members.Assignments:
        """Return the values that methods of an analysed class give to attributes of their own object."""
        key = (signature.module, signature.qualname)
        known = self._assignments.get(key)
        if known is None:
            known = self._assignments.put(key, members.assignments(self, signature))
        return known

    # ---------------------------------------------------------------- results
    def call_result(self, function: FunctionRef) -> Values:
        """Return what calling a function gives; a coroutine function gives a coroutine."""
        return calls.call_result(self, function)

    def returned(self, module: str, index: int) -> Values:
        """Return what the ``return`` statements of an analysed function give."""
        key = (module, index)
        if self.boundary is not None and self.boundary.region.holds(module, index):
            self.boundary.note(("returned", index), partial(self.returned, module, index))
        known = self._returned.get(key)
        if known is None:
            self._returned.put(key, ())  # a recursive function adds nothing of its own
            known = self._returned.put(key, calls.return_values(self, module, index))
        return known

    # ---------------------------------------------------------------- while one region is edited
    def settle(self) -> None:
        """Keep what is known by now, but for the insides of the region behind the boundary, and close that."""
        if self.boundary is None:
            return
        self.boundary.close()
        region, self.boundary = self.boundary.region, None
        self._memo.settle(self._insides.__contains__)
        self._insides = set()
        self._assignments.settle(lambda key: key[0] == region.module)
        self._returned.settle(lambda key: region.holds(*key))
        self._narrowings.settle(lambda scope: region.holds(scope.module, scope.function))
        self.scopes.settle(region)
        if self.usage is not None:
            self.usage.forget()

    def forget(self, layers: int) -> None:
        """Forget what is not in the first layers of what is settled: the watched region has changed."""
        self._memo.forget(layers)
        self._insides = set()
        self._assignments.forget(layers)
        self._returned.forget(layers)
        self._narrowings.forget(layers)
        self.scopes.forget(layers)
        if self.usage is not None:
            self.usage.forget()


# ------------------------------------------------------------------ by kind of expression
def _name(evaluator: Evaluator, expr: Name, scope: ScopeRef) -> Iterable[Value]:
    found = names.named(evaluator, expr.id, scope)
    return narrowed(evaluator, expr, scope, tuple(found)) if evaluator.narrowings(scope) else found


def _attribute(evaluator: Evaluator, expr: Attribute, scope: ScopeRef) -> Iterable[Value]:
    found = members.attribute(evaluator, evaluator.values(expr.value, scope), expr.attr)
    return narrowed(evaluator, expr, scope, tuple(found)) if evaluator.narrowings(scope) else found


def _await(evaluator: Evaluator, expr: Await, scope: ScopeRef) -> Iterable[Value]:
    return calls.awaited(evaluator, evaluator.values(expr.value, scope))


def _subscript(evaluator: Evaluator, expr: Subscript, scope: ScopeRef) -> Iterable[Value]:
    return containers.subscript(evaluator, expr.value, expr.index, scope)


def _conditional(evaluator: Evaluator, expr: Conditional, scope: ScopeRef) -> Iterable[Value]:
    return (*evaluator.values(expr.body, scope), *evaluator.values(expr.orelse, scope))


def _boolean(evaluator: Evaluator, expr: Boolean, scope: ScopeRef) -> Iterable[Value]:
    return [value for part in expr.values for value in evaluator.values(part, scope)]


def _walrus(evaluator: Evaluator, expr: Walrus, scope: ScopeRef) -> Iterable[Value]:
    return evaluator.values(expr.value, scope)


def _lambda(evaluator: Evaluator, expr: Lambda, scope: ScopeRef) -> Iterable[Value]:
    function = evaluator.world.analysed[scope.module].facts.functions[expr.function]
    return (FunctionRef(scope.module, function.qualname, expr.function),)


def _collection(evaluator: Evaluator, expr: Collection, scope: ScopeRef) -> Iterable[Value]:
    return (containers.display(evaluator, expr, scope),)


def _dictionary(evaluator: Evaluator, expr: Dictionary, scope: ScopeRef) -> Iterable[Value]:
    return (containers.dictionary(evaluator, expr, scope),)


def _comprehension(evaluator: Evaluator, expr: Comprehension, scope: ScopeRef) -> Iterable[Value]:
    return (containers.comprehension(evaluator, expr, scope),)


def _constant(_evaluator: Evaluator, expr: Constant, _scope: ScopeRef) -> Iterable[Value]:
    return (Instance(Type("str")),) if isinstance(expr.value, str) else ()


# Expressions of other classes stand for nothing that is followed.
_BY_CLASS: dict[type, Callable[[Evaluator, Any, ScopeRef], Iterable[Value]]] = {
    Name: _name,
    Attribute: _attribute,
    Call: calls.called,
    Await: _await,
    Subscript: _subscript,
    Conditional: _conditional,
    Boolean: _boolean,
    Walrus: _walrus,
    Lambda: _lambda,
    Collection: _collection,
    Dictionary: _dictionary,
    Comprehension: _comprehension,
    Constant: _constant,
}
