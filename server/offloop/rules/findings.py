"""From a crossing to a finding: its message, its trace, its severity. Shared by the forward rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from offloop.inference.analysis import Analysis
from offloop.inference.context import ExecutionContext, FunctionId
from offloop.inference.crossings import Crossing
from offloop.inference.removers import REMOVER
from offloop.inference.trace import Place, at, name_of, origin_place, places, reason, short
from offloop.library.model import LoopApi, Tier
from offloop.rules.rule import Diagnostic, Fix, Rule, Severity, Step
from offloop.rules.worker_fixes import fixes_for
from offloop.text import Span

_MAX_NEEDS = 20


def finding(analysis: Analysis, rule: Rule, crossing: Crossing, severity: Severity) -> Diagnostic:
    """Return the finding of a rule for a crossing."""
    fixes = fixes_for(analysis, crossing)
    said = message(analysis, crossing, fixes)
    return _diagnostic(analysis, rule, crossing, severity, said, trace(analysis, crossing), fixes)


def mixed_finding(analysis: Analysis, rule: Rule, crossing: Crossing) -> Diagnostic:
    """Return the finding of a rule for a crossing that the loop gets to as well: both ways are shown."""
    fixes = fixes_for(analysis, crossing)
    steps = (*trace(analysis, crossing), *places(analysis, crossing.function, ExecutionContext.LOOP))
    said = mixed_message(analysis, crossing, fixes)
    return _diagnostic(analysis, rule, crossing, rule.severity, said, steps, fixes)


def _diagnostic(
    analysis: Analysis,
    rule: Rule,
    crossing: Crossing,
    severity: Severity,
    said: str,
    steps: Iterable[Place],
    fixes: tuple[Fix, ...],
) -> Diagnostic:
    function = crossing.function
    return Diagnostic(
        code=rule.code,
        name=rule.name,
        severity=severity,
        message=said,
        path=analysis.program.path(function.module),
        span=Span(crossing.call.start, crossing.call.function.end),
        function=analysis.program.facts(function).qualname,
        context=analysis.summary(function).context.label,
        api=crossing.api.name,
        trace=tuple(Step(*step) for step in steps),
        fixes=fixes,
    )


def message(analysis: Analysis, crossing: Crossing, fixes: tuple[Fix, ...]) -> str:
    """Return what is called, where, why the code runs there, what happens, and what the preferred fix does."""
    written = written_name(analysis, crossing)
    what = f"{written} is called in a worker thread"
    if crossing.callee is not None:
        reached = name_of_api(crossing.api)
        what = f"{written} needs the event loop (it calls {reached}) but is called in a worker thread"
    why = reason(analysis, crossing.function, ExecutionContext.WORKER)
    advice = f" {fixes[0].advice}." if fixes else ""
    return f"{what}: {why}. {outcome(crossing.api)}{advice}"


def mixed_message(analysis: Analysis, crossing: Crossing, fixes: tuple[Fix, ...]) -> str:
    """Return what is called, and why the code runs in a worker and in the loop."""
    function = crossing.function
    where = name_of(analysis, function)
    in_worker = reason(analysis, function, ExecutionContext.WORKER)
    in_loop = reason(analysis, function, ExecutionContext.LOOP)
    advice = f" {fixes[0].advice}." if fixes else ""
    return (
        f"{where} calls {written_name(analysis, crossing)}, which needs the event loop, and runs in two contexts. "
        f"In a worker thread: {in_worker}. In the event loop: {in_loop}. {outcome(crossing.api)}{advice}"
    )


def name_of_api(api: LoopApi) -> str:
    """Return the name of an API for messages; a remover goes by its registration."""
    if api.name.endswith(REMOVER):
        return f"the remover of {short(api.name.removesuffix(REMOVER))}"
    return short(api.name)


def outcome(api: LoopApi) -> str:
    """Return what happens at run time, in a sentence."""
    if api.tier in (Tier.RAISES, Tier.RAISES_VIA):
        return f"Home Assistant raises {api.error} here."
    if api.name.endswith(REMOVER):
        registration = short(api.name.removesuffix(REMOVER))
        return f"It undoes what {registration} registered in the event loop, and nothing checks the thread."
    if api.name.startswith("asyncio."):
        return "asyncio is not thread-safe: the event loop may miss the call, or its state may be corrupted."
    return "Nothing checks the thread here: this may corrupt Home Assistant's state."


def written_name(analysis: Analysis, crossing: Crossing) -> str:
    """Return the callee as the user wrote it, on one line."""
    text = analysis.program.world.analysed[crossing.function.module].text
    callee = crossing.call.function
    written = " ".join(text[callee.start : callee.end].split())
    return written if len(written) <= 60 else f"...{written.rpartition('.')[2]}"


def trace(analysis: Analysis, crossing: Crossing) -> Iterator[Place]:
    """Yield the whole way: from the entry point through the calls to the finding, and on to the line that decides."""
    yield from places(analysis, crossing.function, ExecutionContext.WORKER)
    written = written_name(analysis, crossing)
    module = crossing.function.module
    yield at(analysis, module, crossing.call.start, f"{written} is called here, in a worker thread")
    callee: FunctionId | None = crossing.callee
    for _ in range(_MAX_NEEDS):
        need = analysis.needs.get(callee) if callee is not None else None
        if callee is None or need is None:
            break
        target = name_of(analysis, need.via) if need.via is not None else name_of_api(need.api)
        yield at(analysis, need.module, need.call.start, f"{name_of(analysis, callee)} calls {target}")
        callee = need.via
    origin = crossing.api.origin
    if origin.file:
        yield origin_place(origin, _origin_words(crossing.api))


def _origin_words(api: LoopApi) -> str:
    if api.name.endswith(REMOVER):
        registration = short(api.name.removesuffix(REMOVER))
        return f"{registration} changes what belongs to the event loop, and so does undoing it: {api.via}"
    if api.tier in (Tier.RAISES, Tier.RAISES_VIA):
        return f"{short(api.name)}: {api.via or 'Home Assistant checks the thread here and raises'}"
    return f"{short(api.name)} changes what belongs to the event loop: {api.via}"
