"""Which functions must not be called in the loop: they refuse it, or wait there for the loop itself.

The bridges are found by their text: a function that raises where the thread is the loop's own
(``run_callback_threadsafe`` of util/async_.py), and one that waits for the result of a coroutine that it
gave to the loop. What calls one of these at the top of its body, perhaps after leaving early, does the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from offloop.catalog.certain_calls import certain_calls
from offloop.catalog.twins import TwinFinder
from offloop.facts.tree import Assign, Attribute, Block, Call, Compare, Expr, If, Name, Raise, Try, With
from offloop.facts.walk import dotted_name, expressions, statements, walk
from offloop.inference.context import FunctionId
from offloop.inference.program import Program
from offloop.library.model import Kind, Origin, SyncApi
from offloop.library.overrides import LOOP_PREFIXES
from offloop.resolve.values import FunctionRef, ScopeRef
from offloop.resolve.world import External

_THREAD_ID = "threading.get_ident"
_COROUTINE_HOP = "asyncio.run_coroutine_threadsafe"
RAISES = "raises"
DEADLOCKS = "deadlocks"


class SyncApis:
    """Finds the functions of a program that are for worker threads only."""

    def __init__(self, program: Program, twins: TwinFinder) -> None:
        self.program = program
        self.twins = twins
        self._known: dict[FunctionId, str] = {}

    def derive(self) -> dict[str, SyncApi]:
        """Return them by dotted name, those that a factory makes of others included."""
        plain = [function for function, kind in self.program.kinds.items() if kind is Kind.PLAIN]
        changed = True
        while changed:
            changed = False
            for function in plain:
                if function in self._known or self.program.facts(function).is_generator:
                    continue
                outcome = self._outcome(function)
                if outcome is not None:
                    self._known[function] = outcome
                    changed = True
        found = {
            api.name: api for function, outcome in self._known.items() for api in self._api(function, outcome)
        }
        found.update((api.name, api) for api in self._made())
        return dict(sorted(found.items()))

    def _api(self, function: FunctionId, outcome: str) -> Iterator[SyncApi]:
        facts = self.program.facts(function)
        if facts.parent is not None or facts.is_lambda or facts.name.startswith(LOOP_PREFIXES):
            return
        yield SyncApi(f"{function.module}.{facts.qualname}", outcome, self._origin(function))

    def _made(self) -> Iterator[SyncApi]:
        """Yield what ``name = factory(async_name)`` makes: it does what the factory's inner function does."""
        for _, name, module in self.twins.factories():
            for statement in self.program.world.analysed[module].facts.body:
                if isinstance(statement, Assign) and dotted_name(statement.targets[0]) == name:
                    yield SyncApi(f"{module}.{name}", RAISES, self.program.origin(module, statement.start))

    def _origin(self, function: FunctionId) -> Origin:
        return self.program.origin(function.module, self.program.facts(function).name_start)

    # ---------------------------------------------------------------- one function
    def _outcome(self, function: FunctionId) -> str | None:
        facts = self.program.facts(function)
        scope = ScopeRef(function.module, function.index)
        if self._sends_loop_away(facts.body, scope):
            return None
        if self._refuses_loop(facts.body, scope):
            return RAISES
        outcomes = {
            self._known.get(callee)
            for call in _top_calls(facts.body)
            for callee in self._callees(call, scope)
        }
        if RAISES in outcomes:
            return RAISES
        return DEADLOCKS if DEADLOCKS in outcomes or self._waits(facts.body, scope) else None

    def _refuses_loop(self, body: Block, scope: ScopeRef) -> bool:
        """Whether a function raises at its top where it runs in the loop's thread."""
        return any(
            isinstance(statement, If)
            and self._is_in_loop(statement.branches[0][0], scope)
            and any(isinstance(inner, Raise) for inner in statement.branches[0][1])
            for statement in body
        )

    def _sends_loop_away(self, body: Block, scope: ScopeRef) -> bool:
        """Whether a function tells the loop's thread from others and has a way for both."""
        return any(
            isinstance(statement, If)
            and any(self._asks_thread(part, scope) for part in walk(statement.branches[0][0]))
            and not any(isinstance(inner, Raise) for inner in statement.branches[0][1])
            for statement in statements(body)
        )

    def _is_in_loop(self, test: Expr, scope: ScopeRef) -> bool:
        return any(
            isinstance(part, Compare)
            and part.operators == ("==",)
            and any(self._asks_thread(operand, scope) for operand in part.operands)
            for part in walk(test)
        )

    def _asks_thread(self, expr: Expr, scope: ScopeRef) -> bool:
        return isinstance(expr, Call) and self._reaches(expr, scope, _THREAD_ID)

    def _waits(self, body: Block, scope: ScopeRef) -> bool:
        """Whether a function waits for the result of a coroutine that it gave to the loop."""
        futures = {
            target.id
            for statement in statements(body)
            if isinstance(value := getattr(statement, "value", None), Call)
            and self._reaches(value, scope, _COROUTINE_HOP)
            for target in getattr(statement, "targets", ())
            if isinstance(target, Name)
        }
        for call in _top_calls(body):
            waited = call.function
            if not isinstance(waited, Attribute) or waited.attr != "result":
                continue
            if isinstance(waited.value, Name) and waited.value.id in futures:
                return True
            if isinstance(waited.value, Call) and self._reaches(waited.value, scope, _COROUTINE_HOP):
                return True
        return False

    def _reaches(self, call: Call, scope: ScopeRef, dotted: str) -> bool:
        values = self.program.evaluator.values(call.function, scope)
        return any(isinstance(value, External) and value.dotted == dotted for value in values)

    def _callees(self, call: Call, scope: ScopeRef) -> Iterator[FunctionId]:
        for value in self.program.evaluator.values(call.function, scope):
            if isinstance(value, FunctionRef) and value.index >= 0:
                yield FunctionId(value.module, value.index)


def _top_calls(body: Block) -> Iterator[Call]:
    """Yield the calls that a body makes unless it is left early: none under a condition."""
    for statement in body:
        for expr in expressions(statement):
            yield from certain_calls(expr)
        if isinstance(statement, With | Try):
            yield from _top_calls(statement.body)
