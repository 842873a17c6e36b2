"""The process that asks jedi: reads requests, writes the classes of what stands at each place.

This is the only module that knows jedi, and it is run in a process of its own (see ``jedi_worker``): jedi is
neither safe in threads nor sure to come back. It reads sources and its own stubs; it never imports what it
infers, and never starts an interpreter.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, BinaryIO

import jedi
import parso
from jedi.api.environment import InterpreterEnvironment
from jedi.file_io import FileIO
from jedi.inference.compiled.subprocess import InferenceStateSameProcess
from jedi.inference.compiled.subprocess.functions import ImplicitNSInfo
from parso.grammar import PythonGrammar
from parso.python.parser import Parser as PythonParser
from parso.utils import parse_version_string, split_lines

from offloop.resolve.downlevel import downlevel
from offloop.resolve.messages import read_message, write_message

# All texts are rewritten for the oldest grammar that we run on: answers do not depend on our interpreter.
_GRAMMAR = "3.11"
# Changes when rewriting does: trees of rewritten texts are kept on the disk.
_CACHE_FORMAT = 1
_NICENESS = 19


class _WholeParser:
    """Stands in for the parser of changes: rewriting takes a whole text, and so does a reliable answer.

    jedi cannot be told to do without: it fails where its setting for it is off.
    """

    def __init__(self, grammar: Any, tokenizer: Callable[..., Any], module: object) -> None:
        del module
        self._grammar = grammar
        self._tokenizer = tokenizer

    def update(self, old_lines: Sequence[str], new_lines: Sequence[str]) -> Any:
        """Return the tree of the new lines."""
        del old_lines
        make: Callable[..., Any] = PythonParser  # it has no types
        parser = make(self._grammar, error_recovery=True, start_nonterminal="file_input")
        return parser.parse(tokens=self._tokenizer(new_lines))


class _Grammar(PythonGrammar):
    """Python's grammar for texts that are rewritten as they are parsed; places stay those of the text."""

    def __init__(self, version: Any, text: str) -> None:
        super().__init__(version, text)
        self._diff_parser = _WholeParser

    def _tokenize_lines(self, lines: Sequence[str], **options: Any) -> Iterator[Any]:
        text = downlevel("".join(lines))
        tokens: Iterator[Any] = super()._tokenize_lines(split_lines(text, keepends=True), **options)
        return tokens


class _Reader(InferenceStateSameProcess):  # type: ignore[misc]
    """Finds modules as files below given folders; the import machinery is left out of it.

    What is no source there (the standard library, compiled modules) is known by jedi's stubs alone.
    """

    def get_module_info(
        self,
        string: str,
        full_name: str,
        sys_path: Sequence[str] | None = None,
        path: Sequence[str] | None = None,
        is_global_search: bool = True,
    ) -> tuple[Any, bool | None]:
        """Return the file of a module and whether it is a package; (None, None) where there is none."""
        if is_global_search and string in sys.builtin_module_names:
            return None, False
        folders = [Path(folder, string) for folder in (sys_path if is_global_search else path) or ()]
        for folder in folders:
            if (folder / "__init__.py").is_file():
                return FileIO(str(folder / "__init__.py")), True
            module = folder.with_name(f"{string}.py")
            if module.is_file():
                return FileIO(str(module)), False
        spaces = [str(folder) for folder in folders if folder.is_dir()]
        if spaces:
            return ImplicitNSInfo(full_name, spaces), True
        return None, None

    def load_module(self, dotted_name: str, sys_path: Sequence[str]) -> Any:
        """Return one of the interpreter's own modules; nothing else is ever imported."""
        if dotted_name not in sys.builtin_module_names:
            return None
        load: Callable[..., Any] = self.__getattr__("load_module")
        return load(dotted_name=dotted_name, sys_path=sys_path)


class _Environment(InterpreterEnvironment):  # type: ignore[misc]
    """Our own interpreter, for the version of the stubs."""

    @cached_property
    def _own_grammar(self) -> _Grammar:
        version = parse_version_string(_GRAMMAR)
        name = f"grammar{version.major}{version.minor}.txt"
        text = Path(parso.__file__).with_name("python").joinpath(name).read_text(encoding="utf-8")
        return _Grammar(version, text)

    def get_grammar(self) -> _Grammar:
        """Return the grammar that rewrites."""
        return self._own_grammar

    def get_inference_state_subprocess(self, inference_state: Any) -> _Reader:
        """Return what stands in for the process that jedi would ask."""
        return _Reader(inference_state)

    def get_sys_path(self) -> list[str]:
        """Return nothing: all folders are given with a request."""
        return []


def prepare(cache: str) -> None:
    """Set jedi up to keep its trees in a folder of ours and to leave the rest of the machine alone."""
    folder = Path(cache, f"jedi-{jedi.__version__}-{parso.__version__}-{_CACHE_FORMAT}")
    jedi.settings.cache_directory = str(folder)
    jedi.settings.auto_import_modules = []
    jedi.settings.dynamic_params_for_other_modules = False


class Types:
    """Answers about one request after the other."""

    def __init__(self) -> None:
        self._environment = _Environment()

    def of(self, request: dict[str, Any]) -> Iterator[list[str]]:
        """Yield the dotted classes of the objects at each place of a text; [] where jedi is not sure.

        The request holds "path", "text", "sys_path" and "places": 0-based (line, column) at which
        each expression ends.
        """
        project = jedi.Project(
            Path(request["path"]).parent,
            sys_path=request["sys_path"],
            smart_sys_path=False,
            load_unsafe_extensions=False,
        )
        script = jedi.Script(
            request["text"], path=request["path"], project=project, environment=self._environment
        )
        for line, column in request["places"]:
            yield self._at(script, line, column)

    def _at(self, script: Any, line: int, column: int) -> list[str]:
        try:
            found = script.infer(line + 1, column)
            classes = [one.full_name if one.type == "instance" else None for one in found]
        except Exception:  # noqa: BLE001 - jedi may raise anything; such a place stays unknown
            return []
        names = [name for name in classes if isinstance(name, str) and name != "builtins.NoneType"]
        is_sure = all(name is not None for name in classes)
        return sorted(set(names)) if is_sure else []


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer until the requests end: a list of classes for each place of each request, in order."""
    waiting: SimpleQueue[dict[str, Any]] = SimpleQueue()
    Thread(target=_read, args=(requests, waiting), daemon=True).start()
    types = Types()
    while True:
        for classes in types.of(waiting.get()):
            write_message(answers, classes)


def _read(requests: BinaryIO, waiting: SimpleQueue[dict[str, Any]]) -> None:
    while (request := read_message(requests)) is not None:
        waiting.put(request)
    # Who asked has gone: the answer that is being worked on is of no use to anybody.
    os._exit(0)


def main(cache: str) -> None:
    """Serve on the standard streams; what jedi prints goes to the standard error stream."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    warnings.simplefilter("ignore")
    prepare(cache)
    serve(sys.stdin.buffer, answers)
