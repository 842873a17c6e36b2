"""The vocabulary of rules and of what they report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from importlib import resources
from typing import TYPE_CHECKING

from offloop.text import Edit, Span

if TYPE_CHECKING:
    from offloop.inference.analysis import Analysis


class Severity(Enum):
    """How much a finding matters; OFF is never reported."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    HINT = "hint"
    OFF = "off"


class Applicability(Enum):
    """SAFE keeps the meaning, UNSAFE may change it, MANUAL is only shown."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    MANUAL = "manual"


class FixKind(Enum):
    """What a fix does about the cause, in the order of preference."""

    CALLBACK = "callback"
    """The function is marked for the loop."""
    TWIN = "twin"
    """The thread-safe function that does the same is called."""
    HOP = "hop"
    """The call itself is sent to the loop."""
    ASYNC = "async"
    """The function becomes a coroutine function that Home Assistant runs in the loop."""
    MOVE = "move"
    """What blocks is moved aside, so that the rest can run in the loop."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Step:
    """One place of a trace: 0-based line and column (code points) in a file, and what happens there.

    ``path`` is absolute for the user's own files. For Home Assistant's it begins with
    "homeassistant/" and is relative to ``Catalog.source_root`` (which may be None).
    """

    message: str
    path: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class FileEdit:
    """An edit of one of the integration's files."""

    path: str
    edit: Edit


@dataclass(frozen=True, slots=True)
class Fix:
    """A mend for one finding; its edits are applied together or not at all."""

    title: str
    edits: tuple[FileEdit, ...]
    applicability: Applicability
    preferred: bool = False
    kind: FixKind = FixKind.OTHER

    @property
    def advice(self) -> str:
        """What to do, in the first clause of the title: "Use hass.bus.fire"."""
        return self.title.partition(" (")[0].partition(": ")[0]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: the span is in code point offsets of the text of ``path`` (absolute).

    ``trace`` runs from Home Assistant's own line (or another entry) to the finding. ``function`` is the
    qualified name of the function it sits in, None at module level. ``context`` is "worker", "loop" or "both".
    """

    code: str
    name: str
    severity: Severity
    message: str
    path: str
    span: Span
    function: str | None
    context: str
    api: str
    trace: tuple[Step, ...]
    fixes: tuple[Fix, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as a value: ``name`` is the kebab-case stem of its module, document and test."""

    code: str
    name: str
    summary: str
    severity: Severity
    check: Callable[[Analysis], Iterator[Diagnostic]]

    @property
    def url(self) -> str:
        """The address of the rule's document."""
        return f"https://github.com/offloop/offloop/blob/main/server/offloop/rules/{self.name.replace('-', '_')}.md"

    def document(self) -> str:
        """Return the rule's document, Markdown that ends with a line feed."""
        name = f"{self.name.replace('-', '_')}.md"
        try:
            text = (resources.files("offloop.rules") / name).read_text(encoding="utf-8")
        except OSError:
            text = f"# {self.name} ({self.code})\n\n{self.summary}\n"
        return text if text.endswith("\n") else text + "\n"
