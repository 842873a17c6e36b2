"""One analysis, off the loop: read the integration with the open texts over it, check, render."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, NamedTuple

from offloop.config import Settings
from offloop.lsp.client import ClientFeatures
from offloop.lsp.convert import Converter
from offloop.lsp.engine import Engine
from offloop.lsp.marks import labels
from offloop.lsp.proofs import Proofs, Wish
from offloop.lsp.report import Renderer, Report
from offloop.rules.rule import Diagnostic, Fix
from offloop.source import (
    Integration,
    IntegrationFolder,
    discover,
    integration_of,
    load_integration,
    source_from_text,
)
from offloop.source.walking import python_files
from offloop.text import LineIndex

if TYPE_CHECKING:
    from offloop.inference.analysis import Analysis
    from offloop.project import CheckResult


_LOOK_SECONDS = 1.0
_CLOCK_NANOSECONDS = 2_000_000_000
"""How coarse a file system's clock may be."""
_OF_INTEGRATIONS = ("custom_components.", "homeassistant.components.")


_Stamp = tuple[int, int]
"""When a file was changed (nanoseconds), and its size (bytes)."""


class OpenText(NamedTuple):
    """An open text at one moment."""

    uri: str
    version: int
    lines: LineIndex


class Snapshot(NamedTuple):
    """All that one analysis depends on besides the disk; ``texts`` by path.

    ``marked`` are the open files whose marks the client would have to ask for again if they changed.
    """

    folder: IntegrationFolder | None
    texts: Mapping[str, OpenText]
    settings: Settings
    marked: frozenset[str] = frozenset()


class Asked(NamedTuple):
    """How far the asking is: whether checking again may tell more, and whether answers are still to come."""

    news: bool
    waits: bool


class Analysed(NamedTuple):
    """A report, how to ask elsewhere for what it leaves open (None where nothing is), and what is behind it.

    ``proofs`` tell whether its fixes hold.
    """

    report: Report
    ask: Callable[[], Asked] | None = None
    inside: Callable[[], Analysis | None] = lambda: None
    proofs: Proofs | None = None


def home_of(path: str) -> IntegrationFolder | None:
    """Return the integration of a file; None for what is no absolute path: it is analysed alone."""
    return integration_of(Path(path)) if PurePath(path).is_absolute() else None


def home_key(folder: IntegrationFolder) -> str:
    """Return what tells an integration from others, whichever of its files was asked for."""
    return f"{folder.root}\n{folder.nested}"


def integrations_in(roots: Iterable[str]) -> list[IntegrationFolder]:
    """Return the integrations in some folders; plain folders of Python files are none."""
    found = discover(Path(root) for root in roots).folders
    return [folder for folder in found if folder.package.startswith(_OF_INTEGRATIONS)]


class Look(NamedTuple):
    """A look at the disk: when, and how often one had been wished for by then."""

    moment: float
    wishes: int


@dataclass(slots=True)
class DiskTexts:
    """The texts of an integration's closed files, read again when their size or time changes."""

    _known: dict[str, tuple[_Stamp, str]] = field(default_factory=dict)
    _forgotten: set[str] = field(default_factory=set)
    _stamps: dict[str, _Stamp | None] = field(default_factory=dict)
    _folders: dict[str, _Stamp | None] = field(default_factory=dict)
    _listed_at: int = 0
    _last: tuple[Look, Snapshot, Integration] | None = None
    _places: dict[str, int] = field(default_factory=dict)
    _lines: dict[str, LineIndex] = field(default_factory=dict)
    _wishes: int = 0

    def edited(self, snapshot: Snapshot) -> Integration | None:
        """Return the last integration with the open texts of now, None where the disk is to be read.

        While somebody types, a look at the disk once a second is often enough: what else happens to files is told.
        """
        if self._last is None or self._forgotten or snapshot.folder is None:
            return None
        look, before, integration = self._last
        is_same = (
            before.folder is snapshot.folder
            and before.settings is snapshot.settings
            and before.texts.keys() == snapshot.texts.keys()
        )
        if not is_same or look.wishes != self._wishes:
            return None
        if time.monotonic() - look.moment > _LOOK_SECONDS:
            look = self.look()
            if self.has_changed(snapshot.folder):
                return None
        files = list(integration.files)
        for path, text in snapshot.texts.items():
            place = self._places.get(path)
            if place is not None and files[place].text is not text.lines.text:
                file = files[place]
                files[place] = source_from_text(path, file.module, file.is_package, text.lines.text)
        integration = integration._replace(files=tuple(files))
        self._last = look, snapshot, integration
        return integration

    def look(self) -> Look:
        """Return that the disk is looked at now, for all that was wished until now."""
        return Look(time.monotonic(), self._wishes)

    def looked(self, look: Look, snapshot: Snapshot, integration: Integration) -> None:
        """Keep what was found by a look at the disk."""
        self._last = look, snapshot, integration
        self._places = {file.path: place for place, file in enumerate(integration.files)}
        self._lines = {file.path: LineIndex(file.text) for file in integration.files}

    def lines(self, opened: Mapping[str, OpenText]) -> dict[str, LineIndex]:
        """Return the lines of the files of the last look, and those of the open texts in their place."""
        return self._lines | {path: text.lines for path, text in opened.items() if path in self._lines}

    def look_again(self) -> None:
        """Wish that the disk is looked at for the next analysis; called from the loop's thread."""
        self._wishes += 1

    def current(self, folder: IntegrationFolder) -> dict[str, str]:
        """Return the known texts whose files have not changed; what there is now is to be read."""
        # Before anything is read: what changes meanwhile is seen by the next look.
        self._listed_at = time.time_ns()
        walked: list[str] = []
        self._stamps = {path: _stamp(path) for path in _listed(folder, walked)}
        self._folders = {path: _stamp(path) for path in walked}
        while self._forgotten:
            self._known.pop(self._forgotten.pop(), None)
        self._known = {path: known for path, known in self._known.items() if self._now(path) == known[0]}
        return {path: text for path, (_stamp_, text) in self._known.items()}

    def has_changed(self, folder: IntegrationFolder) -> bool:
        """Return whether files have changed since they were read, or have come since."""
        return any(_stamp(path) != stamp for path, (stamp, _text) in self._known.items()) or (
            not self._lists_as_before() and not _listed(folder) <= self._stamps.keys()
        )

    def _lists_as_before(self) -> bool:
        """Whether folders say that nothing has come to them since; one that changed just then may have again."""
        return bool(self._folders) and all(
            stamp is not None and stamp[0] < self._listed_at - _CLOCK_NANOSECONDS and _stamp(path) == stamp
            for path, stamp in self._folders.items()
        )

    def forget(self, path: str) -> None:
        """Read a file again: it is said to have changed, whatever its size and time say."""
        self._forgotten.add(path)

    def remember(self, integration: Integration, opened: Mapping[str, OpenText]) -> None:
        """Keep the texts that were read from the disk."""
        for source in integration.files:
            if source.path not in opened and source.path not in self._known:
                stamp = self._now(source.path)
                if stamp is not None:
                    self._known[source.path] = (stamp, source.text)

    def _now(self, path: str) -> _Stamp | None:
        return self._stamps[path] if path in self._stamps else _stamp(path)


def _listed(folder: IntegrationFolder, walked: list[str] | None = None) -> frozenset[str]:
    found = python_files(Path(folder.root), folder.nested, [], walked=walked)
    return frozenset(map(str, found))


def _stamp(path: str) -> _Stamp | None:
    try:
        status = os.stat(path)  # noqa: PTH116 - one call a file, on every edit
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def read(snapshot: Snapshot, disk: DiskTexts) -> Integration:
    """Return the integration of a snapshot; open texts win over the disk."""
    opened = snapshot.texts
    if snapshot.folder is None:
        files = tuple(
            source_from_text(path, "untitled", False, text.lines.text) for path, text in opened.items()
        )
        return Integration("untitled", "untitled", "", files)
    edited = disk.edited(snapshot)
    if edited is not None:
        return edited
    look = disk.look()
    texts = disk.current(snapshot.folder) | {path: text.lines.text for path, text in opened.items()}
    settings = snapshot.settings
    integration = load_integration(
        snapshot.folder, texts=texts, excludes=settings.excludes, max_bytes=settings.max_file_size
    )
    disk.remember(integration, opened)
    disk.looked(look, snapshot, integration)
    return integration


def analyse(
    snapshot: Snapshot,
    disk: DiskTexts,
    engine: Engine,
    client: ClientFeatures,
    rule_url: Callable[[Diagnostic], str | None],
) -> Analysed:
    """Read, check and render one snapshot; raises only for faults of our own."""
    integration = read(snapshot, disk)
    opened = snapshot.texts
    result = engine.check(integration, focus=list(opened)[-1] if opened else "")
    lines = disk.lines(opened) if snapshot.folder else {path: text.lines for path, text in opened.items()}
    renderer = Renderer(
        client,
        Converter(client.encoding),
        lines,
        {path: text.uri for path, text in opened.items()},
        engine.source_root,
        rule_url,
    )
    versions = {path: text.version for path, text in opened.items()}
    marks = _marks(engine.analysis(integration), snapshot) if snapshot.marked else {}
    report = renderer.report(result, versions, snapshot.settings, marks)
    ask = partial(_ask, engine, integration) if engine.is_asking(integration) else None
    proofs = Proofs(
        partial(_refusal, engine, integration, result), partial(_hold_together, engine, integration, result)
    )
    return Analysed(report, ask, partial(engine.analysis, integration), proofs)


def _refusal(
    engine: Engine, integration: Integration, result: CheckResult, finding: Diagnostic, fix: Fix
) -> str | None:
    from offloop.proof import prove  # noqa: PLC0415 - start fast

    return prove(engine, integration, result, finding, fix)


def _hold_together(
    engine: Engine, integration: Integration, result: CheckResult, wishes: Sequence[Wish]
) -> bool:
    from offloop.proof import hold_together  # noqa: PLC0415 - start fast

    return hold_together(engine, integration, result, wishes)


def _marks(analysis: Analysis | None, snapshot: Snapshot) -> dict[str, tuple[str, ...]]:
    shown = snapshot.settings.inlay_hints, snapshot.settings.code_lens
    if analysis is None or shown == ("off", False):
        return {}
    return {path: (*map(str, shown), *labels(analysis, path)) for path in snapshot.marked}


def _ask(engine: Engine, integration: Integration) -> Asked:
    return Asked(engine.resolve_open(integration), engine.is_asking(integration))
