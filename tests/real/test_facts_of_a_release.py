"""The facts of all files of a real release agree with the host's own parser and with the text."""

from __future__ import annotations

import ast
import os
import re
import time
from pathlib import Path

import pytest

from offloop.facts.extract import extract
from offloop.facts.model import ModuleFacts
from offloop.facts.tree import Attribute, Call, Name
from offloop.text import LineIndex

pytestmark = pytest.mark.real

SAMPLE = 25


def release() -> list[Path]:
    folder = os.environ.get("OFFLOOP_HA_SOURCES")
    if not folder:
        pytest.skip("OFFLOOP_HA_SOURCES names no folder of releases")
    releases = [path for path in Path(folder).iterdir() if (path / "homeassistant").is_dir()]
    found = sorted(releases, key=lambda path: [int(part) for part in re.findall(r"\d+", path.name)])
    if not found:
        pytest.skip(f"no release in {folder}")
    return sorted((found[-1] / "homeassistant").rglob("*.py"))


def text_of(path: Path) -> str:
    return path.read_bytes().decode()


def test_every_file_is_understood() -> None:
    files = release()
    started = time.process_time()
    for path in files:
        facts = extract(text_of(path))
        assert facts.problems == (), path
        assert all(f.index == i for i, f in enumerate(facts.functions)), path
    print(f"{len(files)} files in {time.process_time() - started:.1f} CPU s")


def test_definitions_and_calls_are_those_of_the_host() -> None:
    compared = 0
    for path in release()[::SAMPLE]:
        text = text_of(path)
        try:
            tree = ast.parse(text)
        except SyntaxError:  # newer grammar than the host's
            continue
        compared += 1
        facts = extract(text)
        nodes = list(ast.walk(tree))
        functions = [n for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
        lambdas = [n for n in nodes if isinstance(n, ast.Lambda)]
        classes = [n for n in nodes if isinstance(n, ast.ClassDef)]
        place = _places(text)
        assert sorted(f.start for f in facts.functions if not f.is_lambda) == sorted(
            place(n.lineno, n.col_offset) for n in functions
        ), path
        assert sum(f.is_lambda for f in facts.functions) == len(lambdas), path
        assert sorted(c.start for c in facts.classes) == sorted(
            place(n.lineno, n.col_offset) for n in classes
        ), path
        assert {(c.start, c.end) for c in _calls(facts)} == {
            (place(n.lineno, n.col_offset), place(n.end_lineno or 0, n.end_col_offset or 0))
            for n in _calls_of_host(tree)
        }, path
    assert compared > 100


def test_names_stand_where_they_say() -> None:
    seen = 0
    for path in release()[::SAMPLE]:
        text = text_of(path)
        facts = extract(text)
        quoted = _annotations(facts)
        stack: list[object] = [
            facts.body,
            *[f.body for f in facts.functions],
            *[c.body for c in facts.classes],
        ]
        while stack:
            node = stack.pop()
            if not isinstance(node, tuple):
                continue
            if isinstance(node, Name):
                assert text[node.start : node.end] == node.id or node in quoted, (path, node)
            elif isinstance(node, Attribute):
                assert text[node.start : node.end].endswith(node.attr) or node in quoted, (path, node)
            elif isinstance(node, Call):
                assert text[node.end - 1] == ")", (path, node)
            seen += 1
            stack.extend(node)
        for function in facts.functions:
            name = "lambda" if function.is_lambda else function.name
            assert text[function.name_start : function.name_end] == name, path
            assert text[function.decorated_start] in ("@" if function.decorators else "adl"), path
        for cls in facts.classes:
            assert text[cls.name_start : cls.name_end] == cls.name, path
    assert seen > 10_000


def _places(text: str):  # type: ignore[no-untyped-def]
    index = LineIndex(text)

    def place(line: int, column: int) -> int:
        start = index.starts[line - 1]
        content = index.line_text(line - 1)
        return start + (column if content.isascii() else len(content.encode()[:column].decode()))

    return place


def _calls(facts: ModuleFacts) -> list[Call]:
    return [*facts.calls, *[c for s in (*facts.functions, *facts.classes) for c in s.calls]]


def _calls_of_host(tree: ast.AST) -> list[ast.Call]:
    """Return all calls but those in annotations and type aliases, which are not evaluated with the scope."""
    found: list[ast.Call] = []
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Call):
            found.append(node)
        for field, value in ast.iter_fields(node):
            if field in ("annotation", "returns", "type_params") or type(node).__name__ == "TypeAlias":
                continue
            stack.extend(
                item for item in (value if isinstance(value, list) else [value]) if isinstance(item, ast.AST)
            )
    return found


def _annotations(facts: ModuleFacts) -> set[object]:
    """Return all nodes inside of annotations: those in quotes have approximate places."""
    found: set[object] = set()
    stack: list[object] = [facts.body, *[f.body for f in facts.functions], *[c.body for c in facts.classes]]
    inside: list[object] = []
    while stack:
        node = stack.pop()
        if isinstance(node, tuple):
            annotation = getattr(node, "annotation", None)
            if annotation is not None:
                inside.append(annotation)
            stack.extend(node)
    while inside:
        node = inside.pop()
        if isinstance(node, tuple):
            found.add(node)
            inside.extend(node)
    return found
