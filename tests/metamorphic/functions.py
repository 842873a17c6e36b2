"""Rewritings of functions: def and lambda, method and function, decorators, annotations, locals."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.metamorphic.text import Line, Text

Function = ast.FunctionDef | ast.AsyncFunctionDef
_SPECIAL_DECORATORS = ("property", "setter", "staticmethod", "classmethod", "dataclass", "contextmanager")


def _functions(tree: ast.AST) -> Iterator[Function]:
    for node in ast.walk(tree):
        if isinstance(node, Function):
            yield node


def _methods(tree: ast.Module) -> Iterator[tuple[ast.ClassDef, Function]]:
    for cls in tree.body:
        if isinstance(cls, ast.ClassDef):
            for node in cls.body:
                if isinstance(node, Function):
                    yield cls, node


def _first_row(function: Function) -> int:
    """Return the row of a body's first statement behind the docstring, 0 where it shares the row of the def."""
    body = function.body
    first = body[1] if len(body) > 1 and _is_docstring(body[0]) else body[0]
    row: int = min([first.lineno, *[one.lineno for one in getattr(first, "decorator_list", [])]])
    return row if row > function.lineno else 0


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def indent_of(text: Text, row: int) -> str:
    return text.row(row)[: len(text.row(row)) - len(text.row(row).lstrip())]


def _header_row(function: Function) -> int:
    return min([function.lineno, *[one.lineno for one in function.decorator_list]])


# ------------------------------------------------------------------ locals
def hass_in_a_local(texts: list[Text]) -> list[Text]:
    """Take ``self.hass`` and ``self._hass`` into a local variable first."""
    for text in texts:
        tree = text.tree()
        for _, method in _methods(tree) if tree is not None else ():
            row = _first_row(method)
            for attribute in ("hass", "_hass"):
                uses = list(_own_uses(method, attribute))
                if row and uses:
                    text.insert(row, f"{indent_of(text, row)}the_{attribute} = self.{attribute}")
                    for use in uses:
                        text.replace(use, f"the_{attribute}")
    return [text.apply() for text in texts]


def _own_uses(method: Function, attribute: str) -> Iterator[ast.Attribute]:
    """Yield the reads of ``self.<attribute>`` in a method's own body, none where it is stored too."""
    found = [
        node
        for node in ast.walk(method)
        if isinstance(node, ast.Attribute)
        and node.attr == attribute
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    ]
    inner = {id(part) for one in _functions(method) if one is not method for part in ast.walk(one)}
    inner |= {id(part) for one in method.decorator_list for part in ast.walk(one)}
    if all(isinstance(node.ctx, ast.Load) for node in found):
        yield from (node for node in found if id(node) not in inner)


def in_try(texts: list[Text]) -> list[Text]:
    """Put the body of every function into ``try`` ... ``finally``."""
    for text in texts:
        tree = text.tree()
        if tree is None or ('"""\n' in text.content and text.content.count('"""') % 2):
            continue
        deeper: dict[int, int] = {}
        for function in _functions(tree):
            row, last = _first_row(function), function.end_lineno
            if row and last is not None:
                indent = indent_of(text, row)
                text.insert(row, f"{indent}{'    ' * deeper.get(row, 0)}try:")
                text.insert(
                    last + 1,
                    f"{indent}{'    ' * deeper.get(row, 0)}finally:",
                    f"{indent}{'    ' * deeper.get(row, 0)}    pass",
                )
                for one in range(row, last + 1):
                    deeper[one] = deeper.get(one, 0) + 1
        for row, depth in deeper.items():
            if text.row(row).strip():
                text.cut(row, 0, 0, "    " * depth)
    changed = [text.apply() for text in texts]
    return changed if all(text.tree() is not None for text in changed) else []


# ------------------------------------------------------------------ def and lambda
def defs_to_lambdas(texts: list[Text]) -> list[Text]:
    """Write nested functions of one expression as lambdas."""
    for text in texts:
        tree = text.tree()
        for outer in _functions(tree) if tree is not None else ():
            for function in outer.body:
                if isinstance(function, ast.FunctionDef) and _is_expression(function, text):
                    body = function.body[0]
                    assert isinstance(body, ast.Expr | ast.Return)
                    assert body.value is not None
                    indent = indent_of(text, function.lineno)
                    header = text.row(function.lineno)
                    parameters = header[header.index("(") + 1 : header.rindex(")")]
                    value = text.piece(body.value)
                    text.cut(function.lineno, 0, len(header), "")
                    row = text.row(body.lineno)
                    text.cut(
                        body.lineno, 0, len(row), f"{indent}{function.name} = lambda {parameters}: {value}"
                    )
    return [text.apply() for text in texts]


def _is_expression(function: ast.FunctionDef, text: Text) -> bool:
    body = function.body[0]
    plain = not any(one.annotation for one in (*function.args.args, *function.args.kwonlyargs))
    return (
        len(function.body) == 1
        and isinstance(body, ast.Expr | ast.Return)
        and body.value is not None
        and not _is_docstring(body)
        and not function.decorator_list
        and plain
        and not function.returns
        and body.lineno == body.end_lineno == function.lineno + 1
        and "#" not in text.row(body.lineno)
    )


def lambdas_to_defs(texts: list[Text]) -> list[Text]:
    """Write the lambdas in the statements of functions as functions before the statement."""
    for text in texts:
        tree = text.tree()
        number = 0
        for function in _functions(tree) if tree is not None else ():
            for statement in function.body:
                if isinstance(statement, Function | ast.ClassDef) or statement.lineno == function.lineno:
                    continue
                for node in ast.walk(statement):
                    if isinstance(node, ast.Lambda) and (piece := text.piece(node)) is not None:
                        number += 1
                        _extract(text, statement.lineno, node, piece, number)
    return [text.apply() for text in texts]


def _extract(text: Text, row: int, node: ast.Lambda, piece: str, number: int) -> None:
    indent = indent_of(text, row)
    parameters = piece[len("lambda") : piece.index(":")].strip()
    body = text.piece(node.body)
    added = f"{indent}def inner_{number}({parameters}): return {body}"
    text.insert(row, added, origin=node.lineno)
    text.replace(node, f"inner_{number}")


# ------------------------------------------------------------------ method and function
def methods_to_functions(texts: list[Text]) -> list[Text]:
    """Move the bodies of sync methods into functions of the module."""
    result = []
    for text in texts:
        tree = text.tree()
        added: list[Line] = []
        gone: set[int] = set()
        calls: dict[int, str] = {}
        for cls, method in _methods(tree) if tree is not None else ():
            first, last = _first_row(method), method.end_lineno
            if not first or last is None or not _can_move(cls, method):
                continue
            name = f"{cls.name.lower()}_{method.name.strip('_')}_body"
            given = ["self", *[one.arg for one in method.args.args[1:]]]
            taken = [f'self: "{cls.name}"', *[_parameter(one) for one in method.args.args[1:]]]
            if method.args.vararg:
                given.append(f"*{method.args.vararg.arg}")
                taken.append(f"*{method.args.vararg.arg}")
            if method.args.kwarg:
                given.append(f"**{method.args.kwarg.arg}")
                taken.append(f"**{method.args.kwarg.arg}")
            added += [Line("", None), Line("", None), Line(f"def {name}({', '.join(taken)}):", None)]
            added += [Line(line.text[4:], line.origin) for line in text.lines[first - 1 : last]]
            gone.update(range(first, last + 1))
            calls[first] = f"{indent_of(text, first)}return {name}({', '.join(given)})"
        lines: list[Line] = []
        for number, line in enumerate(text.lines, 1):
            if number in calls:
                lines.append(Line(calls[number], None))
            if number not in gone:
                lines.append(line)
        result.append(Text(text.path, lines + added + [Line("", None)] if added else lines))
    return result


def _parameter(argument: ast.arg) -> str:
    return f"{argument.arg}: {ast.unparse(argument.annotation)}" if argument.annotation else argument.arg


def _can_move(cls: ast.ClassDef, method: Function) -> bool:
    names = {node.id for node in ast.walk(method) if isinstance(node, ast.Name)}
    own = method.args.args[0].arg if method.args.args else ""
    return (
        isinstance(method, ast.FunctionDef)
        and not method.decorator_list
        and not method.name.startswith(("__", "async_", "_async_"))
        and not (method.args.kwonlyargs or method.args.defaults)
        and own == "self"
        and not getattr(cls, "type_params", ())
        and not names & {"super", "__class__"}
    )


# ------------------------------------------------------------------ decorators
_PASSING = (
    "import functools as functools_passing",
    "def passing(function_passed):",
    "    @functools_passing.wraps(function_passed)",
    "    def wrapper_passing(*args, **kwargs):",
    "        return function_passed(*args, **kwargs)",
    "    return wrapper_passing",
)


def _decorated(texts: list[Text], *, above: bool) -> list[Text]:
    for text in texts:
        tree = text.tree()
        functions = [one for one in _functions(tree) if _may_be_decorated(one)] if tree is not None else []
        for function in functions:
            row = _header_row(function) if above else function.lineno
            text.insert(row, f"{indent_of(text, function.lineno)}@passing")
        if functions:
            text.insert_first(after_future(text), *_PASSING)
    return [text.apply() for text in texts]


def _may_be_decorated(function: Function) -> bool:
    names = {ast.unparse(one).rpartition(".")[2].partition("(")[0] for one in function.decorator_list}
    return (
        isinstance(function, ast.FunctionDef)
        and not names.intersection(_SPECIAL_DECORATORS)
        and not function.name.startswith("__")
        and (not function.decorator_list or any("callback" in name for name in names))
    )


def after_future(text: Text) -> int:
    tree = text.tree()
    assert tree is not None
    rows = [
        (node.end_lineno or node.lineno) + 1
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
    ]
    return rows[-1] if rows else 1


def decorated_above(texts: list[Text]) -> list[Text]:
    """Put a decorator that passes everything on above those that are there."""
    return _decorated(texts, above=True)


def decorated_below(texts: list[Text]) -> list[Text]:
    """Put a decorator that passes everything on below those that are there."""
    return _decorated(texts, above=False)


# ------------------------------------------------------------------ annotations
def _arguments(tree: ast.Module) -> Iterator[ast.arg]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.arg) and node.annotation is not None)


def hass_unannotated(texts: list[Text]) -> list[Text]:
    """Take the annotation from parameters whose name says the same."""
    for text in texts:
        tree = text.tree()
        for argument in _arguments(tree) if tree is not None else ():
            piece = text.piece(argument.annotation) if argument.annotation is not None else None
            if argument.arg in ("hass", "_hass") and piece is not None:
                start = text.column(argument.lineno, argument.col_offset)
                end = text.column(argument.lineno, argument.end_col_offset or 0)
                text.cut(argument.lineno, start, end, argument.arg)
    return [text.apply() for text in texts]


def annotations_quoted(texts: list[Text]) -> list[Text]:
    """Put the annotations of parameters into quotes."""
    for text in texts:
        tree = text.tree()
        for argument in _arguments(tree) if tree is not None else ():
            piece = text.piece(argument.annotation) if argument.annotation is not None else None
            if argument.annotation is not None and piece is not None and '"' not in piece:
                text.replace(argument.annotation, f'"{piece}"')
    return [text.apply() for text in texts]


def bases_in_variables(texts: list[Text]) -> list[Text]:
    """Give base classes another name before they are used."""
    for text in texts:
        tree = text.tree()
        for cls in tree.body if tree is not None else ():
            if isinstance(cls, ast.ClassDef):
                row = min([cls.lineno, *[one.lineno for one in cls.decorator_list]])
                for number, base in enumerate(cls.bases):
                    if isinstance(base, ast.Name) and base.id not in ("TypedDict", "NamedTuple", "Protocol"):
                        text.insert(row, f"{cls.name}_base_{number} = {base.id}")
                        text.replace(base, f"{cls.name}_base_{number}")
    return [text.apply() for text in texts]
