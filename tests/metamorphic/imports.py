"""Rewritings of how Home Assistant's names reach a file."""

from __future__ import annotations

import ast
import tokenize
from collections.abc import Callable, Iterator

from tests.metamorphic.layout import tokens
from tests.metamorphic.text import Text

_PACKAGES = ("homeassistant", "homeassistant.helpers", "homeassistant.components", "homeassistant.util")


def _imports(text: Text, tree: ast.Module) -> Iterator[tuple[ast.ImportFrom, ast.alias]]:
    """Yield the imports of single rows at module level that bring one known name from a module."""
    for node in tree.body:
        if (
            isinstance(node, ast.ImportFrom)
            and node.lineno == node.end_lineno
            and node.level == 0
            and (node.module or "").startswith("homeassistant")
        ):
            for alias in node.names:
                yield node, alias


def _bound_elsewhere(tree: ast.Module) -> set[str]:
    """Return the names that are also parameters, keywords, assigned or quoted, and not safe to rename."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.keyword) and node.arg:
            found.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.update(node.value.split("."))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
    return found


def _rewrite(
    texts: list[Text],
    rewritten: Callable[[ast.ImportFrom, ast.alias, int], tuple[str, str] | None],
) -> list[Text]:
    """Replace imports and the uses of their names, as told by (new import, new name)."""
    for text in texts:
        tree = text.tree()
        if tree is None:
            continue
        taken = _bound_elsewhere(tree)
        names: dict[str, str] = {}
        rows: dict[int, list[str]] = {}
        for number, (node, alias) in enumerate(_imports(text, tree)):
            bound = alias.asname or alias.name
            new = rewritten(node, alias, number) if bound not in taken else None
            kept = f"from {node.module} import {alias.name}" + (f" as {alias.asname}" if alias.asname else "")
            rows.setdefault(node.lineno, []).append(new[0] if new is not None else kept)
            if new is not None:
                names[bound] = new[1]
        for row, statements in rows.items():
            text.cut(row, 0, len(text.row(row)), "; ".join(statements))
        previous = ""
        for token in tokens(text):
            is_use = token.type == tokenize.NAME and previous != "." and token.start[0] not in rows
            if is_use and token.string in names:
                text.cut(token.start[0], token.start[1], token.end[1], names[token.string])
            previous = token.string
        if not names:
            text.cut(1, 0, 0, "")
    return [text.apply() for text in texts]


def import_aliases(texts: list[Text]) -> list[Text]:
    """Import each name under another one."""

    def rewritten(node: ast.ImportFrom, alias: ast.alias, _number: int) -> tuple[str, str]:
        new = f"{alias.name}_as"
        return f"from {node.module} import {alias.name} as {new}", new

    return _rewrite(texts, rewritten)


def module_imports(texts: list[Text]) -> list[Text]:
    """Import the modules and reach the names through them."""

    def rewritten(node: ast.ImportFrom, alias: ast.alias, number: int) -> tuple[str, str] | None:
        if node.module in _PACKAGES or alias.asname:
            return None
        return f"import {node.module} as module_{number}", f"module_{number}.{alias.name}"

    return _rewrite(texts, rewritten)


def guarded_imports(texts: list[Text]) -> list[Text]:
    """Import within ``try``."""
    for text in texts:
        tree = text.tree()
        if tree is None:
            continue
        for node in tree.body:
            if (
                isinstance(node, ast.ImportFrom)
                and node.lineno == node.end_lineno
                and node.module != "__future__"
            ):
                text.insert(node.lineno, "try:")
                text.cut(node.lineno, 0, 0, "    ")
                text.insert(node.lineno + 1, "except ImportError:", "    raise")
    return [text.apply() for text in texts]
