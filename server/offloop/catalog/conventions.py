"""Names that always hold the same class in Home Assistant, for code that annotates nothing."""

from __future__ import annotations

from collections import Counter, defaultdict

from offloop.inference.program import Program
from offloop.library.model import Type

_MIN_USES = 60
_MIN_SHARE = 0.97


def derive_conventions(program: Program) -> dict[str, Type]:
    """Return the names of parameters and attributes that are nearly always annotated with one class."""
    uses: dict[str, Counter[str]] = defaultdict(Counter)
    for module in program.world.analysed.values():
        builder = program.evaluator.builder(module.name)
        for function in module.facts.functions:
            for parameter in function.parameters:
                kind = builder.type_of(parameter.annotation)
                for concrete in program.world.concrete(kind):
                    uses[parameter.name][concrete.name] += 1
    result: dict[str, Type] = {}
    for name, counted in uses.items():
        best, count = counted.most_common(1)[0]
        if count < _MIN_USES or count < _MIN_SHARE * counted.total():
            continue
        if program.world.class_named(best) is not None:
            result[name] = Type(best)
            result.setdefault(f"_{name}", Type(best))
    return result
