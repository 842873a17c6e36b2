"""What names stand for: each way of binding a name, imports, and what star imports bring."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from offloop.library.model import Type
from offloop.library.signature import import_target
from offloop.resolve.bindings import Binding
from offloop.resolve.containers import elements, tuple_item
from offloop.resolve.declared import annotated, reference, wrap
from offloop.resolve.parameters import parameter
from offloop.resolve.values import (
    MAX_VALUES,
    ClassObject,
    FunctionRef,
    Instance,
    ScopeRef,
    Value,
    Values,
)
from offloop.resolve.world import External, World

if TYPE_CHECKING:
    from offloop.resolve.evaluate import Evaluator


def named(evaluator: Evaluator, name: str, scope: ScopeRef) -> Iterable[Value]:
    """Return what a name stands for in a scope; names that nothing binds are those of builtins."""
    found = evaluator.scopes.lookup(name, scope)
    if found is None:
        if name == "super":
            return ()
        return _from_stars(evaluator.world, scope.module, name) or (External(f"builtins.{name}"),)
    where, bindings = found
    result: list[Value] = []
    for binding in bindings[:MAX_VALUES]:
        result.extend(bound(evaluator, binding, where))
    if not result and where.function is not None and name in evaluator.conventions:
        result.append(Instance(evaluator.conventions[name]))
    return result


def bound(evaluator: Evaluator, binding: Binding, scope: ScopeRef) -> Iterable[Value]:
    """Return what one binding of a scope gives its name."""
    match binding.kind:
        case "value":
            return _assigned(evaluator, binding, scope)
        case "element" if binding.expr is not None:
            return elements(evaluator, binding.expr, scope, binding.item)
        case "context" if binding.expr is not None and binding.item < 0:
            return _entered(evaluator, evaluator.values(binding.expr, scope))
        case "parameter":
            return parameter(evaluator, scope, binding.index)
        case "function":
            function = evaluator.world.analysed[scope.module].facts.functions[binding.index]
            return (FunctionRef(scope.module, function.qualname, binding.index),)
        case "class":
            cls = evaluator.world.analysed[scope.module].facts.classes[binding.index]
            return (ClassObject(Type(f"{scope.module}.{cls.qualname}")),)
        case "import":
            return _imported(evaluator.world, binding, scope)
    return ()


def _entered(evaluator: Evaluator, contexts: Values) -> Iterable[Value]:
    """Return what ``with`` gives a name: what entering gives, the object itself where nothing is known of it."""
    for context in contexts:
        method = evaluator.world.method(context.type, "__enter__") if isinstance(context, Instance) else None
        if method is None or not isinstance(context, Instance):
            yield context
            continue
        yield from evaluator.call_result(reference(evaluator.world, method[1], context.type)) or (context,)


def _assigned(evaluator: Evaluator, binding: Binding, scope: ScopeRef) -> Iterable[Value]:
    if binding.annotation is not None and binding.item < 0:
        declared = annotated(evaluator.scopes, binding.annotation, scope)
        if declared:
            return declared
    if binding.expr is None:
        return ()
    values = evaluator.values(binding.expr, scope)
    if binding.item < 0:
        return values
    return [
        Instance(member)
        for value in values
        if isinstance(value, Instance)
        for member in evaluator.world.concrete(tuple_item(value.type, binding.item))
    ]


def _imported(world: World, binding: Binding, scope: ScopeRef) -> Values:
    statement = binding.statement
    if statement is None:
        return ()
    is_package = world.analysed[scope.module].signature.is_package
    target = import_target(scope.module, is_package, statement)
    if statement.name is not None:
        target = f"{target}.{statement.name}"
    elif not statement.alias:
        target = target.partition(".")[0]
    return wrap(world, world.find(target))


def _from_stars(world: World, module: str, name: str) -> Values:
    for star in world.analysed[module].signature.stars:
        found = world.find(f"{star}.{name}")
        if not isinstance(found, External):
            return wrap(world, found)
    return ()
