"""Draws the README's picture from real output: ``python tests/assets/picture.py`` writes ``.github/picture.svg``.

What is drawn is what ``offloop check tests/assets/example`` prints on a terminal, cut after the first two
findings. Home Assistant is the tests' stand-in, so that nothing else is needed.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / ".github" / "picture.svg"
COLUMNS = 104

_COMMAND = "offloop check tests/assets/example"
_STAND_IN = "tests/minihass"
_SHOWN = 2

_FONT_SIZE, _CELL, _LINE = 13, 7.8, 18
_LEFT, _BAR, _TOP, _BOTTOM = 20, 38, 26, 14
_FONTS = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"
_STYLES = {
    "1": "font-weight: 700",
    "2": "fill: #8b949e",
    "31": "fill: #ff7b72",
    "32": "fill: #7ee787",
    "33": "fill: #e3b341",
    "34": "fill: #79c0ff",
    "36": "fill: #76e3ea",
}
_BUTTONS = ("#ff5f57", "#febc2e", "#28c840")
_PIECE = re.compile(r"\S+(?: \S+)*")
_ESCAPE = re.compile(r"\x1b\[([\d;]*)m")
_NAMESPACE = "{http://www.w3.org/2000/svg}"


class Run(NamedTuple):
    """A piece of a line in one style; ``column`` is 0-based."""

    column: int
    text: str
    classes: tuple[str, ...]


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


# ------------------------------------------------------------------ what is printed
def printed() -> str:
    """Return what the command prints on a terminal, with its colours."""
    from offloop.cli.main import main

    wanted = {"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": str(COLUMNS), "NO_COLOR": ""}
    before = {name: os.environ.get(name) for name in wanted}
    terminal = _Terminal()
    os.environ.update(wanted)
    try:
        with contextlib.chdir(ROOT), contextlib.redirect_stdout(terminal), contextlib.redirect_stderr(io.StringIO()):
            main([*_COMMAND.split()[1:], "--home-assistant", _STAND_IN, "--isolated", "--no-cache", "--jobs=1"])
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
    return terminal.getvalue().replace(f"{_STAND_IN}/", "")


def shown(output: str) -> list[str]:
    """Return the lines to draw: the command, the first findings, the closing line."""
    blocks = output.rstrip("\n").split("\n\n")
    kept = "\n\n".join(blocks[:_SHOWN]).split("\n")
    return [f"\x1b[32m$\x1b[0m {_COMMAND}", *kept, "", "\x1b[2m...\x1b[0m", "", *blocks[-1].split("\n")]


def plain(line: str) -> str:
    """Return a line without its colours."""
    return _ESCAPE.sub("", line).rstrip()


# ------------------------------------------------------------------ what is drawn
def draw(lines: list[str]) -> str:
    """Return the picture of a terminal window with these lines."""
    width = round(2 * _LEFT + COLUMNS * _CELL)
    height = _BAR + _TOP + (len(lines) - 1) * _LINE + _BOTTOM
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="img" aria-label="{escape(plain(lines[0]))}">',
            "<style>",
            f".line {{ font: {_FONT_SIZE}px {_FONTS}; fill: #e6edf3; white-space: pre }}",
            *(f".s{code} {{ {style} }}" for code, style in _STYLES.items()),
            ".title { font: 600 12px system-ui, sans-serif; fill: #8b949e; text-anchor: middle }",
            "</style>",
            f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="10" fill="#0d1117" stroke="#30363d"/>',
            f'<path d="M0.5 {_BAR}V10.5a10 10 0 0 1 10-10H{width - 10.5}a10 10 0 0 1 10 10V{_BAR}z" '
            'fill="#161b22" stroke="#30363d"/>',
            *(
                f'<circle cx="{_LEFT + 2 + 20 * place}" cy="{_BAR / 2}" r="6" fill="{colour}"/>'
                for place, colour in enumerate(_BUTTONS)
            ),
            f'<text class="title" x="{width / 2}" y="{_BAR / 2 + 4}">offloop</text>',
            *(_line(line, _BAR + _TOP + row * _LINE) for row, line in enumerate(lines)),
            "</svg>",
            "",
        ]
    )


def _line(line: str, y: int) -> str:
    # Each piece has its place and length, so that columns stay columns in whatever font there is.
    pieces = "".join(
        f'<tspan x="{_LEFT + run.column * _CELL:.1f}" textLength="{len(run.text) * _CELL:.1f}"'
        f"{_class(run)}>{escape(run.text, quote=False)}</tspan>"
        for run in runs(line)
    )
    return f'<text class="line" xml:space="preserve" y="{y}">{pieces}</text>'


def _class(run: Run) -> str:
    return f' class="{" ".join(f"s{code}" for code in run.classes)}"' if run.classes else ""


def runs(line: str) -> Iterator[Run]:
    """Yield the pieces of a line; spaces around them, and several in a row, are left out."""
    column, classes = 0, ()
    for place, part in enumerate(_ESCAPE.split(line)):
        if place % 2:
            classes = tuple(code for code in part.split(";") if code in _STYLES)
            continue
        for piece in _PIECE.finditer(part):
            yield Run(column + piece.start(), piece.group(), classes)
        column += len(part)


def drawn(svg: str) -> list[str]:
    """Return the lines of text that a picture shows."""
    lines = []
    for text in ElementTree.fromstring(svg).iter(f"{_NAMESPACE}text"):
        if text.get("class") != "line":
            continue
        line = ""
        for piece in text:
            column = round((float(piece.get("x", "0")) - _LEFT) / _CELL)
            line = line.ljust(column) + (piece.text or "")
        lines.append(line)
    return lines


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "server"))
    PICTURE.write_text(draw(shown(printed())), encoding="utf-8", newline="\n")
    print(PICTURE)
