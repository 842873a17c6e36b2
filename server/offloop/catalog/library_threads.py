"""Which threads a library starts, by which of its functions, and whether it runs an event loop of its own there.

A thread that only some function starts (``loop_start``) is no thread of those who never call it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from offloop.facts.tree import Attribute
from offloop.facts.walk import walk
from offloop.inference.callgraph import CallGraph
from offloop.inference.context import ExecutionContext, FunctionId, Reason, Summary
from offloop.inference.fixpoint import Edge
from offloop.inference.program import Program
from offloop.library.model import Dispatch

_IN_THREADS = (Dispatch.EXECUTOR, Dispatch.THREAD)
_OWN_LOOPS = frozenset(
    {
        "asyncio.run",
        "asyncio.new_event_loop",
        "asyncio.AbstractEventLoop.run_forever",
        "asyncio.AbstractEventLoop.run_until_complete",
    }
)
_RUN_LOOP = frozenset({"run_forever", "run_until_complete"})
_STARTING = frozenset({"threading.Thread", "threading.Timer", "_thread.start_new_thread"})


class Threads:
    """Tells for functions that run in a library's threads which functions start these threads."""

    def __init__(
        self,
        program: Program,
        graph: CallGraph,
        edges: Iterable[Edge],
        summaries: Mapping[FunctionId, Summary],
    ) -> None:
        self.program = program
        self.summaries = summaries
        self._calling: dict[FunctionId, list[FunctionId]] = defaultdict(list)
        self._callers: dict[FunctionId, list[FunctionId]] = defaultdict(list)
        for edge in edges:
            self._calling[edge.callee].append(edge.caller)
            self._callers[edge.callee].append(edge.caller)
        self._starters: dict[FunctionId, list[FunctionId | None]] = defaultdict(list)
        self._at_import = {
            call.callee
            for call in graph.calls
            if call.caller is None and not _is_script(program, call.module)
        }
        for handed in graph.handed:
            if handed.target.index < 0 or handed.target.position >= 0:
                continue
            target = FunctionId(handed.target.module, handed.target.index)
            if handed.handoff.dispatch in _IN_THREADS:
                self._starters[target].append(handed.caller)
            # What is handed over is called by nobody unless that is done.
            if handed.caller is None:
                if not _is_script(program, handed.module):
                    self._at_import.add(target)
            else:
                self._callers[target].append(handed.caller)
        self._known: dict[FunctionId, tuple[str, ...]] = {}

    def needed(self, function: FunctionId) -> tuple[str, ...]:
        """Return the functions of which one must be called for a function to run in a thread; none: it does anyway."""
        known = self._known.get(function)
        if known is None:
            known = self._known[function] = self._needed(function)
        return known

    def _needed(self, function: FunctionId) -> tuple[str, ...]:
        starters: set[FunctionId] = set()
        for current in self._back({function}, self._in_worker, self._calling):
            summary = self.summaries.get(current)
            worker = summary.worker if summary is not None else None
            if worker is None or worker.reason is Reason.CALL:
                continue
            found = self._starters.get(current)
            if worker.reason is not Reason.HAND_OFF or not found or None in found:
                return ()  # a thread of a class of threads, or one that is started at import
            starters.update(one for one in found if one is not None)
        names: set[str] = set()
        for current in self._back(starters, lambda _: True, self._callers):
            facts = self.program.facts(current)
            if facts.name.startswith("__") or current in self._at_import:
                return ()
            if not facts.name.startswith("_"):
                names.add(f"{current.module}.{facts.qualname}")
        return tuple(sorted(names))

    def _in_worker(self, function: FunctionId) -> bool:
        summary = self.summaries.get(function)
        return summary is not None and ExecutionContext.WORKER in summary.context

    def _back(
        self,
        functions: Iterable[FunctionId],
        wanted: Callable[[FunctionId], bool],
        callers: Mapping[FunctionId, list[FunctionId]],
    ) -> Iterator[FunctionId]:
        """Yield functions and those that call them, directly or not."""
        waiting = list(functions)
        seen = set(waiting)
        while waiting:
            current = waiting.pop()
            yield current
            for caller in callers.get(current, ()):
                if caller not in seen and wanted(caller):
                    seen.add(caller)
                    waiting.append(caller)


def packages_with_loops(
    program: Program, graph: CallGraph, summaries: Mapping[FunctionId, Summary]
) -> frozenset[str]:
    """Return the top-level packages that run an event loop in a thread of their own.

    Their coroutines are not known to run in Home Assistant's loop.
    """
    found: set[str] = set()
    for call in graph.api_calls:
        summary = summaries.get(call.caller) if call.caller is not None else None
        in_worker = summary is not None and ExecutionContext.WORKER in summary.context
        given = (part for argument in call.call.arguments for part in walk(argument.value))
        is_started = call.api in _STARTING and any(_runs_loop(part) for part in given)
        if is_started or (in_worker and call.api in _OWN_LOOPS):
            found.add(call.module.partition(".")[0])
    for function, summary in summaries.items():
        calls = program.facts(function).calls
        if ExecutionContext.WORKER in summary.context and any(_runs_loop(call.function) for call in calls):
            found.add(function.module.partition(".")[0])
    return frozenset(found)


def _is_script(program: Program, module: str) -> bool:
    """Whether calls at module level are those of a command: nobody who imports the module makes them."""
    text = program.world.analysed[module].text
    return module.endswith("__main__") or "__main__" in text


def _runs_loop(expr: object) -> bool:
    return isinstance(expr, Attribute) and expr.attr in _RUN_LOOP
