"""What of a module is seen without looking inside its functions: two texts that agree in it look the same."""

from __future__ import annotations

from typing import NamedTuple

from offloop.facts.model import FunctionFacts
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
            builder.function(function, frozenset())._replace(line=0)
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
