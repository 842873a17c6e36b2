"""Which functions call which, and which are handed over to run elsewhere.

Functions are followed as values through variables, parameters, attributes, containers and returns: a
set of slots joined by flows, solved by a worklist. A container and its elements share one slot.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from offloop.facts.model import (
    Argument,
    Assign,
    Attribute,
    AugmentedAssign,
    Await,
    Boolean,
    Call,
    Collection,
    Comprehension,
    Conditional,
    Constant,
    Dictionary,
    Expr,
    FunctionFacts,
    Lambda,
    ModuleFacts,
    Name,
    Return,
    Starred,
    Subscript,
    Walrus,
    Yield,
)
from offloop.facts.walk import statements
from offloop.inference.carriers import Carriers, is_plain
from offloop.inference.context import FunctionId
from offloop.library.model import Dispatch, HandOff, Origin, Type
from offloop.library.overrides import FORCED, HANDOFFS, JOB_CLASSES, JOB_TYPE_KEYWORD
from offloop.resolve.evaluate import Evaluator
from offloop.resolve.values import (
    ClassObject,
    FunctionRef,
    Instance,
    ScopeRef,
    Value,
)
from offloop.resolve.world import External, World

_INTO = frozenset(
    {"append", "appendleft", "add", "insert", "extend", "update", "setdefault", "put", "put_nowait"}
)
_OUT = frozenset({"get", "pop", "popleft", "values", "items", "copy", "setdefault", "keys"})
_SAME = frozenset(
    {"list", "sorted", "set", "tuple", "reversed", "iter", "enumerate", "zip", "frozenset", "deque", "dict"}
)
_SEEN_THROUGH = frozenset({"partial", "cast", "getattr"})
_MAX_ATOMS = 400
_MAX_ALIASES = 4


class Atom(NamedTuple):
    """A function that flows as a value: analysed, of the library (index -1), or a parameter to be summarised.

    ``kind`` overrides how the function presents itself ("callback" for ``callback(f)``). ``position`` >= 0
    makes the atom stand for whatever is passed as that parameter.
    """

    module: str
    qualname: str
    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody asks a record for
    kind: str = ""
    position: int = -1
    receiver: Type | None = None


Slot = tuple[object, ...]
Source = Atom | Slot


class CallEdge(NamedTuple):
    """A call of an analysed function; ``module`` and ``offset`` name the place, caller is None at module level."""

    caller: FunctionId | None
    module: str
    callee: FunctionId
    call: Call
    implied: bool = False


class HandOffEdge(NamedTuple):
    """A callable given to something that runs it: ``target`` is an atom of an analysed function or parameter."""

    caller: FunctionId | None
    module: str
    target: Atom
    call: Call
    handoff: HandOff
    argument: Expr


class ApiCall(NamedTuple):
    """A call of something outside of the analysed modules, by canonical dotted name."""

    caller: FunctionId | None
    module: str
    call: Call
    api: str


class Use(NamedTuple):
    """What happens at a place to whatever arrives in a slot: "call", "bind" or "handoff"."""

    kind: str
    scope: ScopeRef
    call: Call
    rest: int
    handoff: HandOff | None = None
    argument: Expr | None = None


class CallGraph:
    """The calls and hand-offs of a set of analysed modules."""

    def __init__(
        self,
        world: World,
        evaluator: Evaluator,
        handoffs: dict[str, tuple[HandOff, ...]],
        *,
        follow_stars: bool = True,
    ) -> None:
        self.world = world
        self.evaluator = evaluator
        self.handoffs = handoffs
        # ``f(*args)`` with arguments of all callers mixed joins what has nothing to do with each other in a large
        # program; there, what follows a callable is bound at each call site instead (``_summarise``).
        self.follow_stars = follow_stars
        self.carriers = Carriers(evaluator)
        self.calls: list[CallEdge] = []
        self.handed: list[HandOffEdge] = []
        self.api_calls: list[ApiCall] = []
        self._atoms: dict[Slot, dict[Atom, None]] = defaultdict(dict)
        self._flows: dict[Slot, dict[Slot, None]] = defaultdict(dict)
        self._uses: dict[Slot, dict[Use, None]] = defaultdict(dict)
        self._work: deque[tuple[Slot, Atom]] = deque()
        self._done: set[tuple[object, ...]] = set()
        self._roots: dict[str, str] = {}
        self._sites: dict[FunctionId, list[tuple[Call, ScopeRef, int]]] = defaultdict(list)
        self._summarised: set[tuple[FunctionId, int]] = set()
        self._wrapped: dict[FunctionId, str | None] = {}
        self._plain: dict[tuple[str, str], bool] = {}

    # ---------------------------------------------------------------- building
    def build(self, tokens: Iterable[tuple[FunctionId, int]] = ()) -> CallGraph:
        """Collect flows from all analysed modules, then solve; ``tokens`` are parameters to be summarised."""
        for module in self.world.analysed.values():
            self._module(module.name, module.facts)
        for function, position in tokens:
            facts = self.world.function_facts(*function)
            if facts is not None:
                token = Atom(function.module, facts.qualname, function.index, "", position)
                self._put(self._parameter(function, position), token)
        self._solve()
        return self

    def _module(self, module: str, facts: ModuleFacts) -> None:
        self._scope(ScopeRef(module, None), facts.calls)
        for cls in facts.classes:
            self._scope(ScopeRef(module, None, cls.index), cls.calls)
            for block in (cls.body,):
                self._assignments(block, ScopeRef(module, None, cls.index))
        self._assignments(facts.body, ScopeRef(module, None))
        for function in facts.functions:
            scope = ScopeRef(module, function.index)
            self._scope(scope, function.calls)
            self._assignments(function.body, scope)

    def _scope(self, scope: ScopeRef, calls: tuple[Call, ...]) -> None:
        bound, _ = self.evaluator.bindings(scope)
        for name, bindings in bound.items():
            slot = self._variable(scope, name)
            for binding in bindings:
                if binding.kind in ("value", "element") and binding.expr is not None:
                    self._flow(binding.expr, scope, slot)
        for call in calls:
            self._call(call, scope)

    def _assignments(self, block: tuple[object, ...], scope: ScopeRef) -> None:
        for statement in statements(block):  # type: ignore[arg-type]
            if isinstance(statement, Assign) and statement.value is not None:
                for target in statement.targets:
                    if not isinstance(target, Name):
                        self._assign(target, statement.value, scope)
            elif isinstance(statement, AugmentedAssign):
                for slot in self._slots(statement.target, scope):
                    self._flow(statement.value, scope, slot)
            elif isinstance(statement, Return) and statement.value is not None and scope.function is not None:
                if self.carriers.can_carry(self._facts(scope.module, scope.function).returns, scope.module):
                    self._flow(statement.value, scope, ("r", scope.module, scope.function))

    def _assign(self, target: Expr, value: Expr, scope: ScopeRef) -> None:
        if isinstance(target, Collection):
            apart = (
                value.items
                if isinstance(value, Collection) and len(value.items) == len(target.items)
                else None
            )
            for position, item in enumerate(target.items):
                if not isinstance(item, Name):
                    self._assign(item, apart[position] if apart is not None else value, scope)
            return
        for slot in self._stores(target, scope):
            self._flow(value, scope, slot)
            if isinstance(target, Subscript):
                self._flow(target.index, scope, slot)

    def _flow(self, value: Expr, scope: ScopeRef, slot: Slot) -> None:
        for source in self.sources(value, scope):
            if isinstance(source, Atom):
                self._put(slot, source)
            elif source != slot and slot not in self._flows[source]:
                self._flows[source][slot] = None
                for atom in list(self._atoms[source]):
                    self._put(slot, atom)

    # ---------------------------------------------------------------- slots
    def _variable(self, scope: ScopeRef, name: str) -> Slot:
        return ("v", scope.module, scope.function, scope.cls, name)

    def _parameter(self, function: FunctionId, position: int) -> Slot:
        facts = self.world.analysed[function.module].facts.functions[function.index]
        return ("v", function.module, function.index, None, facts.parameters[position].name)

    def root(self, kind: Type) -> str:
        """Return the class under whose name the attributes of a class are kept: its topmost analysed base."""
        known = self._roots.get(kind.name)
        if known is None:
            known = kind.name
            for ancestor in self.world.ancestry(kind):
                signature = self.world.class_named(ancestor.name)
                if signature is not None and signature.module in self.world.analysed:
                    known = ancestor.name
            self._roots[kind.name] = known
        return known

    def _slots(self, expr: Expr, scope: ScopeRef) -> Iterator[Slot]:
        """Yield the slots that an expression reads from or is stored to."""
        match expr:
            case Name(id, _, _):
                found = self.evaluator.lookup(id, scope)
                if found is not None:
                    yield self._variable(found[0], id)
            case Attribute(value, attr, _, _):
                for kind in self.evaluator.types(value, scope):
                    if not self._is_plain_attribute(kind, attr):
                        yield ("a", self.root(kind), attr)
                for owner in self.evaluator.values(value, scope):
                    if isinstance(owner, ClassObject):
                        yield ("a", self.root(owner.type), attr)
            case Subscript(value, index, _, _):
                key = self._constant(index, scope)
                for slot in self._slots(value, scope):
                    yield (*slot, key) if key is not None and slot[0] == "a" else slot
            case Call(Attribute(value, attr, _, _), arguments, _, _) if attr in _OUT:
                key = self._constant(arguments[0].value, scope) if arguments else None
                for slot in self._slots(value, scope):
                    yield (*slot, key) if key is not None and slot[0] == "a" else slot
            case Walrus(_, value, _, _) | Await(value, _, _) | Starred(value, _, _):
                yield from self._slots(value, scope)
            case Call(Name(id, _, _), arguments, _, _) if id in _SAME:
                for argument in arguments:
                    yield from self._slots(argument.value, scope)

    def _is_plain_attribute(self, kind: Type, attr: str) -> bool:
        """Whether an attribute is declared as text or number."""
        key = (kind.name, attr)
        known = self._plain.get(key)
        if known is None:
            declared = next((m for _, m in self.world.members(kind, attr) if isinstance(m, Type)), None)
            known = self._plain[key] = declared is not None and is_plain(declared)
        return known

    def _stores(self, target: Expr, scope: ScopeRef, depth: int = 0) -> Iterator[Slot]:
        """Yield the slots that storing into a target changes: its own, and those its container came from."""
        yield from self._slots(target, scope)
        base = target
        while True:
            if isinstance(base, Subscript):
                base = base.value
            elif isinstance(base, Call) and isinstance(base.function, Attribute):
                base = base.function.value
            else:
                break
        if base is target and depth == 0:
            return
        found = self.evaluator.lookup(base.id, scope) if isinstance(base, Name) else None
        if found is None or depth > _MAX_ALIASES:
            return
        for binding in found[1]:
            if binding.kind in ("value", "element") and binding.expr is not None and binding.expr is not base:
                yield from self._slots(binding.expr, found[0])
                yield from self._stores(binding.expr, found[0], depth + 1)

    def _constant(self, index: Expr, scope: ScopeRef) -> str | None:
        """Return the text of a constant key, or the name of a module-level constant."""
        if isinstance(index, Constant) and isinstance(index.value, str):
            return index.value
        if isinstance(index, Name):
            found = self.evaluator.lookup(index.id, scope)
            if found is not None and found[0].function is None and found[0].cls is None:
                binding = found[1][0]
                if binding.kind == "import" and binding.statement is not None:
                    return binding.statement.name
                if binding.kind == "value":
                    return index.id
        return None

    # ---------------------------------------------------------------- sources
    def sources(self, expr: Expr, scope: ScopeRef) -> Iterator[Source]:
        """Yield the functions and slots whose functions an expression may stand for."""
        match expr:
            case Name():
                yield from self._slots(expr, scope)
                yield from self._named(expr, scope)
            case Attribute():
                yield from self._atoms_of(self.evaluator.values(expr, scope))
                yield from self._slots(expr, scope)
            case Lambda(index, _, _):
                facts = self.world.analysed[scope.module].facts.functions[index]
                yield Atom(scope.module, facts.qualname, index)
            case Call():
                yield from self._call_sources(expr, scope)
            case Subscript():
                yield from self._slots(expr, scope)
                if not isinstance(expr.value, Name | Attribute):
                    yield from self.sources(expr.value, scope)
            case Collection(_, items, _, _):
                for item in items:
                    yield from self.sources(item, scope)
            case Dictionary(items, _, _):
                for key, value in items:
                    if key is not None and not isinstance(key, Constant):
                        yield from self.sources(key, scope)
                    yield from self.sources(value, scope)
            case Conditional(_, body, orelse, _, _):
                yield from self.sources(body, scope)
                yield from self.sources(orelse, scope)
            case Boolean(_, values, _, _):
                for value in values:
                    yield from self.sources(value, scope)
            case Comprehension(_, elements, _, _, _):
                for element in elements:
                    yield from self.sources(element, scope)
            case Walrus(_, value, _, _) | Await(value, _, _) | Starred(value, _, _):
                yield from self.sources(value, scope)
            case Yield(value, _, _) if value is not None:
                yield from self.sources(value, scope)

    def _named(self, name: Name, scope: ScopeRef) -> Iterator[Source]:
        found = self.evaluator.lookup(name.id, scope)
        if found is None:
            return
        if all(binding.kind in ("element", "context", "other") for binding in found[1]):
            return
        yield from self._atoms_of(self.evaluator.values(name, scope))

    def _atoms_of(self, values: Iterable[Value]) -> Iterator[Atom]:
        for value in values:
            if isinstance(value, FunctionRef):
                yield from self._virtual(value)
            elif isinstance(value, Instance):
                method = self.world.method(value.type, "__call__")
                if method is not None and method[1].module in self.world.analysed:
                    yield Atom(method[1].module, method[1].qualname, method[1].index)

    def _virtual(self, function: FunctionRef) -> Iterator[Atom]:
        """Yield the function and the overrides of it in analysed subclasses of its receiver."""
        yield Atom(function.module, function.qualname, function.index, receiver=None)
        if function.receiver is None:
            return
        name = function.qualname.rpartition(".")[2]
        for signature in self.world.subclasses(function.receiver.name):
            method = signature.methods.get(name)
            if method is not None and (method.module, method.index) != (function.module, function.index):
                yield Atom(method.module, method.qualname, method.index)

    def _call_sources(self, call: Call, scope: ScopeRef) -> Iterator[Source]:
        if isinstance(call.function, Attribute) and call.function.attr in _OUT:
            yield from self._slots(call, scope)
            if not isinstance(call.function.value, Name | Attribute):
                yield from self.sources(call.function.value, scope)
        for callee in self.evaluator.values(call.function, scope):
            match callee:
                case External(dotted):
                    last = dotted.rpartition(".")[2]
                    if last in _SEEN_THROUGH or last in _SAME:
                        for argument in call.arguments[-1:] if last == "cast" else call.arguments[:1]:
                            yield from self.sources(argument.value, scope)
                case ClassObject(kind):
                    if kind.name in JOB_CLASSES and call.arguments:
                        yield from self.sources(call.arguments[0].value, scope)
                    method = self.world.method(kind, "__call__")
                    if method is not None and method[1].module in self.world.analysed:
                        yield Atom(method[1].module, method[1].qualname, method[1].index)
                    if self.world.method(kind, "__init__") is None:
                        # A record (dataclass, named tuple) carries what it is made of.
                        for argument in call.arguments:
                            yield from self.sources(argument.value, scope)
                case FunctionRef(module, _, index, _):
                    wrapped = self.wrapped_parameter(FunctionId(module, index)) if index >= 0 else None
                    if wrapped is not None:
                        for name, value in pair_arguments(self._facts(module, index), call.arguments, 0):
                            if name == wrapped:
                                yield from self.sources(value, scope)
                    elif index >= 0:
                        yield ("r", module, index)
                    if callee.dotted in self.evaluator.callback_decorators and call.arguments:
                        for source in self.sources(call.arguments[0].value, scope):
                            yield source._replace(kind="callback") if isinstance(source, Atom) else source

    def _facts(self, module: str, index: int) -> FunctionFacts:
        return self.world.analysed[module].facts.functions[index]

    def wrapped_parameter(self, function: FunctionId) -> str | None:
        """Return the parameter that a function dresses up with ``functools.wraps`` and gives back.

        ``wraps`` copies what marks a function (``__dict__``, so the callback mark too), and so a dispatcher sees
        such a wrapper as it would see the function itself.
        """
        if function not in self._wrapped:
            self._wrapped[function] = self._find_wrapped(function)
        return self._wrapped[function]

    def _find_wrapped(self, function: FunctionId) -> str | None:
        module = self.world.analysed[function.module]
        facts = module.facts.functions[function.index]
        names = {parameter.name for parameter in facts.parameters}
        if not names or facts.owner_class is not None:
            return None
        scope = ScopeRef(function.module, function.index)
        inner = [f for f in module.facts.functions if f.parent == function.index]
        dressed = [*facts.calls, *(d for f in inner for d in f.decorators if isinstance(d, Call))]
        for call in dressed:
            if not call.arguments or not isinstance(call.arguments[0].value, Name):
                continue
            name = call.arguments[0].value.id
            if name in names and any(
                isinstance(value, External) and value.dotted == "functools.wraps"
                for value in self.evaluator.values(call.function, scope)
            ):
                return name
        return None

    # ---------------------------------------------------------------- calls
    def _call(self, call: Call, scope: ScopeRef) -> None:
        self._into_container(call, scope)
        values = self.evaluator.values(call.function, scope)
        for callee in values:
            self._static(callee, call, scope)
        if not isinstance(call.function, Call) or not values:
            use = Use("call", scope, call, 0)
            for source in self.sources(call.function, scope):
                if isinstance(source, Atom):
                    if not any(
                        isinstance(value, FunctionRef)
                        and (value.module, value.index) == (source.module, source.index)
                        for value in values
                    ):
                        self._apply(source, use)
                else:
                    self._use(source, use)

    def _into_container(self, call: Call, scope: ScopeRef) -> None:
        function = call.function
        if not isinstance(function, Attribute) or function.attr not in _INTO:
            return
        for slot in self._stores(function.value, scope, 1):
            for argument in call.arguments:
                self._flow(argument.value, scope, slot)

    def _static(self, callee: Value, call: Call, scope: ScopeRef) -> None:
        caller = FunctionId(scope.module, scope.function) if scope.function is not None else None
        match callee:
            case FunctionRef(module, _, index, receiver):
                if index < 0:
                    self.api_calls.append(ApiCall(caller, scope.module, call, callee.dotted))
                    self._library(callee.dotted, call, scope)
                for atom in self._virtual(callee):
                    if atom.index >= 0:
                        self._reach(FunctionId(atom.module, atom.index), call, scope, self._bound(callee))
            case ClassObject(kind):
                self._construct(kind, call, scope, caller)
            case External(dotted):
                self.api_calls.append(ApiCall(caller, scope.module, call, dotted))
                self._library(dotted, call, scope)
            case Instance(kind):
                method = self.world.method(kind, "__call__")
                if method is not None:
                    self._static(
                        FunctionRef(
                            method[1].module,
                            method[1].qualname,
                            method[1].index if method[1].module in self.world.analysed else -1,
                            kind,
                        ),
                        call,
                        scope,
                    )

    def _bound(self, callee: FunctionRef) -> bool:
        return callee.receiver is not None

    def _construct(self, kind: Type, call: Call, scope: ScopeRef, caller: FunctionId | None) -> None:
        signature = self.world.class_named(kind.name)
        method = self.world.method(kind, "__init__")
        for name in ("__init__", "__post_init__"):
            special = self.world.method(kind, name)
            if special is not None and special[1].module in self.world.analysed:
                self._reach(FunctionId(special[1].module, special[1].index), call, scope, bound=True)
        self._library(kind.name, call, scope)
        if method is None or method[1].module not in self.world.analysed:
            owner = method[0].name if method is not None else kind.name
            self.api_calls.append(ApiCall(caller, scope.module, call, f"{owner}.__init__"))
            if method is not None:
                self._library(f"{owner}.__init__", call, scope)
            for ancestor in self.world.ancestry(kind)[1:]:
                if self.world.class_named(ancestor.name) is None:
                    self._library(ancestor.name, call, scope)
        if method is None and signature is not None:
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
                self._flow(argument.value, scope, ("a", self.root(kind), field))

    def _library(self, dotted: str, call: Call, scope: ScopeRef) -> None:
        if dotted in ("functools.partial", "functools.partialmethod") and call.arguments:
            use = Use("bind", scope, call, 1)
            for source in self.sources(call.arguments[0].value, scope):
                self._use(source, use) if not isinstance(source, Atom) else self._apply(source, use)
            return
        for handoff in (*HANDOFFS.get(dotted, ()), *self.handoffs.get(dotted, ())):
            argument, position = find_argument(call, handoff)
            if argument is None:
                continue
            handoff = _forced(handoff, dotted, call)
            rest = position + 1 if handoff.passes_rest and position >= 0 else -1
            use = Use("handoff", scope, call, rest, handoff, argument)
            for source in self.sources(argument, scope):
                self._use(source, use) if not isinstance(source, Atom) else self._apply(source, use)

    def _reach(self, callee: FunctionId, call: Call, scope: ScopeRef, bound: bool) -> None:
        caller = FunctionId(scope.module, scope.function) if scope.function is not None else None
        key = ("call", scope, callee, call.start, call.end)
        if key not in self._done:
            self._done.add(key)
            self.calls.append(CallEdge(caller, scope.module, callee, call))
        facts = self.world.function_facts(*callee)
        if facts is None:
            return
        skip = (
            1
            if facts.owner_class is not None and (bound or facts.name == "__init__") and not _is_static(facts)
            else 0
        )
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
        wrapped = self.wrapped_parameter(callee)
        annotations = {parameter.name: parameter.annotation for parameter in facts.parameters}
        for name, value in pair_arguments(facts, arguments, skip):
            if name == wrapped:
                continue  # what runs it is whatever runs the wrapper
            if not self.carriers.can_carry(annotations.get(name), callee.module):
                continue
            self._flow(value, scope, ("v", callee.module, callee.index, None, name))

    # ---------------------------------------------------------------- solving
    def _put(self, slot: Slot, atom: Atom) -> None:
        atoms = self._atoms[slot]
        if atom not in atoms and len(atoms) < _MAX_ATOMS:
            atoms[atom] = None
            self._work.append((slot, atom))

    def _use(self, slot: Slot, use: Use) -> None:
        if use not in self._uses[slot]:
            self._uses[slot][use] = None
            for atom in list(self._atoms[slot]):
                self._apply(atom, use)

    def _solve(self) -> None:
        while self._work:
            slot, atom = self._work.popleft()
            for target in list(self._flows[slot]):
                self._put(target, atom)
            for use in list(self._uses[slot]):
                self._apply(atom, use)

    def _summarise(self, function: FunctionId, position: int) -> None:
        """Note that a parameter is run somewhere, and bind what follows it at every call site of the function."""
        if self.follow_stars or (function, position) in self._summarised:
            return
        parameters = self.world.analysed[function.module].facts.functions[function.index].parameters
        if position + 1 >= len(parameters) or parameters[position + 1].kind.value != "variadic":
            return
        self._summarised.add((function, position))
        for call, scope, skip in list(self._sites[function]):
            self._bind_rest(call, scope, position - skip)

    def _bind_rest(self, call: Call, scope: ScopeRef, position: int) -> None:
        if position >= len(call.arguments) or position < 0:
            return
        use = Use("bind", scope, call, position + 1)
        for source in self.sources(call.arguments[position].value, scope):
            self._use(source, use) if not isinstance(source, Atom) else self._apply(source, use)

    def _apply(self, atom: Atom, use: Use) -> None:
        key = (use.kind, use.scope, atom, use.call.start, use.call.end, use.handoff)
        if key in self._done:
            return
        self._done.add(key)
        caller = FunctionId(use.scope.module, use.scope.function) if use.scope.function is not None else None
        if atom.position >= 0 and use.kind != "bind":
            self._summarise(FunctionId(atom.module, atom.index), atom.position)
        if use.kind == "handoff" and use.handoff is not None and use.argument is not None:
            self.handed.append(
                HandOffEdge(caller, use.scope.module, atom, use.call, use.handoff, use.argument)
            )
        elif use.kind == "call":
            if atom.position >= 0:
                self.handed.append(
                    HandOffEdge(caller, use.scope.module, atom, use.call, _CALLED, use.call.function)
                )
            elif atom.index < 0:
                dotted = f"{atom.module}.{atom.qualname}"
                self.api_calls.append(ApiCall(caller, use.scope.module, use.call, dotted))
                self._library(dotted, use.call, use.scope)
            else:
                self.calls.append(
                    CallEdge(caller, use.scope.module, FunctionId(atom.module, atom.index), use.call)
                )
        if atom.index >= 0 and atom.position < 0 and use.rest >= 0:
            facts = self.world.function_facts(atom.module, atom.index)
            if facts is not None:
                skip = 1 if facts.owner_class is not None and not _is_static(facts) else 0
                self._pass(
                    facts,
                    FunctionId(atom.module, atom.index),
                    use.call.arguments[use.rest :],
                    use.scope,
                    skip,
                )


_CALLED = HandOff("", 0, "", Dispatch.CALLER, Origin("", 0))


def _is_static(facts: FunctionFacts) -> bool:
    return any(
        isinstance(decorator, Name) and decorator.id == "staticmethod" for decorator in facts.decorators
    )


def _forced(handoff: HandOff, dotted: str, call: Call) -> HandOff:
    """Return the hand-off with the dispatch that a constant ``job_type=`` forces."""
    for argument in call.arguments:
        if argument.keyword == JOB_TYPE_KEYWORD and isinstance(argument.value, Attribute):
            forced = FORCED.get(argument.value.attr)
            if forced is not None and handoff.dispatch is Dispatch.BY_TYPE:
                return handoff._replace(dispatch=forced)
    return handoff


def find_argument(call: Call, handoff: HandOff) -> tuple[Expr | None, int]:
    """Return the argument that a hand-off speaks of, and its position (-1 for a keyword)."""
    for argument in call.arguments:
        if argument.keyword == handoff.keyword and handoff.keyword:
            return argument.value, -1
    for position, argument in enumerate(call.arguments):
        if argument.keyword is not None:
            break
        if argument.stars:
            return None, -1
        if position == handoff.index:
            return argument.value, position
    return None, -1


def pair_arguments(
    facts: FunctionFacts, arguments: tuple[Argument, ...], skip: int
) -> Iterator[tuple[str, Expr]]:
    """Yield (parameter name, argument) for a call of an analysed function; the first ``skip`` are bound already."""
    parameters = facts.parameters[skip:]
    names = {parameter.name for parameter in parameters}
    variadic = next((p.name for p in parameters if p.kind.value == "variadic"), None)
    keywords = next((p.name for p in parameters if p.kind.value == "keywords"), None)
    position = 0
    for argument in arguments:
        if argument.keyword is not None:
            if argument.keyword in names:
                yield argument.keyword, argument.value
            elif keywords is not None:
                yield keywords, argument.value
        elif argument.stars == 1:
            for parameter in parameters[position:]:
                if parameter.kind.value in ("normal", "positional-only", "variadic"):
                    yield parameter.name, argument.value
        elif argument.stars == 2:
            if keywords is not None:
                yield keywords, argument.value
        elif position < len(parameters) and parameters[position].kind.value in ("normal", "positional-only"):
            yield parameters[position].name, argument.value
            position += 1
        elif variadic is not None:
            yield variadic, argument.value
