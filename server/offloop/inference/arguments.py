"""Which argument of a call goes where: to a parameter, or to the callable that a hand-off takes."""

from __future__ import annotations

from collections.abc import Iterator

from offloop.facts.model import FunctionFacts, Parameter
from offloop.facts.tree import Argument, Attribute, Call, Expr, Name
from offloop.library.model import Dispatch, HandOff
from offloop.library.overrides import FORCED, JOB_TYPE_KEYWORD

_POSITIONAL = ("normal", "positional-only")
# Indexes from here on stand for parameters that are never given by position.
_KEYWORD_ONLY = 9
_TAKING_STARS = (*_POSITIONAL, "variadic")


def find_argument(call: Call, handoff: HandOff) -> tuple[Expr | None, int]:
    """Return the argument that a hand-off speaks of, and its position (-1 for a keyword)."""
    for argument in call.arguments:
        if argument.keyword == handoff.keyword and handoff.keyword:
            return argument.value, -1
    for position, argument in enumerate(call.arguments):
        if argument.keyword is not None:
            break
        if argument.stars:
            return None, -1
        if position == handoff.index:
            return argument.value, position
    return None, -1


def forced(handoff: HandOff, call: Call) -> HandOff:
    """Return the hand-off with the dispatch that a constant ``job_type=`` forces."""
    for argument in call.arguments:
        if argument.keyword == JOB_TYPE_KEYWORD and isinstance(argument.value, Attribute):
            dispatch = FORCED.get(argument.value.attr)
            if dispatch is not None and handoff.dispatch is Dispatch.BY_TYPE:
                return handoff._replace(dispatch=dispatch)
    return handoff


def bound_already(facts: FunctionFacts) -> int:
    """Return how many leading parameters a bound call fills by itself: the receiver of a method."""
    return 1 if facts.owner_class is not None and not _is_static(facts) else 0


def _is_static(facts: FunctionFacts) -> bool:
    return any(
        isinstance(decorator, Name) and decorator.id == "staticmethod" for decorator in facts.decorators
    )


def pair_arguments(
    facts: FunctionFacts, arguments: tuple[Argument, ...], skip: int
) -> Iterator[tuple[str, Expr]]:
    """Yield (parameter name, argument) for a call of an analysed function.

    The first ``skip`` parameters are bound already.
    """
    parameters = facts.parameters[skip:]
    names = {parameter.name for parameter in parameters}
    variadic = next((p.name for p in parameters if p.kind.value == "variadic"), None)
    keywords = next((p.name for p in parameters if p.kind.value == "keywords"), None)
    position = 0
    for argument in arguments:
        if argument.keyword is not None and argument.keyword in names:
            yield argument.keyword, argument.value
        elif argument.keyword is not None or argument.stars == 2:
            if keywords is not None:
                yield keywords, argument.value
        elif argument.stars == 1:
            yield from _unpacked(argument, parameters[position:])
        elif position < len(parameters) and parameters[position].kind.value in _POSITIONAL:
            yield parameters[position].name, argument.value
            position += 1
        elif variadic is not None:
            yield variadic, argument.value


def _unpacked(argument: Argument, parameters: tuple[Parameter, ...]) -> Iterator[tuple[str, Expr]]:
    for parameter in parameters:
        if parameter.kind.value in _TAKING_STARS:
            yield parameter.name, argument.value


def surplus(
    facts: FunctionFacts, arguments: tuple[Argument, ...], skip: int
) -> Iterator[tuple[str, str, Expr]]:
    """Yield (parameter, place in it, argument) for what ``*args`` and ``**kwargs`` of a function take.

    The place is a number as text or a keyword.
    """
    parameters = facts.parameters[skip:]
    names = {parameter.name for parameter in parameters}
    taken = sum(parameter.kind.value in _POSITIONAL for parameter in parameters)
    variadic = next((p.name for p in parameters if p.kind.value == "variadic"), None)
    keywords = next((p.name for p in parameters if p.kind.value == "keywords"), None)
    for position, argument in enumerate(arguments):
        if argument.keyword is None:
            if argument.stars:
                return
            if variadic is not None and position >= taken:
                yield variadic, str(position - taken), argument.value
        elif keywords is not None and argument.keyword not in names:
            yield keywords, argument.keyword, argument.value


def starred(call: Call, handoff: HandOff) -> Iterator[tuple[Name, str]]:
    """Yield (name, place in it) for ``*name`` and ``**name`` that may hold what a hand-off speaks of."""
    for position, argument in enumerate(call.arguments):
        if not isinstance(argument.value, Name):
            continue
        if argument.stars == 1 and position <= handoff.index < _KEYWORD_ONLY:
            yield argument.value, str(handoff.index - position)
        if argument.stars == 2 and handoff.keyword:
            yield argument.value, handoff.keyword
