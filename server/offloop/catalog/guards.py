"""Which functions of Home Assistant check the thread on every way through them, and what they report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from offloop.catalog.certain_calls import certain_calls_in
from offloop.catalog.harmless import has_nothing_to_do, only_looks
from offloop.catalog.per_thread import PerThread
from offloop.catalog.thread_checks import ThreadChecks, last_name
from offloop.facts.model import FunctionFacts
from offloop.facts.tree import (
    Assign,
    Block,
    Boolean,
    Call,
    Collection,
    Compare,
    Constant,
    Evaluate,
    Expr,
    For,
    Handler,
    If,
    Import,
    Raise,
    Return,
    Statement,
    Try,
    While,
    With,
)
from offloop.facts.walk import blocks, expressions, statements, word_start
from offloop.inference.context import FunctionId
from offloop.inference.program import Program
from offloop.library.model import Kind, Origin
from offloop.library.overrides import RAISE_OFF_LOOP
from offloop.resolve.values import FunctionRef, ScopeRef
from offloop.resolve.world import External

_CUSTOM_FOLDER = "custom_components"
_FOR_CUSTOM_ONES = "Home Assistant checks the thread here for custom integrations, and raises"
_NOT_IN_THIS_THREAD = "what it needs is there in the event loop's thread only"
_TAKE_ALL = frozenset({"Exception", "BaseException"})


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
        self.checks = ThreadChecks(program)
        self._per_thread = PerThread(program)
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
            if self.checks.off_loop(test, scope) and not _refuses(body):
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
        for position, statement in enumerate(block):
            found = self._certain_guard(statement, scope) or self._must_inside(statement, scope, changed)
            if found is not None:
                return found
            rest = block[position + 1 :]
            if self._lets_loop_pass(statement, scope) and isinstance(block[-1], Raise) and _refuses(rest):
                return Guard(None, self.program.origin(scope.module, statement.start), own=True)
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
                found = self._must(statement.body, scope, changed=changed)
                return None if found is not None and _suppresses(statement, found.error) else found
            case Try():
                found = self._must(statement.body, scope, changed=changed)
                if found is not None and any(
                    _swallows(handler, found.error) for handler in statement.handlers
                ):
                    found = None
                return found or self._must(statement.finally_body, scope, changed=changed)
        return None

    def _custom_guard(self, statement: If, scope: ScopeRef, changed: bool) -> Guard | None:
        """Return the guard that custom integrations meet: core's own are trusted (2024.5, entity.py)."""
        test, body = statement.branches[0]
        parts = test.values if isinstance(test, Boolean) and test.operator == "or" else (test,)
        if not {last_name(part) for part in parts} & self._custom_names(scope.module):
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
                    if last_name(value) in known or (isinstance(value, Compare) and _asks_for_custom(value)):
                        known.update({last_name(target) for target in statement.targets} - {None})
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
        if not self.checks.off_loop(test, scope) or not _refuses(body):
            return self._absence_guard(statement, scope)
        texts = (_first_string(call) for call in certain_calls_in(body))
        reported = next((text for text in texts if text is not None), None)
        return Guard(reported, self.program.origin(scope.module, statement.start), own=True)

    def _absence_guard(self, statement: If, scope: ScopeRef) -> Guard | None:
        """Return the guard that an ``if`` is which raises where something is not there, as in other threads."""
        test, body = statement.branches[0]
        if not isinstance(body[-1], Raise) or not self._per_thread.is_absent(test, scope):
            return None
        raised = body[-1].value
        error = last_name(raised.function if isinstance(raised, Call) else raised) or "RuntimeError"
        origin = self.program.origin(scope.module, statement.start)
        return Guard(None, origin, own=True, how=_NOT_IN_THIS_THREAD, error=error)

    def _call_guard(self, call: Call, scope: ScopeRef) -> Guard | None:
        if self._per_thread.raises_unset(call, scope):
            origin = self.program.origin(scope.module, word_start(call))
            return Guard(None, origin, own=True, how=_NOT_IN_THIS_THREAD, error="LookupError")
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
        """Whether a function does nothing but check the thread, by itself or by another one that does."""
        scope = ScopeRef(*function)
        body = [one for one in self.program.facts(function).body if not _says_nothing(one)]
        match body:
            case [If(branches=((test, inner), *_))]:
                return self.checks.off_loop(test, scope) is True and _refuses(inner)
            case [Evaluate(value=Call(function=callee))]:
                return any(
                    isinstance(value, FunctionRef)
                    and value.index >= 0
                    and self._is_check(FunctionId(value.module, value.index))
                    for value in self.program.evaluator.values(callee, scope)
                )
            case [If() as first, Raise()]:
                return self._lets_loop_pass(first, scope)
        return False

    def _lets_loop_pass(self, statement: Statement, scope: ScopeRef) -> bool:
        """Whether a statement is ``if <in the loop>: return``."""
        if not isinstance(statement, If) or statement.orelse or len(statement.branches) != 1:
            return False
        test, body = statement.branches[0]
        return len(body) == 1 and isinstance(body[0], Return) and self.checks.off_loop(test, scope) is False


def decorating(program: Program, facts: FunctionFacts, scope: ScopeRef) -> Iterator[tuple[Expr, FunctionRef]]:
    """Yield the decorators of a function with the analysed functions that they are, or that make them."""
    outer = program.evaluator.outer(scope) or ScopeRef(scope.module, None)
    for decorator in facts.decorators:
        expr = decorator.function if isinstance(decorator, Call) else decorator
        for value in program.evaluator.values(expr, outer):
            if isinstance(value, FunctionRef) and value.index >= 0:
                yield decorator, value


def _asks_for_custom(test: Compare) -> bool:
    """Whether a comparison is ``"custom_components" in ...``."""
    first = test.operands[0]
    return test.operators == ("in",) and isinstance(first, Constant) and first.value == _CUSTOM_FOLDER


def _says_nothing(statement: Statement) -> bool:
    """Whether a statement is a docstring or an import."""
    return isinstance(statement, Import) or (
        isinstance(statement, Evaluate) and isinstance(statement.value, Constant)
    )


def _refuses(body: Block) -> bool:
    """Whether the body of a thread test reports or raises, rather than taking a safe way and returning."""
    return not any(isinstance(statement, Return) for statement in statements(body))


def _first_string(expr: Expr) -> str | None:
    for argument in expr.arguments if isinstance(expr, Call) else ():
        if isinstance(argument.value, Constant) and isinstance(argument.value.value, str):
            return argument.value.value
    return None


def _swallows(handler: Handler, error: str) -> bool:
    """Whether an ``except`` takes what a guard raises, and does not raise it again."""
    if any(isinstance(statement, Raise) for statement in statements(handler.body)):
        return False
    kinds = handler.type.items if isinstance(handler.type, Collection) else (handler.type,)
    return any(kind is None or last_name(kind) in _TAKE_ALL | {error} for kind in kinds)


def _suppresses(statement: With, error: str) -> bool:
    """Whether a ``with suppress(...)`` takes what a guard raises."""
    return any(
        isinstance(call, Call)
        and last_name(call.function) == "suppress"
        and any(last_name(argument.value) in _TAKE_ALL | {error} for argument in call.arguments)
        for call in expressions(statement)
    )


def _joined(ways: list[_Ways]) -> _Ways:
    """Return the ways of several branches as one; what is changed on a way that ends is of no account."""
    return _Ways(
        goes_on=any(way.goes_on for way in ways),
        changed=any(way.changed for way in ways if way.goes_on),
        leaves_changed=any(way.leaves_changed for way in ways),
    )
