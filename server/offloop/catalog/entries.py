"""Which methods and module functions of integrations Home Assistant calls, and where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from offloop.catalog.fetched import fetched
from offloop.facts.tree import Attribute, Block, Call, Constant, Expr, If, Name, Raise, Return, Statement
from offloop.facts.walk import blocks, word_start
from offloop.inference.arguments import find_argument
from offloop.inference.context import ExecutionContext, FunctionId, Summary
from offloop.inference.program import Program
from offloop.library.model import Dispatch, EntryPoint, HandOff, Kind, Type
from offloop.library.overrides import HANDOFFS
from offloop.resolve.values import FunctionRef, Instance, Missing, ModuleObject, ScopeRef, SuperObject, Value
from offloop.resolve.world import External

_RUNS_IN = {
    Dispatch.EXECUTOR: "worker",
    Dispatch.THREAD: "worker",
    Dispatch.LOOP: "loop",
    Dispatch.LOOP_CORO: "loop",
    Dispatch.BY_TYPE: "by type",
}
MODULE_RECEIVERS = ("platform", "component")
_NO_MODULES = frozenset({"str", "dict", "list", "tuple", "set", "contextvars.ContextVar"})


class EntryFinder:
    """Reads entry points off the call sites of a program whose contexts are solved."""

    def __init__(
        self,
        program: Program,
        handoffs: Mapping[str, tuple[HandOff, ...]],
        summaries: Mapping[FunctionId, Summary],
    ) -> None:
        self.program = program
        self.handoffs = handoffs
        self.summaries = summaries
        self.found: dict[tuple[str, str, str, str, bool], EntryPoint] = {}

    def derive(self) -> tuple[EntryPoint, ...]:
        """Return all entry points, worker ones first, each once."""
        for module in self.program.world.analysed.values():
            for function in module.facts.functions:
                scope = ScopeRef(module.name, function.index)
                for call in function.calls:
                    self._handed_over(call, scope)
                    self._called(call, scope)
                    self._called_by_name(call, scope)
        entries = sorted(self.found.values(), key=lambda entry: (entry.runs_in != "worker", entry))
        return tuple(entries)

    # ---------------------------------------------------------------- handed over
    def _handed_over(self, call: Call, scope: ScopeRef) -> None:
        for dotted in self._callees(call, scope):
            for handoff in (*HANDOFFS.get(dotted, ()), *self.handoffs.get(dotted, ())):
                runs_in = _RUNS_IN.get(handoff.dispatch)
                argument, position = find_argument(call, handoff)
                if runs_in is None or argument is None or handoff.way or handoff.is_one_way:
                    continue
                target, rest = _unwrapped(argument), call.arguments[position + 1 :] if position >= 0 else ()
                if isinstance(argument, Call):
                    rest = argument.arguments[1:]
                values = tuple(value.value for value in rest if value.keyword is None and not value.stars)
                targets = (target,) if isinstance(target, Attribute) else fetched(self.program, target, scope)
                for one in targets:
                    self._method(one, call, scope, runs_in, values)

    def _callees(self, call: Call, scope: ScopeRef) -> Iterator[str]:
        for value in self.program.evaluator.values(call.function, scope):
            match value:
                case FunctionRef():
                    yield value.dotted
                case External(dotted):
                    yield dotted

    def _method(
        self, target: Attribute, call: Call, scope: ScopeRef, runs_in: str, arguments: tuple[Expr, ...]
    ) -> None:
        receivers = self.program.evaluator.values(target.value, scope)
        typed = [value.type for value in receivers if isinstance(value, Instance)]
        if self._is_module_hook(target, receivers, typed):
            self._hook(target, call, scope, runs_in, arguments)
            return
        for kind in typed:
            signature = self.program.world.class_named(kind.name)
            if signature is not None and signature.module in self.program.world.analysed:
                self._add(kind.name, target, call, scope, runs_in, ())

    def _is_module_hook(self, target: Attribute, receivers: Iterable[Value], typed: list[Type]) -> bool:
        """Whether the receiver is an integration's module: a protocol, or unknown and named for one."""
        name = target.value.id if isinstance(target.value, Name) else getattr(target.value, "attr", "")
        if not name.endswith(MODULE_RECEIVERS):
            return False
        if any(isinstance(value, External | ModuleObject) for value in receivers):
            return False  # a module of that very name: the standard library's ``platform``, our ``entity_platform``
        if typed and all(kind.name in _NO_MODULES for kind in typed):
            return False  # a platform's name, or a variable that holds the current one
        known = [kind for kind in typed if self.program.world.class_named(kind.name) is not None]
        return not known or any(self._is_protocol(kind) for kind in known)

    def _is_protocol(self, kind: Type) -> bool:
        return any(
            ancestor.name.rpartition(".")[2] == "Protocol" for ancestor in self.program.world.ancestry(kind)
        )

    def _hook(
        self, target: Attribute, call: Call, scope: ScopeRef, runs_in: str, arguments: tuple[Expr, ...]
    ) -> None:
        given: list[tuple[int, str]] = []
        for position, argument in enumerate(arguments):
            for value in self.program.evaluator.values(argument, scope):
                if isinstance(value, FunctionRef):
                    given.append((position, value.dotted))
                    break
        self._add("", target, call, scope, runs_in, tuple(given))

    # ---------------------------------------------------------------- called
    def _called(self, call: Call, scope: ScopeRef) -> None:
        """Note methods that a function with a known context calls on an object whose class may be derived."""
        target = call.function
        if not isinstance(target, Attribute):
            return
        function = FunctionId(scope.module, scope.function or 0)
        summary = self.summaries.get(function)
        if summary is None:
            return
        receivers = self.program.evaluator.values(target.value, scope)
        if any(isinstance(value, SuperObject) for value in receivers):
            return
        typed = [value.type for value in receivers if isinstance(value, Instance)]
        if self._is_module_hook(target, receivers, typed):
            self._hook_called(target, call, scope, summary)
            return
        for value in self.program.evaluator.values(target, scope):
            owner = self._overridable(value)
            if owner is None:
                continue
            if summary.context is ExecutionContext.WORKER:
                self._add(owner, target, call, scope, "worker", ())
            elif summary.context is ExecutionContext.LOOP:
                self._add(owner, target, call, scope, "loop", ())

    def _called_by_name(self, call: Call, scope: ScopeRef) -> None:
        """Note a function that is got from an integration's module by ``getattr`` with a constant name, and called."""
        summary = self.summaries.get(FunctionId(scope.module, scope.function or 0))
        for target in fetched(self.program, call.function, scope) if summary is not None else ():
            receivers = self.program.evaluator.values(target.value, scope)
            typed = [value.type for value in receivers if isinstance(value, Instance)]
            if summary is not None and self._is_module_hook(target, receivers, typed):
                self._hook_called(target, call, scope, summary)

    def _hook_called(self, target: Attribute, call: Call, scope: ScopeRef, summary: Summary) -> None:
        """Note a call of a function of an integration's module, in each context that the caller has by right."""
        is_pinned = self.program.is_pinned(FunctionId(scope.module, scope.function or 0))
        arguments = tuple(a.value for a in call.arguments if a.keyword is None and not a.stars)
        for context in (ExecutionContext.WORKER, ExecutionContext.LOOP):
            if context in summary.context and (context is ExecutionContext.LOOP or not is_pinned):
                self._hook(target, call, scope, context.label, arguments)

    def _overridable(self, value: Value) -> str | None:
        if isinstance(value, Missing):
            return value.owner.name
        if isinstance(value, FunctionRef) and value.index >= 0 and value.receiver is not None:
            kind = self.program.kinds[FunctionId(value.module, value.index)]
            if kind is Kind.COROUTINE or value.qualname.rpartition(".")[2].startswith("__"):
                return None
            return value.receiver.name
        return None

    # ---------------------------------------------------------------- adding
    def _add(
        self,
        owner: str,
        target: Attribute,
        call: Call,
        scope: ScopeRef,
        runs_in: str,
        arguments: tuple[tuple[int, str], ...],
    ) -> None:
        facts = self.program.world.analysed[scope.module].facts.functions[scope.function or 0]
        via = f"{scope.module}.{facts.qualname.partition('.<locals>')[0]}"
        unless = tuple(
            name for name in _tested_before(facts.body, call, _text(target.value)) if name != target.attr
        )
        in_package = not owner and _receiver_name(target).endswith("component")
        entry = EntryPoint(
            owner,
            target.attr,
            runs_in,
            self.program.origin(scope.module, word_start(call)),
            via,
            unless,
            in_package,
            arguments,
        )
        key = (owner, target.attr, runs_in, via if owner else "", in_package)
        before = self.found.get(key)
        if before is None:
            self.found[key] = entry
        elif not owner:
            merged = dict(before.arguments) | dict(arguments)
            self.found[key] = before._replace(arguments=tuple(sorted(merged.items())))


def _unwrapped(argument: Expr) -> Expr:
    """Return what a ``partial(...)`` wraps."""
    if isinstance(argument, Call) and argument.arguments:
        name = (
            argument.function.attr
            if isinstance(argument.function, Attribute)
            else getattr(argument.function, "id", "")
        )
        if name == "partial":
            return argument.arguments[0].value
    return argument


def _receiver_name(target: Attribute) -> str:
    return target.value.id if isinstance(target.value, Name) else getattr(target.value, "attr", "")


def _text(expr: Expr) -> str:
    if isinstance(expr, Name):
        return expr.id
    return f"{_text(expr.value)}.{expr.attr}" if isinstance(expr, Attribute) else ""


def _tested_before(block: Block, call: Call, receiver: str) -> Iterator[str]:
    """Yield the attribute names whose presence on the receiver keeps control from reaching a call."""
    for statement in block:
        if statement.start <= call.start < statement.end:
            if isinstance(statement, If):
                yield from _earlier_tests(statement, call, receiver)
            for inner in blocks(statement):
                yield from _tested_before(inner, call, receiver)
            return
        if isinstance(statement, If) and _leaves(statement.branches[0][1]):
            yield from _presence(statement.branches[0][0], receiver)


def _earlier_tests(statement: If, call: Call, receiver: str) -> Iterator[str]:
    for test, body in statement.branches:
        if any(inner.start <= call.start < inner.end for inner in body):
            return
        if test.start <= call.start < test.end:
            return
        yield from _presence(test, receiver)


def _presence(test: Expr, receiver: str) -> Iterator[str]:
    """Yield the names that ``hasattr(receiver, name)`` or ``getattr(receiver, name, None)`` ask for."""
    if not isinstance(test, Call) or not isinstance(test.function, Name) or len(test.arguments) < 2:
        return
    name = test.arguments[1].value
    if (
        test.function.id in ("hasattr", "getattr")
        and _text(test.arguments[0].value) == receiver
        and isinstance(name, Constant)
        and isinstance(name.value, str)
    ):
        yield name.value


def _leaves(body: Block) -> bool:
    last: Statement | None = body[-1] if body else None
    return isinstance(last, Return | Raise)
