"""No twin: hand the very call to the loop in a thread-safe way."""

from __future__ import annotations

from collections.abc import Iterator

from offloop.facts.tree import Attribute, Call
from offloop.inference.analysis import Analysis
from offloop.inference.context import ExecutionContext, FunctionId
from offloop.inference.crossings import Crossing
from offloop.library.model import FunctionSignature, Kind
from offloop.library.overrides import (
    ADD_JOB,
    ASYNCIO_APIS,
    CALL_AND_WAIT,
    CREATE_TASK,
    HANDLE,
    RUN_COROUTINE,
)
from offloop.resolve.values import FunctionRef, ScopeRef
from offloop.rules.edits import bound_name, enclosing_statement, import_name
from offloop.rules.handing import handed_over, handle_for
from offloop.rules.layout import Group, Swap, arguments_of, exchanged
from offloop.rules.rule import Applicability, FileEdit, Fix, FixKind
from offloop.rules.twin_fix import is_used
from offloop.text import Edit

_TASKS = frozenset({"asyncio.create_task", "asyncio.ensure_future", "asyncio.AbstractEventLoop.create_task"})
_NAME, _LOOP = "name", "loop"  # what else asyncio's functions take
_SOON = "asyncio.AbstractEventLoop.call_soon"


def hop_fixes(analysis: Analysis, crossing: Crossing) -> Iterator[Fix]:
    """Yield the fixes that send the call to the loop, where the code can reach the loop at all."""
    if crossing.api.name in ASYNCIO_APIS and crossing.callee is None:
        yield from _asyncio_fixes(analysis, crossing)
        return
    if crossing.api.twin is not None and crossing.callee is None and not is_used(analysis, crossing):
        return  # the twin says the same in fewer words, or was refused for a reason that holds here too
    hass = handle_for(analysis, crossing.function, crossing.call)
    if hass is None:
        return
    fix = (
        _wait_fix(analysis, crossing, hass)
        if is_used(analysis, crossing)
        else _job_fix(analysis, crossing, hass)
    )
    if fix is not None:
        yield fix


def _job_fix(analysis: Analysis, crossing: Crossing, hass: str) -> Fix | None:
    """Return ``hass.add_job(fn, ...)``, or ``call_soon_threadsafe`` for what add_job would send to a worker."""
    hop = f"{hass}.{ADD_JOB}" if _is_callback(analysis, crossing) else f"{hass}.loop.call_soon_threadsafe"
    edits = handed_over(analysis, crossing.function, crossing.call, hop)
    if edits is None:
        return None
    path = analysis.program.path(crossing.function.module)
    return Fix(
        f"Use {hop} (scheduled in the event loop; returns None)",
        tuple(FileEdit(path, edit) for edit in edits),
        Applicability.SAFE,
        kind=FixKind.HOP,
    )


def _wait_fix(analysis: Analysis, crossing: Crossing, hass: str) -> Fix | None:
    """Return ``run_callback_threadsafe(hass.loop, fn, ...).result()`` for a call whose value is used."""
    if analysis.summary(crossing.function).context is ExecutionContext.BOTH:
        return None
    analysed = analysis.program.world.analysed[crossing.function.module]
    module, name = CALL_AND_WAIT
    known = bound_name(analysed.facts, module, name)
    imported = [] if known is not None else import_name(analysed.text, analysed.facts, module, name)
    if known is None and (not imported or name in analysed.signature.names):
        return None
    edits = handed_over(
        analysis, crossing.function, crossing.call, known or name, (f"{hass}.loop",), ".result()"
    )
    if edits is None:
        return None
    path = analysis.program.path(crossing.function.module)
    return Fix(
        f"Use {name} (waits until the event loop has done it)",
        tuple(FileEdit(path, edit) for edit in [*imported, *edits]),
        Applicability.UNSAFE,
        kind=FixKind.HOP,
    )


def _is_callback(analysis: Analysis, crossing: Crossing) -> bool:
    if crossing.callee is not None:
        return analysis.program.kinds[crossing.callee] is Kind.CALLBACK
    return crossing.api.kind is Kind.CALLBACK


def _asyncio_fixes(analysis: Analysis, crossing: Crossing) -> Iterator[Fix]:
    analysed = analysis.program.world.analysed[crossing.function.module]
    text, call, api = analysed.text, crossing.call, crossing.api.name
    callee = call.function
    path = analysis.program.path(crossing.function.module)
    if api == _SOON and isinstance(callee, Attribute):
        edit = Edit(callee.end - len(callee.attr), callee.end, "call_soon_threadsafe")
        yield Fix("Use call_soon_threadsafe", (FileEdit(path, edit),), Applicability.SAFE, kind=FixKind.HOP)
        return
    hass = handle_for(analysis, crossing.function, crossing.call)
    if api in _TASKS and call.arguments:
        yield from _task_fixes(analysis, crossing, hass)
        return
    if is_used(analysis, crossing) or not isinstance(callee, Attribute):
        return
    loop = (
        text[callee.value.start : callee.value.end] if api.startswith("asyncio.AbstractEventLoop.") else None
    )
    loop = loop or (f"{hass}.loop" if hass is not None else None)
    edits = handed_over(analysis, crossing.function, crossing.call, f"{loop}.call_soon_threadsafe")
    if loop is None or edits is None:
        return
    yield Fix(
        f"Use {loop}.call_soon_threadsafe (scheduled in the event loop; returns None)",
        tuple(FileEdit(path, edit) for edit in edits),
        Applicability.SAFE,
        kind=FixKind.HOP,
    )


def _task_fixes(analysis: Analysis, crossing: Crossing, hass: str | None) -> Iterator[Fix]:
    call = crossing.call
    path = analysis.program.path(crossing.function.module)
    analysed = analysis.program.world.analysed[crossing.function.module]
    if hass is not None and not is_used(analysis, crossing) and _is_coroutine(analysis, crossing):
        edits = _with_arguments(analysis, crossing, f"{hass}.{CREATE_TASK}", takes_name=_takes_name(analysis))
        if edits is not None:
            yield Fix(
                f"Use {hass}.{CREATE_TASK} (scheduled in the event loop; returns None)",
                tuple(FileEdit(path, edit) for edit in edits),
                Applicability.SAFE,
                kind=FixKind.HOP,
            )
    callee = call.function
    loop = f"{hass}.loop" if hass is not None else None
    if crossing.api.name.startswith("asyncio.AbstractEventLoop.") and isinstance(callee, Attribute):
        loop = analysed.text[callee.value.start : callee.value.end]
    module, name = RUN_COROUTINE
    named = (
        f"{module}.{name}"
        if "asyncio" in analysed.signature.names
        else bound_name(analysed.facts, module, name)
    )
    edits = (
        _with_arguments(analysis, crossing, named, loop) if loop is not None and named is not None else None
    )
    if edits is None:
        return
    yield Fix(
        f"Use {name} (returns a future of concurrent.futures)",
        tuple(FileEdit(path, edit) for edit in edits),
        Applicability.UNSAFE if is_used(analysis, crossing) else Applicability.SAFE,
        kind=FixKind.HOP,
    )


def _takes_name(analysis: Analysis) -> bool:
    found = analysis.program.world.find(f"{HANDLE}.{CREATE_TASK}")
    return isinstance(found, FunctionSignature) and any(one.name == _NAME for one in found.parameters)


def _with_arguments(
    analysis: Analysis, crossing: Crossing, taker: str, *loop: str, takes_name: bool = False
) -> list[Edit] | None:
    """Return the edits that hand a coroutine, and the loop behind it, to another function of asyncio's kind.

    A task's name goes along; None where it cannot.
    """
    analysed = analysis.program.world.analysed[crossing.function.module]
    call = crossing.call
    found = arguments_of(analysed.text, call)
    keywords = [argument.keyword for argument in call.arguments[1:]]
    if found is None or not {_LOOP, *([_NAME] if takes_name else [])} >= set(keywords):
        return None
    (coroutine, *others), is_open = found
    kept = [leaf for leaf, keyword in zip(others, keywords, strict=True) if keyword == _NAME]
    statement = enclosing_statement(analysed.facts, crossing.function.index, call.start)
    return exchanged(analysed.text, statement, Swap(call, Group(taker, (coroutine, *kept, *loop), is_open)))


def _is_coroutine(analysis: Analysis, crossing: Crossing) -> bool:
    argument = crossing.call.arguments[0].value
    if not isinstance(argument, Call):
        return False
    for value in analysis.program.evaluator.values(argument.function, ScopeRef(*crossing.function)):
        if isinstance(value, FunctionRef):
            if value.index >= 0:
                return analysis.program.facts(FunctionId(value.module, value.index)).is_async
            found = analysis.program.world.find(value.dotted)
            return isinstance(found, FunctionSignature) and found.kind is Kind.COROUTINE
    return False
