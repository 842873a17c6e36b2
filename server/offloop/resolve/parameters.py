"""What parameters stand for, and which argument of a call reaches which parameter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from offloop.facts.model import FunctionFacts
from offloop.facts.tree import Call, Expr
from offloop.facts.walk import dotted_name
from offloop.library.model import FunctionSignature, ParameterSignature, Type
from offloop.resolve.declared import annotated, instances
from offloop.resolve.usage import caller_names
from offloop.resolve.values import ClassObject, FunctionRef, Instance, ScopeRef, Value, Values, unique

if TYPE_CHECKING:
    from offloop.resolve.evaluate import Evaluator


def parameter(evaluator: Evaluator, scope: ScopeRef, index: int) -> Iterable[Value]:
    """Return what a parameter may stand for: its annotation, ``self``, the base method's annotation."""
    if scope.function is None:
        return ()
    function = evaluator.world.analysed[scope.module].facts.functions[scope.function]
    facts = function.parameters[index]
    hint = evaluator.hints.get((scope.module, scope.function, index))
    if hint:
        return hint
    if function.owner_class is not None and index == 0:
        own = _own_object(evaluator, scope, function)
        if own is not None:
            return (own,)
    if facts.annotation is not None:
        declared = annotated(evaluator.scopes, facts.annotation, scope)
        if declared:
            return declared
        bound = _bound_of_variable(evaluator, facts.annotation, scope)
        if bound:
            return bound
    inherited = _inherited(evaluator, scope, function, index)
    if inherited:
        return inherited
    convention = evaluator.conventions.get(facts.name)
    if convention is not None:
        return (Instance(convention),)
    return _passed(evaluator, scope, function, index)


def _own_object(evaluator: Evaluator, scope: ScopeRef, function: FunctionFacts) -> Value | None:
    """Return what ``self`` or ``cls`` stands for; None in a static method."""
    cls = evaluator.scopes.own_class(scope)
    if cls is None:
        return None
    role = cls.methods[function.name].role if function.name in cls.methods else ""
    if role == "static":
        return None
    arguments = tuple(Type(f"~{name}") if bound is None else bound for name, bound in cls.type_parameters)
    kind = Type(cls.dotted, arguments)
    return ClassObject(kind) if role == "class" or function.name == "__new__" else Instance(kind)


def _bound_of_variable(evaluator: Evaluator, annotation: Expr, scope: ScopeRef) -> Values:
    cls = evaluator.scopes.own_class(scope)
    name = dotted_name(annotation)
    if cls is None or name is None:
        return ()
    return instances(evaluator.world, dict(cls.type_parameters).get(name))


def _inherited(evaluator: Evaluator, scope: ScopeRef, function: FunctionFacts, index: int) -> Values:
    """Return what the method of a base class declares for the parameter."""
    cls = evaluator.scopes.own_class(scope) if function.owner_class is not None else None
    if cls is None:
        return ()
    for owner, member in evaluator.world.members(Type(cls.dotted), function.name):
        if owner.name == cls.dotted or not isinstance(member, FunctionSignature):
            continue
        if index < len(member.parameters):
            return instances(evaluator.world, member.parameters[index].type)
    return ()


def _passed(evaluator: Evaluator, scope: ScopeRef, function: FunctionFacts, index: int) -> Values:
    """Return what the calls of an analysed function pass for a parameter."""
    usage = evaluator.usage
    if usage is None or function.is_lambda:
        return ()
    cls = evaluator.scopes.own_class(scope) if function.owner_class is not None else None
    classes: tuple[str, ...] = ()
    if cls is not None:
        below = [signature.qualname for signature in evaluator.world.subclasses(cls.dotted)]
        classes = tuple(name.rpartition(".")[2] for name in (cls.qualname, *below))
    names = tuple(caller_names(function, classes))
    if evaluator.boundary is not None:
        evaluator.boundary.note(
            ("passed", scope, index),
            partial(_passed, evaluator, scope, function, index),
            frozenset(names),
        )
    found: list[Value] = []
    for name in names:
        for call, where in usage.calls_of(name):
            argument = _argument(evaluator, call, where, (scope.module, function), index)
            if argument is not None:
                found.extend(evaluator.values(argument, where))
    return unique(found)


def _argument(
    evaluator: Evaluator, call: Call, where: ScopeRef, called: tuple[str, FunctionFacts], index: int
) -> Expr | None:
    """Return the argument of a call for a parameter, where the call is one of that function."""
    module, function = called
    for callee in evaluator.values(call.function, where):
        bound = _is_bound_call(evaluator, callee, module, function.index)
        if bound is None:
            continue
        for argument in call.arguments:
            if argument.keyword == function.parameters[index].name:
                return argument.value
        position = index - 1 if bound else index
        positional = [argument for argument in call.arguments if argument.keyword is None]
        if 0 <= position < len(positional) and not any(a.stars for a in positional[: position + 1]):
            return positional[position].value
    return None


def _is_bound_call(evaluator: Evaluator, callee: Value, module: str, index: int) -> bool | None:
    """Whether calling a value calls that function with ``self`` filled in; None where it calls another."""
    if isinstance(callee, ClassObject):
        method = evaluator.world.method(callee.type, "__init__")
        is_called = method is not None and (method[1].module, method[1].index) == (module, index)
        return True if is_called else None
    if isinstance(callee, FunctionRef) and (callee.module, callee.index) == (module, index):
        return callee.receiver is not None
    return None


def match_arguments(
    signature: FunctionSignature, call: Call, *, bound: bool
) -> Iterator[tuple[ParameterSignature, Expr]]:
    """Yield (parameter, argument) for the arguments of a call that a signature names."""
    parameters = signature.parameters[1:] if bound else signature.parameters
    by_name = {parameter.name: parameter for parameter in parameters}
    position = 0
    for argument in call.arguments:
        if argument.keyword is not None:
            found = by_name.get(argument.keyword)
            if found is not None:
                yield found, argument.value
        elif argument.stars:
            return
        elif position < len(parameters):
            found = parameters[position]
            if found.kind in ("keyword-only", "keywords"):
                return
            yield found, argument.value
            if found.kind != "variadic":
                position += 1
