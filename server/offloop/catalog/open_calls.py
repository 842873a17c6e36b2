"""Which functions Home Assistant may call from where nobody sees it when one integration is analysed.

Methods that it calls on any object at all, where ``hasattr`` is all it asks of the object; and functions of one
component that others import.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from offloop.catalog.entries import MODULE_RECEIVERS
from offloop.facts.model import FunctionFacts
from offloop.facts.tree import Attribute, Call, Constant, Expr, Name
from offloop.facts.walk import expressions, statements, walk
from offloop.inference.context import ExecutionContext, FunctionId, Summary
from offloop.inference.program import Program
from offloop.library.model import ANY_OBJECT, ANYWHERE, EntryPoint, FunctionSignature, Origin
from offloop.resolve.values import Instance, ScopeRef
from offloop.resolve.world import External

_UNTYPED = frozenset({"typing.Any", "object", "builtins.object"})


def open_calls(program: Program, summaries: Mapping[FunctionId, Summary]) -> tuple[EntryPoint, ...]:
    """Return one entry point for each name of a member that is asked for by ``hasattr``, then used, on any object.

    What only the loop uses is left out: it may add nothing to where a method runs.
    """
    found: dict[str, EntryPoint] = {}
    for module in program.world.analysed.values():
        for function in module.facts.functions:
            summary = summaries.get(FunctionId(module.name, function.index))
            if summary is not None and summary.context is ExecutionContext.LOOP:
                continue
            scope = ScopeRef(module.name, function.index)
            for use in _duck_typed(function):
                if (
                    not use.attr.startswith("_")
                    and not _is_module(use.value)
                    and _is_untyped(program, use.value, scope)
                ):
                    via = f"{module.name}.{function.qualname.partition('.<locals>')[0]}"
                    origin = program.origin(module.name, use.end - len(use.attr))
                    entry = EntryPoint(ANY_OBJECT, use.attr, ANYWHERE, origin, via)
                    found[use.attr] = min(entry, found.get(use.attr, entry))
    return tuple(sorted(found.values()))


def imported_functions(program: Program, imported: Mapping[str, Origin]) -> Iterator[EntryPoint]:
    """Yield an entry point for each plain function of a component that another one imports: it is called there, too."""
    functions: dict[str, Origin] = {}
    for name, origin in sorted(imported.items()):
        found = program.world.find(name)
        if isinstance(found, FunctionSignature):
            if not program.is_pinned(FunctionId(found.module, found.index)):
                functions.setdefault(found.dotted, origin)
        elif found is None or isinstance(found, External):  # of a component that is not read
            functions[name] = origin
    for name, origin in functions.items():
        via = origin.file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        yield EntryPoint("", name, ANYWHERE, origin, via)


def _duck_typed(function: FunctionFacts) -> Iterator[Attribute]:
    """Yield the attributes of names that a function uses, and whose presence it asks for."""
    tested = {
        (call.arguments[0].value.id, call.arguments[1].value.value)
        for call in function.calls
        if _is_test(call)
        and isinstance(call.arguments[0].value, Name)
        and isinstance(call.arguments[1].value, Constant)
    }
    if not tested:
        return
    for statement in statements(function.body):
        for expr in expressions(statement):
            for part in walk(expr):
                if (
                    isinstance(part, Attribute)
                    and isinstance(part.value, Name)
                    and (part.value.id, part.attr) in tested
                ):
                    yield part


def _is_test(call: Call) -> bool:
    return isinstance(call.function, Name) and call.function.id == "hasattr" and len(call.arguments) == 2


def _is_module(receiver: Expr) -> bool:
    return isinstance(receiver, Name) and receiver.id.endswith(MODULE_RECEIVERS)


def _is_untyped(program: Program, receiver: Expr, scope: ScopeRef) -> bool:
    """Whether nothing is known of a receiver: no type, and no module."""
    values = program.evaluator.values(receiver, scope)
    return all(isinstance(value, Instance) and value.type.name in _UNTYPED for value in values)
