"""What comes before a check: settings, which integrations, which Home Assistant."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from offloop.catalog.locate import BundledRequest, HomeAssistant, Location, NotHomeAssistant, locate
from offloop.cli.engine import CatalogLike, Engine
from offloop.config import LoadedSettings, Settings, load_settings, load_settings_file, selects
from offloop.config import settings_from_mapping as from_mapping
from offloop.source import (
    Discovery,
    IntegrationFolder,
    Problem,
    decode_python,
    discover,
    integration_of,
)

STDIN = "-"
_OVERRIDES = ("home_assistant", "python", "select", "ignore", "extend_select", "exclude", "unsafe_fixes")


class AbortError(Exception):
    """Nothing can be done; the message is for the user, ``code`` the command's exit code."""

    def __init__(self, message: str, code: int = 2) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that a command works on. ``stdin`` is the absolute path that the text on stdin stands for."""

    settings: Settings
    discovery: Discovery
    location: Location
    catalog: CatalogLike
    texts: Mapping[str, str] = field(default_factory=dict)
    stdin: str | None = None


def say(message: str) -> None:
    """Tell the user something that is no finding."""
    print(message, file=sys.stderr)


def prepare(options: argparse.Namespace, engine: Engine) -> Prepared:
    """Find out what a command is to work on, and say which Home Assistant it is; raises AbortError."""
    stdin = _stdin_path(options)
    start = _start(options, stdin)
    settings = read_settings(options, start)
    _warn_unknown_rules(settings, engine)
    texts: dict[str, str] = {}
    if stdin is None:
        discovery = discover(_wanted_paths(options, settings))
    else:
        texts[stdin] = _read_stdin()
        discovery = Discovery((_stdin_folder(stdin),))
    if not discovery.folders:
        for problem in discovery.problems:
            say(f"offloop: {problem.path}: {problem.message}")
        raise AbortError("there is nothing to check")
    location = find_home_assistant(settings, start)
    catalog = load_catalog(engine, location, not options.no_cache)
    say(described(location, catalog))
    return Prepared(settings, discovery, location, catalog, texts, stdin)


def read_settings(options: argparse.Namespace, start: Path) -> Settings:
    """Return the settings of the file that counts, the command line's laid over; raises AbortError."""
    loaded = LoadedSettings()
    if options.config is not None:
        loaded = load_settings_file(_absolute(options.config))
    elif not options.isolated:
        loaded = load_settings(start)
    for message in loaded.messages:
        say(f"offloop: {message}")
    if loaded.broken:
        raise AbortError("the settings cannot be read")
    given = {name.replace("_", "-"): getattr(options, name, None) for name in _OVERRIDES}
    given = {key: _joined(value) for key, value in given.items() if value is not None}
    settings, messages = from_mapping(given, Path.cwd(), loaded.settings)
    if messages:
        raise AbortError("; ".join(messages))
    return settings


def find_home_assistant(settings: Settings, start: Path) -> Location:
    """Return where Home Assistant is; raises AbortError where the user named something that is none."""
    location = locate(settings.home_assistant, start, os.environ, settings.python)
    if isinstance(location, NotHomeAssistant):
        raise AbortError(location.message)
    return location


def load_catalog(engine: Engine, location: Location, use_cache: bool) -> CatalogLike:
    """Return the catalog of a Home Assistant; raises AbortError where there is none for it."""
    try:
        return engine.load_catalog(location, use_cache)
    except (OSError, LookupError, ValueError) as error:
        reason = error.args[0] if isinstance(error, LookupError) and error.args else error
        raise AbortError(f"{_named(location)}: {reason}") from error


def described(location: Location, catalog: CatalogLike) -> str:
    """Return the line that says which Home Assistant is used, followed by the catalog's notices."""
    if isinstance(location, HomeAssistant):
        where = f"{location.root}; {location.how}"
    elif location.version is None:
        where = f"bundled catalog; {location.how}"
    else:
        where = "bundled catalog"
    first = f"Home Assistant {catalog.version} ({where})"
    return "\n".join((first, *(f"note: {notice}" for notice in catalog.notices)))


def _named(location: Location) -> str:
    if isinstance(location, BundledRequest):
        return f"Home Assistant {location.version}" if location.version else "the bundled catalog"
    return str(location.root)


def _wanted_paths(options: argparse.Namespace, settings: Settings) -> list[Path]:
    paths = [_absolute(path) for path in options.paths or ["."]]
    if not options.force_exclude:
        return paths
    kept = [path for path in paths if not settings.excludes(str(path))]
    if not kept:
        # A commit that touches excluded files only is a clean one.
        raise AbortError("all paths are excluded", code=0)
    return kept


def _stdin_path(options: argparse.Namespace) -> str | None:
    if STDIN not in options.paths and (options.paths or not options.stdin_filename):
        return None
    if len(options.paths) > 1:
        raise AbortError("standard input (-) cannot be checked together with other paths")
    return str(_absolute(options.stdin_filename or "stdin.py"))


def _stdin_folder(path: str) -> IntegrationFolder:
    folder = integration_of(Path(path))
    return folder if Path(folder.root).is_dir() else IntegrationFolder("stdin", "stdin", folder.root, False)


def _read_stdin() -> str:
    try:
        return decode_python(sys.stdin.buffer.read())
    except ValueError as error:
        raise AbortError(f"standard input {error}") from error


def _start(options: argparse.Namespace, stdin: str | None) -> Path:
    first = Path(stdin) if stdin is not None else _absolute((options.paths or ["."])[0])
    return first if stdin is None and first.is_dir() else first.parent


def _warn_unknown_rules(settings: Settings, engine: Engine) -> None:
    rules = engine.rules()
    wanted = (
        *settings.select,
        *settings.ignore,
        *settings.extend_select,
        *(key for key, _ in settings.severity),
    )
    for selector in dict.fromkeys(wanted):
        if not any(selects(selector, rule.code, rule.name) for rule in rules):
            say(f"offloop: there is no rule {selector}")


def _joined(value: object) -> object:
    """Return the values of an option that may be given several times, each a list with commas."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        return value
    return [part.strip() for one in value for part in one.split(",") if part.strip()]


def _absolute(path: str) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow the user's links


def problem_line(problem: Problem, filename: str) -> str:
    """Return how a problem is told on stderr."""
    kind = "internal error" if problem.internal else "problem"
    return f"offloop: {kind}: {filename}: {problem.message}"
