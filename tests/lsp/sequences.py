"""Random sequences of what editors and users do to an integration, and what must be true in the end."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from lsprotocol import types

from offloop.catalog.load import load_catalog
from offloop.catalog.locate import BundledRequest
from offloop.config import Settings
from offloop.inference.analysis import Analysis
from offloop.library.model import Catalog
from offloop.lsp.client import ClientFeatures
from offloop.lsp.convert import path_of
from offloop.lsp.engine import Engine, Setup
from offloop.lsp.home import Home
from offloop.lsp.keystroke import changes_of
from offloop.lsp.session import Session
from offloop.lsp.workshop import ProjectEngine
from offloop.project import CheckResult, Project
from offloop.rules.contexts import contexts
from offloop.rules.rule import Diagnostic
from offloop.source import integration_of, load_integration
from offloop.text import Span
from tests.edits import edited
from tests.lsp.wire import Message, Server, span

SETTINGS = Settings(jedi=False)
_ASSETS = Path(__file__).parents[1] / "assets"
GARDEN = _ASSETS / "example" / "custom_components" / "garden_hub"
LOOSE = _ASSETS / "loose_hub"
PIECES = (
    "",
    "\n",
    "    ",
    "async ",
    "    @callback\n",
    'self.hass.bus.async_fire("x")\n',
    '        self.hass.states.async_set("a.b", "c")\n',
    "        self.async_write_ha_state()\n",
    "    def turn_on(self, **kwargs):\n        self.schedule_update_ha_state()\n",
    "from homeassistant.core import callback\n",
    "async_dispatcher_send(self.hass, 'x')",
    '"""',
    "'",
    "(",
    ")",
    ":",
    "\\\n",
    "#",
    "\r\n",
    "\r",
    "\x0c",
    "\u2028",
    "é€\U0001f600",
    "\t",
    "self.",
    "lambda now: self._notify()",
    "class Other(SwitchEntity):\n",
)


@lru_cache
def catalog() -> Catalog:
    """The newest bundled catalog: what a user without the sources has."""
    return load_catalog(BundledRequest(None, "for tests"))


def fresh(folder: Path, texts: Mapping[str, str]) -> CheckResult:
    """What a command line says of the same texts."""
    home = integration_of(folder / "__init__.py")
    return Project(catalog(), SETTINGS).check(load_integration(home, texts=texts))


@dataclass(frozen=True, slots=True)
class Edit:
    """A replacement in an open text."""

    start: int
    end: int
    text: str

    def of(self, text: str) -> str:
        return text[: self.start] + self.text + text[self.end :]


class Editor:
    """What a sequence acts on: ``texts`` is what the editor shows, the disk is below ``folder``.

    ``curiosity`` is how likely it looks at the findings after an edit.
    """

    curiosity = 0.7

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.time = 1_600_000_000_000_000_000

    def write(self, path: str, text: str) -> None:
        Path(path).write_bytes(text.encode("utf-8", "surrogatepass"))
        self.time += 1_000_000
        os.utime(path, ns=(self.time, self.time))

    def disk(self, path: str) -> str:
        return Path(path).read_bytes().decode("utf-8", "surrogatepass") if Path(path).exists() else ""

    async def opened(self, path: str, text: str, version: int) -> None: ...
    async def edited(self, path: str, edit: Edit, before: str, version: int) -> None: ...
    async def closed(self, path: str) -> None: ...
    async def saved(self, path: str) -> None: ...
    async def outside(self, path: str, kind: int) -> None: ...
    async def looked(self, path: str) -> None: ...


class InProcess(Editor):
    """Acts on a session within this process, on the real engine."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.workshop = Bench()
        self.session = Session(self.workshop, Quiet())
        self.session.begin(ClientFeatures())
        self.session.audience = Deaf()
        self.session.settings_arrived()

    async def opened(self, path: str, text: str, version: int) -> None:
        self.session.documents.open(types.TextDocumentItem(uri_of(path), "python", version, text))
        self.session.changed([path])

    async def edited(self, path: str, edit: Edit, before: str, version: int) -> None:
        identifier = types.VersionedTextDocumentIdentifier(uri=uri_of(path), version=version)
        lines = self.session.documents.get(path).lines  # type: ignore[union-attr]  # it is open
        place = self.session.converter.range(lines, Span(edit.start, edit.end))
        change = types.TextDocumentContentChangePartial(range=place, text=edit.text)
        params = types.DidChangeTextDocumentParams(identifier, [change])
        self.session.documents.edit(changes_of(params), self.session.converter)
        self.session.edited(path)

    async def closed(self, path: str) -> None:
        self.session.documents.close(uri_of(path))
        self.session.closed(path)

    async def saved(self, path: str) -> None:
        self.session.saved(path)

    async def outside(self, path: str, kind: int) -> None:
        self.session.changed([path])

    async def looked(self, path: str) -> None:
        await self.findings(path)

    async def findings(self, path: str) -> tuple[dict[str, list[Diagnostic]], dict[str, list[str]]]:
        """What the newest report says: findings and contexts by path."""
        report = await self.session.newest(path)
        assert not [message for message in report.messages if "internal error" in message], report.messages
        assert report.versions.get(path) == self.versions[path]
        found = {name: [one.diagnostic for one in found] for name, found in report.findings.items()}
        told = await self.session.asked(path, lambda analysis, _report: _contexts(analysis))
        assert told is not None
        return found, told


def _contexts(analysis: Analysis) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for module in analysis.program.world.analysed:
        for one in contexts(analysis, module):
            found.setdefault(one.path, []).append(f"{one.function} {one.context}")
    return found


class Bench:
    """A workshop that has one engine for each session, on the one catalog."""

    def __init__(self) -> None:
        self.made = ProjectEngine(lambda: Project(catalog(), SETTINGS, live=True), "bench", catalog())

    def setup(self, root: str, wishes: tuple[Mapping[str, object], ...], base: str) -> Setup:
        return Setup(SETTINGS, "bundled")

    def stopgap(self, setup: Setup) -> Engine:
        return self.made

    def engine(self, setup: Setup) -> Engine:
        return self.made

    def rule_url(self, diagnostic: Diagnostic) -> str | None:
        return None

    def close(self) -> None:
        pass


@dataclass
class Quiet:
    """Notices that are kept."""

    errors: list[str] = field(default_factory=list)

    def debug(self, text: str) -> None: ...
    def log(self, text: str) -> None: ...
    def warn(self, text: str) -> None: ...
    def error(self, text: str) -> None:
        raise AssertionError(text)

    def busy(self, title: str, work: object) -> None: ...


class Deaf:
    """An audience that nobody tells anything."""

    def reported(self, home: Home) -> None: ...
    def forgotten(self, paths: object) -> None: ...


class OverWire(Editor):
    """Acts on a server process as an editor does."""

    curiosity = 0.3

    def __init__(self, folder: Path, server: Server) -> None:
        super().__init__(folder)
        self.server = server

    async def opened(self, path: str, text: str, version: int) -> None:
        self.server.open(uri_of(path), text, version)

    async def edited(self, path: str, edit: Edit, before: str, version: int) -> None:
        first, last = place_of(before, edit.start), place_of(before, edit.end)
        self.server.change(uri_of(path), version, {"range": span(*first, *last), "text": edit.text})

    async def closed(self, path: str) -> None:
        self.server.notify("textDocument/didClose", {"textDocument": {"uri": uri_of(path)}})

    async def saved(self, path: str) -> None:
        self.server.notify("textDocument/didSave", {"textDocument": {"uri": uri_of(path)}})

    async def outside(self, path: str, kind: int) -> None:
        changes = [{"uri": uri_of(path), "type": kind}]
        self.server.notify("workspace/didChangeWatchedFiles", {"changes": changes})

    async def looked(self, path: str) -> None:
        self.pull(path)

    def pull(self, path: str) -> list[Message]:
        params = {"textDocument": {"uri": uri_of(path)}}
        return list(self.server.request("textDocument/diagnostic", params)["items"])

    def pull_all(self) -> dict[str, list[Message]]:
        """Findings by path, of files that are not open too."""
        found = self.server.request("workspace/diagnostic", {"previousResultIds": []})["items"]
        return {path_of(one["uri"]) or one["uri"]: list(one["items"]) for one in found}


def uri_of(path: str) -> str:
    return Path(path).as_uri()


def place_of(text: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset, lines ending as the protocol says."""
    before = text[:offset]
    unified = before.replace("\r\n", "\n").replace("\r", "\n")
    if before.endswith("\r") and text[offset : offset + 1] == "\n":
        # Between the two characters of one line end: the protocol has no such place, the line's end is nearest.
        before = before[:-1]
        unified = before.replace("\r\n", "\n").replace("\r", "\n")
    return unified.count("\n"), len(unified) - unified.rfind("\n") - 1


def copy_integration(source: Path, target: Path) -> Path:
    """A copy below custom_components, with a manifest."""
    folder = target / "custom_components" / source.name
    folder.mkdir(parents=True)
    for file in source.glob("*.py"):
        shutil.copy(file, folder)
    manifest = {"domain": source.name, "name": "x", "version": "1", "requirements": []}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


# ---------------------------------------------------------------------- sequences
def random_edit(chooser: random.Random, source: str) -> Edit:
    """An edit as they come: a line that does something else, a character, a piece of code, some lines, a cut."""
    if chooser.random() < 0.6:
        return _difference(source, edited(source, chooser))
    kind = chooser.random()
    if kind < 0.3:
        text = chooser.choice("abc_()[]:,.=\"' \n#@")
    elif kind < 0.7 or not source:
        text = chooser.choice(PIECES)
    else:
        lines = source.splitlines(keepends=True)
        first = chooser.randrange(len(lines))
        text = "".join(lines[first : first + chooser.randrange(1, 6)])
    length = chooser.choice([0, 0, 0, 0, 0, 1, 1, 3, 30, 300])
    start = chooser.randrange(len(source) + 1)
    return Edit(start, min(len(source), start + length), text)


def _difference(before: str, after: str) -> Edit:
    start = _agreement(before, after)
    rest, new = before[start:], after[start:]
    kept = _agreement(rest[::-1], new[::-1])
    return Edit(start, len(before) - kept, new[: len(new) - kept])


def _agreement(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(one), len(other)))


async def play(editor: Editor, chooser: random.Random, steps: int) -> None:
    """Do some steps; at the end at least one file is open."""
    files = sorted(str(path) for path in editor.folder.glob("*.py"))
    files.append(str(editor.folder / "brand_new.py"))
    path = chooser.choice(files)
    for _ in range(steps):
        if chooser.random() < 0.3:  # else somebody stays with a file for a while
            path = chooser.choice(files)
        await chooser.choice(_STEPS)(editor, chooser, path)
    if not editor.texts:
        await _open(editor, chooser, chooser.choice(files))


async def _open(editor: Editor, chooser: random.Random, path: str) -> None:
    if path in editor.texts:
        return
    text = editor.disk(path)
    editor.texts[path] = text
    editor.versions[path] = 1
    await editor.opened(path, text, 1)


async def _edit(editor: Editor, chooser: random.Random, path: str) -> None:
    await _open(editor, chooser, path)
    for _ in range(chooser.choice([1, 2, 4, 8])):
        before = editor.texts[path]
        edit = random_edit(chooser, before)
        start, end = edit.start, edit.end
        if "\r\n" in (before[start - 1 : start + 1], before[end - 1 : end + 1]):
            continue  # no client can name a place inside of a line end
        editor.texts[path] = edit.of(before)
        editor.versions[path] += 1
        await editor.edited(path, edit, before, editor.versions[path])
        if chooser.random() < editor.curiosity:
            await editor.looked(path)


async def _close(editor: Editor, chooser: random.Random, path: str) -> None:
    if path in editor.texts:
        del editor.texts[path]
        await editor.closed(path)


async def _save(editor: Editor, chooser: random.Random, path: str) -> None:
    if path in editor.texts:
        editor.write(path, editor.texts[path])
        await editor.saved(path)


async def _outside(editor: Editor, chooser: random.Random, path: str) -> None:
    is_there = Path(path).exists()
    if is_there and chooser.random() < 0.2:
        Path(path).unlink()
        await editor.outside(path, 3)
    else:
        text = editor.disk(path)
        editor.write(path, random_edit(chooser, text).of(text))
        await editor.outside(path, 2 if is_there else 1)
    if editor.texts and chooser.random() < editor.curiosity:
        await editor.looked(chooser.choice(sorted(editor.texts)))


async def _look(editor: Editor, chooser: random.Random, path: str) -> None:
    if path in editor.texts:
        await editor.looked(path)


_STEPS: tuple[Callable[[Editor, random.Random, str], Awaitable[None]], ...] = (
    _open,
    _edit,
    _edit,
    _edit,
    _edit,
    _close,
    _save,
    _outside,
    _look,
)
