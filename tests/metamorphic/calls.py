"""Rewritings of what is handed over in calls, and of where classes stand."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.metamorphic.functions import Function, after_future, indent_of
from tests.metamorphic.text import Line, Text


def _handed(tree: ast.Module) -> Iterator[tuple[ast.stmt, ast.expr]]:
    """Yield (statement, argument) for functions of the file that are handed over in statements of functions."""
    names = {node.name for node in ast.walk(tree) if isinstance(node, Function)}
    plain = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, Function)
        and not any("property" in ast.unparse(one) for one in node.decorator_list)
    }
    for function in ast.walk(tree):
        if not isinstance(function, Function):
            continue
        for statement in function.body:
            if isinstance(statement, Function | ast.ClassDef) or statement.lineno == function.lineno:
                continue
            for call in _calls(statement):
                for argument in (*call.args, *[keyword.value for keyword in call.keywords]):
                    name = argument.id if isinstance(argument, ast.Name) else None
                    if isinstance(argument, ast.Attribute) and isinstance(argument.value, ast.Name):
                        name = argument.attr if argument.value.id == "self" else None
                    if name in names & plain:
                        yield statement, argument


def _calls(statement: ast.stmt) -> Iterator[ast.Call]:
    """Yield the calls of a simple statement that have no loop or lambda around them."""
    if isinstance(statement, ast.Expr | ast.Assign | ast.Return | ast.AnnAssign):
        inner = {
            id(part)
            for one in ast.walk(statement)
            if isinstance(one, ast.Lambda | ast.comprehension | ast.GeneratorExp)
            for part in ast.walk(one)
        }
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and id(node) not in inner:
                yield node


def partials(texts: list[Text]) -> list[Text]:
    """Wrap functions that are handed over in ``functools.partial``."""
    for text in texts:
        tree = text.tree()
        found = list(_handed(tree)) if tree is not None else []
        for _, argument in found:
            if (piece := text.piece(argument)) is not None:
                text.replace(argument, f"functools_wrapping.partial({piece})")
        if found:
            text.insert_first(after_future(text), "import functools as functools_wrapping")
    return [text.apply() for text in texts]


def variables(texts: list[Text]) -> list[Text]:
    """Take functions that are handed over into variables first."""
    for text in texts:
        tree = text.tree()
        for number, (statement, argument) in enumerate(_handed(tree) if tree is not None else ()):
            if (piece := text.piece(argument)) is not None:
                text.insert(
                    statement.lineno, f"{indent_of(text, statement.lineno)}handler_{number} = {piece}"
                )
                text.replace(argument, f"handler_{number}")
    return [text.apply() for text in texts]


def receivers_in_variables(texts: list[Text]) -> list[Text]:
    """Take what a method is called on into a variable first: ``bus = hass.bus``."""
    for text in texts:
        tree = text.tree()
        number = 0
        for function in ast.walk(tree) if tree is not None else ():
            if not isinstance(function, Function):
                continue
            for statement in function.body:
                value = statement.value if isinstance(statement, ast.Expr) else None
                if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute):
                    continue
                receiver = value.func.value
                piece = text.piece(receiver)
                if any(isinstance(part, ast.Call) for part in ast.walk(receiver)):
                    continue  # what is found in it would be found in another line
                if statement.lineno > function.lineno and isinstance(receiver, ast.Attribute) and piece:
                    number += 1
                    indent = indent_of(text, statement.lineno)
                    text.insert(statement.lineno, f"{indent}receiver_{number} = {piece}")
                    text.replace(receiver, f"receiver_{number}")
    return [text.apply() for text in texts]


def moved_classes(texts: list[Text]) -> list[Text]:
    """Move the classes of each file, with its imports, to a file of their own."""
    result = []
    for text in texts:
        tree = text.tree()
        rows = _class_rows(tree) if tree is not None else None
        if tree is None or not rows or text.path.startswith("site-packages/"):
            result.append(text)
            continue
        imports = [
            node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom) and node.end_lineno
        ]
        kept = {row for node in imports for row in range(node.lineno, (node.end_lineno or 0) + 1)}
        names = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
        folder, _, name = text.path.rpartition("/")
        moved = f"{folder}/moved_{name}" if folder else f"moved_{name}"
        stem = moved.rpartition("/")[2].removesuffix(".py").replace("moved___init__", "moved_init")
        moved = moved.replace("moved___init__", "moved_init")
        top = [Line(text.row(row), None) for row in sorted(kept)]
        classes = [text.lines[row - 1] for row in sorted(rows)]
        first = min(rows)
        rest: list[Line] = []
        for number, line in enumerate(text.lines, 1):
            if number == first:
                rest.append(Line(f"from .{stem} import {', '.join(names)}", None))
            if number not in rows:
                rest.append(line)
        result += [Text(text.path, rest), Text(moved, [*top, *classes, Line("", None)])]
    return result


def _class_rows(tree: ast.Module) -> set[int]:
    """Return the rows of the classes, none where they use other things of their module."""
    own: set[str] = set()
    for node in tree.body:
        if isinstance(node, Function):
            own.add(node.name)
        elif not isinstance(node, ast.ClassDef | ast.Import | ast.ImportFrom):
            own |= {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    rows: set[int] = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
            texts = {part.value for part in ast.walk(node) if isinstance(part, ast.Constant)}
            if (names | {one for one in texts if isinstance(one, str)}) & own:
                return set()
            first = min([node.lineno, *[one.lineno for one in node.decorator_list]])
            rows.update(range(first, (node.end_lineno or node.lineno) + 1))
    return rows
