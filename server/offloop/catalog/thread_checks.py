"""Which tests tell the loop's thread from others: by identity, by a function or property that compares them."""

from __future__ import annotations

from offloop.facts.tree import (
    Attribute,
    Boolean,
    Call,
    Compare,
    Constant,
    Evaluate,
    Expr,
    Name,
    Not,
    Return,
    Walrus,
)
from offloop.facts.walk import walk
from offloop.inference.context import FunctionId
from offloop.inference.program import Program
from offloop.library.model import FunctionSignature
from offloop.resolve.values import FunctionRef, Instance, ScopeRef
from offloop.resolve.world import External

_IDENTITIES = frozenset({"threading.get_ident", "threading.current_thread", "threading.get_native_id"})
_THREAD = "threading.Thread"
_OTHERS = {"!=", "is not", "not in"}
_OFF = {"!=": True, "is not": True, "==": False, "is": False}


class ThreadChecks:
    """Reads tests of a program; answers about functions are memoised."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._predicates: dict[FunctionId, bool | None] = {}

    def off_loop(self, test: Expr, scope: ScopeRef) -> bool | None:
        """Return True for a test that holds exactly off the loop, False for one that holds exactly in it.

        None for any other. What is compared with is to be named for the loop; that it is set may be asked as well.
        """
        match test:
            case Not(value=value):
                inner = self.off_loop(value, scope)
                return None if inner is None else not inner
            case Boolean(operator="and"):
                others = _other_parts(test)
                return self.off_loop(others[0], scope) if len(others) == 1 else None
            case Compare():
                return self._compared(test, scope)
            case Call():
                return self._predicate_called(test, scope)
            case Attribute():
                return self._property_read(test, scope)
        return None

    def refuses_others(self, test: Expr, scope: ScopeRef) -> bool:
        """Whether a test holds where the current thread is not a certain one, threads that compare themselves apart."""
        return any(
            isinstance(part, Compare)
            and set(part.operators) <= _OTHERS
            and any(self._is_identity(operand, scope) for operand in part.operands)
            and not any(self._is_of_thread(operand, scope) for operand in part.operands)
            for part in walk(test)
        )

    def _compared(self, test: Compare, scope: ScopeRef) -> bool | None:
        if len(test.operators) != 1 or test.operators[0] not in _OFF:
            return None
        if not any(self._is_identity(operand, scope) for operand in test.operands):
            return None
        if not any("loop" in (last_name(operand) or "") for operand in test.operands):
            return None  # another thread's identity: a recorder's, a library's
        return _OFF[test.operators[0]]

    def _is_identity(self, operand: Expr, scope: ScopeRef) -> bool:
        """Whether an operand is the current thread or a number of it: ``get_ident()``, ``current_thread().ident``."""
        if isinstance(operand, Attribute):
            operand = operand.value
        return isinstance(operand, Call) and any(
            isinstance(value, External) and value.dotted in _IDENTITIES
            for value in self.program.evaluator.values(operand.function, scope)
        )

    def _is_of_thread(self, operand: Expr, scope: ScopeRef) -> bool:
        """Whether an operand belongs to an object that is a thread of its own, such as a recorder's."""
        return isinstance(operand, Attribute) and any(
            ancestor.name == _THREAD
            for kind in self.program.evaluator.types(operand.value, scope)
            for ancestor in self.program.world.ancestry(kind)
        )

    # ---------------------------------------------------------------- functions that answer the question
    def _predicate_called(self, call: Call, scope: ScopeRef) -> bool | None:
        answers = {
            self._predicate(FunctionId(value.module, value.index))
            for value in self.program.evaluator.values(call.function, scope)
            if isinstance(value, FunctionRef) and value.index >= 0
        }
        return answers.pop() if len(answers) == 1 else None

    def _property_read(self, test: Attribute, scope: ScopeRef) -> bool | None:
        for value in self.program.evaluator.values(test.value, scope):
            method = self.program.world.method(value.type, test.attr) if isinstance(value, Instance) else None
            if method is None or method[1].role != "property":
                return None
            return self._predicate_of(method[1])
        return None

    def _predicate_of(self, signature: FunctionSignature) -> bool | None:
        if signature.module not in self.program.world.analysed:
            return None
        return self._predicate(FunctionId(signature.module, signature.index))

    def _predicate(self, function: FunctionId) -> bool | None:
        if function not in self._predicates:
            self._predicates[function] = None
            facts = self.program.facts(function)
            body = [one for one in facts.body if not _is_docstring(one)]
            if (
                not facts.is_async
                and len(body) == 1
                and isinstance(body[0], Return)
                and body[0].value is not None
            ):
                self._predicates[function] = self.off_loop(body[0].value, ScopeRef(*function))
        return self._predicates[function]


def last_name(expr: Expr | None) -> str | None:
    """Return the last word of a name or an attribute."""
    if isinstance(expr, Walrus):
        return last_name(expr.target)
    return expr.attr if isinstance(expr, Attribute) else getattr(expr, "id", None)


def _is_docstring(statement: object) -> bool:
    return isinstance(statement, Evaluate) and isinstance(statement.value, Constant)


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
