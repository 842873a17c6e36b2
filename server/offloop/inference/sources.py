"""Which functions, and slots that functions flow through, an expression may stand for."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from offloop.facts.model import FunctionFacts
from offloop.facts.tree import (
    Argument,
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
    Starred,
    Subscript,
    Walrus,
    Yield,
)
from offloop.inference.accessors import Accessors
from offloop.inference.arguments import pair_arguments
from offloop.inference.context import FunctionId
from offloop.inference.edges import Atom, Source
from offloop.inference.handed_objects import RESULT, beyond, is_of_listener, names_asked_for
from offloop.inference.removers import remover_of
from offloop.inference.slots import OUT, SAME, Slots
from offloop.inference.wrappers import Wrappers
from offloop.library.model import Type
from offloop.library.overrides import JOB_CLASSES
from offloop.resolve.evaluate import Evaluator
from offloop.resolve.values import ClassObject, FunctionRef, Instance, ScopeRef, Value
from offloop.resolve.world import External, World

_SEEN_THROUGH = frozenset({"partial", "cast", "getattr"})


class Sources:
    """Finds what flows out of expressions of analysed modules."""

    def __init__(
        self, world: World, evaluator: Evaluator, slots: Slots, wrappers: Wrappers, accessors: Accessors
    ) -> None:
        self.world = world
        self.accessors = accessors
        self.evaluator = evaluator
        self.slots = slots
        self.wrappers = wrappers
        # Functions of the library whose result undoes what they did.
        self.removers: Container[str] = ()
        # The classes of what users of a library derive listeners from; None where no objects are followed.
        self.listeners: frozenset[str] | None = None

    def of(self, expr: Expr, scope: ScopeRef) -> Iterator[Source]:
        """Yield the functions and slots whose functions an expression may stand for."""
        match expr:
            case Name():
                yield from self.slots.of(expr, scope)
                yield from self._named(expr, scope)
            case Attribute():
                values = self.evaluator.values(expr, scope)
                yield from self._atoms(values)
                if not any(isinstance(value, FunctionRef) for value in values):
                    yield from self._methods_below(expr, scope)
                for kind in self.evaluator.types(expr.value, scope):
                    for getter in self.accessors.getters(kind, expr.attr):
                        yield self.slots.returned(getter.module, getter.index)
                yield from self.slots.of(expr, scope)
                if self.listeners is not None and self._may_be_of_listener(expr, values, scope):
                    yield from self._beyond(expr.value, f".{expr.attr}", scope)
            case Lambda(index, _, _):
                yield Atom(scope.module, self._facts(scope.module, index).qualname, index)
            case Call():
                yield from self._kept(expr, scope)
                callees = self.evaluator.values(expr.function, scope)
                for callee in callees:
                    yield from self._results(callee, expr, scope)
                if self.listeners is not None and self._is_open(expr.function, callees, scope):
                    yield from self._beyond(expr.function, RESULT, scope)
            case Subscript():
                yield from self.slots.of(expr, scope)
                yield from self._inside(expr.value, scope)
            case _:
                for part in _parts(expr):
                    yield from self.of(part, scope)

    def virtual(self, function: FunctionRef) -> Iterator[Atom]:
        """Yield the function and the overrides of it in analysed subclasses of its receiver."""
        yield Atom(function.module, function.qualname, function.index)
        if function.receiver is None:
            return
        name = function.qualname.rpartition(".")[2]
        for signature in self.world.subclasses(function.receiver.name):
            method = signature.methods.get(name)
            if method is not None and (method.module, method.index) != (function.module, function.index):
                yield Atom(method.module, method.qualname, method.index)

    def _methods_below(self, attribute: Attribute, scope: ScopeRef) -> Iterator[Atom]:
        """Yield the methods by which analysed subclasses override what is an attribute or property in a base."""
        for kind in self.evaluator.types(attribute.value, scope):
            for signature in self.world.subclasses(kind.name):
                method = signature.methods.get(attribute.attr)
                if method is not None and method.role == "":
                    yield Atom(method.module, method.qualname, method.index)

    def methods_named(self, name: object) -> Iterator[Atom]:
        """Yield the methods that a text names: of the analysed classes that build on one of the library."""
        for module in self.world.analysed.values():
            for function in module.facts.functions:
                if function.name != name or function.owner_class is None:
                    continue
                cls = module.facts.classes[function.owner_class]
                ancestry = self.world.ancestry(Type(f"{module.name}.{cls.qualname}"))
                known = (self.world.class_named(ancestor.name) for ancestor in ancestry[1:])
                if any(one is not None and one.module not in self.world.analysed for one in known):
                    yield Atom(module.name, function.qualname, function.index)

    # ---------------------------------------------------------------- objects that are handed over
    def _is_open(self, expr: Expr, values: Iterable[Value], scope: ScopeRef) -> bool:
        """Whether nothing is known of what an expression stands for, or only that a base of ``self`` may have it."""
        if not isinstance(expr, Attribute):
            return not values
        return all(isinstance(value, External) for value in values) and not any(
            isinstance(value, Instance) and self.world.class_named(value.type.name) is None
            for value in self.evaluator.values(expr.value, scope)
        )

    def _may_be_of_listener(self, expr: Attribute, values: Iterable[Value], scope: ScopeRef) -> bool:
        """Whether a member is one of an object of unknown class, or declared by a class of listeners."""
        if self._is_open(expr, values, scope):
            return is_of_listener(expr.attr)
        owners = (
            f"{value.module}.{value.qualname.rpartition('.')[0]}" if isinstance(value, FunctionRef) else ""
            for value in values
        )
        return self.listeners is not None and all(owner in self.listeners for owner in owners)

    def _beyond(self, expr: Expr, step: str, scope: ScopeRef) -> Iterator[Source]:
        """Yield what a step leads to from what is handed to a library."""
        for source in self.of(expr, scope):
            found = beyond(source, step)
            if found is not None:
                yield found

    # ---------------------------------------------------------------- names and containers
    def _named(self, name: Name, scope: ScopeRef) -> Iterator[Source]:
        found = self.evaluator.lookup(name.id, scope)
        if found is None:
            return
        if all(binding.kind in ("element", "context", "other") for binding in found[1]):
            return
        yield from self._atoms(self.evaluator.values(name, scope))

    def _atoms(self, values: Iterable[Value]) -> Iterator[Atom]:
        for value in values:
            if isinstance(value, FunctionRef):
                yield from self.virtual(value)
            elif isinstance(value, Instance):
                yield from self._called_object(value.type)

    def _called_object(self, kind: Type) -> Iterator[Atom]:
        """Yield what runs when an object of a class is called."""
        method = self.world.method(kind, "__call__")
        if method is not None and method[1].module in self.world.analysed:
            yield Atom(method[1].module, method[1].qualname, method[1].index, "object")

    def _inside(self, container: Expr, scope: ScopeRef) -> Iterator[Source]:
        """Yield what is in a container that has no slot of its own."""
        if not isinstance(container, Name | Attribute):
            yield from self.of(container, scope)

    # ---------------------------------------------------------------- results of calls
    def _kept(self, call: Call, scope: ScopeRef) -> Iterator[Source]:
        """Yield what a method of a container takes out of it."""
        if isinstance(call.function, Attribute) and call.function.attr in OUT:
            yield from self.slots.of(call, scope)
            yield from self._inside(call.function.value, scope)

    def _results(self, callee: Value, call: Call, scope: ScopeRef) -> Iterator[Source]:
        match callee:
            case External(dotted):
                last = dotted.rpartition(".")[2]
                if last == "getattr" and self.listeners is not None and len(call.arguments) > 1:
                    for name in names_asked_for(self.evaluator, call.arguments[1].value, scope):
                        yield from self._beyond(call.arguments[0].value, f".{name}", scope)
                elif last in _SEEN_THROUGH or last in SAME:
                    seen = call.arguments[-1:] if last == "cast" else call.arguments[:1]
                    yield from self._arguments(seen, scope)
            case ClassObject(kind):
                yield from self._constructed(kind, call, scope)
            case FunctionRef():
                if callee.index >= 0:
                    yield from self._returned(FunctionId(callee.module, callee.index), call, scope)
                if callee.dotted in self.removers:
                    yield remover_of(callee.dotted)
                if callee.dotted in self.evaluator.callback_decorators:
                    for source in self._arguments(call.arguments[:1], scope):
                        yield source._replace(kind="callback") if isinstance(source, Atom) else source

    def _constructed(self, kind: Type, call: Call, scope: ScopeRef) -> Iterator[Source]:
        if kind.name in JOB_CLASSES:
            yield from self._arguments(call.arguments[:1], scope)
        yield from self._called_object(kind)
        if self.world.constructor(kind) is None:
            # A record (dataclass, named tuple) carries what it is made of.
            yield from self._arguments(call.arguments, scope)

    def _returned(self, function: FunctionId, call: Call, scope: ScopeRef) -> Iterator[Source]:
        wrapped = self.wrappers.parameter(function)
        if wrapped is None:
            yield self.slots.returned(function.module, function.index)
            return
        for name, value in pair_arguments(self._facts(*function), call.arguments, 0):
            if name == wrapped:
                yield from self.of(value, scope)

    def _arguments(self, arguments: Iterable[Argument], scope: ScopeRef) -> Iterator[Source]:
        for argument in arguments:
            yield from self.of(argument.value, scope)

    def _facts(self, module: str, index: int) -> FunctionFacts:
        return self.world.analysed[module].facts.functions[index]


def _parts(expr: Expr) -> Iterator[Expr]:
    """Yield the sub-expressions that an expression is, chooses from, or is made of."""
    match expr:
        case Collection(_, items, _, _):
            yield from items
        case Dictionary(entries, _, _):
            for key, value in entries:
                if key is not None and not isinstance(key, Constant):
                    yield key
                yield value
        case Conditional(_, body, orelse, _, _):
            yield body
            yield orelse
        case Boolean(_, values, _, _):
            yield from values
        case Comprehension(_, elements, _, _, _):
            yield from elements
        case Walrus(_, value, _, _) | Await(value, _, _) | Starred(value, _, _):
            yield value
        case Yield(value, _, _) if value is not None:
            yield value
