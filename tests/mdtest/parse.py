"""Markdown to tests: headings, code blocks and the assertions in their comments. Knows nothing of offloop."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_FENCE = re.compile(r"^(?P<fence>`{3,})(?P<language>[\w-]*)\s*$")
_HEADING = re.compile(r"^(?P<level>#{1,6})\s+(?P<title>.+?)\s*$")
_PATH = re.compile(r"^`(?P<path>[^`]+)`:\s*$")
_RELEASE = re.compile(r"^`home-assistant = (?P<release>[\d.]+)`$")
_ASSERTION = re.compile(
    r"""\#\s*(?P<kind>(?:todo-)?(?:error|warning|info|hint|context|ok)):\s*
        (?:\[(?P<rule>[\w-]+)\]|(?P<word>[\w-]+))?
        (?:\s*"(?P<text>[^"]*)")?\s*""",
    re.VERBOSE,
)
_TRAILING = re.compile(
    rf"\s*(?P<assertions>(?:{_ASSERTION.pattern})+)$".replace("?P<kind>", "?:"), re.VERBOSE
)

DEFAULT_PATH = "__init__.py"


@dataclass(frozen=True)
class Assertion:
    """One comment: ``kind`` with its todo- prefix, rule or word, text; it is about the 1-based ``row``."""

    kind: str
    rule: str | None
    word: str | None
    text: str | None
    row: int


@dataclass
class Block:
    """One fenced block; ``first`` and ``last`` are 0-based lines of the document, fences excluded."""

    language: str
    lines: list[str]
    first: int
    last: int


@dataclass
class File:
    """One file of the integration: its text without trailing assertions, and the assertions."""

    path: str
    lines: list[str] = field(default_factory=list)
    assertions: list[Assertion] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Return the whole text."""
        return "\n".join(self.lines) + "\n"


@dataclass
class Test:
    """One heading with its blocks."""

    __test__ = False

    title: str
    slug: str
    line: int
    release: str | None = None
    files: dict[str, File] = field(default_factory=dict)
    diff: Block | None = None
    trace: Block | None = None


def parse(document: str) -> list[Test]:
    """Return the tests of a document: its headings that have Python blocks."""
    tests: list[Test] = []
    current = Test("", "", 0)
    release: str | None = None
    slugs: dict[str, int] = {}
    for number, line, block in _walk(document.split("\n")):
        if block is None:
            if heading := _HEADING.match(line):
                slug = re.sub(r"[^a-z0-9]+", "-", heading["title"].lower()).strip("-")
                slugs[slug] = slugs.get(slug, 0) + 1
                slug += f"-{slugs[slug]}" if slugs[slug] > 1 else ""
                current = Test(heading["title"].replace("`", ""), slug, number + 1, release)
                tests.append(current)
            elif named := _RELEASE.match(line):
                release = current.release = named["release"]
        elif block.language == "python":
            path = _PATH.match(line)
            file = current.files.setdefault(path["path"] if path else DEFAULT_PATH, File(""))
            file.path = path["path"] if path else DEFAULT_PATH
            _add_code(file, block.lines)
        elif block.language in ("diff", "trace"):
            if getattr(current, block.language) is not None:
                raise ValueError(f"line {number + 1}: a second {block.language} block in one test")
            setattr(current, block.language, block)
    return [test for test in tests if test.files]


def replace_block(document: str, slug: str, language: str, lines: list[str]) -> str:
    """Return the document with the content of one test's diff or trace block replaced."""
    test = next(test for test in parse(document) if test.slug == slug)
    block = test.diff if language == "diff" else test.trace
    assert block is not None
    content = document.split("\n")
    content[block.first : block.last] = lines
    return "\n".join(content)


def _walk(lines: list[str]) -> Iterator[tuple[int, str, Block | None]]:
    """Yield (number, text, None) for lines of prose and (number, prose line before, block)."""
    number = 0
    prose = ""
    while number < len(lines):
        fence = _FENCE.match(lines[number])
        if not fence:
            yield number, lines[number], None
            prose = lines[number] if lines[number].strip() else prose
            number += 1
            continue
        end = number + 1
        while end < len(lines) and lines[end].rstrip() != fence["fence"]:
            end += 1
        if end == len(lines):
            raise ValueError(f"line {number + 1}: the block does not end")
        yield number, prose, Block(fence["language"], lines[number + 1 : end], number + 1, end)
        prose = ""
        number = end + 1


def _add_code(file: File, lines: list[str]) -> None:
    """Append code lines to a file, taking assertions off."""
    waiting: list[Assertion] = []
    for line in lines:
        row = len(file.lines) + 1
        trailing = _TRAILING.search(line)
        code = line[: trailing.start()] if trailing else line
        found = [
            Assertion(match["kind"], match["rule"], match["word"], match["text"], row)
            for match in _ASSERTION.finditer(line, trailing.start() if trailing else len(line))
        ]
        if trailing and not code.strip():
            waiting += found
            file.lines.append(line)
            continue
        if line.strip():
            file.assertions += [
                Assertion(assertion.kind, assertion.rule, assertion.word, assertion.text, row)
                for assertion in waiting
            ]
            waiting = []
        file.assertions += found
        file.lines.append(code)
    if waiting:
        raise ValueError(f"{file.path}: assertions without a line: {waiting}")
