"""Find expressions that are so deeply nested that reading them would end the process.

The parser limits how deeply brackets and blocks nest, but not how long a chain such as ``a.b().c`` or
``1 + 1 + 1`` gets: it then recurses once per link, on whatever stack the calling thread has, and a
process that runs out of stack is gone. So texts are measured before they are parsed.
"""

from __future__ import annotations

import re

from offloop.facts.comments import STRING_OR_COMMENT

# Half a megabyte of stack, the least that threads get anywhere, bears more than 2000 links.
SAFE_LINKS = 2000
# Eight megabytes, the usual stack of a main thread, bear 40,000.
_NEVER_SAFE_LINKS = 20_000
_LINKS = ".([+-*/%@<>&|^"
# A line that starts like this is no part of the expression before it. Inside of a string it could be,
# which is why texts with too many links anywhere are measured exactly.
_NEW_STATEMENT = re.compile(
    r"\n[ \t]*(?=(?:def|class|return|import|async def|try|raise|while|assert|with|pass|del)\b)"
)
_TOKEN = re.compile(
    rf"{STRING_OR_COMMENT.pattern}"
    r"|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<line>(?<!\\)(?:\r\n|\r|\n))|(?P<stop>[,:;=])"
    r"|(?P<link>[.+\-*/%@<>&|^]+)",
    re.DOTALL,
)
_NOT_LINE_END = re.compile(r"[^\r\n]")


def _links(text: str) -> int:
    return sum(map(text.count, _LINKS))


def may_exhaust_stack(text: str) -> bool:
    """Tell, at little cost, whether a text might hold a chain of more than SAFE_LINKS links."""
    if len(text) <= SAFE_LINKS:
        return False
    total = _links(text)
    if total <= SAFE_LINKS:
        return False
    if total > _NEVER_SAFE_LINKS:
        return True
    pieces = _NEW_STATEMENT.split(text)
    return any(len(piece) > SAFE_LINKS and _links(piece) > SAFE_LINKS for piece in pieces)


def without_deep_statements(text: str, limit: int) -> tuple[str, list[int]]:
    """Return the text with all logical lines of more than ``limit`` links blanked, and their offsets.

    All other characters keep their places.
    """
    spans = _deep_statements(text, limit)
    for start, end in spans:
        text = blanked(text, start, end)
    return text, [start for start, _ in spans]


def blanked(text: str, start: int, end: int) -> str:
    """Return the text with spaces for the characters from ``start`` to ``end``, line ends excepted."""
    return text[:start] + _NOT_LINE_END.sub(" ", text[start:end]) + text[end:]


def _deep_statements(text: str, limit: int) -> list[tuple[int, int]]:
    """Return start and end of the logical lines in which a chain is longer than the limit.

    The depth at a place is the number of links since the last separator, for it and each bracket around.
    """
    spans: list[tuple[int, int]] = []
    open_links: list[int] = []
    start = links = around = deepest = 0
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind == "link":
            links += match.end() - match.start()
        elif kind == "open":
            open_links.append(links + 1)
            around += links + 1
            links = 0
        elif kind == "close":
            if open_links:
                links = open_links.pop()
                around -= links
        elif kind == "stop":
            links = 0
        elif kind == "line":
            if not open_links:
                if deepest > limit:
                    spans.append((start, match.start()))
                start, links, deepest = match.end(), 0, 0
        elif kind is None and match.end() - match.start() > limit:  # an f-string may hold anything
            deepest = max(deepest, around + links + _links(match.group()))
        deepest = max(deepest, around + links)
    if deepest > limit:
        spans.append((start, len(text)))
    return spans
