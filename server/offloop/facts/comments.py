"""Find the comments that silence findings: ``# offloop: ignore[HAT101]`` and ``# noqa: HAT101``."""

from __future__ import annotations

import re

from offloop.facts.model import Suppression
from offloop.text import LineIndex

# Strings are matched only to pass over the number signs inside of them. One without an end reaches to the
# end of its line, or of the text in triple quotes. No prefix is needed: raw strings end at the same place.
STRING_OR_COMMENT = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*(?:"""|\Z)'
    r"|'''(?:[^'\\]|\\.|'(?!''))*(?:'''|\Z)"
    r'|"(?:[^"\\\r\n]|\\(?:\r\n|.))*"?'
    r"|'(?:[^'\\\r\n]|\\(?:\r\n|.))*'?"
    r"|(?P<comment>\#[^\r\n]*)",
    re.DOTALL,
)
_CODE = r"[A-Za-z]+[0-9]+"
_DIRECTIVE = re.compile(
    r"\#\s*offloop:\s*ignore(?:\[(?P<ignored>[^\]]*)\]|(?![\w\[]))"
    rf"|\#\s*noqa(?::\s*(?P<quiet>{_CODE}(?:[,\s]+{_CODE})*)|(?!\s*:|\w))",
    re.IGNORECASE,
)
_CODES = re.compile(rf"(?P<name>[a-z]+(?:-[a-z]+)+)|{_CODE}")


def suppressions(text: str) -> tuple[Suppression, ...]:
    """Return all comments of the text that silence findings, in order.

    A list of codes that holds no code silences nothing and is left out.
    """
    if "offloop:" not in text and "noqa" not in text.lower():
        return ()
    lines = LineIndex(text)
    found: list[Suppression] = []
    for comment in STRING_OR_COMMENT.finditer(text):
        if comment["comment"] is None:
            continue
        for match in _DIRECTIVE.finditer(text, *comment.span()):
            listed = match["ignored"] if match["ignored"] is not None else match["quiet"]
            codes = tuple(code["name"] or code.group().upper() for code in _CODES.finditer(listed or ""))
            if listed is None or codes:
                style = "noqa" if "offloop" not in match.group().lower() else "offloop"
                line = lines.position(match.start()).line
                found.append(Suppression(line, codes, style, match.start(), match.end()))
    return tuple(found)
