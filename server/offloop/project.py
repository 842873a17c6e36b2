"""The whole story of a check: texts and catalog in, findings and contexts out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from offloop.catalog.libraries import Libraries, libraries_of
from offloop.catalog.load import cache_folder
from offloop.config import Settings
from offloop.facts.piece import Reading
from offloop.facts.pieces import read, read_again
from offloop.inference.analysis import Analysis, analyse
from offloop.inference.live import Answers, LiveAnalysis
from offloop.inference.open_receivers import Receivers, receivers
from offloop.inference.program import ModuleInput
from offloop.library.model import Catalog, Type
from offloop.resolve.carried import carried
from offloop.resolve.jedi_worker import JediWorker, Key, Question
from offloop.rules.contexts import Contexts, FunctionContext
from offloop.rules.judged import Judged
from offloop.rules.places import mentions, without_room
from offloop.rules.registry import RULES
from offloop.rules.rule import Diagnostic, Rule, Severity
from offloop.rules.suppression import Suppressions, finding_of
from offloop.rules.unused_suppression import RULE as UNUSED_SUPPRESSION
from offloop.source import Integration, Problem, SourceFile
from offloop.text import Moves, digest


class ReceiverCounts(NamedTuple):
    """Calls in workers named like a loop API, by who tells what they are called on: we, jedi, nobody."""

    own: int = 0
    jedi: int = 0
    open: int = 0


NO_RECEIVERS = ReceiverCounts()


class CheckResult(NamedTuple):
    """All that one check of an integration found."""

    diagnostics: tuple[Diagnostic, ...]
    functions: Sequence[FunctionContext]
    problems: tuple[Problem, ...]
    receivers: ReceiverCounts = NO_RECEIVERS


class _Read(NamedTuple):
    """A file, what was read of it, and what of that is analysed."""

    file: SourceFile
    reading: Reading
    module: ModuleInput


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
        self._files: tuple[SourceFile, ...] = ()
        self._read: dict[str, _Read] = {}
        self._jedi = jedi
        self._owns_jedi = jedi is None
        self._is_fault_told = False
        self._answers: dict[Key, tuple[str, ...]] = {}
        # Answers on a text that was edited elsewhere since: good until they are asked for again.
        self._carried: set[Key] = set()
        self._questions: tuple[Question, ...] = ()
        self._judged: Judged | None = None

    @property
    def analysis(self) -> Analysis | None:
        """The analysis behind the last check, for questions about a place; valid until the next check."""
        return self._judged.analysis if self._judged is not None else None

    def release(self) -> None:
        """Let go of the analysis behind the last check; what was read of the texts is kept."""
        if self._live is not None:
            self._live.release()
        elif self._judged is not None:
            self._judged.analysis.release()
        self._judged = None

    def check(self, integration: Integration, focus: str = "", *, functions: bool = True) -> CheckResult:
        """Analyse one integration, with the answers there are; never raises for anything in its texts.

        ``focus`` is the path of the file that is likely to be edited next. ``functions`` is whether the result is to
        tell of those, too: who types does not ask, and others may ask the analysis.
        """
        if self._live is None:
            self.release()
        before = self._read
        self._read_all(integration.files)
        self._carry_answers(before)
        result = self._checked(integration, focus)
        read = self._read.items() if result.diagnostics else ()
        cut = [path for path, one in read if one.reading.has_inner_room and self._is_told_of(path)]
        if cut:
            # Text is cut out of these files, and there must be no room amid what is cut out.
            self._read |= {path: self._reading(self._read[path].file, again=True) for path in cut}
            result = self._checked(integration, focus)
        if functions and self._judged is not None:
            result = result._replace(functions=Contexts(self._judged.analysis.view()))
        return result

    def _read_all(self, files: tuple[SourceFile, ...]) -> None:
        """Read the files; mostly all but the one that somebody types in are the same objects as before."""
        known = self._files
        changed = [(old, new) for old, new in zip(known, files, strict=False) if old is not new]
        is_same = len(known) == len(files) and all(old.path == new.path for old, new in changed)
        again = [new for _, new in changed] if is_same else files
        read = {file.path: self._reading(file) for file in again}
        self._files, self._read = files, self._read | read if is_same else read

    def _checked(self, integration: Integration, focus: str) -> CheckResult:
        inputs = [one.module for one in self._read.values()]
        analysed = analyse if self._live is None else partial(self._live.analyse, focus=focus)
        result, self._judged = self._result(integration, inputs, self._answered(), analysed, self._judged)
        self._questions = (self._judged.questions if self._judged is not None else ()) + self._asked_again()
        return result

    def _is_told_of(self, path: str) -> bool:
        """Whether the last check has a finding in a file, or one that leads there."""
        return self._judged is not None and any(mentions(found, path) for found in self._judged.found)

    def check_edited(self, edited: Integration, moves: Mapping[str, Moves]) -> CheckResult:
        """Analyse texts that came from those of the last check by edits; the last check stays what it was.

        ``moves`` tell by path where places of the old texts are now; the answers there are move with them.
        """
        inputs = [self._reading(file).module for file in edited.files]
        answers: dict[tuple[str, int], Type] = {}
        modules = {item.path: item for item in inputs}
        for (path, _, offset), types in self._answers.items():
            if path in modules and types:
                for place in moves[path].places(offset) if path in moves else (offset,):
                    answers[_place(modules[path], place)] = Type("|", tuple(map(_type, types)))
        result, judged = self._result(edited, inputs, answers, analyse)
        if judged is not None:
            judged.analysis.release()
        return result

    def _result(
        self,
        integration: Integration,
        inputs: list[ModuleInput],
        answers: Answers,
        analysed: Callable[[list[ModuleInput], Catalog, str, Answers], Analysis],
        before: Judged | None = None,
    ) -> tuple[CheckResult, Judged | None]:
        """Return what is found, and what the rules say of the analysis behind it.

        What they said ``before`` is said again where it cannot have changed.
        """
        try:
            judged = self._judge(integration, inputs, answers, analysed, before)
        except Exception as error:  # noqa: BLE001  (one bad text must not end the work on the others)
            problem = Problem(integration.root, f"internal error: {error!r}", internal=True)
            return CheckResult((), (), (*integration.problems, problem)), None
        found, receivers = judged.found, judged.receivers
        rooms = {item.path: item.room for item in inputs if item.room is not None} if found else {}
        if rooms:
            found = tuple([without_room(diagnostic, rooms) for diagnostic in found])
        counts = ReceiverCounts(receivers.own, receivers.answered, len(receivers.open))
        problems = [
            *integration.problems,
            *judged.faults,
            *_syntax_problems(inputs),
            *self._fault(integration),
        ]
        notices = (*judged.differing, *self.libraries.new_notices())
        problems.extend(Problem(integration.root, notice) for notice in notices)
        return CheckResult(found, (), tuple(problems), counts), judged

    def _judge(
        self,
        integration: Integration,
        inputs: list[ModuleInput],
        answers: Answers,
        analysed: Callable[[list[ModuleInput], Catalog, str, Answers], Analysis],
        before: Judged | None,
    ) -> Judged:
        """Analyse the texts and let the rules speak, unless they would say what they said before."""
        changed = before.changed(inputs) if before is not None else None
        if before is not None and before.knows_imports(changed):
            catalog, differing = before.catalog, before.differing
        else:
            facts = [item.facts for item in inputs]
            catalog = self.libraries.extend(self.catalog, facts)
            differing = self.libraries.of_other_versions(facts, integration.requirements)
        analysis = analysed(inputs, catalog, integration.package, answers)
        if before is not None and before.holds(analysis, changed):
            questions = self._open(analysis, before.receivers)
            if bool(questions) == bool(before.questions):
                return before._replace(
                    inputs=inputs, questions=questions, catalog=catalog, differing=differing
                )
        sorted_receivers = receivers(analysis)
        faults: list[Problem] = []
        found: list[Diagnostic] = []
        for rule in RULES:
            try:
                found.extend(self._findings(rule, analysis))
            except Exception as error:  # noqa: BLE001  (nor one bad rule the other rules)
                faults.append(
                    Problem(integration.root, f"internal error in {rule.code}: {error!r}", internal=True)
                )
        suppressions = Suppressions(analysis)
        found = [diagnostic for diagnostic in found if not suppressions.cover(diagnostic)]
        questions = self._open(analysis, sorted_receivers)
        if not faults and not questions:
            found.extend(self._idle(suppressions, inputs))
        found.sort(key=lambda diagnostic: (diagnostic.path, diagnostic.span, diagnostic.code))
        return Judged(
            analysis,
            analysis.conclusions,
            inputs,
            tuple(found),
            tuple(faults),
            sorted_receivers,
            questions,
            any(item.facts.suppressions for item in inputs),
            catalog,
            differing,
        )

    # ---------------------------------------------------------------- the last resort
    def resolve_open(self, integration: Integration, timeout: float) -> bool:
        """Ask jedi for what the last check of an integration left open; whether checking again may tell more.

        Waits for ``timeout`` seconds at most. What is answered later is taken by a later call.
        """
        if not self._questions:
            return False
        if self._jedi is None:
            self._jedi = JediWorker(cache_folder(), [])
        roots = [root for root in (self.catalog.source_root,) if root is not None]
        folders = dict.fromkeys([*integration.import_folders, *roots, *map(str, self.libraries.folders)])
        answers = self._jedi.ask(self._questions, timeout, tuple(folders))
        new = {key: types for key, types in answers.items() if self._is_open_question(key)}
        is_news = any(types != self._answers.get(key, ()) for key, types in new.items())
        self._answers |= new
        self._carried -= new.keys()
        return is_news or (self._jedi.fault is not None and not self._is_fault_told)

    @property
    def is_asking(self) -> bool:
        """Whether jedi has not yet told, or not yet been asked, all that the last check left open."""
        if self._jedi is not None and self._jedi.has_given_up:
            return False
        return any(self._is_open_question(question.key) for question in self._questions)

    def _is_open_question(self, key: Key) -> bool:
        return key not in self._answers or key in self._carried

    def _carry_answers(self, before: Mapping[str, _Read]) -> None:
        """Go on with the answers on texts that were edited in other lines: what rests on them does not vanish."""
        for path in {path for path, _, _ in self._answers}:
            old, new = before.get(path), self._read.get(path)
            if old is None or new is None or old.file.text == new.file.text:
                continue
            known = {
                key[2]: types for key, types in self._answers.items() if key[:2] == (path, old.file.digest)
            }
            for offset, place in carried(old.file.text, new.file.text, known).items():
                key = (path, new.file.digest, place)
                if key not in self._answers:
                    self._answers[key] = known[offset]
                    self._carried.add(key)

    def _asked_again(self) -> tuple[Question, ...]:
        """Return the questions whose answers were carried over."""
        return tuple(
            [
                Question(path, identity, self._read[path].file.text, offset)
                for path, identity, offset in sorted(self._carried)
            ]
        )

    def close(self) -> None:
        """End the process that asks jedi, if this project started one; it may be used again."""
        if self._owns_jedi and self._jedi is not None:
            self._jedi.close()

    def _open(self, analysis: Analysis, sorted_receivers: Receivers) -> tuple[Question, ...]:
        """Return what jedi is to be asked."""
        # Without the sources of Home Assistant, jedi would know no class that matters.
        if not self.settings.jedi or self.catalog.source_root is None:
            return ()
        found: list[Question] = []
        for receiver in sorted_receivers.open:
            module = analysis.program.world.analysed[receiver.function.module]
            text, offset = module.text, receiver.offset
            if module.room is not None:
                text, offset = module.room.closed(text), module.room.outside(offset)
            question = Question(module.path, digest(text), text, offset)
            if question.key not in self._answers:
                found.append(question)
        return tuple(found)

    def _answered(self) -> dict[tuple[str, int], Type]:
        """Return the answers on the texts that were read, and forget those on others."""
        if not self._answers:
            return {}
        read = [self._read[path] for path in {path for path, _, _ in self._answers} if path in self._read]
        modules = {(one.file.path, one.file.digest): one.module for one in read}
        self._answers = {key: types for key, types in self._answers.items() if key[:2] in modules}
        self._carried &= self._answers.keys()
        return {
            _place(modules[path, identity], offset): Type("|", tuple(map(_type, types)))
            for (path, identity, offset), types in self._answers.items()
            if types
        }

    def _fault(self, integration: Integration) -> Iterator[Problem]:
        if self._jedi is not None and self._jedi.fault is not None and not self._is_fault_told:
            self._is_fault_told = True
            yield Problem(integration.root, self._jedi.fault)

    # ---------------------------------------------------------------- parts of a check
    def _reading(self, file: SourceFile, *, again: bool = False) -> _Read:
        """Return what is read of a file: the same as before where its text is, unless it is to be read ``again``."""
        known = self._read.get(file.path)
        if known is not None and not again and known.file == file:
            return known
        if known is None or self._live is None:
            reading = read(file.text)
        elif known.file.text == file.text and not again:
            reading = known.reading
        else:
            inner = not self._is_told_of(file.path)
            reading = read_again(known.reading, file.text, inner=inner)
        module = ModuleInput(file.module, file.path, file.is_package, reading.text, reading.facts)
        if reading.piece is not None:
            module = module._replace(room=reading.piece.room, edited=reading.piece.edited)
        return _Read(file, reading, module)

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


def _type(dotted: str) -> Type:
    return Type(dotted.removeprefix("builtins."))


def _syntax_problems(inputs: Iterable[ModuleInput]) -> Iterator[Problem]:
    """Yield a problem for each text that was not understood in full; what was understood is checked all the same."""
    for item in inputs:
        if item.facts.problems:
            first = item.facts.problems[0]
            yield Problem(item.path, f"{first.line + 1}:{first.column + 1}: {first.message}")
