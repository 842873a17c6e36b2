"""Which functions of Home Assistant check the thread on every way through them, and what they report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from offloop.catalog.harmless import has_nothing_to_do, only_looks
from offloop.facts.model import FunctionFacts
from offloop.facts.tree import (
    Assign,
    Attribute,
    Block,
    Boolean,
    Call,
    Collection,
    Compare,
    Comprehension,
    Conditional,
    Constant,
    Expr,
    For,
    Handler,
    If,
    Name,
    Raise,
    Return,
    Statement,
    Try,
    Walrus,
    While,
    With,
)
from offloop.facts.walk import blocks, children, expressions, statements, word_start
from offloop.inference.context import FunctionId
from offloop.inference.program import Program
from offloop.library.model import Kind, Origin
from offloop.library.overrides import RAISE_OFF_LOOP
from offloop.resolve.values import FunctionRef, ScopeRef
from offloop.resolve.world import External

_THREAD_ID = "threading.get_ident"
_CUSTOM_FOLDER = "custom_components"
_FOR_CUSTOM_ONES = "Home Assistant checks the thread here for custom integrations, and raises"
_TAKE_RUNTIME_ERRORS = frozenset({"RuntimeError", "Exception", "BaseException"})


class Guard(NamedTuple):
    """A check of the thread: the name it reports, its place, and whether it is the function's own.

    ``how`` says what raises where that is not Home Assistant's own check, ``error`` what is raised.
    """

    reported: str | None
    origin: Origin
    own: bool
    how: str | None = None
    error: str = "RuntimeError"


class _Ways(NamedTuple):
    """How the ways through a block end that meet no guard.

    Whether one gets behind it, whether that has changed something, and whether one leaves having changed something.
    """

    goes_on: bool
    changed: bool
    leaves_changed: bool


class Guards:
    """Finds the guards of a program's functions; answers are memoised."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._known: dict[FunctionId, Guard | None] = {}
        self._custom: dict[str, set[str | None]] = {}

    def guard(self, function: FunctionId) -> Guard | None:
        """Return the guard that every call of a function meets."""
        if function in self._known:
            return self._known[function]
        self._known[function] = None  # a cycle meets no guard by itself
        facts = self.program.facts(function)
        if facts.is_async or facts.is_generator:
            return None
        scope = ScopeRef(*function)
        found = self._decorator_guard(facts, scope) or self._must(facts.body, scope)
        self._known[function] = found
        return found

    def safe_way(self, facts: FunctionFacts, scope: ScopeRef) -> int | None:
        """Return the 1-based line behind a test that sends other threads another way, None without one.

        From there on, only the loop's own thread gets.
        """
        for statement in facts.body:
            if not isinstance(statement, If):
                continue
            test, body = statement.branches[0]
            if self._is_thread_test(test, scope) and not _refuses(body):
                return self.program.line(scope.module, statement.start)
        return None

    # ---------------------------------------------------------------- decorators
    def _decorator_guard(self, facts: FunctionFacts, scope: ScopeRef) -> Guard | None:
        for decorator, value in decorating(self.program, facts, scope):
            if self._wraps_guard(value):
                reported = _first_string(decorator) if isinstance(decorator, Call) else None
                origin = self.program.origin(scope.module, word_start(decorator))
                return Guard(reported, origin, own=True)
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

    # ---------------------------------------------------------------- every way through a block
    def _must(self, block: Block, scope: ScopeRef, *, changed: bool = False) -> Guard | None:
        """Return the guard that every way through a block meets, ways apart that leave before anything is changed.

        ``changed`` says whether something has been changed before the block.
        """
        for statement in block:
            found = self._certain_guard(statement, scope) or self._must_inside(statement, scope, changed)
            if found is not None:
                return found
            if isinstance(statement, Return | Raise):
                return None
            if has_nothing_to_do(statement):
                continue
            ways = self._ways(statement, scope, changed)
            if ways.leaves_changed or not ways.goes_on:
                return None
            changed = ways.changed
        return None

    def _certain_guard(self, statement: Statement, scope: ScopeRef) -> Guard | None:
        for call in certain_calls_in((statement,)):
            found = self._call_guard(call, scope)
            if found is not None:
                return found
        return None

    def _must_inside(self, statement: Statement, scope: ScopeRef, changed: bool) -> Guard | None:
        match statement:
            case If():
                return (
                    self._test_guard(statement, scope)
                    or self._custom_guard(statement, scope, changed)
                    or self._must_branches(statement, scope, changed)
                )
            case With():
                return self._must(statement.body, scope, changed=changed)
            case Try():
                found = self._must(statement.body, scope, changed=changed)
                if found is not None and any(_swallows(handler) for handler in statement.handlers):
                    found = None
                return found or self._must(statement.finally_body, scope, changed=changed)
        return None

    def _custom_guard(self, statement: If, scope: ScopeRef, changed: bool) -> Guard | None:
        """Return the guard that custom integrations meet: core's own are trusted (2024.5, entity.py)."""
        test, body = statement.branches[0]
        parts = test.values if isinstance(test, Boolean) and test.operator == "or" else (test,)
        if not {_last_name(part) for part in parts} & self._custom_names(scope.module):
            return None
        found = self._must(body, scope, changed=changed)
        return found._replace(how=_FOR_CUSTOM_ONES) if found is not None else None

    def _custom_names(self, module: str) -> set[str | None]:
        """Return the names in a module that are true for custom integrations: ``"custom_components" in ...``."""
        known = self._custom.get(module)
        if known is None:
            known = self._custom[module] = set()
            for function in self.program.world.analysed[module].facts.functions:
                for statement in statements(function.body):
                    if not isinstance(statement, Assign) or statement.value is None:
                        continue
                    value = statement.value
                    if _last_name(value) in known or (isinstance(value, Compare) and _asks_for_custom(value)):
                        known.update({_last_name(target) for target in statement.targets} - {None})
        return known

    def _must_branches(self, statement: If, scope: ScopeRef, changed: bool) -> Guard | None:
        """Return the guard that all branches meet, branches apart that raise."""
        if not statement.orelse:
            return None
        bodies = [*(body for _, body in statement.branches), statement.orelse]
        found = [
            self._must(body, scope, changed=changed) for body in bodies if not isinstance(body[-1], Raise)
        ]
        return found[0] if found and all(found) else None

    def _ways(self, statement: Statement, scope: ScopeRef, changed: bool) -> _Ways:
        """Return how the ways through a statement that meet no guard end."""
        if self._certain_guard(statement, scope) is not None or isinstance(statement, Raise):
            return _Ways(goes_on=False, changed=changed, leaves_changed=False)
        match statement:
            case Return():
                return _Ways(goes_on=False, changed=changed, leaves_changed=changed)
            case If() if self._test_guard(statement, scope) is not None:
                return _Ways(goes_on=False, changed=changed, leaves_changed=False)
            case If():
                bodies = [*(body for _, body in statement.branches), statement.orelse]
                return _joined([self._block_ways(body, scope, changed) for body in bodies])
            case With(body=body):
                return self._block_ways(body, scope, changed)
            case Try(body=body, handlers=handlers):
                tried = self._block_ways(body, scope, changed)
                return _joined([tried, *(self._block_ways(h.body, scope, tried.changed) for h in handlers)])
            case For() | While():
                found = [self._block_ways(body, scope, changed) for body in blocks(statement)]
                return _joined([_Ways(True, changed, leaves_changed=False), *found])._replace(goes_on=True)
        return _Ways(goes_on=True, changed=changed or not only_looks(statement), leaves_changed=False)

    def _block_ways(self, block: Block, scope: ScopeRef, changed: bool) -> _Ways:
        leaves_changed = False
        for statement in block:
            ways = self._ways(statement, scope, changed)
            leaves_changed = leaves_changed or ways.leaves_changed
            changed = ways.changed
            if not ways.goes_on:
                return _Ways(goes_on=False, changed=changed, leaves_changed=leaves_changed)
        return _Ways(goes_on=True, changed=changed, leaves_changed=leaves_changed)

    def _test_guard(self, statement: If, scope: ScopeRef) -> Guard | None:
        """Return the guard that an ``if`` is whose body refuses what its test finds off the loop."""
        test, body = statement.branches[0]
        if not self._is_thread_test(test, scope) or not _refuses(body):
            return None
        texts = (_first_string(call) for call in certain_calls_in(body))
        reported = next((text for text in texts if text is not None), None)
        return Guard(reported, self.program.origin(scope.module, statement.start), own=True)

    def _call_guard(self, call: Call, scope: ScopeRef) -> Guard | None:
        for value in self.program.evaluator.values(call.function, scope):
            if isinstance(value, External) and value.dotted in RAISE_OFF_LOOP and not call.arguments:
                origin = self.program.origin(scope.module, word_start(call))
                return Guard(None, origin, own=True, how=RAISE_OFF_LOOP[value.dotted])
            if not isinstance(value, FunctionRef) or value.index < 0:
                continue
            callee = FunctionId(value.module, value.index)
            if self.program.kinds[callee] is Kind.COROUTINE:
                continue
            found = self.guard(callee)
            if found is None:
                continue
            if self._is_check(callee):
                return Guard(
                    _first_string(call), self.program.origin(scope.module, word_start(call)), own=True
                )
            private = value.qualname.rpartition(".")[2].startswith("_") and value.module == scope.module
            return found._replace(own=private and found.own)
        return None

    # ---------------------------------------------------------------- tests of the thread
    def _is_check(self, function: FunctionId) -> bool:
        """Whether a function does nothing but check the thread."""
        body = self.program.facts(function).body
        scope = ScopeRef(*function)
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
        """Whether a test is true exactly off the loop: ``x != threading.get_ident()``.

        It stands alone, but for ``x`` being set.
        """
        if isinstance(test, Boolean) and test.operator == "and":
            others = _other_parts(test)
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


def decorating(program: Program, facts: FunctionFacts, scope: ScopeRef) -> Iterator[tuple[Expr, FunctionRef]]:
    """Yield the decorators of a function with the analysed functions that they are, or that make them."""
    outer = program.evaluator.outer(scope) or ScopeRef(scope.module, None)
    for decorator in facts.decorators:
        expr = decorator.function if isinstance(decorator, Call) else decorator
        for value in program.evaluator.values(expr, outer):
            if isinstance(value, FunctionRef) and value.index >= 0:
                yield decorator, value


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


def certain_calls_in(block: Block) -> Iterator[Call]:
    """Yield the calls that the expressions of a block's own statements always make."""
    for statement in block:
        for expr in expressions(statement):
            yield from certain_calls(expr)


def _other_parts(test: Boolean) -> list[Expr]:
    """Return the parts of a test apart from those that set a name or ask whether it is set."""
    names = {
        part.target.id for part in test.values if isinstance(part, Walrus) and isinstance(part.target, Name)
    }
    return [
        part
        for part in test.values
        if not isinstance(part, Walrus) and not (isinstance(part, Name) and part.id in names)
    ]


def _asks_for_custom(test: Compare) -> bool:
    """Whether a comparison is ``"custom_components" in ...``."""
    first = test.operands[0]
    return test.operators == ("in",) and isinstance(first, Constant) and first.value == _CUSTOM_FOLDER


def _refuses(body: Block) -> bool:
    """Whether the body of a thread test reports or raises, rather than taking a safe way and returning."""
    return not any(isinstance(statement, Return) for statement in statements(body))


def _last_name(expr: Expr | None) -> str | None:
    if isinstance(expr, Walrus):
        return _last_name(expr.target)
    return expr.attr if isinstance(expr, Attribute) else getattr(expr, "id", None)


def _first_string(expr: Expr) -> str | None:
    if isinstance(expr, Call) and expr.arguments:
        value = expr.arguments[0].value
        if isinstance(value, Constant) and isinstance(value.value, str):
            return value.value
    return None


def _swallows(handler: Handler) -> bool:
    """Whether an ``except`` takes what a guard raises, and does not raise it again."""
    if any(isinstance(statement, Raise) for statement in statements(handler.body)):
        return False
    kinds = handler.type.items if isinstance(handler.type, Collection) else (handler.type,)
    return any(kind is None or _last_name(kind) in _TAKE_RUNTIME_ERRORS for kind in kinds)


def _joined(ways: list[_Ways]) -> _Ways:
    """Return the ways of several branches as one; what is changed on a way that ends is of no account."""
    return _Ways(
        goes_on=any(way.goes_on for way in ways),
        changed=any(way.changed for way in ways if way.goes_on),
        leaves_changed=any(way.leaves_changed for way in ways),
    )
