"""What attributes of objects, classes and modules stand for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from offloop.facts.model import FunctionFacts
from offloop.facts.tree import Assign, Attribute, Block, Collection, Expr, Name
from offloop.facts.walk import statements
from offloop.library.model import ClassSignature, FunctionSignature, Type, Variable
from offloop.resolve.declared import instances, reference, wrap
from offloop.resolve.names import bound
from offloop.resolve.values import (
    MAX_VALUES,
    ClassObject,
    FunctionRef,
    Instance,
    Missing,
    ModuleObject,
    ScopeRef,
    SuperObject,
    Value,
    Values,
    unique,
)
from offloop.resolve.world import External, substitute, type_arguments

if TYPE_CHECKING:
    from offloop.resolve.evaluate import Evaluator

# The values that the methods of a class give to attributes of their own object.
Assignments = Mapping[str, list[tuple[Expr, ScopeRef]]]

_OBJECT = frozenset({"object", "builtins.object"})
# Base classes outside of what is known that give their classes no members of interest.
_PLAIN_BASES = _OBJECT | {
    "abc.ABC",
    "typing.Generic",
    "typing.Protocol",
    "?",
    "Generic",
    "Protocol",
    "ABC",
}


def attribute(evaluator: Evaluator, owners: Values, attr: str) -> Iterable[Value]:
    """Return what an attribute of any of some values may stand for."""
    world = evaluator.world
    result: list[Value] = []
    for owner in owners[:MAX_VALUES]:
        match owner:
            case Instance(kind):
                result.extend(member(evaluator, kind, attr))
            case SuperObject(kind):
                result.extend(_above(evaluator, kind, attr))
            case ClassObject(kind):
                result.extend(_of_class(evaluator, kind, attr))
            case ModuleObject(name):
                result.extend(_of_module(evaluator, name, attr))
            case External(dotted):
                result.extend(wrap(world, world.find(f"{dotted}.{attr}")))
            case FunctionRef() if attr == "__func__":
                result.append(owner)
    if not result and attr in evaluator.conventions:
        result.append(Instance(evaluator.conventions[attr]))
    return result


def member(evaluator: Evaluator, kind: Type, attr: str) -> Values:
    """Return what an attribute of an object of a class may stand for."""
    world = evaluator.world
    known = False
    for owner in world.ancestry(kind):
        signature = world.class_named(owner.name)
        if signature is not None:
            known = True
            found = _own(evaluator, signature, owner, kind, attr)
            if found is not None:
                return found
        elif not known and owner.name == kind.name and owner.name != "?" and owner.name not in _OBJECT:
            return (External(f"{owner.name}.{attr}"),)
    return _not_defined(evaluator, kind, attr) if known else ()


def _not_defined(evaluator: Evaluator, kind: Type, attr: str) -> Values:
    """Return what may give an attribute that no known class of the ancestry defines."""
    world = evaluator.world
    given = _given(evaluator, kind, attr)
    if given:
        return given
    for owner in world.ancestry(kind):
        if world.class_named(owner.name) is None and owner.name not in _PLAIN_BASES:
            return (External(f"{owner.name}.{attr}"),)
    below = _below(evaluator, kind, attr)
    if below:
        return below
    if attr in evaluator.conventions:
        return (Instance(evaluator.conventions[attr]),)
    return (Missing(kind, attr),)


def _below(evaluator: Evaluator, kind: Type, attr: str) -> Values:
    """Return what the classes that a mixin is mixed into make of an attribute it does not define itself."""
    if evaluator.usage is None:
        return ()
    world = evaluator.world
    found: list[Value] = []
    for signature in world.subclasses(kind.name):
        below = Type(signature.dotted)
        for owner in world.ancestry(below):
            known = world.class_named(owner.name)
            inherited = _own(evaluator, known, owner, below, attr) if known is not None else None
            if inherited:
                found.extend(inherited)
                break
    return unique(found)


def _given(evaluator: Evaluator, kind: Type, attr: str) -> Values:
    """Return what functions outside of a class assign to an attribute of its objects."""
    if evaluator.usage is None:
        return ()
    if evaluator.boundary is not None:
        again = partial(_given, evaluator, kind, attr)
        evaluator.boundary.note(("given", kind, attr), again, frozenset({attr}))
    names = {owner.name for owner in evaluator.world.ancestry(kind)} - _PLAIN_BASES
    return unique(
        value
        for target, stored, scope in evaluator.usage.assigned_to(attr)
        if any(owner.name in names for owner in evaluator.types(target.value, scope))
        for value in evaluator.values(stored, scope)
    )


def _above(evaluator: Evaluator, kind: Type, attr: str) -> Values:
    """Return what ``super()`` gives."""
    for owner in evaluator.world.ancestry(kind)[1:]:
        signature = evaluator.world.class_named(owner.name)
        if signature is None:
            continue
        found = _own(evaluator, signature, owner, kind, attr)
        if found is not None:
            return found
    return ()


def _own(
    evaluator: Evaluator, signature: ClassSignature, owner: Type, kind: Type, attr: str
) -> Values | None:
    """Return what a class makes of an attribute of an object of ``kind``; None where it does not define it."""
    method = signature.methods.get(attr)
    arguments = type_arguments(signature, owner)
    if method is not None:
        if method.role == "property":
            return _property(evaluator, method, arguments)
        return (reference(evaluator.world, method, kind),)
    declared_type = signature.attributes.get(attr)
    if declared_type is not None:
        declared = instances(evaluator.world, substitute(declared_type, arguments))
        if declared:
            return declared
    found = assigned(evaluator, signature, attr)
    if found is not None:
        return found or None
    return () if declared_type is not None else None


def assigned(evaluator: Evaluator, signature: ClassSignature, attr: str) -> Values | None:
    """Return what the methods of a class assign to an attribute of their object; None where they assign nothing."""
    boundary = evaluator.boundary
    if boundary is not None and boundary.region.module == signature.module:
        again = partial(assigned, evaluator, signature, attr)
        boundary.note(("assigned", signature.qualname, attr), again, boundary.about(attr))
    stores = evaluator.assignments(signature).get(attr)
    if not stores:
        return None
    return unique(value for expr, where in stores[:MAX_VALUES] for value in evaluator.values(expr, where))


def _property(evaluator: Evaluator, method: FunctionSignature, arguments: Mapping[str, Type]) -> Values:
    if method.returns is not None:
        declared = instances(evaluator.world, substitute(method.returns, arguments))
        if declared:
            return declared
    is_analysed = method.module in evaluator.world.analysed
    return evaluator.returned(method.module, method.index) if is_analysed else ()


def _of_class(evaluator: Evaluator, kind: Type, attr: str) -> Values:
    world = evaluator.world
    for owner in world.ancestry(kind):
        signature = world.class_named(owner.name)
        if signature is None:
            return (External(f"{owner.name}.{attr}"),)
        method = signature.methods.get(attr)
        if method is not None:
            return (reference(world, method, kind if method.role == "class" else None),)
        nested = world.class_named(f"{owner.name}.{attr}")
        if nested is not None:
            return (ClassObject(Type(nested.dotted)),)
        if attr in signature.attributes:
            return instances(world, signature.attributes[attr])
    return ()


def _of_module(evaluator: Evaluator, module: str, attr: str) -> Values:
    world = evaluator.world
    found = world.find(f"{module}.{attr}")
    if isinstance(found, Variable) and found.type is None and module in world.analysed:
        return _variable(evaluator, module, attr)
    return wrap(world, found)


def _variable(evaluator: Evaluator, module: str, name: str) -> Values:
    """Return what a module-level variable without a declared type stands for."""
    boundary = evaluator.boundary
    if boundary is not None and boundary.region.holds(module, None):
        boundary.note(("variable", name), partial(_variable, evaluator, module, name))
    scope = ScopeRef(module, None)
    bindings, _ = evaluator.scopes.bindings(scope)
    return tuple(value for binding in bindings.get(name, []) for value in bound(evaluator, binding, scope))


# ------------------------------------------------------------------ assigned attributes
def assignments(evaluator: Evaluator, signature: ClassSignature) -> Assignments:
    """Return the values that methods of an analysed class give to attributes of their own object."""
    analysed = evaluator.world.analysed.get(signature.module)
    if analysed is None:
        return {}
    result: dict[str, list[tuple[Expr, ScopeRef]]] = {}
    cls = analysed.facts.classes[signature.index]
    scope = ScopeRef(signature.module, None, signature.index)
    for attr, value in _class_assignments(cls.body):
        result.setdefault(attr, []).append((value, scope))
    for index in cls.methods:
        scope = ScopeRef(signature.module, index)
        for attr, value in _self_assignments(analysed.facts.functions[index]):
            result.setdefault(attr, []).append((value, scope))
    return result


def _class_assignments(body: Block) -> Iterator[tuple[str, Expr]]:
    for statement in statements(body):
        if isinstance(statement, Assign) and statement.value is not None:
            for target in statement.targets:
                if isinstance(target, Name):
                    yield target.id, statement.value


def _self_assignments(function: FunctionFacts) -> Iterator[tuple[str, Expr]]:
    if not function.parameters:
        return
    own = function.parameters[0].name
    for statement in statements(function.body):
        if not isinstance(statement, Assign) or statement.value is None:
            continue
        for target in statement.targets:
            for part, value in _pairs(target, statement.value):
                if isinstance(part, Attribute) and isinstance(part.value, Name) and part.value.id == own:
                    yield part.attr, value


def _pairs(target: Expr, value: Expr) -> Iterable[tuple[Expr, Expr]]:
    """Return which target gets which value, ``a, b = c, d`` taken apart."""
    if isinstance(target, Collection) and isinstance(value, Collection):
        return zip(target.items, value.items, strict=False)
    return ((target, value),)
