"""What is set for the loop's thread only: off the loop it is not there, and who needs it raises.

``core.py`` keeps the running Home Assistant for code without ``hass`` at hand: in a ``threading.local`` that the
constructor of HomeAssistant fills (``async_get_hass``), in 2022.9 to 2023.6 in a context variable, which executors'
threads do not inherit.
"""

from __future__ import annotations

from collections.abc import Iterator

from offloop.facts.tree import Assign, Attribute, Call, Compare, Constant, Expr, Name, Not, Return, Walrus
from offloop.facts.walk import dotted_name, statements
from offloop.inference.context import FunctionId
from offloop.inference.program import Program
from offloop.library.model import ClassSignature
from offloop.library.overrides import HANDLE
from offloop.resolve.values import FunctionRef, Instance, ScopeRef
from offloop.resolve.world import External

_LOCAL = "threading.local"
_READ = "contextvars.ContextVar.get"
_VARIABLE = "contextvars.ContextVar"
_CONSTRUCTORS = ("__new__", "__init__")


class PerThread:
    """Finds what a program keeps for the loop's thread."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._filled = frozenset(self._filled_by_handle())

    def is_absent(self, test: Expr, scope: ScopeRef) -> bool:
        """Whether a test asks if something is missing that only the loop's thread has: ``not x``, ``x is None``."""
        match test:
            case Not(value=value):
                return self._is_kept(value, scope)
            case Compare(operands=(first, Constant(value=None)), operators=("is",)):
                return self._is_kept(first, scope)
        return False

    def raises_unset(self, call: Call, scope: ScopeRef) -> bool:
        """Whether a call reads a context variable of the loop's thread, and has nothing to give elsewhere."""
        function = call.function
        if call.arguments or not isinstance(function, Attribute):
            return False
        values = self.program.evaluator.values(function, scope)
        if not any(isinstance(value, External) and value.dotted == _READ for value in values):
            return False
        name = dotted_name(function.value)
        return f"{scope.module}.{name}" in self._filled and not self._has_default(name, scope.module)

    def _is_kept(self, expr: Expr, scope: ScopeRef) -> bool:
        match expr:
            case Walrus(value=value):
                return self._is_kept(value, scope)
            case Name(id=name):
                bound = self.program.evaluator.bindings(scope)[0].get(name, [])
                return len(bound) == 1 and bound[0].expr is not None and self._is_kept(bound[0].expr, scope)
            case Attribute():
                return f"{scope.module}.{dotted_name(expr)}" in self._filled and self._is_local(
                    expr.value, scope
                )
            case Call():
                return any(
                    self._gives_kept(value) for value in self.program.evaluator.values(expr.function, scope)
                )
        return False

    def _gives_kept(self, value: object) -> bool:
        """Whether a function does nothing but return what is kept."""
        if not isinstance(value, FunctionRef) or value.index < 0:
            return False
        facts = self.program.facts(FunctionId(value.module, value.index))
        returned = [one.value for one in statements(facts.body) if isinstance(one, Return)]
        scope = ScopeRef(value.module, value.index)
        return len(returned) == 1 and isinstance(returned[0], Attribute) and self._is_kept(returned[0], scope)

    def _is_local(self, expr: Expr, scope: ScopeRef) -> bool:
        return any(
            isinstance(value, Instance)
            and any(ancestor.name == _LOCAL for ancestor in self.program.world.ancestry(value.type))
            for value in self.program.evaluator.values(expr, scope)
        )

    def _has_default(self, name: str | None, module: str) -> bool:
        for statement in self.program.world.analysed[module].facts.body:
            if not isinstance(statement, Assign) or not isinstance(statement.value, Call):
                continue
            if name in {dotted_name(target) for target in statement.targets}:
                return any(argument.keyword == "default" for argument in statement.value.arguments)
        return False

    def _filled_by_handle(self) -> Iterator[str]:
        """Yield, by dotted name, what the constructor of HomeAssistant assigns to or sets at module level."""
        found = self.program.world.find(HANDLE)
        if not isinstance(found, ClassSignature) or found.module not in self.program.world.analysed:
            return
        for name in _CONSTRUCTORS:
            method = found.methods.get(name)
            if method is None:
                continue
            facts = self.program.facts(FunctionId(method.module, method.index))
            own = facts.parameters[0].name if facts.parameters else ""
            for statement in statements(facts.body):
                for target in statement.targets if isinstance(statement, Assign) else ():
                    dotted = dotted_name(target) or ""
                    if "." in dotted and not dotted.startswith(f"{own}."):
                        yield f"{method.module}.{dotted}"
            for call in facts.calls:
                if isinstance(call.function, Attribute) and call.function.attr == "set":
                    yield f"{method.module}.{dotted_name(call.function.value)}"
