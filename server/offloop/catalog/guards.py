"""Which functions of Home Assistant check the thread on every way through them, and what they report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from offloop.facts.model import FunctionFacts
from offloop.facts.tree import (
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
    Evaluate,
    Expr,
    For,
    If,
    Name,
    Not,
    Raise,
    Return,
    Statement,
    Subscript,
    Try,
    Walrus,
    While,
    With,
)
from offloop.facts.walk import blocks, children, expressions, statements
from offloop.inference.context import FunctionId
from offloop.inference.program import Program
from offloop.library.model import Kind
from offloop.resolve.values import FunctionRef, ScopeRef
from offloop.resolve.world import External

_THREAD_ID = "threading.get_ident"


class Guard(NamedTuple):
    """A check of the thread: the name it reports, its 1-based line, and whether it is the function's own."""

    reported: str | None
    module: str
    line: int
    own: bool


class Guards:
    """Finds the guards of a program's functions; answers are memoised."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._known: dict[FunctionId, Guard | None] = {}

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
                line = self.program.line(scope.module, decorator.start)
                return Guard(reported, scope.module, line, own=True)
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
    def _must(self, block: Block, scope: ScopeRef) -> Guard | None:
        """Return the guard that every way through a block meets, ways apart that leave before anything is changed."""
        harmless = True
        for statement in block:
            harmless = harmless and _only_looks(statement)
            for call in certain_calls_in((statement,)):
                found = self._call_guard(call, scope)
                if found is not None:
                    return found
            found = self._must_inside(statement, scope)
            if found is not None:
                return found
            leaves = _may_return(statement) and not harmless and not _has_nothing_to_do(statement)
            if isinstance(statement, Return | Raise) or leaves:
                return None
        return None

    def _must_inside(self, statement: Statement, scope: ScopeRef) -> Guard | None:
        match statement:
            case If():
                return self._test_guard(statement, scope) or self._must_branches(statement, scope)
            case With():
                return self._must(statement.body, scope)
            case Try():
                return self._must(statement.body, scope) or self._must(statement.finally_body, scope)
        return None

    def _test_guard(self, statement: If, scope: ScopeRef) -> Guard | None:
        """Return the guard that an ``if`` is whose body refuses what its test finds off the loop."""
        test, body = statement.branches[0]
        if not self._is_thread_test(test, scope) or not _refuses(body):
            return None
        texts = (_first_string(call) for call in certain_calls_in(body))
        reported = next((text for text in texts if text is not None), None)
        return Guard(reported, scope.module, self.program.line(scope.module, statement.start), own=True)

    def _must_branches(self, statement: If, scope: ScopeRef) -> Guard | None:
        if not statement.orelse:
            return None
        found = [self._must(body, scope) for _, body in statement.branches]
        found.append(self._must(statement.orelse, scope))
        return found[0] if all(found) else None

    def _call_guard(self, call: Call, scope: ScopeRef) -> Guard | None:
        for value in self.program.evaluator.values(call.function, scope):
            if not isinstance(value, FunctionRef) or value.index < 0:
                continue
            callee = FunctionId(value.module, value.index)
            if self.program.kinds[callee] is Kind.COROUTINE:
                continue
            found = self.guard(callee)
            if found is None:
                continue
            if self._is_check(callee):
                line = self.program.line(scope.module, call.start)
                return Guard(_first_string(call), scope.module, line, own=True)
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


def _refuses(body: Block) -> bool:
    """Whether the body of a thread test reports or raises, rather than taking a safe way and returning."""
    return not any(isinstance(statement, Return) for statement in statements(body))


def _last_name(expr: Expr) -> str | None:
    if isinstance(expr, Walrus):
        return _last_name(expr.target)
    return expr.attr if isinstance(expr, Attribute) else getattr(expr, "id", None)


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


def _has_nothing_to_do(statement: Statement) -> bool:
    """Whether a statement is ``if not changes: return old``: it leaves because there is nothing to change."""
    if not isinstance(statement, If) or statement.orelse or len(statement.branches) != 1:
        return False
    test, body = statement.branches[0]
    if not isinstance(test, Not) or not isinstance(test.value, Name) or len(body) != 1:
        return False
    return isinstance(body[0], Return) and not isinstance(body[0].value, Call)


def _only_looks(statement: Statement) -> bool:
    """Whether a statement changes nothing but local names: what is left after it has done no harm."""
    match statement:
        case Assign(targets, _, _, _, _):
            return all(_is_local(target) for target in targets)
        case AugmentedAssign(target, _, _, _, _):
            return _is_local(target)
        case Evaluate(value, _, _):
            return not isinstance(value, Call) or _is_local_method(value)
        case Delete():
            return False
    return all(_only_looks(inner) for block in blocks(statement) for inner in block)


def _is_local(target: Expr) -> bool:
    if isinstance(target, Collection):
        return all(_is_local(item) for item in target.items)
    return isinstance(target, Name) or (isinstance(target, Subscript) and isinstance(target.value, Name))


def _is_local_method(call: Call) -> bool:
    """Whether a call is a method of a plain local name, such as of a logger or of a list that is being filled."""
    return (
        isinstance(call.function, Attribute)
        and isinstance(call.function.value, Name)
        and (call.function.value.id != "self")
    )
