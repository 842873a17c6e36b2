"""Settings: one table of options, and how TOML files and language clients fill it in."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any, Protocol, TypeVar

from offloop.globs import anchored, compiled

SEVERITIES = ("error", "warning", "info", "hint", "off")
_VERSION = re.compile(r"\d{4}\.\d+(\.\w+)*\Z")
_CODE = re.compile(r"[A-Za-z]+\d*\Z")


_Severity = TypeVar("_Severity", bound=Enum)
_Severity_co = TypeVar("_Severity_co", bound=Enum, covariant=True)


class RuleLike(Protocol[_Severity_co]):
    """What settings need to know of a rule; rules themselves lie above this module."""

    @property
    def code(self) -> str:
        """Its code."""
        ...

    @property
    def name(self) -> str:
        """Its name in kebab-case."""
        ...

    @property
    def severity(self) -> _Severity_co:
        """Its severity by default: an enumeration with SEVERITIES as its values."""
        ...


@dataclass(frozen=True, slots=True)
class Option:
    """One setting as users write it.

    ``type`` is "string", "path", "strings", "boolean", "integer", "severities" or "choice"; a "path" of a
    file is relative to that file. ``scope`` is "check" where the option changes findings, else "server".
    """

    key: str
    type: str
    default: Any
    doc: str
    scope: str = "check"
    choices: tuple[str, ...] = ()

    @property
    def field(self) -> str:
        """The name of the attribute of Settings."""
        return self.key.replace("-", "_")

    @property
    def camel_case(self) -> str:
        """The name that language clients use."""
        first, *others = self.key.split("-")
        return first + "".join(word.capitalize() for word in others)


OPTIONS: tuple[Option, ...] = (
    Option(
        "home-assistant",
        "path",
        None,
        "Where Home Assistant's sources are: a folder that holds `homeassistant/`, or a version whose "
        "catalog is bundled. Found by itself where not set.",
    ),
    Option(
        "python",
        "path",
        None,
        "The interpreter, virtual environment or folder whose packages hold Home Assistant and the "
        "integration's requirements. It is looked into, never started.",
    ),
    Option(
        "select", "strings", (), "Only these rules: codes, prefixes of codes or names; empty means all rules."
    ),
    Option("ignore", "strings", (), "Without these rules: codes, prefixes of codes or names."),
    Option("extend-select", "strings", (), "These rules besides the selected ones."),
    Option(
        "exclude",
        "strings",
        (),
        "Files and folders to leave out: names or globs, relative to the settings file.",
    ),
    Option(
        "severity", "severities", (), "The severity of single rules, by code or name.", choices=SEVERITIES
    ),
    Option("max-file-size", "integer", 5_000_000, "Larger files, in bytes, are not read."),
    Option("jedi", "boolean", True, "Ask jedi for the types that offloop cannot tell by itself."),
    Option("unsafe-fixes", "boolean", False, "Offer and apply fixes that may change what the code does."),
    Option(
        "diagnostic-mode",
        "choice",
        "openFilesOnly",
        "Show findings of open files only, or of the whole workspace.",
        "server",
        ("openFilesOnly", "workspace"),
    ),
    Option(
        "inlay-hints",
        "choice",
        "inferred",
        "Show beside functions where they run: not at all, where it was inferred, or at all functions.",
        "server",
        ("off", "inferred", "all"),
    ),
    Option("code-lens", "boolean", False, "Show above functions where they run.", "server"),
    Option(
        "completion",
        "boolean",
        True,
        "Complete members of Home Assistant's objects: what fits where the code runs first, what does harm marked.",
        "server",
    ),
    Option(
        "log-level",
        "choice",
        "warning",
        "How much the language server writes to its log.",
        "server",
        ("error", "warning", "info", "debug"),
    ),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """All options with their values; paths are absolute, exclusions are absolute globs or plain names."""

    home_assistant: str | None = None
    python: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    severity: tuple[tuple[str, str], ...] = ()
    max_file_size: int = 5_000_000
    jedi: bool = True
    unsafe_fixes: bool = False
    diagnostic_mode: str = "openFilesOnly"
    inlay_hints: str = "inferred"
    code_lens: bool = False
    completion: bool = True
    log_level: str = "warning"

    def severity_of(self, rule: RuleLike[_Severity]) -> _Severity:
        """Return the severity of a rule's findings; OFF where the rule is not selected.

        Of ``select`` and ``ignore`` the longer match counts, at a tie ``ignore``. A rule that is off by
        default is on, as a warning, where its full code or name is selected.
        """
        off = type(rule.severity)("off")
        chosen = max(_match(self.select, rule) if self.select else 0, _match(self.extend_select, rule))
        if (self.select and not chosen) or ((ignored := _match(self.ignore, rule)) and ignored >= chosen):
            return off
        for selector, severity in self.severity:
            if _matches_fully(selector, rule):
                return type(rule.severity)(severity)
        if rule.severity is off and chosen >= len(rule.code):
            return type(rule.severity)("warning")
        return rule.severity

    def sets_severity(self, rule: RuleLike[_Severity]) -> bool:
        """Whether the user names a severity for a rule, be it the one that the rule has anyway."""
        return any(_matches_fully(selector, rule) for selector, _ in self.severity)

    def excludes(self, path: str) -> bool:
        """Whether an absolute path is left out."""
        if not self.exclude:
            return False
        plain = path.replace("\\", "/") if os.sep == "\\" else path
        return any(compiled(pattern).match(plain) is not None for pattern in self.exclude)


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """Settings with where they come from.

    ``file`` is None where no file was found; ``broken`` says that the file could not be understood at all.
    """

    settings: Settings = field(default_factory=Settings)
    messages: tuple[str, ...] = ()
    file: Path | None = None
    broken: bool = False


# ------------------------------------------------------------------ from mappings
def settings_from_mapping(
    mapping: object, base: Path, onto: Settings | None = None
) -> tuple[Settings, list[str]]:
    """Read options from a TOML table or a client's JSON object; never raises.

    Keys may be in kebab-case or camelCase. What is unknown or of a wrong type gives a message and keeps
    its value of ``onto`` (the defaults). Relative paths and globs are relative to ``base``.
    """
    settings = onto or Settings()
    if not isinstance(mapping, Mapping):
        return settings, [f"settings are not a table but {_type_name(mapping)}"]
    values: dict[str, Any] = {}
    messages: list[str] = []
    for key, value in mapping.items():
        option = _BY_KEY.get(key)
        if option is None:
            messages.append(f"unknown setting `{key}`{_suggestion(str(key))}")
        elif value is not None:
            try:
                values[option.field] = _PARSERS[option.type](option, value, base)
            except ValueError as error:
                messages.append(f"setting `{option.key}`: {error}")
    return replace(settings, **values), messages


def _string(option: Option, value: object, base: Path) -> str | None:
    del option, base
    if not isinstance(value, str):
        raise ValueError(f"expected a string, found {_type_name(value)}")
    return value or None


def _path(option: Option, value: object, base: Path) -> str | None:
    text = _string(option, value, base)
    if text is None or _VERSION.match(text):
        return text
    # Not resolved: an interpreter is often a link out of its own environment.
    return os.path.abspath(base / Path(text).expanduser())  # noqa: PTH100


def _strings(option: Option, value: object, base: Path) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [one.strip() for one in value.split(",") if one.strip()]
    if not isinstance(value, (list, tuple)) or not all(isinstance(one, str) for one in value):
        raise ValueError(f"expected a list of strings, found {_type_name(value)}")
    if option.key == "exclude":
        return tuple(anchored(one, base) for one in value if one)
    return tuple(value)


def _boolean(option: Option, value: object, base: Path) -> bool:
    del option, base
    if not isinstance(value, bool):
        raise ValueError(f"expected true or false, found {_type_name(value)}")
    return value


def _integer(option: Option, value: object, base: Path) -> int:
    del option, base
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise ValueError(f"expected a whole number above 0, found {_type_name(value)}")
    return value


def _choice(option: Option, value: object, base: Path) -> str:
    del base
    if not isinstance(value, str) or value not in option.choices:
        raise ValueError(f"expected one of {', '.join(option.choices)}; found {value!r}")
    return value


def _severities(option: Option, value: object, base: Path) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, Mapping):
        raise ValueError(f"expected a table of rules and severities, found {_type_name(value)}")
    return tuple((str(rule), _choice(option, severity, base)) for rule, severity in value.items())


_PARSERS: dict[str, Callable[[Option, object, Path], Any]] = {
    "string": _string,
    "path": _path,
    "strings": _strings,
    "boolean": _boolean,
    "integer": _integer,
    "choice": _choice,
    "severities": _severities,
}
_BY_KEY = {name: option for option in OPTIONS for name in (option.key, option.camel_case)}


def _type_name(value: object) -> str:
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list"}
    if value is None:
        return "nothing"
    return names.get(type(value), "a table" if isinstance(value, Mapping) else type(value).__name__)


def _suggestion(key: str) -> str:
    wanted = re.sub(r"[-_]", "", key).lower()
    for option in OPTIONS:
        if option.key.replace("-", "") == wanted:
            return f" (did you mean `{option.key}`?)"
    return ""


# ------------------------------------------------------------------ from files
def load_settings(start: Path) -> LoadedSettings:
    """Read the nearest ``offloop.toml`` or ``pyproject.toml`` with ``[tool.offloop]`` at or above a path."""
    messages: tuple[str, ...] = ()
    for folder in (start, *start.parents):
        for name in ("offloop.toml", "pyproject.toml"):
            file = folder / name
            if not _exists(file):
                continue
            loaded = load_settings_file(file)
            if loaded.file is not None:
                return replace(loaded, messages=messages + loaded.messages)
            # Someone else's broken pyproject.toml above us is worth a word, not a refusal.
            messages += loaded.messages
    return LoadedSettings(messages=messages)


def load_settings_file(file: Path) -> LoadedSettings:
    """Read one settings file; ``file`` of the result is None for a pyproject.toml that does not name us."""
    is_pyproject = file.name == "pyproject.toml"
    try:
        with file.open("rb") as stream:
            table: object = tomllib.load(stream)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        message = f"{file}: cannot be read: {reason}"
        return LoadedSettings(messages=(message,), file=None if is_pyproject else file, broken=True)
    if is_pyproject:
        table = _nested(table, "tool", "offloop")
        if table is None:
            return LoadedSettings()
    settings, messages = settings_from_mapping(table, file.parent)
    return LoadedSettings(settings, tuple(f"{file}: {message}" for message in messages), file)


def _nested(table: object, *keys: str) -> object:
    for key in keys:
        table = table.get(key) if isinstance(table, Mapping) else None
    return table


def _exists(file: Path) -> bool:
    try:
        return file.is_file()
    except OSError:
        return False


# ------------------------------------------------------------------ selectors
def selects(selector: str, code: str, name: str) -> bool:
    """Whether a selector (code, prefix of codes, name or "ALL") means a rule."""
    if selector.upper() == "ALL" or selector.lower() == name:
        return True
    return bool(_CODE.match(selector)) and code.startswith(selector.upper())


def _match(selectors: tuple[str, ...], rule: RuleLike[Any]) -> int:
    """Return how precisely a rule is meant: 0 is not at all, a full code or name the most."""
    found = (
        len(rule.code) + 1 if _matches_fully(one, rule) else 1 if one.upper() == "ALL" else len(one)
        for one in selectors
        if selects(one, rule.code, rule.name)
    )
    return max(found, default=0)


def _matches_fully(selector: str, rule: RuleLike[Any]) -> bool:
    return selector.upper() == rule.code or selector.lower() == rule.name
