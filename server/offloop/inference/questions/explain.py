"""Where a function runs, or what a call needs, in words: what is shown without being a finding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from offloop.facts.tree import Call
from offloop.inference.analysis import Analysis
from offloop.inference.context import Evidence, ExecutionContext, FunctionId, Reason
from offloop.inference.questions.cursor import Target
from offloop.inference.seeds import hand_off_seed
from offloop.inference.trace import Place, chain, name_of, open_place, open_words, origin_place, places, short
from offloop.library.model import Dispatch, Kind, LoopApi, Tier
from offloop.library.overrides import ASYNCIO_APIS

_RUNS = {
    ExecutionContext.LOOP: "runs in the event loop",
    ExecutionContext.WORKER: "runs in a worker thread",
    ExecutionContext.BOTH: "runs in the event loop and in worker threads",
}
_SIDE = {ExecutionContext.LOOP: "event loop", ExecutionContext.WORKER: "worker"}
_NEEDS = {
    Tier.RAISES: "may be called in the event loop only; anywhere else it raises",
    Tier.RAISES_VIA: "may be called in the event loop only; anywhere else what it calls raises",
    Tier.CORRUPTS: "may be called in the event loop only; anywhere else it corrupts state",
    Tier.COROUTINE: "is a coroutine function: it runs in the event loop, once awaited there",
}
_IN_LOOP = {"raises": "raises", "deadlocks": "waits for itself for ever"}


class Explanation(NamedTuple):
    """What is known of one thing: ``heads`` are sentences, ``places`` lead from an entry point to it."""

    heads: tuple[str, ...]
    places: tuple[Place, ...]


def runs(analysis: Analysis, function: FunctionId) -> str:
    """Return where a function runs, as the end of a sentence."""
    context = analysis.summary(function).claim
    return _RUNS.get(context) or f"has no known context: {_unknown(analysis, function)}"


def label(analysis: Analysis, function: FunctionId) -> str:
    """Return where a function runs and why, in a few words: "worker: X runs it in the executor"."""
    context = analysis.summary(function).claim
    if context is ExecutionContext.UNKNOWN:
        return f"unknown: {_unknown(analysis, function)}"
    if context is ExecutionContext.LOOP:
        return "event loop"
    name = "both" if context is ExecutionContext.BOTH else "worker"
    return f"{name}: {brief(analysis, function, ExecutionContext.WORKER)}"


def _unknown(analysis: Analysis, function: FunctionId) -> str:
    summary = analysis.summary(function)
    if summary.open is not None:
        return f"the {_SIDE[summary.context]} calls it, but {open_words(analysis, summary.open)}"
    called = any(edge.callee == function and edge.caller != function for edge in analysis.graph.calls)
    return "where its callers run is not known" if called else "no caller found"


def brief(analysis: Analysis, function: FunctionId, context: ExecutionContext) -> str:
    """Return why a function runs in a context: who calls it, or who starts it."""
    links = chain(analysis, function, context)
    if not links:
        return ""
    _, evidence = links[-1]
    if evidence.reason is Reason.CALL and evidence.caller is not None:
        return f"called by {name_of(analysis, evidence.caller).strip('`')}"
    return _root(evidence)


def _root(evidence: Evidence) -> str:
    match evidence.reason:
        case Reason.ENTRY_POINT:
            words = (
                "runs it in the executor"
                if evidence.context is ExecutionContext.WORKER
                else "calls it in the event loop"
            )
            return f"{short(evidence.detail)} {words}"
        case Reason.HAND_OFF:
            api, _, dispatch = evidence.detail.partition("|")
            missing = " without @callback" if Dispatch(dispatch) is Dispatch.BY_TYPE else ""
            return f"handed to {short(api)}{missing}"
    return evidence.detail


def explain(analysis: Analysis, target: Target) -> Explanation | None:
    """Return what is known of a function or call, None where nothing is."""
    if target.call is not None:
        return _call(analysis, target, target.call)
    if target.function is None:
        return None
    if target.kind == "decorator":
        name = name_of(analysis, target.function)
        head = f"`@callback` tells Home Assistant to run {name} in the event loop, directly, without a task"
        return Explanation((head, *_warning(analysis, target.function)), _trace(analysis, target.function))
    return _function(analysis, target.function)


def _warning(analysis: Analysis, function: FunctionId) -> Iterator[str]:
    if ExecutionContext.WORKER in analysis.summary(function).context:
        yield "yet it is called directly in a worker thread, where `@callback` changes nothing"


def _function(analysis: Analysis, function: FunctionId) -> Explanation:
    kind = analysis.program.kinds[function]
    declared = {Kind.COROUTINE: " (a coroutine function)", Kind.CALLBACK: " (`@callback`)"}.get(kind, "")
    head = f"{name_of(analysis, function)}{declared} {runs(analysis, function)}"
    return Explanation((head,), _trace(analysis, function))


def _trace(analysis: Analysis, function: FunctionId) -> tuple[Place, ...]:
    """Return the steps to a function: for both contexts those in a worker first."""
    summary = analysis.summary(function)
    steps = [
        step
        for bit in (ExecutionContext.WORKER, ExecutionContext.LOOP)
        if bit in summary.context
        for step in places(analysis, function, bit)
    ]
    return (*steps, open_place(analysis, summary.open)) if summary.open is not None else tuple(steps)


# -------------------------------------------------------------------- calls
def _call(analysis: Analysis, target: Target, call: Call) -> Explanation | None:
    heads: list[str] = []
    steps: list[Place] = []
    for dotted in _apis(analysis, target, call):
        for sentence, step in _api(analysis, dotted):
            heads.append(sentence)
            steps += (step,) if step is not None else ()
    for function in callees(analysis, target):
        known = _function(analysis, function)
        heads += known.heads
        steps += known.places
    for edge in analysis.graph.handed:
        if edge.module == target.module and _same(edge.call, call):
            seed = hand_off_seed(analysis.program, edge)
            if seed is not None:
                where = _RUNS[seed[1].context]
                heads.append(f"{name_of(analysis, seed[0])} is handed over here and {where}")
    if not heads:
        return None
    if target.function is not None:
        heads.append(f"Here: {name_of(analysis, target.function)} {runs(analysis, target.function)}")
    return Explanation(tuple(dict.fromkeys(heads)), tuple(dict.fromkeys(steps)))


def _apis(analysis: Analysis, target: Target, call: Call) -> list[str]:
    found = (
        one.api for one in analysis.graph.api_calls if one.module == target.module and _same(one.call, call)
    )
    return list(dict.fromkeys(found))


def callees(analysis: Analysis, target: Target) -> list[FunctionId]:
    """Return the functions of the integration that a call reaches."""
    call = target.call
    if call is None:
        return []
    calls = analysis.graph.calls
    found = (one.callee for one in calls if one.module == target.module and _same(one.call, call))
    return list(dict.fromkeys(found))


def _same(one: Call, other: Call) -> bool:
    return one is other or (one.start == other.start and one.end == other.end)


def loop_api(analysis: Analysis, dotted: str) -> LoopApi | None:
    """Return the API of that name which belongs to the loop, harmful or not."""
    return analysis.catalog.loop_apis.get(dotted) or ASYNCIO_APIS.get(dotted)


def _api(analysis: Analysis, dotted: str) -> Iterator[tuple[str, Place | None]]:
    name = f"`{short(dotted)}`"
    api = loop_api(analysis, dotted)
    if api is not None and api.tier in _NEEDS:
        place = origin_place(api.origin, f"{name} is defined here") if api.origin.file else None
        yield f"{name} {_NEEDS[api.tier]}", place
        if api.twin is not None:
            waits = ", which waits for the loop" if api.twin.blocks else ""
            yield f"From a worker thread: `{short(api.twin.name)}`{waits}", None
    other = analysis.catalog.sync_apis.get(dotted)
    if other is not None:
        place = origin_place(other.origin, f"{name} is defined here") if other.origin.file else None
        yield (
            f"{name} is for worker threads; in the event loop it {_IN_LOOP.get(other.in_loop, other.in_loop)}",
            place,
        )
    for blocking in analysis.catalog.blocking:
        if blocking.name == dotted:
            yield (
                f"{name} blocks; Home Assistant reports it in the event loop",
                origin_place(blocking.origin, f"{name} is watched here"),
            )
