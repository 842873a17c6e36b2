"""Files to texts: encodings, line ends, module names, and which files make up an integration."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One Python text.

    ``path`` is absolute, ``module`` its dotted name ("custom_components.x.switch"; a package's
    ``__init__.py`` has the package's name and ``is_package``), ``digest`` identifies the text.
    """

    path: str
    module: str
    is_package: bool
    text: str
    digest: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about a file or folder that the user should know: unreadable, not Python, too large."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Integration:
    """The files that are analysed together: one integration, or a folder of plain Python files.

    ``package`` is the dotted name that its files share ("custom_components.x",
    "homeassistant.components.x"); ``root`` the absolute folder.
    """

    name: str
    package: str
    root: str
    files: tuple[SourceFile, ...]
    problems: tuple[Problem, ...] = ()
