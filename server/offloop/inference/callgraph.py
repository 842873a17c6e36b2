"""Which functions call which, and which are handed over to run elsewhere.

Functions are followed as values through variables, parameters, attributes, containers and returns: a
set of slots joined by flows, solved by a worklist. A container and its elements share one slot.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping

from offloop.facts.model import FunctionFacts, ModuleFacts
from offloop.facts.tree import Argument, Call, Constant, Expr
from offloop.inference.accessors import Accessors
from offloop.inference.arguments import (
    bound_already,
    find_argument,
    pair_arguments,
    starred,
    surplus,
)
from offloop.inference.carriers import Carriers
from offloop.inference.construction import decided
from offloop.inference.context import FunctionId
from offloop.inference.edges import ApiCall, Atom, CallEdge, HandOffEdge, Settled, Slot, Use
from offloop.inference.flows import Flows
from offloop.inference.handed_objects import HandedObjects
from offloop.inference.libraries import LibraryCalls, attribute_tokens, where_called
from offloop.inference.sharing import Sharing
from offloop.inference.slots import Slots
from offloop.inference.sources import Sources
from offloop.inference.stores import Stores
from offloop.inference.wrappers import Wrappers
from offloop.library.model import Dispatch, HandOff, Origin, Type
from offloop.library.overrides import HANDOFFS
from offloop.resolve.boundary import Memo, Region
from offloop.resolve.evaluate import Evaluator
from offloop.resolve.values import ClassObject, FunctionRef, Instance, ScopeRef, Value
from offloop.resolve.world import External, World

_PARTIALS = ("functools.partial", "functools.partialmethod")
_CALLED = HandOff("", 0, "", Dispatch.CALLER, Origin("", 0))


class CallGraph:
    """The calls and hand-offs of a set of analysed modules."""

    def __init__(
        self,
        world: World,
        evaluator: Evaluator,
        handoffs: dict[str, tuple[HandOff, ...]],
        *,
        follow_stars: bool = True,
        callers: Mapping[str, tuple[str, ...]] | None = None,
        removers: Container[str] = (),
        listeners: frozenset[str] | None = None,
    ) -> None:
        self.world = world
        self.evaluator = evaluator
        self.handoffs = handoffs
        # ``f(*args)`` with arguments of all callers mixed joins what has nothing to do with each other in a
        # large program; there, what follows a callable is bound at each call site instead (``_summarise``).
        self.follow_stars = follow_stars
        self.calls: list[CallEdge] = []
        self.handed: list[HandOffEdge] = []
        self.api_calls: list[ApiCall] = []
        self._carriers = Carriers(evaluator)
        self._wrappers = Wrappers(world, evaluator)
        self._slots = Slots(world, evaluator)
        accessors = Accessors(world)
        self.sources = Sources(world, evaluator, self._slots, self._wrappers, accessors)
        self.sources.removers = removers
        self.sources.listeners = listeners
        self.flows = Flows(self._apply)
        self._libraries = LibraryCalls(world, self.flows, handoffs, callers or {})
        self._sharing = Sharing(evaluator, self._slots, self.flows)
        self._stores = Stores(
            evaluator,
            self._slots,
            self.sources,
            self.flows,
            self._carriers,
            accessors,
            self._libraries,
            self._sharing,
            HandedObjects(world, evaluator),
            by_key=follow_stars,
        )
        self._done: Memo[tuple[object, ...], bool] = Memo()
        self.settled: list[Settled] = []
        self._sites: dict[FunctionId, list[tuple[Call, ScopeRef, int]]] = defaultdict(list)
        self._summarised: set[tuple[FunctionId, int]] = set()

    def build(
        self,
        tokens: Iterable[tuple[FunctionId, int]] = (),
        passed: Iterable[tuple[Atom, tuple[FunctionId, int]]] = (),
        *,
        without: str | None = None,
        summarise_attributes: bool = False,
    ) -> CallGraph:
        """Collect flows from all analysed modules, or all but one, then solve.

        ``tokens`` are parameters to be summarised; public attributes of all classes may be too. ``passed`` are
        functions that reach a parameter without a call.
        """
        for module in self.world.analysed:
            if module != without:
                self.add(Region(module))
        self._libraries.add_overrides()
        if summarise_attributes:
            for slot, atom in attribute_tokens(self.world, self.evaluator, self.flows.slots()):
                self.flows.put(slot, atom)
        self._add_tokens(tokens, passed)
        self.solve()
        return self

    def add(self, region: Region) -> None:
        """Collect what a region says."""
        module, facts = region.module, self.world.analysed[region.module].facts
        if region.holds(module, None):
            self._body(module, facts)
        for function in region.of(facts.functions):
            scope = ScopeRef(module, function.index)
            self._scope(scope, function.calls)
            self._stores.block(function.body, scope)

    def _add_tokens(
        self,
        tokens: Iterable[tuple[FunctionId, int]],
        passed: Iterable[tuple[Atom, tuple[FunctionId, int]]],
    ) -> None:
        """Put tokens, and functions that are passed without a call, into parameters."""
        for function, position in tokens:
            facts = self.world.function_facts(*function)
            if facts is not None:
                token = Atom(function.module, facts.qualname, function.index, "", position)
                self.flows.put(self._slots.parameter(function, position), token)
        for atom, (function, position) in passed:
            self.flows.put(self._slots.parameter(function, position), atom)

    def solve(self) -> None:
        """Follow what has been added."""
        self.flows.solve()

    def settle(self, watched: Region) -> None:
        """Keep what is known by now; what is added afterwards, about the watched region, may be taken back."""
        self.settled.append(Settled(len(self.calls), len(self.handed), len(self.api_calls)))
        self.flows.settle()
        self._done.settle()
        self._wrappers.settle(watched)
        self._carriers.settle()
        self._libraries.settle()

    def take_back(self, layers: int) -> None:
        """Take back what is not in the first layers of what is settled."""
        calls, handed, api_calls = self.settled[layers - 1]
        del self.calls[calls:], self.handed[handed:], self.api_calls[api_calls:], self.settled[layers:]
        self.flows.take_back(layers)
        self._done.forget(layers)
        self._wrappers.forget(layers)
        self._carriers.forget(layers)
        self._libraries.forget(layers)

    # ---------------------------------------------------------------- scopes
    def _body(self, module: str, facts: ModuleFacts) -> None:
        self._scope(ScopeRef(module, None), facts.calls)
        for cls in facts.classes:
            scope = ScopeRef(module, None, cls.index)
            self._scope(scope, cls.calls)
            self._stores.block(cls.body, scope)
        self._stores.overridden_attributes(module)
        self._stores.block(facts.body, ScopeRef(module, None))

    def _scope(self, scope: ScopeRef, calls: tuple[Call, ...]) -> None:
        self._stores.variables(scope)
        for call in calls:
            self._call(call, scope)

    def _flow(self, value: Expr, scope: ScopeRef, slot: Slot) -> None:
        self._stores.flow(value, scope, slot)

    def _use(self, value: Expr, use: Use) -> None:
        for source in self.sources.of(value, use.scope):
            self.flows.use(source, use)

    # ---------------------------------------------------------------- calls
    def _call(self, call: Call, scope: ScopeRef) -> None:
        self._stores.into_container(call, scope)
        values = self.evaluator.values(call.function, scope)
        for callee in values:
            self._static(callee, call, scope)
        if isinstance(call.function, Call) and values:
            return
        known = {(v.module, v.qualname, v.index) for v in values if isinstance(v, FunctionRef)}
        use = Use("call", scope, call, 0)
        for source in self.sources.of(call.function, scope):
            if not isinstance(source, Atom) or (source.module, source.qualname, source.index) not in known:
                self.flows.use(source, use)

    def _static(self, callee: Value, call: Call, scope: ScopeRef) -> None:
        """Note a call of what is known without following values."""
        match callee:
            case FunctionRef():
                if callee.index < 0:
                    self._outside(callee.dotted, call, scope, callee.receiver)
                bound = callee.receiver is not None
                for atom in self.sources.virtual(callee):
                    if atom.index >= 0:
                        self._reach(FunctionId(atom.module, atom.index), call, scope, bound=bound)
            case ClassObject(kind):
                self._construct(kind, call, scope)
            case External(dotted):
                self._outside(dotted, call, scope)
            case Instance(kind):
                method = self.world.method(kind, "__call__")
                if method is not None:
                    _, found = method
                    index = found.index if found.module in self.world.analysed else -1
                    self._static(FunctionRef(found.module, found.qualname, index, kind), call, scope)

    def _outside(self, dotted: str, call: Call, scope: ScopeRef, receiver: Type | None = None) -> None:
        self.api_calls.append(ApiCall(_caller(scope), scope.module, call, dotted))
        self._hand_offs(dotted, call, scope, receiver)
        run = self._libraries.run_by(dotted)
        if run is not None:
            through = _CALLED._replace(api=dotted)
            self.flows.use(run, Use("handoff", scope, call, -1, through, call.function, receiver))

    def _construct(self, kind: Type, call: Call, scope: ScopeRef) -> None:
        method = self.world.constructor(kind)
        for special in (method, self.world.method(kind, "__post_init__")):
            if special is not None and special[1].module in self.world.analysed:
                self._reach(FunctionId(special[1].module, special[1].index), call, scope, bound=True)
        self._hand_offs(kind.name, call, scope)
        if method is None:
            self.api_calls.append(ApiCall(_caller(scope), scope.module, call, f"{kind.name}.__init__"))
        elif method[1].module not in self.world.analysed:
            self._outside(f"{method[0].name}.__init__", call, scope, kind)
        if method is None or method[1].module not in self.world.analysed:
            for ancestor in self.world.ancestry(kind)[1:]:
                if self.world.class_named(ancestor.name) is None:
                    self._hand_offs(ancestor.name, call, scope)
        if method is None and self.world.class_named(kind.name) is not None:
            self._fields(kind, call, scope)

    def _fields(self, kind: Type, call: Call, scope: ScopeRef) -> None:
        """Let the arguments of a dataclass's constructor flow to its fields."""
        names = [
            name
            for ancestor in reversed(self.world.ancestry(kind))
            if (signature := self.world.class_named(ancestor.name)) is not None
            for name in signature.attributes
        ]
        names = list(dict.fromkeys(names))
        for position, argument in enumerate(call.arguments):
            field = argument.keyword
            if field is None and not argument.stars and position < len(names):
                field = names[position]
            if field is not None:
                slot = self._slots.attribute(kind, field)
                self._flow(argument.value, scope, slot)
                self._sharing.handed(slot, argument.value, scope)

    def _hand_offs(self, dotted: str, call: Call, scope: ScopeRef, receiver: Type | None = None) -> None:
        """Note what a call of a known name does with the callables that it is given."""
        if dotted in _PARTIALS and call.arguments:
            self._use(call.arguments[0].value, Use("bind", scope, call, 1))
            return
        known = (*HANDOFFS.get(dotted, ()), *self.handoffs.get(dotted, ()))
        for handoff in decided(self.evaluator, known, call, scope):
            argument, position = find_argument(call, handoff)
            if not self._libraries.concerns(handoff, receiver):
                continue
            if argument is None:
                if self.follow_stars and not handoff.way and handoff.dispatch is not Dispatch.KEPT:
                    self._use_starred(handoff, call, scope)
            elif handoff.way:
                self._stores.object_handed(handoff, argument, call, scope)
            elif handoff.dispatch is Dispatch.KEPT:
                self._flow(argument, scope, self._libraries.keep(handoff))
            else:
                rest = position + 1 if handoff.passes_rest and position >= 0 else -1
                use = Use("handoff", scope, call, rest, handoff, argument)
                self._use(argument, use)
                if handoff.dispatch is Dispatch.BY_TYPE and isinstance(argument, Constant):
                    for atom in self.sources.methods_named(argument.value):
                        self._apply(atom, use)

    def _use_starred(self, handoff: HandOff, call: Call, scope: ScopeRef) -> None:
        """Note what a call does with a callable that reaches it in ``*args`` or ``**kwargs``."""
        for name, place in starred(call, handoff):
            found = self.evaluator.lookup(name.id, scope)
            if found is not None:
                slot = (*self._slots.variable(found[0], name.id), place)
                use = Use("handoff", scope, call, -1, handoff, name)
                self.flows.use(slot, use)

    def _reach(self, callee: FunctionId, call: Call, scope: ScopeRef, *, bound: bool) -> None:
        """Note a call of an analysed function, and let its arguments flow."""
        key = ("call", scope, callee, call.start, call.end)
        if not self._done.get(key):
            self._done.put(key, True)
            self.calls.append(CallEdge(_caller(scope), scope.module, callee, call))
        facts = self.world.function_facts(*callee)
        if facts is None:
            return
        skip = bound_already(facts) if bound or facts.name == "__init__" else 0
        self._pass(facts, callee, call.arguments, scope, skip)
        if not self.follow_stars:
            self._sites[callee].append((call, scope, skip))
            for function, position in list(self._summarised):
                if function == callee:
                    self._bind_rest(call, scope, position - skip)

    def _pass(
        self,
        facts: FunctionFacts,
        callee: FunctionId,
        arguments: tuple[Argument, ...],
        scope: ScopeRef,
        skip: int,
    ) -> None:
        """Let arguments flow into the parameters of an analysed function."""
        if not self.follow_stars:
            arguments = tuple(argument for argument in arguments if not argument.stars)
        wrapped = self._wrappers.parameter(callee)
        annotations = {parameter.name: parameter.annotation for parameter in facts.parameters}
        for name, value in pair_arguments(facts, arguments, skip):
            if name == wrapped:
                continue  # what runs it is whatever runs the wrapper
            if self._carriers.can_carry(annotations.get(name), callee.module):
                slot = self._slots.variable(ScopeRef(*callee), name)
                self._flow(value, scope, slot)
                if facts.name == "__init__":
                    self._sharing.handed(slot, value, scope)
        if self.follow_stars:
            for name, place, value in surplus(facts, arguments, skip):
                self._flow(value, scope, (*self._slots.variable(ScopeRef(*callee), name), place))

    # ---------------------------------------------------------------- what arrives
    def _apply(self, atom: Atom, use: Use) -> None:
        """Do to an atom what a use does: note an edge, and pass on arguments."""
        key = (use.kind, use.scope, atom, use.call.start, use.call.end, use.handoff)
        if self._done.get(key) or not self._libraries.may_reach(atom, use.receiver):
            return
        self._done.put(key, True)
        if atom.position >= 0 and atom.index >= 0 and not atom.way and use.kind != "bind":
            self._summarise(FunctionId(atom.module, atom.index), atom.position)
        if use.kind == "call":
            self._called(atom, use)
        elif use.handoff is not None and use.argument is not None:
            caller = _caller(use.scope)
            self.handed.append(
                HandOffEdge(caller, use.scope.module, atom, use.call, use.handoff, use.argument)
            )
            self._hand_over(f"{atom.module}.{atom.qualname}", atom, use, use.handoff)
        if atom.index >= 0 and atom.position < 0 and use.rest >= 0:
            function = FunctionId(atom.module, atom.index)
            facts = self.world.function_facts(*function)
            if facts is not None:
                rest = use.call.arguments[use.rest :]
                self._pass(facts, function, rest, use.scope, bound_already(facts))

    def _hand_over(self, dotted: str, atom: Atom, use: Use, handoff: HandOff) -> None:
        """Hand over, with a function of a library, what a call of it runs."""
        run = self._libraries.run_by(dotted) if atom.index < 0 and atom.position < 0 else None
        if run is not None:
            self.flows.use(run, use._replace(rest=-1, handoff=where_called(handoff, dotted)))

    def _called(self, atom: Atom, use: Use) -> None:
        caller, module, call = _caller(use.scope), use.scope.module, use.call
        if atom.position >= 0:
            self.handed.append(HandOffEdge(caller, module, atom, call, _CALLED, call.function))
        elif atom.index >= 0:
            self.calls.append(CallEdge(caller, module, FunctionId(atom.module, atom.index), call))
        else:
            self._outside(f"{atom.module}.{atom.qualname}", call, use.scope)

    def _summarise(self, function: FunctionId, position: int) -> None:
        """Note that a parameter is run somewhere, and bind what follows it at every call of the function."""
        if self.follow_stars or (function, position) in self._summarised:
            return
        parameters = self.world.analysed[function.module].facts.functions[function.index].parameters
        if position + 1 >= len(parameters) or parameters[position + 1].kind.value != "variadic":
            return
        self._summarised.add((function, position))
        for call, scope, skip in list(self._sites[function]):
            self._bind_rest(call, scope, position - skip)

    def _bind_rest(self, call: Call, scope: ScopeRef, position: int) -> None:
        if 0 <= position < len(call.arguments):
            self._use(call.arguments[position].value, Use("bind", scope, call, position + 1))


def _caller(scope: ScopeRef) -> FunctionId | None:
    """Return the function that a scope is; None for module level and class bodies."""
    return FunctionId(scope.module, scope.function) if scope.function is not None else None
