"""Which functions of Home Assistant may change state that outlives a call of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from offloop.catalog.certain_calls import certain_calls_in
from offloop.catalog.guards import Guards, decorating
from offloop.facts.model import FunctionFacts
from offloop.facts.tree import (
    Assign,
    Attribute,
    AugmentedAssign,
    Block,
    Call,
    Collection,
    Compare,
    Comprehension,
    Constant,
    Delete,
    Dictionary,
    Expr,
    For,
    If,
    Name,
    Scope,
    Statement,
    Subscript,
)
from offloop.facts.walk import statements, word_start
from offloop.inference.context import FunctionId
from offloop.inference.program import Program
from offloop.library.model import Kind, Origin
from offloop.library.overrides import ASYNCIO_APIS
from offloop.resolve.values import ClassObject, FunctionRef, Instance, ScopeRef, Value
from offloop.resolve.world import External

_MUTATORS = frozenset(
    {
        "append",
        "appendleft",
        "add",
        "remove",
        "pop",
        "popleft",
        "popitem",
        "clear",
        "update",
        "setdefault",
        "insert",
        "discard",
        "extend",
    }
)
_CONSTRUCTORS = frozenset({"__init__", "__post_init__", "__new__", "__set_name__"})
_FRESH_CALLS = frozenset(
    {
        "dict",
        "list",
        "set",
        "deque",
        "defaultdict",
        "copy",
        "deepcopy",
        "tuple",
        "sorted",
        "frozenset",
        "OrderedDict",
    }
)
_MAX_WORDS = 60


class Change(NamedTuple):
    """A change of state that outlives the call: its place and its text."""

    origin: Origin
    words: str
    of_self: bool


class Changes:
    """Finds the changes that a program's functions may make; answers are memoised."""

    def __init__(self, program: Program, guards: Guards) -> None:
        self.program = program
        self.guards = guards
        self._known: dict[FunctionId, Change | None] = {}
        self._unknown: set[FunctionId] = set()
        self._fresh: dict[FunctionId, frozenset[str]] = {}

    def change(self, function: FunctionId) -> Change | None:
        """Return a change that a call may make to state that outlives it."""
        if function in self._known:
            return self._known[function]
        self._known[function] = None
        facts = self.program.facts(function)
        scope = ScopeRef(*function)
        if facts.is_async or facts.is_generator or self._runs_once(facts, scope):
            return None
        found: Change | None = None
        cut, here = self.guards.safe_way(facts, scope), self.program.path(scope.module)
        for change in (*self._own_changes(facts, scope), *self._called_changes(facts, scope)):
            if cut is not None and change.origin.line > cut and change.origin.file == here:
                continue
            if not change.of_self:
                found = change
                break
            found = found or change
        self._known[function] = found
        return found

    def shown(self, function: FunctionId) -> Change | None:
        """Return the change to show for a function: one of its own text where there is any."""
        own = next(self._own_changes(self.program.facts(function), ScopeRef(*function)), None)
        return own or self.change(function)

    def is_unknown(self, function: FunctionId) -> bool:
        """Whether a function that was asked about calls what could not be resolved."""
        return function in self._unknown

    # ---------------------------------------------------------------- run once
    def _runs_once(self, facts: FunctionFacts, scope: ScopeRef) -> bool:
        """Whether a decorator keeps the function's result and runs it only where there is none yet."""
        return any(self._keeps_result(value) for _, value in decorating(self.program, facts, scope))

    def _keeps_result(self, decorator: FunctionRef) -> bool:
        functions = self.program.world.analysed[decorator.module].facts.functions
        for inner in functions:
            parent = inner.parent
            named: set[str] = set()
            while parent is not None:
                named.update(parameter.name for parameter in functions[parent].parameters)
                if parent == decorator.index:
                    break
                parent = functions[parent].parent
            if parent == decorator.index and _calls_where_absent(inner.body, named):
                return True
        return False

    # ---------------------------------------------------------------- changes by statements
    def _own_changes(self, facts: FunctionFacts, scope: ScopeRef) -> Iterator[Change]:
        outer = {
            name
            for statement in statements(facts.body)
            if isinstance(statement, Scope)
            for name in statement.names
        }
        first_uses = set(_first_uses(facts.body))
        for statement in statements(facts.body):
            if isinstance(statement, Assign) and statement.start in first_uses:
                continue  # what is made where there is none yet is made once
            for target in _targets(statement):
                if isinstance(target, Name):
                    if target.id in outer:
                        yield self._changed(scope, target, of_self=False)
                elif isinstance(target, Attribute | Subscript) and not self._is_own(target, facts, scope):
                    yield self._changed(scope, target, of_self=_root(target) == _first_parameter(facts))

    # ---------------------------------------------------------------- changes by calls
    def _called_changes(self, facts: FunctionFacts, scope: ScopeRef) -> Iterator[Change]:
        for call in facts.calls:
            values = self.program.evaluator.values(call.function, scope)
            found = self._mutator(call, values, facts, scope)
            if found is not None:
                yield found
            if not values:
                self._unknown.add(FunctionId(scope.module, facts.index))
            for value in values:
                found = self._callee_change(value, call, facts, scope)
                if found is not None:
                    yield found

    def _mutator(
        self, call: Call, values: tuple[Value, ...], facts: FunctionFacts, scope: ScopeRef
    ) -> Change | None:
        method = call.function
        if not isinstance(method, Attribute) or method.attr not in _MUTATORS:
            return None
        if any(isinstance(value, FunctionRef | ClassObject) for value in values):
            return None
        if self._is_own(method.value, facts, scope):
            return None
        return self._changed(scope, call, of_self=_root(method.value) == _first_parameter(facts))

    def _callee_change(
        self, value: Value, call: Call, facts: FunctionFacts, scope: ScopeRef
    ) -> Change | None:
        if isinstance(value, External):
            return self._changed(scope, call, of_self=False) if value.dotted in ASYNCIO_APIS else None
        callee = self._callee(value)
        if callee is None or self.program.kinds[callee] is Kind.COROUTINE:
            return None
        found = self.change(callee)
        if found is None:
            return None
        constructs = isinstance(value, ClassObject)
        receiver = call.function.value if isinstance(call.function, Attribute) else None
        if found.of_self and (constructs or (receiver is not None and self._is_own(receiver, facts, scope))):
            return None
        of_self = found.of_self and receiver is not None and _root(receiver) == _first_parameter(facts)
        return found._replace(of_self=of_self)

    def _callee(self, value: Value) -> FunctionId | None:
        match value:
            case FunctionRef(module, _, index, _) if index >= 0:
                return FunctionId(module, index)
            case ClassObject(kind):
                method = self.program.world.method(kind, "__init__")
            case Instance(kind):
                method = self.program.world.method(kind, "__call__")
            case _:
                return None
        if method is None or method[1].module not in self.program.world.analysed:
            return None
        return FunctionId(method[1].module, method[1].index)

    # ---------------------------------------------------------------- objects of the call's own
    def _is_own(self, target: Expr, facts: FunctionFacts, scope: ScopeRef) -> bool:
        """Whether an object was made in this very call, so that nobody else sees it change."""
        root = _root(target)
        if root is None:
            return _is_fresh(target)
        if facts.name in _CONSTRUCTORS and root == _first_parameter(facts):
            return True
        return root in self._fresh_names(facts, scope)

    def _fresh_names(self, facts: FunctionFacts, scope: ScopeRef) -> frozenset[str]:
        function = FunctionId(scope.module, facts.index)
        known = self._fresh.get(function)
        if known is None:
            bound, _ = self.program.evaluator.bindings(scope)
            known = self._fresh[function] = frozenset(
                name
                for name, bindings in bound.items()
                if all(
                    binding.kind == "value"
                    and binding.item < 0
                    and binding.expr is not None
                    and (_is_fresh(binding.expr) or self._makes_object(binding.expr, scope))
                    for binding in bindings
                )
            )
        return known

    def _makes_object(self, expr: Expr, scope: ScopeRef) -> bool:
        if not isinstance(expr, Call):
            return False
        values = self.program.evaluator.values(expr.function, scope)
        return bool(values) and all(
            isinstance(value, ClassObject)
            or (isinstance(value, External) and value.dotted.rpartition(".")[2] in _FRESH_CALLS)
            for value in values
        )

    def _changed(self, scope: ScopeRef, part: Expr, *, of_self: bool) -> Change:
        words = self.program.world.analysed[scope.module].text[part.start : part.end].split("\n")[0]
        origin = self.program.origin(scope.module, word_start(part))
        return Change(origin, words[:_MAX_WORDS], of_self)


# -------------------------------------------------------------------- what is absent yet
def _asks_for_absence(test: Expr) -> bool:
    """Whether a test asks if something is not there yet: ``key not in x``, ``x.get(key) is None``."""
    if isinstance(test, Compare):
        none = isinstance(test.operands[-1], Constant) and test.operands[-1].value is None
        return test.operators == ("not in",) or (test.operators == ("is",) and none)
    return False


def _where_absent(block: Block) -> Iterator[Block]:
    """Yield the blocks that run where something is not there yet."""
    for statement in statements(block):
        if isinstance(statement, If) and _asks_for_absence(statement.branches[0][0]):
            yield statement.branches[0][1]


def _calls_where_absent(block: Block, names: set[str]) -> bool:
    return any(
        isinstance(call.function, Name) and call.function.id in names
        for body in _where_absent(block)
        for call in certain_calls_in(body)
    )


def _first_uses(block: Block) -> Iterator[int]:
    """Yield the starts of the stores that fill what a test has just found absent."""
    for body in _where_absent(block):
        for inner in body:
            if isinstance(inner, Assign) and any(isinstance(target, Subscript) for target in inner.targets):
                yield inner.start


# -------------------------------------------------------------------- targets and objects
def _targets(statement: Statement) -> Iterator[Expr]:
    """Yield what a statement stores to or deletes, tuples taken apart."""
    match statement:
        case Assign(targets, value) if value is not None:
            pass
        case AugmentedAssign(target) | For(target):
            targets = (target,)
        case Delete(targets):
            pass
        case _:
            return
    for target in targets:
        yield from _flat(target)


def _flat(target: Expr) -> Iterator[Expr]:
    if isinstance(target, Collection):
        for item in target.items:
            yield from _flat(item)
    else:
        yield target


def _root(expr: Expr) -> str | None:
    while isinstance(expr, Attribute | Subscript):
        expr = expr.value
    if isinstance(expr, Call) and isinstance(expr.function, Attribute):
        return _root(expr.function.value)
    return expr.id if isinstance(expr, Name) else None


def _first_parameter(facts: FunctionFacts) -> str | None:
    return facts.parameters[0].name if facts.owner_class is not None and facts.parameters else None


def _is_fresh(expr: Expr) -> bool:
    return isinstance(expr, Collection | Dictionary | Comprehension | Constant)
