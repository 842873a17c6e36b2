"""The whole story of a check: texts and catalog in, findings and contexts out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from offloop.config import Settings
from offloop.facts.extract import extract
from offloop.facts.model import ModuleFacts, Suppression
from offloop.inference.analysis import Analysis, analyse
from offloop.inference.context import ExecutionContext, FunctionId
from offloop.inference.program import ModuleInput
from offloop.inference.trace import places
from offloop.library.model import Catalog, FunctionSignature, Kind
from offloop.rules.registry import RULES
from offloop.rules.rule import Diagnostic, Rule, Severity, Step
from offloop.source import Integration, Problem, SourceFile
from offloop.text import LineIndex


@dataclass(frozen=True, slots=True)
class FunctionContext:
    """Where one function runs and why.

    ``line``/``column`` are 0-based (code points) and name the function; ``declared`` is "coroutine",
    "callback", "plain" or "property"; ``context`` "loop", "worker", "both" or "unknown".
    """

    path: str
    function: str
    line: int
    column: int
    declared: str
    context: str
    trace: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """All that one check of an integration found."""

    diagnostics: tuple[Diagnostic, ...]
    functions: tuple[FunctionContext, ...]
    problems: tuple[Problem, ...]


class Project:
    """A catalog and settings with the caches that make checking again cheap; not thread-safe."""

    def __init__(self, catalog: Catalog, settings: Settings) -> None:
        self.catalog = catalog
        self.settings = settings
        self._facts: dict[str, ModuleFacts] = {}

    def check(self, integration: Integration) -> CheckResult:
        """Analyse one integration; never raises for anything in its texts."""
        inputs = [self._input(file) for file in integration.files]
        self._facts = {item.facts.digest: item.facts for item in inputs}
        try:
            analysis = analyse(inputs, self.catalog, integration.package)
        except Exception as error:  # noqa: BLE001  (one bad text must not end the work on the others)
            problem = Problem(integration.root, f"internal error: {error!r}", internal=True)
            return CheckResult((), (), (*integration.problems, problem))
        problems = list(integration.problems)
        found: list[Diagnostic] = []
        for rule in RULES:
            try:
                found.extend(self._findings(rule, analysis))
            except Exception as error:  # noqa: BLE001  (nor one bad rule the other rules)
                problems.append(
                    Problem(integration.root, f"internal error in {rule.code}: {error!r}", internal=True)
                )
        found = [diagnostic for diagnostic in found if not _is_suppressed(diagnostic, inputs)]
        found.sort(key=lambda diagnostic: (diagnostic.path, diagnostic.span, diagnostic.code))
        return CheckResult(tuple(found), tuple(contexts(analysis)), tuple(problems))

    def _input(self, file: SourceFile) -> ModuleInput:
        facts = self._facts.get(file.digest)
        if facts is None:
            facts = replace(extract(file.text), digest=file.digest)
        return ModuleInput(file.module, file.path, file.is_package, file.text, facts)

    def _findings(self, rule: Rule, analysis: Analysis) -> Iterator[Diagnostic]:
        severity = self.settings.severity_of(rule)
        if severity is Severity.OFF:
            return
        for diagnostic in rule.check(analysis):
            # A severity that the user chose for the rule holds for all its findings.
            yield replace(diagnostic, severity=severity) if severity is not rule.severity else diagnostic


def _is_suppressed(diagnostic: Diagnostic, inputs: Iterable[ModuleInput]) -> bool:
    for item in inputs:
        if item.path == diagnostic.path and item.facts.suppressions:
            lines = LineIndex(item.text)
            first = lines.position(diagnostic.span.start).line
            last = lines.position(diagnostic.span.end).line
            return any(
                first <= suppression.line <= last and _covers(suppression, diagnostic)
                for suppression in item.facts.suppressions
            )
    return False


def _covers(suppression: Suppression, diagnostic: Diagnostic) -> bool:
    return (
        not suppression.codes or diagnostic.code in suppression.codes or diagnostic.name in suppression.codes
    )


def contexts(analysis: Analysis) -> Iterator[FunctionContext]:
    """Yield where each function of the integration runs, in the order of the files."""
    program = analysis.program
    for module in program.world.analysed.values():
        lines = program.lines(module.name)
        for facts in module.facts.functions:
            function = FunctionId(module.name, facts.index)
            context = analysis.summary(function).context
            asked = ExecutionContext.LOOP if context is ExecutionContext.LOOP else ExecutionContext.WORKER
            position = lines.position(facts.name_start)
            yield FunctionContext(
                module.path,
                facts.qualname,
                position.line,
                position.column,
                _declared(analysis, function),
                context.label,
                tuple(Step(*step) for step in places(analysis, function, asked)),
            )


def _declared(analysis: Analysis, function: FunctionId) -> str:
    kind = analysis.program.kinds[function]
    if kind is not Kind.PLAIN:
        return str(kind.value)
    facts = analysis.program.facts(function)
    found = analysis.program.world.find(f"{function.module}.{facts.qualname}")
    is_property = isinstance(found, FunctionSignature) and found.role in ("property", "setter")
    return "property" if is_property else "plain"
