"""What stands at a place of an analysed text: a function's name, its decorator, a call, a name of a function."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from offloop.facts.model import FunctionFacts
from offloop.facts.tree import Attribute, Block, Call, Expr, Name
from offloop.facts.walk import expressions, statements, walk
from offloop.inference.analysis import Analysis
from offloop.inference.context import FunctionId
from offloop.library.model import Kind
from offloop.resolve.values import FunctionRef, ScopeRef
from offloop.text import Span

_LAMBDA = len("lambda")


class Target(NamedTuple):
    """What is meant by a place: ``span`` covers its name.

    ``function`` is the function that is named ("function", "decorator"); of a "call" it is the function
    around it, None at module level.
    """

    kind: str
    span: Span
    module: str
    function: FunctionId | None
    call: Call | None = None


def module_at(analysis: Analysis, path: str) -> str | None:
    """Return the name of the module that was read from a path."""
    modules = analysis.program.world.analysed.values()
    return next((module.name for module in modules if module.path == path), None)


def function_named(analysis: Analysis, module: str, qualname: str) -> FunctionId | None:
    """Return the last function of that qualified name; lambdas share theirs."""
    known = analysis.program.world.analysed.get(module)
    functions = known.facts.functions if known is not None else ()
    found = [function.index for function in functions if function.qualname == qualname]
    return FunctionId(module, found[-1]) if found else None


def function_around(analysis: Analysis, module: str, offset: int) -> FunctionId | None:
    """Return the innermost function whose definition covers an offset."""
    around = [
        function
        for function in analysis.program.world.analysed[module].facts.functions
        if function.start <= offset <= function.end
    ]
    inner = max(around, key=lambda function: function.start, default=None)
    return FunctionId(module, inner.index) if inner is not None else None


def target_at(analysis: Analysis, path: str, offset: int) -> Target | None:
    """Return what stands at an offset of a file, None where it is nothing that runs somewhere."""
    module = module_at(analysis, path)
    if module is None:
        return None
    defined = _definition_at(analysis, module, offset)
    if defined is not None:
        return defined
    around = function_around(analysis, module, offset)
    name = _name_at(analysis, module, around, offset)
    if name is None:
        return None
    call = _call_of(analysis, module, around, name)
    if call is not None:
        return Target("call", name_span(name), module, around, call)
    scope = ScopeRef(module, around.index if around is not None else None)
    for value in analysis.program.evaluator.values(name, scope):
        if isinstance(value, FunctionRef) and value.index >= 0:
            function = FunctionId(value.module, value.index)
            return Target("function", name_span(name), module, function)
    return None


def name_span(expr: Expr) -> Span:
    """Return where the last name of ``name`` or ``value.attr`` stands."""
    return Span(expr.end - len(expr.attr) if isinstance(expr, Attribute) else expr.start, expr.end)


def _definition_at(analysis: Analysis, module: str, offset: int) -> Target | None:
    for function in analysis.program.world.analysed[module].facts.functions:
        found = FunctionId(module, function.index)
        if function.is_lambda:
            if function.start <= offset <= function.start + _LAMBDA:
                return Target("function", Span(function.start, function.start + _LAMBDA), module, found)
        elif function.name_start <= offset <= function.name_end:
            return Target("function", Span(function.name_start, function.name_end), module, found)
        elif function.decorated_start <= offset < function.start:
            return _decorator_at(analysis, found, function, offset)
    return None


def _decorator_at(
    analysis: Analysis, found: FunctionId, function: FunctionFacts, offset: int
) -> Target | None:
    """Return the decorator that marks a function for the loop, where it is that one."""
    if analysis.program.kinds[found] is not Kind.CALLBACK:
        return None
    for decorator in function.decorators:
        if decorator.start - 1 <= offset <= decorator.end:
            signature = analysis.program.evaluator.builder(found.module).type_of(decorator)
            dotted = getattr(analysis.program.world.find(signature.name), "dotted", "") if signature else ""
            if dotted in analysis.catalog.callback_decorators:
                return Target("decorator", Span(decorator.start, decorator.end), found.module, found)
    return None


def _name_at(analysis: Analysis, module: str, around: FunctionId | None, offset: int) -> Expr | None:
    """Return the name or attribute whose own last name covers an offset."""
    for expr in names_in(analysis, module, around):
        start, end = name_span(expr)
        if start <= offset <= end:
            return expr
    return None


def names_in(analysis: Analysis, module: str, function: FunctionId | None) -> Iterator[Expr]:
    """Yield the names and attributes in the body of a function, or outside of all functions."""
    for block in _blocks(analysis, module, function):
        for statement in statements(block):
            for expr in expressions(statement):
                for part in walk(expr):
                    if isinstance(part, Name | Attribute):
                        yield part


def _blocks(analysis: Analysis, module: str, function: FunctionId | None) -> tuple[Block, ...]:
    facts = analysis.program.world.analysed[module].facts
    if function is not None:
        return (facts.functions[function.index].body,)
    return (facts.body, *(cls.body for cls in facts.classes))


def _call_of(analysis: Analysis, module: str, around: FunctionId | None, callee: Expr) -> Call | None:
    facts = analysis.program.world.analysed[module].facts
    if around is not None:
        calls = facts.functions[around.index].calls
    else:
        calls = (*facts.calls, *(call for cls in facts.classes for call in cls.calls))
    return next((call for call in calls if call.function is callee or call.function == callee), None)
