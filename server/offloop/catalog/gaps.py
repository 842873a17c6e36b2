"""What sources leave open, in words: said once with the catalog, so that silence is not taken for an answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from offloop.catalog.shelf import order
from offloop.catalog.thread_checks import ThreadChecks
from offloop.facts.tree import Call, Evaluate, If, Raise, Return
from offloop.facts.walk import statements
from offloop.inference.program import Program
from offloop.library.model import ClassSignature, FunctionSignature, LoopApi, Tier
from offloop.library.overrides import GUARDS_SINCE, LANDMARKS, OLDEST_RELEASE
from offloop.resolve.values import ScopeRef

_SHOWN = 4
_PACKAGE = "homeassistant"


def gaps_of_files(program: Program, root: Path, unreadable: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for files that cannot be read, for broken ones, and for modules that are not there."""
    if unreadable:
        yield f"{_counted(unreadable, 'file')} of Home Assistant cannot be read: {_some(unreadable)}"
    broken = [
        f"{module.path}:{module.facts.problems[0].line + 1} ({module.facts.problems[0].message})"
        for module in program.world.analysed.values()
        if module.facts.problems
    ]
    if broken:
        yield f"{_counted(broken, 'file')} of Home Assistant can be understood in parts only: {_some(broken)}"
    absent = {name for name in _imported(program) if not _is_there(program, root, name)}
    missing = sorted(name for name in absent if name.rpartition(".")[0] not in absent)
    if missing:
        yield (
            f"{_counted(missing, 'module')} of Home Assistant not there, though others import them: {_some(missing)}"
        )


def gaps_of_contracts(program: Program, version: str, apis: Iterable[LoopApi]) -> Iterator[str]:
    """Yield a sentence for an age that nobody looked at, for unknown names, and for checks of an unknown form."""
    if order(version) and order(version) < order(OLDEST_RELEASE):
        yield f"Home Assistant {version} is older than {OLDEST_RELEASE}, the oldest release that offloop is tested with"
    lost = [f"{name}, which {purpose}" for name, purpose in LANDMARKS.items() if not _is_known(program, name)]
    if lost:
        yield f"not found in this Home Assistant: {'; '.join(lost)}"
    unknown = sorted(_unknown_checks(program))
    if unknown:
        yield (
            "the thread is checked in a way that offloop does not know; what relies on it is not taken for guarded: "
            f"{_some(unknown)}"
        )
    if order(version) >= order(GUARDS_SINCE) and not any(
        api.tier is Tier.RAISES and api.reported_name for api in apis
    ):
        yield (
            f"no function that checks the thread was found, though Home Assistant has had them since {GUARDS_SINCE}: "
            "calls that raise are reported as calls that corrupt"
        )


def _imported(program: Program) -> Iterator[str]:
    """Yield the dotted names below Home Assistant's package that its modules import."""
    for module in program.world.analysed.values():
        for binding in module.facts.imports:
            parts = module.name.split(".")
            depth = len(parts) - binding.level + module.signature.is_package
            home = [*parts[:depth], binding.module] if binding.level else [binding.module]
            name = binding.name if binding.name not in (None, "*") else None
            dotted = ".".join(part for part in (*home, name) if part)
            if dotted.startswith(f"{_PACKAGE}."):
                yield dotted


def _is_there(program: Program, root: Path, dotted: str) -> bool:
    """Whether a name is that of a module on the disk, or may be one that such a module has."""
    path = root.joinpath(*dotted.split("."))
    if path.is_dir() or _is_file(path):
        return True
    home = dotted.rpartition(".")[0]
    known = program.world.analysed.get(home)
    if known is not None:
        own = known.signature
        return not own.is_package or bool(own.stars) or dotted.rpartition(".")[2] in own.names
    return path.parent.is_dir() or _is_file(path.parent)


def _is_file(path: Path) -> bool:
    return any(path.with_name(f"{path.name}{end}").is_file() for end in (".py", ".pyi"))


def _unknown_checks(program: Program) -> Iterator[str]:
    """Yield where code refuses other threads by a test that is not understood."""
    checks = ThreadChecks(program)
    for module in program.world.analysed.values():
        for function in module.facts.functions:
            scope = ScopeRef(module.name, function.index)
            for statement in statements(function.body):
                if not isinstance(statement, If):
                    continue
                test, body = statement.branches[0]
                if not checks.refuses_others(test, scope) or checks.off_loop(test, scope) is not None:
                    continue
                if any(isinstance(one, Return) for one in statements(body)):
                    continue
                if any(isinstance(one, Raise) or _is_call(one) for one in body):
                    line = program.line(module.name, statement.start)
                    yield f"{program.path(module.name)}:{line} (`{function.name}`)"


def _is_known(program: Program, dotted: str) -> bool:
    return isinstance(program.world.find(dotted), FunctionSignature | ClassSignature)


def _is_call(statement: object) -> bool:
    return isinstance(statement, Evaluate) and isinstance(statement.value, Call)


def _counted(items: Sequence[str], noun: str) -> str:
    return f"{len(items)} {noun}{'s' if len(items) != 1 else ''}"


def _some(items: Sequence[str]) -> str:
    more = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
    return ", ".join(items[:_SHOWN]) + more
