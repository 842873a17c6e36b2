"""How findings reach the client: pushed with versions, or pulled with result ids; never both."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import Protocol

from lsprotocol import types

from offloop.lsp.convert import uri_of
from offloop.lsp.documents import key_of
from offloop.lsp.home import Home
from offloop.lsp.report import CLEAN, Report
from offloop.lsp.session import Session

WorkspaceReport = (
    types.WorkspaceFullDocumentDiagnosticReport | types.WorkspaceUnchangedDocumentDiagnosticReport
)
RelatedReports = dict[str, types.FullDocumentDiagnosticReport | types.UnchangedDocumentDiagnosticReport]


_SETTLE_SECONDS = 5.0


class Publish(Protocol):
    """Pushes what is shown of a file, with its version if that is to be told."""

    def __call__(self, uri: str, shown: Sequence[types.Diagnostic], version: int | None = None) -> None:
        """Push it."""
        ...


class ClosedFiles:
    """Publishes the findings of files that are not open, where the settings ask for it."""

    def __init__(self, session: Session, publish: Publish) -> None:
        self._session = session
        self._publish = publish
        self._last: dict[str, str] = {}
        self._is_stopped = False

    def stop(self) -> None:
        """Take back all that is shown, and show no more: the client has begun to pull it."""
        if not self._is_stopped:
            self.forgotten(list(self._last))
            self._is_stopped = True

    def opened(self) -> list[str]:
        """Return, once, the files whose findings are shown here and that are open now."""
        found = [path for path in self._last if self._session.documents.get(path) is not None]
        for path in found:
            del self._last[path]
        return found

    def adopt(self, path: str, identity: str) -> bool:
        """Go on with what is shown of a file that is no longer open; False where nothing is to be shown."""
        if any(home.report.shows_closed and path in home.report.lines for home in self._session.homes()):
            self._last[path] = identity
            return True
        return False

    def reported(self, home: Home) -> None:
        """Publish what is new in a report, and take back what was shown of files that are open now."""
        report = home.report
        is_wanted = report.shows_closed
        if self._is_stopped or not (is_wanted or self._last):
            return
        for path in report.lines:
            if self._session.documents.get(path) is not None or not PurePath(path).is_absolute():
                continue
            identity = report.identity(path) if is_wanted else CLEAN
            if self._last.get(path, CLEAN) != identity:
                self._last[path] = identity
                shown = report.shown(path) if is_wanted else []
                self._publish(uri_of(path), shown)

    def forgotten(self, paths: Iterable[str]) -> None:
        """Publish that these files have no findings."""
        for path in paths:
            if self._last.pop(path, CLEAN) != CLEAN:
                self._publish(uri_of(path), [])


class Pusher:
    """Publishes the findings of open files whenever they or the version change."""

    def __init__(self, session: Session, publish: Publish) -> None:
        self._session = session
        self._publish = publish
        self._closed = ClosedFiles(session, publish)
        self._last: dict[str, tuple[str, int | None]] = {}

    def reported(self, home: Home) -> None:
        """Publish what is new in a report."""
        self._closed.opened()  # what is shown of them is replaced below, and does not vanish before
        self._closed.reported(home)
        for path in sorted(home.paths):
            document = self._session.documents.get(path)
            version = home.report.versions.get(path)
            state = (home.report.identity(path), version)
            if document is not None and self._last.get(path) != state:
                self._last[path] = state
                told = version if self._session.client.push_version else None
                self._publish(document.uri, home.report.shown(path), told)

    def forgotten(self, paths: Iterable[str]) -> None:
        """Publish that these files have no findings."""
        paths = tuple(paths)
        self._closed.forgotten(paths)
        for path in paths:
            shown = self._last.pop(path, None)
            if shown is not None and not self._closed.adopt(path, shown[0]):
                self._publish(uri_of(path), [])


class Puller:
    """Answers pulls, and asks the client to pull again where an answer that it has is out of date."""

    def __init__(self, session: Session, refresh: Callable[[], None], publish: Publish) -> None:
        self._session = session
        self._refresh = refresh
        self._publish = publish
        self._closed = ClosedFiles(session, publish)
        self._given: dict[str, str] = {}
        self._waiting: Counter[str] = Counter()
        self._news = asyncio.Event()

    def reported(self, home: Home) -> None:
        """Ask for a refresh when other files than the edited ones have changed."""
        self._news.set()
        for path in self._closed.opened():
            self._publish(uri_of(path), [])
        self._closed.reported(home)
        if not self._session.client.refresh:
            return
        if self._session.client.related_documents and home.edited:
            return
        stale = (path for path in home.paths - home.edited if not self._waiting[path])
        if any(self._is_stale(home.report, path) for path in stale):
            self._refresh()

    def forgotten(self, paths: Iterable[str]) -> None:
        """Forget what was answered for these files."""
        self._news.set()
        paths = tuple(paths)
        self._closed.forgotten(paths)
        for path in paths:
            self._given.pop(path, None)

    async def pull(self, params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
        """Answer with the findings of the newest text, or that they are those of the previous result."""
        path = key_of(params.text_document.uri)
        self._waiting[path] += 1
        try:
            report = await self._session.newest(path)
        finally:
            self._waiting[path] -= 1
            self._waiting += Counter()
        related = self._related(report, path) if self._session.client.related_documents else {}
        identity = self._give(report, path)
        if params.previous_result_id == identity:
            return types.RelatedUnchangedDocumentDiagnosticReport(identity, related_documents=related or None)
        return types.RelatedFullDocumentDiagnosticReport(
            report.shown(path), related_documents=related or None, result_id=identity
        )

    async def pull_workspace(
        self, params: types.WorkspaceDiagnosticParams
    ) -> types.WorkspaceDiagnosticReport:
        """Answer with what has changed since the client's results; waits for a change where it has all.

        A client that has nothing yet is not kept waiting for one, only some seconds for what is under way.
        """
        self._closed.stop()
        previous = {key_of(one.uri): one.value for one in params.previous_result_ids}
        if not previous:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._session.settle(), _SETTLE_SECONDS)
        while True:
            self._news.clear()
            items = list(self._changed(previous))
            if items or not previous:
                return types.WorkspaceDiagnosticReport(items)
            await self._news.wait()

    def _changed(self, previous: dict[str, str]) -> Iterator[WorkspaceReport]:
        """Yield what a client with these results is not up to date in; of work under way nothing is said."""
        homes = self._session.homes()
        known: set[str] = set()
        for home in homes:
            report = home.report
            known.update(report.lines if home.done != home.generation or report.shows_closed else ())
            if home.done == home.generation and report.shows_closed:
                for path in report.lines:
                    identity = report.identity(path)
                    if PurePath(path).is_absolute() and previous.get(path, CLEAN) != identity:
                        version = report.versions.get(path)
                        uri = self._uri(path)
                        yield types.WorkspaceFullDocumentDiagnosticReport(
                            uri, report.shown(path), version=version, result_id=identity
                        )
        for path, identity in previous.items():
            if path not in known and identity != CLEAN:
                yield types.WorkspaceFullDocumentDiagnosticReport(self._uri(path), [], result_id=CLEAN)

    def _uri(self, path: str) -> str:
        document = self._session.documents.get(path)
        return document.uri if document is not None else uri_of(path)

    def _related(self, report: Report, path: str) -> RelatedReports:
        home = self._session.home(path)
        others = sorted(home.paths - {path}) if home is not None else []
        found: RelatedReports = {}
        for other in others:
            document = self._session.documents.get(other)
            if document is not None and self._is_stale(report, other):
                identity = self._give(report, other)
                found[document.uri] = types.FullDocumentDiagnosticReport(
                    report.shown(other), result_id=identity
                )
        return found

    def _is_stale(self, report: Report, path: str) -> bool:
        return path in self._given and self._given[path] != report.identity(path)

    def _give(self, report: Report, path: str) -> str:
        identity = report.identity(path)
        if self._session.home(path) is not None:
            self._given[path] = identity
        return identity
