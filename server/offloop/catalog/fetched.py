"""Functions that are got from an object by ``getattr`` with names that the text tells."""

from __future__ import annotations

from collections.abc import Iterator

from offloop.facts.tree import Attribute, Call, Collection, Constant, Expr, Name
from offloop.inference.program import Program
from offloop.library.model import Variable
from offloop.resolve.values import ScopeRef


def fetched(program: Program, function: Expr, scope: ScopeRef) -> Iterator[Attribute]:
    """Yield what ``getattr(thing, NAME)`` is in other words, used at once or through a variable."""
    sources = [function]
    if isinstance(function, Name):
        found = program.evaluator.lookup(function.id, scope)
        sources = [one.expr for one in found[1] if one.expr is not None] if found is not None else []
    for source in sources:
        if (
            isinstance(source, Call)
            and isinstance(source.function, Name)
            and source.function.id == "getattr"
            and len(source.arguments) > 1
        ):
            for name in _texts(program, source.arguments[1].value, scope):
                yield Attribute(source.arguments[0].value, name, source.start, source.end)


def _texts(program: Program, expr: Expr, scope: ScopeRef) -> Iterator[str]:
    """Yield the texts that a literal, a constant of a module, or a loop variable over literals may be."""
    if isinstance(expr, Constant):
        if isinstance(expr.value, str):
            yield expr.value
        return
    if not isinstance(expr, Name):
        return
    constant = program.world.find(f"{scope.module}.{expr.id}")
    if isinstance(constant, Variable) and constant.constant is not None:
        yield constant.constant
        return
    found = program.evaluator.lookup(expr.id, scope)
    for binding in found[1] if found is not None else ():
        if binding.kind == "element" and isinstance(binding.expr, Collection):
            for item in binding.expr.items:
                yield from _texts(program, item, scope)
