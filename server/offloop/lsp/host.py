"""The pygls server with what the session needs of the client: settings, progress, log, background work."""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import sys
import uuid
import weakref
from collections.abc import Callable, Coroutine, Mapping
from pathlib import PurePath
from typing import Any, TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer

from offloop.lsp.client import features_of
from offloop.lsp.connection import parent_death
from offloop.lsp.convert import path_of
from offloop.lsp.engine import Workshop
from offloop.lsp.engines import LOG_LEVELS
from offloop.lsp.protocol import OffloopProtocol
from offloop.lsp.publish import Puller, Pusher
from offloop.lsp.session import Session
from offloop.lsp.status import Status

_F = TypeVar("_F", bound=Callable[..., Any])
_LAZY_PROGRESS_SECONDS = 0.4
_SETTINGS_SECONDS = 3.0
_CLIENT_KEYS = frozenset(
    {"enable", "path", "interpreter", "importStrategy", "trace", "server", "showNotifications"}
)


class Host(LanguageServer):
    """One client's server."""

    protocol: OffloopProtocol

    def __init__(self, version: str, workshop: Workshop) -> None:
        super().__init__("offloop", version, protocol_cls=OffloopProtocol, max_workers=1)
        self.protocol.on_fault = self.warn
        self.session = Session(workshop, self)
        self.session.engines.wishes = self._wishes
        self._tasks: set[asyncio.Task[None]] = set()
        self._warned: set[str] = set()
        # When progress is to be shown of what, soonest first; a timer runs while there is anything. What is done
        # is not kept: it holds whole texts.
        self._work: list[tuple[float, str, weakref.ref[asyncio.Future[Any]]]] = []
        self._initial: Mapping[str, object] = {}
        self._is_trusted = True
        self._ui: frozenset[str] = frozenset()
        self._configured: dict[str | None, Mapping[str, object]] = {}

    # ------------------------------------------------------------------ typed doors to pygls
    def feature(self, feature_name: str, options: Any | None = None) -> Callable[[_F], _F]:
        """Register a handler of a method."""
        register: Callable[[_F], _F] = super().feature(feature_name, options)
        return register

    def command(self, command_name: str) -> Callable[[_F], _F]:
        """Register a command; its id begins with ``offloop.``."""
        register: Callable[[_F], _F] = super().command(command_name)
        return register

    def begin(self, params: types.InitializeParams) -> None:
        """Take over the client's capabilities and options, and watch over its process."""
        client = features_of(params.capabilities)
        self.session.begin(client)
        self.session.on_marks = lambda: self.background(self._refresh_marks())
        self.session.audience = (
            Puller(self.session, self._refresh, self.protocol.publish)
            if client.pull
            else Pusher(self.session, self.protocol.publish)
        )
        options = params.initialization_options
        if isinstance(options, Mapping):
            if isinstance(options.get("settings"), Mapping):
                self._initial = _ours(options["settings"])
            self._is_trusted = options.get("trusted") is not False and not options.get("untrustedWorkspace")
            if isinstance(options.get("ui"), Mapping):
                self._ui = frozenset(name for name, wanted in options["ui"].items() if wanted is True)
        if self.shows("status"):
            Status(self.session, self.protocol.notify)
        if params.process_id is not None:
            end = self.protocol.on_exit
            self.background(parent_death(params.process_id, end, lambda: self.protocol.exit_code))

    def shows(self, name: str) -> bool:
        """Return whether the client has said that it has an own way of showing something."""
        return name in self._ui

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside the messages; what goes wrong is logged."""
        task = asyncio.get_running_loop().create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except JsonRpcException as error:
            self.log(f"the client refused: {error}")
        except Exception as error:  # noqa: BLE001 - background work must not end the session
            self.error(f"an internal error, please report it: {error!r}")

    # ------------------------------------------------------------------ notices
    def debug(self, text: str) -> None:
        """Write what only we want to know to the client's log."""
        self._say("debug", types.MessageType.Log, text)

    def log(self, text: str) -> None:
        """Write to the client's log."""
        self._say("info", types.MessageType.Info, text)

    def warn(self, text: str) -> None:
        """Write a warning to the client's log, the same one once."""
        self._once("warning", types.MessageType.Warning, text)

    def error(self, text: str) -> None:
        """Write a fault of our own to the client's log, the same one once."""
        self._once("error", types.MessageType.Error, text)

    def _once(self, level: str, kind: types.MessageType, text: str) -> None:
        if text not in self._warned and len(self._warned) < 1000 and self._say(level, kind, text):
            self._warned.add(text)

    def _say(self, level: str, kind: types.MessageType, text: str) -> bool:
        wanted = LOG_LEVELS.index(level) <= LOG_LEVELS.index(self.session.engines.log_level)
        if wanted:
            self.window_log_message(types.LogMessageParams(kind, text))
        return wanted

    def report_server_error(self, error: Exception, source: object) -> None:  # noqa: ARG002 - pygls's signature
        """Log what pygls would pop up."""
        if isinstance(error, JsonRpcInvalidParams):
            self.warn(f"a request was refused: {error}")
        else:
            self.error(f"an internal error: {error}")

    def busy(self, title: str, work: asyncio.Future[Any]) -> None:
        """Show progress until ``work`` is done, should it take a while."""
        if not self.session.client.progress or work.done():
            return
        # One timer for all: most work is done long before, and there is some for each keystroke.
        loop = asyncio.get_running_loop()
        self._work.append((loop.time() + _LAZY_PROGRESS_SECONDS, title, weakref.ref(work)))
        if len(self._work) == 1:
            loop.call_at(self._work[0][0], self._show_progress)

    def _show_progress(self) -> None:
        """Show what has gone on for long, and come again when the next work will have."""
        loop = asyncio.get_running_loop()
        now, under_way = loop.time(), self._work
        self._work = []
        for when, title, reference in under_way:
            work = reference()
            if work is not None and not work.done():
                if when > now:
                    self._work.append((when, title, reference))
                else:
                    self.background(self._progress(title, work))
        if self._work:
            loop.call_at(self._work[0][0], self._show_progress)

    async def _progress(self, title: str, work: asyncio.Future[Any]) -> None:
        token = f"offloop/{uuid.uuid4()}"
        progress = self.work_done_progress
        await progress.create_async(token)
        try:
            progress.begin(token, types.WorkDoneProgressBegin(title=f"offloop: {title}"))
            await asyncio.wait({work})
            progress.end(token, types.WorkDoneProgressEnd())
        finally:
            progress.tokens.pop(token, None)

    async def _refresh_marks(self) -> None:
        if self.session.client.refreshes_hints:
            await self.workspace_inlay_hint_refresh_async(None)
        if self.session.client.refreshes_lenses:
            await self.workspace_code_lens_refresh_async(None)

    def _refresh(self) -> None:
        self.background(self._ask_refresh())

    async def _ask_refresh(self) -> None:
        await self.workspace_diagnostic_refresh_async(None)

    # ------------------------------------------------------------------ settings
    def take_settings(self, settings: object) -> None:
        """Take settings that a client sends unasked, with or without our section's name around them."""
        section = settings.get("offloop", settings) if isinstance(settings, Mapping) else None
        if isinstance(section, Mapping) and section:
            self._configured[None] = _ours(section)

    async def fetch_settings(self) -> None:
        """Ask the client for the settings of each workspace folder, then let all be checked by them."""
        if self.session.client.configuration:
            with contextlib.suppress(TimeoutError, JsonRpcException):
                await asyncio.wait_for(self._fetch(), _SETTINGS_SECONDS)
        self.session.settings_arrived()
        await self.survey()

    async def survey(self) -> None:
        """Find the integrations of the workspace folders whose settings want all findings shown."""
        roots = [path for uri in self.workspace.folders if (path := path_of(uri)) is not None]
        if not roots and (root := self._root_path()) is not None:
            roots = [root]
        setups = {root: await self.session.engines.setup(root) for root in roots}
        wanted = [root for root in roots if setups[root].settings.diagnostic_mode == "workspace"]
        await self.session.survey(wanted)

    async def _fetch(self) -> None:
        folders = [folder.uri for folder in self.workspace.folders.values()]
        scopes: list[str | None] = [None, *folders]
        items = [types.ConfigurationItem(scope_uri=scope, section="offloop") for scope in scopes]
        answers = await self.workspace_configuration_async(types.ConfigurationParams(items))
        for scope, answer in zip(scopes, answers, strict=False):
            found = _ours(answer) if isinstance(answer, Mapping) else {}
            self._configured[path_of(scope) if scope else None] = found

    def _wishes(self, root: str) -> tuple[tuple[Mapping[str, object], ...], str]:
        """Return the client's settings for a folder, weakest first, and what their paths are relative to."""
        folders = [path for uri in self.workspace.folders if (path := path_of(uri)) is not None]
        around = [folder for folder in folders if root and PurePath(root).is_relative_to(folder)]
        nearest = max(around, key=len, default=None)
        base = nearest or self._root_path() or root or os.getcwd()  # noqa: PTH109 - a plain string is wanted
        specific = self._configured.get(nearest, {}) if nearest else {}
        # In a workspace that the user does not trust, no process is started that reads its files.
        restrictions: Mapping[str, object] = {} if self._is_trusted else {"jedi": False}
        return (self._initial, self._configured.get(None, {}), specific, restrictions), base

    def _root_path(self) -> str | None:
        uri = self.workspace.root_uri
        return path_of(uri) if uri else None

    async def register_watchers(self) -> None:
        """Ask to be told of files that change on the disk, and of settings, where the client can."""
        registrations = []
        if self.session.client.watched_files:
            patterns = ("**/*.py", "**/manifest.json", "**/pyproject.toml", "**/offloop.toml")
            watchers = [types.FileSystemWatcher(glob_pattern=pattern) for pattern in patterns]
            options = types.DidChangeWatchedFilesRegistrationOptions(watchers=watchers)
            registrations.append(
                types.Registration("offloop/watch", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
            )
        if self.session.client.configuration_registration:
            section = types.DidChangeConfigurationRegistrationOptions(section="offloop")
            registrations.append(
                types.Registration("offloop/settings", types.WORKSPACE_DID_CHANGE_CONFIGURATION, section)
            )
        if registrations:
            await self.client_register_capability_async(types.RegistrationParams(registrations))

    def debug_information(self) -> str:
        """Return what helps with a report of a fault, as text."""
        lines = [
            f"offloop {self.version}",
            f"Python {platform.python_version()} on {sys.platform}",
            f"position encoding: {self.session.client.encoding.value}",
            f"diagnostics: {'pulled' if self.session.client.pull else 'pushed'}",
            f"workspace: {'trusted' if self._is_trusted else 'not trusted, files are only read'}",
            *(f"checking against {label}" for label in self.session.engines.labels()),
        ]
        for home in self.session.homes():
            found = sum(map(len, home.report.findings.values()))
            name = home.folder.root if home.folder is not None else home.key
            lines.append(
                f"{name}: {len(home.report.lines)} files, {found} findings, change {home.generation}"
            )
        return "\n".join(lines)


def _ours(settings: Mapping[str, object]) -> Mapping[str, object]:
    """Leave out what editors keep in our section for themselves."""
    return {key: value for key, value in settings.items() if key not in _CLIENT_KEYS}
