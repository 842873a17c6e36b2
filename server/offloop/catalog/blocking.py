"""Which calls Home Assistant refuses or reports in its loop: ``homeassistant/block_async_io.py``.

Two forms are known: ``BlockingCall(original_func=time.sleep, strict=...)`` (from 2024.7 on) and
``time.sleep = protect_loop(time.sleep, strict=...)``. Both raise unless told ``strict=False``.
"""

from __future__ import annotations

from collections.abc import Iterator

from offloop.facts.tree import Argument, Call, Constant, Expr
from offloop.facts.walk import dotted_name, word_start
from offloop.inference.program import Program
from offloop.library.model import Alias, BlockingCall

_MODULE = "homeassistant.block_async_io"
_PROTECT = "protect_loop"
_PROTECTED_FIELD = "original_func"


def blocking_calls(program: Program) -> tuple[BlockingCall, ...]:
    """Return the protected calls in the order of the source; none where the release has no such module."""
    module = program.world.analysed.get(_MODULE)
    if module is None:
        return ()
    calls = [*module.facts.calls, *(call for function in module.facts.functions for call in function.calls)]
    found = {entry.name: entry for call in calls for entry in _entry(program, call)}
    return tuple(found.values())


def _entry(program: Program, call: Call) -> Iterator[BlockingCall]:
    given = {argument.keyword: argument.value for argument in call.arguments if argument.keyword}
    protected = given.get(_PROTECTED_FIELD)
    if protected is None and (dotted_name(call.function) or "").rpartition(".")[2] == _PROTECT:
        protected = _first(call.arguments)
    name = _outer_name(program, protected)
    if name is None:
        return
    exempt = given.get("check_allowed")
    dotted = dotted_name(exempt) if exempt is not None else None
    yield BlockingCall(
        name,
        not _is_false(given.get("strict")),
        program.origin(_MODULE, word_start(call)),
        f"{_MODULE}.{dotted}" if dotted else None,
    )


def _first(arguments: tuple[Argument, ...]) -> Expr | None:
    return arguments[0].value if arguments and not arguments[0].keyword else None


def _outer_name(program: Program, expr: Expr | None) -> str | None:
    """Return the dotted name of something imported: a field of a loop variable is none."""
    name = dotted_name(expr) if expr is not None else None
    if name is None:
        return None
    first = name.partition(".")[0]
    if not isinstance(program.world.analysed[_MODULE].signature.names.get(first), Alias):
        return None
    return program.evaluator.builder(_MODULE).resolve(name)


def _is_false(expr: Expr | None) -> bool:
    return isinstance(expr, Constant) and expr.value is False
