"""From what is declared to values: objects of types, of annotations, and of what dotted names stand for."""

from __future__ import annotations

from offloop.facts.tree import Expr
from offloop.library.model import ClassSignature, FunctionSignature, ModuleSignature, Type, Variable
from offloop.resolve.scopes import Scopes
from offloop.resolve.values import (
    ClassObject,
    FunctionRef,
    Instance,
    ModuleObject,
    ScopeRef,
    Value,
    Values,
)
from offloop.resolve.world import External, World


def instances(world: World, kind: Type | None) -> Values:
    """Return objects of a type: unions opened, aliases followed, ``type[X]`` as the class itself."""
    result: list[Value] = []
    for member in world.concrete(kind):
        if member.name in ("type", "typing.Type") and member.args:
            result.extend(ClassObject(inner) for inner in world.concrete(member.args[0]))
        elif member.name != "?":
            result.append(Instance(member))
    return tuple(result)


def annotated(scopes: Scopes, annotation: Expr, scope: ScopeRef) -> Values:
    """Return the objects that an annotation promises."""
    kind = scopes.builder(scope.module).type_of(annotation, scopes.type_variables(scope))
    return instances(scopes.world, kind)


def wrap(world: World, found: object) -> Values:
    """Return the values for something that a dotted name stands for."""
    match found:
        case ClassSignature():
            return (ClassObject(Type(found.dotted)),)
        case FunctionSignature():
            return (reference(world, found, None),)
        case ModuleSignature():
            return (ModuleObject(found.name),)
        case External():
            return (found,)
        case Variable(kind, _):
            return _variable(world, kind)
    return ()


def reference(world: World, signature: FunctionSignature, receiver: Type | None) -> FunctionRef:
    """Return a function, bound to a type where it is reached through an object or a class."""
    index = signature.index if signature.module in world.analysed else -1
    return FunctionRef(signature.module, signature.qualname, index, receiver)


def _variable(world: World, kind: Type | None) -> Values:
    if kind is None:
        return ()
    if kind.name == "=" and not kind.args[0].args:
        found = world.find(kind.args[0].name)
        if isinstance(found, ClassSignature | FunctionSignature | External):
            return wrap(world, found)
    return instances(world, kind)
