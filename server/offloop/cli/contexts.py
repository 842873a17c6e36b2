"""``offloop contexts``: where each function runs, and why."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from offloop.cli.check import ABNORMAL, CLEAN
from offloop.cli.engine import Engine
from offloop.cli.output.data import array, function_object
from offloop.cli.output.style import Style, style_for
from offloop.cli.prepare import AbortError, prepare, problem_line, say
from offloop.cli.progress import watched
from offloop.cli.report import Report, step_place
from offloop.cli.run import Task, default_jobs, run
from offloop.cli.write import replace_file

if TYPE_CHECKING:
    from offloop.rules.contexts import FunctionContext

_STYLES = {"loop": "added", "worker": "warning", "both": "error", "unknown": "dim"}


def contexts(options: argparse.Namespace, engine: Engine) -> int:
    """Show the functions of files and folders; returns the exit code. Raises AbortError."""
    prepared = prepare(options, engine)
    task = Task(engine, prepared.catalog, prepared.settings, prepared.texts, contexts=True)
    folders = prepared.discovery.folders
    outcomes = run(task, folders, options.jobs or default_jobs(len(folders)))
    done = list(watched(outcomes, len(folders), sys.stderr, options.no_progress))
    root = prepared.catalog.source_root
    report = Report(
        problems=(*prepared.discovery.problems, *(one for outcome in done for one in outcome.problems)),
        files=sum(len(outcome.files) for outcome in done),
        source_root=None if root is None else str(root),
    )
    for problem in report.problems:
        say(problem_line(problem, report.filename(problem.path)))
    functions = [function for outcome in done for function in outcome.functions]
    functions.sort(key=lambda one: (report.filename(one.path), one.line, one.column))
    _write(options, report, functions)
    abnormal = report.files == 0 or any(problem.internal for problem in report.problems)
    return ABNORMAL if abnormal else CLEAN


def _write(options: argparse.Namespace, report: Report, functions: Sequence[FunctionContext]) -> None:
    if options.output_file:
        stream = io.StringIO()
        stream.writelines(_pieces(options, report, functions, Style()))
        try:
            replace_file(Path(options.output_file), stream.getvalue().encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise AbortError(
                f"{options.output_file}: cannot be written: {error.strerror or error}"
            ) from error
        return
    style = style_for(sys.stdout, os.environ, options.color)
    sys.stdout.writelines(_pieces(options, report, functions, style))
    sys.stdout.flush()


def _pieces(
    options: argparse.Namespace, report: Report, functions: Sequence[FunctionContext], style: Style
) -> Iterator[str]:
    if options.output_format == "json":
        return array(function_object(report, function) for function in functions)
    return _text(report, functions, style)


def _text(report: Report, functions: Sequence[FunctionContext], style: Style) -> Iterator[str]:
    for filename, group in groupby(functions, key=lambda one: report.filename(one.path)):
        yield style("path", filename) + "\n"
        for one in group:
            context = style(_STYLES.get(one.context, "bold"), f"{one.context:<7}")
            yield f"  {one.line + 1:>5}  {context}  {one.declared:<9}  {one.function}\n"
            for step in one.trace:
                row, column = step_place(step)
                place = f"{report.filename(step.path)}:{row}:{column}"
                yield style("dim", f"{'':18}{step.message} ({place})") + "\n"
        yield "\n"
