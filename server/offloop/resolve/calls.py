"""What calls give: constructed objects, declared and inferred results, awaited coroutines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from offloop.facts.tree import Attribute, Call, Constant, Expr, Name, Return
from offloop.facts.walk import statements
from offloop.library.model import FunctionSignature, Kind, Type
from offloop.resolve.containers import elements, method_call
from offloop.resolve.declared import annotated, instances
from offloop.resolve.parameters import match_arguments
from offloop.resolve.values import (
    ClassObject,
    FunctionRef,
    Instance,
    Missing,
    ScopeRef,
    SuperObject,
    Value,
    Values,
    union,
    unique,
)
from offloop.resolve.world import External, World, external_result, substitute, type_arguments

if TYPE_CHECKING:
    from offloop.resolve.evaluate import Evaluator

COROUTINE = "typing.Coroutine"
_AWAITABLES = frozenset({"Coroutine", "Awaitable", "Future", "Task"})
# Functions that give back what they are given, in another container at most.
_SAME = frozenset(
    {"list", "sorted", "set", "tuple", "reversed", "iter", "frozenset", "deque", "copy", "deepcopy"}
)


def called(evaluator: Evaluator, call: Call, scope: ScopeRef) -> Iterable[Value]:
    """Return what a call gives."""
    function = call.function
    if isinstance(function, Name) and function.id == "super":
        cls = evaluator.scopes.own_class(scope)
        return (SuperObject(Type(cls.dotted)),) if cls is not None else ()
    if isinstance(function, Attribute):
        contained = method_call(evaluator, function, call, scope)
        if contained is not None:
            return contained
    result: list[Value] = []
    for callee in evaluator.values(function, scope):
        result.extend(_result(evaluator, callee, call, scope))
    return result


def _result(evaluator: Evaluator, callee: Value, call: Call, scope: ScopeRef) -> Iterable[Value]:
    match callee:
        case ClassObject(kind):
            return (Instance(_constructed(evaluator, kind, call, scope)),)
        case FunctionRef():
            return _generic_result(evaluator, callee, call, scope) or call_result(evaluator, callee)
        case Instance(kind):
            if kind.name == "Callable" and kind.args:
                return instances(evaluator.world, kind.args[-1])
            return [
                value
                for member in evaluator.member(kind, "__call__")
                if isinstance(member, FunctionRef)
                for value in call_result(evaluator, member)
            ]
        case External(dotted):
            return _external_result(evaluator, dotted, [argument.value for argument in call.arguments], scope)
    return ()


def _constructed(evaluator: Evaluator, kind: Type, call: Call, scope: ScopeRef) -> Type:
    """Put in the type arguments that the constructor's arguments show."""
    signature = evaluator.world.class_named(kind.name)
    if kind.args or signature is None or not signature.type_parameters:
        return kind
    method = evaluator.world.constructor(kind)
    if method is None:
        return kind
    known: dict[str, Type] = {}
    for parameter, argument in match_arguments(method[1], call, bound=True):
        declared = parameter.type
        if declared is not None and declared.name.startswith("~"):
            for found in evaluator.types(argument, scope):
                known.setdefault(declared.name[1:], found)
    arguments = [known.get(name, bound or Type("?")) for name, bound in signature.type_parameters]
    return Type(kind.name, tuple(arguments))


# ------------------------------------------------------------------ known functions
def _generic_result(evaluator: Evaluator, function: FunctionRef, call: Call, scope: ScopeRef) -> Values:
    """Return what a function gives whose result depends on its arguments: ``run(f)`` gives what ``f`` gives."""
    signature = _signature(evaluator, function)
    if signature is None or signature.returns is None or signature.kind is Kind.COROUTINE:
        return ()
    if not _has_variables(signature.returns):
        return ()
    known: dict[str, Type] = {}
    for parameter, argument in match_arguments(signature, call, bound=function.receiver is not None):
        for name, is_result in _variables_of(parameter.type):
            found = (
                _results_of(evaluator, argument, scope)
                if is_result
                else tuple(evaluator.types(argument, scope))
            )
            if found:
                known.setdefault(name, union(found))
    return instances(evaluator.world, substitute(signature.returns, known)) if known else ()


def _has_variables(kind: Type) -> bool:
    return kind.name.startswith("~") or any(_has_variables(arg) for arg in kind.args)


def _variables_of(kind: Type | None) -> Iterator[tuple[str, bool]]:
    """Yield the type variables that a parameter binds, and whether the result of a callable binds them."""
    if kind is None:
        return
    if kind.name.startswith("~"):
        yield kind.name[1:], False
    elif kind.name == "Callable" and kind.args:
        result = kind.args[-1]
        for part in result.args if result.name == "|" else (result,):
            last = part.args[-1] if part.name.rpartition(".")[2] in _AWAITABLES and part.args else part
            if last.name.startswith("~"):
                yield last.name[1:], True
    elif kind.name == "|":
        for arg in kind.args:
            yield from _variables_of(arg)


def _results_of(evaluator: Evaluator, argument: Expr, scope: ScopeRef) -> tuple[Type, ...]:
    """Return what calling an argument would give."""
    found: list[Type] = []
    for value in evaluator.values(argument, scope):
        if isinstance(value, ClassObject):
            found.append(value.type)
        elif isinstance(value, FunctionRef):
            found.extend(
                _awaited_type(v.type) for v in call_result(evaluator, value) if isinstance(v, Instance)
            )
        elif isinstance(value, External) and (made := external_result(value.dotted)) is not None:
            found.append(made)
    return tuple(dict.fromkeys(found))


def _awaited_type(kind: Type) -> Type:
    return kind.args[-1] if kind.name == COROUTINE and kind.args else kind


def call_result(evaluator: Evaluator, function: FunctionRef) -> Values:
    """Return what calling a function gives; a coroutine function gives a coroutine."""
    signature = _signature(evaluator, function)
    if signature is None:
        return evaluator.returned(function.module, function.index)
    returns = signature.returns
    if returns is not None and function.receiver is not None:
        returns = _substituted(evaluator.world, returns, function.receiver, function)
    if signature.kind is Kind.COROUTINE:
        return (Instance(Type(COROUTINE, (_coroutine_result(evaluator, returns, function),))),)
    if returns is not None:
        if returns.name.rpartition(".")[2] == "Self" and function.receiver is not None:
            return (Instance(function.receiver),)
        declared = instances(evaluator.world, returns)
        if declared:
            return declared
    return evaluator.returned(function.module, function.index) if function.index >= 0 else ()


def _coroutine_result(evaluator: Evaluator, returns: Type | None, function: FunctionRef) -> Type:
    if returns is not None:
        return returns
    if function.index < 0:
        return Type("?")
    found = evaluator.returned(function.module, function.index)
    return union(tuple(value.type for value in found if isinstance(value, Instance)))


def _signature(evaluator: Evaluator, function: FunctionRef) -> FunctionSignature | None:
    found = evaluator.world.find(function.dotted)
    if isinstance(found, FunctionSignature) and (function.index < 0 or found.index == function.index):
        return found
    facts = evaluator.world.function_facts(function.module, function.index)
    if facts is None or facts.is_lambda:
        return None
    return evaluator.scopes.builder(function.module).function(facts, frozenset())


def _substituted(world: World, returns: Type, receiver: Type, function: FunctionRef) -> Type:
    """Put in the type arguments of the class that defines a method, as its receiver has them."""
    owner = f"{function.module}.{function.qualname.rpartition('.')[0]}"
    for ancestor in world.ancestry(receiver):
        if ancestor.name == owner:
            signature = world.class_named(owner)
            if signature is not None:
                return substitute(returns, type_arguments(signature, ancestor))
    return returns


def return_values(evaluator: Evaluator, module: str, index: int) -> Values:
    """Return what the ``return`` statements of an analysed function give."""
    function = evaluator.world.function_facts(module, index)
    if function is None or function.is_generator:
        return ()
    scope = ScopeRef(module, index)
    found: list[Value] = []
    for statement in statements(function.body):
        if isinstance(statement, Return) and statement.value is not None:
            found.extend(evaluator.values(statement.value, scope))
    return unique(found)


# ------------------------------------------------------------------ functions outside of all known modules
def _external_result(
    evaluator: Evaluator, dotted: str, arguments: list[Expr], scope: ScopeRef
) -> Iterable[Value]:
    short = dotted.removeprefix("builtins.")
    last = short.rpartition(".")[2]
    if last == "cast" and len(arguments) == 2:
        promised = _unquoted(arguments[0])
        return annotated(evaluator.scopes, promised, scope) or evaluator.values(arguments[1], scope)
    if arguments:
        first = arguments[0]
        if last in _SAME:
            return evaluator.values(first, scope)
        if last == "partial":
            wrapped = evaluator.values(first, scope)
            return [value for value in wrapped if isinstance(value, FunctionRef | Missing)]
        if short == "next":
            return elements(evaluator, first, scope, -1)
    result = external_result(short if "." not in short else dotted)
    return instances(evaluator.world, result) if result is not None else ()


def _unquoted(expr: Expr) -> Expr:
    """Return the dotted name that a quoted annotation holds; anything else as it is."""
    if not isinstance(expr, Constant) or not isinstance(expr.value, str):
        return expr
    first, *rest = expr.value.split(".")
    named: Expr = Name(first, expr.start, expr.end)
    for part in rest:
        named = Attribute(named, part, expr.start, expr.end)
    return named


# ------------------------------------------------------------------ await
def awaited(evaluator: Evaluator, values: Values) -> Iterable[Value]:
    """Return what awaiting gives; what is no known awaitable is taken as its own result."""
    result: list[Value] = []
    for value in values:
        if not isinstance(value, Instance):
            continue
        if value.type.name.rpartition(".")[2] not in _AWAITABLES:
            result.append(value)
        elif value.type.args:
            result.extend(instances(evaluator.world, value.type.args[-1]))
    return result
