"""The calls whose receiver nobody knows yet and that may matter: the questions for the last resort."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from offloop.facts.model import FunctionFacts
from offloop.facts.tree import Attribute
from offloop.inference.analysis import Analysis
from offloop.inference.context import FunctionId
from offloop.library.model import component_of, is_class_name
from offloop.library.overrides import ASYNCIO_APIS
from offloop.library.signature import import_target
from offloop.resolve.values import ScopeRef

_NONE: frozenset[str] = frozenset()
_ASYNCIO_METHODS = frozenset(
    name for owner, _, name in (api.rpartition(".") for api in ASYNCIO_APIS) if is_class_name(owner)
)


class OpenReceiver(NamedTuple):
    """A call ``x.name(...)`` in a worker; ``offset`` is where ``x`` ends, ``name`` that of a loop API."""

    function: FunctionId
    offset: int
    name: str


class Receivers(NamedTuple):
    """The receivers of all calls in workers that are named like a method that belongs to the loop.

    ``own`` counts those that our resolver decides, ``answered`` those decided elsewhere.
    """

    own: int
    answered: int
    open: tuple[OpenReceiver, ...]


def open_receivers(analysis: Analysis) -> tuple[OpenReceiver, ...]:
    """Return the receivers that are still open, in the order of modules and texts."""
    return receivers(analysis).open


def receivers(analysis: Analysis) -> Receivers:
    """Sort the receivers of one analysis into decided and open ones."""
    if analysis.loop_methods is None:
        analysis.loop_methods = _loop_methods(analysis)
    names = analysis.loop_methods
    evaluator = analysis.program.evaluator
    counts = {True: 0, False: 0}
    found: dict[tuple[str, int], OpenReceiver] = {}
    for function, summary in analysis.summaries.items():
        if summary.worker is None:
            continue
        scope = ScopeRef(function.module, function.index)
        for callee in _methods(analysis.program.facts(function)):
            if callee.attr not in names:
                continue
            place = (function.module, callee.value.end)
            if evaluator.values(callee.value, scope):
                counts[place in evaluator.answers] += 1
            else:
                found[place] = OpenReceiver(function, callee.value.end, callee.attr)
    return Receivers(counts[False], counts[True], tuple(found[place] for place in sorted(found)))


def _methods(facts: FunctionFacts) -> Iterator[Attribute]:
    for call in facts.calls:
        if isinstance(call.function, Attribute):
            yield call.function


def _loop_methods(analysis: Analysis) -> frozenset[str]:
    """Return the names of the harmful methods of classes that the analysed modules may meet.

    Classes of another integration are met by who imports from it; without this, everyday names such as
    ``get`` would raise questions everywhere.
    """
    methods = analysis.catalog.loop_methods
    return _ASYNCIO_METHODS.union(*[methods.get(component, _NONE) for component in _components(analysis)])


def _components(analysis: Analysis) -> frozenset[str]:
    """Return the components that the analysed modules belong to or import from; "" stands for the core."""
    found = {""}
    world: Mapping[str, object] = analysis.program.world.analysed
    for module in analysis.program.world.analysed.values():
        found.add(component_of(module.name))
        for statement in module.facts.imports:
            target = import_target(module.name, module.signature.is_package, statement)
            if target not in world:
                found.add(component_of(f"{target}.{statement.name}" if statement.name else target))
    return frozenset(found)
