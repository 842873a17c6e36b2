"""The session: every change comes in at ``changed``, the newest report of an integration comes out."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
import time
import traceback
from collections.abc import Callable, Coroutine, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from offloop.lsp.analysis import (
    Analysed,
    Asked,
    DiskTexts,
    OpenText,
    Snapshot,
    analyse,
    home_key,
    home_of,
    integrations_in,
)
from offloop.lsp.client import ClientFeatures
from offloop.lsp.convert import Converter
from offloop.lsp.documents import Documents
from offloop.lsp.engine import Engine, Workshop
from offloop.lsp.engines import Engines, NoEngineError, Notices
from offloop.lsp.home import CALM_SECONDS, NOTHING, Audience, Home, Stale
from offloop.lsp.proofs import Proofs
from offloop.lsp.report import Report
from offloop.lsp.worker import Worker

if TYPE_CHECKING:
    from offloop.inference.analysis import Analysis

_ASK_SECONDS = 0.2
_LONGEST_ASK_SECONDS = 3.0
"""How often is looked for answers: ever less often, since who answers may be away for long."""
_NEWS_SECONDS = 1.0
"""How long answers are gathered, at most, before another analysis uses them."""
_LOOK_SECONDS = 2.0
_END_SECONDS = 1.0
_T = TypeVar("_T")


class Session:
    """All open documents and the analyses of their integrations.

    Lives on the loop; reads and analyses in one thread of its own. A report is kept and shown only if
    nothing has changed since its snapshot was taken.
    """

    def __init__(self, workshop: Workshop, notices: Notices) -> None:
        self.documents = Documents()
        self.client = ClientFeatures()
        self.converter = Converter()
        self.audience: Audience | None = None
        self._workshop = workshop
        self._notices = notices
        self._worker = Worker("offloop-analysis", gc.collect)
        self.engines = Engines(workshop, self._worker, notices, self.everything_changed)
        self._homes: dict[str, Home] = {}
        self._settings_known = asyncio.Event()
        self._surveyed = asyncio.Event()
        self._turn = asyncio.Semaphore()
        self.on_change: Callable[[], None] = lambda: None
        """Called whenever work begins or ends."""
        self.on_marks: Callable[[], None] = lambda: None
        """Called when what is shown beside functions has changed in files that were not edited."""

    def begin(self, client: ClientFeatures) -> None:
        """Take over what the client can do; called once, before any document is opened."""
        self.client = client
        self.converter = Converter(client.encoding)
        if client.pull and not client.refresh:
            # Such a client never asks again by itself: what a stopgap tells it would stay.
            self.engines.patience = None

    def settings_arrived(self) -> None:
        """Let analyses begin, or begin again: the client's settings are known now."""
        self._settings_known.set()
        self.engines.forget(engines=False)
        self.everything_changed()

    def close(self) -> None:
        """End what was started; the session is not used again."""
        self._worker.stop(_END_SECONDS)
        self._workshop.close()

    def homes(self) -> list[Home]:
        """Return the integrations with open files."""
        return list(self._homes.values())

    # ------------------------------------------------------------------ the funnel
    def changed(self, paths: Iterable[str]) -> None:
        """Analyse again what the texts at these paths belong to; older work is dropped."""
        for path in paths:
            home = self._home_of(path)
            if home is not None:
                home.edited.add(path)
                home.disk.forget(path)
                self._wake(home)

    def edited(self, path: str) -> None:
        """Analyse again what an open text belongs to; nothing but the text has changed."""
        home = self._home_of(path)
        if home is not None:
            home.edited.add(path)
            self._wake(home, looks=False)

    def everything_changed(self) -> None:
        """Analyse all again: settings, Home Assistant or the disk have changed in ways not told."""
        for home in self._homes.values():
            home.disk = DiskTexts()
            self._wake(home)

    def regroup(self) -> None:
        """Find anew which integration each open document belongs to."""
        for home in list(self._homes.values()):
            self._drop(home)
        self.changed([document.path for document in self.documents])

    def saved(self, path: str) -> None:
        """Look at the disk again: clients that do not watch files tell of changes only so."""
        home = self.home(path)
        if home is not None:
            self.engines.forget(engines=False)
            self._wake(home)

    def closed(self, path: str) -> None:
        """Forget a closed file, and its integration with the last one."""
        home = next((one for one in self._homes.values() if path in one.paths), None)
        if home is None:
            return
        home.paths.discard(path)
        if home.paths or home.is_kept:
            self._wake(home)
        else:
            self._drop(home)
        if self.audience is not None:
            self.audience.forgotten([path])

    async def survey(self, roots: Sequence[str]) -> None:
        """Keep all integrations in these folders analysed, and let go of others without open files."""
        found = await self._worker.run(partial(integrations_in, roots)) if roots else []
        kept = {home_key(folder): folder for folder in found}
        for home in list(self._homes.values()):
            home.is_kept = home.key in kept
            if not home.is_kept and not home.paths:
                self._drop(home)
        for key, folder in kept.items():
            if key not in self._homes:
                home = self._homes[key] = Home(key, folder, is_kept=True)
                self._wake(home)
        self._surveyed.set()

    async def newest(self, path: str) -> Report:
        """Return the report of the newest change; waits while there is none yet. Safe to cancel."""
        home = self._homes.get(key) if (key := self._key_of(path)) else None
        if home is not None and not self.client.watched_files:
            await self._look(home)
        while home is not None and home.done != home.generation:
            await home.settled.wait()
        return home.report if home is not None else NOTHING

    async def asked(self, path: str, question: Callable[[Analysis, Report], _T]) -> _T | None:
        """Return what the newest analysis of a file answers, None where there is none. Safe to cancel.

        The question runs in the analysis thread; it is put again when a change comes between.
        """
        while True:
            await self.newest(path)
            home = self.home(path) or self._holding(path)
            if home is None:
                return None
            with contextlib.suppress(Stale):
                job = partial(_put, question, home.inside, home.report)
                return await self._worker.run(partial(self._if_current, home, home.generation, job))

    async def _look(self, home: Home) -> None:
        """See whether files have changed on the disk: for clients that do not tell, when they ask something."""
        now = time.monotonic()
        if home.folder is not None and home.done == home.generation and now - home.looked > _LOOK_SECONDS:
            home.looked = now
            generation = home.generation
            changed = await self._worker.run(partial(home.disk.has_changed, home.folder))
            if changed and home.generation == generation:
                self.engines.forget(engines=False)
                self._wake(home)

    async def settle(self) -> None:
        """Wait until all integrations are known and nothing is left to be analysed."""
        await self._surveyed.wait()
        for home in self.homes():
            while home.done != home.generation:
                await home.settled.wait()

    async def apart(self, job: Callable[[], _T]) -> _T:
        """Run a slow job in the analysis thread, after what waits there."""
        return await self._worker.run(job)

    async def engine_of(self, path: str | None) -> Engine | None:
        """Return what an open file is checked against; without a path, any file. None where that fails."""
        await self._settings_known.wait()
        home = self.home(path) if path is not None else next(iter(self._homes.values()), None)
        root = home.folder.root if home is not None and home.folder is not None else ""
        try:
            return await self.engines.engine(await self.engines.setup(root))
        except NoEngineError:
            return None

    def home(self, path: str) -> Home | None:
        """Return the integration of an open document."""
        key = self._key_of(path)
        return self._homes.get(key) if key else None

    def _holding(self, path: str) -> Home | None:
        """Return the integration that a file which is not open was read for."""
        homes = (home for home in self._homes.values() if home.paths)
        return next((home for home in homes if path in home.report.lines), None)

    # ------------------------------------------------------------------ integrations
    def _key_of(self, path: str) -> str | None:
        return next((home.key for home in self._homes.values() if path in home.paths), None)

    def _home_of(self, path: str) -> Home | None:
        """Return the integration that a text belongs to; a new one only for an open document."""
        key = self._key_of(path)
        if key is not None:
            return self._homes[key]
        folder = home_of(path)
        key = home_key(folder) if folder is not None else path
        home = self._homes.get(key)
        document = self.documents.get(path)
        if document is None or not document.is_python:
            return home
        if home is None:
            home = self._homes[key] = Home(key, folder)
        home.paths.add(path)
        return home

    def _drop(self, home: Home) -> None:
        self._homes.pop(home.key, None)
        if self.audience is not None:
            self.audience.forgotten([path for path in home.report.lines if path not in home.paths])
        home.generation += 1
        home.done = home.generation
        home.report, home.inside, home.proofs = NOTHING, lambda: None, Proofs()
        home.settled.set()
        self.on_change()

    # ------------------------------------------------------------------ analyses
    def _wake(self, home: Home, *, looks: bool = True) -> None:
        """Have an integration analysed again; with a look at the disk, after all that the loop is at."""
        if looks:
            home.disk.look_again()
        home.generation += 1
        home.settled.clear()
        self.on_change()
        if home.runner is None or home.runner.done():
            work = self._run(home)
            home.runner = asyncio.create_task(work) if looks else _begun(work)

    async def _run(self, home: Home) -> None:
        while home.done != home.generation:
            generation = home.generation
            try:
                if home.paths:
                    analysed = await self._analysed(home, generation)
                else:  # one by one: an edit waits for one of them at most
                    async with self._turn:
                        analysed = await self._analysed(home, generation)
            except Stale:
                continue
            except NoEngineError as error:
                self._notices.warn(str(error))
                analysed = Analysed(NOTHING)
            except Exception as error:  # noqa: BLE001 - a fault in one integration must not end the session
                self._notices.error(_told(error))
                analysed = Analysed(NOTHING)
            if generation == home.generation:
                self._keep(home, generation, analysed)
                if analysed.ask is not None:
                    self._ask_when_calm(home, generation, analysed.ask)

    def _ask_when_calm(self, home: Home, generation: int, ask: Callable[[], Asked]) -> None:
        """Ask for what an analysis left open once nothing has changed for a while."""

        def begin() -> None:
            if home.generation == generation:
                home.asker = asyncio.create_task(self._ask(home, generation, ask))
                self._notices.busy("Looking up types", home.asker)

        home.calm.call(begin)

    async def _ask(self, home: Home, generation: int, ask: Callable[[], Asked] | None) -> None:
        """Analyse again when more is known of what the last analysis left open, until something changes."""
        try:
            while ask is not None:
                if not await self._hears(home, generation, ask):
                    return
                analysed = await self._analysed(home, generation)
                self._check_current(home, generation)
                self._keep(home, generation, analysed)
                ask = analysed.ask
                await asyncio.sleep(CALM_SECONDS)
        except (Stale, NoEngineError):
            return
        except Exception as error:  # noqa: BLE001 - the report that is there stays
            self._notices.error(_told(error))

    async def _hears(self, home: Home, generation: int, ask: Callable[[], Asked]) -> bool:
        """Return whether there is news, once all is answered or news has waited long enough.

        Raises Stale when something changes meanwhile.
        """
        since: float | None = None
        pause = _ASK_SECONDS
        while True:
            self._check_current(home, generation)
            news, waits = await self._worker.run(partial(self._if_current, home, generation, ask))
            if news and since is None:
                since = time.monotonic()
            if not waits or (since is not None and time.monotonic() - since >= _NEWS_SECONDS):
                return since is not None
            await asyncio.sleep(pause if since is None else _ASK_SECONDS)
            pause = min(pause * 1.3, _LONGEST_ASK_SECONDS)

    def _keep(self, home: Home, generation: int, analysed: Analysed) -> None:
        report = analysed.report
        if home.report is not NOTHING and any(
            home.report.marks.get(path) != marks for path, marks in report.marks.items()
        ):
            self.on_marks()
        home.report, home.inside, home.done = report, analysed.inside, generation
        home.proofs = analysed.proofs or Proofs()
        if not home.paths:
            home.report, home.disk, home.proofs = report.slim(), DiskTexts(), Proofs()
        home.settled.set()
        for message in report.messages:
            self._notices.warn(message)
        if self.audience is not None:
            self.audience.reported(home)
        home.edited.clear()
        self.on_change()

    async def _analysed(self, home: Home, generation: int) -> Analysed:
        root = home.folder.root if home.folder is not None else ""
        at_hand = self.engines.at_hand(root) if self._settings_known.is_set() else None
        if at_hand is None:
            await self._settings_known.wait()
            setup = await self.engines.setup(root)
            engine = await self.engines.engine(setup)
            self._check_current(home, generation)
        else:
            setup, engine = at_hand
        opened = (document for path in home.paths if (document := self.documents.get(path)) is not None)
        texts = {one.path: OpenText(one.uri, one.version, one.lines) for one in opened}
        marked = frozenset(texts.keys() - home.edited if self.client.refreshes_marks else ())
        snapshot = Snapshot(home.folder, texts, setup.settings, marked)
        job = partial(analyse, snapshot, home.disk, engine, self.client, self._workshop.rule_url)
        work = self._worker.run(partial(self._if_current, home, generation, job))
        name = home.folder.name if home.folder else "a file"
        self._notices.busy(f"Checking {name}", work)
        started = time.monotonic()
        analysed = await work
        self._notices.debug(f"checked {name}, change {generation}, in {time.monotonic() - started:.3f} s")
        return analysed

    def _check_current(self, home: Home, generation: int) -> None:
        if home.generation != generation:
            raise Stale

    def _if_current(self, home: Home, generation: int, job: Callable[[], _T]) -> _T:
        """Run a job in the analysis thread unless it was overtaken while it waited there."""
        self._check_current(home, generation)
        return job()


def _begun(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Return a task that has been run until it waits, where Python can do that."""
    if sys.version_info >= (3, 12):
        return asyncio.Task(work, loop=asyncio.get_running_loop(), eager_start=True)
    return asyncio.create_task(work)


def _put(
    question: Callable[[Analysis, Report], _T], inside: Callable[[], Analysis | None], report: Report
) -> _T | None:
    analysis = inside()
    return question(analysis, report) if analysis is not None else None


def _told(error: BaseException) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1:]
    where = f" at {place[0].filename}:{place[0].lineno}" if place else ""
    return f"an internal error, please report it: {error!r}{where}"
