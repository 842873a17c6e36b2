"""What a search of the sources' text alone finds: an independent witness for the derived catalog.

No parser of ours and no ``ast``: lines, indentation and regular expressions. Functions are named as in the
catalog: module, then the qualified name of the outermost function or method that holds the place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DEFINITION = re.compile(r"^(?P<indent> *)(?:async +)?(?P<kind>def|class) +(?P<name>\w+)")
DECORATED_GUARD = re.compile(r"^ *@verify_event_loop_thread\(")
INLINE_GUARD = re.compile(r"\.verify_event_loop_thread\(|\breport_non_thread_safe_operation\(")
FACTORY = re.compile(r"^(\w+) = threaded_listener_factory\(\s*(\w+)", re.MULTILINE)
BRIDGE = re.compile(r"(?<!_)\brun_callback_threadsafe\(")
EXECUTOR = re.compile(
    r"\.(?:async_add_executor_job|run_in_executor)\(\s*(?:None,\s*)?"
    r"(?:(?:ft\.|functools\.)?partial\(\s*|lambda: )?self\.(\w+)"
)
MODULE_HOOK = re.compile(
    r"\.(?:async_add_(?:import_)?executor_job|run_in_executor)\(\s*(?:#[^\n]*\s*)*(?:None,\s*)?(?:#[^\n]*\s*)*"
    r"(?:(?:ft\.|functools\.)?partial\(\s*)?(?:\w+\.)?\w*(?:platform|component)\.(\w+)"
)


@dataclass(frozen=True)
class SourceText:
    """One module's text."""

    module: str
    path: str
    text: str

    def lines(self) -> list[str]:
        return self.text.splitlines()

    def owner(self, line: int) -> str:
        """Return the outermost function around a 0-based line, a decorator counting to what it decorates."""
        lines = self.lines()
        if lines[line].lstrip().startswith("@"):
            while not DEFINITION.match(lines[line]):
                line += 1
        parts: list[str] = []
        indent = len(lines[line]) - len(lines[line].lstrip()) + 1
        for candidate in reversed(lines[: line + 1]):
            found = DEFINITION.match(candidate)
            if found is not None and len(found["indent"]) < indent:
                indent = len(found["indent"])
                if found["kind"] == "def":
                    parts = []  # what is nested in a function goes by that function's name
                parts.insert(0, found["name"])
            if indent == 0:
                break
        return ".".join([self.module, *parts])

    def cls(self, line: int) -> str:
        """Return the class around a 0-based line, "" outside of one."""
        lines = self.lines()
        indent = len(lines[line]) - len(lines[line].lstrip())
        for candidate in reversed(lines[:line]):
            found = DEFINITION.match(candidate)
            if found is not None and len(found["indent"]) < indent:
                indent = len(found["indent"])
                if found["kind"] == "class":
                    return f"{self.module}.{found['name']}"
        return ""

    def line_of(self, offset: int) -> int:
        return self.text.count("\n", 0, offset)


def sources(root: Path, modules: set[str]) -> list[SourceText]:
    """Return the texts of these modules."""
    found = []
    for module in sorted(modules):
        path = root.joinpath(*module.split("."))
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if file.is_file():
            found.append(SourceText(module, file.relative_to(root).as_posix(), file.read_text("utf-8")))
    return found


def guard_sites(texts: list[SourceText]) -> dict[str, tuple[str, int]]:
    """Return function -> (file, 1-based line) of each place that checks the thread."""
    found: dict[str, tuple[str, int]] = {}
    for text in texts:
        for number, line in enumerate(text.lines()):
            is_definition = DEFINITION.match(line) is not None
            if not is_definition and (DECORATED_GUARD.search(line) or INLINE_GUARD.search(line)):
                found.setdefault(text.owner(number), (text.path, number + 1))
    return found


def factory_twins(texts: list[SourceText]) -> dict[str, str]:
    """Return loop function -> twin for each ``x = threaded_listener_factory(async_x)``."""
    return {
        f"{text.module}.{of}": f"{text.module}.{name}"
        for text in texts
        for name, of in FACTORY.findall(text.text)
    }


def bridges(texts: list[SourceText]) -> set[str]:
    """Return the functions whose text calls ``run_callback_threadsafe``."""
    found = set()
    for text in texts:
        for match in BRIDGE.finditer(text.text):
            number = text.line_of(match.start())
            if DEFINITION.match(text.lines()[number]) is None:
                found.add(text.owner(number))
    return found


def executor_methods(texts: list[SourceText]) -> Iterator[tuple[str, str]]:
    """Yield (class, public method) of its own that a class gives to the executor."""
    for text in texts:
        for match in EXECUTOR.finditer(text.text):
            if not match[1].startswith("_"):
                yield text.cls(text.line_of(match.start())), match[1]


def module_hooks(texts: list[SourceText]) -> set[str]:
    """Return the functions of integrations' modules that are given to the executor."""
    return {match[1] for text in texts for match in MODULE_HOOK.finditer(text.text)}
