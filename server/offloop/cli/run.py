"""Checking many integrations: one at a time, or in several processes; only what is shown is kept."""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing.context import BaseContext
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING

from offloop.cli.baseline import Baseline
from offloop.cli.engine import CatalogLike, Checker, Engine
from offloop.cli.mend import Checked, Mended, mend
from offloop.cli.write import write_source
from offloop.config import Settings
from offloop.proof import proved_findings
from offloop.source import Integration, IntegrationFolder, Problem, load_integration

if TYPE_CHECKING:
    from offloop.project import CheckResult
    from offloop.rules.contexts import FunctionContext
    from offloop.rules.rule import Diagnostic


# How long one integration may wait for the types that only jedi can tell; the process starts within it.
_JEDI_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be done with each integration, for all of them alike.

    ``texts`` stand in for files; ``mend`` applies fixes, ``write`` puts them into the files;
    ``contexts`` asks for the functions instead of the findings; ``all_fixes`` tells that the other fixes beside
    the preferred one will be shown too.
    """

    engine: Engine
    catalog: CatalogLike
    settings: Settings
    texts: Mapping[str, str] = field(default_factory=dict)
    baseline: Baseline | None = None
    mend: bool = False
    unsafe: bool = False
    write: bool = False
    contexts: bool = False
    all_fixes: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """A file's text before and after mending."""

    path: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one integration.

    ``findings`` are those to show, ``known`` all that were found, the baseline's too; ``texts`` the files
    that they lie in; ``files`` the checked files that were asked for; ``receivers`` counts the receivers
    that our resolver, jedi and nobody could tell.
    """

    findings: tuple[Diagnostic, ...] = ()
    known: tuple[Diagnostic, ...] = ()
    functions: tuple[FunctionContext, ...] = ()
    problems: tuple[Problem, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    mended: int = 0
    changes: tuple[Change, ...] = ()
    receivers: tuple[int, int, int] = (0, 0, 0)


def run(task: Task, folders: Sequence[IntegrationFolder], jobs: int) -> Iterator[Outcome]:
    """Yield the outcome of each integration as soon as it is there, in no certain order."""
    jobs = min(jobs, len(folders))
    if jobs > 1:
        yield from _run_in_processes(task, folders, jobs)
        return
    checker = _Lazy(task)
    try:
        for folder in folders:
            yield _outcome(task, checker, folder)
    finally:
        checker.close()


def default_jobs(integrations: int) -> int:
    """Return how many processes are worth their start for this many integrations."""
    if integrations < 8:
        return 1
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


class _Lazy:
    """A checker that is made when first asked, so that its faults count as an integration's."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._checker: Checker | None = None

    def get(self) -> Checker:
        """Return the checker."""
        if self._checker is None:
            self._checker = self._task.engine.make_checker(self._task.catalog, self._task.settings)
        return self._checker

    def close(self) -> None:
        """Close the checker, if it was made."""
        if self._checker is not None:
            self._checker.close()


# ------------------------------------------------------------------ processes
_COLLECT_AFTER = 200_000  # new objects; a large integration makes as many
_worker: tuple[Task, _Lazy] | None = None


def _start_worker(task: Task) -> None:
    global _worker  # noqa: PLW0603 - a pool's process has no other place for what all its tasks share
    # The catalog stays; an analysis leaves no cycles behind. Looking through all of it again and again is for nothing.
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)
    checker = _Lazy(task)
    _worker = (task, checker)
    # A pool's process runs no other code when it ends; what the checker has started must not outlive it.
    Finalize(None, checker.close, exitpriority=10)


def _run_in_worker(folder: IntegrationFolder) -> Outcome:
    assert _worker is not None
    return _outcome(*_worker, folder)


def _run_in_processes(task: Task, folders: Sequence[IntegrationFolder], jobs: int) -> Iterator[Outcome]:
    pool = ProcessPoolExecutor(jobs, _context(), _start_worker, (task,))
    try:
        waiting = {pool.submit(_run_in_worker, folder): folder for folder in folders}
        for done in as_completed(list(waiting)):
            yield _result(done, waiting.pop(done))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _context() -> BaseContext:
    # A forked process shares the catalog's memory; beside other threads forking is not safe.
    if sys.platform == "linux" and threading.active_count() == 1:
        return multiprocessing.get_context("fork")
    return multiprocessing.get_context()


def _result(done: Future[Outcome], folder: IntegrationFolder) -> Outcome:
    try:
        return done.result()
    except BrokenProcessPool:
        return _failed(folder, "a process of offloop has died (out of memory?)")
    except Exception as error:  # noqa: BLE001 - one integration must not stop the others
        return _failed(folder, repr(error))


# ------------------------------------------------------------------ one integration
def _outcome(task: Task, checker: _Lazy, folder: IntegrationFolder) -> Outcome:
    try:
        return _check(task, checker.get(), folder)
    except Exception:  # noqa: BLE001 - one integration must not stop the others
        return _failed(folder, traceback.format_exc().rstrip())


def _failed(folder: IntegrationFolder, reason: str) -> Outcome:
    return Outcome(problems=(Problem(folder.root, reason, internal=True),))


def _check(task: Task, checker: Checker, folder: IntegrationFolder) -> Outcome:
    settings = task.settings

    def check(texts: Mapping[str, str]) -> Checked:
        integration = load_integration(
            folder, texts=texts, excludes=settings.excludes, max_bytes=settings.max_file_size
        )
        result = checker.check(integration)
        if checker.resolve_open(integration, _JEDI_SECONDS):
            result = checker.check(integration)
        return Checked(integration, result)

    def chosen(result: CheckResult) -> tuple[Diagnostic, ...]:
        known = _asked(result, folder)
        return known if task.baseline is None else task.baseline.new(known)

    own = {path: text for path, text in task.texts.items() if path.startswith(folder.root + os.sep)}
    mended = _mended(task, check, chosen, own) if task.mend else Mended(check(own))
    changes = tuple(Change(path, old, new) for path, (old, new) in mended.changes.items())
    problems = _written(changes) if task.write else ()
    if problems:
        # What could not be written is not mended: the files as they are now have the last word.
        mended = Mended(check(own))
    integration, result = mended.checked
    shown = () if task.contexts else chosen(result)
    findings = proved_findings(checker, integration, result, shown, first_only=not task.all_fixes)
    return Outcome(
        findings=findings,
        known=_asked(result, folder),
        functions=_functions(result, folder) if task.contexts else (),
        problems=_problems(integration, result, folder) + problems,
        texts=_texts(integration, findings),
        files=tuple(file.path for file in integration.files if folder.shows(file.path)),
        mended=mended.count,
        changes=changes,
        receivers=result.receivers,
    )


def _mended(
    task: Task,
    check: Callable[[Mapping[str, str]], Checked],
    chosen: Callable[[CheckResult], tuple[Diagnostic, ...]],
    texts: Mapping[str, str],
) -> Mended:
    return mend(check, chosen, texts, task.unsafe)


def _asked(result: CheckResult, folder: IntegrationFolder) -> tuple[Diagnostic, ...]:
    return tuple(finding for finding in result.diagnostics if folder.shows(finding.path))


def _functions(result: CheckResult, folder: IntegrationFolder) -> tuple[FunctionContext, ...]:
    return tuple(one for one in result.functions if folder.shows(one.path))


def _problems(
    integration: Integration, result: CheckResult, folder: IntegrationFolder
) -> tuple[Problem, ...]:
    found = dict.fromkeys(integration.problems + result.problems)
    return tuple(one for one in found if one.internal or folder.shows(one.path))


def _written(changes: tuple[Change, ...]) -> tuple[Problem, ...]:
    written = (write_source(change.path, change.old, change.new) for change in changes)
    return tuple(problem for problem in written if problem is not None)


def _texts(integration: Integration, findings: tuple[Diagnostic, ...]) -> dict[str, str]:
    """Return the texts that showing the findings takes; the others need not travel between processes."""
    needed = {finding.path for finding in findings}
    for finding in findings:
        needed.update(step.path for step in finding.trace)
        needed.update(one.path for fix in finding.fixes for one in fix.edits)
    return {file.path: file.text for file in integration.files if file.path in needed}
