"""Which functions do from a worker thread what a loop function does: joined by what both reach."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from offloop.catalog.certain_calls import certain_calls_in
from offloop.facts.model import FunctionFacts, ParameterKind
from offloop.facts.tree import Assign, Attribute, Call, Expr, Name, Return
from offloop.facts.walk import statements
from offloop.inference.context import FunctionId
from offloop.inference.program import Program
from offloop.library.model import Dispatch, FunctionSignature, HandOff, Kind, Twin
from offloop.library.overrides import HANDOFFS, INTERNAL_SUFFIX, LOOP_PREFIXES
from offloop.resolve.values import FunctionRef, ScopeRef
from offloop.resolve.world import External

_COROUTINE_HOPS = frozenset({"asyncio.run_coroutine_threadsafe"})
# What calls these runs a loop of its own accord: it is no function for worker threads (core.py, HomeAssistant.start).
_RUNS_LOOP = frozenset(
    {"asyncio.AbstractEventLoop.run_forever", "asyncio.AbstractEventLoop.run_until_complete"}
)
_ONE_ARGUMENT = (ParameterKind.POSITIONAL_ONLY, ParameterKind.NORMAL, ParameterKind.KEYWORD_ONLY)
_HOPS = _COROUTINE_HOPS | {"asyncio.AbstractEventLoop.call_soon_threadsafe"}


class TwinFinder:
    """Finds the sync twins in a program."""

    def __init__(self, program: Program, handoffs: dict[str, tuple[HandOff, ...]]) -> None:
        self.program = program
        self.handoffs = handoffs
        self.callees: dict[FunctionId, set[FunctionId]] = {}
        self.hops = self._find_hops()

    def derive(self) -> dict[str, Twin]:
        """Return the twin of each loop function by dotted name."""
        found: dict[str, list[tuple[int, Twin]]] = defaultdict(list)
        callers = self._callers()
        for function in self.hops:
            if self.program.facts(function).name.startswith("_"):
                continue  # for its own class or module only
            targets = set(self._targets(function))
            for candidate in self._candidates(function, targets, callers):
                rank = self._rank(candidate, function, targets)
                found[self._dotted(candidate)].append((rank, self._twin(candidate, function)))
        for loop_function, name, module in self.factories():
            twin = Twin(f"{module}.{name}", (), (), returns_same=True, blocks=True)
            found[self._dotted(loop_function)].append((0, twin))
        twins = {name: min(ranked, key=_preference)[1] for name, ranked in found.items()}
        return {**dict(self._of_internals(twins)), **twins}

    def _of_internals(self, twins: Mapping[str, Twin]) -> Iterator[tuple[str, Twin]]:
        """Yield, for the internal version of a function, the twin that the public one has."""
        for name, twin in twins.items():
            internal = self.program.world.find(f"{name}{INTERNAL_SUFFIX}")
            same = self.program.world.find(twin.name)
            if isinstance(internal, FunctionSignature) and isinstance(same, FunctionSignature):
                own = FunctionId(internal.module, internal.index)
                yield internal.dotted, self._twin(own, FunctionId(same.module, same.index))

    # ---------------------------------------------------------------- hops
    def _find_hops(self) -> dict[FunctionId, None]:
        """Return the plain functions that hand work to the loop thread-safely, if through another one."""
        hops: dict[FunctionId, None] = {}
        changed = True
        while changed:
            changed = False
            for function, kind in self.program.kinds.items():
                facts = self.program.facts(function)
                if function in hops or kind is not Kind.PLAIN or facts.is_lambda or facts.parent is not None:
                    continue
                if facts.name.startswith(LOOP_PREFIXES) or facts.name.startswith("__"):
                    continue
                scope = ScopeRef(*function)
                if any(self._is_hop(call, scope, hops) for call in facts.calls) and not self._runs_loop(
                    facts, scope
                ):
                    hops[function] = None
                    changed = True
        return hops

    def _runs_loop(self, facts: FunctionFacts, scope: ScopeRef) -> bool:
        return any(
            isinstance(value, External) and value.dotted in _RUNS_LOOP
            for call in facts.calls
            for value in self.program.evaluator.values(call.function, scope)
        )

    def _is_hop(self, call: Call, scope: ScopeRef, hops: dict[FunctionId, None]) -> bool:
        for value in self.program.evaluator.values(call.function, scope):
            if isinstance(value, External) and value.dotted in _HOPS:
                return True
            if isinstance(value, FunctionRef) and value.index >= 0:
                callee = FunctionId(value.module, value.index)
                takes = self.handoffs.get(value.dotted, ())
                passes = any(handoff.dispatch in (Dispatch.LOOP, Dispatch.BY_TYPE) for handoff in takes)
                if callee in hops and (passes or self._takes_coroutine(callee)):
                    return True
        return False

    def _takes_coroutine(self, function: FunctionId) -> bool:
        return any(
            kind is not None and "Coroutine" in repr(kind)
            for parameter in self.program.facts(function).parameters
            for kind in (self.program.evaluator.builder(function.module).type_of(parameter.annotation),)
        )

    def _targets(self, function: FunctionId) -> Iterator[FunctionId]:
        """Yield the functions that a hop hands to the loop."""
        facts = self.program.facts(function)
        scope = ScopeRef(*function)
        for call in facts.calls:
            for dotted in self._dotted_callees(call, scope):
                positions = [h.index for h in (*HANDOFFS.get(dotted, ()), *self.handoffs.get(dotted, ()))]
                if dotted in _COROUTINE_HOPS or not positions:
                    positions = [0]
                for position in positions:
                    if position < len(call.arguments):
                        yield from self._handed(call.arguments[position].value, scope)

    def _handed(self, argument: Expr, scope: ScopeRef) -> Iterator[FunctionId]:
        values = self.program.evaluator.values(
            argument.function if isinstance(argument, Call) and not _is_partial(argument) else argument, scope
        )
        for value in values:
            if isinstance(value, FunctionRef) and value.index >= 0:
                callee = FunctionId(value.module, value.index)
                if (
                    not isinstance(argument, Call)
                    or _is_partial(argument)
                    or self.program.kinds[callee] is Kind.COROUTINE
                ):
                    yield callee
        if isinstance(argument, Call) and _is_partial(argument) and argument.arguments:
            first = argument.arguments[0].value
            if isinstance(first, Name | Attribute):
                for value in self.program.evaluator.values(first, scope):
                    if isinstance(value, FunctionRef) and value.index >= 0:
                        yield FunctionId(value.module, value.index)

    def _dotted_callees(self, call: Call, scope: ScopeRef) -> Iterator[str]:
        for value in self.program.evaluator.values(call.function, scope):
            match value:
                case External(dotted) if dotted in _HOPS:
                    yield dotted
                case FunctionRef(module, _, index, _) if FunctionId(module, index) in self.hops:
                    yield value.dotted

    # ---------------------------------------------------------------- joining
    def _callers(self) -> dict[FunctionId, set[FunctionId]]:
        callers: dict[FunctionId, set[FunctionId]] = defaultdict(set)
        for function in self.program.kinds:
            facts = self.program.facts(function)
            if facts.is_lambda or facts.parent is not None:
                continue
            reached = set()
            for call in facts.calls:
                for value in self.program.evaluator.values(call.function, ScopeRef(*function)):
                    if isinstance(value, FunctionRef) and value.index >= 0:
                        reached.add(FunctionId(value.module, value.index))
            self.callees[function] = reached
            for callee in reached:
                callers[callee].add(function)
        return callers

    def _candidates(
        self, twin: FunctionId, targets: set[FunctionId], callers: dict[FunctionId, set[FunctionId]]
    ) -> Iterator[FunctionId]:
        """Yield the loop functions that reach the same target from beside the twin."""
        owner = self._owner(twin)
        seen: set[FunctionId] = set()
        for target in targets:
            delegates = {f for f in callers.get(target, ()) if len(self.callees[f]) <= 8}
            private = self.program.facts(target).name.startswith("_")
            reached = self.callees.get(target, set()) if private else set()
            inner = {callee for callee in reached if self._owner(callee) == self._owner(target)}
            same_work = {
                f
                for callee in inner
                for f in callers.get(callee, ())
                if inner and inner <= self.callees[f] and self._owner(f) == self._owner(target)
            }
            same_work |= set(self._parts_done(target, callers))
            for candidate in {target, *delegates, *same_work}:
                if candidate in seen or candidate == twin or not self._is_public_loop(candidate):
                    continue
                fits = self._names_fit(candidate, twin)
                if self._owner(candidate) != owner and not (candidate == target and fits):
                    continue
                if not fits and self._asks_more(candidate, twin):
                    continue
                if candidate != target and not (fits or candidate in same_work):
                    continue
                seen.add(candidate)
                yield candidate

    def _parts_done(
        self, target: FunctionId, callers: dict[FunctionId, set[FunctionId]]
    ) -> Iterator[FunctionId]:
        """Yield the functions whose only work is the private part that a coroutine function always does.

        What else it does is asked for by arguments (``force_refresh`` of Entity.async_update_ha_state).
        """
        facts = self.program.facts(target)
        if not facts.is_async or facts.name.startswith("_"):
            return
        owner, scope = self._owner(target), ScopeRef(*target)
        always = {
            FunctionId(value.module, value.index)
            for call in certain_calls_in(facts.body)
            for value in self.program.evaluator.values(call.function, scope)
            if isinstance(value, FunctionRef) and value.index >= 0
        }
        for part in always if len(always) == 1 else ():
            if self._owner(part) == owner and self.program.facts(part).name.startswith("_"):
                for caller in callers.get(part, ()):
                    is_async = self.program.facts(caller).is_async
                    if not is_async and self._owner(caller) == owner and self.callees[caller] == {part}:
                        yield caller

    def _names_fit(self, loop_function: FunctionId, twin: FunctionId) -> bool:
        return self.program.facts(loop_function).name.removeprefix("async_") == self.program.facts(twin).name

    def _asks_more(self, loop_function: FunctionId, twin: FunctionId) -> bool:
        """Whether a function needs arguments that the loop function does not take: it does other work, too."""
        own = {parameter.name for parameter in self.program.facts(loop_function).parameters}
        return any(
            parameter.default is None and parameter.kind in _ONE_ARGUMENT and parameter.name not in own
            for parameter in self.program.facts(twin).parameters
        )

    def _is_public_loop(self, function: FunctionId) -> bool:
        name = self.program.facts(function).name
        return name.startswith(LOOP_PREFIXES) and not name.startswith("_")

    def _owner(self, function: FunctionId) -> tuple[str, str]:
        return function.module, self.program.facts(function).qualname.rpartition(".")[0]

    def _rank(self, loop_function: FunctionId, twin: FunctionId, targets: set[FunctionId]) -> int:
        if self._names_fit(loop_function, twin):
            return 0
        return 1 if targets == {loop_function} else 2

    def factories(self) -> Iterator[tuple[FunctionId, str, str]]:
        """Yield (loop function, twin's name, module) for ``name = factory(async_name)``."""
        for module in self.program.world.analysed.values():
            scope = ScopeRef(module.name, None)
            for statement in statements(module.facts.body):
                if not isinstance(statement, Assign) or not isinstance(statement.value, Call):
                    continue
                target, call = statement.targets[0], statement.value
                if (
                    not isinstance(target, Name)
                    or len(call.arguments) != 1
                    or not self._makes_hops(call, scope)
                ):
                    continue
                for value in self.program.evaluator.values(call.arguments[0].value, scope):
                    if isinstance(value, FunctionRef) and value.index >= 0:
                        yield FunctionId(value.module, value.index), target.id, module.name

    def _makes_hops(self, call: Call, scope: ScopeRef) -> bool:
        for value in self.program.evaluator.values(call.function, scope):
            if not isinstance(value, FunctionRef) or value.index < 0:
                continue
            functions = self.program.world.analysed[value.module].facts.functions
            for inner in functions:
                if inner.parent == value.index:
                    inner_scope = ScopeRef(value.module, inner.index)
                    if any(self._is_hop(c, inner_scope, self.hops) for c in inner.calls):
                        return True
        return False

    def _twin(self, loop_function: FunctionId, twin: FunctionId) -> Twin:
        theirs = self._signature(loop_function)
        ours = self._signature(twin)
        own = [p.name for p in self.program.facts(loop_function).parameters]
        others = [p.name for p in self.program.facts(twin).parameters]
        blocks = any(
            isinstance(call.function, Attribute) and call.function.attr == "result"
            for call in self.program.facts(twin).calls
        )
        returns_same = (
            theirs is not None
            and ours is not None
            and (_plain(theirs) == _plain(ours) or self._gives_back(twin, loop_function))
        )
        return Twin(
            self._dotted(twin),
            tuple(name for name in own if name not in others and name != "self"),
            tuple(name for name in others if name not in own and name != "self"),
            returns_same,
            blocks,
            ours is not None and ours.role == "property",
        )

    def _gives_back(self, twin: FunctionId, loop_function: FunctionId) -> bool:
        """Whether a twin that declares no result returns what it waits for (helpers/template.py, Template)."""
        facts = self.program.facts(twin)
        return (
            facts.returns is None
            and loop_function in set(self._targets(twin))
            and any(
                isinstance(one, Return)
                and isinstance(one.value, Call)
                and isinstance(one.value.function, Attribute)
                and one.value.function.attr == "result"
                for one in statements(facts.body)
            )
        )

    def _signature(self, function: FunctionId) -> FunctionSignature | None:
        found = self.program.world.find(self._dotted(function))
        return found if isinstance(found, FunctionSignature) else None

    def _dotted(self, function: FunctionId) -> str:
        return f"{function.module}.{self.program.facts(function).qualname}"


def _preference(ranked: tuple[int, Twin]) -> tuple[int, int, str]:
    """Return what sorts twins: those by name first, then those whose parameters are most alike."""
    rank, twin = ranked
    return rank, len(twin.dropped) + len(twin.added), twin.name


def _is_partial(call: Call) -> bool:
    function = call.function
    name = function.attr if isinstance(function, Attribute) else getattr(function, "id", "")
    return name == "partial"


def _plain(signature: FunctionSignature) -> object:
    return signature.returns.name if signature.returns is not None else "None"
