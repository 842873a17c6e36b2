"""The whole story of a check: texts and catalog in, findings and contexts out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePath
from typing import NamedTuple

from offloop.catalog.libraries import Libraries, libraries_of
from offloop.catalog.load import cache_folder
from offloop.config import Settings
from offloop.facts.pieces import Reading, read, read_again
from offloop.inference.analysis import Analysis, analyse
from offloop.inference.live import Answers, LiveAnalysis
from offloop.inference.open_receivers import Receivers, receivers
from offloop.inference.program import ModuleInput
from offloop.library.model import Catalog, Type
from offloop.resolve.jedi_worker import JediWorker, Key, Question
from offloop.rules.contexts import Contexts, FunctionContext
from offloop.rules.registry import RULES
from offloop.rules.rule import Diagnostic, FileEdit, Rule, Severity
from offloop.rules.suppression import Suppressions, finding_of
from offloop.rules.unused_suppression import RULE as UNUSED_SUPPRESSION
from offloop.source import Integration, Problem, SourceFile
from offloop.text import Moves, Room, Span


class ReceiverCounts(NamedTuple):
    """Calls in workers named like a loop API, by who tells what they are called on: we, jedi, nobody."""

    own: int = 0
    jedi: int = 0
    open: int = 0


NO_RECEIVERS = ReceiverCounts()


@dataclass(frozen=True, slots=True)
class CheckResult:
    """All that one check of an integration found."""

    diagnostics: tuple[Diagnostic, ...]
    functions: Sequence[FunctionContext]
    problems: tuple[Problem, ...]
    receivers: ReceiverCounts = NO_RECEIVERS


class Project:
    """A catalog and settings with the caches that make checking again cheap; not thread-safe.

    A ``live`` one keeps its last analysis, so that checking again after an edit is cheaper still.
    ``libraries`` tell in which threads libraries call what they are given. ``jedi`` is asked by
    ``resolve_open``; a worker of its own is made where none is given and one is needed.
    """

    def __init__(
        self,
        catalog: Catalog,
        settings: Settings,
        jedi: JediWorker | None = None,
        libraries: Libraries | None = None,
        *,
        live: bool = False,
    ) -> None:
        self.catalog = catalog
        self.libraries = (
            libraries_of(settings.python, catalog.source_root) if libraries is None else libraries
        )
        self.settings = settings
        self._live = LiveAnalysis() if live else None
        self._readings: dict[str, Reading] = {}
        self._jedi = jedi
        self._owns_jedi = jedi is None
        self._is_fault_told = False
        self._answers: dict[Key, tuple[str, ...]] = {}
        self._questions: tuple[Question, ...] = ()
        self._analysis: Analysis | None = None

    @property
    def analysis(self) -> Analysis | None:
        """The analysis behind the last check, for questions about a place; valid until the next check."""
        return self._analysis

    def release(self) -> None:
        """Let go of the analysis behind the last check; what was read of the texts is kept."""
        if self._live is not None:
            self._live.release()
        elif self._analysis is not None:
            self._analysis.release()
        self._analysis = None

    def check(self, integration: Integration, focus: str = "") -> CheckResult:
        """Analyse one integration, with the answers there are; never raises for anything in its texts.

        ``focus`` is the path of the file that is likely to be edited next.
        """
        if self._live is None:
            self.release()
        self._readings = {file.path: self._reading(file) for file in integration.files}
        inputs = self._inputs(integration)
        result, self._questions, self._analysis = self._judged(
            integration,
            inputs,
            self._answered(inputs),
            analyse if self._live is None else partial(self._live.analyse, focus=focus),
        )
        return result

    def check_edited(self, edited: Integration, moves: Mapping[str, Moves]) -> CheckResult:
        """Analyse texts that came from those of the last check by edits; the last check stays what it was.

        ``moves`` tell by path where places of the old texts are now; the answers there are move with them.
        """
        inputs = self._inputs(edited)
        answers: dict[tuple[str, int], Type] = {}
        modules = {item.path: item for item in inputs}
        for (path, _, offset), types in self._answers.items():
            if path in modules and types:
                for place in moves[path].places(offset) if path in moves else (offset,):
                    answers[_place(modules[path], place)] = Type("|", tuple(map(_type, types)))
        result, _questions, analysis = self._judged(edited, inputs, answers, analyse)
        if analysis is not None:
            analysis.release()
        return result

    def _judged(
        self,
        integration: Integration,
        inputs: list[ModuleInput],
        answers: Answers,
        analysed: Callable[[list[ModuleInput], Catalog, str, Answers], Analysis],
    ) -> tuple[CheckResult, tuple[Question, ...], Analysis | None]:
        """Return what is found, what there is to ask jedi, and the analysis behind it."""
        try:
            catalog = self.libraries.extend(self.catalog, [item.facts for item in inputs])
            analysis = analysed(inputs, catalog, integration.package, answers)
            sorted_receivers = receivers(analysis)
        except Exception as error:  # noqa: BLE001  (one bad text must not end the work on the others)
            problem = Problem(integration.root, f"internal error: {error!r}", internal=True)
            return CheckResult((), (), (*integration.problems, problem)), (), None
        problems = list(integration.problems)
        found: list[Diagnostic] = []
        for rule in RULES:
            try:
                found.extend(self._findings(rule, analysis))
            except Exception as error:  # noqa: BLE001  (nor one bad rule the other rules)
                problems.append(
                    Problem(integration.root, f"internal error in {rule.code}: {error!r}", internal=True)
                )
        questions = tuple(self._open(analysis, sorted_receivers))
        suppressions = Suppressions(analysis)
        found = [diagnostic for diagnostic in found if not suppressions.cover(diagnostic)]
        if not questions and not any(problem.internal for problem in problems):
            found.extend(self._idle(suppressions, inputs))
        rooms = {item.path: item.room for item in inputs if item.room is not None}
        if rooms:
            found = [_without_room(diagnostic, rooms) for diagnostic in found]
        found.sort(key=lambda diagnostic: (diagnostic.path, diagnostic.span, diagnostic.code))
        counts = ReceiverCounts(sorted_receivers.own, sorted_receivers.answered, len(sorted_receivers.open))
        problems.extend(_syntax_problems(inputs))
        problems.extend(self._fault(integration))
        facts = [item.facts for item in inputs]
        differing = self.libraries.of_other_versions(facts, integration.requirements)
        notices = (*differing, *self.libraries.new_notices())
        problems.extend(Problem(integration.root, notice) for notice in notices)
        functions = Contexts(analysis.view())
        return CheckResult(tuple(found), functions, tuple(problems), counts), questions, analysis

    # ---------------------------------------------------------------- the last resort
    def resolve_open(self, integration: Integration, timeout: float) -> bool:
        """Ask jedi for what the last check of an integration left open; whether checking again may tell more.

        Waits for ``timeout`` seconds at most. What is answered later is taken by a later call.
        """
        if not self._questions:
            return False
        if self._jedi is None:
            self._jedi = JediWorker(cache_folder(), [])
        root = self.catalog.source_root
        known = [
            *import_folders(integration),
            *([] if root is None else [root]),
            *map(str, self.libraries.folders),
        ]
        folders = tuple(dict.fromkeys(known))
        answers = self._jedi.ask(self._questions, timeout, folders)
        new = {key: types for key, types in answers.items() if key not in self._answers}
        self._answers.update(new)
        return any(new.values()) or (self._jedi.fault is not None and not self._is_fault_told)

    @property
    def is_asking(self) -> bool:
        """Whether jedi has not yet told, or not yet been asked, all that the last check left open."""
        if self._jedi is not None and self._jedi.has_given_up:
            return False
        return any(question.key not in self._answers for question in self._questions)

    def close(self) -> None:
        """End the process that asks jedi, if this project started one; it may be used again."""
        if self._owns_jedi and self._jedi is not None:
            self._jedi.close()

    def _open(self, analysis: Analysis, sorted_receivers: Receivers) -> Iterator[Question]:
        # Without the sources of Home Assistant, jedi would know no class that matters.
        if not self.settings.jedi or self.catalog.source_root is None:
            return
        for receiver in sorted_receivers.open:
            module = analysis.program.world.analysed[receiver.function.module]
            text, offset = module.text, receiver.offset
            if module.room is not None:
                text, offset = module.room.closed(text), module.room.outside(offset)
            question = Question(module.path, module.facts.digest, text, offset)
            if question.key not in self._answers:
                yield question

    def _answered(self, inputs: Iterable[ModuleInput]) -> dict[tuple[str, int], Type]:
        """Return the answers on the given texts, and forget those on others."""
        modules = {(item.path, item.facts.digest): item for item in inputs}
        self._answers = {key: types for key, types in self._answers.items() if key[:2] in modules}
        return {
            _place(modules[path, digest], offset): Type("|", tuple(map(_type, types)))
            for (path, digest, offset), types in self._answers.items()
            if types
        }

    def _fault(self, integration: Integration) -> Iterator[Problem]:
        if self._jedi is not None and self._jedi.fault is not None and not self._is_fault_told:
            self._is_fault_told = True
            yield Problem(integration.root, self._jedi.fault)

    # ---------------------------------------------------------------- parts of a check
    def _inputs(self, integration: Integration) -> list[ModuleInput]:
        inputs: list[ModuleInput] = []
        for file in integration.files:
            reading = self._reading(file)
            module = ModuleInput(file.module, file.path, file.is_package, reading.text, reading.facts)
            if reading.piece is not None:
                module = replace(module, room=reading.piece.room, edited=reading.piece.edited)
            inputs.append(module)
        return inputs

    def _reading(self, file: SourceFile) -> Reading:
        """Return what was read of a file: before, where its text is the same."""
        known = self._readings.get(file.path)
        if known is not None and known.facts.digest == file.digest:
            return known
        if known is None or self._live is None:
            return read(file.text, file.digest)
        return read_again(known, file.text, file.digest)

    def _findings(self, rule: Rule, analysis: Analysis) -> Iterator[Diagnostic]:
        severity = self.settings.severity_of(rule)
        if severity is Severity.OFF:
            return
        # A severity that the user chose for the rule holds for all its findings.
        chosen = severity is not rule.severity or self.settings.sets_severity(rule)
        for diagnostic in rule.check(analysis):
            yield replace(diagnostic, severity=severity) if chosen else diagnostic

    def _idle(self, suppressions: Suppressions, inputs: Iterable[ModuleInput]) -> Iterator[Diagnostic]:
        """Yield the comments that silence nothing, of files that were understood in full."""
        severity = self.settings.severity_of(UNUSED_SUPPRESSION)
        if severity is Severity.OFF or any(item.facts.problems for item in inputs):
            return
        spoke = [rule for rule in RULES if self.settings.severity_of(rule) is not Severity.OFF]
        enabled = frozenset(name for rule in spoke for name in (rule.code, rule.name))
        for unused in suppressions.unused(enabled):
            yield finding_of(unused, UNUSED_SUPPRESSION, severity)


def _place(module: ModuleInput, offset: int) -> tuple[str, int]:
    """Return a module and where the analysis finds an offset of its file's text."""
    return module.name, offset if module.room is None else module.room.inside(offset)


def _without_room(diagnostic: Diagnostic, rooms: Mapping[str, Room]) -> Diagnostic:
    """Return a finding with the places of the files' own texts."""

    def edited(change: FileEdit) -> FileEdit:
        room = rooms.get(change.path)
        if room is None:
            return change
        edit = change.edit
        return replace(change, edit=replace(edit, start=room.outside(edit.start), end=room.outside(edit.end)))

    span, room = diagnostic.span, rooms.get(diagnostic.path)
    if room is not None:
        span = Span(room.outside(span.start), room.outside(span.end))
    fixes = tuple(replace(fix, edits=tuple(map(edited, fix.edits))) for fix in diagnostic.fixes)
    return replace(diagnostic, span=span, fixes=fixes)


def _type(dotted: str) -> Type:
    return Type(dotted.removeprefix("builtins."))


def import_folders(integration: Integration) -> tuple[str, ...]:
    """Return the folders from which the modules of an integration have the names that they have."""
    found: dict[str, None] = {}
    for file in integration.files[:1]:
        parents = PurePath(file.path).parents
        above = file.module.count(".") + (1 if file.is_package else 0)
        if above < len(parents):
            found[str(parents[above])] = None
    return tuple(found)


def _syntax_problems(inputs: Iterable[ModuleInput]) -> Iterator[Problem]:
    """Yield a problem for each text that was not understood in full; what was understood is checked all the same."""
    for item in inputs:
        if item.facts.problems:
            first = item.facts.problems[0]
            yield Problem(item.path, f"{first.line + 1}:{first.column + 1}: {first.message}")
