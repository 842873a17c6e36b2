"""A file that is rewritten line by line and remembers where each of its lines came from."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

Origin = tuple[str, int]


@dataclass
class Line:
    """One line without its end; ``origin`` is the file and 1-based row it had, None for an added one."""

    text: str
    origin: Origin | None


@dataclass
class Text:
    """A file of a fixture. Rows and columns are those of the original: 1-based rows, code points."""

    path: str
    lines: list[Line]
    _edits: list[tuple[int, int, int, str]] = field(default_factory=list)
    _before: dict[int, list[Line]] = field(default_factory=dict)

    @classmethod
    def of(cls, path: str, text: str) -> Text:
        """Return the text of a file."""
        rows = text.split("\n")
        return cls(path, [Line(row, (path, number)) for number, row in enumerate(rows, 1)])

    @property
    def content(self) -> str:
        """Return the whole text."""
        return "\n".join(line.text for line in self.lines)

    def tree(self) -> ast.Module | None:
        """Return Python's own tree, None where this Python does not know the syntax."""
        try:
            return ast.parse(self.content)
        except SyntaxError:
            return None

    def row(self, number: int) -> str:
        """Return the text of a row."""
        return self.lines[number - 1].text

    def column(self, row: int, offset: int) -> int:
        """Return the column of an offset in bytes, as Python's tree counts."""
        return len(self.row(row).encode()[:offset].decode())

    def piece(self, node: ast.expr) -> str | None:
        """Return the text of an expression that stands on one row, None for others."""
        if node.end_lineno != node.lineno or node.end_col_offset is None:
            return None
        row = self.row(node.lineno)
        return row[self.column(node.lineno, node.col_offset) : self.column(node.lineno, node.end_col_offset)]

    # ------------------------------------------------------------------ edits, all by original places
    def replace(self, node: ast.expr, new: str) -> None:
        """Replace an expression that stands on one row."""
        assert node.end_col_offset is not None
        start, end = (self.column(node.lineno, offset) for offset in (node.col_offset, node.end_col_offset))
        self._edits.append((node.lineno, start, end, new))

    def cut(self, row: int, start: int, end: int, new: str = "") -> None:
        """Replace a part of a row."""
        self._edits.append((row, start, end, new))

    def insert(self, row: int, *added: str, origin: int | None = None) -> None:
        """Add lines before a row; ``origin`` is the row whose code they hold now."""
        place = (self.path, origin) if origin is not None else None
        self._before.setdefault(row, []).extend(Line(one, place) for one in added)

    def insert_first(self, row: int, *added: str) -> None:
        """Add lines before a row, and before other lines that are added there."""
        self._before.setdefault(row, [])[:0] = [Line(one, None) for one in added]

    def apply(self) -> Text:
        """Return the text with its edits made."""
        lines = [Line(line.text, line.origin) for line in self.lines]
        for row, start, end, new in sorted(set(self._edits), reverse=True):
            text = lines[row - 1].text
            lines[row - 1].text = text[:start] + new + text[end:]
        result: list[Line] = []
        for number, line in enumerate(lines, 1):
            result += self._before.get(number, ())
            result.append(line)
        return Text(self.path, result)


def places(texts: Iterable[Text]) -> dict[Origin, Origin]:
    """Return where each row was originally."""
    return {
        (text.path, number): line.origin
        for text in texts
        for number, line in enumerate(text.lines, 1)
        if line.origin is not None
    }
