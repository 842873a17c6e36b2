"""What of a module or function is seen without looking inside functions: texts that agree in it look the same."""

from __future__ import annotations

from typing import NamedTuple

from offloop.facts.model import FunctionFacts, ModuleFacts
from offloop.library.model import ClassSignature, FunctionSignature, ModuleSignature
from offloop.library.signature import SignatureBuilder


class Outside(NamedTuple):
    """The names of a module, and all its functions and classes in order; nothing in it says where it stands."""

    names: dict[str, object]
    stars: tuple[str, ...]
    functions: list[tuple[object, ...]]
    nested: list[FunctionSignature]
    classes: list[ClassSignature]
    imports: list[tuple[object, ...]]


def outside(builder: SignatureBuilder, signature: ModuleSignature) -> Outside:
    """Return what a module shows, from the builder of its signature."""
    facts = builder.facts
    return Outside(
        {name: _unplaced(symbol) for name, symbol in signature.names.items()},
        signature.stars,
        [_shape(function) for function in facts.functions],
        [
            builder.unplaced(function, frozenset())
            for function in facts.functions
            if function.parent is not None and not function.is_lambda
        ],
        [
            _unplaced_class(builder.class_(cls))
            for cls in facts.classes
            if cls.parent is not None or cls.owner_class is not None
        ],
        [item[:-2] for item in facts.imports],
    )


def outside_of_function(
    builder: SignatureBuilder, facts: ModuleFacts, functions: range
) -> tuple[object, ...]:
    """Return what a function shows, with those that lie in it: its head with all places, and their signatures."""
    own = facts.functions[functions.start : functions.stop]
    head = next(function for function in own if not function.is_lambda)
    variables = frozenset[str]()
    if head.owner_class is not None:
        variables = frozenset(name for name, _, _ in facts.classes[head.owner_class].type_parameters)
    return (
        (head.decorators, head.parameters, head.returns, head.type_parameters, head.start, head.name_start),
        [_shape(function) for function in own],
        [builder.unplaced(one, frozenset()) for one in own if one is not head and not one.is_lambda],
        list(builder.instance_attributes(head, variables)),
        [item[:-2] for item in facts.imports],
    )


def _shape(function: FunctionFacts) -> tuple[object, ...]:
    return (
        function.qualname,
        function.is_async,
        function.is_generator,
        function.parent,
        function.owner_class,
        len(function.decorators),
        [(parameter.name, parameter.kind, parameter.default is None) for parameter in function.parameters],
    )


def _unplaced(symbol: object) -> object:
    if isinstance(symbol, FunctionSignature):
        return symbol._replace(line=0)
    return _unplaced_class(symbol) if isinstance(symbol, ClassSignature) else symbol


def _unplaced_class(cls: ClassSignature) -> ClassSignature:
    methods = {name: method._replace(line=0) for name, method in cls.methods.items()}
    return cls._replace(line=0, methods=methods)
