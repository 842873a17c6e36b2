"""What mappings and sequences give: elements, subscripts, items under typed keys, displays."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from offloop.facts.tree import (
    Attribute,
    Call,
    Collection,
    Comprehension,
    Constant,
    Dictionary,
    Expr,
    Name,
    Subscript,
)
from offloop.library.model import Type
from offloop.library.overrides import TYPED_KEYS
from offloop.resolve.declared import instances, reference
from offloop.resolve.values import ClassObject, Instance, ScopeRef, Value, Values, union, unique
from offloop.resolve.world import External, World

if TYPE_CHECKING:
    from offloop.resolve.evaluate import Evaluator

_MAPPINGS = frozenset(
    {
        "dict",
        "Dict",
        "Mapping",
        "MutableMapping",
        "defaultdict",
        "DefaultDict",
        "OrderedDict",
        "WeakValueDictionary",
        "ChainMap",
        "MappingProxyType",
    }
)
_SEQUENCES = frozenset(
    {
        "list",
        "List",
        "set",
        "Set",
        "frozenset",
        "FrozenSet",
        "tuple",
        "Tuple",
        "Sequence",
        "MutableSequence",
        "Iterable",
        "Iterator",
        "Collection",
        "Generator",
        "deque",
        "Deque",
        "AbstractSet",
        "KeysView",
        "ValuesView",
        "AsyncIterator",
        "AsyncIterable",
        "AsyncGenerator",
        "MutableSet",
    }
)
_TYPED_DICTS = frozenset({"typing.TypedDict", "typing_extensions.TypedDict"})
_ELEMENT_METHODS = frozenset({"get", "pop", "setdefault", "__getitem__"})
_VIEW_METHODS = frozenset({"values", "items", "copy"})
_METHODS = _ELEMENT_METHODS | _VIEW_METHODS | {"keys"}
# Displays are taken by their first items: long ones are tables of alike things.
_SHOWN_ITEMS = 8


# ------------------------------------------------------------------ displays
def display(evaluator: Evaluator, expr: Collection, scope: ScopeRef) -> Instance:
    """Return the container that a display of items builds."""
    return _collection("list" if expr.kind == "tuple" else expr.kind, expr.items, evaluator, scope)


def dictionary(evaluator: Evaluator, expr: Dictionary, scope: ScopeRef) -> Instance:
    """Return the mapping that a display of keys and values builds."""
    return _mapping([value for _, value in expr.items], evaluator, scope)


def comprehension(evaluator: Evaluator, expr: Comprehension, scope: ScopeRef) -> Instance:
    """Return the container that a comprehension builds."""
    if expr.kind == "dict":
        return _mapping([expr.elements[1]], evaluator, scope)
    return _collection("list", expr.elements, evaluator, scope)


def _collection(kind: str, items: tuple[Expr, ...], evaluator: Evaluator, scope: ScopeRef) -> Instance:
    members = dict.fromkeys(t for item in items[:_SHOWN_ITEMS] for t in evaluator.types(item, scope))
    return Instance(Type(kind, (union(tuple(members)),)))


def _mapping(values: list[Expr], evaluator: Evaluator, scope: ScopeRef) -> Instance:
    members = dict.fromkeys(t for value in values[:_SHOWN_ITEMS] for t in evaluator.types(value, scope))
    return Instance(Type("dict", (Type("?"), union(tuple(members)))))


# ------------------------------------------------------------------ one element
def subscript(evaluator: Evaluator, value: Expr, index: Expr, scope: ScopeRef) -> Iterable[Value]:
    """Return what ``value[index]`` gives: an element, or a generic class with its arguments."""
    result: list[Value] = []
    for owner in evaluator.values(value, scope):
        if isinstance(owner, Instance):
            result.extend(_item_of(evaluator, owner.type, index, scope))
        elif isinstance(owner, ClassObject):
            whole = evaluator.scopes.builder(scope.module).type_of(Subscript(value, index, 0, 0))
            arguments = whole.args if whole is not None else ()
            result.append(ClassObject(Type(owner.type.name, arguments)))
        elif isinstance(owner, External):
            result.append(owner)
    return (
        result
        or _under_key(evaluator, index, scope)
        or _kept(evaluator, Subscript(value, index, 0, 0), scope)
    )


def _item_of(evaluator: Evaluator, kind: Type, index: Expr, scope: ScopeRef) -> Values:
    field = _field(evaluator.world, kind, index)
    if field is not None:
        return instances(evaluator.world, field)
    container = container_of(evaluator.world, kind)
    if container is not None:
        return _element(evaluator, container, index, scope)
    method = evaluator.world.method(kind, "__getitem__")
    if method is None:
        return ()
    return evaluator.call_result(reference(evaluator.world, method[1], kind))


def _field(world: World, kind: Type, index: Expr) -> Type | None:
    """Return the declared type of a field of a TypedDict, None for anything else."""
    if not isinstance(index, Constant) or not isinstance(index.value, str):
        return None
    ancestry = world.ancestry(kind)
    if not any(ancestor.name in _TYPED_DICTS for ancestor in ancestry):
        return None
    for owner in ancestry:
        signature = world.class_named(owner.name)
        if signature is not None and index.value in signature.attributes:
            return signature.attributes[index.value]
    return None


def _under_key(evaluator: Evaluator, index: Expr, scope: ScopeRef) -> Values:
    """Return what lies under a key that carries the type of its value."""
    for key in evaluator.types(index, scope):
        plain = TYPED_KEYS.get(key.name)
        if plain is not None and key.args:
            kept = key.args[0] if not plain else Type("dict", (Type("str"), key.args[0]))
            return instances(evaluator.world, kept)
    return ()


def _element(evaluator: Evaluator, container: Type, index: Expr, scope: ScopeRef) -> Values:
    kept = _under_key(evaluator, index, scope)
    if kept:
        return kept
    if container.name in _MAPPINGS:
        return instances(evaluator.world, container.args[1]) if len(container.args) > 1 else ()
    if container.name in ("tuple", "Tuple") and isinstance(index, Constant) and isinstance(index.value, int):
        return instances(evaluator.world, tuple_item(container, index.value))
    return instances(evaluator.world, container.args[0]) if container.args else ()


def _kept(evaluator: Evaluator, expr: Expr, scope: ScopeRef) -> Values:
    """Return what the integration itself stores where an expression reads: ``hass.data[KEY][...]``."""
    usage = evaluator.usage
    path = usage.keyed(expr, scope) if usage is not None else None
    return _kept_under(evaluator, path) if path is not None else ()


def _kept_under(evaluator: Evaluator, path: tuple[str, str]) -> Values:
    usage = evaluator.usage
    if usage is None:
        return ()
    if evaluator.boundary is not None:
        evaluator.boundary.note(("kept", path), partial(_kept_under, evaluator, path), frozenset({path}))
    return unique(
        value for stored, where in usage.stores_under(path) for value in evaluator.values(stored, where)
    )


def method_call(evaluator: Evaluator, function: Attribute, call: Call, scope: ScopeRef) -> Values | None:
    """Return what a method of a container gives; None where the call is no such one."""
    if function.attr not in _METHODS:
        return None
    gives_element = function.attr in _ELEMENT_METHODS
    found: list[Value] = []
    hit = False
    key = call.arguments[0].value if gives_element and call.arguments else None
    for kind in evaluator.types(function.value, scope):
        field = _field(evaluator.world, kind, key) if key is not None else None
        if field is not None:
            hit = True
            found.extend(instances(evaluator.world, field))
            continue
        container = container_of(evaluator.world, kind)
        if container is None:
            continue
        hit = True
        if function.attr in _VIEW_METHODS:
            found.append(Instance(container if function.attr != "values" else _values_view(container)))
        elif gives_element and call.arguments:
            found.extend(_element(evaluator, container, call.arguments[0].value, scope))
    if not found and key is not None:
        found.extend(_under_key(evaluator, key, scope) or _kept(evaluator, call, scope))
    return tuple(found) if hit or found else None


def _values_view(container: Type) -> Type:
    return Type("list", (container.args[1],)) if len(container.args) > 1 else Type("list")


# ------------------------------------------------------------------ all elements
def elements(evaluator: Evaluator, expr: Expr, scope: ScopeRef, item: int) -> Values:
    """Return what iterating over an expression gives, or one item of the tuples it gives."""
    if isinstance(expr, Call) and isinstance(expr.function, Name) and expr.function.id == "enumerate":
        return elements(evaluator, expr.arguments[0].value, scope, -1) if expr.arguments and item == 1 else ()
    if isinstance(expr, Call) and isinstance(expr.function, Name) and expr.function.id == "zip" and item >= 0:
        if item < len(expr.arguments) and not expr.arguments[item].stars:
            return elements(evaluator, expr.arguments[item].value, scope, -1)
        return ()
    is_items = (
        isinstance(expr, Call) and isinstance(expr.function, Attribute) and expr.function.attr == "items"
    )
    result: list[Value] = []
    for kind in evaluator.types(expr, scope):
        container = container_of(evaluator.world, kind)
        if container is None or not container.args:
            continue
        if is_items and container.name in _MAPPINGS:
            if 0 <= item < len(container.args):
                result.extend(instances(evaluator.world, container.args[item]))
        elif item < 0:
            result.extend(instances(evaluator.world, container.args[0]))
        else:
            for inner in evaluator.world.concrete(container.args[0]):
                result.extend(instances(evaluator.world, tuple_item(inner, item)))
    return tuple(result)


# ------------------------------------------------------------------ types
def container_of(world: World, kind: Type) -> Type | None:
    """Return the mapping or sequence type among a type's ancestors."""
    for ancestor in world.ancestry(kind):
        last = ancestor.name.rpartition(".")[2]
        if last in _MAPPINGS or last in _SEQUENCES:
            return Type(last, ancestor.args)
    return None


def tuple_item(kind: Type, item: int) -> Type | None:
    """Return the type of one item of a tuple, None where the type is none or says nothing of it."""
    if kind.name.rpartition(".")[2] not in ("tuple", "Tuple"):
        return None
    if len(kind.args) == 2 and kind.args[1].name == "?":
        return kind.args[0]
    return kind.args[item] if 0 <= item < len(kind.args) else None
