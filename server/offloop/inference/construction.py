"""Which arguments an object was made with, where they decide what its methods do with a callable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from offloop.facts.tree import Attribute, Boolean, Call, Conditional, Constant, Expr, Name, Return, Walrus
from offloop.facts.walk import statements
from offloop.inference.arguments import forced
from offloop.inference.context import FunctionId
from offloop.library.model import ClassSignature, Dispatch, HandOff, Type
from offloop.resolve.evaluate import Evaluator
from offloop.resolve.values import ClassObject, FunctionRef, ScopeRef

_MAX_DEPTH = 5
# The keyword arguments with a constant truth value that an object was made with.
Given = tuple[tuple[str, bool], ...]


def decided(
    evaluator: Evaluator, handoffs: Iterable[HandOff], call: Call, scope: ScopeRef
) -> Iterator[HandOff]:
    """Yield hand-offs as a call of their API has them: forced by an argument, or by what the receiver was made with."""
    for handoff in handoffs:
        yield _as_made(evaluator, handoff, call, scope) if handoff.made_with else forced(handoff, call)


def _as_made(evaluator: Evaluator, handoff: HandOff, call: Call, scope: ScopeRef) -> HandOff:
    if not isinstance(call.function, Attribute):
        return handoff
    made = set(_made(evaluator, call.function.value, scope, 0))
    for parameter, value, dispatch in handoff.made_with:
        # Objects made in both ways are told by the default.
        if made and all((parameter, value) in given for given in made):
            return handoff._replace(dispatch=Dispatch(dispatch))
    return handoff


def _made(evaluator: Evaluator, expr: Expr, scope: ScopeRef, depth: int) -> Iterator[Given]:
    """Yield, for each constructor call that may have made what an expression stands for, what it was given."""
    if depth > _MAX_DEPTH:
        return
    match expr:
        case Call():
            yield from _made_by(evaluator, expr, scope, depth)
        case Name(id="self"):
            yield from (_given_on(evaluator, kind) for kind in evaluator.types(expr, scope))
        case Name():
            found = evaluator.lookup(expr.id, scope)
            if found is not None:
                where, bindings = found
                values = [one.expr for one in bindings if one.kind == "value" and one.item < 0]
                yield from _any_made(evaluator, values, where, depth)
        case Attribute():
            yield from _kept(evaluator, expr, scope, depth)
        case Boolean(values=parts):
            yield from _any_made(evaluator, parts, scope, depth)
        case Conditional(body=body, orelse=orelse):
            yield from _any_made(evaluator, (body, orelse), scope, depth)
        case Walrus(value=value):
            yield from _made(evaluator, value, scope, depth)


def _any_made(
    evaluator: Evaluator, exprs: Iterable[Expr | None], scope: ScopeRef, depth: int
) -> Iterator[Given]:
    for expr in exprs:
        if expr is not None:
            yield from _made(evaluator, expr, scope, depth + 1)


def _made_by(evaluator: Evaluator, call: Call, scope: ScopeRef, depth: int) -> Iterator[Given]:
    for callee in evaluator.values(call.function, scope):
        if isinstance(callee, ClassObject):
            yield _given(call) + _given_on(evaluator, callee.type)
        elif isinstance(callee, FunctionRef) and callee.index >= 0:
            yield from _returned(evaluator, callee, depth)


def _kept(evaluator: Evaluator, attribute: Attribute, scope: ScopeRef, depth: int) -> Iterator[Given]:
    for kind in evaluator.types(attribute.value, scope):
        for owner in evaluator.world.ancestry(kind):
            signature = evaluator.world.class_named(owner.name)
            if signature is not None:
                yield from _assigned(evaluator, signature, attribute.attr, depth)


def _assigned(evaluator: Evaluator, signature: ClassSignature, attr: str, depth: int) -> tuple[Given, ...]:
    """Return what the objects were made with that the methods of a class assign to an attribute."""
    boundary = evaluator.boundary
    if boundary is not None and boundary.region.module == signature.module:
        again = partial(_assigned, evaluator, signature, attr, depth)
        boundary.note(("made", signature.qualname, attr, depth), again, boundary.about(attr))
    stores = evaluator.assignments(signature).get(attr, ())
    return tuple(given for expr, where in stores for given in _made(evaluator, expr, where, depth + 1))


def _returned(evaluator: Evaluator, function: FunctionRef, depth: int) -> tuple[Given, ...]:
    """Return what the objects were made with that an analysed function returns."""
    boundary = evaluator.boundary
    if boundary is not None and boundary.region.holds(function.module, function.index):
        again = partial(_returned, evaluator, function, depth)
        boundary.note(("made by", function.index, depth), again)
    facts = evaluator.world.function_facts(function.module, function.index)
    scope = ScopeRef(function.module, function.index)
    returned = (
        (one.value for one in statements(facts.body) if isinstance(one, Return)) if facts is not None else ()
    )
    return tuple(
        given
        for value in returned
        if value is not None
        for given in _made(evaluator, value, scope, depth + 1)
    )


def _given_on(evaluator: Evaluator, kind: Type) -> Given:
    """Return what the constructor of an analysed class gives to that of its base."""
    method = evaluator.world.constructor(kind)
    if method is None or method[1].module not in evaluator.world.analysed:
        return ()
    module, index = method[1].module, method[1].index
    boundary = evaluator.boundary
    if boundary is not None and boundary.region.holds(module, index):
        boundary.note(("given on", kind), partial(_given_on, evaluator, kind))
    facts = evaluator.world.function_facts(*FunctionId(module, index))
    calls = facts.calls if facts is not None else ()
    return tuple(
        one
        for call in calls
        if isinstance(call.function, Attribute) and call.function.attr == "__init__"
        for one in _given(call)
    )


def _given(call: Call) -> Given:
    return tuple(
        (argument.keyword, argument.value.value)
        for argument in call.arguments
        if argument.keyword is not None
        and isinstance(argument.value, Constant)
        and isinstance(argument.value.value, bool)
    )
