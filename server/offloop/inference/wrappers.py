"""Which functions are decorators that dress up what they are given with ``functools.wraps``."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from offloop.facts.model import FunctionFacts, ModuleFacts
from offloop.facts.tree import Call, Name
from offloop.inference.context import FunctionId
from offloop.resolve.boundary import Memo, Region
from offloop.resolve.evaluate import Evaluator
from offloop.resolve.values import ScopeRef
from offloop.resolve.world import External, World

_WRAPS = "functools.wraps"


class Wrappers:
    """Answers for analysed functions; memoised."""

    def __init__(self, world: World, evaluator: Evaluator) -> None:
        self.world = world
        self.evaluator = evaluator
        self._known: Memo[FunctionId, tuple[str | None]] = Memo()

    def parameter(self, function: FunctionId) -> str | None:
        """Return the parameter that a function dresses up and gives back, None where it does not.

        ``wraps`` copies what marks a function (``__dict__``, so the callback mark too), and so a dispatcher
        sees such a wrapper as it would see the function itself.
        """
        boundary = self.evaluator.boundary
        if boundary is not None and boundary.region.holds(*function):
            boundary.note(("wrapped", function.index), partial(self.parameter, function))
        known = self._known.get(function)
        if known is None:
            known = self._known.put(function, (self._find(function),))
        return known[0]

    def settle(self, watched: Region) -> None:
        """Keep what is known of all but one region."""
        self._known.settle(lambda function: watched.holds(*function))

    def forget(self, layers: int) -> None:
        """Forget what is not in the first layers of what is settled."""
        self._known.forget(layers)

    def _find(self, function: FunctionId) -> str | None:
        module = self.world.analysed[function.module].facts
        facts = module.functions[function.index]
        names = {parameter.name for parameter in facts.parameters}
        if not names or facts.owner_class is not None:
            return None
        scope = ScopeRef(*function)
        for call in _dressing(module, facts):
            first = call.arguments[0].value if call.arguments else None
            if isinstance(first, Name) and first.id in names and self._is_wraps(call, scope):
                return None if _is_only_handed_over(module, facts, first.id) else first.id
        return None

    def _is_wraps(self, call: Call, scope: ScopeRef) -> bool:
        return any(
            isinstance(value, External) and value.dotted == _WRAPS
            for value in self.evaluator.values(call.function, scope)
        )


def _dressing(module: ModuleFacts, facts: FunctionFacts) -> Iterator[Call]:
    """Yield the calls that may dress something up: those of the function, and decorators inside of it."""
    yield from facts.calls
    for inner in module.functions:
        if inner.parent == facts.index:
            for decorator in inner.decorators:
                if isinstance(decorator, Call):
                    yield decorator


def _is_only_handed_over(module: ModuleFacts, facts: FunctionFacts, name: str) -> bool:
    """Whether the functions nested in another give a parameter of that one away and never call it themselves."""
    given = False
    for inner in module.functions:
        if inner.parent is None or not _is_inside(module, inner, facts.index):
            continue
        for call in inner.calls:
            if isinstance(call.function, Name) and call.function.id == name:
                if not inner.is_lambda:
                    return False
                given = True
            given = given or any(
                isinstance(argument.value, Name) and argument.value.id == name for argument in call.arguments
            )
    return given


def _is_inside(module: ModuleFacts, inner: FunctionFacts, outer: int) -> bool:
    parent = inner.parent
    while parent is not None and parent != outer:
        parent = module.functions[parent].parent
    return parent == outer
