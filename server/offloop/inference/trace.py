"""Evidence as words and places: why a function runs where it runs, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from offloop.inference.analysis import Analysis
from offloop.inference.context import Evidence, ExecutionContext, FunctionId, Reason
from offloop.library.model import Dispatch, Origin

_MAX_STEPS = 40


class Place(NamedTuple):
    """A step of a trace: 0-based line and column (code points); paths as in ``rules.rule.Step``."""

    message: str
    path: str
    line: int
    column: int


def name_of(analysis: Analysis, function: FunctionId) -> str:
    """Return the name under which users know a function."""
    facts = analysis.program.facts(function)
    return "the lambda" if facts.is_lambda else f"`{facts.name}`"


def short(dotted: str) -> str:
    """Return an API's name without its module: "EventBus.async_fire", "async_call_later"."""
    parts = dotted.split(".")
    for position, part in enumerate(parts):
        if part[:1].isupper():
            return ".".join(parts[position:])
    return parts[-1]


def chain(
    analysis: Analysis, function: FunctionId, context: ExecutionContext
) -> list[tuple[FunctionId, Evidence]]:
    """Return the evidence from the entry point down to a function, each with the function it speaks of."""
    links: list[tuple[FunctionId, Evidence]] = []
    current: FunctionId | None = function
    while current is not None and len(links) < _MAX_STEPS:
        summary = analysis.summary(current)
        evidence = summary.loop if context is ExecutionContext.LOOP else summary.worker
        if evidence is None:
            break
        links.append((current, evidence))
        current = evidence.caller if evidence.reason is Reason.CALL else None
    return links[::-1]


def places(analysis: Analysis, function: FunctionId, context: ExecutionContext) -> Iterator[Place]:
    """Yield the steps of a trace from Home Assistant's own line, or another entry, to the function."""
    for current, evidence in chain(analysis, function, context):
        name = name_of(analysis, current)
        match evidence.reason:
            case Reason.ENTRY_POINT:
                yield origin_place(evidence.origin, f"{entry_words(name, evidence)} here")
            case Reason.HAND_OFF:
                yield from _hand_off_places(analysis, name, evidence)
            case Reason.CALL if evidence.caller is not None:
                through = f"{short(evidence.detail)}, which calls {name}" if evidence.detail else name
                yield place(analysis, evidence, f"{name_of(analysis, evidence.caller)} calls {through}")
            case Reason.STANDARD_LIBRARY | Reason.COROUTINE | Reason.CALLBACK:
                yield _definition(analysis, current, f"{name}: {evidence.detail}")


def open_place(analysis: Analysis, evidence: Evidence) -> Place:
    """Return the place that calls a function in a worker, or that of Home Assistant that may call it elsewhere."""
    if evidence.caller_module is not None:
        return place(analysis, evidence, open_words(analysis, evidence))
    return origin_place(evidence.origin, open_words(analysis, evidence))


def open_words(analysis: Analysis, evidence: Evidence) -> str:
    """Return who else calls a function or may call it."""
    if evidence.reason is Reason.HAND_OFF:
        return f"{short(evidence.detail)} runs what it is given in the event loop and in worker threads"
    if evidence.caller is not None:
        return f"{name_of(analysis, evidence.caller)} calls it, or what calls it, in a worker thread"
    if evidence.reason is Reason.ENTRY_POINT:
        return f"{short(evidence.detail)} calls methods of such a name on any object, in whatever thread"
    return f"{evidence.detail} imports it or what calls it, to be called who knows where"


def _hand_off_places(analysis: Analysis, name: str, evidence: Evidence) -> Iterator[Place]:
    api, dispatch, hidden = handed_to(evidence)
    origin = evidence.origin
    if origin is not None and origin.file:
        yield origin_place(origin, _DISPATCHED[dispatch].format(api=short(api)))
    handed = f"{name} is" if hidden != "member" else f"An object with {name} is"
    yield place(analysis, evidence, f"{handed} handed to {short(api)} here")


_DISPATCHED = {
    Dispatch.BY_TYPE: "{api} looks at what it is given: coroutine functions and @callback run in the event loop, "
    "anything else in a worker thread",
    Dispatch.EXECUTOR: "{api} runs what it is given in the executor",
    Dispatch.THREAD: "{api} runs what it is given in a thread of its own",
    Dispatch.LOOP: "{api} runs what it is given in the event loop",
    Dispatch.LOOP_CORO: "{api} awaits what it is given in the event loop",
    Dispatch.CALLER: "{api} runs what it is given where it is called",
}


def reason(analysis: Analysis, function: FunctionId, context: ExecutionContext) -> str:
    """Return in one clause why a function runs in a context."""
    links = chain(analysis, function, context)
    if not links:
        return ""
    root, evidence = links[0]
    words = root_words(name_of(analysis, root), evidence)
    if root == function:
        return words
    via = "" if len(links) < 3 else f" through {', '.join(name_of(analysis, f) for f, _ in links[1:-1])}"
    return f"{name_of(analysis, function)} is called from {name_of(analysis, root)}{via}, and {words}"


def root_words(name: str, evidence: Evidence) -> str:
    """Return why a function runs where it runs, for evidence that stands by itself."""
    match evidence.reason:
        case Reason.ENTRY_POINT:
            return entry_words(name, evidence)
        case Reason.HAND_OFF:
            api, dispatch, hidden = handed_to(evidence)
            if hidden == "member":
                name = f"an object with {name}"
            return (_HIDDEN.get(hidden) or _HANDED[dispatch]).format(name=name, api=short(api))
        case Reason.STANDARD_LIBRARY:
            return f"{name} is called by the standard library: {evidence.detail}"
        case Reason.CALLBACK:
            return f"{name} is decorated with @callback"
        case Reason.COROUTINE:
            return f"{name} is a coroutine"
    return f"{name} runs there"


_HANDED = {
    Dispatch.BY_TYPE: "{name} is handed to {api} without @callback",
    Dispatch.EXECUTOR: "{name} is handed to {api}, which runs it in the executor",
    Dispatch.THREAD: "{name} is handed to {api}, which calls it from a thread of its own",
    Dispatch.LOOP: "{name} is handed to {api}, which runs it in the event loop",
    Dispatch.LOOP_CORO: "{name} is handed to {api}, which awaits it",
    Dispatch.CALLER: "{name} is handed to {api}",
}


_HIDDEN = {
    "object": "{name} is run for an object that is handed to {api}, which looks for @callback on the object itself",
    "wrapper": "{name} is handed to {api} in a wrapper that does not copy its @callback",
}


def handed_to(evidence: Evidence) -> tuple[str, Dispatch, str]:
    """Return (API, dispatch, what hides the mark) of the evidence of a hand-off.

    That is "", "object" or "wrapper", or "member" where it is an object that is handed over, whose method runs.
    """
    api, dispatch, *hidden = evidence.detail.split("|")
    return api, Dispatch(dispatch), hidden[0] if hidden else ""


def entry_words(name: str, evidence: Evidence) -> str:
    """Return the words for an entry point of Home Assistant."""
    by = short(evidence.detail)
    if evidence.context is ExecutionContext.WORKER:
        return f"{name} is run in the executor by {by}"
    return f"{name} is called in the event loop by {by}"


def place(analysis: Analysis, evidence: Evidence, message: str) -> Place:
    """Return the place of a call or hand-off."""
    module = evidence.caller_module or (evidence.caller.module if evidence.caller is not None else "")
    return at(analysis, module, evidence.offset, message)


def at(analysis: Analysis, module: str, offset: int, message: str) -> Place:
    """Return a place in an analysed module by its offset."""
    position = analysis.program.lines(module).position(offset)
    return Place(message, analysis.program.path(module), position.line, position.column)


def origin_place(origin: Origin | None, message: str) -> Place:
    """Return a place in Home Assistant's own sources."""
    if origin is None:
        return Place(message, "", 0, 0)
    return Place(message, origin.file, max(origin.line - 1, 0), origin.column)


def _definition(analysis: Analysis, function: FunctionId, message: str) -> Place:
    return at(analysis, function.module, analysis.program.facts(function).name_start, message)
