"""From a text to its facts, whatever the text is."""

from __future__ import annotations

from hashlib import blake2b

from offloop.facts.comments import suppressions
from offloop.facts.model import ModuleFacts
from offloop.facts.syntax import parse


def digest(text: str) -> str:
    """Return 32 hexadecimal digits that identify a text."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def extract(text: str) -> ModuleFacts:
    """Return what a text says; never raises, whatever the text holds."""
    tree = parse(text)
    return ModuleFacts(
        digest=digest(text),
        functions=tree.functions,
        classes=tree.classes,
        imports=tree.imports,
        body=tree.body,
        calls=tree.calls,
        suppressions=suppressions(text),
        problems=tree.problems,
    )
