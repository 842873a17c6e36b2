"""The parameters of Home Assistant that are annotated as callables: what hand-offs are counted against.

Counted are functions of modules and methods of classes in the framework and in base components (the modules of a
catalog), private ones too, nested functions not. A parameter counts where its annotation, aliases followed and unions
opened, has a part that is ``Callable`` or a class with ``__call__``. Coroutine objects and ``Any`` do not, nor does
``HassJob``: where a job runs was decided when it was made, and its own parameter is among the primitives.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from offloop.library.model import (
    Alias,
    Catalog,
    ClassSignature,
    FunctionSignature,
    Type,
    Variable,
)

_CALLABLE = frozenset({"Callable", "typing.Callable", "collections.abc.Callable"})
_MAX_ALIASES = 8


class CallableParameter(NamedTuple):
    """A parameter by the dotted name of its function."""

    api: str
    name: str


def callable_parameters(catalog: Catalog) -> Iterator[CallableParameter]:
    """Yield the parameters that are annotated as callables."""
    for module in catalog.modules.values():
        for symbol in module.names.values():
            functions: list[FunctionSignature] = []
            if isinstance(symbol, FunctionSignature):
                functions = [symbol]
            elif isinstance(symbol, ClassSignature):
                functions = list(symbol.methods.values())
            for function in functions:
                if function.module != module.name:
                    continue
                for parameter in function.parameters:
                    if parameter.kind not in ("variadic", "keywords") and _is_callable(
                        catalog, parameter.type, 0
                    ):
                        yield CallableParameter(function.dotted, parameter.name)


def _is_callable(catalog: Catalog, kind: Type | None, depth: int) -> bool:
    if kind is None or depth > _MAX_ALIASES:
        return False
    if kind.name in _CALLABLE:
        return True
    if kind.name in ("|", "="):
        return any(_is_callable(catalog, part, depth + 1) for part in kind.args)
    found = _found(catalog, kind.name, depth)
    if isinstance(found, Variable):
        return _is_callable(catalog, found.type, depth + 1)
    return isinstance(found, ClassSignature) and "__call__" in found.methods


def _found(catalog: Catalog, dotted: str, depth: int) -> object:
    module, _, name = dotted.rpartition(".")
    signature = catalog.modules.get(module)
    symbol = signature.names.get(name) if signature is not None else None
    if isinstance(symbol, Alias) and depth < _MAX_ALIASES:
        return _found(catalog, symbol.dotted, depth + 1)
    return symbol
