"""What calling a function of Home Assistant from outside of the loop does: raise, corrupt, or no harm.

A guard on a way that every call takes comes first, then a change on some way, then what could not be
resolved, then reading.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from offloop.facts.model import (
    Assign,
    Attribute,
    AugmentedAssign,
    Block,
    Boolean,
    Call,
    Collection,
    Compare,
    Comprehension,
    Conditional,
    Constant,
    Delete,
    Dictionary,
    Expr,
    For,
    FunctionFacts,
    If,
    Name,
    Raise,
    Return,
    Scope,
    Statement,
    Subscript,
    Try,
    Walrus,
    While,
    With,
)
from offloop.facts.walk import children, expressions, statements
from offloop.inference.context import FunctionId
from offloop.inference.program import Program
from offloop.library.model import Kind, Tier
from offloop.library.overrides import ASYNCIO_APIS
from offloop.resolve.values import ClassObject, FunctionRef, Instance, ScopeRef, Value
from offloop.resolve.world import External

_THREAD_ID = "threading.get_ident"
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


class Guard(NamedTuple):
    """A check of the thread: the name it reports, its 1-based line, and whether it is the function's own."""

    reported: str | None
    module: str
    line: int
    own: bool


class Change(NamedTuple):
    """A change of state that outlives the call: 1-based line and its text."""

    module: str
    line: int
    words: str
    of_self: bool


class Effects:
    """Judges the functions of a program; answers are memoised."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._guards: dict[FunctionId, Guard | None] = {}
        self._changes: dict[FunctionId, Change | None] = {}
        self._unknown: dict[FunctionId, bool] = {}
        self._fresh: dict[FunctionId, frozenset[str]] = {}

    def tier(self, function: FunctionId) -> tuple[Tier, Guard | None, Change | None]:
        """Return the tier of a function and what it rests on."""
        if self.program.kinds[function] is Kind.COROUTINE:
            return Tier.COROUTINE, None, None
        guard = self.guard(function)
        if guard is not None:
            return (Tier.RAISES if guard.own else Tier.RAISES_VIA), guard, None
        change = self.change(function)
        if change is not None:
            return Tier.CORRUPTS, None, self.shown(function)
        return (Tier.UNKNOWN if self._unknown.get(function) else Tier.READ), None, None

    # ---------------------------------------------------------------- guards
    def guard(self, function: FunctionId) -> Guard | None:
        """Return the guard that every call of a function meets."""
        if function in self._guards:
            return self._guards[function]
        self._guards[function] = None  # a cycle meets no guard by itself
        facts = self.program.facts(function)
        if facts.is_async or facts.is_generator:
            return None
        scope = ScopeRef(function.module, function.index)
        found = self._decorator_guard(facts, scope) or self._must(facts.body, scope, facts)
        self._guards[function] = found
        return found

    def _decorator_guard(self, facts: FunctionFacts, scope: ScopeRef) -> Guard | None:
        for decorator in facts.decorators:
            outer = self.program.evaluator.outer(scope) or ScopeRef(scope.module, None)
            expr = decorator.function if isinstance(decorator, Call) else decorator
            for value in self.program.evaluator.values(expr, outer):
                if isinstance(value, FunctionRef) and value.index >= 0 and self._wraps_guard(value):
                    reported = _first_string(decorator) if isinstance(decorator, Call) else None
                    return Guard(reported, scope.module, self._line(scope.module, decorator.start), own=True)
        return None

    def _wraps_guard(self, decorator: FunctionRef) -> bool:
        functions = self.program.world.analysed[decorator.module].facts.functions
        for inner in functions:
            parent = inner.parent
            while parent is not None and parent != decorator.index:
                parent = functions[parent].parent
            if (
                parent == decorator.index
                and self.guard(FunctionId(decorator.module, inner.index)) is not None
            ):
                return True
        return False

    def _must(self, block: Block, scope: ScopeRef, facts: FunctionFacts) -> Guard | None:
        """Return the guard that every way through a block meets."""
        for statement in block:
            for expr in expressions(statement):
                for call in certain_calls(expr):
                    found = self._call_guard(call, scope, facts)
                    if found is not None:
                        return found
            found = self._must_inside(statement, scope, facts)
            if found is not None:
                return found
            if isinstance(statement, Return | Raise) or _may_return(statement):
                return None
        return None

    def _must_inside(self, statement: Statement, scope: ScopeRef, facts: FunctionFacts) -> Guard | None:
        match statement:
            case If(branches, orelse, start, _):
                if self._is_thread_test(branches[0][0], scope) and _refuses(branches[0][1]):
                    reported = next(
                        (
                            text
                            for call in _calls(branches[0][1])
                            if (text := _first_string(call)) is not None
                        ),
                        None,
                    )
                    return Guard(reported, scope.module, self._line(scope.module, start), own=True)
                if not orelse:
                    return None
                found = [self._must(body, scope, facts) for _, body in branches]
                found.append(self._must(orelse, scope, facts))
                return found[0] if all(found) else None
            case With():
                return self._must(statement.body, scope, facts)
            case Try():
                return self._must(statement.body, scope, facts) or self._must(
                    statement.finally_body, scope, facts
                )
        return None

    def _call_guard(self, call: Call, scope: ScopeRef, facts: FunctionFacts) -> Guard | None:
        for value in self.program.evaluator.values(call.function, scope):
            if not isinstance(value, FunctionRef) or value.index < 0:
                continue
            callee = FunctionId(value.module, value.index)
            if self.program.kinds[callee] is Kind.COROUTINE:
                continue
            found = self.guard(callee)
            if found is None:
                continue
            name = value.qualname.rpartition(".")[2]
            if self._is_check(callee):
                return Guard(
                    _first_string(call), scope.module, self._line(scope.module, call.start), own=True
                )
            private = name.startswith("_") and value.module == scope.module
            return Guard(found.reported, found.module, found.line, own=private and found.own)
        return None

    def _is_check(self, function: FunctionId) -> bool:
        """Whether a function does nothing but check the thread."""
        body = self.program.facts(function).body
        scope = ScopeRef(function.module, function.index)
        return (
            any(
                isinstance(statement, If)
                and self._is_thread_test(statement.branches[0][0], scope)
                and _refuses(statement.branches[0][1])
                for statement in body
            )
            and len([s for s in body if not isinstance(getattr(s, "value", None), Constant)]) == 1
        )

    def _is_thread_test(self, test: Expr, scope: ScopeRef) -> bool:
        """Whether a test is true exactly off the loop: ``x != threading.get_ident()``, alone but for ``x`` being set."""
        if isinstance(test, Boolean) and test.operator == "and":
            names = {
                part.target.id
                for part in test.values
                if isinstance(part, Walrus) and isinstance(part.target, Name)
            }
            others = [
                part
                for part in test.values
                if not isinstance(part, Walrus) and not (isinstance(part, Name) and part.id in names)
            ]
            return len(others) == 1 and self._is_thread_test(others[0], scope)
        if not isinstance(test, Compare) or test.operators not in (("!=",), ("is not",)):
            return False
        if not any("loop" in (_last_name(operand) or "") for operand in test.operands):
            return False  # another thread's identity: a recorder's, a library's
        return any(
            isinstance(operand, Call)
            and any(
                isinstance(value, External) and value.dotted == _THREAD_ID
                for value in self.program.evaluator.values(operand.function, scope)
            )
            for operand in test.operands
        )

    # ---------------------------------------------------------------- changes
    def change(self, function: FunctionId) -> Change | None:
        """Return a change that a call may make to state that outlives it."""
        if function in self._changes:
            return self._changes[function]
        self._changes[function] = None
        facts = self.program.facts(function)
        scope = ScopeRef(function.module, function.index)
        if facts.is_async or facts.is_generator or self._runs_once(facts, scope):
            return None
        found: Change | None = None
        cut = self._safe_way(facts, scope)
        for change in (*self._own_changes(facts, scope), *self._called_changes(facts, scope, function)):
            if cut is not None and change.line > cut and change.module == scope.module:
                continue
            if not change.of_self:
                found = change
                break
            found = found or change
        self._changes[function] = found
        return found

    def _runs_once(self, facts: FunctionFacts, scope: ScopeRef) -> bool:
        """Whether a decorator keeps the function's result and runs it only where there is none yet."""
        outer = self.program.evaluator.outer(scope) or ScopeRef(scope.module, None)
        for decorator in facts.decorators:
            expr = decorator.function if isinstance(decorator, Call) else decorator
            for value in self.program.evaluator.values(expr, outer):
                if isinstance(value, FunctionRef) and value.index >= 0 and self._keeps_result(value):
                    return True
        return False

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
            if parent != decorator.index:
                continue
            for statement in statements(inner.body):
                if isinstance(statement, If) and _asks_for_absence(statement.branches[0][0]):
                    body = statement.branches[0][1]
                    if any(isinstance(call.function, Name) and call.function.id in named for call in _calls(body)):
                        return True
        return False

    def _safe_way(self, facts: FunctionFacts, scope: ScopeRef) -> int | None:
        """Return the 1-based line from which on only the loop's own thread can get, where a test sends others away."""
        for statement in facts.body:
            if isinstance(statement, If) and self._is_thread_test(statement.branches[0][0], scope):
                if not _refuses(statement.branches[0][1]):
                    return self._line(scope.module, statement.start)
        return None

    def _own_changes(self, facts: FunctionFacts, scope: ScopeRef) -> Iterator[Change]:
        outer = {
            name
            for statement in statements(facts.body)
            if isinstance(statement, Scope)
            for name in statement.names
        }
        first_uses = set(_first_uses(facts.body))
        for statement in statements(facts.body):
            match statement:
                case Assign():
                    targets: tuple[Expr, ...] = statement.targets if statement.value is not None else ()
                    if statement.start in first_uses:
                        continue  # what is made where there is none yet is made once
                case AugmentedAssign():
                    targets = (statement.target,)
                case Delete():
                    targets = statement.targets
                case For():
                    targets = (statement.target,)
                case _:
                    continue
            for target in targets:
                for part in _flat(target):
                    if isinstance(part, Name):
                        if part.id in outer:
                            yield self._changed(scope, part, of_self=False)
                    elif isinstance(part, Attribute | Subscript) and not self._is_own(part, facts, scope):
                        yield self._changed(scope, part, of_self=_root(part) == _first_parameter(facts))

    def _called_changes(
        self, facts: FunctionFacts, scope: ScopeRef, function: FunctionId
    ) -> Iterator[Change]:
        for call in facts.calls:
            values = self.program.evaluator.values(call.function, scope)
            found = self._mutator(call, values, facts, scope)
            if found is not None:
                yield found
            if not values:
                self._unknown[function] = True
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

    def shown(self, function: FunctionId) -> Change | None:
        """Return the change to show for a function: one of its own text where there is any."""
        own = next(self._own_changes(self.program.facts(function), ScopeRef(*function)), None)
        return own or self.change(function)

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
        text = self.program.world.analysed[scope.module].text[part.start : part.end]
        return Change(scope.module, self._line(scope.module, part.start), text.split("\n")[0][:60], of_self)

    def _line(self, module: str, offset: int) -> int:
        return self.program.lines(module).position(offset).line + 1


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


def certain_calls(expr: Expr) -> Iterator[Call]:
    """Yield the calls that evaluating an expression always makes, innermost first."""
    match expr:
        case Boolean(_, values, _, _):
            yield from certain_calls(values[0])
        case Conditional(test, _, _, _, _):
            yield from certain_calls(test)
        case Comprehension(_, _, generators, _, _):
            yield from certain_calls(generators[0].iterable)
        case _:
            for child in children(expr):
                yield from certain_calls(child)
            if isinstance(expr, Call):
                yield expr


def _asks_for_absence(test: Expr) -> bool:
    """Whether a test asks if something is not there yet: ``key not in x``, ``x.get(key) is None``, ``not x``."""
    if isinstance(test, Compare):
        none = isinstance(test.operands[-1], Constant) and test.operands[-1].value is None
        return test.operators == ("not in",) or (test.operators == ("is",) and none)
    return False


def _first_uses(block: Block) -> Iterator[int]:
    """Yield the starts of the stores that fill what a test has just found absent."""
    for statement in statements(block):
        if isinstance(statement, If) and _asks_for_absence(statement.branches[0][0]):
            for inner in statement.branches[0][1]:
                if isinstance(inner, Assign) and any(isinstance(target, Subscript) for target in inner.targets):
                    yield inner.start


def _refuses(body: Block) -> bool:
    """Whether the body of a thread test reports or raises, rather than taking a safe way and returning."""
    return not any(isinstance(statement, Return) for statement in statements(body))


def _last_name(expr: Expr) -> str | None:
    if isinstance(expr, Walrus):
        return _last_name(expr.target)
    return expr.attr if isinstance(expr, Attribute) else getattr(expr, "id", None)


def _calls(block: Block) -> Iterator[Call]:
    for statement in block:
        for expr in expressions(statement):
            yield from certain_calls(expr)


def _first_string(expr: Expr) -> str | None:
    if isinstance(expr, Call) and expr.arguments:
        value = expr.arguments[0].value
        if isinstance(value, Constant) and isinstance(value.value, str):
            return value.value
    return None


def _may_return(statement: Statement) -> bool:
    return isinstance(statement, If | For | While | With | Try) and any(
        isinstance(inner, Return) for inner in statements((statement,))
    )


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
