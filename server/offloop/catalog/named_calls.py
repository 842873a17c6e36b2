"""Calls inside a library of which only the method's name tells what they reach."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from offloop.catalog.library_handoffs import class_of
from offloop.catalog.made_objects import MadeCall
from offloop.facts.tree import Attribute, Call, Name
from offloop.inference.context import FunctionId
from offloop.inference.edges import CallEdge
from offloop.inference.handed_objects import HandedObjects, names_asked_for
from offloop.inference.program import Program
from offloop.resolve.values import FunctionRef, ScopeRef

_MAX_TARGETS = 16


def calls_by_name(program: Program) -> Iterator[CallEdge]:
    """Yield the calls of methods on objects of unknown class, where few classes of the library have such a method.

    A package calls what is its own, or of those that it imports: it knows nothing of the ones that build on it.
    """
    methods: Mapping[str, list[FunctionId]] = defaultdict(list)
    for module in program.world.analysed.values():
        for function in module.facts.functions:
            if function.owner_class is not None and not function.name.startswith("__"):
                methods[function.name].append(FunctionId(module.name, function.index))
    known = _known_packages(program)
    for scope, call in _calls(program):
        if not isinstance(call.function, Attribute) or program.evaluator.values(call.function, scope):
            continue
        targets = methods.get(call.function.attr, [])
        if len(targets) <= _MAX_TARGETS:
            for target in targets:
                if _package(target.module) in known[_package(scope.module)]:
                    yield CallEdge(_function(scope), scope.module, target, call)


def calls_by_begin(program: Program) -> Iterator[MadeCall]:
    """Yield the calls of what ``getattr(self, f"on_{kind}")`` gives: of the methods whose names begin so."""
    objects = HandedObjects(program.world, program.evaluator)
    for scope, call in _calls(program):
        asked = call.function
        if not isinstance(asked, Call) or not isinstance(asked.function, Name):
            continue
        if asked.function.id != "getattr":
            continue
        cls = class_of(program, _function(scope))
        if cls is None or len(asked.arguments) < 2:
            continue
        for name in names_asked_for(program.evaluator, asked.arguments[1].value, scope):
            for found in objects.reached(asked.arguments[0].value, f".{name}", scope):
                if isinstance(found, FunctionRef):
                    callee = FunctionId(found.module, found.index)
                    yield MadeCall(CallEdge(_function(scope), scope.module, callee, call), cls)


def _calls(program: Program) -> Iterator[tuple[ScopeRef, Call]]:
    for module in program.world.analysed.values():
        for function in module.facts.functions:
            for call in function.calls:
                yield ScopeRef(module.name, function.index), call


def _function(scope: ScopeRef) -> FunctionId:
    return FunctionId(scope.module, scope.function if scope.function is not None else -1)


def _package(module: str) -> str:
    return module.partition(".")[0]


def _known_packages(program: Program) -> Mapping[str, set[str]]:
    """Return for each top-level package those that its modules import, itself among them."""
    found: Mapping[str, set[str]] = defaultdict(set)
    for module in program.world.analysed.values():
        imported = (one.module for one in module.facts.imports if one.level == 0)
        found[_package(module.name)].update((_package(module.name), *map(_package, imported)))
    return found
