"""What decorators of the integration do to the functions they decorate: where these run, and what marks stay.

Each decorated function is looked at by itself: a retry decorator that serves callers in the loop and in
workers alike would otherwise mix the contexts of all that it decorates.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from offloop.facts.model import FunctionFacts
from offloop.facts.tree import Call, Expr, Name, Return
from offloop.facts.walk import statements
from offloop.inference.context import Evidence, ExecutionContext, FunctionId, Reason
from offloop.inference.edges import Atom, HandOffEdge
from offloop.inference.thread_tests import is_sheltered
from offloop.library.model import Dispatch, Kind
from offloop.resolve.boundary import Region
from offloop.resolve.evaluate import Evaluator
from offloop.resolve.values import ClassObject, FunctionRef, Instance, ScopeRef, Value
from offloop.resolve.world import World

_WORKERS = frozenset({Dispatch.EXECUTOR, Dispatch.THREAD})
_ALL = ExecutionContext.BOTH


class Decorator(NamedTuple):
    """A function of the analysed modules that takes the decorated function as one of its parameters."""

    function: FunctionId
    position: int


class Effect(NamedTuple):
    """What becomes of a decorated function.

    ``carries`` are the contexts of its callers that reach it, ``evidence`` is of the contexts that the
    decorator itself gives it.
    """

    carries: ExecutionContext
    evidence: tuple[Evidence, ...] = ()


class Decorators:
    """The decorators of the analysed modules, by what they decorate."""

    def __init__(self, world: World, evaluator: Evaluator, kinds: Mapping[FunctionId, Kind]) -> None:
        self.world = world
        self.evaluator = evaluator
        self.kinds = kinds
        self.of: dict[FunctionId, tuple[Decorator, ...]] = {}
        for module in world.analysed.values():
            for facts in module.facts.functions:
                if facts.decorators:
                    found = tuple(self._decorators(module.name, facts))
                    if found:
                        self.of[FunctionId(module.name, facts.index)] = found

    # ---------------------------------------------------------------- which decorators
    def _decorators(self, module: str, facts: FunctionFacts) -> Iterator[Decorator]:
        scope = ScopeRef(module, facts.parent)
        if facts.owner_class is not None:
            scope = ScopeRef(module, None, facts.owner_class)
        for expr in facts.decorators:
            for value in self._values(expr, scope):
                yield from self._decorator(value)

    def _values(self, expr: Expr, scope: ScopeRef) -> Iterator[Value]:
        """Yield what decorates: for a factory what it returns, whatever its annotation promises."""
        if isinstance(expr, Call):
            for factory in self.evaluator.values(expr.function, scope):
                if isinstance(factory, FunctionRef) and factory.index >= 0:
                    yield from self.evaluator.returned(factory.module, factory.index)
                elif isinstance(factory, ClassObject):
                    yield Instance(factory.type)
            return
        yield from self.evaluator.values(expr, scope)

    def _decorator(self, value: Value) -> Iterator[Decorator]:
        if isinstance(value, Instance):
            method = self.world.method(value.type, "__call__")
            if method is None or method[1].module not in self.world.analysed:
                return
            value = FunctionRef(method[1].module, method[1].qualname, method[1].index, value.type)
        if not isinstance(value, FunctionRef) or value.index < 0:
            return
        facts = self.world.function_facts(value.module, value.index)
        if facts is None:
            return
        position = 1 if facts.owner_class is not None and value.receiver is not None else 0
        if position < len(facts.parameters):
            yield Decorator(FunctionId(value.module, value.index), position)

    def tokens(self) -> Iterator[Decorator]:
        """Yield each decorator once: what happens to its parameter happens to what it decorates."""
        yield from dict.fromkeys(decorator for decorators in self.of.values() for decorator in decorators)

    def registered(self) -> Iterator[tuple[Atom, Decorator]]:
        """Yield the functions that a decorator takes and gives back as they are."""
        for function, decorators in self.of.items():
            for decorator in decorators:
                if self._gives_back(decorator):
                    yield Atom(function.module, self._facts(function).qualname, function.index), decorator

    def _gives_back(self, decorator: Decorator) -> bool:
        facts = self._facts(decorator.function)
        name = facts.parameters[decorator.position].name
        return any(
            isinstance(statement, Return) and isinstance(statement.value, Name) and statement.value.id == name
            for statement in statements(facts.body)
        )

    def told_of(self, region: Region) -> list[tuple[object, ...]]:
        """Return all that is said of the decorators and the decorated functions of one region."""
        facts = self.world.analysed[region.module].facts
        told: list[tuple[object, ...]] = [
            (function.index, *self._decorators(region.module, function))
            for function in facts.functions
            if function.decorators and region.holds(region.module, function.index)
        ]
        for function, decorators in self.of.items():
            for decorator in decorators:
                if region.holds(*function) or region.holds(*decorator.function):
                    hidden = self.kinds[function] is Kind.CALLBACK and self._is_hidden(function, decorators)
                    told.append((function, decorator, self._gives_back(decorator), hidden))
        return told

    # ---------------------------------------------------------------- the mark
    def unmarked(self) -> Iterator[FunctionId]:
        """Yield the callbacks whose mark is hidden by a wrapper that does not copy it."""
        for function, decorators in self.of.items():
            if self.kinds[function] is Kind.CALLBACK and self._is_hidden(function, decorators):
                yield function

    def _is_hidden(self, function: FunctionId, decorators: Iterable[Decorator]) -> bool:
        facts = self._facts(function)
        if facts.decorators and self._is_mark(function.module, facts, facts.decorators[0]):
            return False
        return any(self._is_plain_wrapper(decorator) for decorator in decorators)

    def _is_mark(self, module: str, facts: FunctionFacts, decorator: Expr) -> bool:
        scope = ScopeRef(module, facts.parent)
        return any(
            isinstance(value, FunctionRef) and value.dotted in self.evaluator.callback_decorators
            for value in self.evaluator.values(decorator, scope)
        )

    def _is_plain_wrapper(self, decorator: Decorator) -> bool:
        """Whether all that a decorator returns is functions of its own that take over no mark."""
        scope = ScopeRef(*decorator.function)
        returned = [
            statement.value
            for statement in statements(self._facts(decorator.function).body)
            if isinstance(statement, Return)
        ]
        found = [
            value for expr in returned if expr is not None for value in self.evaluator.values(expr, scope)
        ]
        return len(found) >= len(returned) > 0 and all(
            isinstance(value, FunctionRef) and self._takes_no_mark(value, decorator.function)
            for value in found
        )

    def _takes_no_mark(self, wrapper: FunctionRef, decorator: FunctionId) -> bool:
        facts = self.world.function_facts(wrapper.module, wrapper.index)
        if facts is None or facts.parent != decorator.index or wrapper.module != decorator.module:
            return False
        if self.kinds[FunctionId(wrapper.module, wrapper.index)] is not Kind.PLAIN:
            return False
        known = self.of.get(FunctionId(wrapper.module, wrapper.index), ())
        return len(known) == len(facts.decorators)  # what is not of the integration may copy the mark

    # ---------------------------------------------------------------- where it runs
    def effects(self, handed: Iterable[HandOffEdge]) -> Mapping[FunctionId, Effect]:
        """Return what becomes of the functions whose decorators take them elsewhere."""
        if not self.of:
            return {}
        runs: dict[Decorator, list[HandOffEdge]] = defaultdict(list)
        given: dict[FunctionId, set[Dispatch]] = defaultdict(set)
        for edge in handed:
            atom = edge.target
            if atom.position >= 0:
                runs[Decorator(FunctionId(atom.module, atom.index), atom.position)].append(edge)
            elif atom.index >= 0:
                given[FunctionId(atom.module, atom.index)].add(edge.handoff.dispatch)
        effects: dict[FunctionId, Effect] = {}
        for function, decorators in self.of.items():
            carries, evidence = _ALL, list[Evidence]()
            for decorator in decorators:
                for effect in self._effect(function, runs[decorator], given):
                    carries &= effect.carries
                    evidence.extend(effect.evidence)
            if carries is not _ALL:
                effects[function] = Effect(carries, tuple(evidence))
        return effects

    def _effect(
        self,
        function: FunctionId,
        runs: Iterable[HandOffEdge],
        given: Mapping[FunctionId, set[Dispatch]],
    ) -> Iterator[Effect]:
        """Yield the effect of one decorator, nothing where it leaves a function to its callers."""
        carries, evidence = ExecutionContext.UNKNOWN, list[Evidence]()
        for edge in runs:
            dispatches = self._dispatches(edge, given)
            for dispatch in dispatches:
                context = self._context(function, dispatch)
                if context is None and self._is_sheltered(edge):
                    carries |= ExecutionContext.LOOP
                elif context is None:
                    carries |= _ALL
                else:
                    evidence.append(_evidence(edge, dispatch, context))
        if evidence and carries is not _ALL:
            yield Effect(carries, tuple(evidence))

    def _dispatches(self, edge: HandOffEdge, given: Mapping[FunctionId, set[Dispatch]]) -> set[Dispatch]:
        """Return where a decorator runs its function: a call inside of what it hands over goes there with it."""
        if edge.handoff.dispatch is not Dispatch.CALLER or edge.caller is None:
            return {edge.handoff.dispatch}
        if self.kinds[edge.caller] is Kind.COROUTINE:
            return {Dispatch.LOOP}
        found = given.get(edge.caller, set()) - {Dispatch.CALLER}
        if Dispatch.BY_TYPE in found:  # it is the inner function's kind that counts
            is_plain = self.kinds[edge.caller] is Kind.PLAIN
            found = found - {Dispatch.BY_TYPE} | {Dispatch.EXECUTOR if is_plain else Dispatch.LOOP}
        return found or {Dispatch.CALLER}

    def _context(self, function: FunctionId, dispatch: Dispatch) -> ExecutionContext | None:
        """Return the context that a dispatch gives, None for that of the caller."""
        if dispatch is Dispatch.CALLER:
            return None
        if dispatch is Dispatch.BY_TYPE:
            is_plain = self.kinds[function] is Kind.PLAIN
            return ExecutionContext.WORKER if is_plain else ExecutionContext.LOOP
        return ExecutionContext.WORKER if dispatch in _WORKERS else ExecutionContext.LOOP

    def _is_sheltered(self, edge: HandOffEdge) -> bool:
        if edge.caller is None:
            return False
        scope = ScopeRef(*edge.caller)
        return is_sheltered(self.evaluator, scope, self._facts(edge.caller).body, edge.call)

    def _facts(self, function: FunctionId) -> FunctionFacts:
        return self.world.analysed[function.module].facts.functions[function.index]


def _evidence(edge: HandOffEdge, dispatch: Dispatch, context: ExecutionContext) -> Evidence:
    detail = f"{edge.handoff.api}|{dispatch.value}"
    return Evidence(
        context, Reason.HAND_OFF, detail, edge.handoff.origin, edge.caller, edge.module, edge.call.start
    )
