"""Decode import statements of the binary tree: one Import for each name that they bind."""

from __future__ import annotations

from sys import intern

from offloop.facts.reader import Reader, decodes_statement
from offloop.facts.tree import Import, Statement

_ImportName = tuple[str, str | None]


def _import_names(reader: Reader) -> list[_ImportName]:
    """Read names with their aliases."""
    names: list[_ImportName] = []
    for _ in range(reader.number()):
        name = reader.string()
        names.append((name, reader.string() if reader.flag() else None))
    return names


def _import_end(reader: Reader) -> tuple[int, int]:
    span = reader.span()
    reader.number()  # what the parser knows of conditions around it
    reader.place += 1
    return span


def _bind(reader: Reader, body: list[Statement], bindings: list[Import]) -> None:
    reader.imports += bindings
    body += bindings


def _spelled(reader: Reader, module: str, names: list[_ImportName], span: tuple[int, int]) -> list[str]:
    """Return the names of an import statement as in the original text: module, name, alias, name ..."""
    parts = [module, *[part for name, alias in names for part in (name, alias or "")]]
    words = iter(reader.originals([word for part in parts for word in part.split(".") if word], *span))
    return [".".join([next(words) if word else "" for word in part.split(".")]) for part in parts]


@decodes_statement(164)
def _import(reader: Reader, body: list[Statement]) -> None:
    reader.place += 1
    names = _import_names(reader)
    span = _import_end(reader)
    if reader.folded:
        spelled = _spelled(reader, "", names, span)
        names = list(zip(spelled[1::2], [alias or None for alias in spelled[2::2]], strict=True))
    _bind(reader, body, [Import(0, intern(module), None, alias, *span) for module, alias in names])


@decodes_statement(196)
def _import_from(reader: Reader, body: list[Statement]) -> None:
    reader.place += 1
    level = reader.number()
    module = intern(reader.string())
    names = _import_names(reader)
    span = _import_end(reader)
    if reader.folded:
        module, *spelled = _spelled(reader, module, names, span)
        names = list(zip(spelled[::2], [alias or None for alias in spelled[1::2]], strict=True))
    _bind(reader, body, [Import(level, module, intern(name), alias, *span) for name, alias in names])


@decodes_statement(215)
def _import_all(reader: Reader, body: list[Statement]) -> None:
    reader.place += 1
    module = reader.string()
    level = reader.number()
    span = _import_end(reader)
    _bind(reader, body, [Import(level, _spelled(reader, module, [], span)[0], "*", None, *span)])
