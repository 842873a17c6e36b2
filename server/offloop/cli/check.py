"""``offloop check``: findings in, exit code out."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from offloop.cli.baseline import DEFAULT_NAME, Baseline, baseline_of, read_baseline, write_baseline
from offloop.cli.engine import Engine
from offloop.cli.output import FOR_PEOPLE, FORMATS, WITH_ALL_FIXES
from offloop.cli.output.diff import unified
from offloop.cli.output.style import Style, style_for
from offloop.cli.output.summary import diff_summary, plural, statistics, summary
from offloop.cli.prepare import AbortError, Prepared, prepare, problem_line, say
from offloop.cli.progress import watched
from offloop.cli.report import Report, sorted_findings
from offloop.cli.run import Change, Outcome, Task, default_jobs, run
from offloop.cli.write import replace_file

CLEAN, FINDINGS, ABNORMAL = 0, 1, 2


def check(options: argparse.Namespace, engine: Engine) -> int:
    """Check, mend and report; returns the exit code. Raises AbortError where nothing can be done."""
    prepared = prepare(options, engine)
    baseline_file = _baseline_file(options)
    baseline = None if options.write_baseline else _baseline(baseline_file)
    task = Task(
        engine,
        prepared.catalog,
        prepared.settings,
        prepared.texts,
        baseline,
        mend=options.fix or options.diff,
        unsafe=prepared.settings.unsafe_fixes,
        write=options.fix and not options.diff and prepared.stdin is None,
        all_fixes=options.output_format in WITH_ALL_FIXES,
    )
    folders = prepared.discovery.folders
    outcomes = run(task, folders, options.jobs or default_jobs(len(folders)))
    done = list(watched(outcomes, len(folders), sys.stderr, options.no_progress))
    report = _report(prepared, done, engine)
    _tell_problems(report)
    if options.write_baseline:
        return _write_baseline(report, done, baseline_file)
    if baseline is not None and baseline_file is not None and not options.diff and prepared.stdin is None:
        _shrink(baseline, baseline_file, done)
    _show(options, prepared, report, sorted(change for outcome in done for change in outcome.changes))
    return _exit_code(report, options)


def _exit_code(report: Report, options: argparse.Namespace) -> int:
    if report.files == 0 or any(problem.internal for problem in report.problems):
        return ABNORMAL
    return FINDINGS if report.is_failing() and not options.exit_zero else CLEAN


def _report(prepared: Prepared, outcomes: list[Outcome], engine: Engine) -> Report:
    folder = os.getcwd()  # noqa: PTH109 - compared as a string
    texts: dict[str, str] = {}
    for outcome in outcomes:
        texts.update(outcome.texts)
    problems = (problem for outcome in outcomes for problem in outcome.problems)
    findings = (finding for outcome in outcomes for finding in outcome.findings)
    return Report(
        findings=sorted_findings(findings, folder),
        problems=tuple(dict.fromkeys((*prepared.discovery.problems, *problems))),
        texts=texts,
        files=sum(len(outcome.files) for outcome in outcomes),
        mended=sum(outcome.mended for outcome in outcomes),
        known=sum(len(outcome.known) - len(outcome.findings) for outcome in outcomes),
        receivers=_receivers(outcomes),
        source_root=_text_or_none(prepared.catalog.source_root),
        urls={rule.code: rule.url for rule in engine.rules()},
        folder=folder,
    )


def _receivers(outcomes: Iterable[Outcome]) -> tuple[int, int, int]:
    rows = [outcome.receivers for outcome in outcomes]
    return sum(row[0] for row in rows), sum(row[1] for row in rows), sum(row[2] for row in rows)


def _text_or_none(path: object) -> str | None:
    return None if path is None else str(path)


def _tell_problems(report: Report) -> None:
    for problem in report.problems:
        say(problem_line(problem, report.filename(problem.path)))
    if report.files == 0:
        say("offloop: no file could be checked")


# ------------------------------------------------------------------ what is shown
def _show(options: argparse.Namespace, prepared: Prepared, report: Report, changes: list[Change]) -> None:
    if options.diff:
        _print("".join(unified(change, report.filename(change.path)) for change in changes))
        say(diff_summary(report, len(changes)))
        return
    is_filter = options.fix and prepared.stdin is not None
    if is_filter:
        # An editor's filter: the mended text is the output, findings go where messages go.
        _print(changes[0].new if changes else prepared.texts[prepared.stdin or ""])
    if options.output_file:
        stream = io.StringIO()
        stream.writelines(_pieces(options, prepared, report, Style()))
        _write_output(Path(options.output_file), stream.getvalue())
        return
    out = sys.stderr if is_filter else sys.stdout
    for piece in _pieces(options, prepared, report, style_for(out, os.environ, options.color)):
        out.write(piece)
    out.flush()


def _pieces(options: argparse.Namespace, prepared: Prepared, report: Report, style: Style) -> Iterator[str]:
    if options.statistics:
        yield from statistics(report, options.output_format, style)
        return
    yield from FORMATS[options.output_format](report, style)
    if options.output_format in FOR_PEOPLE:
        yield summary(report, prepared.settings.unsafe_fixes, style)


def _print(text: str) -> None:
    # Line ends are the file's own; the text layer would change them on some systems.
    sys.stdout.flush()
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None:
        sys.stdout.write(text)
    else:
        buffer.write(text.encode("utf-8", "surrogateescape"))
        buffer.flush()


def _write_output(file: Path, text: str) -> None:
    try:
        replace_file(file, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise AbortError(f"{file}: cannot be written: {error.strerror or error}") from error


# ------------------------------------------------------------------ known findings
def _baseline_file(options: argparse.Namespace) -> Path | None:
    if options.baseline is not None:
        return Path(options.baseline)
    return Path(DEFAULT_NAME) if options.write_baseline else None


def _baseline(file: Path | None) -> Baseline | None:
    if file is None:
        return None
    try:
        return read_baseline(file)
    except OSError as error:
        raise AbortError(f"{file}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise AbortError(f"{file}: {error}") from error


def _write_baseline(report: Report, outcomes: Iterable[Outcome], file: Path | None) -> int:
    assert file is not None
    findings = [finding for outcome in outcomes for finding in outcome.known]
    _save(baseline_of(findings, file), file)
    say(f"Wrote {plural(len(findings), 'finding')} to {file}.")
    abnormal = report.files == 0 or any(problem.internal for problem in report.problems)
    return ABNORMAL if abnormal else CLEAN


def _shrink(baseline: Baseline, file: Path, outcomes: list[Outcome]) -> None:
    checked = [path for outcome in outcomes for path in outcome.files]
    known = [finding for outcome in outcomes for finding in outcome.known]
    shrunk = baseline.shrunk(known, checked)
    gone = sum(baseline.counts.values()) - sum(shrunk.counts.values())
    if gone:
        _save(shrunk, file)
        say(f"{plural(gone, 'finding')} less: {file} was shortened.")


def _save(baseline: Baseline, file: Path) -> None:
    try:
        write_baseline(baseline, file)
    except OSError as error:
        raise AbortError(f"{file}: cannot be written: {error.strerror or error}") from error
